/**
 * What a style sheet, or a style attribute, would fetch or run, found by the tokens of CSS (CSS Syntax 3 §4): names with their
 * escapes resolved, strings and comments passed over. Only the few characters that make it work are replaced. Linear.
 */
import type { BodyEdit } from './edits.ts';

export interface CssWish {
  /** `url()` of other hosts, `@import`, and functions that take addresses as strings. */
  readonly remote: boolean;
  /** `expression()`, `behavior`, `-moz-binding`, addresses that are scripts, `@import`. */
  readonly active: boolean;
}

/** An address that fetches nothing and shows nothing. */
const NOTHING = 'data:,';
/** CSS Images 4 §2-4, CSS Values 4 §4.5: functions that take an address as a string; unknown to all with this in front, and so ignored. */
const TAKES_ADDRESSES: ReadonlySet<string> = new Set(['image', 'image-set', '-webkit-image-set', 'src']);
const ACTIVE_NAMES: ReadonlySet<string> = new Set(['behavior', '-moz-binding', '-ms-behavior']);
const DISARMED = 'x-';

/** The edits of `css` that take that away, in ascending order. */
export function cssEdits(css: string, wish: CssWish): readonly BodyEdit[] {
  const edits: BodyEdit[] = [];
  for (let at = 0; at < css.length; ) at = afterCssToken(css, at, wish, edits);
  return edits;
}

function afterCssToken(css: string, at: number, wish: CssWish, edits: BodyEdit[]): number {
  const char = css[at] ?? '';
  if (char === '"' || char === "'") return afterString(css, at);
  if (char === '/' && css[at + 1] === '*') {
    const end = css.indexOf('*/', at + 2);
    return end === -1 ? css.length : end + 2;
  }
  if (char === '@') return afterAtRule(css, at, edits);
  if (!isNameChar(css, at)) return at + 1;
  const name = readName(css, at);
  if (css[name.end] !== '(') {
    if (wish.active && ACTIVE_NAMES.has(name.text)) disarm(edits, at);
    return name.end;
  }
  if (name.text === 'url' || name.text === 'url-prefix') return afterUrl(css, name.end + 1, wish, edits);
  const isActive = wish.active && name.text === 'expression';
  if (isActive || (wish.remote && TAKES_ADDRESSES.has(name.text))) disarm(edits, at);
  return name.end + 1;
}

function disarm(edits: BodyEdit[], at: number): void {
  edits.push({ start: at, end: at, text: DISARMED });
}

/** An unknown at-rule is ignored up to its semicolon (CSS Syntax 3 §5.4.2). */
function afterAtRule(css: string, at: number, edits: BodyEdit[]): number {
  const name = readName(css, at + 1);
  if (name.text === 'import') disarm(edits, at + 1);
  return Math.max(name.end, at + 1);
}

/** CSS Syntax 3 §4.3.6: the address with or without quotes. */
function afterUrl(css: string, from: number, wish: CssWish, edits: BodyEdit[]): number {
  let start = from;
  while (/\s/.test(css[start] ?? '')) start++;
  const quote = css[start] === '"' || css[start] === "'" ? 1 : 0;
  const end = quote === 1 ? afterString(css, start) : endOfAddress(css, start);
  const closed = quote === 1 && css[end - 1] === css[start] && end - 1 > start ? 1 : 0;
  const cut = Math.min(end - closed, start + quote + MAX_ADDRESS_START);
  const address = plainCss(css.slice(start + quote, cut)).trim();
  // Nothing but blanks as far as was looked: something may follow.
  const isUnknown = address === '' && cut < end - closed;
  if (isUnknown || isUnwanted(address, wish))
    edits.push({ start: start + quote, end: end - closed, text: NOTHING });
  return end;
}

function isUnwanted(address: string, { remote, active }: CssWish): boolean {
  if (address === '' || /^(?:cid|mid|data:image|data:font|data:,|#)/i.test(address)) return false;
  const isScript = /^(?:java|vb|live)script:|^data:|^mocha:/i.test(address.replace(/[\0-\x20]/g, ''));
  return remote || (active && isScript);
}

function endOfAddress(css: string, from: number): number {
  let at = from;
  while (at < css.length && css[at] !== ')') at += css[at] === '\\' ? 2 : 1;
  return Math.min(at, css.length);
}

/** A string that is not closed ends with its line. */
function afterString(css: string, from: number): number {
  const quote = css[from];
  let at = from + 1;
  while (at < css.length && css[at] !== quote) {
    if (css[at] === '\n' || css[at] === '\r' || css[at] === '\f') return at;
    at += css[at] === '\\' ? (css.startsWith('\r\n', at + 1) ? 3 : 2) : 1;
  }
  return Math.min(at + 1, css.length);
}

/** How much of an address is looked at for its scheme, and of a name: stops escapes by the megabyte. */
const MAX_ADDRESS_START = 2000;
const MAX_NAME = 300;

interface CssName {
  /** Lower case, escapes resolved. */
  readonly text: string;
  readonly end: number;
}

function readName(css: string, from: number): CssName {
  let at = from;
  while (at < css.length && isNameChar(css, at)) at += css[at] === '\\' ? escapeLength(css, at) : 1;
  // No name that matters is longer, each character of it as an escape of eight.
  const text = at - from > MAX_NAME ? '' : plainCss(css.slice(from, at)).toLowerCase();
  return { text, end: at };
}

function isNameChar(css: string, at: number): boolean {
  const code = css.charCodeAt(at);
  if (code === 0x5c) return !/[\n\r\f]/.test(css[at + 1] ?? '\n');
  return code > 0x7f || code === 0x2d || code === 0x5f || code === 0 || isAlphanumeric(code);
}

function isAlphanumeric(code: number): boolean {
  const lower = code | 0x20;
  return (code >= 0x30 && code <= 0x39) || (lower >= 0x61 && lower <= 0x7a);
}

const ESCAPE = /\\(?:([0-9a-f]{1,6})(?:\r\n|[ \t\r\n\f])?|(\r\n|[\s\S]))/gi;

/** The length of the escape whose backslash is at `at`. */
function escapeLength(css: string, at: number): number {
  let end = at + 1;
  while (end < at + 7 && isHexDigit(css.charCodeAt(end))) end++;
  if (end === at + 1) return css.startsWith('\r\n', end) ? 3 : 2;
  if (css.startsWith('\r\n', end)) return end + 2 - at;
  return /[ \t\r\n\f]/.test(css[end] ?? '') ? end + 1 - at : end - at;
}

function isHexDigit(code: number): boolean {
  const lower = code | 0x20;
  return (code >= 0x30 && code <= 0x39) || (lower >= 0x61 && lower <= 0x66);
}

/** CSS Syntax 3 §4.3.7. */
function plainCss(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(ESCAPE, (_whole, hex: string | undefined, char: string | undefined) => {
    if (hex === undefined) return /[\r\n\f]/.test(char ?? '') ? '' : (char ?? '');
    const code = Number.parseInt(hex, 16);
    return code === 0 || code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code);
  });
}
