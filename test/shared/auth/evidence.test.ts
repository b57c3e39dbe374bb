/** What counts as proof, as a failure and as nothing: the rules at the top of verdict.ts, each with the message that needs it. */
import { describe, expect, it } from 'vitest';
import { DeadlineError, TemporaryError } from '../../../shared/errors.ts';
import { ALWAYS, gathered, REJECT } from './gather.ts';
import { sesBlock } from './support.ts';

const SIGNED = [{}];
const SPF_FAIL =
  'fail (spfCheck: domain of other.example does not designate 203.0.113.10 as permitted sender) client-ip=203.0.113.10; envelope-from=x@other.example; helo=mail.other.example;';
const FAIL = 'dmarc=fail header.from=sender.example;';
const PASS = 'dkim=pass header.i=@sender.example; dmarc=pass header.from=sender.example;';
const NONE = 'dmarc=none header.from=sender.example;';
const failing = sesBlock({ spf: SPF_FAIL, rest: FAIL });
/** MAIL FROM holds what could be a result, so that nobody can tell it from SES's own. */
const UNCLEAR_SPF =
  'fail (spfCheck: domain of other.example does not designate 203.0.113.10 as permitted sender) client-ip=203.0.113.10; envelope-from="x; dmarc=pass header.from=sender.example; y="@other.example; helo=h;';
const unclear = (rest: string) => sesBlock({ spf: UNCLEAR_SPF, rest, returnPath: '<x@other.example>' });

const OWN_PASS = { result: 'pass', source: 'own', proved: true };
const UNKNOWN = { result: 'unknown', source: 'none', proved: false, aligned: [] };

describe('an aligned signature that verifies here is proof', () => {
  it.each([
    ['without a block of SES', [], {}],
    ['where SES says the same', sesBlock({ rest: PASS }), {}],
    ['where SES says that it fails', failing, { disagreement: 'ses-fail-own-pass' }],
    ['where SES found no record', sesBlock({ rest: NONE }), {}],
    ['where SES’s results are unclear', unclear(FAIL), { disagreement: 'ses-fail-own-pass' }],
  ])('%s', async (_name, block, more) => {
    const { dmarc } = await gathered({ block, sign: SIGNED });
    expect(dmarc).toEqual({
      ...OWN_PASS,
      aligned: [{ by: 'dkim', domain: 'sender.example', how: 'exact' }],
      ...more,
    });
  });

  it('of a subdomain, by organization', async () => {
    const zone = {
      ...REJECT,
      'rsa._domainkey.mail.sender.example': REJECT['rsa._domainkey.sender.example'] ?? [],
    };
    const { dmarc } = await gathered({ sign: [{ tags: { d: 'mail.sender.example' } }] }, { zone });
    expect(dmarc).toMatchObject({ ...OWN_PASS, aligned: [{ how: 'organization' }] });
  });

  it.each([
    ['leaves the end of the body open (l=)', { tags: { l: '3' } }, ''],
    ['is by a key in testing (t=y)', {}, 't=y; '],
  ])('but not when it %s', async (_name, options, flags) => {
    const key = String(REJECT['rsa._domainkey.sender.example']?.[0]).replace('p=', `${flags}p=`);
    const zone = { ...REJECT, 'rsa._domainkey.sender.example': [key] };
    const { dmarc } = await gathered({ sign: [options] }, { zone });
    expect(dmarc).toMatchObject({ result: 'pass', source: 'own', proved: false });
  });

  it('but not of another domain', async () => {
    const zone = { ...REJECT, 'rsa._domainkey.evil.example': REJECT['rsa._domainkey.sender.example'] ?? [] };
    const { dmarc, dkim } = await gathered(
      { block: failing, sign: [{ tags: { d: 'evil.example' } }] },
      { zone },
    );
    expect(dkim[0]).toMatchObject({ result: 'pass', domain: 'evil.example' });
    expect(dmarc.result).toBe('fail');
  });
});

