/**
 * Mail that does not pass DMARC and is wanted all the same: forwarders and lists that break what they pass on. An
 * exception names authors and, because anybody can write a From, what must be proved about who sent the message.
 */
import { matchesPattern } from '../../policy/pattern.ts';
import type { AuthenticatedBy, DmarcException, DmarcPolicy, OrganizationPolicy } from '../../policy/types.ts';
import type { Evidence } from '../evidence-types.ts';
import { isOwnDomain, provedBy } from './proof.ts';

/** An exception for this author that the evidence bears out, and by what. */
export interface BorneOut {
  readonly exception: DmarcException;
  readonly by: keyof AuthenticatedBy;
  readonly expired: boolean;
}

/** The exceptions that hold for the message but for the recipient, in the order of the file, those that have expired too. */
export function exceptionsFor(
  { exceptions }: DmarcPolicy,
  evidence: Evidence,
  organization: OrganizationPolicy,
  nowMs: number,
): readonly BorneOut[] {
  const { author } = evidence;
  if (author.kind !== 'one') return [];
  const own = isOwnDomain(author.domain, organization);
  const found: BorneOut[] = [];
  for (const exception of exceptions) {
    if (!names(exception, author.address, own)) continue;
    const by = provedBy(exception.authenticatedBy, evidence, organization);
    if (by === undefined) continue;
    found.push({ exception, by, expired: exception.expires !== undefined && nowMs >= exception.expires });
  }
  return found;
}

/** Whoever writes `*` does not think of mail in the own name: that must be named. */
function names({ from }: DmarcException, address: string, own: boolean): boolean {
  return from.some((pattern) => !(own && pattern === '*') && matchesPattern(pattern, address));
}
