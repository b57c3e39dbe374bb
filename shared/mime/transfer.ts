/**
 * Content-Transfer-Encodings (RFC 2045 §6), read the way mail readers do: what is damaged is skipped and named, never
 * a reason to give up. uuencode (`x-uuencode`) is older than MIME and has no standard; one file is read.
 */
import type { DefectKind } from './defects.ts';
import { hexDigit } from './encoded-words.ts';
import { bufferOver, isBlank } from './header.ts';
import type { Message, Part } from './types.ts';
import { decodeUuencode } from './uuencode.ts';

/** The body's octets. With an unknown encoding RFC 2045 §6.4 has them treated as opaque: they come as they stand. */
export type DecodedBody =
  | { readonly kind: 'decoded'; readonly bytes: Uint8Array; readonly defects: readonly DefectKind[] }
  | { readonly kind: 'unknown-encoding'; readonly bytes: Uint8Array; readonly encoding: string };

export type Transfer = 'identity' | 'quoted-printable' | 'base64' | 'uuencode';

const TRANSFERS: ReadonlyMap<string, Transfer> = new Map([
  ['7bit', 'identity'],
  ['8bit', 'identity'],
  ['binary', 'identity'],
  ['7-bit', 'identity'],
  ['8-bit', 'identity'],
  ['quoted-printable', 'quoted-printable'],
  ['base64', 'base64'],
  ['x-uuencode', 'uuencode'],
  ['x-uue', 'uuencode'],
  ['uuencode', 'uuencode'],
]);

/** How the part is encoded, or undefined when nothing here can read it. */
export function transferOf(part: Part): Transfer | undefined {
  return TRANSFERS.get(part.transferEncoding);
}

/** The part's body decoded. For 7bit, 8bit and binary it is the message's own memory, not a copy. Never throws. */
export function decodeBody(message: Message, part: Part): DecodedBody {
  return decodeOctets(bufferOver(message.bytes).subarray(part.body.start, part.body.end), part);
}

/** As `decodeBody`, of the first `maxRawBytes` octets of the encoded body: for a look at the start of a large one. */
export function decodeBodyStart(message: Message, part: Part, maxRawBytes: number): DecodedBody {
  const end = Math.min(part.body.end, part.body.start + maxRawBytes);
  return decodeOctets(bufferOver(message.bytes).subarray(part.body.start, end), part);
}

function decodeOctets(raw: Buffer, part: Part): DecodedBody {
  switch (transferOf(part)) {
    case 'identity':
      return { kind: 'decoded', bytes: raw, defects: [] };
    case 'base64':
      return decodeBase64(raw);
    case 'quoted-printable':
      return decodeQuotedPrintable(raw);
    case 'uuencode':
      return decodeUuencode(raw);
    default:
      return { kind: 'unknown-encoding', bytes: raw, encoding: part.transferEncoding };
  }
}

type Decoded = Extract<DecodedBody, { kind: 'decoded' }>;

const PADDING = 0x3d;
const NOT_IN_ALPHABET = 0xff;
const BASE64_VALUES = new Uint8Array(256).fill(NOT_IN_ALPHABET);
for (const [value, char] of [
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
].entries()) {
  BASE64_VALUES[char.charCodeAt(0)] = value;
}

/** Whether the octet is of the base64 alphabet (RFC 2045 §6.8 table 1), padding not counted. */
export function isBase64Char(byte: number | undefined): boolean {
  return byte !== undefined && BASE64_VALUES[byte] !== NOT_IN_ALPHABET;
}

/**
 * RFC 2045 §6.8. Octets outside the alphabet are ignored. Data after padding is read as a new run: a mailer that
 * joined two encoded texts meant both to be seen.
 */
export function decodeBase64(raw: Uint8Array): Decoded {
  const bytes = Buffer.allocUnsafe(Math.ceil((raw.length * 3) / 4) + 3);
  let length = 0;
  let group = 0;
  let held = 0;
  let padded = false;
  let invalid = false;
  for (let at = 0; at < raw.length; at++) {
    if (held === 0 && !padded) {
      const whole = decodeWholeGroups(raw, at, bytes, length);
      length += whole * 3;
      at += whole * 4;
      if (at >= raw.length) break;
    }
    const byte = raw[at] ?? 0;
    const value = BASE64_VALUES[byte] ?? NOT_IN_ALPHABET;
    if (value !== NOT_IN_ALPHABET) {
      if (padded) invalid = true;
      padded = false;
      group = ((group << 6) | value) & 0xffffff;
      if (++held < 4) continue;
      bytes[length++] = group >> 16;
      bytes[length++] = (group >> 8) & 0xff;
      bytes[length++] = group & 0xff;
      held = 0;
    } else if (byte === PADDING) {
      length = flushGroup(bytes, length, group, held);
      held = 0;
      padded = true;
    } else if (byte !== 0x0d && byte !== 0x0a && !isBlank(byte)) invalid = true;
  }
  const defects: DefectKind[] = invalid ? ['base64-invalid'] : [];
  if (held > 0) defects.push('base64-truncated');
  length = flushGroup(bytes, length, group, held);
  return { kind: 'decoded', bytes: bytes.subarray(0, length), defects };
}

