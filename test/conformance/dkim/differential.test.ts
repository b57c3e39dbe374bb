/**
 * Ours against mailauth: the named cases, where each disagreement is adjudicated with its clause; messages that mailauth
 * signed; and random ones, signed by node:crypto over naive canonical forms and changed.
 */
import '../../support/properties.ts';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BODY,
  DOMAIN,
  ED25519,
  HEADER,
  NOW,
  RSA,
  signed,
  type TestKey,
  words,
  ZONE,
} from '../../shared/auth/dkim/support.ts';
import adjudicated from './adjudication.json' with { type: 'json' };
import { CASES } from './cases.ts';
import { peerWords } from './peer.ts';

interface Verdict {
  readonly ours: string;
  readonly mailauth: string;
  readonly clause: string;
  readonly why: string;
}

const ADJUDICATED: Readonly<Record<string, Verdict>> = adjudicated;

describe('named cases against mailauth', () => {
  it('have names of their own, and every judgement is of one of them', () => {
    const names = CASES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(Object.keys(ADJUDICATED).filter((name) => !names.includes(name))).toEqual([]);
    for (const { clause, why } of Object.values(ADJUDICATED)) expect([clause, why]).not.toContain('');
  });

  it.each(CASES)('$name', async ({ name, text, zone }) => {
    const ours = await words(text, { zone });
    const theirs = await peerWords(text, zone);
    const { [name]: verdict } = ADJUDICATED;
    if (verdict === undefined) expect(ours.map((word) => word.split('/')[0])).toEqual(theirs);
    else
      expect({ ours: ours.join(' '), mailauth: theirs.join(' ') }).toEqual({
        ours: verdict.ours,
        mailauth: verdict.mailauth,
      });
  });
});

interface Signer {
  dkimSign(message: Buffer, options: object): Promise<{ signatures: string; errors: unknown[] }>;
}

const signer: Signer = createRequire(import.meta.url)('mailauth/lib/dkim/sign.js');

async function signedByMailauth(message: string, key: TestKey, c: string, l?: number): Promise<string> {
  const { signatures, errors } = await signer.dkimSign(Buffer.from(message, 'latin1'), {
    canonicalization: c,
    algorithm: key.algorithm,
    signTime: new Date(NOW * 1_000 - 60_000),
    signatureData: [
      {
        signingDomain: DOMAIN,
        selector: key === RSA ? 'rsa' : 'ed',
        privateKey: key.privateKey.export({ format: 'pem', type: 'pkcs8' }),
        canonicalization: c,
        algorithm: key.algorithm,
        ...(l === undefined ? {} : { maxBodyLength: l }),
      },
    ],
  });
  expect(errors).toEqual([]);
  return `${signatures}${message}`;
}

describe('what mailauth signs', () => {
  for (const key of [RSA, ED25519])
    for (const c of ['simple/simple', 'simple/relaxed', 'relaxed/simple', 'relaxed/relaxed'])
      for (const l of [undefined, 0, 9])
        it(`${key.algorithm}, ${c}, l=${l ?? 'none'}: verifies, and a changed octet ends it`, async () => {
          for (const body of [BODY, '\t a longer \xe9 body  \r\n\r\n.\r\n']) {
            const message = await signedByMailauth(`${HEADER.join('\r\n')}\r\n\r\n${body}`, key, c, l);
            expect(await words(message)).toEqual(['pass/verified']);
            expect(await peerWords(message, ZONE)).toEqual(['pass']);
            expect(await words(message.replace('bob@', 'rob@'))).toEqual(['fail/signature']);
          }
        });
});

/** Ours may be stricter for these reasons; it may never accept what mailauth does not. */
const STRICTER = new Set([
  'policy/from-not-covered',
  'policy/field-not-covered',
  'policy/malformed-header',
  'neutral/syntax',
  'neutral/base64',
  'permerror/body-shorter-than-length',
]);

describe('random messages', () => {
  const text = fc.array(
    fc.constantFrom('a', 'B:', ' ', '\t', '\r\n', '\r\n ', '\n', '\r', '\0', '\xe9', 'From: x', ';', '='),
    {
      maxLength: 12,
    },
  );
  const message = fc.record({
    key: fc.constantFrom(RSA, ED25519),
    forms: fc.tuple(
      fc.constantFrom('simple' as const, 'relaxed' as const),
      fc.constantFrom('simple' as const, 'relaxed' as const),
    ),
    body: text.map((parts) => parts.join('')),
    subject: text.map((parts) => parts.join('').replace(/\r\n(?! )|\n|\r|\0/g, '')),
    l: fc.constantFrom(undefined, undefined, '0', '2'),
  });
  const change = fc.option(
    fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      drop: fc.nat(2),
      put: fc.constantFrom('', 'x', ' ', '\r\n', '\t', '\n', '\r', '\0', ':', ';', 'A', '=', '\r\n '),
    }),
  );

  it('are verified where mailauth verifies them', async () => {
    let passed = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(message, change, async ({ subject, l, ...options }, edit) => {
        const header = [`Subject: ${subject}`, ...HEADER];
        const original = signed({ ...options, header, tags: { l, h: 'from:to:subject:subject' } });
        const at = edit === null ? 0 : Math.floor(edit.at * original.length);
        const changed =
          edit === null ? original : original.slice(0, at) + edit.put + original.slice(at + edit.drop);
        const ours = await words(changed);
        const theirs = await peerWords(changed, ZONE);
        const accepted = theirs.includes('pass');
        if (ours.includes('pass/verified')) passed += 1;
        else refused += 1;
        if (ours.includes('pass/verified') !== accepted)
          expect([ours.length === 0 || STRICTER.has(ours[0] ?? ''), accepted], `${ours} | ${theirs}`).toEqual(
            [true, true],
          );
      }),
      { numRuns: 700 },
    );
    expect(passed).toBeGreaterThan(80);
    expect(refused).toBeGreaterThan(80);
  });
});
