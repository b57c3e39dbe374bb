/** TEXT values (RFC 5545 §3.3.11) made fit to be passed on: unescaped, on one line, short, well-formed. */
import { MAX_TEXT_CHARS } from './limits.ts';
import type { Property } from './property.ts';

/** The text of a property; empty when there is none. At most MAX_TEXT_CHARS UTF-16 units, with no control characters. */
export function textOf(property: Property | undefined): string {
  if (property === undefined) return '';
  // Escapes at most double the length: what lies beyond cannot be shown anyway.
  const plain = property.raw
    .slice(0, MAX_TEXT_CHARS * 2)
    .replace(/\\([\\;,nN])/g, (_, char: string) => (char === 'n' || char === 'N' ? ' ' : char));
  // Control and format characters (\p{C}) could hide or reorder what a person reads; lone surrogates are among them.
  return plain
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ')
    .slice(0, MAX_TEXT_CHARS)
    .toWellFormed()
    .trim();
}
