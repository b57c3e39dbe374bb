/** Who sent what a record of a report counts, as far as the record proves it. */
import type { ReportRecord } from './aggregate/model.ts';
import type { Sender } from './summary-types.ts';

type Identity = Pick<Sender, 'sender' | 'by' | 'verdict'>;

/**
 * `policyDomain` is where the record was found: mostly the organization's own domain (aggregate-reporting-32 §3.1.2), so names below it
 * are taken for ours without asking DNS.
 */
export function senderOf(record: ReportRecord, policyDomain: string): Identity {
  const { policyEvaluated, identifiers, authResults } = record;
  const isOurs = (domain: string): boolean =>
    isRelated(domain, identifiers.headerFrom) || isAtOrBelow(domain, policyDomain);
  const signed = authResults.dkim.filter(({ result }) => result === 'pass').map(({ domain }) => domain);
  const sent = authResults.spf.filter(({ result }) => result === 'pass').map(({ domain }) => domain);
  if (policyEvaluated.dkim === 'pass') {
    const domain = signed.find(isOurs) ?? signed[0] ?? identifiers.headerFrom;
    return { sender: domain, by: 'dkim', verdict: 'passes' };
  }
  if (policyEvaluated.spf === 'pass') {
    const domain = sent.find(isOurs) ?? sent[0] ?? identifiers.headerFrom;
    return { sender: domain, by: 'spf', verdict: 'passes' };
  }
  const brokenOnes = authResults.dkim.filter(({ result }) => result !== 'pass' && result !== 'none');
  const isBroken = brokenOnes.some(({ domain }) => isOurs(domain));
  const [by, sender] = firstOf(signed, sent);
  const claimed = provedAuthor(record);
  if (claimed !== undefined) return { sender: identifiers.headerFrom, by: claimed, verdict: 'inconsistent' };
  if (isBroken) return { sender, by, verdict: 'broken-signature' };
  return { sender, by, verdict: by === 'none' ? 'unauthenticated' : 'not-aligned' };
}

/**
 * By what a record that failed says that the very domain in From is proved. Such a pass is aligned, strict or not (dmarcbis-41 §4.4),
 * so the record contradicts itself; a HELO name counts for nothing.
 */
function provedAuthor({
  identifiers: { headerFrom },
  authResults: { dkim, spf },
}: ReportRecord): 'dkim' | 'spf' | undefined {
  const isAligned = ({ result, domain }: { readonly result: string; readonly domain: string }): boolean =>
    result === 'pass' && domain === headerFrom;
  if (dkim.some(isAligned)) return 'dkim';
  return spf.some((one) => one.scope !== 'helo' && isAligned(one)) ? 'spf' : undefined;
}

function firstOf(signed: readonly string[], sent: readonly string[]): [Sender['by'], string] {
  // Results without a domain prove nothing that could be named.
  const signer = signed.find((domain) => domain !== '');
  if (signer !== undefined) return ['dkim', signer];
  const host = sent.find((domain) => domain !== '');
  return host === undefined ? ['none', ''] : ['spf', host];
}

function isRelated(one: string, other: string): boolean {
  return isAtOrBelow(one, other) || (one.includes('.') && isAtOrBelow(other, one));
}

function isAtOrBelow(name: string, above: string): boolean {
  return name !== '' && (name === above || name.endsWith(`.${above}`));
}
