/** Quoted-printable and base64 as we write them (RFC 2045 §6.7, §6.8): only for text of ours and bodies that must change. */
import { bufferOver } from './header.ts';
import type { LineEnd } from './line-ends.ts';

/** RFC 2045 §6.7 (5) and §6.8. */
const MAX_ENCODED_LINE = 76;
/** Nothing to encode: printable ASCII but "=", not blank at the end. */
const PLAIN_LINE = /^[\t -<>-~]*$/;

/**
 * The octets in quoted-printable. Where `eol` stands in them a line ends; any other CR or LF is escaped. `guard`: a
 * line that begins with two dashes has the first escaped, so that it is no delimiter of anything.
 */
export function encodeQuotedPrintable(bytes: Uint8Array, eol: LineEnd, guard: boolean): Buffer {
  const lines = bufferOver(bytes).toString('latin1').split(eol);
  return Buffer.from(lines.map((line) => encodeLine(line, eol, guard)).join(eol), 'latin1');
}

function encodeLine(line: string, eol: LineEnd, guard: boolean): string {
  const dashes = guard && line.startsWith('--');
  const blankAtEnd = line.endsWith(' ') || line.endsWith('\t');
  if (!dashes && !blankAtEnd && line.length <= MAX_ENCODED_LINE && PLAIN_LINE.test(line)) return line;
  const out: string[] = [];
  let column = 0;
  for (let at = 0; at < line.length; at++) {
    const last = at === line.length - 1;
    const atStart = column === 0 && line.startsWith('--', at) && (at > 0 || guard);
    let token = encodeOctet(line.charCodeAt(at), last || atStart);
    if (column + token.length > MAX_ENCODED_LINE - (last ? 0 : 1)) {
      out.push('=', eol);
      column = 0;
      // A line that a soft break makes must be no delimiter either.
      if (line.startsWith('--', at)) token = '=2D';
    }
    out.push(token);
    column += token.length;
  }
  return out.join('');
}

/** `strict`: blanks and dashes are escaped too. */
function encodeOctet(octet: number, strict: boolean): string {
  const blank = octet === 0x20 || octet === 0x09;
  const printable = octet >= 0x21 && octet <= 0x7e && octet !== 0x3d;
  if ((printable && !(strict && octet === 0x2d)) || (blank && !strict)) return String.fromCharCode(octet);
  return `=${octet.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** The octets in base64, in lines of 76 characters joined by `eol`, none after the last. */
export function encodeBase64(bytes: Uint8Array, eol: LineEnd): Buffer {
  const text = bufferOver(bytes).toString('base64');
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += MAX_ENCODED_LINE)
    lines.push(text.slice(at, at + MAX_ENCODED_LINE));
  return Buffer.from(lines.join(eol), 'latin1');
}
