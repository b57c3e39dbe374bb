import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance } from '../../../../shared/auth/look-alike/distance.ts';

/** The same by its definition, for words of a few letters. */
function plainDistance(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length;
  const [restA, restB] = [a.slice(0, -1), b.slice(0, -1)];
  const swapped = a.length > 1 && b.length > 1 && a.slice(-2) === `${b.at(-1)}${b.at(-2)}`;
  return Math.min(
    plainDistance(restA, b) + 1,
    plainDistance(a, restB) + 1,
    plainDistance(restA, restB) + (a.at(-1) === b.at(-1) ? 0 : 1),
    ...(swapped ? [plainDistance(a.slice(0, -2), b.slice(0, -2)) + 1] : []),
  );
}

/** Every word of these letters up to a length. */
function wordsUpTo(length: number, letters: string): readonly string[] {
  if (length === 0) return [''];
  const shorter = wordsUpTo(length - 1, letters);
  const longest = shorter.filter((word) => word.length === length - 1);
  return [...shorter, ...longest.flatMap((word) => [...letters].map((letter) => word + letter))];
}

describe('editDistance', () => {
  it('of all short words is what its definition says, within every limit', () => {
    for (const words of [wordsUpTo(3, 'abc'), wordsUpTo(4, 'ab')])
      for (const a of words)
        for (const b of words) {
          const distance = plainDistance(a, b);
          for (const limit of [0, 1, 2, 3])
            if (editDistance(a, b, limit) !== Math.min(distance, limit + 1))
              expect([a, b, limit, editDistance(a, b, limit)]).toEqual([a, b, limit, distance]);
        }
  });

  it('is what its definition says', () => {
    const word = fc.stringMatching(/^[abc]{0,5}$/);
    fc.assert(
      fc.property(word, word, fc.integer({ min: 0, max: 3 }), (a, b, limit) => {
        expect(editDistance(a, b, limit)).toBe(Math.min(plainDistance(a, b), limit + 1));
      }),
    );
  });

  it.each([
    ['', '', 2, 0],
    ['abc', 'abc', 2, 0],
    ['abc', 'acb', 2, 1],
    ['abc', 'ab', 2, 1],
    ['abc', 'abxc', 2, 1],
    ['abc', 'xbc', 2, 1],
    ['abc', 'xyc', 2, 2],
    ['abc', 'xyz', 2, 3],
    ['abc', 'abcdef', 2, 3],
  ])('%s and %s within %i: %i', (a, b, limit, distance) => {
    expect(editDistance(a, b, limit)).toBe(distance);
  });

  it('is symmetric, and at most the limit and one', () => {
    const word = fc.stringMatching(/^[ab]{0,8}$/);
    fc.assert(
      fc.property(word, word, fc.integer({ min: 0, max: 3 }), (a, b, limit) => {
        const distance = editDistance(a, b, limit);
        expect(editDistance(b, a, limit)).toBe(distance);
        expect(distance).toBeLessThanOrEqual(limit + 1);
        expect(distance === 0).toBe(a === b);
      }),
    );
  });
});
