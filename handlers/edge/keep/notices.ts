/**
 * Tells people what rules did, when that is done. Each notice goes out at most once for an invocation, whatever is tried
 * again, and nobody gets more in an hour than the policy says. That one could not be sent is logged and counted, and never
 * holds mail.
 *
 * Nothing goes round in circles. A notice brings forth itself, which says so, and what answers it, which comes to the
 * address that notices come from: neither is told of. What a machine, a list or nobody sent is told of to nobody else but
 * our own people whose mail was held: they answer nobody with it, and would never learn of it.
 */
import { createHash } from 'node:crypto';
import { headerField } from '../../../shared/mime/header.ts';
import { headerText } from '../../../shared/mime/header-text.ts';
import type { Message } from '../../../shared/mime/types.ts';
import { claimedNotice, noAnswerBecause } from '../../../shared/notice/guard.ts';
import { heldNotice } from '../../../shared/notice/held.ts';
import { composeNotice, type Notice } from '../../../shared/notice/notice.ts';
import type { Effect } from '../../../shared/policy/decision.ts';
import { domainOf } from '../../../shared/policy/pattern.ts';
import type { NoticePolicy } from '../../../shared/policy/types.ts';
import type { FetchedMessage, Invocation } from '../invocation.ts';
import { whyOf } from '../log.ts';
import { idOf, quarantineId, sentKey } from './keys.ts';
import { takeTurn } from './notice-rate.ts';

/** The text of a `notify` with its variables filled in. */
export type NoticeText = (rule: string, text: string) => string;

/** Against a rule for messages to hundreds: SES and the time of the invocation. */
const MAX_RECEIVERS = 20;
/** Against a header of megabytes. */
const MAX_HEADER_BYTES = 16 * 1024;
/** Less than this is not enough for a first call of SES. */
const LEAST_TIME_MS = 1_000;
/** WorkMail waits with the message while notices are sent: a mail system that hangs must not take all of its 15 s. */
const MOST_TIME_MS = 5_000;

interface Told {
  readonly rule: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  /** Also because of what a machine, a list or nobody sent. */
  readonly always: boolean;
}

/** Sends what the effects say. Never throws. To be called once what they tell of is certain. */
export async function sendNotices(
  invocation: Invocation,
  message: FetchedMessage,
  effects: readonly Effect[],
  textOf: NoticeText,
): Promise<void> {
  const told = effects.flatMap((effect) => noticeOf(invocation, message, effect, textOf));
  if (told.length === 0) return;
  const log = (reason: string) =>
    invocation.log({ level: 'info', event: 'notice', step: 'rewrite', outcome: 'not-sent', reason });
  if (isToSender(invocation)) return log('own-address');
  const signal = AbortSignal.any([invocation.deadline.signal, AbortSignal.timeout(MOST_TIME_MS)]);
  if (await isNotice(invocation, message.parsed(), signal)) return log('a-notice');
  const because = noAnswerBecause(message.parsed(), invocation.event.mailFrom, message.evidence());
  if (because !== undefined && told.some(({ always }) => !always)) log(because);
  for (const notice of told.filter(({ always }) => always || because === undefined))
    await tellAll(invocation, notice, signal);
}

/** What comes to the address of our notices alone answers one of them, or is a report of one. */
function isToSender({ event: { recipients }, policy: { notices } }: Invocation): boolean {
  const from = notices?.from.toLowerCase();
  return recipients.length > 0 && recipients.every((address) => address.toLowerCase() === from);
}

/** Whether the message is a notice that we sent: anybody can write the field, and must not get out of being told of. */
async function isNotice({ ports }: Invocation, message: Message, signal: AbortSignal): Promise<boolean> {
  const id = claimedNotice(message);
  const bucket = ports.keepBucket;
  if (id === undefined || bucket === undefined) return false;
  // Nobody is told rather than told for ever.
  return ports.objectStore.exists(bucket, sentKey(id), signal).catch(() => true);
}

async function tellAll(invocation: Invocation, notice: Told, signal: AbortSignal): Promise<void> {
  const { rule } = notice;
  const receivers = [...new Set(notice.to)];
  const left = receivers.length - MAX_RECEIVERS;
  if (left > 0) {
    const outcome = { outcome: 'capped', reason: 'receivers', rule, count: left };
    invocation.log({ level: 'warn', event: 'notice', step: 'rewrite', ...outcome });
  }
  for (const to of receivers.slice(0, MAX_RECEIVERS)) await tell(invocation, notice, to, signal);
}

