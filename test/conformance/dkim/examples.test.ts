/** The examples of the RFCs, and the messages that lieser/dkim_verifier collected. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verified, words } from '../../shared/auth/dkim/support.ts';
import { KEYS, RFC6376_A2, RFC8463_A3 } from './messages.ts';

const zone = KEYS;

describe('examples of the RFCs', () => {
  it('RFC 6376 §A.2: simple/simple, the identity in a subdomain', async () => {
    const { results } = await verified(RFC6376_A2, { zone });
    expect(results).toMatchObject([
      {
        result: 'pass',
        domain: 'example.com',
        selector: 'brisbane',
        identityDomain: 'football.example.com',
        algorithm: 'rsa-sha256',
        keyBits: 1024,
        signedFields: ['received', 'from', 'to', 'subject', 'date', 'message-id'],
      },
    ]);
  });

  it('RFC 8463 §A.3: an Ed25519 and an RSA signature', async () => {
    const { results } = await verified(RFC8463_A3, { zone });
    expect(results.map(({ result, algorithm }) => [result, algorithm])).toEqual([
      ['pass', 'ed25519-sha256'],
      ['pass', 'rsa-sha256'],
    ]);
  });

  it('a single changed octet ends each of them', async () => {
    expect(await words(RFC6376_A2.replace('hungry', 'angry'), { zone })).toEqual(['fail/body-hash']);
    expect(await words(RFC6376_A2.replace('dinner', 'supper'), { zone })).toEqual(['fail/signature']);
    expect(await words(RFC8463_A3.replace('dinner', 'supper'), { zone })).toEqual([
      'fail/signature',
      'fail/signature',
    ]);
  });
});

/** Their keys, where they are published; of real mail they are not, and the body is all that can be held against its hash. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'dkim/added_header-date.eml': ['pass/verified'],
  'dkim/added_header-from.eml': ['policy/from-not-covered'],
  'dkim/added_header-subject.eml': ['policy/field-not-covered'],
  'dkim/added_header-to.eml': ['pass/verified'],
  'dkim/flags_s-auid_and_sdid_match.eml': ['permerror/no-key'],
  'dkim/flags_s-auid_is_subdomain_of_sdid.eml': ['permerror/no-key'],
  'fakePayPal.eml': [],
  'ill_formed-from.eml': [],
  'original/Fastmail from Amazon - Verify your new Amazon account.eml': [
    'permerror/no-key',
    'permerror/no-key',
  ],
  'original/Fastmail from CNN - Thanks for subscribing to 5 Things.eml': ['permerror/no-key'],
  'original/Fastmail from CNN - Welcome to CNN Breaking News.eml': ['permerror/no-key'],
  'original/Fastmail from Fastmail - How to keep your email private.eml': [
    'policy/expired',
    'policy/expired',
  ],
  'original/Fastmail from Fastmail - Welcome! Get set up in 3 steps..eml': [
    'policy/expired',
    'policy/expired',
  ],
  'rfc6376-A.2-body_modified.eml': ['fail/body-hash'],
  'rfc6376-A.2-header_subject_modified.eml': ['fail/signature'],
  'rfc6376-A.2-ill_formed-missing_v.eml': ['neutral/missing-tag'],
  'rfc8463-A.3-key_algo_mismatch.eml': ['permerror/key-type', 'permerror/key-type'],
  'rfc8463-A.3.eml': ['pass/verified', 'pass/verified'],
};

const corpora = process.env['MAILROOM_CORPORA'] ?? '';
const folder = join(corpora, 'auth/dkim_verifier');

describe.skipIf(corpora === '' || !existsSync(folder))('dkim_verifier (set MAILROOM_CORPORA to run)', () => {
  const files = existsSync(folder)
    ? globSync('{*,{dkim,bimi,original}/*,arh/rfc*}.eml', { cwd: folder }).sort()
    : [];

  it('has its messages', () => {
    expect(files.length).toBeGreaterThan(40);
    expect(Object.keys(EXPECTED).filter((file) => !files.includes(file))).toEqual([]);
  });

  // Their unit tests: what is not listed is the example of RFC 6376 or 8463 with changes that leave the signature valid.
  it.each(files)('%s', async (file) => {
    const expected = EXPECTED[file] ?? ['pass/verified'];
    const text = readFileSync(join(folder, file), 'latin1');
    expect(await words(text, { zone, nowSeconds: 1_795_000_000 })).toEqual(expected);
  });
});
