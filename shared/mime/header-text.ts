/** Header values as text: unfolded (RFC 5322 §2.2.3) and, if wanted, with encoded words decoded (RFC 2047). */
import { decodeLeniently } from './charset.ts';
import { decodeEncodedWords } from './encoded-words.ts';
import { bufferOver } from './header.ts';
import type { HeaderField, Message } from './types.ts';

/**
 * The value unfolded, one character per octet, nothing decoded, white space trimmed at both ends. For structured
 * fields: their grammar is over octets, and decoding before parsing would let a sender smuggle in syntax.
 */
export function rawHeaderText(message: Message, field: HeaderField): string {
  const raw = bufferOver(message.bytes).toString('latin1', field.value.start, field.value.end);
  return trimBlanks(raw.replace(/[\r\n]/g, ''));
}

/** A Subject of megabytes is read by the rules and again for its tag; a field belongs to one message and never changes. */
const texts = new WeakMap<HeaderField, string>();

/**
 * The value as a person reads it: unfolded, octets beyond ASCII as UTF-8 (RFC 6532) or else windows-1252, encoded
 * words decoded. Never throws. Only for unstructured fields such as Subject, and for display.
 */
export function headerText(message: Message, field: HeaderField): string {
  const known = texts.get(field);
  if (known !== undefined) return known;
  const octets = message.bytes.subarray(field.value.start, field.value.end);
  const unfolded = decodeLeniently(octets, undefined).text.replace(/[\r\n]/g, '');
  const text = decodeEncodedWords(trimBlanks(unfolded));
  texts.set(field, text);
  return text;
}

/** Without spaces and tabs at both ends. `trim()` would also take U+00A0, which is an octet of other characters here. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && (text[start] === ' ' || text[start] === '\t')) start++;
  while (end > start && (text[end - 1] === ' ' || text[end - 1] === '\t')) end--;
  return text.slice(start, end);
}
