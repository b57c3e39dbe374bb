import { describe, expect, it } from 'vitest';
import { PermanentError, TemporaryError } from '../../../shared/errors.ts';
import type { LogRecord } from '../../../shared/log.ts';
import { createPolicyLoader } from '../../../shared/policy/index.ts';

const good = (domain: string): string => `version: 1\norganization: { domains: ${domain} }\n`;
const BAD = 'version: 1\norganization: { domain: secret.example }\n';

type Answer = { readonly text: string; readonly version: string } | Error;

/** A source that gives these answers in order (the last one again and again) and counts. */
function source(...answers: readonly Answer[]) {
  const state = { reads: 0, nowMs: 0, records: [] as LogRecord[] };
  const loader = createPolicyLoader({
    async read() {
      const answer = answers[Math.min(state.reads, answers.length - 1)];
      state.reads++;
      await Promise.resolve();
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error('no answer');
      return answer;
    },
    now: () => state.nowMs,
    log: (record) => state.records.push(record),
    maxAgeMs: 1_000,
  });
  return { state, loader };
}

describe('createPolicyLoader', () => {
  it('reads again when the clock was set back', async () => {
    const { state, loader } = source(
      { text: good('a.example'), version: '1' },
      { text: good('b.example'), version: '2' },
    );
    state.nowMs = 86_400_000;
    await loader.load();
    state.nowMs = 5_000;
    expect(await loader.load()).toMatchObject({ version: '2' });
    expect(await loader.load()).toMatchObject({ version: '2' });
    expect(state.reads).toBe(2);
  });

  it('reads once within maxAgeMs, and again after', async () => {
    const { state, loader } = source(
      { text: good('a.example'), version: '1' },
      { text: good('b.example'), version: '2' },
    );
    expect(await loader.load()).toMatchObject({ version: '1' });
    state.nowMs = 999;
    expect(await loader.load()).toMatchObject({ version: '1' });
    expect(state.reads).toBe(1);
    state.nowMs = 1_000;
    const loaded = await loader.load();
    expect(loaded.policy.organization.domains).toEqual(['b.example']);
    expect(loaded.stale).toBeUndefined();
    expect(state.reads).toBe(2);
    expect(state.records.map((record) => record['outcome'])).toEqual(['loaded', 'loaded']);
  });

  it('keeps the parsed policy while the version is the same', async () => {
    const { state, loader } = source({ text: good('a.example'), version: '1' });
    const { policy } = await loader.load();
    state.nowMs = 1_000;
    expect((await loader.load()).policy).toBe(policy);
    expect(state.reads).toBe(2);
    expect(state.records).toHaveLength(1);
  });

  it('shares one read among loads that overlap', async () => {
    const { state, loader } = source({ text: good('a.example'), version: '1' });
    const loaded = await Promise.all(Array.from({ length: 20 }, () => loader.load()));
    expect(state.reads).toBe(1);
    expect(new Set(loaded.map((one) => one.policy)).size).toBe(1);
  });

  it('keeps the last good policy when the new one is wrong, says so, and recovers', async () => {
    const { state, loader } = source(
      { text: good('a.example'), version: '1' },
      { text: BAD, version: '2' },
      { text: good('c.example'), version: '3' },
    );
    await loader.load();
    state.nowMs = 1_000;
    const kept = await loader.load();
    expect(kept).toMatchObject({
      version: '1',
      stale: 'the policy has 2 errors, the first at line 2, column 15',
    });
    expect(kept.policy.organization.domains).toEqual(['a.example']);
    expect(state.records.at(-1)).toEqual({
      level: 'error',
      event: 'policy',
      outcome: 'kept-last-good',
      reason: 'the policy has 2 errors, the first at line 2, column 15',
      version: '1',
    });
    expect(JSON.stringify(state.records)).not.toContain('secret');
    state.nowMs = 1_999;
    expect(await loader.load()).toMatchObject({ version: '1', stale: expect.any(String) });
    expect(state.reads).toBe(2);
    state.nowMs = 2_000;
    const recovered = await loader.load();
    expect(recovered.version).toBe('3');
    expect(recovered.stale).toBeUndefined();
  });

  it('is fresh again when the wrong policy is taken back', async () => {
    const first = { text: good('a.example'), version: '1' };
    const { state, loader } = source(first, { text: BAD, version: '2' }, first);
    await loader.load();
    state.nowMs = 1_000;
    expect((await loader.load()).stale).toBeDefined();
    state.nowMs = 2_000;
    expect((await loader.load()).stale).toBeUndefined();
  });

  it('keeps the last good policy when the source cannot be read', async () => {
    const { state, loader } = source(
      { text: good('a.example'), version: '1' },
      new TemporaryError('throttled'),
    );
    await loader.load();
    state.nowMs = 1_000;
    expect(await loader.load()).toMatchObject({ version: '1', stale: 'the policy cannot be read' });
  });

  it.each([
    ['wrong', { text: BAD, version: '1' }, PermanentError],
    ['unreadable', new Error('denied'), PermanentError],
    ['out of reach for now', new TemporaryError('throttled'), TemporaryError],
  ])('throws when there never was a policy: %s', async (_, answer, kind) => {
    const { loader } = source(answer);
    await expect(loader.load()).rejects.toBeInstanceOf(kind);
    await expect(loader.load()).rejects.not.toThrow('secret');
  });

  it('asks again after a failure without any policy', async () => {
    const { state, loader } = source(new Error('denied'), { text: good('a.example'), version: '1' });
    await expect(loader.load()).rejects.toThrow();
    expect(await loader.load()).toMatchObject({ version: '1' });
    expect(state.reads).toBe(2);
  });
});
