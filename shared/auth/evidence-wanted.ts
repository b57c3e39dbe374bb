/** Which domains' signatures and seals a policy asks about, so that DNS is asked for those and not for every name in a message. */
import type { DmarcPolicy } from '../policy/types-dmarc.ts';

export interface EvidenceWanted {
  /** Domains whose DKIM signatures the policy names, lower-case A-labels. */
  readonly signers: ReadonlySet<string>;
  /** Whether the policy believes anybody's ARC seal. */
  readonly seals: boolean;
  /** Whether the chain is wanted of every message, because what is changed is sealed (RFC 8617 §5.1). */
  readonly chain: boolean;
}

/** Without a policy, what DMARC itself needs. */
export function evidenceWanted(policy: DmarcPolicy | undefined): EvidenceWanted {
  if (policy === undefined) return { signers: new Set(), seals: false, chain: false };
  const named = [...policy.exceptions, ...(policy.ownDomains?.allowedSenders ?? [])].map(
    ({ authenticatedBy }) => authenticatedBy,
  );
  return {
    signers: new Set([...named.flatMap(({ dkim }) => dkim), ...policy.mailingLists.domains]),
    seals: policy.trustedSealers.length > 0 || named.some(({ arc }) => arc.length > 0),
    chain: policy.seal !== undefined,
  };
}

/**
 * Which signature is verified first where there are too many: the lower, the sooner. The author's own and those that share
 * most of its name may be aligned (dmarcbis-41 §4.4); then those that the policy names; what a sender piles up comes last.
 */
export function signatureRank(domain: string, author: string | undefined, wanted: EvidenceWanted): number {
  const common = author === undefined ? 0 : commonLabels(domain, author);
  if (domain === author) return 0;
  // One label in common is a top-level domain.
  if (common > 1) return MAX_LABELS - common + 1;
  return wanted.signers.has(domain) ? MAX_LABELS + 1 : MAX_LABELS + 2;
}

/** RFC 1035 §2.3.4: 253 characters hold no more. */
const MAX_LABELS = 127;

function commonLabels(one: string, other: string): number {
  const labels = one.split('.').reverse();
  const others = other.split('.').reverse();
  const differs = labels.findIndex((label, index) => label !== others[index]);
  return differs < 0 ? labels.length : differs;
}
