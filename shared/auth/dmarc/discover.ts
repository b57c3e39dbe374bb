/**
 * Policy discovery (dmarcbis-41 §4.10.1): which record applies to mail from a domain, and what it asks for. First the
 * domain's own, then that of its organization, then that of the public suffix above it.
 */
import type { LookupTxt } from '../types.ts';
import { cachedLookup, type DmarcCache } from './cache.ts';
import type { DmarcRecord, PublishedPolicy } from './record.ts';
import { endsWalk, organizationalDomain, recordAt, type WalkStep, walkNames } from './tree-walk.ts';

export interface DmarcDiscovery {
  /** The record that applies; undefined when there is none. */
  readonly record: DmarcRecord | undefined;
  /** The domain that publishes it. */
  readonly at: string | undefined;
  /** Undefined when the walk was cut short because the policy was all that was asked for. */
  readonly orgDomain: string | undefined;
  /** As published; for `testing` see `effectivePolicy`. */
  readonly published: PublishedPolicy | 'no-record';
  /** The tag that it was taken from. */
  readonly from: 'p' | 'sp' | 'np' | undefined;
  /** t=y. */
  readonly testing: boolean;
  /** Names asked for, answers from the cache included: at most nine. */
  readonly queries: number;
}

export interface DiscoverOptions {
  readonly cache?: DmarcCache;
  /** Stop at the domain's own record, with `orgDomain` unknown: one query instead of one for each label. */
  readonly policyOnly?: boolean;
}

/**
 * `domain` in lower-case A-labels (see `asciiDomain`).
 *
 * @throws TemporaryError when a name that matters could not be looked up: then nothing is known.
 */
export async function discoverDmarc(
  domain: string,
  lookupTxt: LookupTxt,
  signal: AbortSignal,
  options: DiscoverOptions = {},
): Promise<DmarcDiscovery> {
  let queries = 0;
  const lookup = options.cache === undefined ? lookupTxt : cachedLookup(lookupTxt, options.cache);
  const counted: LookupTxt = (name, abort) => {
    queries += 1;
    return lookup(name, abort);
  };
  const found = await walk(domain, counted, signal, options.policyOnly === true);
  const own = found[0]?.domain === domain ? found[0] : undefined;
  const cutShort = options.policyOnly === true && own !== undefined;
  const orgDomain = cutShort ? undefined : organizationalDomain(domain, found);
  const step = own ?? inherited(found, orgDomain);
  const record = step?.record;
  if (record?.p === undefined) {
    const at = step?.domain;
    return {
      record: undefined,
      at,
      orgDomain,
      published: 'no-record',
      from: undefined,
      testing: false,
      queries,
    };
  }
  const asked =
    step === own
      ? { published: record.p, from: 'p' as const }
      : await subdomainPolicy(domain, record, record.p, counted, signal);
  return { record, at: step?.domain, orgDomain, ...asked, testing: record.testing, queries };
}

/** dmarcbis-41 §4.7 `t`: with t=y the policy that is one level weaker applies. */
export function effectivePolicy(published: PublishedPolicy, testing: boolean): PublishedPolicy {
  if (!testing) return published;
  return published === 'reject' ? 'quarantine' : 'none';
}

async function walk(
  domain: string,
  lookup: LookupTxt,
  signal: AbortSignal,
  policyOnly: boolean,
): Promise<WalkStep[]> {
  const found: WalkStep[] = [];
  for (const name of walkNames(domain)) {
    const record = await recordAt(name, lookup, signal);
    if (record === undefined) continue;
    found.push({ domain: name, record });
    if (endsWalk(record) || (policyOnly && name === domain)) break;
  }
  return found;
}

/** The record of the organization, or else that of the public suffix; records between them do not count. */
function inherited(found: readonly WalkStep[], orgDomain: string | undefined): WalkStep | undefined {
  const last = found.at(-1);
  return found.find((step) => step.domain === orgDomain) ?? (last?.record.psd === 'y' ? last : undefined);
}

/** What a record asks for mail from a domain below it: np where that domain does not exist, else sp, else p. */
async function subdomainPolicy(
  domain: string,
  record: DmarcRecord,
  p: PublishedPolicy,
  lookup: LookupTxt,
  signal: AbortSignal,
): Promise<{ published: PublishedPolicy; from: 'p' | 'sp' | 'np' }> {
  const existing =
    record.sp === undefined
      ? { published: p, from: 'p' as const }
      : { published: record.sp, from: 'sp' as const };
  if (record.np === undefined) return existing;
  // dmarcbis-41 A.4: any record at all makes a domain exist, so NODATA does; only NXDOMAIN says that it does not.
  const answer = await lookup(domain, signal);
  return answer.kind === 'nxdomain' ? { published: record.np, from: 'np' } : existing;
}
