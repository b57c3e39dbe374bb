/** `mailroom dmarc check`, against zones. */
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../local/cli/dmarc.ts';
import { WrongUse } from '../../../local/cli/usage.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { printed } from './printed.ts';

const key = (bits: number): string => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  return publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
};

function zoneOf(): string {
  const chain = Array.from({ length: 12 }, (_, at) => `inc${at} TXT "v=spf1 a:mail.example.com -all"`);
  const strings = (text: string) => (text.match(/.{1,200}/g) ?? []).map((one) => `"${one}"`).join(' ');
  return `$TTL 60
$ORIGIN example.com.
@        TXT "v=spf1 include:amazonses.com include:_spf.example.com ~all"
_spf     TXT "v=spf1 ip4:192.0.2.0/24 mx -all"
_spf     MX 10 mail.example.com.
mail     A 192.0.2.9
_dmarc   TXT "v=DMARC1; p=quarantine; sp=none; pct=50; t=y; rua=mailto:a@example.com,mailto:b@reports.example,mailto:c@vendor.example!10m,d@example.com; x=1; fo=1"
good._domainkey   TXT ${strings(`v=DKIM1; k=rsa; p=${key(2048)}`)}
short._domainkey  TXT ${strings(`v=DKIM1; t=y; p=${key(1024)}`)}
gone._domainkey   TXT "v=DKIM1; p="
tls._domainkey    TXT ${strings(`v=DKIM1; s=tlsrpt; p=${key(2048)}`)}
sha1._domainkey   TXT ${strings(`v=DKIM1; h=sha1; p=${key(2048)}`)}
bounce   TXT "v=spf1 include:amazonses.com ~all"
bounce   MX 10 feedback-smtp.us-east-1.amazonses.com.
half     TXT "v=spf1 ?all"
$ORIGIN vendor.example.
example.com._report._dmarc TXT "v=DMARC1; rua=mailto:other@vendor.example"
$ORIGIN amazonses.com.
@        TXT "v=spf1 ip4:198.51.100.0/24 -all"
$ORIGIN twice.example.
_dmarc   TXT "v=DMARC1; p=reject"
_dmarc   TXT "v=DMARC1; p=none"
@        TXT "v=spf1 +all"
@        TXT "v=spf1 -all"
$ORIGIN many.example.
${chain.join('\n')}
@        TXT "v=spf1 ${Array.from({ length: 6 }, (_, at) => `include:inc${at}.many.example`).join(' ')} a:none1.many.example a:none2.many.example exists:none3.many.example ptr"
_dmarc   TXT "v=dmarc1; p=reject"
$ORIGIN busy.example.
@        TXT "v=spf1 mx -all include:amazonses.com a:none1.many.example"
${Array.from({ length: 11 }, (_, at) => `@ MX ${at} mx${at}.busy.example.`).join('\n')}
_dmarc   TXT "v=DMARC1; p=reject; rua=${['?subject=x', '', '', '', '', ''].map((rest, at) => `mailto:r${at}@busy.example${rest}`).join(',')}"
bounce   TXT "v=spf1 include:amazonses.com -all"
bounce   MX 10 feedback-smtp.us-east-1.amazonses.com.
away     TXT "v=spf1 redirect=nothing.busy.example"
$ORIGIN loop.example.
@        TXT "v=spf1 include:loop.example redirect=loop.example"
_dmarc   TXT "v=DMARC1; p=rejet; rua=mailto:a@loop.example"
; @servfail _dmarc.slow.example.
`;
}

let zone: string;
beforeAll(async () => {
  zone = join(await temporaryFolder('check'), 'zone.db');
  await writeFile(zone, zoneOf());
});

const check = (...args: string[]) => printed(run, ['check', ...args, '--zone', zone]);

