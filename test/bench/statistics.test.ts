import { describe, expect, test } from 'vitest';
import { median, quantile } from '../../bench/statistics.ts';

describe('quantiles', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  test.each([
    [0.01, 1],
    [0.5, 50],
    [0.99, 99],
    [1, 100],
  ])('the share %f of 1 to 100 is %i', (share, expected) => {
    expect(quantile(hundred, share)).toBe(expected);
  });

  test('are values that occurred, sorted as numbers', () => {
    expect(median([9, 100, 20])).toBe(20);
    expect(quantile([7], 0.99)).toBe(7);
  });

  test('do not exist without values', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});
