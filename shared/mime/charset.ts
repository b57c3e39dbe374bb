/**
 * Charset labels of mail (RFC 2045 §5.1, RFC 2046 §4.1.2), decoded by the platform's TextDecoder. What cannot be
 * decoded is never guessed at silently: callers learn which charset was used and whether it was known.
 */
import { TextDecoder } from 'node:util';
import { DECODABLE_LABELS } from './charset-labels.ts';

/** Labels that mail uses and the WHATWG registry, which TextDecoder follows, does not list. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['cp932', 'shift_jis'],
  ['windows-932', 'shift_jis'],
  ['cp936', 'gbk'],
  ['windows-936', 'gbk'],
  ['cp949', 'euc-kr'],
  ['ms949', 'euc-kr'],
  ['cp950', 'big5'],
  ['utf-8-mac', 'utf-8'],
  ['cp65001', 'utf-8'],
  ['latin-1', 'iso-8859-1'],
  ['iso_8859_1', 'iso-8859-1'],
  ['iso8859_1', 'iso-8859-1'],
  ['usascii', 'us-ascii'],
  ['iso-646-us', 'us-ascii'],
  ['646', 'us-ascii'],
]);

/** Charsets in which an octet below 0x80 may be something else than ASCII. Unknown labels are taken as supersets of ASCII. */
const NOT_ASCII_COMPATIBLE =
  /^(?:(?:cs)?utf-?(?:7|16|32)|x-utf-(?:16|32)|cp(?:1200|1201|12000|12001|65000)$|unicode|csunicode|iso-?10646|ucs-?[24]|iso-?2022-|csiso2022|hz-|cp037|ibm037|ebcdic|scsu|bocu)/;

const US_ASCII_LABELS: ReadonlySet<string> = new Set(['us-ascii', 'ascii', 'ansi_x3.4-1968', 'iso646-us']);
const ISO_8859_1_LABELS: ReadonlySet<string> = new Set([
  'iso-8859-1',
  'iso8859-1',
  'iso_8859-1',
  'latin1',
  'l1',
]);

/** The label as TextDecoder may know it: lower case, without white space, aliases resolved. */
export function charsetLabel(label: string): string {
  const plain = label.trim().toLowerCase();
  return ALIASES.get(plain) ?? plain;
}

/** Whether ASCII text may be put between characters of that charset as it stands. */
export function isAsciiCompatible(label: string): boolean {
  return !NOT_ASCII_COMPATIBLE.test(charsetLabel(label));
}

/** How many octets in a hundred may be none of ASCII in what is ASCII for the most part. */
const OTHERS_PER_CENT = 20;

/**
 * Whether the octets read as ASCII for the most part, whatever the label says. In UTF-32 one of four is NUL at least, in EBCDIC most letters
 * are above 0x80.
 */
export function looksAscii(bytes: Uint8Array): boolean {
  let others = 0;
  for (const octet of bytes) if (octet === 0 || octet > 0x7f) others++;
  return others * 100 <= bytes.length * OTHERS_PER_CENT;
}

/** What shifts to other characters, or is half of one, where a charset is no superset of ASCII: NUL, SO, SI, ESC, "+", "~". */
const SHIFTS: ReadonlySet<number> = new Set([0x00, 0x0e, 0x0f, 0x1b, 0x2b, 0x7e]);

/** Whether the octets say the same in every charset that has ASCII in it at all. */
export function isPlainAscii(bytes: Uint8Array): boolean {
  return bytes.every((octet) => octet < 0x80 && !SHIFTS.has(octet));
}

/** Whether every octet is US-ASCII. */
export function isAscii(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) if ((bytes[at] ?? 0) > 0x7f) return false;
  return true;
}

