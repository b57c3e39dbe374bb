/** What stays open: what a later try can settle, what it cannot, and what a sender can leave open on purpose. */
import { describe, expect, it } from 'vitest';
import { ALWAYS, AUTO, gathered, REJECT } from './gather.ts';
import { SPF_PASS, sesBlock } from './support.ts';

const RELAY = { name: 'relay', networks: ['203.0.113.0/24'], authservId: 'mx.relay.example' };
const BEHIND = { ...ALWAYS, gateways: [RELAY] };
const RECEIVED = 'Received: from x.example (x.example [192.0.2.7]) by mx.relay.example with ESMTP; now';
const relayed = (returnPath: string, more: readonly string[] = []) => [
  ...sesBlock({ rest: 'dmarc=fail header.from=sender.example;', returnPath }),
  RECEIVED,
  ...more,
];

describe('an error that is written in the message', () => {
  it.each([AUTO, ALWAYS])('SES’s own does not go away', async (organization) => {
    const spf = SPF_PASS.replace('pass', 'temperror');
    const block = sesBlock({ spf, rest: 'dmarc=temperror header.from=sender.example;' });
    const { dmarc } = await gathered({ block }, { organization });
    expect(dmarc).toMatchObject({ result: 'temperror', source: 'ses' });
  });

  it.each([AUTO, ALWAYS])('also where the published policy cannot be looked up', async (organization) => {
    const zone = { '_dmarc.sender.example': 'servfail' } as const;
    const spf = SPF_PASS.replace('pass', 'temperror');
    const block = sesBlock({ spf, rest: 'dmarc=temperror header.from=sender.example;' });
    const { dmarc } = await gathered({ block }, { organization, zone });
    expect(dmarc).toMatchObject({ result: 'temperror', source: 'ses' });
    // Of a sender that cannot be aligned it says nothing: the policy may still be found, and the message fail.
    const stranger = sesBlock({
      spf: spf.replaceAll('sender.example', 'evil.test'),
      rest: 'dmarc=temperror header.from=sender.example;',
    });
    const other = await gathered({ block: stranger }, { organization, zone });
    expect(other.dmarc).toMatchObject({ result: 'temperror', source: 'own' });
  });

  it('nor does a relay’s', async () => {
    const results =
      'Authentication-Results: mx.relay.example; spf=fail smtp.mailfrom=evil.example; dkim=temperror header.d=sender.example';
    const block = relayed('<x@evil.example>', [results]);
    const { dmarc } = await gathered({ block }, { organization: BEHIND });
    expect(dmarc).toMatchObject({ result: 'temperror', source: 'ses' });
  });

  it('our own does', async () => {
    const zone = { ...REJECT, 'rsa._domainkey.sender.example': 'servfail' } as const;
    const spf = SPF_PASS.replace('pass', 'temperror');
    const block = sesBlock({ spf, rest: 'dmarc=temperror header.from=sender.example;' });
    const { dmarc } = await gathered({ block, sign: [{}] }, { zone });
    expect(dmarc).toMatchObject({ result: 'temperror', source: 'own' });
  });
});

describe('questions beyond the limit', () => {
  const ten = Array.from({ length: 10 }, (_, at) => at);
  /** As many questions as a record may ask: ten hosts of an mx, nine more terms. */
  const costly = (name: string) => ({
    [name]: [
      `v=spf1 mx ${ten
        .slice(1)
        .map((at) => `include:i${at}.${name}`)
        .join(' ')} -all`,
    ],
    [`MX ${name}`]: ten.map((at) => `${at} mx${at}.${name}`),
    ...Object.fromEntries(ten.map((at) => [`A mx${at}.${name}`, ['198.51.100.1']])),
    ...Object.fromEntries(ten.map((at) => [`i${at}.${name}`, ['v=spf1 ip4:198.51.100.2 -all']])),
  });

  it('an SPF record that asks for all of them leaves the author’s key its share', async () => {
    const zone = { ...REJECT, ...costly('sender.example') };
    const block = relayed('<ann@sender.example>');
    const { spf, dmarc, refused } = await gathered({ block, sign: [{}] }, { organization: BEHIND, zone });
    expect(spf).toMatchObject({ source: 'own', result: 'permerror' });
    expect(dmarc).toMatchObject({ result: 'pass', proved: true, aligned: [{ by: 'dkim' }] });
    expect(refused).toBeUndefined();
  });

  it.each(['sender.example', 'a.b.c.d.e.f.g.sender.example'])(
    'is a failure like another where nothing else speaks for a@%s, however deep',
    async (from) => {
      const zone = { ...REJECT, ...costly('sender.example') };
      const block = relayed('<ann@sender.example>');
      const header = [`From: a@${from}`, 'To: bob@example.com'];
      const { dmarc, refused } = await gathered({ block, header }, { organization: BEHIND, zone });
      expect(dmarc).toMatchObject({ result: 'fail', proved: false });
      expect(refused).toBeUndefined();
    },
  );

  it('nor does it take what alignment needs', async () => {
    const d = 'x.sender.example';
    const strangers = ['a.test', 'b.test', 'c.test'].map((name) => ({ tags: { d: name } }));
    const key = REJECT['rsa._domainkey.sender.example'] ?? [];
    const zone = { ...REJECT, ...costly('sender.example'), [`rsa._domainkey.${d}`]: key };
    const block = relayed('<ann@sender.example>');
    const { dmarc } = await gathered(
      { block, sign: [...strangers, { tags: { d } }] },
      { organization: BEHIND, zone },
    );
    expect(dmarc).toMatchObject({ result: 'pass', aligned: [{ domain: d, how: 'organization' }] });
  });

  it('signatures without a key cannot turn a failure into a temporary error', async () => {
    const zone = { ...REJECT, 'evil.test': ['v=spf1 -all'] };
    const sign = Array.from({ length: 8 }, (_, at) => ({ tags: { d: 'sender.example', s: `none${at}` } }));
    const block = relayed('<x@evil.test>');
    const { dkim, dmarc } = await gathered({ block, sign }, { organization: BEHIND, zone });
    expect(dkim.map(({ reason }) => reason)).toContain('not-checked');
    expect(dmarc).toMatchObject({ result: 'fail', source: 'own' });
  });

  it('the keys that matter most are asked for, wherever they stand', async () => {
    const zone = { ...REJECT, 'evil.test': ['v=spf1 -all'] };
    const strangers = Array.from({ length: 7 }, (_, at) => ({ tags: { d: `s${at}.test` } }));
    const block = relayed('<x@evil.test>');
    const { dmarc } = await gathered({ block, sign: [...strangers, {}] }, { organization: BEHIND, zone });
    expect(dmarc).toMatchObject({ result: 'pass', proved: true });
  });
});

describe('a relay behind another relay', () => {
  it.each(['10.0.0.9', '203.0.113.77', '::1', 'fd00::9', '127.0.0.1', '172.20.1.1', '100.64.0.1'])(
    'hands in from inside (%s): nobody knows who did from outside, so nothing failed',
    async (address) => {
      const zone = { ...REJECT, 'sender.example': ['v=spf1 -all'] };
      const received = RECEIVED.replace('192.0.2.7', address);
      const block = relayed('<ann@sender.example>').with(-1, received);
      const { gateway, spf, client, dmarc } = await gathered({ block }, { organization: BEHIND, zone });
      expect(gateway).toBe('relay');
      expect({ spf, client }).toEqual({ spf: undefined, client: undefined });
      expect(dmarc.result).toBe('unknown');
    },
  );
});
