/** IP addresses as bits: read strictly, compared by prefix, and spelled as macros spell them (RFC 7208 §5.6, §7.3). */

export interface IpAddress {
  readonly family: 4 | 6;
  /** 4 or 16 octets. */
  readonly octets: readonly number[];
}

/** RFC 7208 §5.6 qnum: no leading zero. */
const OCTET = /^(?:0|[1-9][0-9]{0,2})$/;
const GROUP = /^[0-9a-fA-F]{1,4}$/;
const V6_OCTETS = 16;
/** The longest text form of an IPv6 address (RFC 4291 §2.2). */
const MAX_CHARS = 45;
/** RFC 4291 §2.5.5.2. */
const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** Reads an address in text form; undefined when it is none. */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (text.length > MAX_CHARS) return undefined;
  const family = text.includes(':') ? 6 : 4;
  const octets = family === 6 ? parseV6(text) : parseV4(text);
  return octets === undefined ? undefined : { family, octets };
}

/** RFC 7208 §5: an IPv4 address that is spelled as IPv6 (`::ffff:192.0.2.1`) counts as what it is. */
export function withoutMapping(address: IpAddress): IpAddress {
  const mapped = address.family === 6 && MAPPED_PREFIX.every((octet, at) => address.octets[at] === octet);
  return mapped ? { family: 4, octets: address.octets.slice(MAPPED_PREFIX.length) } : address;
}

/** Whether the first `bits` bits are the same. Addresses of different families never match. */
export function samePrefix(one: IpAddress, other: IpAddress, bits: number): boolean {
  if (one.family !== other.family) return false;
  return one.octets.every((octet, at) => {
    const kept = Math.min(8, Math.max(0, bits - at * 8));
    const mask = (0xff << (8 - kept)) & 0xff;
    return ((octet ^ (other.octets[at] ?? 0)) & mask) === 0;
  });
}

/** RFC 7208 §7.3 `i`: dotted decimals, or for IPv6 dotted nibbles. */
export function dotted({ family, octets }: IpAddress): string {
  if (family === 4) return octets.join('.');
  return octets.flatMap((octet) => [(octet >> 4).toString(16), (octet & 15).toString(16)]).join('.');
}

/** Where the names of an address are (RFC 1035 §3.5, RFC 3596 §2.5). */
export function reverseName(address: IpAddress): string {
  const zone = address.family === 4 ? 'in-addr.arpa' : 'ip6.arpa';
  return `${dotted(address).split('.').reverse().join('.')}.${zone}`;
}

function parseV4(text: string): readonly number[] | undefined {
  const parts = text.split('.');
  const valid = parts.length === 4 && parts.every((part) => OCTET.test(part) && Number(part) <= 0xff);
  return valid ? parts.map(Number) : undefined;
}

/** RFC 4291 §2.2: eight groups, one run of zeros as `::`, the last two groups perhaps as IPv4. */
function parseV6(text: string): readonly number[] | undefined {
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) return undefined;
  const first = groupOctets(head, tail === undefined);
  const last = tail === undefined ? [] : groupOctets(tail, true);
  if (first === undefined || last === undefined) return undefined;
  const missing = V6_OCTETS - first.length - last.length;
  // `::` stands for one group of zeros or more.
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined;
  return [...first, ...new Array<number>(missing).fill(0), ...last];
}

function groupOctets(text: string, mayEndInV4: boolean): readonly number[] | undefined {
  if (text === '') return [];
  const groups = text.split(':');
  const octets: number[] = [];
  for (const [at, group] of groups.entries()) {
    const v4 = mayEndInV4 && at === groups.length - 1 ? parseV4(group) : undefined;
    if (v4 !== undefined) octets.push(...v4);
    else if (!GROUP.test(group)) return undefined;
    else octets.push(Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff);
  }
  return octets;
}
