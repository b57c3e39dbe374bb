/** Fields of ours (RFC 5322 §2.2): folded so that they say the same, on lines that no reader takes for something else. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasControls, newField } from '../../../shared/mime/new-field.ts';

function linesOf(name: string, value: string): readonly string[] | undefined {
  return newField(name, value, '\r\n')?.toString('latin1').split('\r\n').slice(0, -1);
}

describe('a new field', () => {
  it.each([
    ['a b', ['X: a b']],
    [`${'a'.repeat(73)} b`, [`X: ${'a'.repeat(73)} b`]],
    [`${'a'.repeat(74)} b`, [`X: ${'a'.repeat(74)}`, ' b']],
    [`${'a'.repeat(78)} b`, ['X:', ` ${'a'.repeat(78)}`, ' b']],
    ['a'.repeat(997), ['X:', ` ${'a'.repeat(997)}`]],
    ['a'.repeat(998), undefined],
    // A line of blanks alone ends a header for some.
    [`${'a'.repeat(70)}${' '.repeat(20)}b`, [`X: ${'a'.repeat(70)}${' '.repeat(19)}`, ' b']],
    [' ', undefined],
    ['a\nb', undefined],
  ])('%j', (value, lines) => {
    expect(linesOf('X', value)).toEqual(lines);
  });

  it('unfolded is what was wanted; every line begins with a blank and holds a word', () => {
    const word = fc.oneof(fc.stringMatching(/^[!-~]{1,90}$/), fc.constant(''));
    const value = fc.array(word, { maxLength: 40 }).map((words) => words.join(' ').trim());
    fc.assert(
      fc.property(value, (wanted) => {
        const lines = linesOf('X-Name', wanted);
        // Words that look like encoded ones are encoded themselves.
        if (lines === undefined || wanted.includes('=?')) return;
        expect(lines.join('')).toBe(`X-Name: ${wanted}`);
        for (const line of lines.slice(1)) expect(line).toMatch(/^ +[!-~]/);
        for (const line of lines) expect(line.length <= 78 || / \S+\s*$/.test(line)).toBe(true);
      }),
    );
  });

  it('has no name but one of printable ASCII without a colon, of 76 characters', () => {
    const longest = 'x'.repeat(76);
    expect(linesOf(longest, 'a')).toEqual([`${longest}:`, ' a']);
    for (const name of ['', 'x'.repeat(77), 'a b', 'a:', 'gr\u00fcn', 'a\n'])
      expect(linesOf(name, 'a')).toBeUndefined();
  });

  it.each([
    ['', false],
    ['a\tb', false],
    ['\u00a0', false],
    ['a\0', true],
    ['\u001f', true],
    ['\u007f', true],
    ['a\r', true],
  ])('control characters in %j: %s', (text, found) => {
    expect(hasControls(text)).toBe(found);
  });
});
