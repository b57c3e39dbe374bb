/** Web addresses that stand in text, for readers who make links of them. Text is one character per octet. */
import type { BodyEdit } from './edits.ts';

export interface FoundAddress {
  readonly start: number;
  readonly end: number;
}

const BEGINNING =
  /(?:https?|ftp):\/\/(?=[a-z0-9[\x80-\uffff])|www\.(?=[a-z0-9\x80-\uffff-]{1,63}\.[a-z0-9\x80-\uffff])/gi;
/** Of UTF-8: no-break space, guillemets, general punctuation, CJK punctuation and full-width forms, as their octets. */
const UTF8_STOP = /^(?:\xc2[\xa0\xab\xbb]|\xe2\x80|\xe3\x80|\xef[\xbc\xbd])/;
const TRAILING = new Set(').,;:!?\'"]}*_');

/** The addresses from first to last. What ends a sentence around one is not part of it. Linear. */
export function findAddresses(text: string, isUtf8: boolean): readonly FoundAddress[] {
  const found: FoundAddress[] = [];
  BEGINNING.lastIndex = 0;
  for (let match = BEGINNING.exec(text); match !== null; match = BEGINNING.exec(text)) {
    const start = match.index;
    if (/^w/i.test(match[0]) && start > 0 && /[a-z0-9./@_%=\x80-\xff-]/i.test(text[start - 1] ?? ''))
      continue;
    const end = withoutTrailing(text, start, endOfAddress(text, start, isUtf8));
    if (end > start + match[0].length) {
      found.push({ start, end });
      BEGINNING.lastIndex = end;
    }
  }
  return found;
}

/** What belongs to an address wherever it stands; of the other octets above ASCII each is looked at. */
const PLAIN = /[!#-;=?-~\x80-\x9f\xa1-\xc1\xc3-\xe1\xe4-\xee\xf0-\xff]*/y;

function endOfAddress(text: string, start: number, isUtf8: boolean): number {
  for (let at = start; ; at++) {
    PLAIN.lastIndex = at;
    PLAIN.test(text);
    at = PLAIN.lastIndex;
    const code = text.charCodeAt(at);
    // Past the end it is not a number.
    if (!(code > 0x7f && code <= 0xff)) return at;
    // Alone, and not within a longer sequence: a no-break space.
    if (code === 0xa0 && text.charCodeAt(at - 1) < 0x80) return at;
    if (isUtf8 && code >= 0xc2 && UTF8_STOP.test(text.slice(at, at + 2))) return at;
  }
}

/** A closing parenthesis that was opened in the address belongs to it. */
function withoutTrailing(text: string, start: number, from: number): number {
  let end = from;
  let surplus = 0;
  if (TRAILING.has(text[end - 1] ?? '')) {
    for (let at = start; at < end; at++) surplus += text[at] === ')' ? 1 : text[at] === '(' ? -1 : 0;
  }
  while (end > start && TRAILING.has(text[end - 1] ?? '')) {
    if (text[end - 1] === ')') {
      if (surplus <= 0) break;
      surplus--;
    }
    end--;
  }
  return end;
}

/** Stops a host of millions of labels; no real one is longer than 255 octets (RFC 1035 §2.3.4). */
const MAX_HOST = 1000;

/** What is to be replaced so that nobody takes the address for a link, and everybody can read it: `hxxp`, `[.]`. */
export function defangedAddress(text: string, { start, end }: FoundAddress): readonly BodyEdit[] {
  const address = text.slice(start, end);
  const [scheme = ''] = /^(?:https?|ftp):\/\//i.exec(address) ?? [];
  const edits: BodyEdit[] = [];
  if (scheme !== '') {
    const length = /^ftp/i.test(scheme) ? 1 : 2;
    edits.push({ start: start + 1, end: start + 1 + length, text: 'x'.repeat(length) });
  }
  const limit = Math.min(address.length, MAX_HOST);
  for (let at = scheme.length; at < limit && !'/?#'.includes(address[at] ?? ''); at++) {
    if (address[at] === '.') edits.push({ start: start + at, end: start + at + 1, text: '[.]' });
  }
  return edits;
}
