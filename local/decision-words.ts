/** The words for the fixed codes in the functions' logs. A code that is not here is shown as it is. */
import { REASONS } from '../shared/auth/dmarc/reasons.ts';

type Words = Readonly<Record<string, string>>;

/** Effects by name and result; others are shown as they are. */
export const EFFECTS: Words = {
  'journal-raw stored': 'kept: the message as it came in',
  'journal-raw already-stored': 'kept before: the message as it came in',
  'journal-event stored': 'kept: what WorkMail said of it',
  'journal-event already-stored': 'kept before: what WorkMail said of it',
  's3-put stored': 'the new content is in S3',
  's3-delete deleted': 'the new content is deleted from S3',
  's3-delete kept': 'the new content could not be deleted from S3',
  'save-copy stored': 'kept: a copy of the message',
  'save-copy already-there': 'kept before: a copy of the message',
  'save-attachment stored': 'kept: an attachment',
  'save-attachment already-there': 'kept before: an attachment',
  'decision stored': 'kept: what was decided, for another try',
  'put stored': 'WorkMail took the new content',
  'put rejected': 'WorkMail refused the new content',
  'put frozen': 'WorkMail takes no new content any more',
};

/** What happened to the policy, where it matters for the message. */
export const POLICY: Words = {
  'kept-last-good': 'the policy in force is not the newest',
  stale: 'the policy in force is not the newest',
  'passed-without-policy': 'there is no policy that can be read, so nothing is decided',
};

/** What became of a release that somebody used for the message. */
export const RELEASES: Words = {
  released: 'an administrator released it, so no rule acts',
  expired: 'its release has expired, so the rules act',
  used: 'its release was used before, so the rules act',
  'not-ours': 'its release is not ours, so the rules act',
};

/** What a failure leads to, by the fixed word of its record; others are shown as they are. */
export const THEN: Words = {
  retry: 'WorkMail is to call again',
  deliverUnchanged: 'rules are not applied to it',
  unknown: 'no condition on it holds',
  'nothing-stopped': 'the message goes on without it',
  default: 'delivered',
  junk: 'to Junk',
  bounce: 'refused',
  reject: 'refused',
};

/** What SES says where that is not what was found here. */
export const DISAGREEMENTS: Words = {
  'ses-pass-own-fail': 'SES says pass, and nothing that was verified here agrees',
  'ses-fail-own-pass': 'SES says fail',
  'ses-none-own-record': 'SES found no record',
};

/** Why a step had nothing to do. */
export const IDLE: Words = {
  'not-in-policy': 'the policy does not ask for it',
  'no-rules': 'the policy has no rules',
  outbound: 'the message goes out',
  'not-delivered': 'the message is not delivered',
};

/** Marks of a mailing list, where DMARC did not pass: lists change messages, which breaks the author's signature. */
export const LISTS: Words = {
  signed: 'it came through a mailing list, which signed it',
  unsigned: 'it names a mailing list, and no signature of the list passes',
};

/** The meaning of a reason of DMARC without its full stop, and the code behind it; undefined for other codes. */
export function reasonText(code: unknown): string | undefined {
  const known: Words = REASONS;
  if (typeof code !== 'string' || !Object.hasOwn(known, code)) return undefined;
  return `${unstopped(known[code] ?? '')} (${code})`;
}

/** A sentence as half of one: something in brackets may stand behind its full stop. */
export function unstopped(sentence: string): string {
  return sentence.replace(/\.(?=$| \()/, '');
}
