import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keyProblem, parseKeyRecord } from '../../../../shared/auth/signatures/key-record.ts';
import { MAX_KEY_RECORD_CHARS } from '../../../../shared/auth/signatures/limits.ts';
import { ED25519, RSA, rsaKey } from '../dkim/support.ts';

const rsa = `p=${RSA.published}`;

function key(text: string) {
  const parsed = parseKeyRecord(text);
  if (!parsed.ok) throw new Error(parsed.why);
  return parsed.key;
}

const problem = (text: string): string | undefined => keyProblem(key(text), 'rsa-sha256');

describe('RFC 6376 §3.6.1: key records', () => {
  it('has defaults for all but the key', () => {
    expect(key(rsa)).toMatchObject({
      type: 'rsa',
      bits: 2048,
      testing: false,
      sameDomain: false,
      hashes: undefined,
      services: ['*'],
    });
    expect(problem(rsa)).toBeUndefined();
  });

  it('reads flags, hashes and services', () => {
    const read = key(`v=DKIM1; t = y : s; h=sha1: sha256; s=email:other; n=a note; ${rsa}`);
    expect(read).toMatchObject({
      testing: true,
      sameDomain: true,
      hashes: ['sha1', 'sha256'],
      services: ['email', 'other'],
    });
  });

  it('reads an RSA key that is not wrapped, as §3.6.1 says it', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const bare = publicKey.export({ format: 'der', type: 'pkcs1' }).toString('base64');
    expect(key(`p=${bare}`).bits).toBe(1024);
  });

  it('RFC 8463 §4: an Ed25519 key is its 32 octets', () => {
    expect(keyProblem(key(`k=ed25519; p=${ED25519.published}`), 'ed25519-sha256')).toBeUndefined();
    const wrapped = Buffer.concat([Buffer.alloc(12), Buffer.from(ED25519.published, 'base64')]).toString(
      'base64',
    );
    expect(parseKeyRecord(`k=ed25519; p=${wrapped}`)).toEqual({ ok: false, why: 'key-syntax' });
  });

  it.each([
    ['key-revoked', 'v=DKIM1; p='],
    ['key-syntax', 'v=DKIM1; k=rsa'],
    ['key-syntax', 'v=DKIM1; p=AAAA'],
    ['key-syntax', 'v=DKIM1; p=*'],
    ['key-syntax', `v=DKIM1; p=${RSA.published}\0`],
    ['key-syntax', `${rsa}; ${rsa}`],
    ['key-syntax', `${rsa}; n=${'x'.repeat(MAX_KEY_RECORD_CHARS)}`],
    ['key-syntax', `k=rsa; p=${ED25519.published}`],
    ['key-syntax', `k=ed25519; ${rsa}`],
    ['key-type', `k=dsa; ${rsa}`],
    ['not-a-key', `v=DKIM2; ${rsa}`],
    ['not-a-key', `v=dkim1; ${rsa}`],
    ['not-a-key', `k=rsa; v=DKIM1; ${rsa}`],
    ['not-a-key', 'v=spf1 -all'],
    ['not-a-key', ''],
    ['not-a-key', 'google-site-verification'],
  ])('%s: %j', (why, text) => {
    expect(parseKeyRecord(text)).toEqual({ ok: false, why });
  });
});

describe('RFC 6376 §6.1.2, RFC 8301 §3.2: what a key may be used for', () => {
  it.each([
    ['key-service', `s=tlsrpt; ${rsa}`],
    ['key-hash', `h=sha1; ${rsa}`],
    ['key-type', `k=ed25519; p=${ED25519.published}`],
    ['weak-key', `p=${rsaKey(512).published}`],
    ['weak-key', `p=${rsaKey(1016).published}`],
  ])('%s', (why, text) => {
    expect(problem(text)).toBe(why);
  });

  it('a key that is larger than any real one is not tried', () => {
    expect(problem(`p=${hugeModulus(8200)}`)).toBe('key-too-large');
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024, publicExponent: 0x7fff_ffff });
    const plain = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
    expect(problem(`p=${plain}`)).toBeUndefined();
    expect(problem(`p=${rsaOf(Buffer.alloc(128, 0xff), Buffer.alloc(100, 0x7f))}`)).toBe('key-too-large');
  });
});

const hugeModulus = (bits: number): string => rsaOf(Buffer.alloc(bits / 8, 0xff), Buffer.from([1, 0, 1]));

/** An RSAPublicKey in DER of these numbers. */
function rsaOf(modulus: Buffer, exponent: Buffer): string {
  const numbers = Buffer.concat([der(2, Buffer.concat([Buffer.of(0), modulus])), der(2, exponent)]);
  return der(0x30, numbers).toString('base64');
}

function der(tag: number, content: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt16BE(content.length, 2);
  return Buffer.concat([Buffer.of(tag, 0x82), length.subarray(2), content]);
}
