/** Remembers TXT answers, "no such name" included: most mail of an hour comes from few domains, and all share their parents. */
import type { LookupTxt, TxtAnswer } from '../types.ts';

export interface DmarcCache {
  get(name: string): TxtAnswer | undefined;
  set(name: string, answer: TxtAnswer): void;
}

export interface DmarcCacheOptions {
  /** Milliseconds on any clock that does not run backwards. */
  readonly now: () => number;
  /** At least 1. Beyond it the entry that was not used for longest goes: names are the senders' choice and without end. */
  readonly maxEntries: number;
  /** For how long an answer is believed. A look-up does not say its TTL, so keep this to minutes. */
  readonly ttlMs: number;
}

/** Throws RangeError for options out of range. */
export function createDmarcCache(options: DmarcCacheOptions): DmarcCache {
  const { now, maxEntries, ttlMs } = options;
  if (!(Number.isInteger(maxEntries) && maxEntries >= 1)) throw new RangeError('maxEntries: at least 1');
  if (!(ttlMs >= 0)) throw new RangeError('ttlMs: not negative');
  // A Map keeps the order of insertion: the first key is the one not used for longest.
  const entries = new Map<string, { readonly answer: TxtAnswer; readonly until: number }>();
  return {
    get(name) {
      const entry = entries.get(name);
      if (entry === undefined) return undefined;
      entries.delete(name);
      if (now() >= entry.until) return undefined;
      entries.set(name, entry);
      return entry.answer;
    },
    set(name, answer) {
      entries.delete(name);
      entries.set(name, { answer, until: now() + ttlMs });
      for (const oldest of entries.keys()) {
        if (entries.size <= maxEntries) break;
        entries.delete(oldest);
      }
    },
  };
}

/** `lookupTxt` behind `cache`. Failures are thrown and not remembered. */
export function cachedLookup(lookupTxt: LookupTxt, cache: DmarcCache): LookupTxt {
  return async (name, signal) => {
    const known = cache.get(name);
    if (known !== undefined) return known;
    const answer = await lookupTxt(name, signal);
    cache.set(name, answer);
    return answer;
  };
}
