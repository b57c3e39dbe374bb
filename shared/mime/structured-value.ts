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

const SPACES: ReadonlySet<string> = new Set([' ', '\t', '\r', '\n']);

function isSpace(char: string | undefined): boolean {
  return char !== undefined && SPACES.has(char);
}

/** Skips white space and comments; comments nest by counting, and one that never closes takes the rest. */
function skipComments(value: string, from: number): number {
  let depth = 0;
  let at = from;
  for (; at < value.length; at++) {
    const char = value[at];
    if (char === '(') depth++;
    else if (depth === 0 && !isSpace(char)) return at;
    else if (char === ')' && depth > 0) depth--;
    else if (char === '\\' && depth > 0) at++;
  }
  return at;
}

function endOfToken(value: string, from: number, stops: string): number {
  let at = from;
  while (at < value.length && !isSpace(value[at]) && !stops.includes(value[at] ?? '')) at++;
  return at;
}

/** Reads a whole field value. Linear in its length; at most MAX_PARAMETERS parameters. */
export function readStructuredValue(value: string): StructuredValue {
  const first = skipComments(value, 0);
  let tokenEnd = endOfToken(value, first, ';(/');
  let token = value.slice(first, tokenEnd);
  const slash = skipComments(value, tokenEnd);
  if (value[slash] === '/') {
    const second = skipComments(value, slash + 1);
    tokenEnd = endOfToken(value, second, ';(/');
    token += `/${value.slice(second, tokenEnd)}`;
  }
  // A parameter where the token is missing (`Content-Disposition: filename=x`): readers take it.
  if (token.includes('=')) {
    tokenEnd = first;
    token = '';
  }
  return { token: token.toLowerCase(), tokenEnd, ...readParameters(value, tokenEnd) };
}

function readParameters(value: string, from: number): Pick<StructuredValue, 'parameters' | 'cut'> {
  const parameters: RawParameter[] = [];
  // A semicolon forgotten after the token as well.
  const first = skipComments(value, from);
  let at = value[first] === ';' ? first + 1 : first;
  while (at < value.length && parameters.length < MAX_PARAMETERS) {
    at = skipComments(value, at);
    const nameEnd = endOfToken(value, at, ';=(');
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
  if (value[start] === '"') return readQuoted(value, name, start);
  let end = endOfToken(value, start, ';');
  // File names are left unquoted with spaces in them; their value ends at the semicolon.
  if (name.startsWith('name') || name.startsWith('filename')) {
    const semicolon = value.indexOf(';', start);
    end = semicolon === -1 ? value.length : semicolon;
    while (end > start && isSpace(value[end - 1])) end--;
  }
  const word = value.slice(start, endOfToken(value, start, ';('));
  const text = value.slice(start, end).replace(/[\r\n]/g, '');
  return { name, value: text, start, end, ...(word === text || !word.includes('.') ? {} : { word }) };
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
