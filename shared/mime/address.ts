/**
 * Address lists: what stands in From, To, Cc (RFC 5322 §3.4, with the obsolete forms of §4.4).
 *
 * A list holds mailboxes (`Ann <ann@example.com>` or `ann@example.com`) and groups of them (`Team: a@x, b@y;`).
 * Comments in parentheses may stand almost anywhere and nest; a local part may be quoted; an old form carries a route
 * before the address (`<@relay.example:ann@example.com>`). Mail programs disagree about everything that is not plain,
 * and attackers live on that. So the parser reads leniently, and names as a defect whatever another reader could take
 * for something else. Whoever needs certainty refuses what has defects.
 *
 * One pass over the characters, one over the tokens, no recursion, no regular expression on the text.
 */

import { type AddressDefect, isAt, isSpecialToken, type Token, tokenize } from './address-tokens.ts';
import { decodeLeniently } from './charset.ts';
import { decodeEncodedWords } from './encoded-words.ts';

export type { AddressDefect } from './address-tokens.ts';

export interface Mailbox {
  /** The phrase before the angle brackets, or the comment after a bare address; not RFC 2047 decoded. */
  readonly displayName: string | undefined;
  /** `local@domain` as written, without comments and white space. */
  readonly address: string;
  /** What follows the `@`, lower case; a domain literal keeps its brackets. Not converted to A-labels. */
  readonly domain: string;
}

export interface AddressList {
  readonly mailboxes: readonly Mailbox[];
  /** Each at most once, in no particular order. */
  readonly defects: readonly AddressDefect[];
}

/** Against memory and time spent on a field of megabytes; RFC 5322 limits a line, not a field. */
const MAX_LIST_CHARS = 262_144;
/** Against a From or To of hundreds of thousands of addresses; WorkMail takes 500 recipients. */
const MAX_MAILBOXES = 5_000;

/**
 * Reads an unfolded field body. Never throws; what cannot be read is left out and named in `defects`.
 *
 * ```ts
 * parseAddressList('Ann <ann@example.com>').mailboxes[0]?.domain; // 'example.com'
 * ```
 */
export function parseAddressList(value: string): AddressList {
  const defects = new Set<AddressDefect>();
  if (value.length > MAX_LIST_CHARS) defects.add('too-long');
  const tokens = tokenize(value.slice(0, MAX_LIST_CHARS), defects);
  const mailboxes: Mailbox[] = [];
  for (const element of splitElements(tokens, defects)) {
    if (mailboxes.length >= MAX_MAILBOXES) {
      defects.add('too-many');
      break;
    }
    const mailbox = readMailbox(element, defects);
    if (mailbox !== undefined) mailboxes.push(mailbox);
  }
  return { mailboxes, defects: [...defects] };
}

/**
 * The name as a person reads it, encoded words decoded (RFC 2047 §5 (3)). It is decoded after the address was read, never
 * before: what a sender encodes must not become syntax.
 */
export function shownName({ displayName }: Mailbox): string | undefined {
  if (displayName === undefined) return undefined;
  // The octets of a raw header come as one character each (RFC 6532 has them as UTF-8).
  const octets = /^[\0-\xff]*$/.test(displayName) ? Buffer.from(displayName, 'latin1') : undefined;
  return decodeEncodedWords(octets === undefined ? displayName : decodeLeniently(octets, undefined).text);
}

/** Cuts the list at commas and at the limits of groups. A group's name is dropped, its members stay. */
function* splitElements(tokens: readonly Token[], defects: Set<AddressDefect>): Generator<Token[]> {
  let element: Token[] = [];
  let inAngle = false;
  let inGroup = false;
  for (const token of tokens) {
    const special = token.kind === 'special' ? token.text : '';
    if (special === '<') inAngle = true;
    if (special === '>') inAngle = false;
    if (!inAngle && special === ':') {
      // RFC 5322 §3.4: the phrase before the colon names a group; groups do not nest.
      if (inGroup) defects.add('bad-address');
      if (element.some(isAt)) defects.add('address-in-name');
      inGroup = true;
      element = [];
    } else if (!inAngle && (special === ',' || special === ';')) {
      if (special === ';') inGroup = false;
      yield element;
      element = [];
    } else {
      element.push(token);
    }
  }
  if (inAngle) defects.add('unbalanced-angle');
  if (inGroup) defects.add('unclosed-group');
  yield element;
}

