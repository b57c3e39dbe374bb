/** What a mailing list writes into a message (RFC 2919, RFC 2369 §3.4), and whether the list itself vouches for it. */
import { headerFields } from '../mime/header.ts';
import type { Message } from '../mime/types.ts';
import { asciiDomain, isWithin } from './domain.ts';
import type { DkimEvidence, ListEvidence } from './evidence-types.ts';
import { fieldText } from './ses-client.ts';

/** RFC 2919 §3: a phrase, then `<LABEL.NAMESPACE>`; the namespace is a domain. */
const LIST_ID = /<([^<>\s@]+)>$/;
/** RFC 2369 §3.4: `<mailto:ADDRESS>`, perhaps with a query. */
const LIST_POST = /^<mailto:[^<>\s@]+@([^<>\s@?]+)(?:\?[^<>]*)?>/i;

/** Undefined for mail without such a field. A field that comes twice names no domain. */
export function readListMarks(message: Message, dkim: readonly DkimEvidence[]): ListEvidence | undefined {
  const marks = [
    { name: 'list-id', pattern: LIST_ID },
    { name: 'list-post', pattern: LIST_POST },
  ].map(({ name, pattern }) => ({ name, ...domainIn(message, name, pattern) }));
  if (marks.every(({ present }) => !present)) return undefined;
  const { name, domain } = marks.find((mark) => mark.domain !== undefined) ?? { name: '', domain: undefined };
  // A signature that leaves the field open says nothing about the list: anybody can add the field to signed mail. One that
  // leaves the body open says nothing about what the list sent.
  const signed = dkim.some(
    ({ result, domain: signer, signedFields, partialBody, testing }) =>
      result === 'pass' &&
      !partialBody &&
      !testing &&
      signer !== undefined &&
      domain !== undefined &&
      isWithin(domain, signer) &&
      signedFields.includes(name),
  );
  return { domain, signed };
}

function domainIn(
  message: Message,
  name: string,
  pattern: RegExp,
): { readonly present: boolean; readonly domain: string | undefined } {
  const [field, ...more] = headerFields(message.root.header, name);
  if (field === undefined) return { present: false, domain: undefined };
  const host = more.length === 0 ? pattern.exec(fieldText(message, field))?.[1] : undefined;
  return { present: true, domain: host === undefined ? undefined : asciiDomain(host) };
}
