import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createLambdaHost, type LambdaHost, type LambdaHostOptions } from '../../../local/lambda/host.ts';
import type { FunctionConfig, InvokeOutcome } from '../../../local/types.ts';

const DIST = join(import.meta.dirname, '..', '..', 'fixtures', 'lambda');

const config = (name: string, other: Partial<FunctionConfig> = {}): FunctionConfig => ({
  name,
  handler: 'actor',
  timeoutMs: 5000,
  memoryMb: 256,
  ...other,
});

function open(functions: readonly FunctionConfig[], other: Partial<LambdaHostOptions> = {}): LambdaHost {
  return createLambdaHost({
    functions,
    distDir: DIST,
    environmentOf: () => ({ POLICY_URI: '/policy.yaml' }),
    region: 'eu-west-1',
    account: '123456789012',
    concurrency: 2,
    ...other,
  });
}

function payload(outcome: InvokeOutcome): unknown {
  if (outcome.kind !== 'answer') throw new Error(`expected an answer, got ${JSON.stringify(outcome)}`);
  return outcome.payload;
}

let host: LambdaHost;
beforeAll(() => {
  host = open([
    config('actor'),
    config('brief', { timeoutMs: 300 }),
    config('small', { memoryMb: 128 }),
    config('broken', { handler: 'broken' }),
    config('no-handler', { handler: 'no-handler' }),
    config('bad-import', { handler: 'bad-import' }),
    config('not-built', { handler: 'not-built' }),
  ]);
});
afterAll(() => host.close());

describe('an answer', () => {
  test.each([
    ['an object', { grüße: '📧', deep: [{ a: null }] }],
    ['text with every kind of character', 'ä\u0000\u2028\ud83d\udce7"\\\n'],
    ['null', null],
    ['a number', 0],
  ])('%s comes back as it was', async (_, value) => {
    const outcome = await host.invoke('actor', { do: 'answer', value });
    expect(payload(outcome)).toEqual(value);
    expect(outcome).toMatchObject({ bytes: Buffer.byteLength(JSON.stringify(value)) });
  });

  test('undefined is null', async () => {
    expect(payload(await host.invoke('actor', { do: 'answer' }))).toBeNull();
  });

  test('a process stays warm', async () => {
    const one = open([config('warm')], { concurrency: 1 });
    const first = await one.invoke('warm', { do: 'count' });
    const second = await one.invoke('warm', { do: 'count' });
    await one.close();
    expect([first.coldStart, second.coldStart]).toEqual([true, false]);
    expect(payload(second)).toEqual({ ...Object(payload(first)), calls: 2 });
    expect(first.durationMs).toBeGreaterThan(second.durationMs);
  });

  test('warm() loads before the first event', async () => {
    const one = open([config('warm')]);
    await one.warm();
    const outcome = await one.invoke('warm', { do: 'count' });
    await one.close();
    expect(outcome.coldStart).toBe(false);
  });
});

