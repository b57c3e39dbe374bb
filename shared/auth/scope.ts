/** Whether an inbound message comes from inside the organization: only what authentication proves counts. */
import type { OrganizationPolicy } from '../policy/types.ts';
import type { Evidence } from './evidence-types.ts';
import type { AuthorDomain, SesEvidence } from './types.ts';

export interface SenderScope {
  readonly scope: 'inside' | 'outside';
  /** One of a few fixed sentences. */
  readonly why: string;
}

export interface SenderScopeInput {
  readonly evidence: SesEvidence;
  readonly author: AuthorDomain;
  readonly organization: OrganizationPolicy;
  /** What `gatherEvidence` found, where it was asked: a signature that was verified here is proof of its own. */
  readonly gathered?: Pick<Evidence, 'author' | 'dkim' | 'dmarc' | 'discovery' | 'gateway'> | undefined;
}

/**
 * `inside` when the author's domain is one of the organization's own, exactly, and that is proved: DMARC passed for it, or
 * the domain publishes no DMARC record and signed the message itself. The proof is a signature verified here, or SES's word
 * where its headers are known to be its own. Everything else is outside. Mail that the organization sends needs no such
 * proof; that is for the caller to know.
 */
export function senderScope(input: SenderScopeInput): SenderScope {
  const { author, organization } = input;
  if (author.kind !== 'one') return outside(author.why);
  if (!organization.domains.includes(author.domain)) return outside('the author is of another domain');
  return provedHere(input, author.domain) ?? provedBySes(input, author.domain);
}

function provedHere({ gathered }: SenderScopeInput, domain: string): SenderScope | undefined {
  if (gathered?.author.kind !== 'one' || gathered.author.domain !== domain) return undefined;
  const { dmarc, dkim, discovery } = gathered;
  if (dmarc.result === 'pass' && dmarc.proved && dmarc.source === 'own')
    return inside('an own domain, and its proof was verified here');
  const signed = dkim.some(
    (each) => each.result === 'pass' && each.domain === domain && !each.partialBody && !each.testing,
  );
  const unpublished = discovery !== undefined && discovery !== 'temporary' && discovery.record === undefined;
  if (dmarc.result === 'none' && unpublished && signed)
    return inside('an own domain without a DMARC record, and its signature was verified here');
  // Behind a gateway SES judged the gateway; and it knows neither `l=` nor `t=y`, which prove nothing.
  const weak =
    (dmarc.source === 'own' && dmarc.result === 'pass') ||
    dkim.some(
      (each) => each.result === 'pass' && each.domain === domain && (each.partialBody || each.testing),
    );
  return gathered.gateway !== undefined || weak ? outside('an own domain, and nothing proves it') : undefined;
}

function provedBySes({ evidence, organization }: SenderScopeInput, domain: string): SenderScope {
  // At the top of the message anyone can write what SES writes, if SES wrote nothing there.
  if (organization.trustSesHeaders !== 'always')
    return outside('the headers of SES are not proved (trustSesHeaders)');
  if (evidence.state !== 'present') return outside(evidence.why);
  const { dmarc, dkim } = evidence;
  if (dmarc.headerFromDomain !== domain) return outside('the dmarc result is not for the author');
  if (dmarc.result === 'pass') return inside('an own domain, and DMARC passed');
  const signed = dkim.some((each) => each.result === 'pass' && each.domain === domain);
  if (dmarc.result === 'none' && signed)
    return inside('an own domain without a DMARC record, and it signed the message');
  return outside('an own domain, and nothing proves it');
}

function inside(why: string): SenderScope {
  return { scope: 'inside', why };
}

function outside(why: string): SenderScope {
  return { scope: 'outside', why };
}
