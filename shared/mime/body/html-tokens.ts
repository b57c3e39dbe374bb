/**
 * HTML as tokens with offsets (HTML Standard §13.2.5), without a tree: text, tags, comments, and what stands in elements
 * whose content is text. It reads as a browser does that is outside SVG and MathML and runs no scripts; what may be read in
 * another way there is for the transforms to level (`levelling.ts`). Every octet is in exactly one token. Linear.
 */

import { firstBehind } from '../in-order.ts';
import {
  CLOSE,
  ENDS_NAME,
  ENDS_TAG_NAME,
  ENDS_VALUE,
  EQUALS,
  isKind,
  isLetter,
  isQuote,
  nameOf,
  OPEN,
  SLASH,
  SPACE,
  skipSpace,
  skipSpaceAndSlashes,
} from './html-chars.ts';
import { endOfRawText, RAW_TEXT } from './raw-text.ts';

export interface HtmlToken {
  readonly kind: 'text' | 'rawText' | 'startTag' | 'endTag' | 'comment' | 'declaration';
  readonly start: number;
  readonly end: number;
  /** Lower case, of a tag; of raw text the element's; else empty. */
  readonly name: string;
  /** The input does not end within it. */
  readonly complete: boolean;
}

/** With its attributes, once somebody has asked for all of them. */
interface Remembering extends HtmlToken {
  attributes?: readonly HtmlAttribute[] | undefined;
}

