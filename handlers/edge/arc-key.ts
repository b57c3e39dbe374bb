/**
 * The private key of ARC seals: `ssm://NAME` for a SecureString, or a file; RSA or Ed25519 in PEM. KMS is no place for it: a
 * seal takes two signatures a message, each a call that the mail would wait for.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { PermanentError } from '../../shared/errors.ts';
import type { Environment } from './environment.ts';
import type { ResourceReader } from './resource.ts';

const VARIABLE = 'MAILROOM_ARC_KEY_URI';
/** An RSA key of 4,096 bits takes 3.3 KB; a longer file is no key. */
const MAX_KEY_BYTES = 8_192;
/** RFC 8301 §3.2: signers should use keys of at least 2,048 bits, and verifiers need not know more than 4,096. */
const RSA_BITS = { least: 2_048, most: 4_096 } as const;

export interface ArcKeySource {
  /**
   * The key, for `selector`. Throws TemporaryError or PermanentError when it cannot be had. It is read once and kept until
   * another selector is asked for, which says that the key was changed; a failure is not kept.
   */
  load(selector: string, signal: AbortSignal): Promise<KeyObject>;
}

/** The place that is named; otherwise, beside a parameter NAME that holds the key of the mark, the parameter NAME-arc. */
export function arcKeyPlace({
  arcKeyUri,
  markKeyUri,
}: Pick<Environment, 'arcKeyUri' | 'markKeyUri'>): string | undefined {
  return arcKeyUri ?? (markKeyUri?.startsWith('ssm://') === true ? `${markKeyUri}-arc` : undefined);
}

/** Undefined when no key is named. Nothing is read before a message is sealed. */
export function createArcKey(uri: string | undefined, resources: ResourceReader): ArcKeySource | undefined {
  if (uri === undefined) return undefined;
  let kept: { readonly selector: string; readonly key: KeyObject } | undefined;
  return {
    async load(selector, signal) {
      if (kept?.selector === selector) return kept.key;
      const key = readKey(await resources.read(uri, VARIABLE, MAX_KEY_BYTES, signal));
      kept = { selector, key };
      return key;
    },
  };
}

function readKey(bytes: Uint8Array): KeyObject {
  const key = parseKey(bytes);
  const { asymmetricKeyType, asymmetricKeyDetails: { modulusLength = 0 } = {} } = key;
  if (asymmetricKeyType === 'ed25519') return key;
  if (asymmetricKeyType !== 'rsa') throw new PermanentError(`${VARIABLE}: neither an RSA nor an Ed25519 key`);
  if (modulusLength < RSA_BITS.least || modulusLength > RSA_BITS.most)
    throw new PermanentError(`${VARIABLE}: an RSA key must have ${RSA_BITS.least} to ${RSA_BITS.most} bits`);
  return key;
}

function parseKey(bytes: Uint8Array): KeyObject {
  try {
    return createPrivateKey(Buffer.from(bytes));
  } catch {
    // The error of OpenSSL may repeat what it read.
    throw new PermanentError(`${VARIABLE}: not a private key in PEM without a password`);
  }
}
