/**
 * The Author Domain (dmarcbis-41 §3.2.2, §5.3.1): the domain of the one mailbox in the one From field.
 *
 * DMARC has nothing to say about a message with no author domain or several, so an attacker writes a From that the
 * verifier gives up on or reads differently from the person who sees it (dmarcbis-41 §11.5). This reader therefore
 * takes only what every reader takes for the same: anything else is `none`, `several` or `unreadable`, never a guess.
 */
import { type AddressDefect, type Mailbox, parseAddressList } from '../mime/address.ts';
import type { Message, Span } from '../mime/types.ts';
import { asciiDomain, domainsNamedIn } from './domain.ts';
import { type FromField, findFromFields } from './from-fields.ts';
import { decodeHeaderBytes, hasControl, unfold } from './text.ts';
import type { AuthorDomain } from './types.ts';

/** Against a From field that is a book; the longest real ones stay far below. */
export const MAX_FROM_BYTES = 16_384;
/** Against a DNS walk for each of thousands of authors (dmarcbis-41 §11.5). */
export const MAX_AUTHOR_DOMAINS = 4;

/** RFC 5322 §3.2.4; within one every program reads brackets as text. Quotes that do not end were turned away before. */
const QUOTED = /"(?:[^"\\]|\\.)*"/g;

/** Defects that leave no doubt about the author: list elements without an address around the one that has one. */
const HARMLESS: ReadonlySet<AddressDefect> = new Set(['no-address', 'address-in-name']);

const WHY: Readonly<Record<AddressDefect, string>> = {
  'too-long': 'the From field is too long',
  'too-many': 'the From field is too long',
  'control-character': 'a control character in From',
  'unbalanced-quote': 'a quote in From that does not end',
  'unbalanced-comment': 'a comment in From that does not end',
  'unbalanced-angle': 'angle brackets in From that do not match',
  'unclosed-group': 'a group in From that does not end',
  'backslash-outside-quotes': 'a backslash outside quotes in From',
  'no-address': 'From holds no address',
  'bad-address': 'From holds an address that is none',
  'address-in-name': 'an address stands before the angle brackets in From',
  'text-around-address': 'text beside the address in From',
  'comment-in-address': 'a comment within the address in From',
  'space-in-address': 'white space within the address in From',
  'encoded-word-in-address': 'an encoded word within the address in From',
  route: 'a source route in From',
};

/** Reads the raw bytes of the root header. Never throws. `why` is one of a few fixed sentences. */
export function authorDomain(message: Message): AuthorDomain {
  const fields = findFromFields(message.bytes, message.root.header.start);
  if (fields === undefined) return { kind: 'unreadable', why: 'the header is too long to be sure of From' };
  const first = fields[0];
  if (first === undefined) return { kind: 'none', why: 'no From field' };
  if (fields.length > 1) {
    return { kind: 'several', why: 'more than one From field', domains: domainsOf(message.bytes, fields) };
  }
  if (first.odd) {
    const domains = domainsOf(message.bytes, fields);
    return { kind: 'unreadable', why: 'From is not written as a field', domains };
  }
  return readFrom(message.bytes, first.value);
}

function domainsOf(bytes: Uint8Array, fields: readonly FromField[]): string[] {
  const domains = new Set<string>();
  for (const { value } of fields) {
    for (const domain of domainsNamedIn(fieldText(bytes, value).text, MAX_AUTHOR_DOMAINS))
      domains.add(domain);
  }
  return [...domains].slice(0, MAX_AUTHOR_DOMAINS);
}

function fieldText(bytes: Uint8Array, value: Span): { text: string; utf8: boolean } {
  const end = Math.min(value.end, value.start + MAX_FROM_BYTES);
  const { text, utf8 } = decodeHeaderBytes(bytes.subarray(value.start, end));
  return { text: unfold(text), utf8 };
}

function readFrom(bytes: Uint8Array, value: Span): AuthorDomain {
  const { text, utf8 } = fieldText(bytes, value);
  const domains = domainsNamedIn(text, MAX_AUTHOR_DOMAINS);
  if (value.end - value.start > MAX_FROM_BYTES) return { kind: 'unreadable', why: WHY['too-long'], domains };
  if (hasControl(text)) return { kind: 'unreadable', why: WHY['control-character'], domains };
  const { mailboxes, defects } = parseAddressList(text);
  if (mailboxes.length > 1) return { kind: 'several', why: 'more than one address in From', domains };
  const defect = defects.find((each) => !HARMLESS.has(each));
  if (defect !== undefined) return { kind: 'unreadable', why: WHY[defect], domains };
  const mailbox = mailboxes[0];
  if (mailbox === undefined) return withoutMailbox(text, domains);
  // Decoded before it is cut into addresses, as some mail programs do, an encoded word can hold an author of its own.
  if (defects.includes('no-address') && text.includes('=?'))
    return { kind: 'unreadable', why: WHY['text-around-address'], domains };
  return readDomain(mailbox, defects, { text, utf8, domains });
}

function readDomain(
  mailbox: Mailbox,
  defects: readonly AddressDefect[],
  {
    text,
    utf8,
    domains,
  }: { readonly text: string; readonly utf8: boolean; readonly domains: readonly string[] },
): AuthorDomain {
  const domain = asciiDomain(mailbox.domain);
  const converted = domain !== undefined && domain !== mailbox.domain;
  if (domain === undefined || (converted && !utf8))
    return { kind: 'unreadable', why: 'the domain in From is no domain name', domains };
  if (defects.includes('address-in-name') && domains.some((named) => named !== domain))
    return { kind: 'several', why: WHY['address-in-name'], domains };
  const moreAts = text.indexOf('@') !== text.lastIndexOf('@');
  // `"ann@two.example", <eve@one.example>`: some mail programs take the quoted words, or a comment, for an address of its own.
  if (moreAts && defects.includes('no-address'))
    return { kind: 'several', why: WHY['text-around-address'], domains };
  // No phrase has a bracket (RFC 5322 §3.2.5): behind one, some programs see neither where a comment nor where the address begins.
  if (moreAts && /[[\]]/.test(text.replaceAll(QUOTED, '')))
    return { kind: 'unreadable', why: WHY['text-around-address'], domains };
  const local = mailbox.address.slice(0, mailbox.address.lastIndexOf('@'));
  return { kind: 'one', domain, address: `${local}@${domain}` };
}

/** `From: amazonses.com`, as WorkMail writes it in its bounces, names a domain without an address. */
function withoutMailbox(text: string, domains: readonly string[]): AuthorDomain {
  const bare = asciiDomain(text.trim());
  if (bare?.includes('.') === true)
    return { kind: 'none', why: 'From names a domain and no address', domains: [bare] };
  return { kind: 'none', why: WHY['no-address'], domains };
}
