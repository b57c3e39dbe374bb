import fc from 'fast-check';
import { expect, it } from 'vitest';
import { wordSearch } from '../../../shared/policy/word-search.ts';
import { cpuTime } from '../../support/cpu-time.ts';

const texts = fc.oneof(
  fc.array(fc.constantFrom('a', 'b', 'ab', 'straße', '\u{1f600}', ' ', '\0', '\uffff'), { maxLength: 60 }),
  fc.array(fc.string(), { maxLength: 10 }),
);

it('says of every word what a search says, however many are asked', () => {
  fc.assert(
    fc.property(
      texts,
      fc.array(fc.tuple(fc.nat(80), fc.nat(20), fc.string()), { maxLength: 40 }),
      (pieces, cuts) => {
        const text = pieces.join('');
        const stands = wordSearch(text);
        for (const [at, length, other] of cuts) {
          for (const word of [text.slice(at, at + length), other, text.slice(at, at + length) + other])
            expect(stands(word)).toBe(text.includes(word));
        }
      },
    ),
  );
});

it('asks a thousand words of a long text in a moment', () => {
  const stands = wordSearch('the quick brown fox jumps over the lazy dog. '.repeat(40_000));
  const work = () => {
    for (let number = 0; number < 1_000; number++) expect(stands(`contract ${number}`)).toBe(false);
  };
  expect(cpuTime(work)).toBeLessThan(400);
});