describe("Lambda's surroundings", () => {
  afterEach(() => vi.unstubAllEnvs());

  test('the context', async () => {
    const context = payload(await host.invoke('actor', { do: 'context' }));
    expect(context).toMatchObject({
      functionName: 'actor',
      functionVersion: '$LATEST',
      memoryLimitInMB: '256',
      invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:actor',
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    const { remaining, remainingLater } = Object(context);
    expect(remaining).toBeGreaterThan(4000);
    expect(remaining).toBeLessThanOrEqual(5000);
    expect(remaining - remainingLater).toBeGreaterThanOrEqual(25);
  });

  test("the environment, and nothing of the host's", async () => {
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'of-the-developer');
    vi.stubEnv('AWS_PROFILE', 'production');
    vi.stubEnv('SOMETHING_ELSE', 'x');
    const one = open([config('bare')]);
    const environment = Object(payload(await one.invoke('bare', { do: 'environment' })));
    await one.close();
    expect(environment).toMatchObject({
      AWS_LAMBDA_FUNCTION_NAME: 'bare',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      AWS_REGION: 'eu-west-1',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_ACCESS_KEY_ID: 'mailroom-bare',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_LAMBDA_RUNTIME_API: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      _HANDLER: 'index.handler',
      _X_AMZN_TRACE_ID: expect.stringMatching(
        /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/,
      ),
      LAMBDA_TASK_ROOT: join(DIST, 'actor'),
      POLICY_URI: '/policy.yaml',
    });
    const allowed =
      /^(AWS_|LAMBDA_|MAILROOM_NETWORK_LOG$|NODE_OPTIONS$|POLICY_URI$|_HANDLER$|_X_AMZN_TRACE_ID$|LANG$|TZ$|PATH$)/;
    expect(Object.keys(environment).filter((name) => !allowed.test(name))).toEqual([]);
    expect(environment['AWS_PROFILE']).toBeUndefined();
  });

  test('the folder is that of the bundle', async () => {
    expect(payload(await host.invoke('actor', { do: 'folder' }))).toBe(join(DIST, 'actor'));
  });
});

describe('logs', () => {
  test('are those of the invocation, in order, JSON parsed', async () => {
    await host.invoke('actor', { do: 'count' });
    const outcome = await host.invoke('actor', { do: 'log' });
    expect(outcome.logs.filter(({ message }) => message !== 'loading')).toEqual([
      { message: 'plain' },
      { level: 'warn', subject: 'größe 📧' },
      { message: 'no line end' },
    ]);
    expect((await host.invoke('actor', { do: 'count' })).logs).toEqual([]);
  });

  test('of loading belong to the first invocation', async () => {
    const one = open([config('init')]);
    expect((await one.invoke('init', { do: 'count' })).logs).toEqual([{ message: 'loading' }]);
    await one.close();
  });

  test("are complete, however much it is, and never the next one's", async () => {
    const one = open([config('talker')], { concurrency: 1 });
    await one.warm();
    await one.invoke('talker', { do: 'count' });
    for (const lines of [900, 0, 1, 900, 2, 0, 900, 900, 3]) {
      const { logs } = await one.invoke('talker', { do: 'logMuch', lines });
      expect(logs.length).toBe(lines);
    }
    await one.close();
  });

  test('without end are cut', async () => {
    const outcome = await host.invoke('actor', { do: 'logMuch', lines: 3000 });
    expect(outcome.kind).toBe('answer');
    expect(outcome.logs.at(-1)).toEqual({ message: 'further output was dropped after 1048576 characters' });
  });

  test('that come afterwards belong to the next', async () => {
    const one = open([config('later')], { concurrency: 1 });
    await one.invoke('later', { do: 'later' });
    const next = await one.invoke('later', { do: 'slow', ms: 400 });
    await one.close();
    expect(next.logs).toEqual([{ message: 'afterwards' }]);
  });
});

describe('a failure', () => {
  test('that is thrown is reported as Lambda does, and logged with its stack', async () => {
    const outcome = await host.invoke('actor', { do: 'throw' });
    expect(outcome).toMatchObject({ kind: 'error', errorType: 'CustomError', errorMessage: 'as told' });
    expect(outcome.logs.at(-1)).toMatchObject({
      level: 'error',
      errorType: 'CustomError',
      stack: expect.arrayContaining([expect.stringContaining('actor/index.mjs')]),
    });
  });

  test('that is no Error', async () => {
    const outcome = await host.invoke('actor', { do: 'throwString' });
    expect(outcome).toMatchObject({ kind: 'error', errorType: 'string', errorMessage: 'just text' });
  });

  test('a result without a JSON form', async () => {
    const outcome = await host.invoke('actor', { do: 'bigint' });
    expect(outcome).toMatchObject({ kind: 'error', errorType: 'Runtime.MarshalError' });
  });

  test('leaves the process alive', async () => {
    const one = open([config('alive')], { concurrency: 1 });
    const before = Object(payload(await one.invoke('alive', { do: 'count' })));
    await one.invoke('alive', { do: 'throw' });
    expect(payload(await one.invoke('alive', { do: 'count' }))).toEqual({ pid: before.pid, calls: 3 });
    await one.close();
  });

  test.each([
    ['broken', 'RangeError', 'cannot load'],
    ['no-handler', 'Runtime.HandlerNotFound', 'the bundle exports no function named handler'],
    ['bad-import', 'Runtime.ImportModuleError', 'missing.mjs'],
  ])('to load: %s', async (name, errorType, message) => {
    const outcome = await host.invoke(name, {});
    expect(outcome).toMatchObject({
      kind: 'error',
      errorType,
      errorMessage: expect.stringContaining(message),
    });
    if (name === 'broken') expect(outcome.logs).toEqual([{ message: 'about to fail' }]);
  });

  test('a bundle that is not there', async () => {
    const outcome = await host.invoke('not-built', {});
    expect(outcome).toMatchObject({ kind: 'crash', why: expect.stringContaining('there is no bundle in') });
  });

  test('a function that is not there', async () => {
    const outcome = await host.invoke('nobody', {});
    expect(outcome).toMatchObject({ kind: 'error', errorType: 'ResourceNotFoundException' });
  });
});

describe('limits', () => {
  test.each(['hang', 'spin'])('time: %s is killed, its process replaced', async (act) => {
    const before = Object(payload(await host.invoke('brief', { do: 'count' })));
    const outcome = await host.invoke('brief', { do: act });
    expect(outcome.kind).toBe('timeout');
    expect(outcome.durationMs).toBeGreaterThanOrEqual(295);
    expect(outcome.durationMs).toBeLessThan(2000);
    if (act === 'spin') expect(outcome.logs.at(-1)).toEqual({ message: 'spinning' });
    const after = await host.invoke('brief', { do: 'count' });
    expect(after.coldStart).toBe(true);
    expect(Object(payload(after)).pid).not.toBe(before.pid);
  });

  test.each(['eatBuffers', 'eatHeap'])('memory: %s ends in a crash that says so', async (act) => {
    const outcome = await host.invoke('small', { do: act });
    expect(outcome).toMatchObject({ kind: 'crash', why: expect.stringMatching(/^out of memory: .*128 MB$/) });
    expect((await host.invoke('small', { do: 'count' })).kind).toBe('answer');
  });

  test('an event of more than 6 MB is not given to the function', async () => {
    const outcome = await host.invoke('actor', { do: 'answer', value: 'x'.repeat(6 * 1024 * 1024) });
    expect(outcome).toMatchObject({ kind: 'error', errorType: 'RequestTooLargeException' });
  });

  test('an event without a JSON form', async () => {
    const outcome = await host.invoke('actor', { value: 1n });
    expect(outcome).toMatchObject({ kind: 'error', errorType: 'InvalidRequestContentException' });
  });

  test('an answer of nearly 6 MB is fine, one of more is an error', async () => {
    const limit = 6 * 1024 * 1024;
    expect((await host.invoke('actor', { do: 'large', bytes: limit - 2 })).kind).toBe('answer');
    const outcome = await host.invoke('actor', { do: 'large', bytes: limit - 1 });
    expect(outcome).toMatchObject({ kind: 'error', errorType: 'Function.ResponseSizeTooLarge' });
  });
});

describe('processes', () => {
  test.each([
    ['exit', { do: 'exit', code: 3 }, 'exit status 3'],
    ['an unhandled rejection', { do: 'reject' }, 'exit status 1'],
  ])('%s is a crash; the next event finds a new process', async (_, event, why) => {
    const outcome = await host.invoke('actor', event);
    expect(outcome).toMatchObject({ kind: 'crash', why: expect.stringContaining(why) });
    if (event.do === 'reject') expect(JSON.stringify(outcome.logs)).toContain('nobody listens');
    expect((await host.invoke('actor', { do: 'count' })).kind).toBe('answer');
  });

  test('one that died between events is replaced', async () => {
    const one = open([config('killed')], { concurrency: 1 });
    const { pid } = Object(payload(await one.invoke('killed', { do: 'count' })));
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => isAlive(pid)).toBe(false);
    const outcome = await one.invoke('killed', { do: 'count' });
    await one.close();
    expect(payload(outcome)).toMatchObject({ calls: 1 });
  });

  test('work beside each other, up to the limit; the rest waits', async () => {
    const one = open([config('busy')], { concurrency: 2 });
    await Promise.all([
      one.invoke('busy', { do: 'slow', ms: 50 }),
      one.invoke('busy', { do: 'slow', ms: 50 }),
    ]);
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => one.invoke('busy', { do: 'slow', ms: 100 })));
    await one.close();
    const runs = outcomes.map((outcome) => Object(payload(outcome)));
    expect(new Set(runs.map((run) => run.pid)).size).toBe(2);
    for (const run of runs) {
      const active = runs.filter((other) => other.begin <= run.begin && run.begin < other.end);
      expect(active.length).toBeLessThanOrEqual(2);
      expect(new Set(active.map((other) => other.pid)).size).toBe(active.length);
    }
  });

  test('that say nonsense to the Runtime API are not listened to', async () => {
    const calls = [
      { path: '/invocation/ID/nonsense', body: '{}' },
      { path: '/invocation/00000000-0000-4000-8000-000000000000/response', body: '"forged"' },
      { path: '/invocation/00000000-0000-4000-8000-000000000000/error', body: '{}' },
      { path: '/invocation/next' },
    ];
    expect(payload(await host.invoke('actor', { do: 'say', calls }))).toEqual([404, 400, 400, 403]);
  });

  test('an answer that is forged counts as Lambda counts it, once, and has to be JSON', async () => {
    const one = open([config('forger')], { concurrency: 1 });
    const say = (body: string) =>
      one.invoke('forger', { do: 'say', calls: [{ path: '/invocation/ID/response', body }] });
    try {
      expect(payload(await say('"forged"'))).toBe('forged');
      expect(await say('no JSON')).toMatchObject({ kind: 'crash', why: 'the answer is not JSON' });
      expect(payload(await one.invoke('forger', { do: 'answer', value: 'true' }))).toBe('true');
    } finally {
      await one.close();
    }
  });

  test('that never yield do not outlive a host that is killed', { timeout: 20_000 }, async () => {
    const module = new URL('../../../local/lambda/host.ts', import.meta.url).href;
    const functions = JSON.stringify([config('actor')]);
    const code = `const { createLambdaHost } = await import(${JSON.stringify(module)});
      const host = createLambdaHost({ functions: ${functions}, distDir: ${JSON.stringify(DIST)}, environmentOf: () => ({}), region: 'r', account: '1', concurrency: 1 });
      const { payload } = await host.invoke('actor', { do: 'count' });
      void host.invoke('actor', { do: 'spin' });
      setTimeout(() => console.log(payload.pid), 300);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = Number(String((await once(child.stdout, 'data'))[0]));
    expect(isAlive(pid)).toBe(true);
    child.kill('SIGKILL');
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 5_000 });
  });

  test('close() ends what runs and what waits, and leaves no process', async () => {
    const one = open([config('closing')], { concurrency: 1 });
    const { pid } = Object(payload(await one.invoke('closing', { do: 'count' })));
    const running = one.invoke('closing', { do: 'hang' });
    const waiting = one.invoke('closing', { do: 'hang' });
    await one.close();
    expect(await running).toMatchObject({ kind: 'crash', why: 'the host was closed' });
    expect(await waiting).toMatchObject({ kind: 'crash', why: 'the host was closed' });
    expect(await one.invoke('closing', { do: 'count' })).toMatchObject({ kind: 'crash' });
    expect(isAlive(pid)).toBe(false);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
