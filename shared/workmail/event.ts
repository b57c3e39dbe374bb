/**
 * WorkMail's "Run Lambda" event: WorkMail calls a function for a message in transit and says who it is from, who it is
 * for and under which id its content can be fetched. This decodes it. Unknown fields pass, because the guide promises
 * a new `summaryVersion` only for incompatible changes; a wrong field is named, without its content.
 */
import { isRecord, kindOf } from './json.ts';
import type { RuleEvent } from './types.ts';

/** WorkMail cuts the event at 128 KB, which holds some 3,000 recipients; more is not WorkMail. */
export const MAX_EVENT_RECIPIENTS = 5_000;
/** RFC 5321 §4.5.3.1 ends at 320; room for what WorkMail might still take. Longer ones only make answers grow. */
export const MAX_EVENT_ADDRESS_LENGTH = 1_000;
/** The guide: the subject is cut at 256 characters. A longer one is cut here. */
export const MAX_EVENT_SUBJECT_LENGTH = 256;
/** An id goes into object keys and logs. */
export const MAX_INVOCATION_ID_LENGTH = 256;
/** A thousand bad recipients make one message, not a thousand. */
const MAX_PROBLEMS = 20;
/** The versions seen so far; another one is taken with a note. */
const KNOWN_VERSIONS: readonly string[] = ['2018-10-10', '2019-07-28'];
/** The Message Flow API's own pattern for `messageId`. */
const MESSAGE_ID = /^[a-z0-9-]{1,120}$/;

export type DecodedRuleEvent =
  | { readonly ok: true; readonly event: RuleEvent; readonly notes: readonly string[] }
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * Decodes a rule event. Never throws. Accepts the older shape without `invocationId` and `flowDirection`, a `sender`
 * or `subject` that is null or missing, and a null sender (bounces), whose address is empty or missing.
 */
export function decodeRuleEvent(value: unknown): DecodedRuleEvent {
  const problems: string[] = [];
  const notes: string[] = [];
  const complain = (path: string, expected: string, got: string): void => {
    if (problems.length < MAX_PROBLEMS) problems.push(`${path}: expected ${expected}, got ${got}`);
  };
  if (!isRecord(value)) {
    return { ok: false, problems: [`expected the event as an object, got ${kindOf(value)}`] };
  }
  const read = fieldReader(complain);
  const truncated = read.flag(value, 'truncated');
  const event: RuleEvent = {
    summaryVersion: read.text(value, 'summaryVersion', 100) ?? '',
    mailFrom: read.address(read.object(value, 'envelope')?.['mailFrom'], 'envelope.mailFrom') ?? '',
    recipients: readRecipients(value, truncated, complain),
    sender: read.address(value['sender'], 'sender'),
    subject: read.optionalText(value, 'subject')?.slice(0, MAX_EVENT_SUBJECT_LENGTH),
    messageId: read.text(value, 'messageId', 120) ?? '',
    invocationId: readInvocationId(read.optionalText(value, 'invocationId'), complain),
    flowDirection: readDirection(value, complain),
    truncated,
  };
  if (event.messageId !== '' && !MESSAGE_ID.test(event.messageId)) {
    complain('messageId', '1 to 120 of a-z, 0-9 and "-"', 'other characters');
  }
  if (problems.length > 0) return { ok: false, problems };
  if (!KNOWN_VERSIONS.includes(event.summaryVersion)) notes.push('summaryVersion: not seen before');
  if (event.flowDirection === undefined) notes.push('flowDirection: missing, as in the older event');
  if (event.invocationId === undefined) notes.push('invocationId: missing, as in the older event');
  return { ok: true, event, notes };
}

type Complain = (path: string, expected: string, got: string) => void;
type Fields = Readonly<Record<string, unknown>>;

