import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { txtRecord, type Zone } from '../../../local/dns/zone.ts';
import { type Received, receive } from '../../../local/ses/receive.ts';
import { readSesEvidence } from '../../../shared/auth/index.ts';
import { parseMessage } from '../../../shared/mime/index.ts';
import { NOW, resolverOver, type SenderKey, sampleZone, senderKey } from './world.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/ses');
const ID = 'abcdefghijklmnopqrstuvwxyz0123456789abcd';

interface Sent {
  readonly from?: string;
  readonly mailFrom?: string;
  readonly ip?: string;
  readonly helo?: string;
  readonly name?: string;
  readonly to?: readonly string[];
  readonly message?: string | Uint8Array;
  readonly id?: string;
}

let zone: Zone;
let keys: { good: SenderKey; bank: SenderKey; list: SenderKey };

beforeAll(async () => {
  zone = await sampleZone();
  keys = {
    good: senderKey(zone, 'good.example'),
    bank: senderKey(zone, 'bank.example'),
    list: senderKey(zone, 'list.example'),
  };
});

function get(sent: Sent): Promise<Received> {
  const { from = 'news@good.example', ip = '203.0.113.10', helo = 'mail.good.example' } = sent;
  const message = sent.message ?? `From: ${from}\r\nTo: alice@example.com\r\nSubject: s\r\n\r\nbody\r\n`;
  return receive({
    bytes: typeof message === 'string' ? Buffer.from(message, 'latin1') : message,
    mailFrom: sent.mailFrom ?? from,
    recipients: sent.to ?? ['alice@example.com'],
    client: { address: ip, name: sent.name ?? helo, helo },
    resolver: resolverOver(zone),
    region: 'us-east-1',
    now: NOW,
    id: sent.id ?? ID,
  });
}

/** The clauses of Authentication-Results, joined by one blank as the reference shows them. */
function results(received: Received): string {
  const text = Buffer.from(received.bytes).toString('latin1');
  const field = /^Authentication-Results: (.*\r\n(?: .*\r\n)*)/m.exec(text)?.[1] ?? '';
  return field.trimEnd().replaceAll('\r\n', '');
}

describe("SES's header block", () => {
  it('is written exactly as SES writes it', async () => {
    const message = 'From: News <news@good.example>\r\nTo: alice@example.com\r\nSubject: s\r\n\r\nbody\r\n';
    const received = await get({ message, mailFrom: 'bounce+1@good.example' });
    const expected = await readFile(join(FIXTURES, 'block.txt'), 'latin1');
    expect(Buffer.from(received.bytes).toString('latin1')).toBe(
      `${expected.trimEnd().replaceAll('\n', '\r\n')}\r\n${message}`,
    );
  });

  it('leaves the message as it came, whatever it holds', async () => {
    const message = Buffer.from([0, 10, 13, 255, 10, 10, 46, 13, 10, 200]);
    const { bytes } = await get({ message });
    expect(Buffer.from(bytes).subarray(-message.length)).toEqual(message);
  });

  it('makes an id of 40 characters out of any other, the same each time', async () => {
    const ids = await Promise.all(
      ['a', 'a', 'b', '../x y'].map(async (id) => {
        const { bytes } = await get({ id });
        return / with SMTP id ([a-z0-9]{40})\r\n/.exec(Buffer.from(bytes).toString('latin1'))?.[1];
      }),
    );
    expect(ids[0]).toBe(ids[1]);
    expect(new Set(ids)).toHaveProperty('size', 3);
    expect(ids).not.toContain(undefined);
  });

  it('says FAIL for the message that every spam filter takes for spam', async () => {
    const gtube = await readFile(join(FIXTURES, 'gtube.eml'), 'latin1');
    const received = await get({ message: gtube });
    expect(received.verdicts.spam).toBe('FAIL');
    expect(Buffer.from(received.bytes).toString('latin1')).toContain('\r\nX-SES-Spam-Verdict: FAIL\r\n');
  });

  it('is the one that the library reads', async () => {
    const message = 'From: news@good.example\r\nSubject: s\r\n\r\nbody\r\n';
    const received = await get({ message: (await keys.good.sign(message)) + message });
    expect(readSesEvidence(parseMessage(received.bytes))).toMatchObject({
      state: 'present',
      spf: { result: 'pass', envelopeFromDomain: 'good.example' },
      dkim: [{ result: 'pass', domain: 'good.example' }],
      dmarc: { result: 'pass', headerFromDomain: 'good.example' },
    });
  });
});

