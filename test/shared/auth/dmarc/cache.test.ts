import { describe, expect, it } from 'vitest';
import { createDmarcCache, discoverDmarc } from '../../../../shared/auth/index.ts';
import { TemporaryError } from '../../../../shared/errors.ts';
import { zoneLookup } from '../support.ts';

const { signal } = new AbortController();
const ZONE = { '_dmarc.example.com': ['v=DMARC1; p=reject'] };

describe('the cache of DMARC look-ups', () => {
  it('asks once for a name within its time, for names that do not exist too', async () => {
    let now = 0;
    const cache = createDmarcCache({ now: () => now, maxEntries: 10, ttlMs: 1_000 });
    const { lookupTxt, asked } = zoneLookup(ZONE);
    const first = await discoverDmarc('a.example.com', lookupTxt, signal, { cache });
    expect(asked).toEqual(['_dmarc.a.example.com', '_dmarc.example.com', '_dmarc.com']);
    now = 999;
    expect(await discoverDmarc('a.example.com', lookupTxt, signal, { cache })).toEqual(first);
    expect(asked).toHaveLength(3);
    now = 1_000;
    await discoverDmarc('a.example.com', lookupTxt, signal, { cache });
    expect(asked).toHaveLength(6);
  });

  it('does not remember failures', async () => {
    const cache = createDmarcCache({ now: () => 0, maxEntries: 10, ttlMs: 1_000 });
    const failing = zoneLookup({ '_dmarc.example.com': 'servfail' });
    await expect(discoverDmarc('example.com', failing.lookupTxt, signal, { cache })).rejects.toThrow(
      TemporaryError,
    );
    const found = await discoverDmarc('example.com', zoneLookup(ZONE).lookupTxt, signal, { cache });
    expect(found.published).toBe('reject');
  });

  it('forgets the name that was not used for longest', () => {
    const cache = createDmarcCache({ now: () => 0, maxEntries: 2, ttlMs: 1_000 });
    cache.set('a', { kind: 'nodata' });
    cache.set('b', { kind: 'nodata' });
    cache.get('a');
    cache.set('c', { kind: 'nxdomain' });
    expect([cache.get('a')?.kind, cache.get('b')?.kind, cache.get('c')?.kind]).toEqual([
      'nodata',
      undefined,
      'nxdomain',
    ]);
  });

  it.each([
    { maxEntries: 0, ttlMs: 1 },
    { maxEntries: 1.5, ttlMs: 1 },
    { maxEntries: 1, ttlMs: -1 },
    { maxEntries: 1, ttlMs: Number.NaN },
  ])('refuses %o', (options) => {
    expect(() => createDmarcCache({ now: () => 0, ...options })).toThrow(RangeError);
  });
});
