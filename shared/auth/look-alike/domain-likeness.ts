/**
 * Whether a domain looks like one of those that are guarded: the same to the eye, a letter off, under another ending, or
 * with the guarded name in front. A name and its subdomains never look like itself.
 */
import { domainToUnicode } from 'node:url';
import { isWithin } from '../domain.ts';
import { editDistance } from './distance.ts';
import type { Hint } from './hints.ts';
import { skeleton } from './skeleton.ts';

export interface Likeness {
  /** Lists of a policy, in lower-case A-labels. */
  readonly guarded: readonly (readonly string[])[];
  /** Letters that may differ; 0: none. */
  readonly maxDistance: number;
}

/** Names below which registries sell names, in countries that do (`co.uk`, `com.au`). */
const SECOND_LEVEL = new Set(['ac', 'co', 'com', 'edu', 'gob', 'gov', 'gv', 'ne', 'net', 'nom', 'or', 'org']);

/** Shorter words are one letter apart from too many others. */
const SHORTEST_FOR_ONE = 5;
const SHORTEST_FOR_TWO = 9;
/** Short names stand under every ending, each of another owner. */
const SHORTEST_FOR_ENDING = 4;

/** The part that somebody registered: `example` and `co.uk` of `mail.example.co.uk`. */
interface Name {
  readonly label: string;
  readonly ending: string;
  /** In A-labels. */
  readonly domain: string;
  /** How the name stands in front of another: `.example.com.`, `.example-com.`. */
  readonly inFront: readonly string[];
  /** What label and ending look like. */
  readonly looks: { readonly label: string; readonly ending: string };
}

/** The names of a policy are looked at once, not for every message. */
const namesOfLists = new WeakMap<readonly string[], readonly Name[]>();

function namesOf(list: readonly string[]): readonly Name[] {
  const found = namesOfLists.get(list) ?? list.map(nameOf);
  namesOfLists.set(list, found);
  return found;
}

function nameOf(domain: string): Name {
  const labels = domain.split('.');
  const country = labels.at(-1)?.length === 2 && SECOND_LEVEL.has(labels.at(-2) ?? '') && labels.length > 2;
  const registered = labels.slice(country ? -3 : -2);
  const unicode = domainToUnicode(registered.join('.')) || registered.join('.');
  const dot = unicode.indexOf('.');
  const [label, ending] = [unicode.slice(0, dot), unicode.slice(dot + 1)];
  const looks = { label: skeleton(label), ending: skeleton(ending) };
  const inFront = [`.${registered.join('.')}.`, `.${registered.join('-')}.`];
  return { label, ending, domain: registered.join('.'), inFront, looks };
}

/** What a domain in A-labels looks like: at most one likeness, and what is odd about its letters. */
export function looksLike(domain: string, { guarded, maxDistance }: Likeness): readonly Hint[] {
  const hints = lettersOf(domain);
  const names = guarded.flatMap(namesOf);
  if (names.some((name) => isWithin(domain, name.domain))) return hints;
  const author = nameOf(domain);
  let told: Hint | undefined;
  for (const name of names) {
    const found = compare(author, name, { dotted: `.${domain}.`, maxDistance });
    if (found?.certain === true) return [found, ...hints];
    told ??= found;
  }
  return told === undefined ? hints : [told, ...hints];
}

function compare(
  author: Name,
  name: Name,
  { dotted, maxDistance }: { readonly dotted: string; readonly maxDistance: number },
): Hint | undefined {
  const { label } = author.looks;
  const guarded = name.looks.label;
  const sameEnding = author.ending === name.ending;
  if (label === guarded && author.looks.ending === name.looks.ending) return likeness('same-letters');
  if (embeds(dotted, name)) return likeness('name-in-front');
  if (label === guarded && author.label.length >= SHORTEST_FOR_ENDING) {
    // `.co` beside `.com` is a slip of the finger; `.org` beside `.net` is mostly another owner.
    const near = maxDistance > 0 && editDistance(author.ending, name.ending, 1) <= 1;
    return { ...likeness('other-ending'), certain: near || author.label !== name.label };
  }
  if (!sameEnding || differInDigits(author.label, name.label)) return undefined;
  const limit = Math.min(maxDistance, allowedFor(name.label));
  return limit > 0 && editDistance(label, guarded, limit) <= limit ? likeness('few-letters') : undefined;
}

function likeness(how: string): Hint {
  return { code: 'look-alike', how, certain: true };
}

/** `example.com.evil.example`, `example-com.evil.example`. */
function embeds(dotted: string, { inFront }: Name): boolean {
  return inFront.some((front) => dotted.includes(front));
}

/** `team1` and `team2` belong together. */
function differInDigits(a: string, b: string): boolean {
  return a.replace(/\d/g, '0') === b.replace(/\d/g, '0');
}

function allowedFor({ length }: string): number {
  if (length >= SHORTEST_FOR_TWO) return 2;
  return length >= SHORTEST_FOR_ONE ? 1 : 0;
}

const LATIN = /\p{Script=Latin}/u;
/** Scripts with letters that look like Latin ones. */
const ALIKE = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}]/u;

/** Punycode that stands for nothing (RFC 5891 §5.4), and labels that mix scripts. */
function lettersOf(domain: string): readonly Hint[] {
  if (!domain.includes('xn--')) return [];
  const unicode = domainToUnicode(domain);
  if (unicode === '' || unicode.includes('xn--')) return [{ code: 'unreadable-domain', certain: false }];
  const mixed = unicode.split('.').some((label) => LATIN.test(label) && ALIKE.test(label));
  return mixed ? [{ code: 'mixed-script', certain: false }] : [];
}
