/** Chains as somebody who wants to be believed would make them (RFC 8617 §9), and chains of other kinds than the suite's. */
import { createHash, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { validateArc } from '../../../../shared/auth/arc/index.ts';
import { sealArc } from '../../../../shared/auth/arc/seal.ts';
import { sealerVouches } from '../../../../shared/auth/dmarc/proof.ts';
import type { ArcEvidence } from '../../../../shared/auth/evidence-types.ts';
import { parseMessage } from '../../../../shared/mime/index.ts';
import { peerStatus } from '../../../conformance/arc/peer.ts';
import { cpuNow } from '../../../support/cpu-time.ts';
import { naiveBody, naiveField } from '../signatures/naive.ts';
import { ED25519, keyZone, MESSAGE, RSA, sealedBy } from './chain.ts';

const { signal } = new AbortController();
const NAMES = ['a.example', 'b.example', 'c.example', 'd.example', 'e.example', 'f.example', 'g.example'];

async function validate(bytes: Uint8Array, zone = keyZone(), nowSeconds?: number): Promise<ArcEvidence> {
  const options = { lookupTxt: zone.lookupTxt, signal };
  return validateArc(parseMessage(bytes), nowSeconds === undefined ? options : { ...options, nowSeconds });
}

function edited(bytes: Buffer, change: (text: string) => string): Buffer {
  return Buffer.from(change(bytes.toString('latin1')), 'latin1');
}

/** The place of one field: from its name up to the next line that does not begin with a blank. */
function fieldPattern(name: string, instance: number): RegExp {
  return new RegExp(
    `^${name}: (?:(?!\\r\\n\\S)[\\s\\S])*?\\bi=${instance};(?:(?!\\r\\n\\S)[\\s\\S])*\\r\\n`,
    'm',
  );
}

describe('validateArc', () => {
  it('tells who sealed, who signed and what they found, oldest first', async () => {
    const bytes = sealedBy([{ domain: 'a.example' }, { domain: 'b.example' }]);
    const evidence = await validate(bytes);
    expect(evidence).toMatchObject({ result: 'pass', reason: 'verified' });
    expect(evidence.sets.map(({ instance, sealer, signer }) => [instance, sealer, signer])).toEqual([
      [1, 'a.example', 'a.example'],
      [2, 'b.example', 'b.example'],
    ]);
    // Whether the authserv-id is the sealer's, and the results are about this From, is for who believes them.
    expect(evidence.sets[1]?.results?.authservId).toBe('mx.b.example');
    expect(evidence.sets[0]?.results?.results.at(-1)).toEqual({
      method: 'dmarc',
      result: 'pass',
      reason: undefined,
      properties: [{ type: 'header', name: 'from', value: 'sender.example' }],
    });
  });

  it('shows an authserv-id that is not the sealer’s and results about another From as they are', async () => {
    const results = 'mx.bank.example; dmarc=pass header.from=bank.example';
    const evidence = await validate(sealedBy([{ domain: 'evil.example', results }]));
    expect(evidence.sets[0]).toMatchObject({
      sealer: 'evil.example',
      results: { authservId: 'mx.bank.example' },
    });
  });

  it('passes a chain with results that nobody can read, without them', async () => {
    const bytes = sealedBy([{ domain: 'a.example' }]);
    const broken = sealArcWith(bytes, 'x; dmarc=pass');
    expect((await validate(broken)).result).toBe('pass');
    // Sealed again over results that RFC 8601 does not know: the seal of the first set is broken by the change.
    expect(await validate(edited(broken, (text) => text.replace('i=2; x; dmarc', 'i=2; x y dmarc')))).toEqual(
      {
        result: 'fail',
        reason: 'seal',
        sets: [],
      },
    );
  });

  it('verifies RSA and Ed25519 in one chain (RFC 8463)', async () => {
    const bytes = sealedBy([
      { domain: 'a.example', privateKey: ED25519.privateKey },
      { domain: 'b.example' },
      { domain: 'a.example', privateKey: ED25519.privateKey },
    ]);
    const zone = keyZone({ 'a.example': 'ed25519' });
    expect((await validate(bytes, zone)).result).toBe('pass');
    expect(await peerStatus(bytes, zone.lookupTxt)).toBe('pass');
  });

  it('asks for a key once, whatever the number of seals', async () => {
    const zone = keyZone();
    const bytes = sealedBy(
      ['a.example', 'b.example', 'a.example', 'b.example'].map((domain) => ({ domain })),
    );
    expect((await validate(bytes, zone)).result).toBe('pass');
    expect(zone.asked.sort()).toEqual(['s._domainkey.a.example', 's._domainkey.b.example']);
  });

  it('asks for six keys at most, and for none where there are more', async () => {
    const six = keyZone();
    expect((await validate(sealedBy(NAMES.slice(0, 6).map((domain) => ({ domain }))), six)).result).toBe(
      'pass',
    );
    expect(six.asked.length).toBe(6);
    const seven = keyZone();
    const evidence = await validate(sealedBy(NAMES.map((domain) => ({ domain }))), seven);
    expect(evidence).toEqual({ result: 'fail', reason: 'too-many-keys', sets: [] });
    expect(seven.asked).toEqual([]);
  });

  it('asks nothing when the body is another', async () => {
    const zone = keyZone();
    const bytes = edited(sealedBy([{ domain: 'a.example' }]), (text) => `${text}More\r\n`);
    expect((await validate(bytes, zone)).reason).toBe('body-hash');
    expect(zone.asked).toEqual([]);
  });

  it('is temperror when a key cannot be asked for, and fail when the chain is broken anyway', async () => {
    const bytes = sealedBy([{ domain: 'a.example' }, { domain: 'b.example' }]);
    expect(await validate(bytes, keyZone({ 'a.example': 'servfail' }))).toMatchObject({
      result: 'temperror',
      reason: 'dns',
      // Who says that he sealed it, for a decision that waits until it can be verified.
      sets: [{ sealer: 'a.example' }, { sealer: 'b.example' }],
    });
    expect(
      (await validate(bytes, keyZone({ 'a.example': 'servfail', 'b.example': 'nxdomain' }))).reason,
    ).toBe('key');
  });

  it('throws what is no TemporaryError', async () => {
    const lookupTxt = async (): Promise<never> => {
      throw new RangeError('a mistake of ours');
    };
    await expect(validate(sealedBy([{ domain: 'a.example' }]), { lookupTxt, asked: [] })).rejects.toThrow(
      RangeError,
    );
  });

  it('passes a chain of fifty sets in time', { timeout: 20_000 }, async () => {
    const bytes = sealedBy(Array.from({ length: 50 }, () => ({ domain: 'a.example' })));
    const begun = cpuNow();
    expect((await validate(bytes)).result).toBe('pass');
    expect(cpuNow() - begun).toBeLessThan(250);
    const more = sealArc(parseMessage(bytes), { ...KEY, results: 'x; none', received: 'pass', signedAt: 1 });
    expect(more).toEqual({ ok: false, why: 'too-many-sets' });
  });

  it.for([
    ['ARC-Seal', 'seal-syntax'],
    ['ARC-Message-Signature', 'signature-syntax'],
    ['ARC-Authentication-Results', 'instance'],
  ] as const)('fails without tags in %s', async ([name, reason]) => {
    const bytes = edited(sealedBy([{ domain: 'a.example' }]), (text) =>
      text.replace(fieldPattern(name, 1), `${name}: ?\r\n`),
    );
    expect((await validate(bytes)).reason).toBe(reason);
  });

  it.for(['ARC-Seal', 'ARC-Message-Signature', 'ARC-Authentication-Results'])(
    'fails with two %s of a set',
    async (name) => {
      const bytes = edited(sealedBy([{ domain: 'a.example' }]), (text) => {
        const field = fieldPattern(name, 1).exec(text)?.[0] ?? '';
        return `${field}${text}`;
      });
      expect((await validate(bytes)).reason).toBe('duplicate-field');
    },
  );

  it('fails with a gap', async () => {
    const three = sealedBy([{ domain: 'a.example' }, { domain: 'b.example' }, { domain: 'c.example' }]);
    const bytes = edited(three, (text) =>
      ['ARC-Seal', 'ARC-Message-Signature', 'ARC-Authentication-Results'].reduce(
        (left, name) => left.replace(fieldPattern(name, 2), ''),
        text,
      ),
    );
    expect((await validate(bytes)).reason).toBe('missing-set');
  });

  it('fails with more than fifty sets, with an instance above fifty, with a chain of a megabyte', async () => {
    const one = sealedBy([{ domain: 'a.example' }]).toString('latin1');
    const many = Array.from({ length: 151 }, (_, at) => `ARC-Seal: i=${at}\r\n`).join('');
    expect((await validate(Buffer.from(many + one))).reason).toBe('too-many-sets');
    expect((await validate(Buffer.from(one.replaceAll('i=1;', 'i=51;')))).reason).toBe('instance');
    const long = `ARC-Authentication-Results: i=2; x; dkim=pass (${'a'.repeat(300_000)})\r\n${one}`;
    expect((await validate(Buffer.from(long))).reason).toBe('header-too-large');
  });

  it('fails when the last who sealed found it broken, and is not sealed again (§5.1.2)', async () => {
    const bytes = sealedBy([{ domain: 'a.example' }, { domain: 'b.example', received: 'fail' }]);
    expect((await validate(bytes)).reason).toBe('sealed-as-failed');
    const again = sealArc(parseMessage(bytes), { ...KEY, results: 'x; none', received: 'fail', signedAt: 1 });
    expect(again).toEqual({ ok: false, why: 'sealed-as-failed' });
  });

  it('fails when a chain that was broken is sealed as good', async () => {
    const changed = edited(sealedBy([{ domain: 'a.example' }]), (text) =>
      text.replace('dmarc=pass', 'dmarc=fail'),
    );
    expect((await validate(sealArcWith(changed, 'x; none'))).reason).toBe('seal');
  });

  it('looks at x= of the newest signature where the time is known', async () => {
    const plain = sealedBy([{ domain: 'a.example' }]);
    const bytes = edited(plain, (text) =>
      text.replace('t=1700000000\r\nARC-Auth', 't=1700000000; x=1700000100\r\nARC-Auth'),
    );
    expect((await validate(bytes, keyZone(), 1_700_000_200)).reason).toBe('expired');
    // In time, or without a clock, the signature itself is looked at; it does not cover what was put in.
    expect((await validate(bytes, keyZone(), 1_700_000_100)).reason).toBe('signature');
    expect((await validate(bytes)).reason).toBe('signature');
  });

  it('never passes when one octet of what a seal covers is changed', async () => {
    const bytes = sealedBy([{ domain: 'a.example' }, { domain: 'b.example' }]);
    const end = bytes.indexOf('From: Ann');
    const place = fc.integer({ min: 0, max: end - 1 });
    await fc.assert(
      fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ flip;
        const evidence = await validate(changed);
        if (evidence.result !== 'pass') return;
        // Names of fields and of some tags have no case, and white space may change: nothing else may.
        const meaning = (octets: Buffer): string =>
          octets.toString('latin1').toLowerCase().replace(/\s/g, '');
        expect(meaning(changed)).toBe(meaning(bytes));
      }),
      { numRuns: 150 },
    );
  });
});

