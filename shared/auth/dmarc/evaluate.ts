/**
 * Whether a message passes DMARC (dmarcbis-41 §5.3): its Author Domain has a record, and one of the domains that SPF or
 * DKIM authenticated is aligned with it, by name where the record asks for strict alignment, by organization otherwise.
 */
import { TemporaryError } from '../../errors.ts';
import { isWithin } from '../domain.ts';
import type { AlignedIdentifier } from '../evidence-types.ts';
import type { LookupTxt } from '../types.ts';
import { type DmarcDiscovery, organizationalDomainOf } from './discover.ts';

/** What SPF or one DKIM signature says about a domain (dmarcbis-41 §5.3.3). */
export interface Identifier {
  readonly by: 'dkim' | 'spf';
  /** Of MAIL FROM, or `d=`; lower-case A-labels. */
  readonly domain: string;
  /** Anything but a pass authenticates nothing; a temporary error may hide a pass. */
  readonly result: 'pass' | 'temperror' | 'other';
}

export interface EvaluationInput {
  /** Lower-case A-labels. */
  readonly authorDomain: string;
  /** What the Author Domain publishes; not one that was cut short by `policyOnly`. */
  readonly discovery: DmarcDiscovery | 'temporary';
  readonly identifiers: readonly Identifier[];
  readonly lookupTxt: LookupTxt;
  readonly signal: AbortSignal;
}

export interface Evaluation {
  /** The words of dmarcbis-41 §9.2. */
  readonly result: 'pass' | 'fail' | 'none' | 'temperror';
  /** In the order of the identifiers, each domain once for each mechanism. */
  readonly aligned: readonly AlignedIdentifier[];
}

/** Asks DNS only about identifiers that could be aligned. A question that is not answered is a temporary error, never thrown. */
export async function evaluateDmarc(input: EvaluationInput): Promise<Evaluation> {
  const { discovery, authorDomain, identifiers } = input;
  if (discovery === 'temporary') return { result: 'temperror', aligned: [] };
  const { record, orgDomain, missing } = discovery;
  // dmarcbis-41 §4.10.1: without a record, or with one that is not to be used, DMARC does not apply.
  if (record === undefined) return { result: 'none', aligned: [] };
  const candidates = distinct(identifiers).filter(
    ({ by, domain }) =>
      domain === authorDomain || (!isStrict(record, by) && couldShare(domain, discovery, input)),
  );
  const found = await Promise.all(candidates.map((each) => alignment(each, orgDomain, input)));
  const aligned = found.filter((each) => each !== 'temporary' && each !== 'none');
  // dmarcbis-41 §5.3.5: one is enough. §5.3.6: without it, a question that did not complete leaves the result open.
  if (aligned.length > 0) return { result: 'pass', aligned };
  const open = found.includes('temporary') || missing === 'existence';
  return { result: open ? 'temperror' : 'fail', aligned };
}

function isStrict(
  record: { readonly adkim: 'r' | 's'; readonly aspf: 'r' | 's' },
  by: 'dkim' | 'spf',
): boolean {
  return (by === 'dkim' ? record.adkim : record.aspf) === 's';
}

/** The best result for each domain and mechanism, passes first, so that a hundred copies of a signature cost what one does. */
function distinct(identifiers: readonly Identifier[]): Identifier[] {
  const known = new Map<string, Identifier>();
  for (const wanted of ['pass', 'temperror'] as const) {
    for (const each of identifiers) {
      const key = `${each.by} ${each.domain}`;
      if (each.result === wanted && !known.has(key)) known.set(key, each);
    }
  }
  return [...known.values()];
}

/**
 * A domain's Organizational Domain is the domain itself or one above it (dmarcbis-41 §3.2.14), so only names at or below
 * the author's can share it; where that is not known, names under the same top-level domain.
 */
function couldShare(
  domain: string,
  { orgDomain }: DmarcDiscovery,
  { authorDomain }: EvaluationInput,
): boolean {
  return isWithin(domain, orgDomain ?? authorDomain.slice(authorDomain.lastIndexOf('.') + 1));
}

async function alignment(
  { by, domain, result }: Identifier,
  organization: string | undefined,
  { authorDomain, lookupTxt, signal }: EvaluationInput,
): Promise<AlignedIdentifier | 'none' | 'temporary'> {
  if (result !== 'pass') return 'temporary';
  // dmarcbis-41 §3.2.10.2, §4.10.2: the same name is aligned in either mode and needs no walk.
  if (domain === authorDomain) return { by, domain, how: 'exact' };
  if (organization === undefined) return 'temporary';
  try {
    const own = await organizationalDomainOf(domain, lookupTxt, signal);
    return own === organization ? { by, domain, how: 'organization' } : 'none';
  } catch (error) {
    if (error instanceof TemporaryError) return 'temporary';
    throw error;
  }
}
