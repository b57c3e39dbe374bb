/** RFC 6376 §6.1.2: the key of a signature, and what its record lets it be used for. */
import { describe, expect, it } from 'vitest';
import type { Zone } from '../support.ts';
import { DOMAIN, ED25519, RSA, record, rsaKey, signed, type TestKey, verified, words } from './support.ts';

const NAME = `rsa._domainkey.${DOMAIN}`;
const at = (...records: readonly string[]): Zone => ({ [NAME]: records });
const withKey = async (...records: readonly string[]): Promise<string | undefined> =>
  (await words(signed(), { zone: at(...records) }))[0];

describe('what DNS may say', () => {
  it.each([
    ['permerror/no-key', {}],
    ['permerror/no-key', at()],
    ['permerror/no-key', at('v=spf1 -all', 'anything')],
    ['permerror/no-key', at(`v=DKIM2; p=${RSA.published}`)],
    ['temperror/dns', { [NAME]: 'servfail' }],
    ['permerror/key-revoked', at('v=DKIM1; p=')],
    ['permerror/key-syntax', at('v=DKIM1; p=x')],
    ['permerror/key-syntax', at(`${record(RSA)}\0`)],
    ['permerror/key-syntax', at(`${record(RSA)}; n=${'x'.repeat(20_000)}`)],
    ['permerror/key-type', at(record(ED25519))],
    ['permerror/key-type', at(`k=new; p=${RSA.published}`)],
    ['permerror/key-hash', at(record(RSA, 'h=sha1; '))],
    ['permerror/key-service', at(record(RSA, 's=other; '))],
    ['fail/signature', at(record(rsaKey(1024)))],
    ['pass/verified', at(`p=${RSA.published}`)],
    ['pass/verified', at(record(RSA, 'h=sha1:sha256; s=email; n=note; '))],
    ['pass/verified', at(`  v=DKIM1 ; p = ${RSA.published.replaceAll('A', 'A ')} ; `)],
  ] as const)('%s', async (expected, zone) => {
    expect((await words(signed(), { zone: zone as Zone }))[0]).toBe(expected);
  });

  it('§6.1.2 step 4: each of several records is tried, a few at most', async () => {
    const others = [record(rsaKey(1024)), record(rsaKey(1024))];
    expect(await withKey('v=spf1 -all', record(RSA))).toBe('pass/verified');
    expect(await withKey('v=DKIM1; p=', record(RSA))).toBe('pass/verified');
    expect(await withKey(...others, record(RSA))).toBe('pass/verified');
    expect(await withKey(...others, 'v=spf1 -all', record(RSA))).toBe('fail/signature');
    expect(await withKey('v=DKIM1; p=', others[0] ?? '')).toBe('fail/signature');
  });

  it('another error than a temporary one is no result', async () => {
    const lookupTxt = () => Promise.reject(new TypeError('a fault'));
    await expect(verified(signed(), { lookupTxt })).rejects.toThrow('a fault');
  });
});

describe('RFC 6376 §3.6.1: flags', () => {
  it('`y` is told, whatever the result', async () => {
    const zone = at(record(RSA, 't=y; '));
    const of = async (text: string) => (await verified(text, { zone })).results[0];
    expect(await of(signed())).toMatchObject({ result: 'pass', testing: true });
    expect(await of(signed().replace('The', 'A'))).toMatchObject({ result: 'fail', testing: true });
  });

  it('`s` wants `i=` in the very domain', async () => {
    const zone = at(record(RSA, 't=y:s; '));
    expect(await words(signed(), { zone })).toEqual(['pass/verified']);
    expect(await words(signed({ tags: { i: `@${DOMAIN}` } }), { zone })).toEqual(['pass/verified']);
    expect(await words(signed({ tags: { i: `@mail.${DOMAIN}` } }), { zone })).toEqual([
      'permerror/same-domain',
    ]);
  });
});

describe('RFC 8301 §3.2: the length of RSA keys', () => {
  const verifyWith = async (key: TestKey) =>
    (await verified(signed({ key }), { zone: at(record(key)) })).results[0];

  it('below 1,024 bits is not valid, even where the signature is', async () => {
    expect(await verifyWith(rsaKey(512))).toMatchObject({
      result: 'policy',
      reason: 'weak-key',
      keyBits: 512,
    });
    expect(await verifyWith(rsaKey(1016))).toMatchObject({ result: 'policy', reason: 'weak-key' });
    expect(await verifyWith(rsaKey(1024))).toMatchObject({ result: 'pass', keyBits: 1024 });
  });
});
