/** Character references (HTML Standard §13.5) in the text and the attributes of HTML that is one character per octet. */
import { DecodingMode, EntityDecoder, htmlDecodeTree } from 'entities/decode';
import { decodeLeniently, isAsciiText } from '../charset.ts';
import { hexDigit } from '../encoded-words.ts';
import { firstBehind } from '../in-order.ts';

export interface Decoded {
  readonly text: string;
  /** Where the text and its source part: from `at` in the text on, characters come from `source` on. In ascending order. */
  readonly jumps: readonly Jump[];
}

export interface Jump {
  readonly at: number;
  readonly source: number;
}

/** Decodes the references, and remembers where each character came from. Linear. */
export function decodeReferences(source: string, where: Where): Decoded {
  const jumps: Jump[] = [];
  const text = decodeEach(source, where, (at, length, from, to) => {
    jumps.push({ at, source: from }, { at: at + length, source: to });
  });
  return { text, jumps };
}

/** As `decodeReferences`, for who needs the text alone. */
export function decodedText(source: string, where: Where): string {
  return decodeEach(source, where, undefined);
}

type Where = 'text' | 'attribute';

/** Told of each reference: where its characters stand in the text, how many they are, and where it stands in the source. */
type Found = (at: number, length: number, from: number, to: number) => void;

function decodeEach(source: string, where: Where, found: Found | undefined): string {
  let next = source.indexOf('&');
  if (next === -1) return source;
  const mode = where === 'attribute' ? DecodingMode.Attribute : DecodingMode.Legacy;
  let text = '';
  let from = 0;
  for (; next !== -1; next = source.indexOf('&', Math.max(next + 1, from))) {
    const taken = isReferenceStart(source.charCodeAt(next + 1)) ? referenceLength(source, next, mode) : 0;
    if (taken === 0) continue;
    text += source.slice(from, next);
    from = next + taken;
    found?.(text.length, decoded.length, next, from);
    text += decoded;
  }
  return text + source.slice(from);
}

function isReferenceStart(code: number): boolean {
  const lower = code | 0x20;
  return code === 0x23 || (lower >= 0x61 && lower <= 0x7a);
}

/** What the last reference stands for. */
let decoded = '';
const decoder = new EntityDecoder(htmlDecodeTree, (code) => {
  decoded += String.fromCodePoint(code);
});

function referenceLength(source: string, at: number, mode: DecodingMode): number {
  const simple =
    source.charCodeAt(at + 1) === 0x23 ? simpleNumber(source, at + 2) : simpleName(source, at + 1);
  if (simple > 0) return simple - at;
  decoded = '';
  decoder.startEntity(mode);
  const length = decoder.write(source, at + 1);
  return length < 0 ? decoder.end() : length;
}

/** Those that most are. With their semicolon they mean the same everywhere. */
const COMMON: readonly (readonly [written: string, char: string])[] = [
  ['amp;', '&'],
  ['nbsp;', '\u00a0'],
  ['lt;', '<'],
  ['gt;', '>'],
  ['quot;', '"'],
];

/** The end of the reference whose name begins at `at`; 0 for all but the common ones. */
function simpleName(source: string, at: number): number {
  for (const [written, char] of COMMON) {
    if (!source.startsWith(written, at)) continue;
    decoded = char;
    return at + written.length;
  }
  return 0;
}

/** Longer numbers are left to the decoder. */
const MAX_SIMPLE_DIGITS = 5;

/** The end of a number that stands for the character of that code, and needs no rule (HTML Standard §13.2.5.80); 0 for any other. */
function simpleNumber(source: string, start: number): number {
  const isHex = (source.charCodeAt(start) | 0x20) === 0x78;
  let code = 0;
  let at = isHex ? start + 1 : start;
  for (const end = at + MAX_SIMPLE_DIGITS; at < end; at++) {
    const digit = hexDigit(source.charCodeAt(at));
    if (digit === -1 || (digit > 9 && !isHex)) break;
    code = code * (isHex ? 16 : 10) + digit;
  }
  const isPlain = (code >= 0x20 && code < 0x7f) || (code >= 0xa0 && code < 0xd800);
  if (!isPlain || source.charCodeAt(at) !== 0x3b) return 0;
  decoded = String.fromCharCode(code);
  return at + 1;
}

/** The offset in the source of a place in the decoded text. */
export function originOf({ jumps }: Decoded, at: number): number {
  const jump = jumps[firstJumpAfter(jumps, at) - 1];
  return jump === undefined ? at : jump.source + at - jump.at;
}

/** The index of the first jump behind a place in the decoded text. */
export function firstJumpAfter(jumps: readonly Jump[], at: number): number {
  return firstBehind(jumps, at, placeOf);
}

function placeOf(jump: Jump): number {
  return jump.at;
}

/** What octets of HTML say: their charset and the references decoded. */
export function htmlString(octets: string, charset: string, where: Where): string {
  const text = isAsciiText(octets) ? octets : decodeLeniently(Buffer.from(octets, 'latin1'), charset).text;
  return decodedText(text, where);
}

/** A string as the value of an attribute, whatever its quotes; in US-ASCII, right in every charset. */
export function attributeText(value: string): string {
  return value.replace(/[&"'<>`]|[^!-~]/gu, reference);
}

function reference(char: string): string {
  return char === '&' ? '&amp;' : `&#${char.toWellFormed().codePointAt(0) ?? 0xfffd};`;
}
