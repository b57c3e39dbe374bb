import { describe, expect, it } from 'vitest';
import { cachedLookup, createDnsCache } from '../../../../shared/auth/dns/cache.ts';
import { TemporaryError } from '../../../../shared/errors.ts';
import { zoneDns } from '../support.ts';

const { signal } = new AbortController();
const ZONE = { 'a.example': ['text'], 'A a.example': ['192.0.2.1'], 'broken.example': 'servfail' } as const;

describe('cached look-ups', () => {
  it('ask again when the time is over, sooner for what was not there', async () => {
    let now = 0;
    const { lookupDns, asked } = zoneDns(ZONE);
    const cache = createDnsCache({ now: () => now, maxEntries: 10, ttlMs: 1_000, negativeTtlMs: 100 });
    const lookup = cachedLookup(lookupDns, cache);
    const both = async () => [
      (await lookup('a.example', 'TXT', signal)).kind,
      (await lookup('none.test', 'TXT', signal)).kind,
    ];
    expect(await both()).toEqual(['records', 'nxdomain']);
    now = 99;
    expect(await both()).toEqual(['records', 'nxdomain']);
    expect(asked).toHaveLength(2);
    now = 100;
    await both();
    expect(asked).toEqual(['a.example', 'none.test', 'none.test']);
    now = 1_000;
    await both();
    expect(asked).toEqual(['a.example', 'none.test', 'none.test', 'a.example', 'none.test']);
  });

  it('keep types apart and names together', async () => {
    const { lookupDns, asked } = zoneDns(ZONE);
    const lookup = cachedLookup(lookupDns, createDnsCache({ now: () => 0, maxEntries: 10, ttlMs: 1 }));
    expect(await lookup('a.example', 'TXT', signal)).not.toEqual(await lookup('a.example', 'A', signal));
    await lookup('A.EXAMPLE', 'A', signal);
    expect(asked).toHaveLength(2);
  });

  it('do not remember a failure', async () => {
    const { lookupDns, asked } = zoneDns(ZONE);
    const lookup = cachedLookup(lookupDns, createDnsCache({ now: () => 0, maxEntries: 10, ttlMs: 1 }));
    await expect(lookup('broken.example', 'TXT', signal)).rejects.toThrow(TemporaryError);
    await expect(lookup('broken.example', 'TXT', signal)).rejects.toThrow(TemporaryError);
    expect(asked).toHaveLength(2);
  });

  it('forget the question that was not asked for longest', () => {
    const cache = createDnsCache({ now: () => 0, maxEntries: 2, ttlMs: 1_000 });
    cache.set('a', 'TXT', { kind: 'nodata' });
    cache.set('b', 'TXT', { kind: 'nodata' });
    cache.get('a', 'TXT');
    cache.set('c', 'TXT', { kind: 'nxdomain' });
    const kinds = ['a', 'b', 'c'].map((name) => cache.get(name, 'TXT')?.kind);
    expect(kinds).toEqual(['nodata', undefined, 'nxdomain']);
  });

  it.each([
    { maxEntries: 0, ttlMs: 1 },
    { maxEntries: 1.5, ttlMs: 1 },
    { maxEntries: 1, ttlMs: -1 },
    { maxEntries: 1, ttlMs: Number.NaN },
    { maxEntries: 1, ttlMs: 1, negativeTtlMs: -1 },
  ])('refuse %o', (options) => {
    expect(() => createDnsCache({ now: () => 0, ...options })).toThrow(RangeError);
  });
});