/** The groups of four characters that follow one another from `at` on, which is nearly all of it: how many they are. */
function decodeWholeGroups(raw: Uint8Array, at: number, bytes: Buffer, length: number): number {
  let from = at;
  let to = length;
  for (; from + 4 <= raw.length; from += 4) {
    const first = BASE64_VALUES[raw[from] ?? 0] ?? 0;
    const second = BASE64_VALUES[raw[from + 1] ?? 0] ?? 0;
    const third = BASE64_VALUES[raw[from + 2] ?? 0] ?? 0;
    const fourth = BASE64_VALUES[raw[from + 3] ?? 0] ?? 0;
    if ((first | second | third | fourth) > 0x3f) break;
    bytes[to++] = (first << 2) | (second >> 4);
    bytes[to++] = ((second & 0x0f) << 4) | (third >> 2);
    bytes[to++] = ((third & 0x03) << 6) | fourth;
  }
  return (from - at) / 4;
}

/** Writes the octets of a group of two or three characters; one character holds no octet. */
function flushGroup(bytes: Buffer, length: number, group: number, held: number): number {
  if (held < 2) return length;
  if (held === 2) {
    bytes[length] = (group >> 4) & 0xff;
    return length + 1;
  }
  bytes[length] = (group >> 10) & 0xff;
  bytes[length + 1] = (group >> 2) & 0xff;
  return length + 2;
}

/** What stands at one place of a quoted-printable text. */
export interface QpToken {
  /** How many octets of the encoded text it takes. */
  readonly length: number;
  /** How many octets it stands for: none, one, or, for a run of white space, as many as it takes. */
  readonly gives: number;
  /** The octet that an escape stands for; -1 when what it gives is what it takes. */
  readonly escaped: number;
  readonly valid: boolean;
}

function endOfBlanks(raw: Uint8Array, from: number): number {
  let end = from;
  while (end < raw.length && isBlank(raw[end])) end++;
  return end;
}

/** The length of the line end at `at`, 0 at the end of the text, -1 when there is none. */
function lineEndLength(raw: Uint8Array, at: number): number {
  if (at >= raw.length) return 0;
  if (raw[at] === 0x0a) return 1;
  return raw[at] === 0x0d && raw[at + 1] === 0x0a ? 2 : -1;
}

/** Whether the octet stands for itself whatever follows the next one: the common case, to be told without a token. */
export function isQpLiteral(raw: Uint8Array, at: number): boolean {
  const byte = raw[at] ?? 0;
  // A blank before a graphic character is neither dropped nor part of a longer run.
  if (byte === 0x20 || byte === 0x09) return (raw[at + 1] ?? 0) > 0x20;
  return byte !== PADDING;
}

/** Reads one token of quoted-printable at `at` (RFC 2045 §6.7). Takes a run of white space whole, so that reading is linear. */
export function readQpToken(raw: Uint8Array, at: number): QpToken {
  const byte = raw[at] ?? 0;
  if (isBlank(byte)) {
    const end = endOfBlanks(raw, at);
    // Rule 3: white space at the end of an encoded line was added in transport.
    const gives = lineEndLength(raw, end) === -1 ? end - at : 0;
    return { length: end - at, gives, escaped: -1, valid: true };
  }
  if (byte !== PADDING) return { length: 1, gives: 1, escaped: -1, valid: true };
  const high = hexDigit(raw[at + 1]);
  const low = hexDigit(raw[at + 2]);
  if (high >= 0 && low >= 0) return { length: 3, gives: 1, escaped: high * 16 + low, valid: true };
  // Rule 5: a soft line break; white space between "=" and the line end was added in transport.
  const end = endOfBlanks(raw, at + 1);
  const lineEnd = lineEndLength(raw, end);
  if (lineEnd === -1) return { length: 1, gives: 1, escaped: -1, valid: false };
  return { length: end - at + lineEnd, gives: 0, escaped: -1, valid: true };
}

/** RFC 2045 §6.7. An "=" that begins nothing stands for itself. */
export function decodeQuotedPrintable(raw: Uint8Array): Decoded {
  const bytes = Buffer.allocUnsafe(raw.length);
  let length = 0;
  let invalid = false;
  for (let at = 0; at < raw.length; ) {
    if (isQpLiteral(raw, at)) {
      bytes[length++] = raw[at++] ?? 0;
      continue;
    }
    const token = readQpToken(raw, at);
    if (token.escaped >= 0) bytes[length] = token.escaped;
    else if (token.gives === 1) bytes[length] = raw[at] ?? 0;
    else bytes.set(raw.subarray(at, at + token.gives), length);
    length += token.gives;
    if (!token.valid) invalid = true;
    at += token.length;
  }
  return {
    kind: 'decoded',
    bytes: bytes.subarray(0, length),
    defects: invalid ? ['quoted-printable-invalid'] : [],
  };
}
