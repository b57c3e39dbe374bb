/** What is gathered beside DMARC's result: seals, the client, names, authors, lists. */
import { describe, expect, it } from 'vitest';
import { sealArc } from '../../../shared/auth/arc/seal.ts';
import { parseMessage } from '../../../shared/mime/scan.ts';
import { NOW, RSA, record } from './dkim/support.ts';
import { policy } from './dmarc/cases.ts';
import { ALWAYS, gathered, REJECT, written } from './gather.ts';
import { sesBlock } from './support.ts';

const FAIL = 'dmarc=fail header.from=sender.example;';
const SPF_FAIL =
  'fail (spfCheck: domain of other.example does not designate 203.0.113.10 as permitted sender) client-ip=203.0.113.10; envelope-from=x@other.example; helo=mail.other.example;';
const SIGNED = [{}];
const PASS = 'dkim=pass header.i=@sender.example; dmarc=pass header.from=sender.example;';
const failing = sesBlock({ spf: SPF_FAIL, rest: FAIL });
const UNKNOWN = { result: 'unknown', source: 'none', proved: false, aligned: [] };

describe('the rest of the evidence', () => {
  it('looks for a chain of seals only where the policy believes one and DMARC did not pass', async () => {
    const dmarc = policy({ trustedSealers: ['lists.example'] });
    expect((await gathered({}, { dmarc: policy() })).arc).toBeUndefined();
    expect((await gathered({}, { dmarc })).arc).toMatchObject({ result: 'none' });
    expect((await gathered({ sign: SIGNED }, { dmarc })).arc).toBeUndefined();
  });

  it('tells who sealed the message last, and what the sealer saw', async () => {
    const results =
      'mx.lists.example; arc=none; dmarc=pass header.from=sender.example; spf=pass smtp.mailfrom=sender.example';
    const domain = 'lists.example';
    const sealed = sealArc(parseMessage(Buffer.from(written({}), 'latin1')), {
      ...{ domain, selector: 'arc', privateKey: RSA.privateKey, results, received: 'none', signedAt: NOW },
    });
    const block = sealed.ok ? Buffer.concat(sealed.fields).toString('latin1').trimEnd().split('\r\n') : [];
    const zone = { ...REJECT, 'arc._domainkey.lists.example': [record(RSA)] };
    const dmarc = policy({ trustedSealers: [domain] });
    const { arc, dmarc: result } = await gathered({ block }, { dmarc, zone });
    expect(arc).toMatchObject({
      result: 'pass',
      sets: [{ sealer: domain, results: { authservId: 'mx.lists.example' } }],
    });
    expect(result).toEqual(UNKNOWN);
    const broken = await gathered({ block, body: 'Other\r\n' }, { dmarc, zone });
    expect(broken.arc).toMatchObject({ result: 'fail', sets: [] });
  });

  it('names the client that handed the message to SES', async () => {
    const block = sesBlock({ rest: PASS });
    expect((await gathered({ block })).client).toEqual({ address: '203.0.113.10', proved: false });
    expect((await gathered({ block }, { organization: ALWAYS })).client?.proved).toBe(true);
    expect((await gathered({})).client).toBeUndefined();
    const received = block.map((line) => line.replace('[203.0.113.10]', '[203.0.113.99]'));
    expect((await gathered({ block: received })).client).toBeUndefined();
    const unreadable = block.map((line) => line.replace('(mail.sender.example [', '(mail (x) ['));
    expect((await gathered({ block: unreadable })).client?.address).toBe('203.0.113.10');
    const v6 = block.map((line) =>
      line.replace('[203.0.113.10]', '[IPv6:2001:DB8:0::1]').replaceAll('203.0.113.10', '2001:db8::1'),
    );
    expect((await gathered({ block: v6 })).client?.address).toBe('2001:DB8:0::1');
  });

  it('reads the name before the address as a person does', async () => {
    const named = async (from: string) => (await gathered({ header: [`From: ${from}`] })).displayName;
    expect(await named('=?utf-8?B?QW5uIE3DvGxsZXI=?= <a@sender.example>')).toBe('Ann Müller');
    expect(await named('a@sender.example')).toBe('');
    expect((await gathered({ header: ['Subject: x'] })).displayName).toBe('');
  });

  it.each([
    ['a null sender', sesBlock({ rest: PASS, returnPath: '<>' }), []],
    ['a list', [], ['List-Id: <l.example.org>']],
    ['a header of a megabyte', [], [`X: ${'y'.repeat(1_100_000)}`]],
    ['an automatic answer', [], ['Auto-Submitted: auto-replied']],
  ])('%s is answered by nobody', async (_name, block, more) => {
    expect((await gathered({ block, header: ['From: a@sender.example', ...more] })).automatic).toBe(true);
    expect((await gathered({ block: sesBlock({ rest: PASS, returnPath: '<a@b.example>' }) })).automatic).toBe(
      false,
    );
  });

  it('dmarcbis-41 §11.5: judges each of several authors, and passes none', async () => {
    const header = ['From: a@sender.example, b@deep.sub.other.example, c@gone.example'];
    const zone = {
      ...REJECT,
      '_dmarc.other.example': ['v=DMARC1; p=none; sp=quarantine'],
      '_dmarc.gone.example': 'servfail' as const,
    };
    const { dmarc, candidates, discovery } = await gathered({ header, block: failing }, { zone });
    expect(dmarc).toEqual(UNKNOWN);
    expect(discovery).toBeUndefined();
    expect(
      candidates.map(({ domain, discovery: found }) => [
        domain,
        found === 'temporary' ? found : found.published,
      ]),
    ).toEqual([
      ['sender.example', 'reject'],
      ['gone.example', 'temporary'],
      ['deep.sub.other.example', 'quarantine'],
    ]);
  });

  it('knows a bounce of SES’s own, which names no address', async () => {
    const block = sesBlock({ rest: 'dkim=pass header.i=@amazonses.com; dmarc=permerror;', returnPath: '<>' });
    const { dmarc, author, automatic } = await gathered({ block, header: ['From: amazonses.com'] });
    expect(author.kind).toBe('none');
    expect(dmarc).toEqual({ result: 'permerror', source: 'ses', proved: false, aligned: [] });
    expect(automatic).toBe(true);
  });
});

