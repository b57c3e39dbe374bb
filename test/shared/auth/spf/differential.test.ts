/** check_host against mailauth's in strict mode, over random records in random zones: two readings of RFC 7208. */
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DnsType, LookupDns } from '../../../../shared/auth/dns/types.ts';
import { checkHost } from '../../../../shared/auth/spf/index.ts';
import { TemporaryError } from '../../../../shared/errors.ts';

type Records = readonly string[] | 'servfail';
type Zone = Readonly<Record<string, Partial<Record<DnsType, Records>>>>;

interface Peer {
  spf(options: {
    sender: string;
    ip: string;
    helo: string;
    mta: string;
    resolver: (name: string, type: string) => Promise<unknown[]>;
    strict: boolean;
  }): Promise<{ status: { result: string } }>;
}

const { spf }: Peer = createRequire(import.meta.url)('mailauth/lib/spf/index.js');
const { signal } = new AbortController();

function answerOf(zone: Zone, name: string, type: string): Records | 'nxdomain' {
  const entry = zone[name.toLowerCase()];
  if (entry === undefined) return 'nxdomain';
  return entry[type as DnsType] ?? [];
}

function lookupIn(zone: Zone): LookupDns {
  return async (name, type) => {
    const answer = answerOf(zone, name, type);
    if (answer === 'nxdomain') return { kind: 'nxdomain' };
    if (answer === 'servfail') throw new TemporaryError('SERVFAIL');
    return answer.length === 0 ? { kind: 'nodata' } : { kind: 'records', records: answer };
  };
}

/** The shapes of node:dns. */
async function resolveIn(zone: Zone, name: string, type: string): Promise<unknown[]> {
  const answer = answerOf(zone, name, type);
  const fail = (code: string): never => {
    throw Object.assign(new Error(code), { code });
  };
  if (answer === 'nxdomain') return fail('ENOTFOUND');
  if (answer === 'servfail') return fail('ESERVFAIL');
  if (answer.length === 0) return fail('ENODATA');
  if (type === 'TXT') return answer.map((text) => [text]);
  if (type !== 'MX') return [...answer];
  return answer.map((record) => {
    const [priority, exchange] = record.split(' ');
    return { priority: Number(priority), exchange };
  });
}

const domain = fc.constantFrom('a.example', 'b.example', 'c.example', 'missing.example', 'x.a.example');
const spec = fc.oneof(
  { weight: 5, arbitrary: domain },
  fc.constantFrom(
    '%{d}',
    '%{o}',
    '%{l}.a.example',
    '%{ir}.c.example',
    '%{d1r}.example',
    '%{p}',
    '%{h}',
    '%{i',
  ),
);
const cidr = fc.constantFrom('', '', '/24', '/0', '//64', '/24//64', '/33', '//129', '/');
const mechanism = fc.oneof(
  fc.constantFrom(
    'all',
    'a',
    'mx',
    'ptr',
    'ip4:192.0.2.0/24',
    'ip4:192.0.2.1',
    'ip6:2001:db8::/32',
    'ip4:1.2.3',
  ),
  fc.constantFrom(
    'ip6:2001:db8::1',
    'ip4:198.51.100.1/0',
    'foo',
    'x=y',
    'exp=%{d}',
    'all:x',
    'include',
    'ip6:::1/200',
  ),
  fc.tuple(fc.constantFrom('include:', 'exists:', 'redirect=', 'ptr:'), spec).map((parts) => parts.join('')),
  fc.tuple(fc.constantFrom('a:', 'mx:'), spec, cidr).map((parts) => parts.join('')),
  fc.tuple(fc.constantFrom('a', 'mx'), cidr).map((parts) => parts.join('')),
);
const term = fc.tuple(fc.constantFrom('', '', '-', '~', '?', '+'), mechanism).map((parts) => parts.join(''));
const record = fc
  .tuple(
    fc.constantFrom('v=spf1', 'v=spf1', 'v=spf1', 'V=SPF1', 'v=spf10', 'v=DKIM1'),
    fc.array(term, { maxLength: 6 }),
  )
  .map(([version, terms]) => [version, ...terms].join(' '));
const addresses4 = fc.array(fc.constantFrom('192.0.2.1', '198.51.100.7', '192.0.2.77'), { maxLength: 2 });
const addresses6 = fc.array(fc.constantFrom('2001:db8::1', '2001:db8:1::2'), { maxLength: 2 });
const rarely = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | 'servfail'> =>
  fc.oneof({ weight: 12, arbitrary }, { weight: 1, arbitrary: fc.constant('servfail' as const) });
const entry = fc.record({
  TXT: rarely(fc.array(record, { minLength: 0, maxLength: 2 })),
  A: rarely(addresses4),
  AAAA: rarely(addresses6),
  MX: rarely(
    fc.uniqueArray(fc.constantFrom('10 a.example', '20 b.example', '5 missing.example'), { maxLength: 3 }),
  ),
});
const names = fc.uniqueArray(domain, { maxLength: 2 });
const zones: fc.Arbitrary<Zone> = fc
  .record({ a: entry, b: entry, c: entry, x: entry, four: names, six: names })
  .map(({ a, b, c, x, four, six }) => ({
    'a.example': a,
    'b.example': b,
    'c.example': c,
    'x.a.example': x,
    '1.2.0.192.in-addr.arpa': { PTR: four },
    '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa': { PTR: six },
  }));

describe('check_host and mailauth', () => {
  it('find the same', async () => {
    const client = fc.constantFrom('192.0.2.1', '2001:db8::1', '::ffff:192.0.2.1', '203.0.113.9');
    const sender = fc.constantFrom('ann@a.example', '', 'b.example', '@b.example', 'ann@x.a.example');
    await fc.assert(
      fc.asyncProperty(zones, client, sender, async (zone, ip, mailFrom) => {
        const helo = 'c.example';
        const own = await checkHost({ address: ip, mailFrom, helo, lookupDns: lookupIn(zone), signal });
        const resolver = (name: string, type: string) => resolveIn(zone, name, type);
        const peer = await spf({ sender: mailFrom, ip, helo, mta: 'mx.example', resolver, strict: true });
        expect(own.result, own.reason).toBe(peer.status.result);
      }),
      { numRuns: 1_500 },
    );
  });
});
