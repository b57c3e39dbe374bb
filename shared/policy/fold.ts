/** The form in which texts are compared, so that neither case nor invisible characters make a difference. */
import { isAsciiText } from '../mime/charset.ts';

/**
 * A run of combining marks is put into order in quadratic time; UAX #15 §13 takes 30 for the most that text needs. The two
 * half-width marks become combining ones.
 */
const LONG_MARKS = /([\p{M}\uff9e\uff9f]{30})[\p{M}\uff9e\uff9f]+/gu;

/**
 * What shows nothing and only parts a word in two for whoever searches it: soft hyphen, zero-width characters, marks of
 * writing direction, variation selectors, tags (Unicode's Default_Ignorable_Code_Point).
 */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}+/gu;

export type Fold = (text: string) => string;

/** Visible characters in one form: compatibility variants (Unicode NFKC) become the same. Case stays. */
export function visibleForm(text: string): string {
  // US-ASCII is in that form, and bodies of megabytes mostly are of it.
  return isAsciiText(text) ? text : text.replace(INVISIBLE, '').replace(LONG_MARKS, '$1').normalize('NFKC');
}

/** `visibleForm` in lower case. */
export function folded(text: string): string {
  return visibleForm(text).toLowerCase();
}

const foldedLists = new WeakMap<readonly string[], readonly string[]>();

/** The words of a list of the policy, `folded`: once for all messages. */
export function foldedAll(words: readonly string[]): readonly string[] {
  const known = foldedLists.get(words) ?? words.map(folded);
  foldedLists.set(words, known);
  return known;
}

/** Remembers the form of each text: hundreds of rules may ask for the same megabytes. */
export function remembering<T>(fold: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text) ?? fold(text);
    known.set(text, found);
    return found;
  };
}
