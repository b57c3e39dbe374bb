/**
 * uuencode is older than MIME and has no standard but POSIX's for the command (uuencode, "STDOUT"): a `begin MODE NAME`
 * line, lines of 45 octets in the characters from space to `_`, a line `end`. Mail programs, Outlook first, still show
 * such a file in a text as an attachment.
 */
import type { DefectKind } from './defects.ts';
import { bufferOver, contentEnd } from './header.ts';
import { MAX_UUENCODED_FILES } from './limits.ts';

/** One uuencoded file in a text, by offsets into it. */
export interface UuencodedFile {
  readonly name: string;
  /** Where the `begin` line starts. */
  readonly start: number;
  /** After the `end` line with its line end; after the last line that fits when `end` is missing. */
  readonly end: number;
  /** Where the encoded lines start. */
  readonly dataStart: number;
}

const BEGIN = Buffer.from('begin ', 'latin1');
/** POSIX says octal digits for the mode; file names have no line ends, nor is a real one longer. */
const BEGIN_LINE = /^begin (?:\d{3,4}) +(\S.{0,1000})$/;

/**
 * The uuencoded files in a decoded text body. A `begin` line counts when a line of data or `end` follows it, so that
 * prose is not taken for one. Linear: what one file takes is not searched again, and at most MAX_UUENCODED_FILES are listed.
 */
export function uuencodedFiles(body: Uint8Array): readonly UuencodedFile[] {
  const bytes = bufferOver(body);
  const files: UuencodedFile[] = [];
  for (let at = bytes.indexOf(BEGIN); at !== -1 && files.length < MAX_UUENCODED_FILES; ) {
    const file = at === 0 || bytes[at - 1] === 0x0a ? fileAt(bytes, at) : undefined;
    if (file !== undefined) files.push(file);
    at = bytes.indexOf(BEGIN, file?.end ?? at + 1);
  }
  return files;
}

function fileAt(bytes: Buffer, start: number): UuencodedFile | undefined {
  const dataStart = lineEndFrom(bytes, start);
  // Stops a text of hundreds of thousands of such lines, none before a file, from being decoded.
  if (!mayFollow(bytes, dataStart)) return undefined;
  const name = BEGIN_LINE.exec(bytes.toString('utf8', start, contentEnd(bytes, start, dataStart)))?.[1];
  if (name === undefined) return undefined;
  let at = dataStart;
  for (let lines = 0; at < bytes.length; lines++) {
    const next = lineEndFrom(bytes, at);
    const end = contentEnd(bytes, at, next);
    if (isEndLine(bytes, at, end)) return { name: name.trimEnd(), start, end: next, dataStart };
    if (!isDataLine(bytes, at, end)) return lines === 0 ? undefined : { name, start, end: at, dataStart };
    at = next;
  }
  return at === dataStart ? undefined : { name, start, end: at, dataStart };
}

/** Whether the line is what stands behind a `begin` line. */
function mayFollow(bytes: Buffer, at: number): boolean {
  const end = contentEnd(bytes, at, lineEndFrom(bytes, at));
  return isEndLine(bytes, at, end) || isDataLine(bytes, at, end);
}

function lineEndFrom(bytes: Buffer, at: number): number {
  const lf = bytes.indexOf(0x0a, at);
  return lf === -1 ? bytes.length : lf + 1;
}

function isEndLine(bytes: Buffer, at: number, end: number): boolean {
  return (
    end - at >= 3 &&
    end - at <= 10 &&
    bytes[at] === 0x65 &&
    bytes.toString('latin1', at, end).trimEnd() === 'end'
  );
}

/** The first character says how many octets the line holds; what follows must be about as long as that takes. */
function isDataLine(bytes: Buffer, at: number, end: number): boolean {
  if (end === at) return false;
  const first = bytes[at] ?? 0;
  if (first < 0x20 || first > 0x60) return false;
  const needed = Math.ceil(((first - 0x20) & 0x3f) / 3) * 4;
  // Trailing spaces get lost on the way, and some encoders add a checksum character.
  const length = end - at - 1;
  return length <= needed + 2 && length >= Math.min(needed, 1);
}

/** The decoded octets of one file of `uuencodedFiles`. */
export function decodeUuencodedFile(body: Uint8Array, file: UuencodedFile): Uint8Array {
  return decodeUuencode(bufferOver(body).subarray(file.start, file.end)).bytes;
}

export interface Uudecoded {
  readonly kind: 'decoded';
  readonly bytes: Uint8Array;
  readonly defects: readonly DefectKind[];
}

/** The lines between `begin` and `end` of a text: of its first file. Never throws. */
export function decodeUuencode(raw: Buffer): Uudecoded {
  const bytes = Buffer.allocUnsafe(raw.length);
  let length = 0;
  let begun = false;
  let invalid = false;
  for (let at = 0; at < raw.length; ) {
    const lf = raw.indexOf(0x0a, at);
    const lineEnd = lf === -1 ? raw.length : lf;
    const first = raw.toString('latin1', at, Math.min(at + 6, lineEnd));
    if (!begun) begun = first === 'begin ';
    else if (first.trimEnd() === 'end') break;
    else if (lineEnd > at) {
      const said = ((raw[at] ?? 0x20) - 0x20) & 0x3f;
      const count = Math.min(said, Math.floor(((lineEnd - at - 1) * 3) / 4));
      if (count < said) invalid = true;
      length = decodeUuencodedLine(raw, at + 1, count, bytes, length);
    }
    at = lineEnd + 1;
  }
  const defects: DefectKind[] = invalid || !begun ? ['uuencode-invalid'] : [];
  return { kind: 'decoded', bytes: bytes.subarray(0, length), defects };
}

function decodeUuencodedLine(raw: Buffer, from: number, count: number, bytes: Buffer, start: number): number {
  const value = (at: number): number => ((raw[at] ?? 0x20) - 0x20) & 0x3f;
  for (let taken = 0, at = from; taken < count; taken += 3, at += 4) {
    const group = (value(at) << 18) | (value(at + 1) << 12) | (value(at + 2) << 6) | value(at + 3);
    for (let part = 0; part < Math.min(3, count - taken); part++) {
      bytes[start + taken + part] = (group >> (16 - 8 * part)) & 0xff;
    }
  }
  return start + count;
}
