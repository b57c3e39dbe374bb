/** The last good policy outlives the process that read it: with the real S3 client, and a server that misbehaves. */
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createObjectStore } from '../../../handlers/edge/object-store.ts';
import { createParameterStore } from '../../../handlers/edge/parameters.ts';
import { policyVersion } from '../../../handlers/edge/policy-copy.ts';
import { createPolicyCopy, createPolicySource } from '../../../handlers/edge/policy-source.ts';
import { createResourceReader } from '../../../handlers/edge/resource.ts';
import { PermanentError } from '../../../shared/errors.ts';
import type { LogRecord } from '../../../shared/log.ts';
import {
  clientConfig,
  type LoopbackServer,
  startLoopback,
} from '../../shared/workmail/support/loopback-http.ts';

const COPY = '/rewrite/policy/last-good';
const good = (domain: string) => `version: 1\norganization: { domains: ${domain} }\n`;
const TIMES = { readMs: 800, copyAfterMs: 150, copyMs: 600 };

type Fault = 'denied' | 'slow-down' | 'error' | 'cut' | 'hang';
/** Between `copyAfterMs` and `readMs`. */
const LATE_MS = 350;

interface Stand {
  /** By path; the policy is `/config/policy.yaml`. */
  readonly objects: Map<string, Buffer>;
  /** By method and path. */
  readonly faults: Map<string, Fault | 'late'>;
  readonly records: LogRecord[];
  nowMs: number;
  /** As after a cold start: what is stored stays. */
  start(uri?: string): ReturnType<typeof createPolicySource>;
  asked(method: string): number;
}

let server: LoopbackServer;
afterEach(() => server.close());

