/** What RFC 6376 §6.1 asks of a verifier, one signature at a time. */
import { describe, expect, it } from 'vitest';
import {
  BODY,
  DOMAIN,
  ED25519,
  HEADER,
  NOW,
  RSA,
  type SignOptions,
  signatureOf,
  signed,
  verified,
  words,
  ZONE,
} from './support.ts';

const one = async (options: SignOptions): Promise<string | undefined> => (await words(signed(options)))[0];
const tagged = (tags: SignOptions['tags']): Promise<string | undefined> => one({ tags: tags ?? {} });

describe('a signature that is right', () => {
  for (const key of [RSA, ED25519])
    for (const headerForm of ['simple', 'relaxed'] as const)
      for (const bodyForm of ['simple', 'relaxed'] as const)
        it(`${key.algorithm}, ${headerForm}/${bodyForm}`, async () => {
          const forms = [headerForm, bodyForm] as const;
          for (const body of [BODY, '', '\r\n\r\n', ' \r\n', 'a', 'a\rb', '\xe9\0\r\n'])
            for (const l of [undefined, '0', '1']) {
              const tags = l === '1' && body !== BODY && body[0] !== 'a' ? {} : { l };
              expect(await one({ key, forms, body, tags }), JSON.stringify({ body, l })).toBe(
                'pass/verified',
              );
            }
        });

  it('says what it knows', async () => {
    const { results, asked } = await verified(
      signed({ tags: { i: 'ann@Mail.Sender.EXAMPLE', d: 'Sender.Example' } }),
    );
    expect(results).toEqual([
      {
        result: 'pass',
        reason: 'verified',
        domain: DOMAIN,
        selector: 'rsa',
        identityDomain: `mail.${DOMAIN}`,
        algorithm: 'rsa-sha256',
        keyBits: 2048,
        partialBody: false,
        testing: false,
        signedFields: ['from', 'to', 'subject', 'date'],
      },
    ]);
    expect(asked).toEqual([`rsa._domainkey.${DOMAIN}`]);
  });

  it('does not mind what a store made of its line ends', async () => {
    for (const forms of [['simple', 'simple'] as const, ['relaxed', 'relaxed'] as const])
      expect(await words(signed({ forms }).replaceAll('\r\n', '\n'))).toEqual(['pass/verified']);
  });

  it.each([
    ['no `c=`: simple/simple', { c: undefined }, ['simple', 'simple']],
    ['one word in `c=`: simple for the body', { c: 'relaxed' }, ['relaxed', 'simple']],
    ['`q=` with an unknown method beside the known', { q: 'x/y : dns/txt' }, undefined],
    ['unknown tags', { zz: 'anything at all' }, undefined],
    ['white space in `h=`, names in any case', { h: ' From :\r\n\tTO: Subject:date' }, undefined],
    ['an `h=` that ends with a colon', { h: 'from:to:subject:date:' }, undefined],
    [
      'names that are not there, and more often than they are',
      { h: 'from:from:x-none:to:subject' },
      undefined,
    ],
    ['an algorithm in capitals', { a: 'RSA-SHA256' }, undefined],
    ['`i=` in quoted-printable', { i: '=41nn=40home@sender=2Eexample' }, undefined],
    ['`x=` to come', { t: String(NOW - 10), x: String(NOW) }, undefined],
    ['a clock that is a time zone ahead', { t: String(NOW + 14 * 3_600) }, undefined],
  ] as const)('%s', async (_, tags, forms) => {
    expect(await one({ tags, ...(forms === undefined ? {} : { forms }) })).toBe('pass/verified');
  });

  it('`l=`: what was put behind the signed part is told', async () => {
    const message = signed({ tags: { l: '5' } });
    const partial = async (text: string) => (await verified(text)).results[0];
    expect(await partial(`${message}<h1>and more</h1>`)).toMatchObject({ result: 'pass', partialBody: true });
    const whole = signed({ body: 'Hello\r\n', tags: { l: '7' } });
    expect(await partial(whole)).toMatchObject({ result: 'pass', partialBody: false });
    expect(await partial(`${whole}\r\n\r\n`)).toMatchObject({ result: 'pass', partialBody: false });
    expect(await partial(`${whole}x`)).toMatchObject({ result: 'pass', partialBody: true });
  });
});

