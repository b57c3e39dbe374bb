/**
 * Header fields of a message as a failure report may show them: those that tell the way and the signatures, without the local part of
 * any address (RFC 6590; failure-reporting-24 §7.1). Names, subjects, recipients and the body are in none of them.
 */
import { headerFields } from '../../mime/header.ts';
import { rawHeaderText } from '../../mime/header-text.ts';
import { newField } from '../../mime/new-field.ts';
import type { Message } from '../../mime/types.ts';
/** The redacted header; the fields of a forged message can be megabytes. */
export const MAX_HEADER_CHARS = 16 * 1024;

/** How many of each are shown, from the top: the way behind the last hops is the sender's own affair. */
const SHOWN: ReadonlyMap<string, number> = new Map([
  ['Return-Path', 1],
  ['Received', 3],
  ['Received-SPF', 1],
  ['Authentication-Results', 3],
  ['DKIM-Signature', 5],
  ['ARC-Seal', 3],
  ['ARC-Message-Signature', 3],
  ['ARC-Authentication-Results', 3],
  ['List-Id', 1],
  ['Date', 1],
  ['Message-ID', 1],
]);
/** Against one field of megabytes. */
const MAX_FIELD_CHARS = 2_000;
/** The longest of `PROPERTY`. */
const MAX_PROPERTY_CHARS = 40;
const REDACTED = 'redacted';
/** Between these no local part goes on (RFC 5322 §3.2.3, §3.4.1). "=" is not one: lists write `bounces+alice=example.com@list.example`. */
const ENDS_LOCAL_PART = new Set([...' \t\r\n<>()[],;:@']);
/** What may stand before an address with "=": properties (RFC 8601 §2.2), those of Received-SPF (RFC 7208 §9.1), `i` of DKIM. */
const PROPERTY = /^(?:i|identity|mailfrom|envelope-from|helo|(?:smtp|header|policy|body)\.[A-Za-z-]{1,30})=/i;

/** The fields, each ended by CRLF. `author` is the domain of From. */
export function redactedHeader(message: Message, author: string): string {
  const fields = [`From: <${REDACTED}@${author}>\r\n`];
  let room = MAX_HEADER_CHARS - (fields[0]?.length ?? 0);
  for (const [name, most] of SHOWN) {
    for (const field of headerFields(message.root.header, name).slice(0, most)) {
      const text = rawHeaderText(message, field).slice(0, MAX_FIELD_CHARS);
      const shown = newField(name, printable(withoutLocalParts(text)), '\r\n')?.toString('latin1');
      if (shown === undefined || shown.length > room) continue;
      room -= shown.length;
      fields.push(shown);
    }
  }
  return fields.join('');
}

/** `a@example.com` becomes `redacted@example.com`, quoted local parts too; each character is looked at twice at most. */
export function withoutLocalParts(text: string): string {
  let written = '';
  let from = 0;
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const start = localPartStart(text, from, at);
    written += start === at ? text.slice(from, at) : `${text.slice(from, start)}${REDACTED}`;
    from = at;
  }
  return written + text.slice(from);
}

function localPartStart(text: string, from: number, at: number): number {
  if (text[at - 1] === '"') {
    let open = text.lastIndexOf('"', at - 2);
    // RFC 5322 §3.2.4: within quotes a quote stands behind a backslash.
    while (open > from && text[open - 1] === '\\') open = text.lastIndexOf('"', open - 1);
    return Math.max(open, from);
  }
  let start = at;
  while (start > from && !ENDS_LOCAL_PART.has(text.charAt(start - 1))) start -= 1;
  const property = PROPERTY.exec(text.slice(start, Math.min(at, start + MAX_PROPERTY_CHARS)));
  return start + (property?.[0].length ?? 0);
}

/** ASCII that can be seen: a field is for people and old programs. */
function printable(text: string): string {
  return text.replaceAll(/[\t\r\n ]+/g, ' ').replaceAll(/[^\x20-\x7e]/g, '?');
}
