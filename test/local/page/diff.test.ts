import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffMessages } from '../../../local/page/diff.ts';

const bytes = (lines: readonly string[]) => Buffer.from(lines.join('\n'), 'latin1');

describe('diffMessages', () => {
  test('byte-identical messages are equal', () => {
    expect(diffMessages(bytes(['a', 'b']), bytes(['a', 'b']))).toEqual({ kind: 'equal' });
  });

  test('shows an inserted line with its surroundings, and nothing far away', () => {
    const before = Array.from({ length: 40 }, (_, index) => `line ${index}`);
    const after = before.toSpliced(20, 0, 'banner');
    const diff = diffMessages(bytes(before), bytes(after));
    if (diff.kind !== 'hunks') throw new Error(diff.kind);
    expect(diff.hunks).toHaveLength(1);
    expect(diff.hunks[0]?.filter((line) => line.kind === 'added').map((line) => line.text)).toEqual([
      'banner',
    ]);
    expect(diff.hunks[0]).toHaveLength(7);
  });

  test('gives up on unrelated messages instead of searching for minutes', () => {
    const many = (word: string) => bytes(Array.from({ length: 5_000 }, (_, index) => `${word}${index}`));
    expect(diffMessages(many('a'), many('b'))).toEqual({ kind: 'too-different' });
  });

  test('removed and added lines, applied to the first message, give the second', () => {
    const message = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 });
    fc.assert(
      fc.property(message, message, (before, after) => {
        const diff = diffMessages(bytes(before), bytes(after));
        if (diff.kind === 'equal') return Buffer.compare(bytes(before), bytes(after)) === 0;
        if (diff.kind !== 'hunks') return false;
        const lines = diff.hunks.flat();
        const added = lines.filter((line) => line.kind === 'added').length;
        const removed = lines.filter((line) => line.kind === 'removed').length;
        const countOf = (list: readonly string[]) => list.join('\n').split('\n').length;
        return countOf(before) - removed + added === countOf(after) && added + removed > 0;
      }),
      { numRuns: 500 },
    );
  });
});
