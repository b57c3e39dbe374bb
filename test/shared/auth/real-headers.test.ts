/**
 * The Authentication-Results fields that SES really wrote, as public samples have them with other names, each under a From of its
 * author: what becomes of it where nobody can verify the signature any more, with SES's headers proved and not.
 */
import { describe, expect, it } from 'vitest';
import { senderScope } from '../../../shared/auth/index.ts';
import { ALWAYS, AUTO, gathered } from './gather.ts';
import { sesBlock, type Zone } from './support.ts';

interface Real {
  readonly name: string;
  readonly spf: string;
  readonly rest: string;
  readonly from: string;
  readonly returnPath?: string;
  /** The author publishes p=reject, or nothing. */
  readonly record: boolean;
  readonly auto: readonly [result: string, proved: boolean];
  readonly always: readonly [result: string, proved: boolean];
}

const clause = (result: string, domain: string, ip: string, from: string, helo: string): string =>
  `${result} (spfCheck: domain of ${domain} designates ${ip} as permitted sender) client-ip=${ip}; envelope-from=${from}; helo=${helo};`;

const WORKMAIL = clause(
  'pass',
  'mail.org.example',
  '54.240.11.129',
  '0100017a824530fc-000000@mail.org.example',
  'a11-129.smtp-out.amazonses.com',
);

const REAL: readonly Real[] = [
  {
    name: 'internal mail, WorkMail to WorkMail',
    spf: WORKMAIL,
    rest: 'dkim=pass header.i=@amazonses.com; dkim=pass header.i=@org.example; dmarc=pass header.from=org.example;',
    from: 'ann@org.example',
    returnPath: '<0100017a824530fc-000000@mail.org.example>',
    record: true,
    auto: ['pass', false],
    always: ['pass', true],
  },
  {
    name: 'internal mail without a MAIL FROM of its own, aligned by DKIM alone',
    spf: clause(
      'pass',
      'amazonses.com',
      '54.240.11.129',
      '0100017a@amazonses.com',
      'a11-129.smtp-out.amazonses.com',
    ),
    rest: 'dkim=pass header.i=@amazonses.com; dkim=pass header.i=@org.example; dmarc=pass header.from=org.example;',
    from: 'ann@org.example',
    record: true,
    auto: ['pass', false],
    always: ['pass', true],
  },
  {
    name: 'everything passes',
    spf: clause('pass', 'shop.example', '209.85.128.51', 'ben@shop.example', 'mail-wm1-f51.google.com'),
    rest: 'dkim=pass header.i=@shop.example; dmarc=pass header.from=shop.example;',
    from: 'ben@shop.example',
    record: true,
    auto: ['pass', false],
    always: ['pass', true],
  },
  {
    name: 'a real phish',
    spf: 'fail (spfCheck: domain of isp.example does not designate 45.76.207.151 as permitted sender) client-ip=45.76.207.151; envelope-from=info@isp.example; helo=sms.example;',
    rest: 'dmarc=fail header.from=isp.example;',
    from: 'info@isp.example',
    record: true,
    auto: ['fail', false],
    always: ['fail', false],
  },
  {
    name: 'no record, in the spelling of 2019',
    spf: 'softfail (spfCheck: transitioning domain of relay.example does not designate 104.47.21.58 as permitted sender) client-ip=104.47.21.58; envelope-from=Info@relay.example; helo=mail-lo2gbr01lp2058.outbound.protection.outlook.com;',
    rest: 'dmarc=none properties.from=finance.example;',
    from: 'x@finance.example',
    record: false,
    auto: ['none', false],
    always: ['none', false],
  },
  {
    name: 'no record then, one now',
    spf: 'softfail (spfCheck: transitioning domain of relay.example does not designate 104.47.21.58 as permitted sender) client-ip=104.47.21.58; envelope-from=Info@relay.example; helo=mail-lo2gbr01lp2058.outbound.protection.outlook.com;',
    rest: 'dmarc=none properties.from=finance.example;',
    from: 'x@finance.example',
    record: true,
    auto: ['fail', false],
    always: ['fail', false],
  },
  {
    name: 'forwarded: neutral, and the forwarder’s signature alone',
    spf: 'neutral (spfCheck: 66.111.4.226 is neither permitted nor denied by domain of alumni.example) client-ip=66.111.4.226; envelope-from=cas@example.com; helo=forward2-smtp.messagingengine.com;',
    rest: 'dkim=pass header.i=@messagingengine.com; dmarc=fail header.from=alumni.example;',
    from: 'cas@alumni.example',
    record: true,
    auto: ['fail', false],
    always: ['fail', false],
  },
  {
    name: 'spf permerror',
    spf: 'permerror (spfCheck: Error in processing SPF Record) client-ip=104.47.0.53; envelope-from=JournalError@journal.example; helo=mail-he1eur01lp2053.outbound.protection.outlook.com;',
    rest: 'dmarc=fail header.from=advice.gov.example;',
    from: 'x@advice.gov.example',
    record: true,
    auto: ['fail', false],
    always: ['fail', false],
  },
  {
    name: 'a bounce of SES’s: permerror on a legitimate report',
    spf: 'none (spfCheck: 54.240.14.86 is neither permitted nor denied by domain of a14-86.smtp-out.amazonses.com) client-ip=54.240.14.86; envelope-from=postmaster@a14-86.smtp-out.amazonses.com; helo=a14-86.smtp-out.amazonses.com;',
    rest: 'dkim=pass header.i=@amazonses.com; dmarc=permerror;',
    from: 'MAILER-DAEMON@amazonses.com',
    returnPath: '<>',
    record: false,
    auto: ['none', false],
    always: ['none', false],
  },
  {
    name: 'a dkim permerror, and DMARC passes by SPF',
    spf: clause('pass', 'rent.example', '192.0.2.1', 'a@rent.example', 'mx.rent.example'),
    rest: 'dkim=permerror header.i=@rent.example; dmarc=pass header.from=rent.example;',
    from: 'a@rent.example',
    record: true,
    auto: ['pass', false],
    always: ['pass', true],
  },
  {
    name: 'of 2016, without a DMARC result and without a Return-Path',
    spf: clause('pass', 'gmail.com', '192.0.2.1', 'a@gmail.com', 'mail-x.google.com'),
    rest: 'dkim=pass header.i=@gmail.com;',
    from: 'a@gmail.com',
    record: true,
    auto: ['unknown', false],
    always: ['unknown', false],
  },
];

