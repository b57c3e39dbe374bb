/**
 * Filter patterns of CloudWatch Logs, the two forms that are asked for here ("Filter pattern syntax"): terms, all of
 * which a line must have (`"a b" c`), and equality of JSON members joined by and (`{ $.event.eventName = "X" }`).
 */
import { isJsonObject, parseJson } from '../json.ts';

/** The longest pattern that CloudWatch takes. */
const MAX_PATTERN_CHARS = 1024;
const TERM = /"((?:[^"\\]|\\.){0,1024})"|([A-Za-z0-9_]+)/y;
const EQUALITY = /^\$((?:\.[A-Za-z0-9_]{1,64}){1,8})\s*=\s*(?:"((?:[^"\\]|\\.){0,1024})"|([A-Za-z0-9_]+))$/;

type Filter = (message: string) => boolean;

const unescaped = (text: string): string => text.replace(/\\(.)/g, '$1');

function parseTerms(pattern: string): Filter | undefined {
  const terms: string[] = [];
  let at = 0;
  while (at < pattern.length) {
    if (pattern[at] === ' ') {
      at += 1;
      continue;
    }
    TERM.lastIndex = at;
    const match = TERM.exec(pattern);
    if (match === null) return undefined;
    terms.push(match[1] === undefined ? (match[2] ?? '') : unescaped(match[1]));
    at = TERM.lastIndex;
  }
  return (message) => terms.every((term) => message.includes(term));
}

function memberAt(value: unknown, path: readonly string[]): unknown {
  let current = value;
  for (const name of path)
    current = isJsonObject(current) && Object.hasOwn(current, name) ? current[name] : undefined;
  return current;
}

function parseEqualities(inner: string): Filter | undefined {
  const parts = inner.split('&&').map((part) => EQUALITY.exec(part.trim()));
  const wanted: { readonly path: readonly string[]; readonly value: string }[] = [];
  for (const part of parts) {
    if (part === null) return undefined;
    const [, path = '', quoted, plain = ''] = part;
    wanted.push({ path: path.slice(1).split('.'), value: quoted === undefined ? plain : unescaped(quoted) });
  }
  return (message) => {
    const line = parseJson(message);
    return wanted.every(({ path, value }) => String(memberAt(line, path)) === value);
  };
}

/** What the pattern lets through; undefined for a pattern that is not known here. */
export function parseFilter(pattern: string): Filter | undefined {
  const text = pattern.trim();
  if (text.length > MAX_PATTERN_CHARS) return undefined;
  if (text.startsWith('{') && text.endsWith('}')) return parseEqualities(text.slice(1, -1));
  return parseTerms(text);
}
