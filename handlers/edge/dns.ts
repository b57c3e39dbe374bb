/**
 * DNS over node:dns. NXDOMAIN and "no such record" are answers; SERVFAIL, REFUSED, time-outs and an abort are a
 * TemporaryError: they say nothing about the record. The text of a TXT record is what its strings give when joined
 * without blanks (RFC 7208 §3.3). One answer is at most 64 KB, because that is what a DNS message can hold.
 */
import { Resolver } from 'node:dns/promises';
import { cachedLookup, createDnsCache } from '../../shared/auth/dns/cache.ts';
import type { DnsAnswer, DnsType, LookupDns } from '../../shared/auth/dns/types.ts';
import { TemporaryError } from '../../shared/errors.ts';
import { withSignal } from '../../shared/workmail/aws-errors.ts';

/** Time-out of one try. Two tries fit several times into the 15 s of an invocation. */
const TRY_TIMEOUT_MS = 1_500;
const TRIES = 2;
/** The resolver does not tell a TXT record's own lifetime; a minute spares a burst of mail from asking again. */
const CACHE_MS = 60_000;
/** A sender chooses the names that are asked: without a bound a flood of domains would fill the memory. */
const MAX_CACHE_ENTRIES = 1_000;
/**
 * What a name on the wire can be written with. The resolver below takes a C string in the notation of master files: a NUL
 * would end the name early and a backslash begin an escape, so that another name is asked than the one that was meant
 * (espoofer's server_a3 puts the key of another domain in place of the right one by that).
 */
const ASKABLE = /^[!-[\]-~]{1,254}$/;

export interface DnsOptions {
  /** `ADDRESS` or `ADDRESS:PORT`; the system's resolver when undefined. */
  readonly server: string | undefined;
  /** Milliseconds. */
  readonly now: () => number;
}

/** Answers are remembered for a minute, absence too; failures are not. */
export function createLookupDns(options: DnsOptions): LookupDns {
  let resolver: Resolver | undefined;
  const cache = createDnsCache({ now: options.now, maxEntries: MAX_CACHE_ENTRIES, ttlMs: CACHE_MS });
  const lookup: LookupDns = (name, type, signal) => {
    resolver ??= openResolver(options.server);
    return withSignal(ask(resolver, name, type), signal);
  };
  const cached = cachedLookup(lookup, cache);
  return async (name, type, signal) =>
    ASKABLE.test(name) ? cached(name, type, signal) : { kind: 'nxdomain' };
}

function openResolver(server: string | undefined): Resolver {
  const resolver = new Resolver({ timeout: TRY_TIMEOUT_MS, tries: TRIES });
  if (server !== undefined) resolver.setServers([server]);
  return resolver;
}

async function ask(resolver: Resolver, name: string, type: DnsType): Promise<DnsAnswer> {
  try {
    return { kind: 'records', records: await recordsOf(resolver, name, type) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    // A name that cannot be written as a DNS name (label over 63 octets, empty label) cannot exist.
    if (code === 'ENOTFOUND' || code === 'EBADNAME') return { kind: 'nxdomain' };
    if (code === 'ENODATA') return { kind: 'nodata' };
    throw new TemporaryError(`dns ${type}: ${code}`);
  }
}

async function recordsOf(resolver: Resolver, name: string, type: DnsType): Promise<readonly string[]> {
  switch (type) {
    case 'TXT':
      return (await resolver.resolveTxt(name)).map((strings) => strings.join(''));
    case 'A':
      return resolver.resolve4(name);
    case 'AAAA':
      return resolver.resolve6(name);
    case 'PTR':
      return resolver.resolvePtr(name);
    case 'MX':
      return (await resolver.resolveMx(name)).map(({ priority, exchange }) => `${priority} ${exchange}`);
  }
}
