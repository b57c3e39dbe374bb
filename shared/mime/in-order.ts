/** Search in lists that are in ascending order of a place. */

/** The index of the first item behind `at`; the length of the list where there is none. */
export function firstBehind<T>(items: readonly T[], at: number, placeOf: (item: T) => number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = items[middle];
    if (item !== undefined && placeOf(item) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