describe('RFC 6376 §6.1.1: a signature that cannot be right', () => {
  it.each([
    ['missing-tag', { v: undefined }],
    ['missing-tag', { a: undefined }],
    ['missing-tag', { d: undefined }],
    ['missing-tag', { s: undefined }],
    ['missing-tag', { h: undefined }],
    ['missing-tag', { bh: undefined }],
    ['version', { v: '2' }],
    ['version', { v: '0.5' }],
    ['algorithm', { a: 'rsa-sha512' }],
    ['algorithm', { a: '' }],
    ['canonicalization', { c: 'nowsp' }],
    ['canonicalization', { c: 'relaxed/' }],
    ['canonicalization', { c: 'relaxed/x' }],
    ['query-method', { q: 'dns/spf' }],
    ['domain', { d: 'com' }],
    ['domain', { d: 'sender..example' }],
    ['domain', { d: '[192.0.2.1]' }],
    ['domain', { d: "legitimate.example'a.attack.example" }],
    ['domain', { d: 'legitimate.example(.attack.example' }],
    ['selector', { s: '' }],
    ['selector', { s: 'a b' }],
    ['selector', { s: `${'x'.repeat(63)}.${'x'.repeat(63)}.${'x'.repeat(63)}.${'x'.repeat(50)}` }],
    ['signed-names', { h: ' : ' }],
    ['signed-names', { h: 'from:a b' }],
    ['identity', { i: 'ann' }],
    ['identity', { i: '@' }],
    ['identity', { i: `${'x'.repeat(500)}@sender.example` }],
    ['number', { l: '-1', bh: 'AAAA' }],
    ['number', { l: '', bh: 'AAAA' }],
    ['number', { t: '1.5' }],
    ['number', { t: '1234567890123' }],
    ['number', { x: '0x10' }],
    ['expires-before-signed', { t: String(NOW), x: String(NOW - 1) }],
    ['base64', { bh: '*' }],
    ['base64', { bh: '' }],
    ['syntax', { zz: '\0' }],
    ['syntax', { zz: '1;;' }],
    ['syntax', { zz: '1; d=other.example' }],
  ])('neutral/%s: %j', async (reason, tags) => {
    expect(await tagged(tags)).toBe(`neutral/${reason}`);
  });

  it('an espoofer selector with NUL is no selector (server_a3)', async () => {
    const { results, asked } = await verified(
      signed({ tags: { d: 'legitimate.example', s: 'selector._domainkey.attack.example.\0.any' } }),
    );
    expect(results[0]).toMatchObject({ result: 'neutral', domain: undefined });
    expect(asked).toEqual([]);
  });

  it.each([
    ['identity-outside-domain', { i: '@other.example' }],
    ['identity-outside-domain', { i: '@example' }],
    ['identity-outside-domain', { i: '@notsender.example' }],
    ['from-not-signed', { h: 'to:subject' }],
  ])('permerror/%s: %j', async (reason, tags) => {
    expect(await tagged(tags)).toBe(`permerror/${reason}`);
  });

  it.each([
    ['rsa-sha1', { a: 'rsa-sha1' }],
    ['expired', { x: String(NOW - 1) }],
    ['signed-in-future', { t: String(NOW + 27 * 3_600) }],
    ['too-many-names', { h: `from${':x'.repeat(500)}` }],
  ])('policy/%s, and DNS is not asked', async (reason, tags) => {
    const { results, asked } = await verified(signed({ tags }));
    expect(results[0]).toMatchObject({ result: 'policy', reason, domain: DOMAIN });
    expect(asked).toEqual([]);
  });

  it('`b=` that is none', async () => {
    const message = signed();
    expect(await words(message.replace(/\r\n b=[^\r]*/, '\r\n b='))).toEqual(['neutral/base64']);
    expect(await words(message.replace(/\r\n b=[^\r]*/, '\r\n b=!!'))).toEqual(['neutral/base64']);
    expect(await words(message.replace(/;\r\n b=[^\r]*/, ''))).toEqual(['neutral/missing-tag']);
  });
});

