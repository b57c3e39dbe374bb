/**
 * The DNS Tree Walk (dmarcbis-41 §4.10): asks for a DMARC record at a domain and then at each of its parents, and from
 * what is found tells where the organization ends. It replaces the public suffix list of RFC 7489. At most eight
 * names are asked however long the domain is.
 */
import type { LookupTxt } from '../types.ts';
import { type DmarcRecord, isDmarcRecord, parseDmarcRecord } from './record.ts';

/** A name where a record was found. */
export interface WalkStep {
  readonly domain: string;
  readonly record: DmarcRecord;
}

/** dmarcbis-41 §4.10 step 4: of a domain with eight labels or more the parents with seven and fewer are asked. */
const LABELS_AFTER_JUMP = 7;
const PREFIX = '_dmarc.';
/** RFC 1035 §2.3.4: a longer name cannot be in the DNS, so nobody is asked for it. */
const MAX_NAME_CHARS = 253;

/** The names to ask, in order: at most eight. `domain` is in A-labels without a trailing dot. */
export function walkNames(domain: string): string[] {
  const labels = domain.split('.');
  const firstParent = Math.max(1, labels.length - LABELS_AFTER_JUMP);
  return [
    domain,
    ...labels.slice(firstParent).map((_, index) => labels.slice(firstParent + index).join('.')),
  ];
}

/** The one record at `_dmarc.DOMAIN`. Throws what `lookupTxt` throws: TemporaryError. */
export async function recordAt(
  domain: string,
  lookupTxt: LookupTxt,
  signal: AbortSignal,
): Promise<DmarcRecord | undefined> {
  if (PREFIX.length + domain.length > MAX_NAME_CHARS) return undefined;
  const answer = await lookupTxt(`${PREFIX}${domain}`, signal);
  if (answer.kind !== 'records') return undefined;
  const records = answer.records.filter(isDmarcRecord);
  // dmarcbis-41 §4.10 steps 2 and 6: several records at one name are all discarded.
  const parsed = records.length === 1 && records[0] !== undefined ? parseDmarcRecord(records[0]) : undefined;
  return parsed?.ok === true ? parsed.record : undefined;
}

/**
 * The Organizational Domain by the records that a whole walk from `domain` found, longest name first
 * (dmarcbis-41 §4.10.2).
 */
export function organizationalDomain(domain: string, found: readonly WalkStep[]): string {
  for (const step of found) {
    if (step.record.psd === 'n') return step.domain;
    // A record that says psd=y where the walk started is the domain's own: mail from a public suffix itself.
    if (step.record.psd === 'y' && step.domain !== domain) {
      const labels = step.domain.split('.').length + 1;
      return domain.split('.').slice(-labels).join('.');
    }
  }
  // The record with the fewest labels; without any, the domain is its own organization.
  return found.at(-1)?.domain ?? domain;
}

/** dmarcbis-41 §4.10 steps 2 and 6: `psd=y` and `psd=n` end the walk. */
export function endsWalk(record: DmarcRecord): boolean {
  return record.psd !== 'u';
}
