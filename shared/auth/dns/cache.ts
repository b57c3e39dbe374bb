/** Remembers DNS answers, "no such name" included: most mail of an hour comes from few domains, and all share their parents. */
import type { DnsAnswer, DnsType, LookupDns } from './types.ts';

export interface DnsCache {
  get(name: string, type: DnsType): DnsAnswer | undefined;
  set(name: string, type: DnsType, answer: DnsAnswer): void;
}

export interface DnsCacheOptions {
  /** Milliseconds on any clock that does not run backwards. */
  readonly now: () => number;
  /** At least 1. Beyond it the entry that was not used for longest goes: names are the senders' choice and without end. */
  readonly maxEntries: number;
  /** For how long records are believed. A look-up does not tell their TTL, so keep this to minutes. */
  readonly ttlMs: number;
  /** For how long absence is believed (RFC 2308 §5); as long as records when left out. */
  readonly negativeTtlMs?: number;
}

/** Throws RangeError for options out of range. */
export function createDnsCache(options: DnsCacheOptions): DnsCache {
  const { now, maxEntries, ttlMs, negativeTtlMs = ttlMs } = options;
  if (!(Number.isInteger(maxEntries) && maxEntries >= 1)) throw new RangeError('maxEntries: at least 1');
  if (!(ttlMs >= 0)) throw new RangeError('ttlMs: not negative');
  if (!(negativeTtlMs >= 0)) throw new RangeError('negativeTtlMs: not negative');
  // A Map keeps the order of insertion: the first key is the one not used for longest.
  const entries = new Map<string, { readonly answer: DnsAnswer; readonly until: number }>();
  return {
    get(name, type) {
      const key = questionKey(name, type);
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      if (now() >= entry.until) return undefined;
      entries.set(key, entry);
      return entry.answer;
    },
    set(name, type, answer) {
      const key = questionKey(name, type);
      entries.delete(key);
      const lifetime = answer.kind === 'records' ? ttlMs : negativeTtlMs;
      entries.set(key, { answer, until: now() + lifetime });
      for (const oldest of entries.keys()) {
        if (entries.size <= maxEntries) break;
        entries.delete(oldest);
      }
    },
  };
}

/** `lookup` behind `cache`. Failures are thrown and not remembered. */
export function cachedLookup(lookup: LookupDns, cache: DnsCache): LookupDns {
  return async (name, type, signal) => {
    const known = cache.get(name, type);
    if (known !== undefined) return known;
    const answer = await lookup(name, type, signal);
    cache.set(name, type, answer);
    return answer;
  };
}

/** Names are compared without regard to case (RFC 4343). */
export function questionKey(name: string, type: DnsType): string {
  return `${type} ${name.toLowerCase()}`;
}