const KEY = { domain: 'z.example', selector: 's', privateKey: RSA.privateKey };

function sealArcWith(bytes: Buffer, results: string): Buffer {
  const sealed = sealArc(parseMessage(bytes), { ...KEY, results, received: 'pass', signedAt: 1_700_000_009 });
  if (!sealed.ok) throw new Error(sealed.why);
  return Buffer.concat([...sealed.fields, bytes]);
}

/** One set with these tags in ARC-Message-Signature, by the naive forms: no sealer of ours would write them. */
function handSealed(tags: Readonly<Record<'h' | 'l', string>>, text = MESSAGE): Buffer {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const by = (data: string): string => sign('sha256', Buffer.from(data), RSA.privateKey).toString('base64');
  const bh = createHash('sha256')
    .update(naiveBody(body, 'relaxed').slice(0, Number(tags.l)))
    .digest('base64');
  const covered = head.split('\r\n').filter((line) => tags.h.split(':').includes(line.split(':')[0] ?? ''));
  const fields = [`ARC-Authentication-Results: i=1; a.example; dmarc=pass header.from=sender.example`];
  const keyed = 'a=rsa-sha256; d=a.example; s=s';
  const unsigned = `ARC-Message-Signature: i=1; ${keyed}; c=relaxed/relaxed; l=${tags.l}; h=${tags.h}; bh=${bh}; b=`;
  const signed = covered.map((line) => `${naiveField(line, 'relaxed')}\r\n`).join('');
  fields.push(`${unsigned}${by(`${signed}${naiveField(unsigned, 'relaxed')}`)}`);
  const seal = `ARC-Seal: i=1; ${keyed}; t=1; cv=none; b=`;
  fields.push(`${seal}${by([...fields, seal].map((line) => naiveField(line, 'relaxed')).join('\r\n'))}`);
  return Buffer.from(`${fields.join('\r\n')}\r\n${text}`);
}

