import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantOf } from '../../../shared/policy/dates.ts';
import { globFinds } from '../../../shared/policy/globs.ts';
import { cpuTime } from '../../support/cpu-time.ts';

describe('globFinds', () => {
  it('finds what a regular expression of the same meaning finds', () => {
    const sign = fc.constantFrom('a', 'b', '.', '*', '?');
    const glob = fc.array(sign, { maxLength: 8 }).map((signs) => signs.join(''));
    const name = fc.array(fc.constantFrom('a', 'b', '.'), { maxLength: 10 }).map((signs) => signs.join(''));
    fc.assert(
      fc.property(glob, name, (one, other) => {
        const meaning = one.replaceAll('.', '\\.').replaceAll('?', '.').replaceAll('*', '.*');
        expect(globFinds(one, other)).toBe(new RegExp(`^${meaning}$`).test(other));
      }),
      { numRuns: 500 },
    );
  });

  it('is quick where a name does everything to be slow', () => {
    const work = () => expect(globFinds(`${'*a'.repeat(100)}b`, 'a'.repeat(10_000))).toBe(false);
    expect(cpuTime(work)).toBeLessThan(1_000);
  });
});

describe('instantOf', () => {
  it.each([
    ['2026-12-24', '2026-12-24T00:00:00.000Z'],
    ['2026-12-24T18:00:00+01:00', '2026-12-24T17:00:00.000Z'],
    ['2026-12-24T18:00-05:30', '2026-12-24T23:30:00.000Z'],
    ['2028-02-29T00:00Z', '2028-02-29T00:00:00.000Z'],
  ])('%s', (text, utc) => {
    expect(new Date(instantOf(text) ?? Number.NaN).toISOString()).toBe(utc);
  });

  it.each([
    '2026-02-29',
    '2026-13-01',
    '2026-12-24T24:00Z',
    '2026-12-24T18:00',
    '24.12.2026',
    '2026-12-24T18:00+25:00',
    '',
  ])('%j is none', (text) => {
    expect(instantOf(text)).toBeUndefined();
  });
});
