/** What one check may ask (RFC 7208 §4.6.4), who is checked (§2.4, §4.3, §5), and that a failing DNS is neither pass nor fail (§2.6.6). */
import { describe, expect, it } from 'vitest';
import type { DnsType, LookupDns } from '../../../../shared/auth/dns/types.ts';
import { checkHost, type SpfOutcome } from '../../../../shared/auth/spf/index.ts';
import { TemporaryError } from '../../../../shared/errors.ts';

type Zone = Readonly<Record<string, readonly string[] | 'servfail'>>;

const { signal } = new AbortController();

/** A zone of `TYPE NAME`. */
function zoneOf(zone: Zone): { readonly lookupDns: LookupDns; readonly asked: string[] } {
  const asked: string[] = [];
  const lookupDns: LookupDns = async (name: string, type: DnsType) => {
    asked.push(`${type} ${name}`);
    const records = zone[`${type} ${name}`];
    if (records === 'servfail') throw new TemporaryError('SERVFAIL');
    if (records !== undefined) return { kind: 'records', records };
    return { kind: Object.keys(zone).some((each) => each.endsWith(` ${name}`)) ? 'nodata' : 'nxdomain' };
  };
  return { lookupDns, asked };
}

async function check(
  zone: Zone,
  envelope: { mailFrom?: string; helo?: string; address?: string } = {},
): Promise<SpfOutcome & { readonly asked: readonly string[] }> {
  const { lookupDns, asked } = zoneOf(zone);
  const { mailFrom = 'ann@a.example', helo = 'mx.a.example', address = '192.0.2.1' } = envelope;
  return { ...(await checkHost({ address, mailFrom, helo, lookupDns, signal })), asked };
}

const repeat = (times: number, term: (at: number) => string): string =>
  Array.from({ length: times }, (_, at) => term(at)).join(' ');

describe('checkHost: limits', () => {
  it('takes ten terms that ask, and no eleventh', async () => {
    const hosts = Object.fromEntries(
      Array.from({ length: 11 }, (_, at) => [`A h${at}.example`, ['203.0.113.1']]),
    );
    const ten = await check({
      'TXT a.example': [`v=spf1 ${repeat(10, (at) => `a:h${at}.example`)} -all`],
      ...hosts,
    });
    expect(ten).toMatchObject({ result: 'fail', reason: 'matched', queries: 11 });
    const eleven = await check({
      'TXT a.example': [`v=spf1 ${repeat(11, (at) => `a:h${at}.example`)} -all`],
      ...hosts,
    });
    expect(eleven).toMatchObject({ result: 'permerror', reason: 'too-many-lookups', queries: 11 });
  });

  it('ends records that include or redirect to themselves', async () => {
    for (const record of ['v=spf1 include:a.example -all', 'v=spf1 redirect=a.example']) {
      const outcome = await check({ 'TXT a.example': [record] });
      expect(outcome).toMatchObject({ result: 'permerror', reason: 'too-many-lookups', queries: 11 });
    }
  });

  it('takes two terms that find nothing, and no third', async () => {
    const record = (count: number): Zone => ({
      'TXT a.example': [`v=spf1 ${repeat(count, (at) => `exists:none${at}.example`)} ~all`],
    });
    expect(await check(record(2))).toMatchObject({ result: 'softfail' });
    expect(await check(record(3))).toMatchObject({ result: 'permerror', reason: 'too-many-void-lookups' });
  });

  it('takes ten hosts of a domain, and asks for none where there are more', async () => {
    const mx = (count: number): Zone => ({
      'TXT a.example': ['v=spf1 mx -all'],
      'MX a.example': Array.from({ length: count }, (_, at) => `${at} h${at}.example`),
      'A h9.example': ['192.0.2.1'],
    });
    expect(await check(mx(10))).toMatchObject({ result: 'pass', queries: 12 });
    expect(await check(mx(11))).toMatchObject({ result: 'permerror', reason: 'too-many-mx', queries: 2 });
  });

  it('looks at ten names of an address, and at those alone that could match', async () => {
    const names = (good: number): Zone => ({
      'TXT a.example': ['v=spf1 ptr -all'],
      'PTR 1.2.0.192.in-addr.arpa': Array.from({ length: 200 }, (_, at) =>
        at === good ? 'good.a.example' : `n${at}.b.example`,
      ),
      'A good.a.example': ['192.0.2.1'],
    });
    expect(await check(names(9))).toMatchObject({ result: 'pass', queries: 3 });
    expect(await check(names(10))).toMatchObject({ result: 'fail', queries: 2 });
  });

  it('refuses a record of 5 KB, and one of a thousand terms', async () => {
    for (const record of [
      `v=spf1 ${repeat(400, () => 'a:xx.example')}`,
      `v=spf1 ${repeat(1_000, () => '?all')}`,
    ]) {
      expect(await check({ 'TXT a.example': [record] })).toMatchObject({
        result: 'permerror',
        reason: 'syntax',
      });
    }
  });

  it('cuts a name that macros make too long at its left (§7.3)', async () => {
    const local = 'a.'.repeat(150);
    const outcome = await check(
      { 'TXT a.example': ['v=spf1 exists:%{l}.%{l}x.example -all'] },
      { mailFrom: `${local}b@a.example` },
    );
    const [, name = ''] = outcome.asked.at(-1)?.split(' ') ?? [];
    expect(name.length).toBeLessThanOrEqual(253);
    expect(name).toMatch(/^a\.(?:a\.)+bx\.example$/);
  });
});