describe('lists', () => {
  const h = 'from:to:subject:date:list-id';
  const header = ['From: a@sender.example', 'List-Id: Our list <talk.lists.example.org>'];
  const zone = { ...REJECT, 'rsa._domainkey.example.org': REJECT['rsa._domainkey.sender.example'] ?? [] };
  const marks = async (d: string, names: string, lines = header) =>
    (await gathered({ header: lines, sign: [{ tags: { d, h: names } }] }, { zone })).list;

  it('one that signs its own name vouches for itself', async () => {
    expect(await marks('example.org', h)).toEqual({ domain: 'talk.lists.example.org', signed: true });
    const post = ['From: a@sender.example', 'List-Post: <mailto:talk@lists.example.org?subject=x>'];
    expect(await marks('example.org', 'from:list-post', post)).toEqual({
      domain: 'lists.example.org',
      signed: true,
    });
  });

  it('a signature of somebody else, or one that leaves the name open, does not', async () => {
    expect(await marks('sender.example', h)).toMatchObject({ signed: false });
    expect(await marks('example.org', 'from:subject')).toMatchObject({ signed: false });
  });

  it('nor does one by a key in testing', async () => {
    const [key = ''] = zone['rsa._domainkey.example.org'];
    const testing = { ...zone, 'rsa._domainkey.example.org': [`${key}; t=y`] };
    const sign = [{ tags: { d: 'example.org', h } }];
    expect((await gathered({ header, sign }, { zone: testing })).list).toMatchObject({ signed: false });
  });

  it('a name that comes twice, or is none, names no domain', async () => {
    expect(await marks('example.org', h, [...header, 'List-Id: <other.example.org>'])).toMatchObject({
      domain: undefined,
      signed: false,
    });
    expect(await marks('example.org', h, ['From: a@sender.example', 'List-Id: talk'])).toMatchObject({
      domain: undefined,
    });
    expect((await gathered({})).list).toBeUndefined();
  });
});
