/** Writes an Authentication-Results field (RFC 8601 §2.2). What comes from a sender stands in quotes, so that it ends where it should. */
import type { AuthenticationResults, MethodResult } from '../evidence-types.ts';

/** RFC 5322 §2.1.1. */
const LINE_CHARS = 78;
const KEYWORD = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?$/;
/** RFC 2045 §5.1 token, or `[local-part] "@" domain-name` of nothing but atoms; neither can be taken for two things. */
const UNQUOTED = /^(?!$)[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]*(?:@[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+)?$/;
/** What may stand in a quoted string (RFC 5322 §3.2.4, RFC 6532 §3.1): all but the controls. */
const CONTROL = /[^\t\x20-\x7e\u{80}-\u{10ffff}]/gu;

/**
 * The value of the field, folded with CRLF and a blank. Control characters in a value are left out.
 * Throws TypeError for a name that is no keyword: a mistake of the caller, since names never come from a message.
 */
export function writeAuthenticationResults({ authservId, results }: AuthenticationResults): string {
  const head = quoteIfNeeded(authservId);
  if (results.length === 0) return `${head}; none`;
  return `${head};\r\n ${results.map(writeResult).join(';\r\n ')}`;
}

function writeResult({ method, result, reason, properties }: MethodResult): string {
  const words = [
    `${keyword(method)}=${keyword(result)}`,
    ...(reason === undefined ? [] : [`reason=${quoteIfNeeded(reason)}`]),
    ...properties.map(({ type, name, value }) => `${keyword(type)}.${keyword(name)}=${quoteIfNeeded(value)}`),
  ];
  let lineChars = 1 + (words[0]?.length ?? 0);
  return words.reduce((written, word) => {
    const fold = lineChars + word.length + 1 > LINE_CHARS;
    lineChars = fold ? word.length + 2 : lineChars + word.length + 1;
    return `${written}${fold ? '\r\n ' : ' '}${word}`;
  });
}

function keyword(text: string): string {
  if (!KEYWORD.test(text)) throw new TypeError('not a keyword of RFC 8601');
  return text;
}

function quoteIfNeeded(text: string): string {
  const printable = text.replace(CONTROL, '');
  return UNQUOTED.test(printable) ? printable : `"${printable.replace(/["\\]/g, '\\$&')}"`;
}
