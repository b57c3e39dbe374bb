import { Resolver } from 'node:dns/promises';

/** Looks up records as node:dns does: rejects with an error whose `code` is ENOTFOUND, ENODATA, ESERVFAIL, ETIMEOUT. */
export type DnsResolver = (name: string, rrtype: string) => Promise<string[] | string[][]>;

export interface ResolverOptions {
  /** How long an answer, positive or negative, is kept. Default 5,000; 0 keeps nothing. */
  readonly cacheMs?: number;
  /** Wait for the first try; the second waits longer. Default 1,500. */
  readonly timeoutMs?: number;
  /** Milliseconds since an epoch. */
  readonly now?: () => number;
}

/** Senders choose the names that are asked: without a bound a flood of names would fill the memory. */
const MAX_CACHED = 10_000;
const TRIES = 2;
/** Absence, unlike SERVFAIL or a time-out, is an answer and may be kept (RFC 2308). */
const NEGATIVE_CODES: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA']);

type Outcome =
  | { readonly kind: 'found'; readonly records: string[] | string[][] }
  | { readonly kind: 'failed'; readonly code: string };

/**
 * A resolver over real DNS: `HOST:PORT` of a server, or `system` for the servers of the machine. Answers are kept for
 * a few seconds and questions that are under way are shared, so that a burst of mail from one domain asks once.
 */
export function createResolver(address: string, options: ResolverOptions = {}): DnsResolver {
  const { cacheMs = 5_000, timeoutMs = 1_500, now = Date.now } = options;
  const resolver = new Resolver({ timeout: timeoutMs, tries: TRIES });
  if (address !== 'system') resolver.setServers([address]);
  const cache = new Map<string, { readonly until: number; readonly outcome: Promise<Outcome> }>();

  const ask = (key: string, name: string, rrtype: string): Promise<Outcome> => {
    const cached = cache.get(key);
    if (cached !== undefined && cached.until > now()) return cached.outcome;
    const outcome = query(resolver, name, rrtype);
    cache.delete(key);
    if (cache.size >= MAX_CACHED) cache.clear();
    const entry = { until: now() + cacheMs, outcome };
    cache.set(key, entry);
    void outcome.then((result) => {
      const keep = result.kind === 'found' || NEGATIVE_CODES.has(result.code);
      if ((!keep || cacheMs === 0) && cache.get(key) === entry) cache.delete(key);
    });
    return outcome;
  };

  return async (name, rrtype) => {
    const outcome = await ask(`${rrtype} ${name.toLowerCase()}`, name, rrtype);
    // Callers sort lists and write on errors: each gets its own.
    if (outcome.kind === 'found') return structuredClone(outcome.records);
    throw Object.assign(new Error(`${rrtype} ${outcome.code} ${name}`), { code: outcome.code });
  };
}

/** Never rejects: what node:dns throws is an outcome with its code. */
async function query(resolver: Resolver, name: string, rrtype: string): Promise<Outcome> {
  try {
    const records: unknown = await resolver.resolve(name, rrtype);
    return isRecords(records) ? { kind: 'found', records } : { kind: 'failed', code: 'EBADRESP' };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return { kind: 'failed', code: typeof code === 'string' ? code : 'EFORMERR' };
  }
}

/** MX and SRV records are objects, which mailauth reads although its type for a resolver leaves them out. */
function isRecords(value: unknown): value is string[] | string[][] {
  return Array.isArray(value);
}