describe('what SES says', () => {
  it('F12: a pass that anybody could have written lets the message through and proves nothing', async () => {
    const { dmarc } = await gathered({ block: sesBlock({ rest: PASS }) });
    expect(dmarc).toMatchObject({ result: 'pass', source: 'ses', proved: false });
  });

  it('a pass is proved where its block is known to be its own', async () => {
    const { dmarc } = await gathered({ block: sesBlock({ rest: PASS }) }, { organization: ALWAYS });
    expect(dmarc).toMatchObject({ result: 'pass', proved: true });
  });

  it('a pass for which nothing is found here is told', async () => {
    const { dmarc } = await gathered({ block: sesBlock({ spf: SPF_FAIL, rest: PASS }) });
    expect(dmarc).toMatchObject({ result: 'pass', source: 'ses', disagreement: 'ses-pass-own-fail' });
  });

  it('an SPF pass is proof with a block that is known, and else only lets through', async () => {
    const block = sesBlock({ rest: NONE });
    expect((await gathered({ block })).dmarc).toMatchObject({ result: 'pass', source: 'ses', proved: false });
    expect((await gathered({ block }, { organization: ALWAYS })).dmarc).toMatchObject({
      ...OWN_PASS,
      aligned: [{ by: 'spf', domain: 'sender.example', how: 'exact' }],
    });
  });

  it('a failure counts, whoever wrote it', async () => {
    expect((await gathered({ block: failing })).dmarc).toMatchObject({ result: 'fail', source: 'own' });
    expect((await gathered({ block: unclear(FAIL) })).dmarc).toMatchObject({ result: 'fail', source: 'ses' });
  });

  it('a failure is not outvoted by the SPF result that stands before it', async () => {
    const { dmarc } = await gathered({ block: sesBlock({ rest: FAIL }) }, { organization: ALWAYS });
    expect(dmarc).toMatchObject({ result: 'fail', source: 'ses', proved: false });
  });

  it('that there is no record does not count where there is one', async () => {
    const { dmarc } = await gathered({ block: sesBlock({ spf: SPF_FAIL, rest: NONE }) });
    expect(dmarc).toMatchObject({ result: 'fail', source: 'own', disagreement: 'ses-none-own-record' });
  });

  it('a judgement of another author is a failure', async () => {
    const block = sesBlock({ rest: 'dmarc=pass header.from=other.example;' });
    expect((await gathered({ block })).dmarc).toMatchObject({ result: 'fail', source: 'ses' });
  });

  it('a permanent error is decided here', async () => {
    const block = sesBlock({ spf: SPF_FAIL, rest: 'dmarc=permerror;' });
    expect((await gathered({ block })).dmarc).toMatchObject({ result: 'fail', source: 'own' });
    expect((await gathered({ block }, { zone: {} })).dmarc).toMatchObject({ result: 'none', source: 'own' });
  });
});

describe('without SES’s results', () => {
  it('a message that nothing proves is unknown, not a failure: nobody knows about SPF', async () => {
    expect((await gathered({})).dmarc).toEqual(UNKNOWN);
    expect((await gathered({ block: unclear('') })).dmarc).toEqual(UNKNOWN);
  });

  it('a domain without a record is told so', async () => {
    expect((await gathered({}, { zone: {} })).dmarc).toMatchObject({ result: 'none', source: 'own' });
  });

  it('unclear ones in a block that is known: SPF is checked here, by SES’s Received line and Return-Path', async () => {
    const block = unclear('dmarc=permerror;');
    const spf = (record: string) => ({ ...REJECT, 'other.example': [record] });
    const organization = ALWAYS;
    const failed = await gathered({ block }, { organization, zone: spf('v=spf1 -all') });
    expect(failed.spf).toEqual({ result: 'fail', domain: 'other.example', source: 'own', proved: true });
    expect(failed.dmarc).toMatchObject({ result: 'fail', source: 'own' });
    const header = ['From: x@other.example', 'Subject: y'];
    const zone = { ...spf('v=spf1 ip4:203.0.113.0/24 -all'), '_dmarc.other.example': ['v=DMARC1; p=reject'] };
    expect((await gathered({ block, header }, { organization, zone })).dmarc).toMatchObject(OWN_PASS);
    expect((await gathered({ block, header }, { zone })).spf).toBeUndefined();
  });
});

