/** Why a chain has its status (RFC 8617 §4.4): one code for each cause, with the status that it leads to. */
import type { ArcEvidence } from '../evidence-types.ts';

export const ARC_REASONS = {
  /** §5.2 step 1: no ARC Set. */
  'no-sets': 'none',
  /** §5.2 step 7: the newest message signature and every seal verify. */
  verified: 'pass',

  /** §5.2 step 1: more than fifty sets. */
  'too-many-sets': 'fail',
  /** The header, or ARC's part of it, is larger than any mail's. */
  'header-too-large': 'fail',
  /** §4.2.1: an instance that is missing or not from 1 to 50. */
  instance: 'fail',
  /** §5.2 step 3: a set has two of a field, or lacks one, or instances are left out. */
  'duplicate-field': 'fail',
  'missing-field': 'fail',
  'missing-set': 'fail',
  /** §5.2 step 2: the last who sealed found the chain broken. */
  'sealed-as-failed': 'fail',
  /** §5.2 step 3: `cv=` is not none in the first set, or not pass in a later one. */
  'chain-status': 'fail',
  /** §4.1.3: ARC-Seal cannot be read, or has `h=`. */
  'seal-syntax': 'fail',
  /** §4.1.2: ARC-Message-Signature cannot be read. */
  'signature-syntax': 'fail',
  /** §4.1.2: `h=` of ARC-Message-Signature names ARC-Seal. */
  'signs-seal': 'fail',
  /** RFC 8301 §3.1: rsa-sha1 is never valid any more. */
  'rsa-sha1': 'fail',
  /** RFC 6376 §3.5 `x=` of the newest ARC-Message-Signature. */
  expired: 'fail',
  /** §5.2 step 4: the body, or the header, is not the one that the newest set signed. */
  'body-hash': 'fail',
  signature: 'fail',
  /** §5.2 step 6: what a seal covers is not what was sealed. */
  seal: 'fail',
  /** More keys than are asked for. */
  'too-many-keys': 'fail',
  /** RFC 6376 §6.1.2: there is no key, or none that may be used. */
  key: 'fail',

  /** A key could not be asked for now. RFC 8617 §5.2.1 has a failure of the DNS for good; here it may be asked again. */
  dns: 'temperror',
} as const satisfies Readonly<Record<string, ArcEvidence['result']>>;

export type ArcReason = keyof typeof ARC_REASONS;
