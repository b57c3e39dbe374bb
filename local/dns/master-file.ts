/**
 * The lexical level of a master file (RFC 1035 §5.1): entries of tokens. A newline ends an entry unless a parenthesis
 * is open; `;` starts a comment; quotes keep blanks; a backslash takes the next character out of its meaning.
 */

export interface Token {
  /** As written between the quotes or blanks, escapes untouched. */
  readonly text: string;
  readonly quoted: boolean;
  /** 1-based. */
  readonly line: number;
}

export interface Entry {
  readonly line: number;
  /** The line starts with a blank: the owner is that of the entry before. */
  readonly inheritsOwner: boolean;
  readonly tokens: readonly Token[];
}

export interface Comment {
  readonly line: number;
  /** After the semicolon. */
  readonly text: string;
}

export interface Problem {
  /** 1-based line of the file. */
  readonly line: number;
  readonly message: string;
}

export interface MasterFile {
  readonly entries: readonly Entry[];
  readonly comments: readonly Comment[];
  readonly problems: readonly Problem[];
}

const BLANK = /[ \t\r]/;
const ENDS_WORD = /[ \t\r\n;()"]/;

interface Scan {
  readonly text: string;
  readonly entries: Entry[];
  readonly comments: Comment[];
  readonly problems: Problem[];
  at: number;
  line: number;
  /** Of the entry that is being read. */
  tokens: Token[];
  entryLine: number;
  inheritsOwner: boolean;
  /** The line of the parenthesis that is open. */
  openSince: number | undefined;
}

/** Splits a master file. Never throws; what cannot be read is a problem with its line. */
export function readMasterFile(text: string): MasterFile {
  const start = { at: 0, line: 1, tokens: [], entryLine: 1, inheritsOwner: false, openSince: undefined };
  const scan: Scan = { text, entries: [], comments: [], problems: [], ...start };
  while (scan.at < text.length) step(scan);
  if (scan.openSince !== undefined)
    scan.problems.push({ line: scan.openSince, message: 'the parenthesis is never closed' });
  endEntry(scan);
  return { entries: scan.entries, comments: scan.comments, problems: scan.problems };
}

/** Takes one thing: a line end, a blank, a comment, a parenthesis or a token. */
function step(scan: Scan): void {
  const { text, at, line } = scan;
  const char = text.charAt(at);
  const atLineStart = at === 0 || text.charAt(at - 1) === '\n';
  if (atLineStart && scan.openSince === undefined) {
    scan.entryLine = line;
    scan.inheritsOwner = BLANK.test(char);
  }
  if (char === ';') {
    scan.at = lineEnd(text, at);
    scan.comments.push({ line, text: text.slice(at + 1, scan.at) });
  } else if (char === '\n') {
    if (scan.openSince === undefined) endEntry(scan);
    scan.line += 1;
    scan.at += 1;
  } else if (char === '(' || char === ')') {
    parenthesis(scan, char);
    scan.at += 1;
  } else if (BLANK.test(char)) scan.at += 1;
  else takeToken(scan, char === '"');
}

function parenthesis(scan: Scan, char: '(' | ')'): void {
  const { line, openSince } = scan;
  if (char === '(' && openSince !== undefined)
    scan.problems.push({ line, message: 'a parenthesis is open already' });
  if (char === ')' && openSince === undefined)
    scan.problems.push({ line, message: 'no parenthesis is open' });
  scan.openSince = char === '(' ? line : undefined;
}

function takeToken(scan: Scan, quoted: boolean): void {
  const { text, at, line } = scan;
  const start = quoted ? at + 1 : at;
  const end = quoted ? quotedEnd(text, start) : wordEnd(text, start);
  const closed = quoted && text.charAt(end) === '"';
  if (quoted && !closed) scan.problems.push({ line, message: 'the quote does not end' });
  scan.tokens.push({ text: text.slice(start, end), quoted, line });
  scan.at = closed ? end + 1 : end;
}

function endEntry(scan: Scan): void {
  const { tokens, entryLine: line, inheritsOwner } = scan;
  if (tokens.length > 0) scan.entries.push({ line, inheritsOwner, tokens });
  scan.tokens = [];
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

/** Index of the closing quote, or of the line's end when there is none. */
function quotedEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charAt(at) !== '"' && text.charAt(at) !== '\n')
    at += text.charAt(at) === '\\' && text.charAt(at + 1) !== '\n' ? 2 : 1;
  return Math.min(at, text.length);
}

function wordEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && !ENDS_WORD.test(text.charAt(at)))
    at += text.charAt(at) === '\\' && text.charAt(at + 1) !== '\n' ? 2 : 1;
  return Math.min(at, text.length);
}

/** The bytes that a token stands for: `\DDD` is an octet, `\X` is X (RFC 1035 §5.1). Undefined for `\999`. */
export function tokenBytes(token: Token): Uint8Array | undefined {
  const pieces: Uint8Array[] = [];
  let plainFrom = 0;
  const { text } = token;
  for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', plainFrom)) {
    pieces.push(Buffer.from(text.slice(plainFrom, at), 'utf8'));
    const digits = /^\d{3}/.exec(text.slice(at + 1, at + 4));
    if (digits !== null) {
      const octet = Number(digits[0]);
      if (octet > 255) return undefined;
      pieces.push(Uint8Array.of(octet));
      plainFrom = at + 4;
    } else {
      const escaped = String.fromCodePoint(text.codePointAt(at + 1) ?? 0x5c);
      pieces.push(Buffer.from(escaped, 'utf8'));
      plainFrom = at + 1 + escaped.length;
    }
  }
  pieces.push(Buffer.from(text.slice(plainFrom), 'utf8'));
  return Buffer.concat(pieces);
}
