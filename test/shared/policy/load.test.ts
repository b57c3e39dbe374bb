import { describe, expect, it } from 'vitest';
import { PermanentError, TemporaryError } from '../../../shared/errors.ts';
import type { LogRecord } from '../../../shared/log.ts';
import { createPolicyLoader, type LastGoodCopy } from '../../../shared/policy/index.ts';

const good = (domain: string): string => `version: 1\norganization: { domains: ${domain} }\n`;
const BAD = 'version: 1\norganization: { domain: secret.example }\n';

type Answer = { readonly text: string; readonly version: string } | Error;

/** A source that gives these answers in order (the last one again and again) and counts. */
function source(...answers: readonly Answer[]) {
  const state = {
    reads: 0,
    copyReads: 0,
    copy: undefined as LastGoodCopy | undefined,
    nowMs: 0,
    records: [] as LogRecord[],
  };
  const loader = createPolicyLoader({
    async read() {
      const answer = answers[Math.min(state.reads, answers.length - 1)];
      state.reads++;
      await Promise.resolve();
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error('no answer');
      return answer;
    },
    async readCopy() {
      state.copyReads++;
      return state.copy;
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

describe('the copy of the last good policy', () => {
  const copy = { text: good('copy.example'), version: '1', savedAtMs: 4_000 };
  const denied = new PermanentError('s3 GetObject: AccessDenied 403');

  it('is in force while nothing else was ever readable, and its age is told', async () => {
    const { state, loader } = source(denied, denied, { text: good('a.example'), version: '2' });
    state.copy = copy;
    state.nowMs = 10_000;
    const kept = await loader.load();
    expect(kept).toMatchObject({ version: '1', stale: 'the policy cannot be read' });
    expect(kept.policy.organization.domains).toEqual(['copy.example']);
    expect(state.records).toEqual([
      {
        level: 'error',
        event: 'policy',
        outcome: 'kept-last-good',
        reason: 'the policy cannot be read',
        version: '1',
        from: 'copy',
        ageMs: 6_000,
      },
    ]);
    await loader.load();
    expect(state.reads).toBe(1);
    state.nowMs = 11_000;
    await loader.load();
    // Once in force it is as good as one that was read: it is not asked for again.
    expect([state.reads, state.copyReads]).toEqual([2, 1]);
    state.nowMs = 12_000;
    const fresh = await loader.load();
    expect(fresh.stale).toBeUndefined();
    expect(fresh.policy.organization.domains).toEqual(['a.example']);
  });

  it('serves for a policy that is wrong, too', async () => {
    const { state, loader } = source({ text: BAD, version: '2' });
    state.copy = copy;
    expect(await loader.load()).toMatchObject({ version: '1', stale: expect.stringContaining('2 errors') });
  });

  it('is fresh when the policy that can be read again is the same', async () => {
    const { state, loader } = source(denied, { text: copy.text, version: '1' });
    state.copy = copy;
    await loader.load();
    state.nowMs = 1_000;
    expect((await loader.load()).stale).toBeUndefined();
  });

  it('is not asked for while a policy is there', async () => {
    const { state, loader } = source({ text: good('a.example'), version: '1' }, denied);
    state.copy = copy;
    await loader.load();
    state.nowMs = 1_000;
    expect((await loader.load()).policy.organization.domains).toEqual(['a.example']);
    expect(state.copyReads).toBe(0);
  });

  it('is validated again, and refused where it is wrong now', async () => {
    const { state, loader } = source(denied);
    state.copy = { ...copy, text: BAD };
    await expect(loader.load()).rejects.toBe(denied);
    expect(state.records).toEqual([
      expect.objectContaining({ level: 'error', outcome: 'copy-refused', version: '1' }),
    ]);
    expect(JSON.stringify(state.records)).not.toContain('secret');
  });

  it('has no age before it was saved, whatever the clock says', async () => {
    const { state, loader } = source(denied);
    state.copy = copy;
    await loader.load();
    expect(state.records[0]).toMatchObject({ ageMs: 0 });
  });
});