describe('RFC 6376 §6.1.3: a message that was changed', () => {
  it('fails, and a wrong body is seen before DNS is asked', async () => {
    const message = signed();
    expect(await words(message.replace('The  plan', 'A plan'))).toEqual(['fail/signature']);
    expect(await words(message.replace('bob@', 'eve@'))).toEqual(['fail/signature']);
    const { results, asked } = await verified(message.replace('Hello', 'Hallo'));
    expect(results[0]).toMatchObject({ result: 'fail', reason: 'body-hash', domain: DOMAIN });
    expect(asked).toEqual([]);
  });

  it('fails where a tag of the signature was changed', async () => {
    expect(await words(signed().replace('c=relaxed', 'c=simple'))).toEqual(['fail/signature']);
    expect(await words(signed().replace('v=1;', 'v=1; t=1;'))).toEqual(['fail/signature']);
  });

  it('a field that `h=` names and that is not there may not be put in', async () => {
    const message = signed({ tags: { h: 'from:to:reply-to' } });
    expect(await words(message)).toEqual(['pass/verified']);
    expect(await words(message.replace('From:', 'Reply-To: eve@attack.example\r\nFrom:'))).toEqual([
      'fail/signature',
    ]);
  });

  it('RFC 6376 §8.15: a From that was put in is not covered', async () => {
    for (const place of ['DKIM-Signature:', 'To:'])
      expect(await words(signed().replace(place, `From: eve@attack.example\r\n${place}`))).toEqual([
        'policy/from-not-covered',
      ]);
    expect(await words(signed().replace('To:', 'From : eve@attack.example\r\nTo:'))).toEqual([
      'policy/from-not-covered',
    ]);
    const twice = signed({ tags: { h: 'from:from:to' } });
    expect(await words(twice.replace('From:', 'From: eve@attack.example\r\nFrom:'))).toEqual([
      'fail/signature',
    ]);
  });

  it('RFC 6376 §8.15: a Subject or Content-Type that was put in beside the one that is covered', async () => {
    const header = [...HEADER, 'Content-Type: text/plain'];
    const message = signed({ header, tags: { h: 'from:subject:content-type' } });
    for (const added of ['Subject: Pay', 'content-type : text/html'])
      expect(await words(`${added}\r\n${message}`)).toEqual(['policy/field-not-covered']);
    const covered = signed({ header, tags: { h: 'from:subject:content-type:content-type' } });
    expect(await words(`Content-Type: text/html\r\n${covered}`)).toEqual(['fail/signature']);
    expect(await words(`To: eve@attack.example\r\n${covered}`)).toEqual(['pass/verified']);
    const both = ['Subject: Plan', ...header];
    expect(await one({ header: both, tags: { h: 'from:subject:subject' } })).toBe('pass/verified');
  });

  it('two From that are both signed are what was signed', async () => {
    const header = ['From: a@sender.example', ...HEADER];
    expect(await one({ header, tags: { h: 'from:from:to' } })).toBe('pass/verified');
  });

  it.each([
    ['no empty line ends it', (text: string) => text.replace('\r\n\r\n', '\r\n')],
    ['a line is no field', (text: string) => text.replace('To:', 'no field\r\nTo:')],
    ['a name is folded', (text: string) => text.replace('\r\nFrom:', '\r\nFrom\r\n :')],
    ['a name holds NUL', (text: string) => text.replace('\r\nSubject:', '\r\nSub\0ject:')],
  ])('a header that others may read in another way is not verified: %s', async (_, change) => {
    expect(await words(change(signed()))).toEqual(['policy/malformed-header']);
  });

  it('parts of a multipart may be as malformed as they like', async () => {
    const header = [...HEADER, 'Content-Type: multipart/mixed; boundary=x'];
    const body = '--x\r\nno field\r\nA: b\r\nno empty line\r\n--x--\r\n';
    expect(await one({ header, body })).toBe('pass/verified');
  });

  it('a body that is shorter than `l=` says', async () => {
    expect(await one({ body: 'Hi\r\n', tags: { l: '5' } })).toBe('permerror/body-shorter-than-length');
  });
});

describe('several signatures', () => {
  it('each has its own result, from the top', async () => {
    const bad = signatureOf({ body: 'another' });
    const message = `${signatureOf({ key: ED25519 })}\r\n${bad}\r\n${signed()}`;
    expect(await words(message)).toEqual(['pass/verified', 'fail/body-hash', 'pass/verified']);
  });

  it('a message without any has none', async () => {
    expect(await words(`${HEADER.join('\r\n')}\r\n\r\n${BODY}`, { zone: ZONE })).toEqual([]);
    expect(await words('')).toEqual([]);
  });

  it('the same key is asked once', async () => {
    const { results, asked } = await verified(
      `${signatureOf()}\r\n${signatureOf({ tags: { l: '3' } })}\r\n${signed()}`,
    );
    expect(results.map(({ result }) => result)).toEqual(['pass', 'pass', 'pass']);
    expect(asked).toHaveLength(1);
  });
});
