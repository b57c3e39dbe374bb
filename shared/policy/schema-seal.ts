/** The section `dmarc.seal`: in whose name inbound mail that Mailroom changes is sealed (RFC 8617). */
import { record, required } from './collections.ts';
import { domain } from './names.ts';
import { type Checked, type Shape, text } from './shape.ts';
import type { SealPolicy } from './types.ts';

/** RFC 6376 §3.1: sub-domains of `_domainkey`, each a label (RFC 5321 §4.1.2). */
function selector(value: string): Checked {
  const labels = value.toLowerCase().split('.');
  const sound = labels.every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label));
  return sound ? { value: labels.join('.') } : { why: 'not a selector, such as arc2026' };
}

/** The keys of `dmarc.seal`. */
export const seal: Shape<SealPolicy> = record('the keys "domain" and "selector"', {
  domain: required(text('a domain', { maxLength: 255 }, domain), {
    description: 'The domain that seals (d=), one of yours.',
    alsoKnownAs: ['d'],
  }),
  selector: required(text('a selector', { maxLength: 200 }, selector), {
    description: 'Where the public key is: SELECTOR._domainkey.DOMAIN (s=).',
    alsoKnownAs: ['s'],
  }),
});