/** Readers of single fields; each says what it wanted and yields undefined when it got something else. */
function fieldReader(complain: Complain) {
  const object = (from: Fields, name: string): Fields | undefined => {
    const field = from[name];
    if (isRecord(field)) return field;
    complain(name, 'an object', kindOf(field));
    return undefined;
  };
  const text = (from: Fields, name: string, maxLength: number): string | undefined => {
    const field = from[name];
    if (typeof field !== 'string') complain(name, 'a string', kindOf(field));
    else if (field === '') complain(name, 'a string', 'an empty one');
    else if (field.length > maxLength) complain(name, `at most ${maxLength} characters`, `${field.length}`);
    else return field;
    return undefined;
  };
  const optionalText = (from: Fields, name: string): string | undefined => {
    const field = from[name];
    if (field === undefined || field === null || typeof field === 'string') return field ?? undefined;
    complain(name, 'a string or null', kindOf(field));
    return undefined;
  };
  const flag = (from: Fields, name: string): boolean => {
    const field = from[name] ?? false;
    if (typeof field === 'boolean') return field;
    complain(name, 'true or false', kindOf(field));
    return false;
  };
  /** `{ address }`; null, missing and empty all mean that there is none. */
  const address = (field: unknown, path: string): string | undefined => {
    if (field === undefined || field === null) return undefined;
    if (!isRecord(field)) {
      complain(path, 'an object', kindOf(field));
      return undefined;
    }
    const value = field['address'];
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value !== 'string') complain(`${path}.address`, 'a string', kindOf(value));
    else if (value.length > MAX_EVENT_ADDRESS_LENGTH) {
      complain(`${path}.address`, `at most ${MAX_EVENT_ADDRESS_LENGTH} characters`, `${value.length}`);
    } else return value;
    return undefined;
  };
  return { object, text, optionalText, flag, address };
}

function readRecipients(value: Fields, truncated: boolean, complain: Complain): string[] {
  const envelope = value['envelope'];
  if (!isRecord(envelope)) return [];
  const list = envelope['recipients'];
  const path = 'envelope.recipients';
  if (!Array.isArray(list)) {
    complain(path, 'an array', kindOf(list));
    return [];
  }
  if (list.length === 0 && !truncated) complain(path, 'at least one recipient', 'none');
  if (list.length > MAX_EVENT_RECIPIENTS) {
    complain(path, `at most ${MAX_EVENT_RECIPIENTS} recipients`, `${list.length}`);
    return [];
  }
  const recipients: string[] = [];
  for (const [index, entry] of list.entries()) {
    const address: unknown = isRecord(entry) ? entry['address'] : undefined;
    if (!isRecord(entry)) complain(`${path}[${index}]`, 'an object', kindOf(entry));
    else if (typeof address !== 'string') complain(`${path}[${index}].address`, 'a string', kindOf(address));
    else if (address === '') complain(`${path}[${index}].address`, 'a string', 'an empty one');
    else if (address.length > MAX_EVENT_ADDRESS_LENGTH) {
      const limit = `at most ${MAX_EVENT_ADDRESS_LENGTH} characters`;
      complain(`${path}[${index}].address`, limit, `${address.length}`);
    } else recipients.push(address);
  }
  return recipients;
}

function readInvocationId(id: string | undefined, complain: Complain): string | undefined {
  if (id === undefined || id === '') return undefined;
  if (id.length <= MAX_INVOCATION_ID_LENGTH) return id;
  complain('invocationId', `at most ${MAX_INVOCATION_ID_LENGTH} characters`, `${id.length}`);
  return undefined;
}

function readDirection(value: Fields, complain: Complain): RuleEvent['flowDirection'] {
  const direction = value['flowDirection'];
  if (direction === undefined || direction === null) return undefined;
  if (direction === 'INBOUND' || direction === 'OUTBOUND') return direction;
  complain(
    'flowDirection',
    '"INBOUND" or "OUTBOUND"',
    typeof direction === 'string' ? 'another word' : kindOf(direction),
  );
  return undefined;
}
