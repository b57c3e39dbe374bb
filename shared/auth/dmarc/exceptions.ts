/**
 * Mail that fails DMARC and is wanted all the same: forwarders and lists that break what they pass on. An exception
 * names authors and, because anybody can write a From, who must have signed or sent the message.
 */
import { matchesPattern } from '../../policy/pattern.ts';
import type { DmarcException } from '../../policy/types.ts';
import type { SesEvidence } from '../types.ts';

type Present = Extract<SesEvidence, { state: 'present' }>;

/** The first exception for this author that the evidence bears out. The domains are compared whole, not by suffix. */
export function findException(
  exceptions: readonly DmarcException[],
  address: string,
  evidence: Present,
): DmarcException | undefined {
  const signers = new Set(
    evidence.dkim.filter(({ result }) => result === 'pass').map(({ domain }) => domain),
  );
  const sender = evidence.spf?.result === 'pass' ? evidence.spf.envelopeFromDomain : undefined;
  return exceptions.find(
    ({ from, authenticatedBy: { dkim, spf } }) =>
      from.some((pattern) => matchesPattern(pattern, address)) &&
      (dkim.some((domain) => signers.has(domain)) || (sender !== undefined && spf.includes(sender))),
  );
}