describe('what SES really wrote', () => {
  it.each(REAL)('$name', async ({ spf, rest, from, returnPath, record, auto, always }) => {
    const domain = from.slice(from.indexOf('@') + 1);
    const zone: Zone = record ? { [`_dmarc.${domain}`]: ['v=DMARC1; p=reject'] } : {};
    const block = sesBlock({ spf, rest, ...(returnPath === undefined ? {} : { returnPath }) }).map((line) =>
      line.replace('[203.0.113.10]', `[${/client-ip=([^;]+)/.exec(spf)?.[1] ?? ''}]`),
    );
    const sent = { block, header: [`From: ${from}`, 'Subject: x'] };
    const inAuto = await gathered(sent, { zone });
    expect([inAuto.dmarc.result, inAuto.dmarc.proved]).toEqual(auto);
    const inAlways = await gathered(sent, { zone, organization: ALWAYS });
    expect([inAlways.dmarc.result, inAlways.dmarc.proved]).toEqual(always);
    expect(inAlways.client).toMatchObject({ proved: true });
    expect(inAuto.automatic).toBe(returnPath === '<>');
  });
});

describe('"inside" by what was verified here', () => {
  const own = { ...AUTO, domains: ['sender.example'] };
  const inside = async (...[sent, options]: Parameters<typeof gathered>) => {
    const found = await gathered(sent, { organization: own, ...options });
    const { ses: evidence, author } = found;
    return senderScope({ evidence, author, organization: options?.organization ?? own, gathered: found })
      .scope;
  };

  it('a signature of the own domain is enough, without SES’s block', async () => {
    expect(await inside({ sign: [{}] })).toBe('inside');
  });

  it('without a DMARC record, too', async () => {
    const key = (await import('./gather.ts')).REJECT['rsa._domainkey.sender.example'] ?? [];
    const zone = { 'rsa._domainkey.sender.example': key, 'rsa._domainkey.mail.sender.example': key };
    expect(await inside({ sign: [{}] }, { zone })).toBe('inside');
    expect(await inside({ sign: [{ tags: { d: 'mail.sender.example' } }] }, { zone })).toBe('outside');
  });

  it('evidence about another author is none', async () => {
    const found = await gathered({ sign: [{}] }, { organization: own });
    const author = { kind: 'one', domain: 'example.com', address: 'a@example.com' } as const;
    const organization = { ...own, domains: ['sender.example', 'example.com'] };
    expect(senderScope({ evidence: found.ses, author, organization, gathered: found }).scope).toBe('outside');
  });

  it.each([
    ['nothing proves it', {}],
    ['the end of the body is open', { sign: [{ tags: { l: '3' } }] }],
    ['the body was changed', { sign: [{ body: 'Other\r\n' }] }],
    ['SES’s pass is all there is', { block: sesBlock({ rest: 'dmarc=pass header.from=sender.example;' }) }],
    ['the author is of a subdomain', { sign: [{}], header: ['From: a@sub.sender.example', 'Subject: x'] }],
    ['there are two authors', { sign: [{}], header: ['From: a@sender.example, b@sender.example'] }],
  ])('outside when %s', async (_name, sent) => {
    expect(await inside(sent)).toBe('outside');
  });

  it('behind a gateway SES’s pass for the gateway proves nothing', async () => {
    const organization = {
      ...ALWAYS,
      domains: ['sender.example'],
      gateways: [{ name: 'g', networks: ['203.0.113.0/24'] }],
    };
    const block = sesBlock({
      rest: 'dmarc=pass header.from=sender.example;',
      returnPath: '<a@sender.example>',
    });
    expect(await inside({ block }, { organization })).toBe('outside');
    expect(await inside({ block }, { organization: { ...organization, gateways: [] } })).toBe('inside');
  });
});