/** Whether every character is US-ASCII. */
export function isAsciiText(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

const decoders = new Map<string, TextDecoder | undefined>();

function decoderFor(label: string, fatal: boolean): TextDecoder | undefined {
  if (!DECODABLE_LABELS.has(label)) return undefined;
  const key = `${fatal ? '!' : ''}${label}`;
  if (decoders.has(key)) return decoders.get(key);
  let decoder: TextDecoder | undefined;
  try {
    decoder = new TextDecoder(label, { fatal });
  } catch (error) {
    // A Node built with less of ICU says with a RangeError that it cannot do this one; that is an answer.
    if (!(error instanceof RangeError)) throw error;
  }
  decoders.set(key, decoder);
  return decoder;
}

/** Whether TextDecoder knows the label. */
export function isKnownCharset(label: string): boolean {
  return knownCharset(label) !== undefined;
}

/** The label as TextDecoder knows it; undefined where it does not. */
export function knownCharset(label: string): string | undefined {
  const name = charsetLabel(label);
  return decoderFor(name, false) === undefined ? undefined : name;
}

/** The text, or undefined when the charset is unknown or one octet does not fit it. A byte order mark is dropped. */
export function decodeStrictly(bytes: Uint8Array, label: string): string | undefined {
  const name = charsetLabel(label);
  if (US_ASCII_LABELS.has(name) && !isAscii(bytes)) return undefined;
  const decoder = decoderFor(name, true);
  if (decoder === undefined) return undefined;
  try {
    return decoder.decode(bytes);
  } catch (error) {
    // The fatal mode says with a TypeError that an octet does not fit; that is an answer.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** What was read, under which charset, and whether a replacement character stands for octets that did not fit. */
export interface CharsetText {
  readonly text: string;
  readonly charset: string;
  readonly replaced: boolean;
}

/** Never fails: an unknown or absent label falls back to UTF-8 where that fits, and to windows-1252, where all fits. */
export function decodeLeniently(bytes: Uint8Array, label: string | undefined): CharsetText {
  const name = label === undefined ? 'us-ascii' : charsetLabel(label);
  if (!US_ASCII_LABELS.has(name)) {
    const decoder = decoderFor(name, false);
    if (decoder !== undefined) {
      const strict = decodeStrictly(bytes, name);
      return { text: strict ?? decoder.decode(bytes), charset: name, replaced: strict === undefined };
    }
  }
  const utf8 = decodeStrictly(bytes, 'utf-8');
  if (utf8 !== undefined)
    return { text: utf8, charset: isAscii(bytes) ? 'us-ascii' : 'utf-8', replaced: false };
  return { text: decodeStrictly(bytes, 'windows-1252') ?? '', charset: 'windows-1252', replaced: false };
}

/** Stops a process that lives long from collecting a table per invented label. */
const MAX_REMEMBERED_TABLES = 100;
const tables = new Map<string, ReadonlyMap<number, number> | undefined>();

/** Character code -> octet for a charset of one octet per character, by decoding all 256; undefined for any other. */
function encodingTable(label: string): ReadonlyMap<number, number> | undefined {
  if (tables.has(label)) return tables.get(label);
  const table = buildTable(label);
  if (tables.size < MAX_REMEMBERED_TABLES) tables.set(label, table);
  return table;
}

function buildTable(label: string): ReadonlyMap<number, number> | undefined {
  const decoder = decoderFor(label, false);
  if (decoder === undefined) return undefined;
  const table = new Map<number, number>();
  for (let octet = 0x80; octet < 0x100; octet++) {
    // WHATWG reads the label iso-8859-1 as windows-1252; a receiver who does not must not see control characters.
    if (ISO_8859_1_LABELS.has(label) && octet < 0xa0) continue;
    // A second octet makes a lead octet of a longer encoding show itself.
    const text = decoder.decode(Uint8Array.of(octet, 0x20));
    if (text.length !== 2 || text[1] !== ' ') return undefined;
    const code = text.charCodeAt(0);
    if (code !== 0xfffd) table.set(code, octet);
  }
  return table.size === 0 ? undefined : table;
}

/** The text in that charset, or undefined when a character has no place in it or the charset is not one we can write. */
export function encodeInCharset(text: string, label: string): Uint8Array | undefined {
  const name = charsetLabel(label);
  if (isAsciiText(text)) return isAsciiCompatible(name) ? Buffer.from(text, 'latin1') : undefined;
  if (name === 'utf-8' || name === 'utf8') return Buffer.from(text, 'utf8');
  if (US_ASCII_LABELS.has(name) || !isAsciiCompatible(name)) return undefined;
  const table = encodingTable(name);
  if (table === undefined) return undefined;
  const octets = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const octet = code < 0x80 ? code : table.get(code);
    if (octet === undefined) return undefined;
    octets[at] = octet;
  }
  return octets;
}
