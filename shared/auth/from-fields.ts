/**
 * Finds everything in a header that some mail program would show as the From field.
 *
 * RFC 5322 §3.6.2 allows one, written `From:` at the start of a line. Receivers and mail programs disagree about a
 * second one, about `From :`, about a name that is folded or starts with a blank, about control characters before the
 * colon and about a bare CR as a line end; spoofed mail shows one author to the verifier and another to the reader.
 * So this looks at the raw bytes, with the eyes of the most generous reader.
 */
import type { Span } from '../mime/types.ts';

export interface FromField {
  /** Behind the colon, up to the end of the last folded line. */
  readonly value: Span;
  /** Not written as plain `From:` at the start of a line. */
  readonly odd: boolean;
}

/** Against scanning megabytes of header. A field beyond it would go unseen, so a longer header is not read at all. */
export const MAX_HEADER_BYTES = 1_048_576;

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;
const AT = 0x40;
const NAME = [0x66, 0x72, 0x6f, 0x6d];
/** `x-ses-`: SES folds none of its own fields so that a line of it could look like a From with an address. */
const SES_PREFIX = [0x78, 0x2d, 0x73, 0x65, 0x73, 0x2d];

/** Against a header that is nothing but From lines; two are already too many. */
const MAX_FOUND = 8;

/**
 * In order of appearance, a few at most; undefined when the header that begins at `from` is too long. It ends with the
 * first empty line and nowhere before: a reader that ends it at the first line which is no field sees less.
 */
export function findFromFields(bytes: Uint8Array, from: number): FromField[] | undefined {
  const end = headerEnd(bytes, from);
  return end === undefined ? undefined : scan(bytes, { start: from, end });
}

function headerEnd(bytes: Uint8Array, from: number): number | undefined {
  const limit = Math.min(bytes.length, from + MAX_HEADER_BYTES);
  for (let lf = bytes.indexOf(LF, from); lf >= 0 && lf < limit; lf = bytes.indexOf(LF, lf + 1)) {
    if (bytes[lf + 1] === LF || (bytes[lf + 1] === CR && bytes[lf + 2] === LF)) return lf + 1;
  }
  return limit === bytes.length ? limit : undefined;
}

function scan(bytes: Uint8Array, header: Span): FromField[] {
  const found: FromField[] = [];
  let afterBareCr = false;
  let inSesField = false;
  let start = header.start;
  while (start < header.end && found.length < MAX_FOUND) {
    const end = lineEnd(bytes, start, header.end);
    const blank = isBlank(bytes[start]);
    if (!blank && !afterBareCr) inSesField = startsWith(bytes, start, SES_PREFIX);
    const colon = matchName(bytes, start, header.end);
    if (colon !== undefined) {
      // A line that begins with a blank belongs to the field above it, unless there is none, or not by right.
      const folded = blank && start !== header.start && !afterBareCr;
      const valueEnd = folded ? lineEnd(bytes, colon, header.end) : fieldEnd(bytes, colon, header.end);
      const value = { start: colon + 1, end: valueEnd };
      if (!folded || (inSesField && bytes.subarray(value.start, value.end).includes(AT)))
        found.push({ value, odd: afterBareCr || colon !== start + NAME.length });
    }
    afterBareCr = bytes[end - 1] === CR;
    start = end;
  }
  return found;
}

/** Behind the line end (CRLF, LF or a bare CR) of the line at `start`. */
function lineEnd(bytes: Uint8Array, start: number, limit: number): number {
  for (let at = start; at < limit; at += 1) {
    if (bytes[at] === LF) return at + 1;
    if (bytes[at] === CR) return bytes[at + 1] === LF && at + 1 < limit ? at + 2 : at + 1;
  }
  return limit;
}

/** Behind the field that `start` is in, without its last line end: before the next LF that no blank follows. */
function fieldEnd(bytes: Uint8Array, start: number, limit: number): number {
  let at = start;
  for (;;) {
    const lf = bytes.indexOf(LF, at);
    if (lf < 0 || lf >= limit) return limit;
    if (!isBlank(bytes[lf + 1]) || lf + 1 >= limit) return lf > start && bytes[lf - 1] === CR ? lf - 1 : lf;
    at = lf + 1;
  }
}

/**
 * The place of the colon when the line at `start` names From, whatever stands between its letters: blanks, control
 * characters, 8-bit bytes, and a line end before the colon (a folded name).
 */
function matchName(bytes: Uint8Array, start: number, limit: number): number | undefined {
  let matched = 0;
  let lineBroken = false;
  for (let at = start; at < limit; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === LF || byte === CR) {
      if (matched < NAME.length) return undefined;
      lineBroken = true;
    } else if (byte > SPACE && byte < 0x7f) {
      if (matched === NAME.length) return byte === COLON ? at : undefined;
      if (lower(byte) !== NAME[matched]) return undefined;
      matched += 1;
    } else if (lineBroken && !isBlank(byte)) {
      return undefined;
    } else if (matched > 0 && matched < NAME.length && isBlank(byte)) {
      return undefined;
    }
    // After a line end only a blank keeps the name going (RFC 5322 §2.2.3).
    if (lineBroken && byte === LF && !isBlank(bytes[at + 1])) return undefined;
  }
  return undefined;
}

function startsWith(bytes: Uint8Array, start: number, prefix: readonly number[]): boolean {
  return prefix.every((byte, index) => lower(bytes[start + index] ?? 0) === byte);
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}