describe('a chain that passes and leaves the message to others (RFC 8617 §4.1.2, RFC 6376 §8.2, §8.15)', () => {
  const H = 'From:To:Subject';
  it.each([
    ['nothing', undefined, handSealed({ h: H, l: '7' })],
    ['what follows the octets of l=', 'body', handSealed({ h: H, l: '2' })],
    ['From, which h= does not name', 'from', handSealed({ h: 'To:Subject', l: '7' })],
    [
      'a From above the one that it covers',
      'from',
      edited(handSealed({ h: H, l: '7' }), (text) => `From: Eve <eve@attack.example>\r\n${text}`),
    ],
    [
      'a Subject above the one that it covers',
      'content',
      edited(handSealed({ h: H, l: '7' }), (text) => `Subject: Pay\r\n${text}`),
    ],
    [
      'a header that ends elsewhere for others',
      'header',
      edited(handSealed({ h: H, l: '7' }), (text) => text.replace('Date:', 'no field\r\nDate:')),
    ],
  ])('%s', async (_, open, bytes) => {
    const arc = await validate(bytes);
    expect([arc.result, arc.open]).toEqual(['pass', open]);
    expect(sealerVouches(arc, ['a.example'], 'sender.example')).toBe(open === undefined);
  });
});

describe('sealArc', () => {
  const input = { ...KEY, results: 'x; none', signedAt: 1 };

  it.for([
    ['temperror', 'temperror'],
    ['pass', 'chain'],
    ['fail', 'chain'],
  ] as const)('does not seal a message without sets as %s', ([received, why]) => {
    expect(sealArc(parseMessage(Buffer.from(MESSAGE)), { ...input, received })).toEqual({ ok: false, why });
  });

  it('does not begin a second chain', () => {
    const bytes = sealedBy([{ domain: 'a.example' }]);
    expect(sealArc(parseMessage(bytes), { ...input, received: 'none' })).toEqual({ ok: false, why: 'chain' });
  });

  it('refuses results that could not be read again', () => {
    const message = parseMessage(Buffer.from(MESSAGE));
    for (const results of ['', 'x', 'x; spf=pass\r\nFrom: ceo@bank.example', 'x; spf=pass (']) {
      expect(sealArc(message, { ...input, results, received: 'none' })).toEqual({
        ok: false,
        why: 'results',
      });
    }
  });

  it('signs From once more than it is there, so that a second one breaks the chain', async () => {
    const bytes = edited(sealedBy([{ domain: 'a.example' }]), (text) => `From: ceo@bank.example\r\n${text}`);
    expect((await validate(bytes)).reason).toBe('signature');
  });
});
