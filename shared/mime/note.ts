/** Parts of our own: a text/plain or text/html leaf in quoted-printable, header and body. */
import { encodeQuotedPrintable } from './encode.ts';
import type { LineEnd } from './line-ends.ts';

/** The part's header fields, the empty line and the body, which ends with a line end. `extra`: whole fields of one line. */
export function textPart(
  mediaType: 'text/plain' | 'text/html',
  text: string,
  eol: LineEnd,
  extra: readonly string[] = [],
): Buffer {
  const lines = [
    `Content-Type: ${mediaType}; charset=utf-8`,
    'Content-Transfer-Encoding: quoted-printable',
    ...extra,
    '',
    '',
  ];
  return Buffer.concat([Buffer.from(lines.join(eol), 'latin1'), textBody(text, eol)]);
}

/** The text in quoted-printable with a line end after its last line. No line of it can be a delimiter. */
export function textBody(text: string, eol: LineEnd): Buffer {
  const lines = text
    .toWellFormed()
    .trimEnd()
    .split(/\r\n|\r|\n/);
  return encodeQuotedPrintable(Buffer.from(`${lines.join(eol)}${eol}`, 'utf8'), eol);
}