describe('checkHost: temporary failures', () => {
  it.for([
    ['the record', { 'TXT a.example': 'servfail' }],
    ['a host', { 'TXT a.example': ['v=spf1 a:h.example -all'], 'A h.example': 'servfail' }],
    ['an include', { 'TXT a.example': ['v=spf1 include:b.example -all'], 'TXT b.example': 'servfail' }],
    ['a redirect', { 'TXT a.example': ['v=spf1 redirect=b.example'], 'TXT b.example': 'servfail' }],
  ] as const)('of %s are temperror', async ([, zone]) => {
    expect(await check(zone)).toMatchObject({ result: 'temperror', reason: 'dns' });
  });

  it('of a name behind an address match nothing, and no more (§5.5)', async () => {
    const zone: Zone = { 'TXT a.example': ['v=spf1 ptr -all'], 'PTR 1.2.0.192.in-addr.arpa': 'servfail' };
    expect(await check(zone)).toMatchObject({ result: 'fail', reason: 'matched' });
  });

  it('behind what has matched are not waited for by the result', async () => {
    const zone: Zone = {
      'TXT a.example': ['v=spf1 mx -all'],
      'MX a.example': ['20 broken.example', '10 good.example'],
      'A good.example': ['192.0.2.1'],
      'A broken.example': 'servfail',
    };
    expect(await check(zone)).toMatchObject({ result: 'pass' });
  });

  it('of another kind are thrown', async () => {
    const lookupDns: LookupDns = async () => {
      throw new RangeError('a mistake of ours');
    };
    const asked = checkHost({ address: '192.0.2.1', mailFrom: 'a@a.example', helo: 'x', lookupDns, signal });
    await expect(asked).rejects.toThrow(RangeError);
  });
});

describe('checkHost: who is checked', () => {
  const zone: Zone = {
    'TXT a.example': ['v=spf1 ip4:192.0.2.1 -all'],
    'TXT mx.a.example': ['v=spf1 exists:%{l}.%{o}.h.example -all'],
    'TXT xn--bcher-kva.example': ['v=spf1 ip6:2001:db8::/32 -all'],
    'A postmaster.mx.a.example.h.example': ['127.0.0.2'],
  };

  it('HELO for the null sender, as postmaster (§2.4)', async () => {
    expect(await check(zone, { mailFrom: '' })).toMatchObject({ result: 'pass', domain: 'mx.a.example' });
  });

  it.for([
    ['an IPv4 address that is spelled as IPv6 (§5)', { address: '::ffff:192.0.2.1' }, 'pass', 'a.example'],
    ['a domain in capitals with a dot at its end', { mailFrom: 'Ann@A.Example.' }, 'pass', 'a.example'],
    ['an @ in a quoted local part', { mailFrom: '"ann@b.example"@a.example' }, 'pass', 'a.example'],
    [
      'U-labels (RFC 8616 §4)',
      { mailFrom: 'a@bücher.example', address: '2001:db8::9' },
      'pass',
      'xn--bcher-kva.example',
    ],
    ['an address literal (§4.3)', { mailFrom: 'ann@[192.0.2.1]' }, 'none', undefined],
    ['one label (§4.3)', { mailFrom: '', helo: 'localhost' }, 'none', undefined],
    ['no domain', { mailFrom: '', helo: '' }, 'none', undefined],
    ['a domain with a NUL', { mailFrom: 'ann@a.example\0.b.example' }, 'none', undefined],
    ['an address of a kilobyte', { mailFrom: `${'a'.repeat(2_000)}@a.example` }, 'none', undefined],
    ['no IP address', { address: '192.0.2.01' }, 'none', 'a.example'],
  ] as const)('%s', async ([, envelope, result, domain]) => {
    expect(await check(zone, envelope)).toMatchObject({ result, domain });
  });
});
