/**
 * Authentication-Results by anyone (RFC 8601 §2.2), and ARC-Authentication-Results behind its instance:
 *
 *     mx.example.net 1; dkim=pass reason="good" header.d=example.com; spf=pass (a comment) smtp.mailfrom=example.com
 *
 * What large receivers write beside the grammar is read where it can mean one thing only: values without the quotes they
 * should have, an empty value, a semicolon at the end, a pair without a property type (`action=none`, skipped), `reason`
 * behind the properties. What a sender could have smuggled in is refused whole: a quote, comment or backslash in the middle
 * of a value, a comment without a blank before it behind one, a value that could as well be the next property.
 *
 * Whether such a field may be believed is not told here (§7.1): everyone can write one. SES's own is `ses-results.ts`.
 */
import type { AuthenticationResults, MethodResult } from '../evidence-types.ts';
import {
  atEnd,
  type Cursor,
  cursorOver,
  skipCfws,
  take,
  takeDigits,
  takeKeyword,
  takeQuoted,
  takeToken,
  takeUnquoted,
} from './cursor.ts';

export type ParsedAuthenticationResults =
  | { readonly ok: true; readonly value: AuthenticationResults }
  | { readonly ok: false; readonly why: string };

/** Against a field that is a book; the longest real ones have a few thousand characters. */
const MAX_FIELD_CHARS = 65_536;
/** Against thousands of results, each of which somebody looks at. */
const MAX_RESULTS = 128;
/** Against a result that is all properties; real ones have eight at most. */
const MAX_PROPERTIES = 64;

type Property = MethodResult['properties'][number];
/** What follows a method's result. */
type Extra =
  | { readonly kind: 'property'; readonly property: Property }
  | { readonly kind: 'reason'; readonly reason: string }
  | { readonly kind: 'skipped' };

/** How a property begins, or `reason`. */
const NEXT_PROPERTY = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)?=/;
const UNENDED = 'a comment that does not end';

/** Reads the value of the field, folded or not. Never throws; `why` is one of a few fixed sentences. */
export function parseAuthenticationResults(value: string): ParsedAuthenticationResults {
  if (value.length > MAX_FIELD_CHARS) return { ok: false, why: 'the field is too long' };
  const cursor = cursorOver(value);
  if (cursor === undefined) return { ok: false, why: 'a control character' };
  const authservId = readAuthservId(cursor);
  if (typeof authservId !== 'object') return { ok: false, why: authservId };
  const results = readResults(cursor);
  if (typeof results === 'string') return { ok: false, why: results };
  return { ok: true, value: { authservId: authservId.id, version: 1, results } };
}

/** `[CFWS] authserv-id [CFWS version] [CFWS]`, up to the first semicolon. */
function readAuthservId(cursor: Cursor): { readonly id: string } | string {
  if (!skipCfws(cursor)) return UNENDED;
  const id = takeToken(cursor) ?? takeQuoted(cursor);
  if (id === undefined || id === '') return 'no authserv-id';
  if (!skipCfws(cursor)) return UNENDED;
  const version = takeDigits(cursor);
  // RFC 8601 §2.2: the version of this syntax is 1. Another may mean anything.
  if (version !== undefined && Number(version) !== 1) return 'a version other than 1';
  if (!skipCfws(cursor)) return UNENDED;
  if (cursor.text.charAt(cursor.at) === '=') return 'no authserv-id';
  return atEnd(cursor) || cursor.text.charAt(cursor.at) === ';' ? { id } : 'text behind the authserv-id';
}

function readResults(cursor: Cursor): readonly MethodResult[] | string {
  const results: MethodResult[] = [];
  let count = 0;
  while (take(cursor, ';')) {
    if (!skipCfws(cursor)) return UNENDED;
    if (atEnd(cursor)) break;
    count += 1;
    if (count > MAX_RESULTS) return 'too many results';
    if (count === 1 && takesNone(cursor)) return results;
    const result = readResult(cursor);
    if (typeof result === 'string') return result;
    if (result.understood) results.push(result.result);
  }
  if (count === 0) return 'no results';
  return atEnd(cursor) ? results : 'text behind a result';
}

