/** One signature held against one key (RFC 6376 §3.7, RFC 8463 §3), and one made. */
import { createHash, type KeyObject, sign, verify } from 'node:crypto';

/** What may be valid: rsa-sha1 no longer is (RFC 8301 §3.1). */
export type SignatureAlgorithm = 'rsa-sha256' | 'ed25519-sha256';

export interface SignatureInput {
  readonly algorithm: SignatureAlgorithm;
  readonly key: KeyObject;
  /** What was signed, in pieces: the selected fields, then the signature field itself. */
  readonly data: readonly Uint8Array[];
  readonly signature: Uint8Array;
}

/** Whether the signature is that of the key over the data. A key that cannot verify anything has not verified this. */
export function verifySignature({ algorithm, key, data, signature }: SignatureInput): boolean {
  try {
    return algorithm === 'rsa-sha256'
      ? verify('sha256', Buffer.concat(data), key, signature)
      : verify(null, digestOf(data), key, signature);
  } catch {
    return false;
  }
}

/** The signature of a private key over the data. Throws when the key is of another type than the algorithm. */
export function createSignature(input: Omit<SignatureInput, 'signature'>): Buffer {
  const { algorithm, key, data } = input;
  return algorithm === 'rsa-sha256'
    ? sign('sha256', Buffer.concat(data), key)
    : sign(null, digestOf(data), key);
}

/** RFC 8463 §3: Ed25519 signs the SHA-256 hash of the data. */
function digestOf(data: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const piece of data) hash.update(piece);
  return hash.digest();
}
