/**
 * Key records, the TXT at `SELECTOR._domainkey.DOMAIN` (RFC 6376 §3.6.1; Ed25519: RFC 8463 §4.2).
 *
 * A record that is no key record, or whose key cannot be used, is a value that says why; what the record says about its use is
 * held against a signature by `keyProblem`.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { MAX_KEY_RECORD_CHARS, MAX_RSA_BITS, MAX_RSA_EXPONENT, MIN_RSA_BITS } from './limits.ts';
import { decodeBase64, parseTagList, splitColons, type TagList } from './tag-list.ts';
import type { SignatureAlgorithm } from './verify.ts';

export interface DkimKey {
  readonly type: 'rsa' | 'ed25519';
  readonly key: KeyObject;
  /** Bits of an RSA modulus. */
  readonly bits?: number;
  /** Flag `y`: the domain is testing. */
  readonly testing: boolean;
  /** Flag `s`: the domain of `i=` must be that of `d=`, not one below it. */
  readonly sameDomain: boolean;
  /** `h=`: hashes that may be used; undefined: all. */
  readonly hashes: readonly string[] | undefined;
  /** `s=`: services that the key is for. */
  readonly services: readonly string[];
}

export type ParsedKey =
  | { readonly ok: true; readonly key: DkimKey }
  | { readonly ok: false; readonly why: 'not-a-key' | 'key-syntax' | 'key-revoked' | 'key-type' };

/** What keeps a key from being used for a signature of this kind. */
export type KeyProblem = 'key-type' | 'key-hash' | 'key-service' | 'weak-key' | 'key-too-large';

/** Reads a record; its character-strings are joined already. */
export function parseKeyRecord(text: string): ParsedKey {
  if (text.length > MAX_KEY_RECORD_CHARS) return { ok: false, why: 'key-syntax' };
  const list = parseTagList(text);
  if (!list.ok) return { ok: false, why: looksLikeKey(text) ? 'key-syntax' : 'not-a-key' };
  const { tags } = list;
  const version = tags.get('v');
  // §3.6.1: `v=` is "DKIM1" and the first tag, where it is there at all.
  if (version !== undefined && (version.value !== 'DKIM1' || [...tags.keys()][0] !== 'v'))
    return { ok: false, why: 'not-a-key' };
  const value = tags.get('p')?.value;
  if (value === undefined) return { ok: false, why: 'key-syntax' };
  if (value === '') return { ok: false, why: 'key-revoked' };
  const type = tags.get('k')?.value ?? 'rsa';
  if (type !== 'rsa' && type !== 'ed25519') return { ok: false, why: 'key-type' };
  const data = decodeBase64(value);
  const key = data === undefined ? undefined : keyOf(type, data);
  return key === undefined
    ? { ok: false, why: 'key-syntax' }
    : { ok: true, key: { ...key, ...usesOf(tags) } };
}

/** Why `key` says nothing about a signature made with `algorithm` (RFC 6376 §6.1.2, RFC 8301 §3.2); undefined when it may be used. */
export function keyProblem(key: DkimKey, algorithm: SignatureAlgorithm): KeyProblem | undefined {
  // §3.6.1 `s=`: a record for another service must be ignored.
  if (!key.services.includes('*') && !key.services.includes('email')) return 'key-service';
  // RFC 6376 §6.1.2 step 6, then step 8.
  if (key.hashes !== undefined && !key.hashes.includes('sha256')) return 'key-hash';
  if (key.type !== (algorithm === 'rsa-sha256' ? 'rsa' : 'ed25519')) return 'key-type';
  if (key.bits === undefined) return undefined;
  if (key.bits < MIN_RSA_BITS) return 'weak-key';
  const exponent = key.key.asymmetricKeyDetails?.publicExponent ?? 0n;
  return key.bits > MAX_RSA_BITS || exponent > MAX_RSA_EXPONENT ? 'key-too-large' : undefined;
}

/** Other records share the name (wildcards): a broken one counts as a key only where it says that it is one. */
function looksLikeKey(text: string): boolean {
  return /^[ \t]*(?:v[ \t]*=[ \t]*DKIM1|k[ \t]*=|p[ \t]*=)/.test(text);
}

type Tags = Extract<TagList, { ok: true }>['tags'];

function usesOf(tags: Tags): Pick<DkimKey, 'testing' | 'sameDomain' | 'hashes' | 'services'> {
  const flags = splitColons(tags.get('t')?.value ?? '');
  const hashes = tags.get('h')?.value;
  return {
    testing: flags.includes('y'),
    sameDomain: flags.includes('s'),
    hashes: hashes === undefined ? undefined : splitColons(hashes),
    services: splitColons(tags.get('s')?.value ?? '*'),
  };
}

/** What comes before the 32 octets of an Ed25519 key in the form that node:crypto reads (RFC 8410 §4). */
const ED25519_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const ED25519_BYTES = 32;

function keyOf(type: DkimKey['type'], data: Buffer): Pick<DkimKey, 'type' | 'key' | 'bits'> | undefined {
  if (type === 'ed25519') {
    // RFC 8463 §4.2: the key alone, not wrapped.
    if (data.length !== ED25519_BYTES) return undefined;
    const key = readDer(Buffer.concat([ED25519_PREFIX, data]), 'spki');
    return key && { type, key };
  }
  // §3.6.1 names RSAPublicKey, and shows a SubjectPublicKeyInfo, which is what everybody publishes.
  const key = readDer(data, 'spki') ?? readDer(data, 'pkcs1');
  const bits = key?.asymmetricKeyType === 'rsa' ? key.asymmetricKeyDetails?.modulusLength : undefined;
  return key === undefined || bits === undefined ? undefined : { type, key, bits };
}

/** Undefined for what is no key: node:crypto throws. */
function readDer(der: Buffer, type: 'spki' | 'pkcs1'): KeyObject | undefined {
  try {
    return createPublicKey({ key: der, format: 'der', type });
  } catch {
    return undefined;
  }
}
