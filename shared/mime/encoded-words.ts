/**
 * Encoded words: `=?charset?B or Q?text?=` stands for text in another charset inside a header (RFC 2047). Adjacent
 * words are decoded together, since mailers split characters between them although §5 forbids it.
 */
import { decodeLeniently, isAsciiText, knownCharset } from './charset.ts';

/** RFC 2047 §2: an encoded word has at most 75 characters; this is what our own may carry of encoded text. */
const MAX_WORD_LENGTH = 75;
/** Stops a charset name of megabytes from being looked up. RFC 2978 §2.3 says 40; RFC 2231 §5 adds a language. */
const MAX_CHARSET_LENGTH = 80;

interface Word {
  readonly charset: string;
  readonly octets: Buffer;
  readonly end: number;
}

/** Decodes every encoded word; what is none, or is in an unknown charset, stays as it is. Linear; never throws. */
export function decodeEncodedWords(text: string): string {
  let out = '';
  let pending: { charset: string; octets: Buffer[] } | undefined;
  let copied = 0;
  let at = text.indexOf('=?');
  const flush = (): void => {
    if (pending !== undefined) out += decodeLeniently(Buffer.concat(pending.octets), pending.charset).text;
    pending = undefined;
  };
  while (at !== -1) {
    const word = readWord(text, at);
    if (word === 'no more words') break;
    if (word === undefined) {
      at = text.indexOf('=?', at + 2);
      continue;
    }
    const between = text.slice(copied, at);
    // RFC 2047 §6.2: white space between two encoded words is not displayed.
    const adjacent = pending !== undefined && between.trim() === '';
    if (!adjacent || pending?.charset !== word.charset) flush();
    if (!adjacent) out += between;
    if (pending === undefined) pending = { charset: word.charset, octets: [] };
    pending.octets.push(word.octets);
    copied = word.end;
    at = text.indexOf('=?', copied);
  }
  flush();
  return out + text.slice(copied);
}

function readWord(text: string, start: number): Word | 'no more words' | undefined {
  const charsetEnd = text.indexOf('?', start + 2);
  if (charsetEnd === -1) return 'no more words';
  if (charsetEnd - start > MAX_CHARSET_LENGTH) return undefined;
  const encoding = text[charsetEnd + 1];
  if (text[charsetEnd + 2] !== '?' || encoding === undefined || !'bBqQ'.includes(encoding)) return undefined;
  const charset = charsetOf(text.slice(start + 2, charsetEnd));
  if (charset === undefined) return undefined;
  const bodyStart = charsetEnd + 3;
  const bodyEnd = text.indexOf('?=', bodyStart);
  if (bodyEnd === -1) return 'no more words';
  const body = text.slice(bodyStart, bodyEnd);
  const octets = encoding.toLowerCase() === 'b' ? Buffer.from(body, 'base64') : decodeQ(body);
  return { charset, octets, end: bodyEnd + 2 };
}

function charsetOf(written: string): string | undefined {
  // RFC 2231 §5: a language may follow the charset.
  const star = written.indexOf('*');
  return knownCharset(star === -1 ? written : written.slice(0, star));
}

/** RFC 2047 §4.2. Characters beyond ASCII are not allowed there; they come as their UTF-8. */
function decodeQ(body: string): Buffer {
  const octets = Buffer.from(body, 'utf8');
  let length = 0;
  for (let at = 0; at < octets.length; at++) {
    const byte = octets[at] ?? 0;
    const high = hexDigit(octets[at + 1]);
    const low = hexDigit(octets[at + 2]);
    if (byte === 0x3d && high >= 0 && low >= 0) {
      octets[length++] = high * 16 + low;
      at += 2;
    } else octets[length++] = byte === 0x5f ? 0x20 : byte;
  }
  return octets.subarray(0, length);
}

/** The value of a hexadecimal digit in either case, or -1. */
export function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/**
 * The text as one or more encoded words in UTF-8, joined by single spaces, none longer than 75 characters and none
 * splitting a character (RFC 2047 §2, §5). ASCII text comes back as it is unless it looks like an encoded word itself.
 */
export function encodeWords(text: string): string {
  if (isAsciiText(text) && !text.includes('=?')) return text;
  const words: string[] = [];
  let current = '';
  for (const char of text) {
    const encoded = encodeQ(char);
    if ('=?utf-8?Q?'.length + current.length + encoded.length + 2 > MAX_WORD_LENGTH) {
      words.push(`=?utf-8?Q?${current}?=`);
      current = '';
    }
    current += encoded;
  }
  words.push(`=?utf-8?Q?${current}?=`);
  return words.join(' ');
}

function encodeQ(char: string): string {
  // RFC 2047 §5 (3): the characters that stand for themselves everywhere, in phrases too.
  if (/^[A-Za-z0-9!*+\-/]$/.test(char)) return char;
  if (char === ' ') return '_';
  let out = '';
  for (const byte of Buffer.from(char, 'utf8')) out += `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return out;
}
