/**
 * The mark that stops doubling. After a Put, a retried invocation gets the rewritten message from Get. So every
 * rewrite adds one header field
 *
 *     X-Mailroom-Mark: v1 RULES MAC
 *
 * RULES is a fingerprint of the rule set, MAC = HMAC-SHA256(key, "mailroom-mark v1" NUL messageId NUL RULES), both
 * base64url. The messageId is given to the message by WorkMail when it arrives, so a sender who copies a mark from an
 * older message, or makes one up, has a mark that does not verify, and is ignored. RULES stands in clear so that a
 * retry under a changed policy still recognizes the rewrite: rewriting again would double it.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Rule } from '../policy/types.ts';

export const MARK_HEADER = 'X-Mailroom-Mark';
/** A sender can add thousands of marks; each costs one HMAC, with KMS one call. Ours stands at the top. */
export const MAX_MARKS_TRIED = 4;
/** A key shorter than the hash weakens it (RFC 2104 §3). */
export const MIN_MARK_KEY_BYTES = 32;

const VERSION = 'v1';
const MARK = /^v1 ([A-Za-z0-9_-]{22}) ([A-Za-z0-9_-]{43})$/;

/** Makes HMAC-SHA256 over some 160 bytes: with a local key, or by a call to KMS. */
export type MarkMac = (data: Uint8Array, signal: AbortSignal) => Promise<Uint8Array>;

export type MarkState =
  /** One of our functions rewrote this very message, under these rules. */
  | 'same-rules'
  /** One of our functions rewrote this very message, under other rules. */
  | 'other-rules'
  /** Marks are there and none is ours: made up, or copied from another message. */
  | 'not-ours'
  | 'none';

/** HMAC-SHA256 with a key in memory. Throws a RangeError when the key is shorter than 32 bytes. */
export function localMac(key: Uint8Array): MarkMac {
  if (key.length < MIN_MARK_KEY_BYTES)
    throw new RangeError(`a mark key has at least ${MIN_MARK_KEY_BYTES} bytes`);
  return async (data) => createHmac('sha256', key).update(data).digest();
}

/** Fingerprint of the rules as loaded: the first 128 bits of SHA-256 over their JSON, base64url. */
export function fingerprintRules(rules: readonly Rule[]): string {
  const digest = createHash('sha256').update(JSON.stringify(rules)).digest();
  return digest.subarray(0, 16).toString('base64url');
}

/** The value of the field for a rewrite of `messageId` under `rules` (a fingerprint). */
export async function makeMark(
  messageId: string,
  rules: string,
  mac: MarkMac,
  signal: AbortSignal,
): Promise<string> {
  const value = await mac(markedData(messageId, rules), signal);
  return `${VERSION} ${rules} ${Buffer.from(value).toString('base64url')}`;
}

/** Reads the values of all mark fields of a message, topmost first. Compares in constant time. */
export async function readMarks(
  values: readonly string[],
  messageId: string,
  rules: string,
  mac: MarkMac,
  signal: AbortSignal,
): Promise<MarkState> {
  for (const value of values.slice(0, MAX_MARKS_TRIED)) {
    const match = MARK.exec(value.trim());
    const [, markedRules = '', given = ''] = match ?? [];
    if (match === null) continue;
    const expected = await mac(markedData(messageId, markedRules), signal);
    const claimed = Buffer.from(given, 'base64url');
    if (claimed.length === expected.length && timingSafeEqual(claimed, expected)) {
      return markedRules === rules ? 'same-rules' : 'other-rules';
    }
  }
  return values.length === 0 ? 'none' : 'not-ours';
}

function markedData(messageId: string, rules: string): Uint8Array {
  return Buffer.from(['mailroom-mark v1', messageId, rules].join('\0'));
}
