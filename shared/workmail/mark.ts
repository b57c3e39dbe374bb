/**
 * The mark that stops doubling. After a Put, a retried invocation gets the rewritten message from Get. So every
 * rewrite adds one header field, in one of two forms:
 *
 *     X-Mailroom-Mark: v1 RULES MAC              everybody gets the message as anyhow
 *     X-Mailroom-Mark: v2 RULES DECISION MAC     a decision of the rules goes with it, and is kept beside the content
 *
 * RULES is a fingerprint of the rule set and DECISION one of the kept decision; MAC = HMAC-SHA256(key, "mailroom-mark
 * v1" NUL INTRANSIT NUL RULES), or "v2" with NUL DECISION behind it; all base64url. INTRANSIT is the direction and the
 * messageId, which WorkMail gives to the message when it arrives. So a sender who copies a mark from an older message, or
 * makes one up, has a mark that does not verify, and is ignored; and what a colleague sends, with the mark of the way out,
 * meets the rules again on its way in. RULES stands in clear so that a retry under a changed policy still recognizes the rewrite:
 * rewriting again would double it. Of the decision only the fingerprint shows: recipients see this field.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Rule } from '../policy/types.ts';

export const MARK_HEADER = 'X-Mailroom-Mark';
/** A sender can add thousands of marks; each costs one HMAC, with KMS one call. Ours stands at the top. */
export const MAX_MARKS_TRIED = 4;
/** A key shorter than the hash weakens it (RFC 2104 §3). */
export const MIN_MARK_KEY_BYTES = 32;

const MARK = /^(?:v1 ([A-Za-z0-9_-]{22})|v2 ([A-Za-z0-9_-]{22}) ([A-Za-z0-9_-]{22})) ([A-Za-z0-9_-]{43})$/;

/** Makes HMAC-SHA256 over some 160 bytes: with a local key, or by a call to KMS. */
export type MarkMac = (data: Uint8Array, signal: AbortSignal) => Promise<Uint8Array>;

/**
 * The key in its generations: the first makes every new MAC, each of them is believed. So a new key is put in front, and
 * the old one goes when no message of its time is in transit any more.
 */
export type MarkKey = readonly [MarkMac, ...MarkMac[]];

export type MarkState =
  /** One of our functions rewrote this very message, under these rules. */
  | 'same-rules'
  /** One of our functions rewrote this very message, under other rules. */
  | 'other-rules'
  /** Marks are there and none is ours: made up, or copied from another message. */
  | 'not-ours'
  | 'none';

export interface ReadMark {
  readonly state: MarkState;
  /** Fingerprint of the decision that was kept before the message was rewritten; undefined when there was none to keep. */
  readonly decision: string | undefined;
}

/** HMAC-SHA256 with a key in memory. Throws a RangeError when the key is shorter than 32 bytes. */
export function localMac(key: Uint8Array): MarkMac {
  if (key.length < MIN_MARK_KEY_BYTES)
    throw new RangeError(`a mark key has at least ${MIN_MARK_KEY_BYTES} bytes`);
  return async (data) => createHmac('sha256', key).update(data).digest();
}

/** Whether `claimed` is the MAC of `data` under any generation of the key. Compares in constant time. */
export async function verifyMac(
  data: Uint8Array,
  claimed: Uint8Array,
  key: MarkKey,
  signal: AbortSignal,
): Promise<boolean> {
  for (const mac of key) {
    const expected = await mac(data, signal);
    if (claimed.length === expected.length && timingSafeEqual(claimed, expected)) return true;
  }
  return false;
}

/** The first 128 bits of SHA-256, base64url: as marks hold fingerprints. */
export function fingerprint(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url');
}

/** Fingerprint of the rules as loaded, over their JSON. */
export function fingerprintRules(rules: readonly Rule[]): string {
  return fingerprint(JSON.stringify(rules, withMaps));
}

/** Plain JSON makes `{}` of every Map, Set and RegExp, and two rules that differ in one would look the same. */
function withMaps(_key: string, value: unknown): unknown {
  if (value instanceof Map || value instanceof Set) return [...value];
  return value instanceof RegExp ? value.source : value;
}

/** The value of the field for a rewrite of the message `inTransit` (direction and id) under `rules`, and with `decision` (fingerprints). */
export async function makeMark(
  inTransit: string,
  rules: string,
  decision: string | undefined,
  key: MarkKey,
  signal: AbortSignal,
): Promise<string> {
  const value = await key[0](markedData(inTransit, rules, decision), signal);
  const mac = Buffer.from(value).toString('base64url');
  return decision === undefined ? `v1 ${rules} ${mac}` : `v2 ${rules} ${decision} ${mac}`;
}

/** Reads the values of all mark fields of a message, topmost first. */
export async function readMarks(
  values: readonly string[],
  inTransit: string,
  rules: string,
  key: MarkKey,
  signal: AbortSignal,
): Promise<ReadMark> {
  for (const value of values.slice(0, MAX_MARKS_TRIED)) {
    const match = MARK.exec(value.trim());
    if (match === null) continue;
    const [, alone, withDecision, decision, given = ''] = match;
    const markedRules = alone ?? withDecision ?? '';
    const data = markedData(inTransit, markedRules, decision);
    if (await verifyMac(data, Buffer.from(given, 'base64url'), key, signal))
      return { state: markedRules === rules ? 'same-rules' : 'other-rules', decision };
  }
  return { state: values.length === 0 ? 'none' : 'not-ours', decision: undefined };
}

function markedData(inTransit: string, rules: string, decision: string | undefined): Uint8Array {
  const parts = decision === undefined ? ['v1', inTransit, rules] : ['v2', inTransit, rules, decision];
  return Buffer.from(`mailroom-mark ${parts.join('\0')}`);
}
