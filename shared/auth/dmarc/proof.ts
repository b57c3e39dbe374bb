/**
 * What the evidence proves beside DMARC. Only what the sender cannot have written counts: signatures and seals that were
 * verified here, and SES's words where they are proved.
 */
import type { AuthenticatedBy, OrganizationPolicy } from '../../policy/types.ts';
import { asciiDomain, isWithin } from '../domain.ts';
import type { ArcEvidence, ArcSetEvidence, DkimEvidence, Evidence } from '../evidence-types.ts';

/** Whether mail from `domain` shows the organization's name: an own domain, or one below it. */
export function isOwnDomain(domain: string, { domains }: OrganizationPolicy): boolean {
  return domains.some((own) => isWithin(domain, own));
}

/**
 * Whether a signature says who sent the whole message. With `l=` anybody can add to the body (RFC 6376 §8.2), and a key
 * in testing proves nothing (§3.6.1, t=y).
 */
function isProof({ result, partialBody, testing }: DkimEvidence): boolean {
  return result === 'pass' && !partialBody && !testing;
}

/** The domains whose signatures prove something, each once. */
export function provedSigners(
  { dkim, ses }: Evidence,
  organization: OrganizationPolicy,
): ReadonlySet<string> {
  const signers = new Set<string>();
  for (const signature of dkim)
    if (isProof(signature) && signature.domain !== undefined) signers.add(signature.domain);
  if (organization.trustSesHeaders !== 'always' || ses.state !== 'present') return signers;
  // A domain that was verified here is not taken from SES: it knows neither `l=` nor `t=y`.
  const seenHere = new Set(dkim.map(({ domain }) => domain));
  for (const { result, domain } of ses.dkim)
    if (result === 'pass' && domain !== undefined && !seenHere.has(domain)) signers.add(domain);
  return signers;
}

/** The envelope sender's domain, where SPF passes and the result is proved. */
export function provedEnvelopeDomain({ spf }: Evidence): string | undefined {
  return spf?.result === 'pass' && spf.proved ? spf.domain : undefined;
}

/** What speaks for a message, in the words of `authenticatedBy`; undefined where nothing of it is proved. */
export function provedBy(
  { dkim, spf, arc, gateway }: AuthenticatedBy,
  evidence: Evidence,
  organization: OrganizationPolicy,
): keyof AuthenticatedBy | undefined {
  const signers = provedSigners(evidence, organization);
  if (dkim.some((domain) => signers.has(domain))) return 'dkim';
  const envelope = provedEnvelopeDomain(evidence);
  if (envelope !== undefined && spf.includes(envelope)) return 'spf';
  const { author } = evidence;
  if (author.kind === 'one' && sealerVouches(evidence.arc, arc, author.domain)) return 'arc';
  return evidence.gateway !== undefined && gateway.includes(evidence.gateway) ? 'gateway' : undefined;
}

/**
 * Whether one of `sealers` was the last to seal a chain that passes and covers the message, and saw DMARC pass for
 * `domain`. An earlier seal's word counts only where every sealer is trusted: any of them could have made up what was there
 * before.
 */
export function sealerVouches(
  arc: ArcEvidence | undefined,
  sealers: readonly string[],
  domain: string,
): boolean {
  if (arc?.result !== 'pass' || arc.open !== undefined) return false;
  const last = arc.sets.at(-1);
  if (last === undefined || !sealers.includes(last.sealer)) return false;
  if (sawPass(last, domain)) return true;
  return (
    arc.sets.every(({ sealer }) => sealers.includes(sealer)) && arc.sets.some((set) => sawPass(set, domain))
  );
}

/** Exactly one DMARC result, and it is a pass for this domain: of several, nobody knows which the sealer meant. */
function sawPass({ results }: ArcSetEvidence, domain: string): boolean {
  const dmarc = results?.results.filter(({ method }) => method === 'dmarc') ?? [];
  const [only] = dmarc;
  if (only === undefined || dmarc.length > 1 || only.result !== 'pass') return false;
  const from = only.properties.filter(({ type, name }) => type === 'header' && name === 'from');
  return from.length === 1 && from[0] !== undefined && asciiDomain(from[0].value) === domain;
}

/**
 * Whether a message is of `domain` although DMARC does not say so, because there is no record: something that is
 * aligned, or a signature or sender of the domain, one above it or one below it.
 */
export function isOfDomain(evidence: Evidence, domain: string, organization: OrganizationPolicy): boolean {
  const related = (other: string): boolean => isWithin(other, domain) || isWithin(domain, other);
  const envelope = provedEnvelopeDomain(evidence);
  return (
    [...provedSigners(evidence, organization)].some(related) || (envelope !== undefined && related(envelope))
  );
}
