/**
 * Why a signature has its result: one code for each cause, with the result word of RFC 8601 §2.7.1 that it leads to.
 * RFC 6376 §3.9 knows success, PERMFAIL and TEMPFAIL only; the clause behind each code is the one that asks for it.
 */
import type { DkimEvidence } from '../evidence-types.ts';

export const DKIM_REASONS = {
  /** RFC 6376 §6.1.3: both hashes and the signature verify. */
  verified: 'pass',

  /** RFC 6376 §6.1.3: the body is not the one that was signed. */
  'body-hash': 'fail',
  /** RFC 6376 §6.1.3: the header is not the one that was signed, or another key signed it. */
  signature: 'fail',

  /** RFC 6376 §3.2, §6.1.1: the field is no tag-list, is too long, or has a tag twice. */
  syntax: 'neutral',
  /** RFC 6376 §6.1.1: a required tag is missing. */
  'missing-tag': 'neutral',
  /** RFC 6376 §6.1.1: `v=` is not 1. */
  version: 'neutral',
  /** RFC 6376 §3.5: values that no signature has; `algorithm`, `canonicalization` and `query-method` also for new ones. */
  algorithm: 'neutral',
  canonicalization: 'neutral',
  'query-method': 'neutral',
  domain: 'neutral',
  selector: 'neutral',
  'signed-names': 'neutral',
  identity: 'neutral',
  number: 'neutral',
  base64: 'neutral',
  /** RFC 6376 §3.5 `x=`: not later than `t=`. */
  'expires-before-signed': 'neutral',

  /** RFC 6376 §6.1.1: `i=` is not in the domain of `d=`. */
  'identity-outside-domain': 'permerror',
  /** RFC 6376 §5.4, §6.1.1: `h=` does not name From. */
  'from-not-signed': 'permerror',
  /** RFC 6376 §3.5 `l=`: says more octets than the body has. */
  'body-shorter-than-length': 'permerror',
  /** RFC 6376 §6.1.2: no record, or none that is a key. */
  'no-key': 'permerror',
  'key-syntax': 'permerror',
  /** RFC 6376 §3.6.1: an empty `p=`. */
  'key-revoked': 'permerror',
  /** RFC 6376 §6.1.2, §3.6.1: the key is for another algorithm, another hash, another service. */
  'key-type': 'permerror',
  'key-hash': 'permerror',
  'key-service': 'permerror',
  /** RFC 6376 §3.6.1 `t=s`: `i=` is below `d=`, and the key forbids it. */
  'same-domain': 'permerror',

  /** RFC 8301 §3.1: rsa-sha1 is never valid any more. */
  'rsa-sha1': 'policy',
  /** RFC 8301 §3.2: an RSA key of fewer than 1,024 bits. */
  'weak-key': 'policy',
  /** A key that takes milliseconds to verify with (limits.ts). */
  'key-too-large': 'policy',
  /** RFC 6376 §3.5 `x=`. */
  expired: 'policy',
  /** RFC 6376 §3.5 `t=`: in the future by more than clocks and time zones explain. */
  'signed-in-future': 'policy',
  /** RFC 6376 §8.15: a From that `h=` does not cover could have been put in afterwards. */
  'from-not-covered': 'policy',
  /** RFC 6376 §8.15: `h=` covers a Subject or a Content-Type, and another one stands above it. */
  'field-not-covered': 'policy',
  /** RFC 6376 §8.15, RFC 5322 §2.1: lines that are no fields, or no empty line: mail programs may show another header. */
  'malformed-header': 'policy',
  'too-many-names': 'policy',
  /** RFC 6376 §6.1: more signatures, or questions to the DNS, than are tried, of domains that matter less. */
  'not-checked': 'policy',
  /** The header is larger than any mail's; nothing in it was looked for. */
  'header-too-large': 'policy',

  /** RFC 6376 §6.1.2: the key could not be asked for now. */
  dns: 'temperror',
} as const satisfies Readonly<Record<string, DkimEvidence['result']>>;

export type DkimReason = keyof typeof DKIM_REASONS;
