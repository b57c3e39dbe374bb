import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressesIn, hasHiddenCharacters, personMatcher } from '../../../../shared/auth/look-alike/names.ts';
import { skeleton } from '../../../../shared/auth/look-alike/skeleton.ts';

describe('skeleton', () => {
  it('is one for what looks the same, and its own skeleton', () => {
    for (const [a, b] of [
      ['Jane Doe', 'Jаnе Dое'],
      ['PAYPAL', 'paypa1'],
      ['modern', 'modem'],
      ['ｅxample', 'ex\u200bample'],
    ] as const)
      expect(skeleton(a)).toBe(skeleton(b));
    expect(skeleton('abc')).not.toBe(skeleton('abd'));
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z ]{0,20}$/),
        (text) => skeleton(skeleton(text)) === skeleton(text) || /rn|vv/.test(skeleton(text)),
      ),
    );
  });
});

describe('names', () => {
  const names = ['Jane Doe', 'Prince', '-'];
  const EIGHT = Array.from({ length: 8 }, (_, index) => `a${index}@b.example`);
  it.each([
    ['Jane Doe', true],
    ['JANE DOE', true],
    ['Doe, Jane', true],
    ['"Jane Doe"', true],
    ['Jane Q. Doe (via phone)', true],
    ['Jаne Dоe', true],
    ['Jane\u200bDoe', false],
    ['Jané Doe', true],
    ['Prince', true],
    ['Prince Charles', false],
    ['Jane', false],
    ['Janet Doe', false],
    ['Somebody', false],
    [`${'x '.repeat(256)}Jane Doe`, false],
    ['', false],
  ])('%s: %s', (shown, expected) => {
    expect(personMatcher(shown)(names)).toBe(expected);
  });

  it.each([
    ['ceo@example.com', ['ceo@example.com']],
    ['Jane (ceo@Example.com)', ['ceo@example.com']],
    ['Jane <ceo@example.com>.', ['ceo@example.com']],
    ['a@b.example, c@d.example', ['a@b.example', 'c@d.example']],
    ['ceo@ex\u0430mple.com', ['ceo@xn--exmple-4nf.com']],
    ['Write to ceo@example.com!?', ['ceo@example.com']],
    ['ann@mail.sub.example', ['ann@mail.sub.example']],
    [`${'a'.repeat(70)}@b.example`, [`${'a'.repeat(64)}@b.example`]],
    [Array.from({ length: 9 }, (_, index) => `a${index}@b.example`).join(' '), EIGHT],
    [`${'x '.repeat(256)}a@b.example`, []],
    ['@b.example', []],
    ['a@ b.example', []],
    ['a@b%c.example', []],
    ['me @ home', []],
    ['@', []],
    ['a@b', []],
  ])('addresses in %j', (shown, expected) => {
    expect(addressesIn(shown)).toEqual(expected);
  });

  it.each([
    ['Jane\u202eeoD', true],
    ['Ja\u200bne', true],
    ['\u05d9\u05d5\u05e1\u05d9\u200f', false],
    ['👩\u200d🚀', false],
    [`${'x'.repeat(512)}\u202e`, false],
  ])('hidden characters in %j: %s', (shown, expected) => {
    expect(hasHiddenCharacters(shown)).toBe(expected);
  });
});
