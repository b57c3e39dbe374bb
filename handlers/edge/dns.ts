/**
 * TXT look-ups over node:dns. NXDOMAIN and "no such record" are answers; SERVFAIL, REFUSED, time-outs and an abort
 * are a TemporaryError: they say nothing about the record. The text of a record is what its strings give when joined
 * without blanks (RFC 7208 §3.3). One answer is at most 64 KB, because that is what a DNS message can hold.
 */
import { Resolver } from 'node:dns/promises';
import type { LookupTxt, TxtAnswer } from '../../shared/auth/types.ts';
import { TemporaryError } from '../../shared/errors.ts';
import { withSignal } from '../../shared/workmail/aws-errors.ts';

/** Time-out of one try. Two tries fit several times into the 15 s of an invocation. */
const TRY_TIMEOUT_MS = 1_500;
const TRIES = 2;
/** The resolver does not tell the record's own lifetime; a minute spares a burst of mail from asking again. */
const CACHE_MS = 60_000;
/** A sender chooses the names that are asked: without a bound a flood of domains would fill the memory. */
const MAX_CACHE_ENTRIES = 1_000;

export interface DnsOptions {
  /** `ADDRESS` or `ADDRESS:PORT`; the system's resolver when undefined. */
  readonly server: string | undefined;
  /** Milliseconds. */
  readonly now: () => number;
}

export function createLookupTxt(options: DnsOptions): LookupTxt {
  let resolver: Resolver | undefined;
  const cache = new Map<string, { readonly answer: TxtAnswer; readonly until: number }>();
  return async (name, signal) => {
    const key = name.toLowerCase();
    const cached = cache.get(key);
    if (cached !== undefined && cached.until > options.now()) return cached.answer;
    resolver ??= openResolver(options.server);
    const answer = await withSignal(ask(resolver, name), signal);
    cache.delete(key);
    const oldest = cache.keys().next();
    if (cache.size >= MAX_CACHE_ENTRIES && oldest.done !== true) cache.delete(oldest.value);
    cache.set(key, { answer, until: options.now() + CACHE_MS });
    return answer;
  };
}

function openResolver(server: string | undefined): Resolver {
  const resolver = new Resolver({ timeout: TRY_TIMEOUT_MS, tries: TRIES });
  if (server !== undefined) resolver.setServers([server]);
  return resolver;
}

async function ask(resolver: Resolver, name: string): Promise<TxtAnswer> {
  try {
    const records = await resolver.resolveTxt(name);
    return { kind: 'records', records: records.map((strings) => strings.join('')) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    // A name that cannot be written as a DNS name (label over 63 octets, empty label) cannot exist.
    if (code === 'ENOTFOUND' || code === 'EBADNAME') return { kind: 'nxdomain' };
    if (code === 'ENODATA') return { kind: 'nodata' };
    throw new TemporaryError(`dns TXT: ${code}`);
  }
}
