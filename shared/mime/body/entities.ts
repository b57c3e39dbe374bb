/** Character references (HTML Standard §13.5) in the text and the attributes of HTML that is one character per octet. */
import { DecodingMode, EntityDecoder, htmlDecodeTree } from 'entities/decode';
import { decodeLeniently, isAsciiText } from '../charset.ts';

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
export function decodeReferences(source: string, where: 'text' | 'attribute'): Decoded {
  let next = source.indexOf('&');
  if (next === -1) return { text: source, jumps: [] };
  let decoded = '';
  const decoder = new EntityDecoder(htmlDecodeTree, (code) => {
    decoded += String.fromCodePoint(code);
  });
  const mode = where === 'attribute' ? DecodingMode.Attribute : DecodingMode.Legacy;
  const pieces: string[] = [];
  const jumps: Jump[] = [];
  let length = 0;
  let from = 0;
  for (; next !== -1; next = source.indexOf('&', Math.max(next + 1, from))) {
    decoded = '';
    const taken = isReferenceStart(source.charCodeAt(next + 1))
      ? referenceLength(decoder, source, next, mode)
      : 0;
    if (taken === 0) continue;
    pieces.push(source.slice(from, next), decoded);
    length += next - from + decoded.length;
    from = next + taken;
    jumps.push({ at: length - decoded.length, source: next }, { at: length, source: from });
  }
  pieces.push(source.slice(from));
  return { text: pieces.join(''), jumps };
}

function isReferenceStart(code: number): boolean {
  const lower = code | 0x20;
  return code === 0x23 || (lower >= 0x61 && lower <= 0x7a);
}

function referenceLength(decoder: EntityDecoder, source: string, at: number, mode: DecodingMode): number {
  decoder.startEntity(mode);
  const length = decoder.write(source, at + 1);
  return length < 0 ? decoder.end() : length;
}

/** The offset in the source of a place in the decoded text. */
export function originOf({ jumps }: Decoded, at: number): number {
  const jump = jumps[firstJumpAfter(jumps, at) - 1];
  return jump === undefined ? at : jump.source + at - jump.at;
}

/** The index of the first jump behind a place in the decoded text. */
export function firstJumpAfter(jumps: readonly Jump[], at: number): number {
  let low = 0;
  let high = jumps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((jumps[middle]?.at ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What octets of HTML say: their charset and the references decoded. */
export function htmlString(octets: string, charset: string, where: 'text' | 'attribute'): string {
  const text = isAsciiText(octets) ? octets : decodeLeniently(Buffer.from(octets, 'latin1'), charset).text;
  return decodeReferences(text, where).text;
}

/** A string as the value of an attribute, whatever its quotes; in US-ASCII, right in every charset. */
export function attributeText(value: string): string {
  return value.replace(/[&"'<>`]|[^!-~]/gu, reference);
}

function reference(char: string): string {
  return char === '&' ? '&amp;' : `&#${char.toWellFormed().codePointAt(0) ?? 0xfffd};`;
}
