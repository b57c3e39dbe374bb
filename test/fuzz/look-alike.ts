/** Fuzzes what looks for deceiving names: any display name and any domain in From, against names that are guarded. */
import fc from 'fast-check';
import { asciiDomain } from '../../shared/auth/domain.ts';
import { looksLike } from '../../shared/auth/look-alike/domain-likeness.ts';
import { addressesIn, hasHiddenCharacters, personMatcher } from '../../shared/auth/look-alike/names.ts';
import { skeleton } from '../../shared/auth/look-alike/skeleton.ts';
import { type ByteFuzzer, fuzzBytes } from '../support/fuzzing.ts';

const PIECES = [
  ...['example', '.com', '.', '-', 'xn--', 'xn--exmple-4nf', 'exаmple', 'rn', 'vv', '0', '1', 'com'],
  ...[
    'Jane',
    'Doe',
    ' ',
    ',',
    '"',
    '<',
    '>',
    '@',
    'ceo@example.com',
    '\u202e',
    '\u200b',
    '\u0301',
    'ﬁ',
    '．',
  ],
];
const grammar = fc
  .array(fc.constantFrom(...PIECES), { maxLength: 40 })
  .map((parts) => Buffer.from(parts.join('')));

const GUARDED = [['example.com', 'acme.co.uk'], ['partner.example']];
const NAMES = ['Jane Doe', 'Prince'];

function check(bytes: Uint8Array): void {
  const text = Buffer.from(bytes).toString('utf8');
  personMatcher(text)(NAMES);
  hasHiddenCharacters(text);
  for (const address of addressesIn(text)) {
    const domain = address.slice(address.lastIndexOf('@') + 1);
    if (asciiDomain(domain) !== domain) throw new Error('an address without a domain');
  }
  if (skeleton(text).length > text.normalize('NFKD').length * 4) throw new Error('a skeleton that grows');
  const domain = asciiDomain(text);
  if (domain === undefined) return;
  const hints = looksLike(domain, { guarded: GUARDED, maxDistance: 2 });
  const own = GUARDED.flat().some((name) => domain === name || domain.endsWith(`.${name}`));
  if (own && hints.some(({ code }) => code === 'look-alike')) throw new Error('a name looks like itself');
}

export const fuzzer: ByteFuzzer = {
  name: 'look-alike',
  inputs: fc.oneof(fc.uint8Array({ maxLength: 300 }), grammar),
  check,
};

/** For as long as it is told; throws with the input when something is found. */
export function fuzz(seconds: number, seed: number): Promise<{ runs: number }> {
  return fuzzBytes(fuzzer, seconds, seed);
}
