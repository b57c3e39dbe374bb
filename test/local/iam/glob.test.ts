import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesArn, matchesGlob } from '../../../local/iam/glob.ts';
import '../../support/properties.ts';

/** The same question asked of the regular expression engine, for short patterns. */
function asRegExp(pattern: string): RegExp {
  const source = [...pattern].map((one) => {
    if (one === '*') return '[^]*';
    return one === '?' ? '[^]' : one.replace(/[\\^$.|+()[\]{}]/, '\\$&');
  });
  return new RegExp(`^${source.join('')}$`);
}

describe('wildcards', () => {
  it.each([
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['?', '', false],
    ['a*', 'a', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['*.eml', 'x.eml.eml', true],
    ['a', 'ab', false],
    ['*a?', 'aab', true],
    ['*', '*', true],
    ['a\\*', 'a*', false],
  ])('%j and %j: %s', (pattern, text, expected) => {
    expect(matchesGlob(pattern, text)).toBe(expected);
  });

  it('agree with a regular expression', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '.', ':'), maxLength: 8 });
    fc.assert(
      fc.property(letters, letters, (pattern, text) => {
        expect(matchesGlob(pattern, text)).toBe(asRegExp(pattern).test(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('cannot be made to hang', () => {
    const begun = performance.now();
    expect(matchesGlob(`${'*a'.repeat(1000)}b`, 'a'.repeat(2000))).toBe(false);
    expect(matchesGlob(`${'a*?'.repeat(700)}b`, 'a'.repeat(2000))).toBe(false);
    expect(performance.now() - begun).toBeLessThan(500);
  });
});

describe('ARNs', () => {
  it.each([
    ['arn:aws:s3:::b/*', 'arn:aws:s3:::b/k', true],
    ['arn:aws:s3:::b/*', 'arn:aws:s3:::b/k:2', true],
    ['arn:*:s3:::b', 'arn:aws-cn:s3:::b', true],
    ['arn:*:b', 'arn:aws:s3:::b', false],
    ['*', 'arn:aws:s3:::b', false],
    ['arn:aws:s3:::b', 'b', false],
  ])('%s and %s: %s', (pattern, arn, expected) => {
    expect(matchesArn(pattern, arn)).toBe(expected);
  });
});