describe('Authentication-Results, word for word', () => {
  const from = (client: string, sender: string, helo: string) =>
    `client-ip=${client}; envelope-from=${sender}; helo=${helo};`;

  it('pass, pass, pass', async () => {
    const message = 'From: a@good.example\r\n\r\nbody\r\n';
    const received = await get({
      from: 'a@good.example',
      message: (await keys.good.sign(message)) + message,
    });
    expect(results(received)).toBe(
      'amazonses.com; spf=pass (spfCheck: domain of good.example designates 203.0.113.10 as permitted sender) ' +
        `${from('203.0.113.10', 'a@good.example', 'mail.good.example')} ` +
        'dkim=pass header.i=@good.example; dmarc=pass header.from=good.example;',
    );
    expect(received.verdicts).toEqual({ spf: 'PASS', dkim: 'PASS', dmarc: 'PASS', spam: 'PASS' });
  });

  it('names the included domain whose record said yes', async () => {
    const received = await get({ from: 'a@example.com', ip: '198.51.100.129', helo: 'h.example' });
    expect(results(received)).toContain(
      'spf=pass (spfCheck: domain of amazonses.com designates 198.51.100.129 ',
    );
    expect(received.verdicts.dmarc).toBe('PASS');
  });

  it('names the own domain when that may have said yes itself', async () => {
    zone.add(txtRecord('own.test', 'v=spf1 include:nodmarc-spf.test +all', 1));
    zone.add(txtRecord('nodmarc-spf.test', 'v=spf1 ip4:192.0.2.1 -all', 1));
    const received = await get({ from: 'a@own.test' });
    expect(results(received)).toContain('spf=pass (spfCheck: domain of own.test designates ');
  });

  it.each<[string, Sent, string, object]>([
    [
      'fail, without a signature; the policy is in the verdicts only',
      { from: 'security@bank.example', ip: '203.0.113.66', helo: 'evil.test' },
      'amazonses.com; spf=fail (spfCheck: domain of bank.example does not designate 203.0.113.66 as permitted sender) ' +
        `${from('203.0.113.66', 'security@bank.example', 'evil.test')} dmarc=fail header.from=bank.example;`,
      { spf: 'FAIL', dkim: 'GRAY', dmarc: 'FAIL', dmarcPolicy: 'REJECT', spam: 'PASS' },
    ],
    [
      'softfail',
      { from: 'orders@shop.example', ip: '203.0.113.66', helo: 'evil.test' },
      'amazonses.com; spf=softfail (spfCheck: transitioning domain of shop.example does not designate 203.0.113.66 as permitted sender) ' +
        `${from('203.0.113.66', 'orders@shop.example', 'evil.test')} dmarc=fail header.from=shop.example;`,
      { spf: 'FAIL', dkim: 'GRAY', dmarc: 'FAIL', dmarcPolicy: 'QUARANTINE', spam: 'PASS' },
    ],
    [
      'neutral',
      { from: 'x@news.example', ip: '203.0.113.66', helo: 'evil.test' },
      'amazonses.com; spf=neutral (spfCheck: 203.0.113.66 is neither permitted nor denied by domain of news.example) ' +
        `${from('203.0.113.66', 'x@news.example', 'evil.test')} dmarc=fail header.from=news.example;`,
      { spf: 'GRAY', dkim: 'GRAY', dmarc: 'FAIL', dmarcPolicy: 'NONE', spam: 'PASS' },
    ],
    [
      'none, none',
      { from: 'x@nodmarc.example', ip: '203.0.113.66', helo: 'evil.test' },
      'amazonses.com; spf=none (spfCheck: 203.0.113.66 is neither permitted nor denied by domain of nodmarc.example) ' +
        `${from('203.0.113.66', 'x@nodmarc.example', 'evil.test')} dmarc=none header.from=nodmarc.example;`,
      { spf: 'GRAY', dkim: 'GRAY', dmarc: 'GRAY', spam: 'PASS' },
    ],
    [
      'the null sender: HELO is checked and named',
      { from: 'x@nodmarc.example', mailFrom: '', ip: '203.0.113.10', helo: 'mail.good.example' },
      'amazonses.com; spf=none (spfCheck: 203.0.113.10 is neither permitted nor denied by domain of mail.good.example) ' +
        `${from('203.0.113.10', 'postmaster@mail.good.example', 'mail.good.example')} dmarc=none header.from=nodmarc.example;`,
      { spf: 'GRAY', dkim: 'GRAY', dmarc: 'GRAY', spam: 'PASS' },
    ],
    [
      'a name server that fails',
      { from: 'x@servfail.example', ip: '203.0.113.66', helo: 'evil.test' },
      'amazonses.com; spf=temperror (spfCheck: Error in processing SPF Record) ' +
        `${from('203.0.113.66', 'x@servfail.example', 'evil.test')} dmarc=temperror header.from=servfail.example;`,
      { spf: 'PROCESSING_FAILED', dkim: 'GRAY', dmarc: 'PROCESSING_FAILED', spam: 'PASS' },
    ],
    [
      'no author: permerror without a property',
      { message: 'From: amazonses.com\r\n\r\nbody\r\n', mailFrom: '', helo: 'x.test' },
      'amazonses.com; spf=none (spfCheck: 203.0.113.10 is neither permitted nor denied by domain of x.test) ' +
        `${from('203.0.113.10', 'postmaster@x.test', 'x.test')} dmarc=permerror;`,
      { dmarc: 'PROCESSING_FAILED' },
    ],
  ])('%s', async (_what, sent, expected, verdicts) => {
    const received = await get(sent);
    expect(results(received)).toBe(expected);
    expect(received.verdicts).toMatchObject(verdicts);
  });

  it('spf=permerror', async () => {
    zone.add({ name: 'two.test', ttl: 1, type: 'TXT', data: [Buffer.from('v=spf1 -all')] });
    zone.add({ name: 'two.test', ttl: 1, type: 'TXT', data: [Buffer.from('v=spf1 +all')] });
    const received = await get({ from: 'x@two.test' });
    expect(results(received)).toContain(
      'spf=permerror (spfCheck: Error in processing SPF Record) client-ip=',
    );
    expect(received.verdicts.spf).toBe('PROCESSING_FAILED');
  });
});