function misbehave(fault: Fault, response: ServerResponse): void {
  if (fault === 'hang') return;
  if (fault === 'cut') return void response.destroy();
  const [status, code] = (
    { denied: [403, 'AccessDenied'], 'slow-down': [503, 'SlowDown'], error: [500, 'InternalError'] } as const
  )[fault];
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<Error><Code>${code}</Code><Message>secret</Message></Error>`);
}

async function stand(policy = good('example.com')): Promise<Stand> {
  const objects = new Map<string, Buffer>([['/config/policy.yaml', Buffer.from(policy)]]);
  const faults: Stand['faults'] = new Map();
  const records: LogRecord[] = [];
  server = await startLoopback((request, response) => {
    const path = request.path.replace(/\?.*$/, '');
    const fault = faults.get(`${request.method} ${path}`);
    if (fault !== undefined && fault !== 'late') return misbehave(fault, response);
    if (request.method === 'PUT') objects.set(path, request.body);
    const body = objects.get(path);
    // Without s3:ListBucket an object that is not there is 403.
    if (body === undefined) return misbehave('denied', response);
    setTimeout(() => response.end(body), fault === 'late' ? LATE_MS : 0);
  });
  const client = { ...clientConfig(server), maxAttempts: 1 };
  const objectStore = createObjectStore({ pathStyle: true, client });
  const parameters = createParameterStore(client);
  const resources = createResourceReader({ objectStore, parameters, folder: '/' });
  const log = (record: LogRecord) => records.push(record);
  const world: Stand = {
    objects,
    faults,
    records,
    nowMs: 1_000_000,
    start(uri = 's3://config/policy.yaml') {
      const now = () => world.nowMs;
      const copy = createPolicyCopy({ uri, objectStore, bucket: 'rewrite', log, now });
      return createPolicySource({ uri, resources, copy, log, now, times: TIMES });
    },
    asked: (method) =>
      server.requests.filter((seen) => seen.method === method && seen.path.startsWith(COPY)).length,
  };
  return world;
}

const calm = () => new AbortController().signal;
const outcomes = ({ records }: Stand) => records.map(({ outcome }) => outcome);

async function domainOf(source: ReturnType<Stand['start']>): Promise<string | undefined> {
  return (await source.load(13_000)).organization.domains[0];
}

describe('saving', () => {
  it('keeps text, version and time, once for each policy', async () => {
    const world = await stand();
    const source = world.start();
    await source.load(13_000);
    await source.saved(calm());
    const kept: unknown = JSON.parse(String(world.objects.get(COPY)));
    expect(kept).toMatchObject({ format: 1, savedAtMs: 1_000_000, text: good('example.com') });
    world.nowMs += 60_000;
    await source.load(13_000);
    await source.saved(calm());
    expect(world.asked('PUT')).toBe(1);
    world.objects.set('/config/policy.yaml', Buffer.from(good('example.org')));
    world.nowMs += 60_000;
    await source.load(13_000);
    await source.saved(calm());
    expect(String(world.objects.get(COPY))).toContain('example.org');
  });

  it('writes nothing after a cold start when it is there already', async () => {
    const world = await stand();
    for (let start = 0; start < 3; start++) {
      const source = world.start();
      await source.load(13_000);
      await source.saved(calm());
    }
    expect([world.asked('GET'), world.asked('PUT')]).toEqual([3, 1]);
  });

  it('a policy that is no longer the newest is not written over a newer one', async () => {
    const world = await stand();
    world.faults.set(`PUT ${COPY}`, 'denied');
    const slow = world.start();
    await slow.load(13_000);
    await slow.saved(calm());
    world.faults.clear();
    world.nowMs += 590_000;
    await slow.load(13_000);
    world.objects.set('/config/policy.yaml', Buffer.from(good('example.org')));
    const other = world.start();
    await other.load(13_000);
    await other.saved(calm());
    // Now it may be tried again, with what was read 20 s ago.
    world.nowMs += 20_000;
    expect(await domainOf(slow)).toBe('example.com');
    await slow.saved(calm());
    expect(String(world.objects.get(COPY))).toContain('example.org');
  });

  it('writes over a copy of another format', async () => {
    const world = await stand();
    world.objects.set(COPY, Buffer.from(JSON.stringify({ format: 2, policy: {} })));
    const source = world.start();
    await source.load(13_000);
    await source.saved(calm());
    expect(JSON.parse(String(world.objects.get(COPY)))).toMatchObject({ format: 1 });
  });

  it('never keeps a policy that is wrong', async () => {
    const world = await stand();
    const source = world.start();
    await source.load(13_000);
    await source.saved(calm());
    world.objects.set('/config/policy.yaml', Buffer.from('version: 1\n'));
    world.nowMs += 60_000;
    await source.load(13_000);
    await source.saved(calm());
    expect(String(world.objects.get(COPY))).toContain('example.com');
  });

  it('does not delay the policy, and its end is not awaited beyond the signal', async () => {
    const world = await stand();
    world.faults.set(`PUT ${COPY}`, 'hang');
    const source = world.start();
    expect(await domainOf(source)).toBe('example.com');
    const begunAt = performance.now();
    await source.saved(AbortSignal.timeout(20));
    expect(performance.now() - begunAt).toBeLessThan(TIMES.copyMs - 100);
  });

  it.each<Fault>(['denied', 'slow-down', 'error', 'cut', 'hang'])(
    'never fails the mail: %s',
    async (fault) => {
      const world = await stand();
      world.faults.set(`PUT ${COPY}`, fault);
      const source = world.start();
      expect(await domainOf(source)).toBe('example.com');
      await source.saved(calm());
      expect(outcomes(world)).toEqual(['loaded', 'copy-not-saved']);
      // Not with every message, but once in a while.
      world.faults.clear();
      world.nowMs += 60_000;
      await source.load(13_000);
      await source.saved(calm());
      expect(world.asked('PUT')).toBe(1);
      world.nowMs += 600_000;
      await source.load(13_000);
      await source.saved(calm());
      expect(world.objects.has(COPY)).toBe(true);
    },
  );
});

describe('a cold start without the policy', () => {
  async function started(fault: Fault): Promise<Stand> {
    const world = await stand();
    const before = world.start();
    await before.load(13_000);
    await before.saved(calm());
    world.records.length = 0;
    world.nowMs += 3_600_000;
    world.faults.set('GET /config/policy.yaml', fault);
    return world;
  }

  it.each<Fault>(['denied', 'slow-down', 'error', 'cut', 'hang'])('%s: goes by the copy', async (fault) => {
    const world = await started(fault);
    const begunAt = performance.now();
    expect(await domainOf(world.start())).toBe('example.com');
    expect(performance.now() - begunAt).toBeLessThan(TIMES.readMs + 500);
    expect(world.records).toEqual([
      expect.objectContaining({ level: 'error', outcome: 'kept-last-good', from: 'copy', ageMs: 3_600_000 }),
      expect.objectContaining({ level: 'warn', outcome: 'stale' }),
    ]);
  });

  it('goes by the copy when the policy has an error, and not by half of the new one', async () => {
    const world = await started('denied');
    world.faults.clear();
    world.objects.set('/config/policy.yaml', Buffer.from(`${good('example.org')}rules: 5\n`));
    const source = world.start();
    expect(await domainOf(source)).toBe('example.com');
    await source.saved(calm());
    expect(String(world.objects.get(COPY))).toContain('example.com');
    expect(world.records[0]).toMatchObject({ from: 'copy', reason: expect.stringContaining('1 error') });
  });

  it('goes by the copy of another place, and says so', async () => {
    const world = await started('denied');
    const source = world.start('s3://config/other.yaml');
    expect(await domainOf(source)).toBe('example.com');
    expect(outcomes(world)).toEqual(['copy-of-another-place', 'kept-last-good', 'stale']);
  });

  it('asks for the copy while it waits, so that both hanging cost no more than one', async () => {
    const world = await started('hang');
    world.faults.set(`GET ${COPY}`, 'hang');
    const begunAt = performance.now();
    await expect(world.start().load(13_000)).rejects.toThrow();
    const tookMs = performance.now() - begunAt;
    expect(tookMs).toBeGreaterThan(TIMES.readMs - 50);
    expect(tookMs).toBeLessThan(TIMES.readMs + TIMES.copyMs);
    expect(world.asked('GET')).toBe(2);
  });

  it('takes the policy that comes late before a copy that is there', async () => {
    const world = await started('hang');
    world.objects.set('/config/policy.yaml', Buffer.from(good('example.org')));
    world.faults.set('GET /config/policy.yaml', 'late');
    expect(await domainOf(world.start())).toBe('example.org');
    expect(outcomes(world)).toEqual(['loaded']);
  });

  it.each([
    ['nothing', undefined],
    ['no JSON', 'version: 1'],
    [
      'another format',
      JSON.stringify({
        format: 2,
        version: policyVersion(good('example.com')),
        savedAtMs: 0,
        text: good('example.com'),
      }),
    ],
    [
      'a text that was changed',
      JSON.stringify({ format: 1, version: '0123456789abcdef', savedAtMs: 0, text: good('evil.example') }),
    ],
    ['a megabyte too much', 'x'.repeat(1_200_000)],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00])],
  ])('is an error when the copy is %s', async (_, body) => {
    const world = await started('denied');
    if (body === undefined) world.objects.delete(COPY);
    else world.objects.set(COPY, Buffer.from(body));
    const error = await world
      .start()
      .load(13_000)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PermanentError);
    expect(outcomes(world)).toEqual(['no-copy']);
    expect(JSON.stringify(world.records)).not.toMatch(/evil|secret/);
  });

  it('is an error when this version finds the copy wrong', async () => {
    const world = await started('denied');
    const text = 'version: 1\norganization: { domains: example.com, colour: blue }\n';
    const place = policyVersion('s3://config/policy.yaml');
    const body = JSON.stringify({ format: 1, version: policyVersion(text), place, savedAtMs: 0, text });
    world.objects.set(COPY, Buffer.from(body));
    await expect(world.start().load(13_000)).rejects.toThrow(PermanentError);
    expect(outcomes(world)).toEqual(['copy-refused']);
  });

  it('recovers with the policy', async () => {
    const world = await started('denied');
    const source = world.start();
    await source.load(13_000);
    world.faults.clear();
    world.objects.set('/config/policy.yaml', Buffer.from(good('example.org')));
    world.nowMs += 60_000;
    expect(await domainOf(source)).toBe('example.org');
    await source.saved(calm());
    expect(String(world.objects.get(COPY))).toContain('example.org');
  });
});

it.each([
  ['ssm:///mailroom/policy', 60_000],
  ['policy.yaml', 1_000],
])('%s: a start does not load S3 for the copy; what is read again is kept', async (uri, maxAgeMs) => {
  const world = await stand();
  const resources = { read: async () => Buffer.from(good('example.com')) };
  const saved: string[] = [];
  const copy = { read: async () => undefined, save: async (text: string) => saved.push(text) > 0 };
  const now = () => world.nowMs;
  const source = createPolicySource({ uri, resources, copy, log: () => undefined, now });
  await source.load(13_000);
  world.nowMs += maxAgeMs - 1;
  await source.load(13_000);
  await source.saved(calm());
  expect(saved).toEqual([]);
  world.nowMs += 1;
  await source.load(13_000);
  await source.saved(calm());
  expect(saved).toEqual([good('example.com')]);
});

it('without a bucket nothing is kept and nothing asked for', async () => {
  const world = await stand();
  const resources = { read: async () => Promise.reject(new PermanentError('denied')) };
  const source = createPolicySource({ uri: 'x.yaml', resources, log: () => undefined, now: Date.now });
  await expect(source.load(13_000)).rejects.toThrow('denied');
  await source.saved(calm());
  expect([world.asked('GET'), world.asked('PUT')]).toEqual([0, 0]);
});
