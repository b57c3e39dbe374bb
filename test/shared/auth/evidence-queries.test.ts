/** How many questions a message can make us ask, and that none of a sender's own keeps those from being asked that decide. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_DNS_QUERIES } from '../../../shared/auth/dns/session.ts';
import type { LookupDns } from '../../../shared/auth/dns/types.ts';
import { policy } from './dmarc/cases.ts';
import { ALWAYS, gathered, REJECT } from './gather.ts';
import { sesBlock, zoneDns } from './support.ts';

const KEY = REJECT['rsa._domainkey.sender.example'] ?? [];
const author = (domain: string) => [`From: a@${domain}`, 'To: b@c.example', 'Subject: x', 'Date: y'];
const signer = (d: string) => ({ tags: { d } });

describe('questions', () => {
  it('of ordinary mail are few: the walk and one key', async () => {
    const { asked, queries } = await gathered({ sign: [{}] });
    expect(asked).toEqual(['_dmarc.sender.example', '_dmarc.example', 'rsa._domainkey.sender.example']);
    expect(queries).toBe(3);
  });

  it('are asked once, whoever asks', async () => {
    const { asked } = await gathered({ sign: [{}, {}, {}] });
    expect(new Set(asked).size).toBe(asked.length);
  });

  it('of a hundred valid signatures by a hundred domains end, and the author’s own is verified', async () => {
    const strangers = Array.from({ length: 100 }, (_, index) => signer(`s${index}.example.net`));
    const { dkim, queries, dmarc } = await gathered({ sign: [...strangers, {}] });
    expect(queries).toBeLessThanOrEqual(MAX_DNS_QUERIES);
    expect(dkim.filter(({ reason }) => reason !== 'not-checked')).toHaveLength(8);
    // Behind a hundred others it is not read; behind a few it is, and before all of them.
    expect(dmarc.result).toBe('unknown');
    const fewer = await gathered({ sign: [...strangers.slice(0, 20), {}] });
    expect(fewer.dmarc).toMatchObject({ result: 'pass', proved: true });
  });

  it('about the author come before those about signatures, however deep the name', async () => {
    const deep = 'a.b.c.d.e.f.g.h.sender.example';
    const zone = { ...REJECT, '_dmarc.sender.example': ['v=DMARC1; p=none; np=reject'] };
    const sign = Array.from({ length: 30 }, (_, index) => signer(`s${index}.example.net`));
    const { asked, discovery, queries } = await gathered({ header: author(deep), sign }, { zone });
    expect(asked.slice(0, 8).every((name) => name.startsWith('_dmarc.'))).toBe(true);
    expect(discovery).toMatchObject({ published: 'reject', from: 'np', at: 'sender.example' });
    expect(queries).toBeLessThanOrEqual(MAX_DNS_QUERIES);
  });

  it('leave room for alignment: a signature deep below the organization', async () => {
    const d = 'x.y.z.sender.example';
    const zone = { ...REJECT, [`rsa._domainkey.${d}`]: KEY };
    const strangers = Array.from({ length: 20 }, (_, index) => signer(`s${index}.example.net`));
    const { dmarc } = await gathered({ sign: [...strangers, signer(d)] }, { zone });
    expect(dmarc).toMatchObject({ result: 'pass', aligned: [{ domain: d, how: 'organization' }] });
  });

  it('about a relay’s client leave what the author’s policy needs', async () => {
    const deep = 'a.b.c.d.e.f.g.h.sender.example';
    const hosts = Array.from({ length: 10 }, (_, index) => [`A h${index}.net`, ['198.51.100.9']] as const);
    const zone = {
      ...REJECT,
      ...Object.fromEntries(hosts),
      '_dmarc.sender.example': ['v=DMARC1; p=none; np=reject'],
      'spf.example': [`v=spf1 ${Array.from({ length: 10 }, (_, index) => `a:h${index}.net`).join(' ')} -all`],
    };
    const block = [
      ...sesBlock({ rest: `dmarc=fail header.from=${deep};`, returnPath: '<a@spf.example>' }),
      'Received: from x.example (x.example [192.0.2.7]) by relay.example with ESMTP; now',
    ];
    const gateways = [{ name: 'relay', networks: ['203.0.113.0/24'] }];
    const sign = Array.from({ length: 8 }, (_, index) => signer(`s${index}.example.net`));
    // The author's own servers are the slow ones: by the time that they answer, all others were asked.
    const zoned = zoneDns(zone);
    const lookupDns: LookupDns = async (name, type, signal) => {
      if (name.startsWith('_dmarc.')) await new Promise((resolve) => setTimeout(resolve, 400));
      return zoned.lookupDns(name, type, signal);
    };
    const { spf, discovery, queries } = await gathered(
      { block, header: author(deep), sign },
      { lookupDns, organization: { ...ALWAYS, gateways } },
    );
    expect(spf?.source).toBe('own');
    expect(discovery).toMatchObject({ published: 'reject', from: 'np' });
    expect(queries).toBeLessThanOrEqual(MAX_DNS_QUERIES);
  });

  it('about the policy’s own signers come before those about strangers', async () => {
    const strangers = Array.from({ length: 20 }, (_, index) => signer(`s${index}.example.net`));
    const zone = { ...REJECT, 'rsa._domainkey.forwarder.test': KEY };
    const sign = [...strangers, signer('forwarder.test')];
    const unnamed = await gathered({ sign }, { zone });
    expect(unnamed.dkim.at(-1)).toMatchObject({ reason: 'not-checked' });
    const dmarc = policy({
      exceptions: [
        {
          from: ['*'],
          authenticatedBy: { dkim: ['forwarder.test'], spf: [], arc: [], gateway: [] },
          action: 'default',
          reason: 'forwards',
        },
      ],
    });
    const named = await gathered({ sign }, { zone, dmarc });
    expect(named.dkim.at(-1)).toMatchObject({ result: 'pass', domain: 'forwarder.test' });
  });

  it('about several authors begin with the shortest name', async () => {
    const long = 'a.b.c.d.e.f.g.h.i.evil.example';
    const header = [`From: x@1.${long}, x@2.${long}, x@3.${long}, victim@sender.example`, 'Subject: x'];
    const { candidates, queries } = await gathered({ header });
    expect(candidates[0]).toMatchObject({ domain: 'sender.example', discovery: { published: 'reject' } });
    expect(queries).toBeLessThanOrEqual(MAX_DNS_QUERIES);
  });

  it('never exceed the limit', async () => {
    const label = fc.constantFrom('a', 'b', 'sender', 'example', 'net');
    const domain = fc.array(label, { minLength: 2, maxLength: 12 }).map((labels) => labels.join('.'));
    const record = fc.constantFrom(
      'v=DMARC1; p=reject',
      'v=DMARC1; p=none; np=reject',
      'v=DMARC1; p=none; psd=y',
    );
    await fc.assert(
      fc.asyncProperty(
        domain,
        fc.array(domain, { maxLength: 12 }),
        fc.dictionary(domain, record, { maxKeys: 5 }),
        async (from, signers, records) => {
          const zone = Object.fromEntries([
            ...Object.entries(records).map(([name, text]) => [`_dmarc.${name}`, [text]] as const),
            ...signers.map((name) => [`rsa._domainkey.${name}`, KEY] as const),
          ]);
          const found = await gathered({ header: author(from), sign: signers.map(signer) }, { zone });
          expect(found.queries).toBeLessThanOrEqual(MAX_DNS_QUERIES);
          expect(found.queries).toBe(new Set(found.asked).size);
          expect(found.discovery).not.toBe('temporary');
        },
      ),
      { numRuns: 60 },
    );
  });
});