describe('mailroom dmarc check', () => {
  it('a domain: the walk, what applies, reports, SPF, keys, mail of WorkMail', async () => {
    const { code, text } = await check(
      'example.com',
      ...['good', 'short', 'gone', 'none'].flatMap((name) => ['--selector', name]),
      '--mail-from',
      'bounce.example.com',
    );
    expect(text).toBe(`DMARC
  _dmarc.example.com: a record
    v=DMARC1; p=quarantine; sp=none; pct=50; t=y; rua=mailto:a@example.com,mailto:b@reports.example,mailto:c@vendor.example!10m,d@example.com; x=1; fo=1
    ! pct is historic: receivers apply the policy to all mail. Instead of pct=0 there is t=y (dmarcbis-41 §9.3)
    · the tag x is not known and is ignored (dmarcbis-41 §4.7)
    ! sp=none is weaker than p=quarantine: forgers take a subdomain (dmarcbis-41 §4.7)
    · fo is ignored without ruf (dmarcbis-41 §4.7)
    · the size behind "!" in rua is obsolete and ignored (dmarcbis-41 §4.8)
    ✗ rua: "d@example.com" lacks mailto: in front (dmarcbis-41 §4.8)
    · t=y: receivers apply the policy one level weaker (dmarcbis-41 §4.7)
  _dmarc.com: nothing
  applies: p=quarantine of example.com, in effect none because of t=y; alignment: DKIM relaxed, SPF relaxed
  the organization's domain is example.com

Reports
  rua mailto:a@example.com
  rua mailto:b@reports.example
    ✗ is of another organization, and example.com._report._dmarc.reports.example has no TXT record "v=DMARC1" (aggregate-reporting-32 §4)
  rua mailto:c@vendor.example, which sends them on to other@vendor.example

SPF
  example.com
    v=spf1 include:amazonses.com include:_spf.example.com ~all
    3 of 10 look-ups, 0 of 2 that find nothing, with amazonses.com, _spf.example.com

DKIM
  good._domainkey.example.com: rsa, 2048 bits
  short._domainkey.example.com: rsa, 1024 bits
    ! has 1024 bits; 2048 are usual (RFC 8301 §3.2)
    ! says t=y: a signature that fails is as none (RFC 6376 §3.6.1)
  gone._domainkey.example.com
    ✗ is revoked: p is empty (RFC 6376 §3.6.1)
  none._domainkey.example.com
    ✗ is not published

Mail from WorkMail
  bounce.example.com
    v=spf1 include:amazonses.com ~all
    1 of 10 look-ups, 0 of 2 that find nothing, with amazonses.com
  · SPF for bounce.example.com is aligned with example.com (dmarcbis-41 §4.4.2)
  · mail that SES signs as example.com passes by DKIM

Problems (✗): 4. Warnings (!): 4.
`);
    expect(code).toBe(1);
  });

  it.each([
    ['tls', '✗ is for another service than mail: s= names neither email nor * (RFC 6376 §3.6.1)'],
    ['sha1', '✗ allows no hash that receivers take: h= lacks sha256 (RFC 8301 §3.1)'],
  ])('the key %s carries no mail', async (selector, line) => {
    const { text } = await check('example.com', '--selector', selector);
    expect(text).toContain(line);
    expect(text).toContain('✗ no DKIM key of example.com can be used, so no mail of WorkMail passes by DKIM');
  });

  it('a subdomain: the record of the organization, and its sp', async () => {
    const { text } = await check('a.b.example.com');
    expect(text).toContain('applies: sp=none of example.com');
    expect(text).toContain('_dmarc.b.example.com: nothing\n');
    expect(text).toContain('· the domain has no record of its own; that of example.com applies');
    expect(text).toContain('DKIM alone carries DMARC');
  });

  it.each([
    ['twice.example', '✗ there are 2 records: receivers use none of them (dmarcbis-41 §4.10)'],
    ['twice.example', '✗ no DMARC record applies: anybody can send as this domain'],
    ['twice.example', '✗ twice.example has 2 SPF records: that is a permerror (RFC 7208 §4.5)'],
    ['twice.example', '✗ "+all" lets everybody send as this domain'],
    ['many.example', '✗ a TXT record looks like DMARC but does not begin with v=DMARC1, in capitals'],
    ['many.example', '✗ 16 look-ups, and more than 10 make SPF a permerror'],
    ['many.example', '✗ 9 look-ups find nothing, and more than 2 make SPF a permerror'],
    ['many.example', '! "ptr" should not be used'],
    ['many.example', '! it ends without "all"'],
    ['loop.example', '✗ loop.example includes itself: that is a permerror'],
    ['loop.example', '✗ p=rejet is none of none, quarantine, reject (dmarcbis-41 §4.8)'],
    ['loop.example', 'it counts as p=none (dmarcbis-41 §4.10.1)'],
    ['busy.example', '    1 of 10 look-ups, 0 of 2 that find nothing\n'],
    ['busy.example', '! what stands behind "all" in the record of busy.example is ignored (RFC 7208 §5.1)'],
    ['busy.example', '✗ busy.example has 11 MX hosts, and "mx" with more than 10 is a permerror'],
    ['busy.example', 'rua mailto:r0@busy.example?subject=x\n'],
    ['busy.example', 'rua mailto:r5@busy.example\n    ! is behind 5 others'],
    ['away.busy.example', '✗ "redirect" goes to nothing.busy.example, which has no SPF record'],
    ['half.example.com', '! "?all" says nothing about others'],
    ['slow.example', '✗ the DNS does not answer; receivers cannot judge mail meanwhile'],
    ['slow.example', '✗ what applies cannot be found out now'],
  ])('%s: %s', async (domain, line) => {
    const { code, text } = await check(domain);
    expect(text).toContain(line);
    expect(code).toBe(text.includes('Problems (✗): 0') ? 0 : 1);
  });

  it.each([
    [
      'a name that is no part of the domain',
      'example.com',
      'bounce.other.example',
      'is no part of example.com',
    ],
    ['no record for SES', 'example.com', 'half.example.com', 'does not include amazonses.com'],
    ['no MX', 'example.com', 'half.example.com', 'needs one MX record, feedback-smtp.REGION.amazonses.com'],
  ])('a custom MAIL FROM domain with %s', async (_, domain, mailFrom, line) => {
    expect((await check(domain, '--mail-from', mailFrom)).text).toContain(line);
  });

  it('a custom MAIL FROM domain beside the domain is aligned, as the organization is the same', async () => {
    const { text } = await check('mail.busy.example', '--mail-from', 'bounce.busy.example');
    expect(text).toContain('· SPF for bounce.busy.example is aligned with mail.busy.example');
  });

  it('--json has everything', async () => {
    expect(JSON.parse((await check('example.com', '--json')).text)).toMatchObject({
      domain: 'example.com',
      walk: { orgDomain: 'example.com', applies: { from: 'p', published: 'quarantine', effective: 'none' } },
      spf: { lookups: 3, voids: 0 },
      keys: [],
    });
  });

  it.each([
    [['check'], 'give one domain'],
    [['check', 'a.example', 'b.example'], 'give one domain'],
    [['check', 'localhost'], '"localhost" is no domain such as example.com'],
    [['check', 'a b.example'], 'is no domain'],
    [['check', 'a.example', '--selector', 'a b'], '--selector takes'],
    [['check', 'a.example', '--dns', 'resolver:53'], '--dns takes an IP address'],
    [['check', 'a.example', '--dns', '127.0.0.1:53', '--zone', 'x'], 'give --dns or --zone, not both'],
  ])('%j is wrong use', async (args, message) => {
    const error = await run(args).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WrongUse);
    expect(String(error)).toContain(message);
  });
});
