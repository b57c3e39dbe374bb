/** What the YAML parser's errors mean to someone who edits a file. */
import { type Document, isMap, isScalar, isSeq, type ParsedNode, type Scalar, type YAMLError } from 'yaml';

/** Errors without an entry keep the parser's words. */
const EXPLAINED: ReadonlyMap<string, string> = new Map([
  ['TAB_AS_INDENT', 'a tab is used to indent; YAML takes spaces only'],
  ['BAD_SCALAR_START', 'a value that begins with @, ` or % must be in quotes'],
  [
    'BLOCK_AS_IMPLICIT_KEY',
    'a second ": " on the line, or wrong indentation; put a value with ": " in quotes',
  ],
  ['MULTIPLE_DOCS', 'a second document ("---") begins here; a policy is one document'],
  ['NON_STRING_KEY', 'a key must be plain text'],
  ['RESOURCE_EXHAUSTION', 'nested too deep'],
  ['MISSING_CHAR', 'a closing quote is missing, here or above'],
  ['BAD_INDENT', 'wrong indentation, or a closing bracket is missing'],
  [
    'BAD_DQ_ESCAPE',
    'in double quotes, "\\" begins an escape of YAML; put it in single quotes, as in \'\\bno \\d+\'',
  ],
]);

export const STAR_HINT = 'an unquoted "*" begins a YAML alias; put the pattern in quotes';

/** What word processors and mail programs make of quotes. */
const CURLY = /[\u2018-\u201f\u00ab\u00bb]/;

/** Why a text that begins with a curly quote is probably not what was meant; undefined for any other. */
export function curlyQuoteHint(text: string): string | undefined {
  const sign = text.charAt(0);
  if (!CURLY.test(sign)) return undefined;
  return `the curly quote ${sign} is no quote for YAML, so it is part of the text; write " or '`;
}

/** Of every quoted text, where it opens by where it ends. Made once: a hostile file has thousands of errors. */
function openedQuotes(document: Document.Parsed<ParsedNode>): ReadonlyMap<number, number> {
  const opened = new Map<number, number>();
  const stack: unknown[] = [document.contents];
  // Not by recursion: a hostile file is nested as deep as the parser can bear.
  while (stack.length > 0) {
    const node = stack.pop();
    if (isScalar(node) && isQuoted(node) && node.range) opened.set(node.range[1], node.range[0]);
    if (isSeq(node)) for (const item of node.items) stack.push(item);
    if (isMap(node)) for (const { key, value } of node.items) stack.push(key, value);
  }
  return opened;
}

function isQuoted({ type }: Scalar): boolean {
  return type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE';
}

function explain(error: YAMLError, quotes: ReadonlyMap<number, number>, lineOf: LineOf): string {
  if (error.code === 'BAD_ALIAS') return STAR_HINT;
  const opened = error.code === 'MISSING_CHAR' ? quotes.get(error.pos[0]) : undefined;
  if (opened !== undefined) return `the quote that opens on line ${lineOf(opened)} is never closed`;
  return EXPLAINED.get(error.code) ?? `not readable as YAML: ${error.message}`;
}

/** The line of an offset, from 1. */
type LineOf = (offset: number) => number;

export interface YamlProblem {
  readonly offset: number;
  readonly message: string;
}

/** What the parser found. A curly quote gives many errors in its line, of which the first is enough. */
export function yamlProblems(
  document: Document.Parsed<ParsedNode>,
  text: string,
  lineOf: LineOf,
): readonly YamlProblem[] {
  if (document.errors.length === 0) return [];
  const lines = text.split('\n');
  const quotes = openedQuotes(document);
  const told = new Set<number>();
  return document.errors.flatMap((error) => {
    const offset = error.pos[0];
    const line = lineOf(offset);
    const message = explain(error, quotes, lineOf);
    const curly = CURLY.exec(lines[line - 1] ?? '');
    if (curly === null) return [{ offset, message }];
    if (told.has(line)) return [];
    told.add(line);
    const hint = `this line has the curly quote ${curly[0]}, which is no quote for YAML: write " or '`;
    return [{ offset, message: `${hint} (${message})` }];
  });
}
