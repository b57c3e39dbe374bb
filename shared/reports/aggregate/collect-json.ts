/** Members of JSON that we wrote ourselves, held against what they should be. Each throws RangeError for anything else. */

export type Members = { readonly [key: string]: unknown };

/** A domain has 253 characters at most, a fixed code fewer. */
const MAX_TEXT = 1_000;

export function membersOf(value: unknown): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new RangeError('no object');
  return Object.fromEntries(Object.entries(value));
}

export function text(value: unknown, maxLength = MAX_TEXT): string {
  if (typeof value !== 'string' || value.length > maxLength) throw new RangeError('no text');
  return value;
}

export function optionalText(value: unknown, maxLength = MAX_TEXT): string | undefined {
  return value === undefined ? undefined : text(value, maxLength);
}

export function wholeNumber(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new RangeError('no whole number');
  return value;
}

export function word<W extends string>(value: unknown, words: readonly W[]): W {
  const found = words.find((each) => each === value);
  if (found === undefined) throw new RangeError('none of the words');
  return found;
}

export function listOf<T>(value: unknown, max: number, read: (item: unknown) => T): readonly T[] {
  if (!Array.isArray(value) || value.length > max) throw new RangeError('no list');
  return value.map(read);
}