describe('temporary failures of the DNS', () => {
  it('of the policy: neither pass nor fail', async () => {
    const zone = { ...REJECT, '_dmarc.sender.example': 'servfail' as const };
    const { dmarc, discovery } = await gathered({ sign: SIGNED }, { zone });
    expect(dmarc).toMatchObject({ result: 'temperror', proved: false });
    expect(discovery).toBe('temporary');
  });

  it('above the domain’s own record: the same name is aligned all the same', async () => {
    const zone = { ...REJECT, '_dmarc.example': 'servfail' as const };
    expect((await gathered({ sign: SIGNED }, { zone })).dmarc).toMatchObject(OWN_PASS);
    expect((await gathered({ block: failing }, { zone })).dmarc.result).toBe('fail');
  });

  it('of the test whether the domain exists: only where it matters', async () => {
    const header = ['From: ann@new.sender.example', 'To: b@c.example', 'Subject: x', 'Date: y'];
    const zone = {
      ...REJECT,
      '_dmarc.sender.example': ['v=DMARC1; p=none; np=reject'],
      'new.sender.example': 'servfail' as const,
    };
    const passed = await gathered({ header, sign: SIGNED }, { zone });
    expect(passed.dmarc).toMatchObject(OWN_PASS);
    expect(passed.discovery).toMatchObject({ published: 'none', missing: 'existence' });
    const block = sesBlock({ spf: SPF_FAIL, rest: 'dmarc=none header.from=new.sender.example;' });
    const open = await gathered({ header, block }, { zone });
    expect(open.dmarc.result).toBe('temperror');
    expect(open.discovery).toBe('temporary');
  });

  it('of a key: a temporary error, unless something else is aligned or SES could ask', async () => {
    const zone = { ...REJECT, 'rsa._domainkey.sender.example': 'servfail' as const };
    expect((await gathered({ sign: SIGNED }, { zone })).dmarc.result).toBe('temperror');
    expect((await gathered({ sign: SIGNED, block: failing }, { zone })).dmarc.result).toBe('fail');
    const missed = sesBlock({ spf: SPF_FAIL, rest: `dkim=temperror header.i=@sender.example; ${FAIL}` });
    expect((await gathered({ sign: SIGNED, block: missed }, { zone })).dmarc.result).toBe('temperror');
    const { dmarc } = await gathered({ sign: SIGNED, block: sesBlock({ rest: PASS }) }, { zone });
    expect(dmarc).toMatchObject({ result: 'pass', source: 'ses', proved: false });
  });

  it('of SPF, as SES met it: a temporary error where the sender could be aligned', async () => {
    const spf = (domain: string) =>
      `temperror (spfCheck: Error in retrieving data from DNS) client-ip=203.0.113.10; envelope-from=a@${domain}; helo=h;`;
    const block = (domain: string) => sesBlock({ spf: spf(domain), rest: FAIL });
    expect((await gathered({ block: block('sender.example') })).dmarc.result).toBe('temperror');
    expect((await gathered({ block: block('other.example') })).dmarc.result).toBe('fail');
  });

  it('of a stranger’s key change nothing', async () => {
    const zone = { ...REJECT, 'rsa._domainkey.evil.example': 'servfail' as const };
    const sign = [{ tags: { d: 'evil.example' } }];
    expect((await gathered({ sign, block: failing }, { zone })).dmarc.result).toBe('fail');
    expect((await gathered({ sign }, { zone })).dmarc).toEqual(UNKNOWN);
  });

  it('a deadline that passes ends everything', async () => {
    const over = new AbortController();
    const lookupDns = async (): Promise<never> => {
      over.abort();
      throw new TemporaryError('aborted');
    };
    await expect(gathered({}, { lookupDns, signal: over.signal })).rejects.toThrow(DeadlineError);
  });

  it('an error of another kind is not taken for one', async () => {
    const lookupDns = async (): Promise<never> => {
      throw new RangeError('a bug');
    };
    await expect(gathered({ sign: SIGNED }, { lookupDns })).rejects.toThrow(RangeError);
  });
});

describe('SES’s Received line', () => {
  it('that could have been written in part by the client names none', async () => {
    const by = ' by inbound-smtp.us-east-1.amazonaws.com with';
    const lines = unclear('dmarc=permerror;');
    const at = lines.findIndex((line) => line.startsWith('Received: from'));
    const block = lines.with(
      at,
      `Received: from a (b [198.51.100.1])${by} c (mail.sender.example [203.0.113.10])`,
    );
    const zone = { ...REJECT, 'other.example': ['v=spf1 ip4:198.51.100.1 -all'] };
    const { spf, client } = await gathered({ block }, { organization: ALWAYS, zone });
    // Received-SPF still does.
    expect(client?.address).toBe('203.0.113.10');
    expect(spf?.result).toBe('fail');
  });
});
