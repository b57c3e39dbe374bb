/** Words, numbers and addresses as reports write them. */

/** How a report departs from the schema, as fixed codes. */
export type Deviations = Set<string>;

/** One of `allowed`; in upper case it is a deviation. Another word is one too, and undefined. An empty element is as none. */
export function wordOf<T extends string>(
  text: string | undefined,
  allowed: readonly T[],
  deviations: Deviations,
): T | undefined {
  if (text === undefined || text === '') return undefined;
  const lower = text.toLowerCase();
  const word = allowed.find((each) => each === lower);
  if (word === undefined) deviations.add('unknown-word');
  else if (lower !== text) deviations.add('upper-case');
  return word;
}

/** Digits of a number that is exact (xs:integer, not negative); undefined otherwise. */
export function numberOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\+?\d{1,16}$/.test(text)) return undefined;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : undefined;
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$/;
const IPV6_SIGNS = /^[0-9a-f:.]{2,45}$/;

/** An IPv4 or IPv6 address (RFC 3986 §3.2.2), the latter in its one short form (RFC 5952); undefined when it is none. */
export function addressOf(text: string | undefined): string | undefined {
  const lower = (text ?? '').toLowerCase();
  if (IPV4.test(lower)) return lower;
  if (!IPV6_SIGNS.test(lower) || !lower.includes(':')) return undefined;
  const url = URL.canParse(`http://[${lower}]/`) ? new URL(`http://[${lower}]/`) : undefined;
  return url?.hostname.slice(1, -1);
}
