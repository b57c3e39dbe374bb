/** What stands before an address: names of people, addresses that are not the sender's, characters that hide. */
import { visibleForm } from '../../policy/fold.ts';
import { asciiDomain } from '../domain.ts';
import { skeleton } from './skeleton.ts';

/** Against a display name that is a book; mail programs show some dozen characters. */
const MAX_NAME_CHARS = 512;
/** Addresses in a name that are looked at. */
const MAX_ADDRESSES = 8;
/** RFC 5321 §4.5.3.1.1. */
const MAX_LOCAL_CHARS = 64;
const MAX_DOMAIN_CHARS = 253;

/** The words of a name as they look, in any order: "Doe, Jane" is Jane Doe. */
function wordsOf(name: string): readonly string[] {
  return skeleton(name.slice(0, MAX_NAME_CHARS)).match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** The words of the names of a policy are found once, not for every message. */
const wordsOfNames = new WeakMap<readonly string[], readonly (readonly string[])[]>();

function allWordsOf(names: readonly string[]): readonly (readonly string[])[] {
  const found = wordsOfNames.get(names) ?? names.map(wordsOf);
  wordsOfNames.set(names, found);
  return found;
}

/** Whether a display name holds all words of one of the names; a name of one word must be all of it. */
export function personMatcher(displayName: string): (names: readonly string[]) => boolean {
  const shown = wordsOf(displayName);
  const words = new Set(shown);
  return (names) =>
    allWordsOf(names).some((wanted) => {
      if (wanted.length === 0) return false;
      const whole = wanted.length > 1 || shown.length === 1;
      return whole && wanted.every((word) => words.has(word));
    });
}

/** The addresses that a person would read in a display name, lower case, the domain in A-labels. */
export function addressesIn(displayName: string): readonly string[] {
  const text = visibleForm(displayName.slice(0, MAX_NAME_CHARS));
  const found: string[] = [];
  for (let at = text.indexOf('@'); at >= 0 && found.length < MAX_ADDRESSES; at = text.indexOf('@', at + 1)) {
    const local = /[^\s<>()[\]"',;:@]+$/.exec(text.slice(Math.max(0, at - MAX_LOCAL_CHARS), at))?.[0];
    const named = /^[^\s<>()[\]"',;:@]+/.exec(text.slice(at + 1, at + 1 + MAX_DOMAIN_CHARS))?.[0];
    const domain = named === undefined ? undefined : asciiDomain(named.replace(/[.!?]+$/, ''));
    if (local !== undefined && domain?.includes('.') === true) found.push(`${local.toLowerCase()}@${domain}`);
  }
  return found;
}

/**
 * Overrides of writing direction, and characters that show nothing: no name needs them. Joiners and direction marks are
 * left out, since Persian, Indic and Hebrew names and emoji do.
 */
const HIDDEN = /[\u00ad\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]/;

/** Whether the name holds characters that make it look like another. */
export function hasHiddenCharacters(displayName: string): boolean {
  return HIDDEN.test(displayName.slice(0, MAX_NAME_CHARS));
}