/** RFC 8601 §2.2 no-result: the word alone, to the end. */
function takesNone(cursor: Cursor): boolean {
  const ahead: Cursor = { ...cursor };
  if (takeKeyword(ahead)?.toLowerCase() !== 'none' || !skipCfws(ahead)) return false;
  take(ahead, ';');
  if (!skipCfws(ahead) || !atEnd(ahead)) return false;
  cursor.at = ahead.at;
  return true;
}

/** `method [/ version] = result`, then what is said about it. */
function readResult(
  cursor: Cursor,
): { readonly understood: boolean; readonly result: MethodResult } | string {
  const method = takeKeyword(cursor)?.toLowerCase();
  if (method === undefined) return 'a result without its method';
  if (!skipCfws(cursor)) return UNENDED;
  let understood = true;
  if (take(cursor, '/')) {
    if (!skipCfws(cursor)) return UNENDED;
    // RFC 8601 §2.2 method-version: registered methods are of version 1; what another one says is not known.
    understood = Number(takeDigits(cursor)) === 1;
    if (!skipCfws(cursor)) return UNENDED;
  }
  if (!take(cursor, '=')) return 'a result without its method';
  if (!skipCfws(cursor)) return UNENDED;
  const result = takeKeyword(cursor)?.toLowerCase();
  if (result === undefined) return 'a method without its result';
  const details = readDetails(cursor);
  return typeof details === 'string' ? details : { understood, result: { method, result, ...details } };
}

function readDetails(cursor: Cursor): Pick<MethodResult, 'reason' | 'properties'> | string {
  const properties: Property[] = [];
  let reason: string | undefined;
  let before = cursor.at;
  for (;;) {
    if (!skipCfws(cursor)) return UNENDED;
    if (atEnd(cursor) || cursor.text.charAt(cursor.at) === ';') return { reason, properties };
    if (cursor.at === before) return 'text behind a result';
    const extra = readExtra(cursor);
    if (typeof extra === 'string') return extra;
    if (extra.kind === 'property') properties.push(extra.property);
    if (properties.length > MAX_PROPERTIES) return 'too many properties';
    if (extra.kind === 'reason') {
      if (reason !== undefined) return 'two reasons';
      reason = extra.reason;
    }
    before = cursor.at;
  }
}

/** `reason = value` or `ptype . property = pvalue`. */
function readExtra(cursor: Cursor): Extra | string {
  const first = takeKeyword(cursor)?.toLowerCase();
  if (first === undefined) return 'a property without its type';
  if (!skipCfws(cursor)) return UNENDED;
  if (!take(cursor, '.')) {
    if (!take(cursor, '=')) return 'a property without its type';
    const value = readValue(cursor);
    if ('why' in value) return value.why;
    return first === 'reason' ? { kind: 'reason', reason: value.value } : { kind: 'skipped' };
  }
  if (!skipCfws(cursor)) return UNENDED;
  const name = takeKeyword(cursor)?.toLowerCase();
  if (name === undefined) return 'a property without its name';
  if (!skipCfws(cursor)) return UNENDED;
  if (!take(cursor, '=')) return 'a property without its value';
  const value = readValue(cursor);
  if ('why' in value) return value.why;
  return { kind: 'property', property: { type: first, name, value: value.value } };
}

/** RFC 8601 §2.2 pvalue. A quoted local part keeps its quotes, a value that is quoted as a whole loses them. */
function readValue(cursor: Cursor): { readonly value: string } | { readonly why: string } {
  const { text } = cursor;
  const start = cursor.at;
  if (!skipCfws(cursor)) return { why: UNENDED };
  const valueStart = cursor.at;
  const quoted = takeQuoted(cursor);
  const rest = quoted === undefined || text.charAt(cursor.at) === '@' ? (takeUnquoted(cursor) ?? '') : '';
  const next = text.charAt(cursor.at);
  if (next !== '' && !' \t;'.includes(next)) return { why: 'a quote, comment or backslash within a value' };
  if (quoted !== undefined) return { value: rest === '' ? quoted : text.slice(valueStart, cursor.at) };
  // `smtp.mailfrom= header.from=x`: an empty value, or one of the shape that the next property has.
  if (valueStart > start && NEXT_PROPERTY.test(rest))
    return { why: 'a value that could be the next property' };
  return { value: rest };
}
