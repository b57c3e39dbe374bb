/**
 * The event with which WorkMail calls a function (Administrator Guide, "Configuring AWS Lambda for Amazon WorkMail";
 * version 2018-10-10). One event for a message and a rule, with the recipients for whom the rule acts.
 */
import type { Assumptions } from '../assumptions.ts';
import type { HeaderFacts } from './facts.ts';
import { invocationId } from './ids.ts';
import type { Entry } from './types.ts';

/** The guide: `truncated` says that the payload was larger than 128 KB and recipients are missing. */
export const MAX_EVENT_BYTES = 128 * 1024;
/** The guide: the subject is cut at 256 characters. */
const MAX_SUBJECT_CHARS = 256;

interface Address {
  readonly address: string;
}

export interface SentRuleEvent {
  readonly summaryVersion: '2018-10-10';
  /** `mailFrom` is missing for a null sender, where `nullSender` is assumed to be `absent`. */
  readonly envelope: { readonly mailFrom?: Address; readonly recipients: readonly Address[] };
  /** Only when it is another than the author: sent on behalf of. */
  readonly sender?: Address;
  readonly subject: string | null;
  readonly messageId: string;
  readonly invocationId: string;
  readonly flowDirection: 'INBOUND' | 'OUTBOUND';
  readonly truncated: boolean;
}

export interface EventSource {
  readonly entry: Entry;
  readonly facts: HeaderFacts;
  readonly rule: string;
  readonly recipients: readonly string[];
  readonly nullSender: Assumptions['nullSender'];
}

/** Builds the event. Equal for every try of the rule on the message. */
export function buildRuleEvent(source: EventSource): SentRuleEvent {
  const { entry, facts, rule } = source;
  // The author, not the envelope sender; only a null sender shows through, as an empty address.
  const author = entry.mailFrom === '' ? '' : (facts.from ?? entry.mailFrom);
  const onBehalf = facts.sender !== undefined && facts.sender.toLowerCase() !== author.toLowerCase();
  const event: SentRuleEvent = {
    summaryVersion: '2018-10-10',
    envelope: {
      ...(author === '' && source.nullSender === 'absent' ? {} : { mailFrom: { address: author } }),
      recipients: source.recipients.map((address) => ({ address })),
    },
    ...(onBehalf && facts.sender !== undefined ? { sender: { address: facts.sender } } : {}),
    subject: facts.subject === undefined ? null : cutSubject(facts.subject),
    messageId: entry.id,
    invocationId: invocationId(entry.id, rule),
    flowDirection: entry.direction === 'inbound' ? 'INBOUND' : 'OUTBOUND',
    truncated: false,
  };
  return cutToSize(event);
}

/** The guide does not say which characters it counts: here UTF-16's, and one outside the first plane is not halved. */
function cutSubject(subject: string): string {
  const cut = subject.slice(0, MAX_SUBJECT_CHARS);
  return cut.isWellFormed() || !subject.isWellFormed() ? cut : cut.slice(0, -1);
}

/** Leaves out recipients from the end until the event is small enough. */
function cutToSize(event: SentRuleEvent): SentRuleEvent {
  let excess = sizeOf(event) - MAX_EVENT_BYTES;
  if (excess <= 0) return event;
  const recipients = [...event.envelope.recipients];
  while (excess > 0) {
    const last = recipients.pop();
    if (last === undefined) break;
    excess -= sizeOf(last) + 1; // and its comma
  }
  return { ...event, envelope: { ...event.envelope, recipients }, truncated: true };
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
