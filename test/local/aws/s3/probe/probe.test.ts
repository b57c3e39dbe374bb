/** Every promise is kept by the stand-in, and every case notices a server that breaks its promise. */
import { AssertionError } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Stand, stand } from '../../stand.ts';
import { CASES } from './cases/index.ts';
import { type Buckets, clientFor, makeBuckets } from './probe.ts';
import { type Breakage, startProxy, type TwinServer } from './twins/proxy.ts';
import { TWINS } from './twins/table.ts';

let here: Stand;
let buckets: Buckets;
let proxy: TwinServer;
let s3: S3Client;
beforeAll(async () => {
  here = await stand();
  buckets = await makeBuckets(here.s3);
  proxy = await startProxy(here.server.url);
  s3 = clientFor(proxy.url);
});
afterAll(async () => {
  s3.destroy();
  await proxy.close();
  await here.close();
});

/** Takes in each request whole and breaks nothing: what a twin is beside its breakage. */
const HARMLESS: Breakage = { ask: (asked) => asked };

test('there are at least 31 cases, each with a twin', () => {
  expect(CASES.length).toBeGreaterThanOrEqual(31);
  expect(CASES.map(({ name }) => name).sort()).toEqual(Object.keys(TWINS).sort());
});

describe.each(CASES)('$name', ({ name, run }) => {
  test('is kept, behind a server in between that breaks nothing', async () => {
    const twin = TWINS[name]?.();
    proxy.become(twin?.ask === undefined ? {} : HARMLESS);
    await run({ s3, ...buckets });
  });

  test('is missed where it is broken', async () => {
    proxy.become(TWINS[name]?.() ?? {});
    const error = await run({ s3, ...buckets }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    // Noticed by what came back, not because the twin fell over.
    expect(error instanceof AssertionError || error instanceof S3ServiceException, String(error)).toBe(true);
  });
});

describe('run.ts', () => {
  const script = join(import.meta.dirname, 'run.ts');

  async function runAgainst(...args: readonly string[]) {
    const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    return { printed, code: Number(code) };
  }

  test('prints what an endpoint keeps', async () => {
    const { printed, code } = await runAgainst('--endpoint', here.server.url, '--only', 'If-Match w');
    expect(printed).toBe(
      'kept    If-Match writes over the version that it names only\nkept    If-Match without an object is NoSuchKey\n2 kept, 0 broken\n',
    );
    expect(code).toBe(0);
  });

  test('and what it breaks', async () => {
    const only = 'If-None-Match: * writes once';
    proxy.become(TWINS[only]?.() ?? {});
    const { printed, code } = await runAgainst('--endpoint', proxy.url, '--only', only);
    expect(printed).toContain(`BROKEN  ${only}`);
    expect(printed).toContain('expected the service to refuse with 412');
    expect(code).toBe(1);
  });
});