describe('DKIM', () => {
  const message = 'From: security@bank.example\r\nSubject: s\r\n\r\nbody\r\n';
  const spoofer = { ip: '203.0.113.66', helo: 'evil.test', mailFrom: 'x@evil.test' };
  const dkim = async (signed: string) => (await get({ ...spoofer, message: signed })).evaluation.dkim;

  it('one clause a signature, top first', async () => {
    const first = (await keys.bank.sign(message)) + message;
    const both = (await keys.list.sign(first)) + first;
    const received = await get({ ...spoofer, message: both });
    expect(results(received)).toMatch(
      / dkim=pass header\.i=@list\.example; dkim=pass header\.i=@bank\.example; dmarc=pass header\.from=bank\.example;$/,
    );
  });

  it('fail when the body or a signed field was changed', async () => {
    const signed = (await keys.bank.sign(message)) + message;
    expect(await dkim(signed.replace('body', 'evil'))).toEqual([{ result: 'fail', domain: 'bank.example' }]);
    expect(await dkim(signed.replace('Subject: s', 'Subject: t'))).toEqual([
      { result: 'fail', domain: 'bank.example' },
    ]);
    expect((await get({ ...spoofer, message: signed.replace('body', 'evil') })).verdicts).toMatchObject({
      dkim: 'FAIL',
      dmarc: 'FAIL',
      dmarcPolicy: 'REJECT',
    });
  });

  it('the same with line feeds alone', async () => {
    const signed = (await keys.bank.sign(message)) + message;
    expect(await dkim(signed.replaceAll('\r\n', '\n'))).toEqual([{ result: 'pass', domain: 'bank.example' }]);
  });

  it('permerror without a key, temperror when the look-up fails', async () => {
    const noKey = (await keys.bank.sign(message, { selector: 'none' })) + message;
    expect(await dkim(noKey)).toEqual([{ result: 'permerror', domain: 'bank.example' }]);
    const trouble = senderKey(zone, 'sub.servfail.example');
    const failed = await get({ ...spoofer, message: (await trouble.sign(message)) + message });
    expect(failed.evaluation.dkim).toEqual([{ result: 'temperror', domain: 'sub.servfail.example' }]);
    expect(failed.verdicts.dkim).toBe('PROCESSING_FAILED');
  });

  it('permerror when it has expired', async () => {
    const time = new Date(NOW.getTime() - 10_000);
    const expired = await keys.bank.sign(message, { time, expires: new Date(NOW.getTime() - 1_000) });
    expect(await dkim(expired + message)).toEqual([{ result: 'permerror', domain: 'bank.example' }]);
  });

  it("a mailing list: its signature holds, the author's does not", async () => {
    const signed = ((await keys.bank.sign(message)) + message).replace('Subject: s', 'Subject: [list] s');
    const received = await get({
      message: (await keys.list.sign(signed)) + signed,
      mailFrom: 'bounces@list.example',
      ip: '203.0.113.70',
      helo: 'mail.list.example',
    });
    expect(received.evaluation).toMatchObject({
      dkim: [
        { result: 'pass', domain: 'list.example' },
        { result: 'fail', domain: 'bank.example' },
      ],
      dmarc: { result: 'fail', policy: 'REJECT' },
    });
  });
});

