/** Of times, which have a long tail: ranks, no means. */

/**
 * The smallest value that at least `share` (above 0, at most 1) of the values do not exceed: 0.5 the median, 0.99 the
 * p99. Throws RangeError without values.
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new RangeError('no values');
  return value;
}

/** Half of the values are below, half above. Throws RangeError without values. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