function noticeOf(
  { event, policy, ports }: Invocation,
  message: FetchedMessage,
  effect: Effect,
  textOf: NoticeText,
): Told[] {
  if (effect.kind === 'notify') {
    const { rule, to } = effect;
    const header = effect.includeHeader ? `\n\n${headerOf(message.parsed())}` : '';
    const [subject, text] = [textOf(rule, effect.subject), `${textOf(rule, effect.text)}${header}`];
    return [{ rule, to, subject, text, always: false }];
  }
  if (effect.kind !== 'quarantine' || effect.notify === 'none') return [];
  const { rule, notify, recipients } = effect;
  // What our own user wrote to strangers is no affair of theirs.
  const isOwn = (address: string) =>
    event.flowDirection === 'INBOUND' || policy.organization.domains.includes(domainOf(address));
  const parsed = message.parsed();
  const held = {
    id: quarantineId(event, effect),
    from: decoded(parsed, 'From'),
    subject: decoded(parsed, 'Subject'),
    heldAtMs: ports.now(),
    rule,
    reason: policy.rules.find(({ name }) => name === rule)?.reason,
  };
  if (notify !== 'recipient') return [{ rule, to: notify, ...heldNotice(held), always: false }];
  const to = recipients.flatMap((index) => event.recipients[index] ?? []).filter(isOwn);
  return to.length === 0 ? [] : [{ rule, to, ...heldNotice(held), always: true }];
}

function decoded(message: Message, name: string): string {
  const field = headerField(message.root.header, name);
  return field === undefined ? '' : headerText(message, field);
}

function headerOf({ bytes, root }: Message): string {
  const { start, end } = root.header;
  const piece = Buffer.from(bytes.subarray(start, Math.min(end, start + MAX_HEADER_BYTES))).toString();
  return piece.replaceAll('\r\n', '\n').replaceAll(/[^\P{Cc}\n\t]/gu, ' ');
}

async function tell(invocation: Invocation, notice: Told, to: string, signal: AbortSignal): Promise<void> {
  const { rule } = notice;
  const log = (level: 'info' | 'warn' | 'error', outcome: string, reason: string) =>
    invocation.log({ level, event: 'notice', step: 'rewrite', outcome, reason, rule });
  const { notices } = invocation.policy;
  const bucket = invocation.ports.keepBucket;
  try {
    if (notices === undefined) return log('error', 'failed', 'no-sender');
    if (bucket === undefined) return log('error', 'failed', 'no-keep-bucket');
    // A notice to the address that notices come from would come back as its own subject.
    if (to.toLowerCase() === notices.from.toLowerCase()) return log('info', 'not-sent', 'own-address');
    invocation.deadline.check(LEAST_TIME_MS);
    const id = idOf(invocation.event, 'notice', rule, to.toLowerCase());
    if (!(await isFirst(invocation, bucket, id, signal))) return log('info', 'not-sent', 'sent-before');
    if (!(await hasTurn(invocation, bucket, { ...notices, to }, signal)))
      return log('warn', 'capped', 'rate');
    await send(invocation, { ...notice, from: notices.from, to, id }, signal);
    log('info', 'sent', 'rule');
  } catch (error) {
    log('error', 'failed', whyOf(error));
  }
}

/** Entered before it is sent: killed in between, a notice is missing rather than doubled. */
async function isFirst(
  { ports }: Invocation,
  bucket: string,
  id: string,
  signal: AbortSignal,
): Promise<boolean> {
  const object = { bucket, key: sentKey(id), body: Buffer.from('1\n'), contentType: 'text/plain' };
  return (await ports.objectStore.putIfAbsent(object, signal)) === 'stored';
}

function hasTurn(
  { ports }: Invocation,
  bucket: string,
  { perHour, to }: NoticePolicy & { readonly to: string },
  signal: AbortSignal,
): Promise<boolean> {
  const receiver = createHash('sha256').update(to.toLowerCase()).digest('hex').slice(0, 32);
  const hour = new Date(ports.now()).toISOString().slice(0, 13);
  const prefix = `notices/${hour}/${receiver}`;
  return takeTurn(ports.objectStore, { bucket, prefix, turns: perHour }, signal);
}

type Addressed = Pick<Notice, 'id' | 'from' | 'to' | 'subject' | 'text'>;

async function send(
  { ports }: Invocation,
  { id, from, to, subject, text }: Addressed,
  signal: AbortSignal,
): Promise<void> {
  const raw = await composeNotice({ id, from, to, subject, text, nowMs: ports.now() });
  await ports.sendMail({ raw, from, to }, signal);
}
