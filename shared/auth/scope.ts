/** Whether an inbound message comes from inside the organization: only what authentication proves counts. */
import type { OrganizationPolicy } from '../policy/types.ts';
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
}

/**
 * `inside` when the author's domain is one of the organization's own, exactly, and SES says so: DMARC passed for it, or
 * the domain publishes no DMARC record and signed the message itself. Everything else is outside. Mail that the
 * organization sends needs no such proof; that is for the caller to know.
 */
export function senderScope({ evidence, author, organization }: SenderScopeInput): SenderScope {
  if (author.kind !== 'one') return outside(author.why);
  if (!organization.domains.includes(author.domain)) return outside('the author is of another domain');
  // At the top of the message anyone can write what SES writes, if SES wrote nothing there.
  if (organization.trustSesHeaders !== 'always')
    return outside('the headers of SES are not proved (trustSesHeaders)');
  if (evidence.state !== 'present') return outside(evidence.why);
  const { dmarc, dkim } = evidence;
  if (dmarc.headerFromDomain !== author.domain) return outside('the dmarc result is not for the author');
  if (dmarc.result === 'pass') return { scope: 'inside', why: 'an own domain, and DMARC passed' };
  const signed = dkim.some(({ result, domain }) => result === 'pass' && domain === author.domain);
  if (dmarc.result === 'none' && signed)
    return { scope: 'inside', why: 'an own domain without a DMARC record, and it signed the message' };
  return outside('an own domain, and nothing proves it');
}

function outside(why: string): SenderScope {
  return { scope: 'outside', why };
}
