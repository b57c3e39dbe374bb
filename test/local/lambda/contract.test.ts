/**
 * The built functions under two runtimes: ours, and one of another make that knows nothing but the Runtime API. Same
 * events, same bundles, same answers.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ACCOUNT, REGION, startServices } from '../../../local/cli/invoke-services.ts';
import { functionEnvironment } from '../../../local/lambda/environment.ts';
import { createLambdaHost } from '../../../local/lambda/host.ts';
import { startRuntimeApi } from '../../../local/lambda/runtime-api.ts';

const ROOT = join(import.meta.dirname, '../../..');
const DIST = join(ROOT, 'dist');
const OTHER_RUNTIME = join(ROOT, 'test/fixtures/lambda/raw-runtime.mjs');
const TIMEOUT_MS = 15_000;

const CASES = [
  ['mailflow', 'inbound'],
  ['mailflow', 'inbound-dmarc-reject'],
  ['rewrite', 'outbound'],
  ['dmarc', 'inbound-mailing-list'],
  ['journal', 'many-recipients'],
  ['availability', 'availability-known'],
  ['availability', 'availability-empty'],
] as const;

/** Processes that a failed test would leave behind. */
const started = new Set<ChildProcess>();
afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
});

function services(name: string) {
  const file = join(ROOT, 'events', `${name}.eml`);
  const { messageId } = eventOf(name);
  return startServices({
    policy: join(ROOT, 'local/sample/policy.yaml'),
    zone: join(ROOT, 'local/sample/zone.db'),
    message: existsSync(file) ? { id: String(messageId), bytes: readFileSync(file) } : undefined,
    awsEndpoint: undefined,
  });
}

function eventOf(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(ROOT, 'events', `${name}.json`), 'utf8'));
}

/** What the function answers a first time and, as to a retry, a second; and whether it replaced the message. */
interface Answers {
  readonly cold: unknown;
  readonly warm: unknown;
  readonly replaced: boolean;
}

async function underOurs(handler: string, name: string): Promise<Answers> {
  const around = await services(name);
  const host = createLambdaHost({
    functions: [{ name: handler, handler, timeoutMs: TIMEOUT_MS, memoryMb: 512 }],
    distDir: DIST,
    environmentOf: () => around.environment,
    region: REGION,
    account: ACCOUNT,
    concurrency: 1,
  });
  try {
    const cold = await host.invoke(handler, eventOf(name));
    const warm = await host.invoke(handler, eventOf(name));
    expect([cold, warm]).toMatchObject([
      { kind: 'answer', coldStart: true },
      { kind: 'answer', coldStart: false },
    ]);
    const payload = (outcome: typeof cold) => (outcome.kind === 'answer' ? outcome.payload : undefined);
    return { cold: payload(cold), warm: payload(warm), replaced: around.replaced() !== undefined };
  } finally {
    await host.close();
    await around.close();
  }
}

async function underTheOther(handler: string, name: string): Promise<Answers> {
  const around = await services(name);
  const api = await startRuntimeApi();
  const config = { name: handler, handler, timeoutMs: TIMEOUT_MS, memoryMb: 512 };
  const taskRoot = join(DIST, handler);
  const place = { region: REGION, account: ACCOUNT, environment: around.environment, taskRoot };
  const env = functionEnvironment(config, place, api.address);
  const child = spawn(process.execPath, [OTHER_RUNTIME], { env, cwd: taskRoot, stdio: 'ignore' });
  started.add(child);
  const run = async (): Promise<unknown> => {
    const report = await api.run({
      requestId: randomUUID(),
      functionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${handler}`,
      deadlineMs: Date.now() + TIMEOUT_MS,
      traceId: 'Root=1-0-0;Parent=0;Sampled=0',
      event: JSON.stringify(eventOf(name)),
    });
    return report.kind === 'answer' ? JSON.parse(report.payload) : report;
  };
  try {
    expect(await api.ready).toEqual({ kind: 'ready' });
    return { cold: await run(), warm: await run(), replaced: around.replaced() !== undefined };
  } finally {
    child.kill('SIGKILL');
    started.delete(child);
    api.close();
    await around.close();
  }
}

describe('under our runtime and under another', () => {
  it.each(CASES)('%s answers %s the same, cold and warm', async (handler, name) => {
    expect(await underOurs(handler, name)).toEqual(await underTheOther(handler, name));
  });
});
