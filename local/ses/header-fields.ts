/** One header field as bytes, folding and line end included (RFC 5322 §2.2). */
export interface FieldSpan {
  /** Lower case; empty for a line that is no field. */
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

export interface HeaderSpan {
  readonly fields: readonly FieldSpan[];
  /** Where the empty line starts, or the end of a message without one. */
  readonly end: number;
}

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
/** No field that is looked for has a longer name: what is longer is not worth a string. */
const MAX_NAME_BYTES = 100;

/**
 * Finds the header fields of a message; line ends may be CRLF or LF. A folded line belongs to the field above it, also
 * when that is no field. Takes time in proportion to the header.
 */
export function scanHeader(bytes: Uint8Array): HeaderSpan {
  const fields: FieldSpan[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes[at] === LF || (bytes[at] === CR && bytes[at + 1] === LF)) break;
    const start = at;
    do at = lineEnd(bytes, at);
    while (bytes[at] === 0x20 || bytes[at] === 0x09);
    fields.push({ name: fieldName(bytes, start, at), start, end: at });
  }
  return { fields, end: at };
}

/** The index after the next line feed, or the end. */
function lineEnd(bytes: Uint8Array, from: number): number {
  const feed = bytes.indexOf(LF, from);
  return feed < 0 ? bytes.length : feed + 1;
}

/** RFC 5322 §4.5: white space may stand between name and colon. */
function fieldName(bytes: Uint8Array, start: number, end: number): string {
  const limit = Math.min(end, start + MAX_NAME_BYTES);
  let colon = start;
  while (colon < limit && bytes[colon] !== COLON) colon += 1;
  if (colon === limit) return '';
  const name = Buffer.from(bytes.subarray(start, colon)).toString('latin1').trimEnd().toLowerCase();
  return /^[!-~]+$/.test(name) ? name : '';
}

/** What follows the colon, unfolded: line ends taken out, outer blanks too. Octets above 127 as latin1. */
export function fieldText(bytes: Uint8Array, field: FieldSpan): string {
  const text = Buffer.from(bytes.subarray(field.start, field.end)).toString('latin1');
  return text
    .slice(text.indexOf(':') + 1)
    .replace(/[\r\n]+/g, '')
    .trim();
}
