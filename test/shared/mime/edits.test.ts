import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEdits, concatSlices, type Edit, totalLength } from '../../../shared/mime/index.ts';

const bytes = Buffer.from('0123456789');
const edit = (start: number, end: number, text: string): Edit => ({
  span: { start, end },
  replacement: Buffer.from(text),
});
const result = (...edits: readonly Edit[]): string =>
  Buffer.from(concatSlices(applyEdits(bytes, edits))).toString();

describe('applyEdits', () => {
  it('inserts, replaces and removes, in any order of the list', () => {
    expect(result(edit(8, 9, ''), edit(0, 0, 'a'), edit(3, 5, 'XYZ'), edit(10, 10, 'z'))).toBe(
      'a012XYZ5679z',
    );
  });

  it('keeps the order of insertions at one place, and puts them before a replacement there', () => {
    expect(result(edit(4, 5, '-'), edit(4, 4, 'a'), edit(4, 4, 'b'))).toBe('0123ab-56789');
  });

  it('shares the memory of what it keeps', () => {
    const slices = applyEdits(bytes, [edit(5, 5, 'x')]);
    expect(slices[0]?.buffer).toBe(bytes.buffer);
    expect(slices[2]?.buffer).toBe(bytes.buffer);
    expect(applyEdits(bytes, [])).toEqual([bytes.subarray(0)]);
    // No slice is empty.
    expect(applyEdits(bytes, [edit(0, 2, ''), edit(5, 10, 'x')])).toEqual([
      bytes.subarray(2, 5),
      Buffer.from('x'),
    ]);
  });

  it.each([
    ['overlap', [edit(2, 5, ''), edit(4, 6, '')]],
    ['inside a replaced span', [edit(2, 5, ''), edit(3, 3, 'x')]],
    ['beyond the end', [edit(9, 11, '')]],
    ['backwards', [edit(5, 4, '')]],
    ['before the start', [edit(-1, 0, '')]],
  ])('refuses edits that are a mistake: %s', (_name, edits) => {
    expect(() => applyEdits(bytes, edits)).toThrow(RangeError);
  });

  it('does what replacing from the end does', () => {
    const cuts = fc
      .uniqueArray(fc.nat({ max: 60 }), { maxLength: 12 })
      .map((all) => all.toSorted((a, b) => a - b));
    fc.assert(
      fc.property(
        fc.string({ minLength: 60, maxLength: 60 }),
        cuts,
        fc.string({ maxLength: 5 }),
        (text, at, word) => {
          const original = Buffer.from(text.padEnd(60).slice(0, 60), 'latin1');
          const edits: Edit[] = [];
          for (let index = 0; index + 1 < at.length; index += 2) {
            edits.push(edit(at[index] ?? 0, at[index + 1] ?? 0, `${word}${index}`));
          }
          const expected = edits.reduceRight(
            (rest, { span, replacement }) =>
              rest.slice(0, span.start) + Buffer.from(replacement).toString('latin1') + rest.slice(span.end),
            original.toString('latin1'),
          );
          const slices = applyEdits(original, edits.toReversed());
          expect(Buffer.from(concatSlices(slices)).toString('latin1')).toBe(expected);
          expect(totalLength(slices)).toBe(expected.length);
        },
      ),
      { numRuns: 300 },
    );
  });
});
