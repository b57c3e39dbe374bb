/**
 * Policy discovery (dmarcbis-41 §4.10.1): which record applies to mail from a domain, and what it asks for. First the
 * domain's own, then that of its organization, then that of the public suffix above it.
 */
import { TemporaryError } from '../../errors.ts';
import type { LookupTxt } from '../types.ts';
import type { DmarcRecord, PublishedPolicy } from './record.ts';
import { endsWalk, organizationalDomain, recordAt, type WalkStep, walkNames } from './tree-walk.ts';

export interface DmarcDiscovery {
  /** The record that applies; undefined when there is none. */
  readonly record: DmarcRecord | undefined;
  /** The domain that publishes it. */
  readonly at: string | undefined;
  /** Undefined when the walk was cut short because the policy was all that was asked for, or when it is `missing`. */
  readonly orgDomain: string | undefined;
  /** As published; for `testing` see `effectivePolicy`. */
  readonly published: PublishedPolicy | 'no-record';
  /** The tag that it was taken from. */
  readonly from: 'p' | 'sp' | 'np' | undefined;
  /** t=y. */
  readonly testing: boolean;
  /** Names asked for: at most nine. */
  readonly queries: number;
  /**
   * What a temporary failure left open. `organization`: where it ends, so that only the author's own name is known to be
   * aligned. `existence`: whether the domain exists, so that `published` is the milder of two.
   */
  readonly missing?: 'organization' | 'existence';
}

export interface DiscoverOptions {
  /** Stop at the domain's own record, with `orgDomain` unknown: one query instead of one for each label. */
  readonly policyOnly?: boolean;
  /** What only tells more is said to be `missing` when it cannot be looked up, instead of a TemporaryError for all. */
  readonly partial?: boolean;
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
  const counted: LookupTxt = (name, abort) => {
    queries += 1;
    return lookupTxt(name, abort);
  };
  const { found, failed } = await walk(domain, counted, signal, options.policyOnly === true);
  if (failed !== undefined && options.partial !== true) throw failed;
  const own = found[0]?.domain === domain ? found[0] : undefined;
  const cutShort = own !== undefined && (options.policyOnly === true || failed !== undefined);
  const orgDomain = cutShort ? undefined : organizationalDomain(domain, found);
  const step = own ?? inherited(found, orgDomain);
  const at = step?.domain;
  const record = step?.record;
  if (record?.p === undefined) return { ...NOTHING, at, orgDomain, queries };
  const asked =
    step === own
      ? { published: record.p, from: 'p' as const }
      : await subdomainPolicy(record, record.p, existence(domain, counted, signal), options.partial === true);
  const missing = failed === undefined ? {} : { missing: 'organization' as const };
  return { record, at, orgDomain, ...asked, ...missing, testing: record.testing, queries };
}

const NOTHING = { record: undefined, published: 'no-record', from: undefined, testing: false } as const;

/** dmarcbis-41 §4.7 `t`: with t=y the policy that is one level weaker applies. */
export function effectivePolicy(published: PublishedPolicy, testing: boolean): PublishedPolicy {
  if (!testing) return published;
  return published === 'reject' ? 'quarantine' : 'none';
}

/**
 * The Organizational Domain of a domain that SPF or DKIM authenticated, by a walk of its own (dmarcbis-41 §4.10.2).
 * `domain` in lower-case A-labels.
 *
 * @throws TemporaryError when a name that matters could not be looked up.
 */
export async function organizationalDomainOf(
  domain: string,
  lookupTxt: LookupTxt,
  signal: AbortSignal,
): Promise<string> {
  const { found, failed } = await walk(domain, lookupTxt, signal, false);
  if (failed !== undefined) throw failed;
  return organizationalDomain(domain, found);
}

interface Walk {
  readonly found: readonly WalkStep[];
  /** What kept the walk from its end; the domain's own record was found before. */
  readonly failed?: TemporaryError;
}

/**
 * All names are asked at once: hardly any walk ends before the last, and each name that waits for another costs a round
 * trip. What is above the end of the walk counts for nothing, a failure there included.
 */
async function walk(
  domain: string,
  lookup: LookupTxt,
  signal: AbortSignal,
  policyOnly: boolean,
): Promise<Walk> {
  const [own = domain, ...parents] = walkNames(domain);
  const first = recordAt(own, lookup, signal);
  if (policyOnly) {
    const record = await first;
    if (record !== undefined) return { found: [{ domain: own, record }] };
  }
  const asked = [own, ...parents].map((name, index) => ({
    name,
    answer: index === 0 ? first : recordAt(name, lookup, signal),
  }));
  for (const { answer } of asked) answer.catch(() => undefined);
  const found: WalkStep[] = [];
  try {
    for (const { name, answer } of asked) {
      const record = await answer;
      if (record === undefined) continue;
      found.push({ domain: name, record });
      if (endsWalk(record)) break;
    }
  } catch (error) {
    // Below the failure the domain's own record is known, and it is the one that applies.
    if (found[0]?.domain !== domain || !(error instanceof TemporaryError)) throw error;
    return { found, failed: error };
  }
  return { found };
}

/** The record of the organization, or else that of the public suffix; records between them do not count. */
function inherited(found: readonly WalkStep[], orgDomain: string | undefined): WalkStep | undefined {
  const last = found.at(-1);
  return found.find((step) => step.domain === orgDomain) ?? (last?.record.psd === 'y' ? last : undefined);
}

type Asked = Pick<DmarcDiscovery, 'missing'> & {
  readonly published: PublishedPolicy;
  readonly from: 'p' | 'sp' | 'np';
};

/** From mild to strict. */
const POLICIES: readonly PublishedPolicy[] = ['none', 'quarantine', 'reject'];

/** What a record asks for mail from a domain below it: np where that domain does not exist, else sp, else p. */
async function subdomainPolicy(
  { sp, np }: DmarcRecord,
  p: PublishedPolicy,
  exists: () => Promise<boolean>,
  partial: boolean,
): Promise<Asked> {
  const existing: Asked = sp === undefined ? { published: p, from: 'p' } : { published: sp, from: 'sp' };
  if (np === undefined) return existing;
  const absent: Asked = { published: np, from: 'np' };
  try {
    return (await exists()) ? existing : absent;
  } catch (error) {
    if (!(error instanceof TemporaryError)) throw error;
    if (np === existing.published) return existing;
    if (!partial) throw error;
    const milder = POLICIES.indexOf(np) < POLICIES.indexOf(existing.published) ? absent : existing;
    return { ...milder, missing: 'existence' };
  }
}

/** dmarcbis-41 A.4: any record at all makes a domain exist, so NODATA does; only NXDOMAIN says that it does not. */
function existence(domain: string, lookup: LookupTxt, signal: AbortSignal): () => Promise<boolean> {
  return async () => (await lookup(domain, signal)).kind !== 'nxdomain';
}