function readMailbox(element: readonly Token[], defects: Set<AddressDefect>): Mailbox | undefined {
  if (element.every((token) => token.kind === 'comment')) {
    // An element of comments alone: some programs take an address that stands in one for the element's.
    if (element.some(({ text }) => text.includes('@'))) defects.add('no-address');
    return undefined;
  }
  const open = element.findIndex((token) => token.kind === 'special' && token.text === '<');
  if (open < 0) {
    const comment = element.findLast((token) => token.kind === 'comment');
    return readAddress(element, comment?.text, defects);
  }
  const close = element.findIndex((token, index) => index > open && isSpecialToken(token, '>'));
  const phrase = element.slice(0, open);
  const after = close < 0 ? [] : element.slice(close + 1);
  if (phrase.some(isAt)) defects.add('address-in-name');
  if (phrase.some((token) => isSpecialToken(token, '>'))) defects.add('unbalanced-angle');
  if (after.some((token) => token.kind !== 'comment')) defects.add('text-around-address');
  const inside = withoutRoute(element.slice(open + 1, close < 0 ? undefined : close), defects);
  return readAddress(inside, displayName(phrase), defects);
}

function displayName(phrase: readonly Token[]): string | undefined {
  const words = phrase.filter((token) => token.kind !== 'comment').map((token) => token.text);
  return words.length === 0 ? undefined : words.join(' ');
}

/** RFC 5322 §4.4: `@a,@b:` before the address is a route, to be ignored. */
function withoutRoute(inside: readonly Token[], defects: Set<AddressDefect>): readonly Token[] {
  const first = inside.find((token) => token.kind !== 'comment');
  if (first === undefined || !isAt(first)) return inside;
  defects.add('route');
  return inside.slice(inside.findLastIndex((token) => isSpecialToken(token, ':')) + 1);
}

/** RFC 5322 §3.4.1 addr-spec, with white space and comments allowed around it only. */
function readAddress(
  tokens: readonly Token[],
  name: string | undefined,
  defects: Set<AddressDefect>,
): Mailbox | undefined {
  const words = tokens.filter((token) => token.kind !== 'comment');
  const at = words.findIndex(isAt);
  if (at < 0) {
    defects.add('no-address');
    return undefined;
  }
  const local = joinTail(words.slice(0, at), defects);
  const domain = joinHead(words.slice(at + 1), defects);
  if (local === undefined || domain === undefined) {
    defects.add('bad-address');
    return undefined;
  }
  checkGap(words[at - 1], words[at], defects);
  checkGap(words[at], words[at + 1], defects);
  if (local.includes('=?') || domain.includes('=?')) defects.add('encoded-word-in-address');
  return { displayName: name, address: `${local}@${domain}`, domain: domain.toLowerCase() };
}

/** The domain: the words after the @, as far as they hang together. */
function joinHead(words: readonly Token[], defects: Set<AddressDefect>): string | undefined {
  let text = '';
  let last: Token | undefined;
  for (const word of words) {
    if (word.kind === 'special' || word.kind === 'quoted') return undefined;
    if (last !== undefined && !hangTogether(last, word)) {
      defects.add('text-around-address');
      break;
    }
    checkGap(last, word, defects);
    text += word.text;
    last = word;
  }
  return text === '' ? undefined : text;
}

/** The local part: the words before the @, as far back as they hang together. */
function joinTail(words: readonly Token[], defects: Set<AddressDefect>): string | undefined {
  const parts: string[] = [];
  let next: Token | undefined;
  for (let index = words.length - 1; index >= 0; index -= 1) {
    const word = words[index];
    if (word === undefined || word.kind === 'special' || word.kind === 'literal') return undefined;
    if (next !== undefined && !hangTogether(word, next)) {
      defects.add('text-around-address');
      break;
    }
    checkGap(word, next, defects);
    parts.push(word.kind === 'quoted' ? quote(word.text) : word.text);
    next = word;
  }
  return parts.length === 0 ? undefined : parts.reverse().join('');
}

/** RFC 5322 §4.4 obs-domain and obs-local-part: white space or a comment may stand beside a dot, nowhere else. */
function hangTogether(left: Token, right: Token): boolean {
  return left.end === right.start || left.text.endsWith('.') || right.text.startsWith('.');
}

function checkGap(left: Token | undefined, right: Token | undefined, defects: Set<AddressDefect>): void {
  if (left === undefined || right === undefined || left.end === right.start) return;
  defects.add(right.afterComment ? 'comment-in-address' : 'space-in-address');
}

function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
