/** Addresses against node:net: the same text is an address, and lies in the same networks. */
import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dotted,
  parseIpAddress,
  reverseName,
  samePrefix,
  withoutMapping,
} from '../../../../shared/auth/spf/address.ts';

const nearby = fc.oneof(
  fc.ipV6(),
  fc.nat({ max: 0xffff }).map((last) => `2001:db8::${last.toString(16)}`),
);
const address = fc.oneof(fc.ipV4(), fc.ipV6());
/** Of one family: node:net finds IPv4 addresses in IPv6 networks, where RFC 7208 §5.6 finds none. */
const pair = fc.oneof(fc.tuple(fc.ipV4(), fc.ipV4()), fc.tuple(nearby, nearby));
const almost = fc
  .array(fc.constantFrom('0', '1', '01', '255', '256', 'ffff', '10000', 'g', ':', '::', '.', ' '), {
    maxLength: 16,
  })
  .map((parts) => parts.join(''));

function parsed(text: string) {
  const found = parseIpAddress(text);
  if (found === undefined) throw new Error(`${text} is an address`);
  return found;
}

describe('parseIpAddress', () => {
  it('takes what node:net takes', () => {
    fc.assert(
      fc.property(fc.oneof(address, almost), (text) => {
        expect(parseIpAddress(text)?.family ?? 0).toBe(isIP(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it('refuses a text of megabytes at once', () => {
    expect(parseIpAddress('1:'.repeat(1_000_000))).toBeUndefined();
  });
});

describe('samePrefix', () => {
  it('finds the networks that node:net finds', () => {
    fc.assert(
      fc.property(pair, fc.nat({ max: 128 }), ([one, other], length) => {
        const family = isIP(one) === 4 ? 'ipv4' : 'ipv6';
        const bits = family === 'ipv4' ? length % 33 : length;
        const network = new BlockList();
        network.addSubnet(one, bits, family);
        expect(samePrefix(parsed(one), parsed(other), bits)).toBe(network.check(other, family));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('spelling', () => {
  it.for([
    ['192.0.2.3', '192.0.2.3', '3.2.0.192.in-addr.arpa'],
    [
      '2001:db8::cb01',
      '2.0.0.1.0.d.b.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.b.0.1',
      '1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa',
    ],
  ] as const)('%s as in RFC 7208 §7.4', ([text, dots, name]) => {
    expect(dotted(parsed(text))).toBe(dots);
    expect(reverseName(parsed(text))).toBe(name);
  });

  it('an IPv4 address as IPv6 is one (RFC 7208 §5)', () => {
    expect(withoutMapping(parsed('::FFFF:192.0.2.3'))).toEqual(parsed('192.0.2.3'));
    expect(withoutMapping(parsed('::192.0.2.3')).family).toBe(6);
  });
});