describe('what the sender controls', () => {
  it.each([
    ['envelope sender', { mailFrom: '"x;dmarc=pass header.from=bank.example;"@evil.test' }],
    ['envelope sender that is a clause', { mailFrom: 'dmarc=pass@evil.test' }],
    ['HELO', { helo: 'a;dkim=pass;dmarc=pass' }],
    ['HELO with a parenthesis', { helo: '(' }],
  ])('%s is copied as it is, and the block still has one line each', async (_what, sent) => {
    const received = await get({
      from: 'security@bank.example',
      ip: '203.0.113.66',
      helo: 'evil.test',
      ...sent,
    });
    const lines = results(received);
    expect(lines.startsWith('amazonses.com; spf=')).toBe(true);
    expect(lines.endsWith(' dmarc=fail header.from=bank.example;')).toBe(true);
    expect(lines).toContain('mailFrom' in sent ? `envelope-from=${sent.mailFrom};` : `helo=${sent.helo};`);
    expect(readSesEvidence(parseMessage(received.bytes))).not.toMatchObject({ dmarc: { result: 'pass' } });
  });

  it.each([
    [
      'envelope sender',
      { mailFrom: 'a\r\nAuthentication-Results: amazonses.com; dmarc=pass\r\nX: @evil.test' },
    ],
    ['HELO', { helo: 'a\r\n dmarc=pass;\u0000' }],
    ['client name', { name: 'a\nX-Evil: 1' }],
    ['recipient', { to: ['a\r\nX-Evil: 1@example.com'] }],
  ])('%s cannot leave its line', async (_what, sent) => {
    const { bytes } = await get({ ip: '203.0.113.66', helo: 'evil.test', ...sent });
    const block = Buffer.from(bytes).toString('latin1').split('From: ')[0] ?? '';
    expect(block.match(/^Authentication-Results:/gm)).toHaveLength(1);
    expect(block).not.toMatch(/^X-Evil/m);
    expect(block).not.toMatch(/^ dmarc=pass/m);
    expect(block).not.toMatch(/[^\r]\n|\r[^\n]|\0/);
  });

  it('no line of the block is longer than 998 octets (RFC 5322 §2.1.1)', async () => {
    const long = 'a'.repeat(5_000);
    const { bytes } = await get({ mailFrom: `${long}@${long}.test`, helo: long, name: long, to: [long] });
    const block = Buffer.from(bytes).toString('latin1').split('From: ')[0] ?? '';
    for (const line of block.split('\r\n')) expect(line.length).toBeLessThan(1_200);
  });

  it('a domain in From or in a signature that holds separators gives permerror, never a result of its choice', async () => {
    const message = 'From: x@"a;dmarc=pass".test\r\n\r\nbody\r\n';
    expect(results(await get({ message, mailFrom: 'x@evil.test' }))).toMatch(/ dmarc=permerror;$/);
    const odd = 'DKIM-Signature: v=1; a=rsa-sha256; d=a(b.test; s=s; h=From; bh=eA==; b=eA==\r\n';
    expect(results(await get({ message: `${odd}From: x@good.example\r\n\r\nb\r\n` }))).toContain(
      ' dkim=permerror;',
    );
  });

  it.each([
    ['two From fields', 'From: a@good.example\r\nFrom: b@bank.example\r\n\r\nx\r\n'],
    ['two authors', 'From: a@good.example, b@bank.example\r\n\r\nx\r\n'],
    ['no From', 'Subject: x\r\n\r\nx\r\n'],
    ['no header', '\r\nFrom: a@good.example\r\n'],
    ['nothing', ''],
  ])('%s: dmarc=permerror', async (_what, message) => {
    const received = await get({ message, mailFrom: 'a@good.example' });
    expect(results(received)).toMatch(/ dmarc=permerror;$/);
    expect(received.verdicts.dmarc).toBe('PROCESSING_FAILED');
  });
});
