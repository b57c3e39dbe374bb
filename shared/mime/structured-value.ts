/**
 * The common shape of Content-Type and Content-Disposition: a token, then `; name=value` (RFC 2045 §5.1, RFC 2183 §2),
 * with comments (RFC 5322 §3.2.2) and quoted strings. Real mail breaks all of it; the reader goes on where a person
 * would. It works on the folded octets as a latin1 string, so that each value's place is known and can be spliced.
 */
import { MAX_PARAMETERS } from './limits.ts';

/** A parameter as it stands; the span is relative to the value and includes the quotation marks. */
export interface RawParameter {
  readonly name: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
  /** Of a file name without quotes that holds blanks or a comment: its first word with a dot, all that RFC 2045 §5.1 lets it be. */
  readonly word?: string;
}

export interface StructuredValue {
  /** Lower case, without comments and white space; empty when there is none. */
  readonly token: string;
  /** Where the token ends. */
  readonly tokenEnd: number;
  readonly parameters: readonly RawParameter[];
  /** There are more parameters than MAX_PARAMETERS. */
  readonly cut: boolean;
}

/** What an octet may be besides part of a word, a bit each, so that one look tells. */
const SPACE = 1;
const SEMICOLON = 2;
const PARENTHESIS = 4;
const SLASH = 8;
const EQUALS = 16;
const KINDS = new Uint8Array(256);
for (const [char, kind] of [
  [' ', SPACE],
  ['\t', SPACE],
  ['\r', SPACE],
  ['\n', SPACE],
  [';', SEMICOLON],
  ['(', PARENTHESIS],
  ['/', SLASH],
  ['=', EQUALS],
] as const)
  KINDS[char.charCodeAt(0)] = kind;

const OPEN = 0x28;
const CLOSE = 0x29;
const BACKSLASH = 0x5c;
const QUOTE = 0x22;

function isKind(value: string, at: number, kinds: number): boolean {
  return ((KINDS[value.charCodeAt(at)] ?? 0) & kinds) !== 0;
}

/** Skips white space and comments; comments nest by counting, and one that never closes takes the rest. */
function skipComments(value: string, from: number): number {
  let depth = 0;
  let at = from;
  for (; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code === OPEN) depth++;
    else if (depth === 0 && !isKind(value, at, SPACE)) return at;
    else if (code === CLOSE && depth > 0) depth--;
    else if (code === BACKSLASH && depth > 0) at++;
  }
  return at;
}

function endOfToken(value: string, from: number, stops: number): number {
  let at = from;
  while (at < value.length && !isKind(value, at, stops)) at++;
  return at;
}

/** Reads a whole field value. Linear in its length; at most MAX_PARAMETERS parameters. */
export function readStructuredValue(value: string): StructuredValue {
  const { token, tokenEnd } = readStructuredToken(value);
  return { token, tokenEnd, ...readParameters(value, tokenEnd) };
}

/** As `readStructuredValue`, without the parameters. */
export function readStructuredToken(value: string): Pick<StructuredValue, 'token' | 'tokenEnd'> {
  const first = skipComments(value, 0);
  let tokenEnd = endOfToken(value, first, SPACE | SEMICOLON | PARENTHESIS | SLASH);
  let token = value.slice(first, tokenEnd);
  const slash = skipComments(value, tokenEnd);
  if (value[slash] === '/') {
    const second = skipComments(value, slash + 1);
    tokenEnd = endOfToken(value, second, SPACE | SEMICOLON | PARENTHESIS | SLASH);
    token += `/${value.slice(second, tokenEnd)}`;
  }
  // A parameter where the token is missing (`Content-Disposition: filename=x`): readers take it.
  if (token.includes('=')) {
    tokenEnd = first;
    token = '';
  }
  return { token: token.toLowerCase(), tokenEnd };
}

function readParameters(value: string, from: number): Pick<StructuredValue, 'parameters' | 'cut'> {
  const parameters: RawParameter[] = [];
  // A semicolon forgotten after the token as well.
  const first = skipComments(value, from);
  let at = value[first] === ';' ? first + 1 : first;
  while (at < value.length && parameters.length < MAX_PARAMETERS) {
    at = skipComments(value, at);
    const nameEnd = endOfToken(value, at, SPACE | SEMICOLON | PARENTHESIS | EQUALS);
    const name = value.slice(at, nameEnd).toLowerCase();
    const equals = skipComments(value, nameEnd);
    if (value[equals] !== '=') {
      at = skipTo(value, equals);
      continue;
    }
    const parameter = readParameterValue(value, name, skipComments(value, equals + 1));
    if (name !== '') parameters.push(parameter);
    const next = skipComments(value, parameter.end);
    // A forgotten semicolon (`charset=utf-8 format=flowed`): go on, so long as something was read.
    at = value[next] === ';' ? next + 1 : Math.max(next, equals + 1);
  }
  return { parameters, cut: at < value.length };
}

/** After the next semicolon, or the end. */
function skipTo(value: string, from: number): number {
  const semicolon = value.indexOf(';', from);
  return semicolon === -1 ? value.length : semicolon + 1;
}

function readParameterValue(value: string, name: string, start: number): RawParameter {
  if (value.charCodeAt(start) === QUOTE) return readQuoted(value, name, start);
  let end = endOfToken(value, start, SPACE | SEMICOLON);
  // File names are left unquoted with spaces in them; their value ends at the semicolon.
  if (name.startsWith('name') || name.startsWith('filename')) {
    const semicolon = value.indexOf(';', start);
    end = semicolon === -1 ? value.length : semicolon;
    while (end > start && isKind(value, end - 1, SPACE)) end--;
  }
  const text = value.slice(start, end);
  const wordEnd = endOfToken(value, start, SPACE | SEMICOLON | PARENTHESIS);
  if (wordEnd === end) return { name, value: text, start, end };
  const word = value.slice(start, wordEnd);
  const unfolded = text.replace(/[\r\n]/g, '');
  return { name, value: unfolded, start, end, ...(word.includes('.') ? { word } : {}) };
}

function readQuoted(value: string, name: string, start: number): RawParameter {
  let text = '';
  let at = start + 1;
  let from = at;
  for (; at < value.length && value[at] !== '"'; at++) {
    const char = value[at];
    // RFC 5322 §3.2.4: a quoted pair stands for its second character; the line ends of folding stand for nothing.
    if (char !== '\\' && char !== '\r' && char !== '\n') continue;
    text += value.slice(from, at);
    if (char === '\\') at++;
    from = char === '\\' ? at : at + 1;
  }
  text += value.slice(from, Math.min(at, value.length));
  return { name, value: text, start, end: Math.min(at + 1, value.length) };
}
