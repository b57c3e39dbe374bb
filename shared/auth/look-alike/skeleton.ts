/**
 * What a text looks like, in Latin letters: two texts that a person takes for the same have one skeleton (the idea of
 * UTS #39 §4). The table is a small one of letters that occur in names and domains of Latin, Cyrillic, Greek and
 * Armenian script; the whole of Unicode's would cost every cold start.
 */
import { folded } from '../../policy/fold.ts';
import { isAscii } from '../domain.ts';

/** A Latin letter or digit, and what looks like it in lower case. */
const LOOKS_LIKE: Readonly<Record<string, string>> = {
  a: 'аαɑ',
  b: 'вьƅ',
  c: 'сϲᴄ',
  d: 'ԁɗ',
  e: 'еєҽɛε',
  g: 'ɡցɠ',
  h: 'нһհ',
  i: 'іɩιı',
  j: 'јϳ',
  k: 'кκĸ',
  l: '1ӏǀł|',
  m: 'м',
  n: 'пηոŋ',
  o: '0оοσօøⲟ',
  p: 'рρϱ',
  q: 'ԛգ',
  r: 'гᴦ',
  s: 'ѕꜱ',
  t: 'тτ',
  u: 'υս',
  v: 'νѵ',
  w: 'ԝωѡա',
  x: 'хχ',
  y: 'уүγ',
  z: 'ᴢ',
};

/** Letters that together look like one. */
const TOGETHER = /rn|vv/g;
const ONE: Readonly<Record<string, string>> = { rn: 'm', vv: 'w' };

const LATIN = new Map(
  Object.entries(LOOKS_LIKE).flatMap(([latin, others]) => [...others].map((other) => [other, latin])),
);

/** The skeleton of `text`, which only means something beside another skeleton. */
export function skeleton(text: string): string {
  // Most names are ASCII, where there is nothing to fold but case.
  const bare = isAscii(text) ? text.toLowerCase() : unmarked(folded(text));
  let latin = '';
  for (const character of bare) latin += LATIN.get(character) ?? character;
  return latin.replace(TOGETHER, (pair) => ONE[pair] ?? pair);
}

/** Letters without their accents. */
function unmarked(text: string): string {
  return text.normalize('NFD').replace(/\p{M}+/gu, '');
}
