/** Reads a structured header value from left to right (RFC 5322 §3.2): each function moves the cursor behind what it read. */
import { unfold } from '../text.ts';

export interface Cursor {
  readonly text: string;
  at: number;
}

/** RFC 5321 §4.1.2 Keyword, and the underscore that large receivers write (`dkim=perm_fail`, `policy.dmarc_policy`). */
const KEYWORD = /[A-Za-z0-9_-]+/y;
const DIGITS = /[0-9]+/y;
/** RFC 2045 §5.1 token, and everything beyond ASCII (RFC 8601 §2.2 lets authserv-id be of U-labels). */
const TOKEN = /[!#$%&'*+\-.0-9A-Z^_`a-z{|}~\u{80}-\u{10ffff}]+/uy;
/** What no comment, quote, semicolon or blank ends. Wider than a token: receivers write base64 and addresses without quotes. */
const UNQUOTED = /[^\s;()"\\]+/y;
/** NUL and the other controls but tab: no writer puts them there, and readers treat them differently. */
const CONTROL = /[^\t\x20-\x7e\u{80}-\u{10ffff}]/u;

/** A cursor over a field's value, unfolded; undefined when it holds a control character or a bare line end. */
export function cursorOver(value: string): Cursor | undefined {
  const text = unfold(value.replace(/\r?\n$/, ''));
  return CONTROL.test(text) ? undefined : { text, at: 0 };
}

/** Whether nothing is left. */
export function atEnd(cursor: Cursor): boolean {
  return cursor.at >= cursor.text.length;
}

/** Moves behind `char` when it is next. */
export function take(cursor: Cursor, char: string): boolean {
  const found = cursor.text.startsWith(char, cursor.at);
  if (found) cursor.at += char.length;
  return found;
}

export function takeKeyword(cursor: Cursor): string | undefined {
  return takeMatch(cursor, KEYWORD);
}

export function takeDigits(cursor: Cursor): string | undefined {
  return takeMatch(cursor, DIGITS);
}

export function takeToken(cursor: Cursor): string | undefined {
  return takeMatch(cursor, TOKEN);
}

export function takeUnquoted(cursor: Cursor): string | undefined {
  return takeMatch(cursor, UNQUOTED);
}

/** Moves behind white space and comments (RFC 5322 §3.2.2). False: a comment does not end. Counts instead of recursing. */
export function skipCfws(cursor: Cursor): boolean {
  const { text } = cursor;
  let depth = 0;
  for (; cursor.at < text.length; cursor.at += 1) {
    const char = text.charAt(cursor.at);
    if (char === '(') depth += 1;
    else if (depth === 0) {
      if (char !== ' ' && char !== '\t') return true;
    } else if (char === ')') depth -= 1;
    else if (char === '\\') cursor.at += 1;
  }
  return depth === 0;
}

/** RFC 5322 §3.2.4, the content with its quoted pairs resolved. Undefined: none here, or it does not end. */
export function takeQuoted(cursor: Cursor): string | undefined {
  const { text } = cursor;
  if (text.charAt(cursor.at) !== '"') return undefined;
  let content = '';
  for (let at = cursor.at + 1; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '"') {
      cursor.at = at + 1;
      return content;
    }
    if (char === '\\') at += 1;
    content += text.charAt(at);
  }
  return undefined;
}

function takeMatch(cursor: Cursor, sticky: RegExp): string | undefined {
  sticky.lastIndex = cursor.at;
  const found = sticky.exec(cursor.text)?.[0];
  if (found !== undefined) cursor.at += found.length;
  return found;
}