export interface HtmlAttribute {
  readonly start: number;
  readonly end: number;
  /** Lower case. */
  readonly name: string;
  /** Without its quotes, entities as they stand. Equal where there is no value. */
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** How much markup is still looked at (`MAX_HTML_TOKENS`); negative when there was more. */
export interface HtmlBudget {
  left: number;
  /** What is known of the text already. */
  readonly known?: KnownTokens;
}

/** The tokens of one text, for several transforms that go over it. */
export interface KnownTokens {
  readonly html: string;
  /** From the first on that was asked for; none where there are too many of them. */
  readonly tokens: readonly HtmlToken[];
  readonly tooMany: boolean;
}

/** Reads the tokens from `start` on, unless there are more than `limit`. */
export function knownTokens(html: string, start: number, limit: number): KnownTokens {
  const tokens: HtmlToken[] = [];
  // To count costs little, to keep what is thrown away then costs much; a short text cannot have too many.
  if (html.length > limit && !walkTokens(html, start, limit, ignore)) return { html, tokens, tooMany: true };
  walkTokens(html, start, limit, (token) => tokens.push(token));
  return { html, tokens, tooMany: false };
}

function ignore(): void {
  // Only counted.
}

/** False where there are more than `limit`. */
function walkTokens(html: string, start: number, limit: number, visit: (token: HtmlToken) => void): boolean {
  let left = limit;
  for (let at = start; at < html.length; ) {
    if (--left < 0) return false;
    const token = tokenAt(html, at);
    const raw = rawTextAfter(html, token);
    visit(token);
    if (raw !== undefined) visit(raw);
    at = (raw ?? token).end;
  }
  return true;
}

/** The tokens from `start` on. Stops where the budget ends. */
export function htmlTokens(html: string, start: number, budget: HtmlBudget): Iterable<HtmlToken> {
  const { known } = budget;
  const index = known?.html === html ? indexAt(known.tokens, start) : -1;
  return known === undefined || index === -1
    ? readTokens(html, start, budget)
    : recalled(known.tokens, index, budget);
}

/** Where the token begins that would be read at `start`; -1 where it is not among them. */
function indexAt(tokens: readonly HtmlToken[], start: number): number {
  const index = firstBehind(tokens, start, (token) => token.start) - 1;
  const found = tokens[index];
  return found?.start === start && found.kind !== 'rawText' ? index : -1;
}

function* recalled(tokens: readonly HtmlToken[], from: number, budget: HtmlBudget): Generator<HtmlToken> {
  for (let index = from; index < tokens.length; index++) {
    const token = tokens[index];
    if (token === undefined || (token.kind !== 'rawText' && --budget.left < 0)) return;
    yield token;
  }
}

function* readTokens(html: string, start: number, budget: HtmlBudget): Generator<HtmlToken> {
  let at = start;
  while (at < html.length) {
    if (--budget.left < 0) return;
    const token = tokenAt(html, at);
    yield token;
    const raw = rawTextAfter(html, token);
    if (raw !== undefined) yield raw;
    at = (raw ?? token).end;
  }
}

function tokenAt(html: string, at: number): HtmlToken {
  return markupAt(html, at) ?? textAt(html, at);
}

/** The content of an element whose content is text, where it has some. */
function rawTextAfter(html: string, { kind, complete, name, end: start }: HtmlToken): HtmlToken | undefined {
  if (kind !== 'startTag' || !complete || !RAW_TEXT.has(name)) return undefined;
  const end = endOfRawText(html, start, name);
  return end > start ? { kind: 'rawText', start, end, name, complete: end < html.length } : undefined;
}

/** The attributes of a tag, those of its repeated names too. */
export function attributesOf(html: string, tag: HtmlToken, budget: HtmlBudget): readonly HtmlAttribute[] {
  const remembering: Remembering = tag;
  const known = remembering.attributes ?? readAttributes(html, tag, budget.left);
  if (known.length <= budget.left) remembering.attributes = known;
  budget.left -= known.length;
  return budget.left < 0 ? known.slice(0, budget.left) : known;
}

/** One more than `limit` tells that there are more. */
function readAttributes(html: string, tag: HtmlToken, limit: number): readonly HtmlAttribute[] {
  const attributes: HtmlAttribute[] = [];
  let at = tag.start + 1 + tag.name.length;
  for (;;) {
    at = skipSpaceAndSlashes(html, at);
    if (at >= tag.end - 1 || html.charCodeAt(at) === CLOSE) return attributes;
    if (attributes.length > limit) return attributes;
    const start = at;
    at = afterAttributeName(html, at);
    const name = nameOf(html, start, at);
    const equals = skipSpace(html, at);
    if (html.charCodeAt(equals) !== EQUALS) {
      attributes.push({ start, end: at, name, valueStart: at, valueEnd: at });
      continue;
    }
    const from = skipSpace(html, equals + 1);
    const end = afterValue(html, from);
    if (end === -1) return attributes;
    const quoted = isQuote(html.charCodeAt(from)) ? 1 : 0;
    attributes.push({ start, end, name, valueStart: from + quoted, valueEnd: end - quoted });
    at = end;
  }
}

/** What begins with the "<" at `at`; undefined where that is text. */
function markupAt(html: string, at: number): HtmlToken | undefined {
  if (html.charCodeAt(at) !== OPEN) return undefined;
  const next = html.charCodeAt(at + 1);
  if (isLetter(next)) return tag(html, at, 'startTag');
  if (next === SLASH) {
    if (at + 2 >= html.length) return undefined;
    return isLetter(html.charCodeAt(at + 2)) ? tag(html, at, 'endTag') : bogus(html, at);
  }
  if (next === 0x21) return html.startsWith('--', at + 2) ? comment(html, at) : bogus(html, at);
  return next === 0x3f ? bogus(html, at) : undefined;
}

function textAt(html: string, at: number): HtmlToken {
  let end = html.indexOf('<', at + 1);
  while (end !== -1 && !beginsMarkup(html, end)) end = html.indexOf('<', end + 1);
  return { kind: 'text', start: at, end: end === -1 ? html.length : end, name: '', complete: true };
}

/** HTML Standard §13.2.5.1, 6, 7: what makes of a "<" the beginning of something. */
function beginsMarkup(html: string, at: number): boolean {
  const next = html.charCodeAt(at + 1);
  if (isLetter(next) || next === 0x21 || next === 0x3f) return true;
  return next === SLASH && at + 2 < html.length;
}

function tag(html: string, at: number, kind: 'startTag' | 'endTag'): HtmlToken {
  const nameStart = kind === 'startTag' ? at + 1 : at + 2;
  const nameEnd = endOfTagName(html, nameStart);
  const end = afterTag(html, nameEnd);
  const name = nameOf(html, nameStart, nameEnd);
  const token: Remembering = {
    kind,
    start: at,
    end: end === -1 ? html.length : end,
    name,
    complete: end !== -1,
    attributes: undefined,
  };
  return token;
}

/** HTML Standard §13.2.5.41, 42: what looks like a declaration and is none ends at the first ">". */
function bogus(html: string, at: number): HtmlToken {
  const close = html.indexOf('>', at + 2);
  const end = close === -1 ? html.length : close + 1;
  return { kind: 'declaration', start: at, end, name: '', complete: close !== -1 };
}

const COMMENT_END = /--!?>/g;

/** HTML Standard §13.2.5.43-52: `<!-->` and `<!--->` are whole comments, `--!>` ends one as well. */
function comment(html: string, at: number): HtmlToken {
  const common = { kind: 'comment', start: at, name: '' } as const;
  if (html[at + 4] === '>') return { ...common, end: at + 5, complete: true };
  if (html.startsWith('->', at + 4)) return { ...common, end: at + 6, complete: true };
  COMMENT_END.lastIndex = at + 4;
  const found = COMMENT_END.exec(html);
  const end = found === null ? html.length : found.index + found[0].length;
  return { ...common, end, complete: found !== null };
}

/** HTML Standard §13.2.5.32-39: after the ">" that ends the tag whose name ends at `from`, or -1. */
export function afterTag(html: string, from: number): number {
  let at = from;
  for (;;) {
    if (html.charCodeAt(at) === CLOSE) return at + 1;
    at = skipSpaceAndSlashes(html, at);
    if (at >= html.length) return -1;
    if (html.charCodeAt(at) === CLOSE) return at + 1;
    at = skipSpace(html, afterAttributeName(html, at));
    if (html.charCodeAt(at) === EQUALS) at = afterValue(html, skipSpace(html, at + 1));
    if (at === -1) return -1;
  }
}

function afterAttributeName(html: string, from: number): number {
  // The first character belongs to the name, whatever it is.
  let at = from + 1;
  while (at < html.length && !isKind(html.charCodeAt(at), SPACE | ENDS_NAME)) at++;
  return at;
}

function afterValue(html: string, at: number): number {
  const quote = html.charCodeAt(at);
  if (isQuote(quote)) {
    const close = html.indexOf(quote === 0x22 ? '"' : "'", at + 1);
    return close === -1 ? -1 : close + 1;
  }
  let end = at;
  while (end < html.length && !isKind(html.charCodeAt(end), SPACE | ENDS_VALUE)) end++;
  return end;
}

function endOfTagName(html: string, from: number): number {
  let at = from;
  while (at < html.length && !isKind(html.charCodeAt(at), SPACE | ENDS_TAG_NAME)) at++;
  return at;
}
