/**
 * Writes the free/busy answer. Unknown is never free: an event that cannot be written, or one too many, turns the
 * whole mailbox into an error; leaving it out would show busy time as free.
 */
import { encodeTimezone } from './cap-timezone.ts';
import type {
  BiasConvention,
  CapAnswer,
  CapError,
  CapEvent,
  CapEventDetails,
  CapEventResponse,
  CapMailboxResponse,
  CapResponse,
  CapWorkingHours,
  CapWorkingHoursResponse,
} from './cap-types.ts';

/** A calendar that recurs every minute would fill the answer alone; a busy person has some 100 events a week. */
export const MAX_CAP_EVENTS_PER_MAILBOX = 10_000;
/** Lambda refuses an answer over 6 MB; the rest is room for its own envelope. Counted in UTF-8 bytes of JSON. */
export const MAX_CAP_RESPONSE_BYTES = 5_500_000;
/** A subject of megabytes is legal iCalendar; a free/busy view shows one line. In UTF-16 units. */
export const MAX_CAP_DETAIL_LENGTH = 255;
/** RFC 3339 has four-digit years. */
const FIRST_MS = Date.parse('0000-01-01T00:00:00.000Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

export interface CapEncoded {
  readonly response: CapResponse;
  /** What did not fit and how it was answered instead; mailboxes by their index in the request. */
  readonly adjustments: readonly string[];
}

/**
 * Exactly one answer per requested mailbox, in its own spelling and order. An answer is looked up under the spelling
 * of the request, then in lower case; a mailbox without one is answered ErrorFreeBusyGenerationFailed. When the whole
 * is too long for Lambda, details go first, then the longest mailboxes become ErrorFreeBusyGenerationFailed.
 */
export function encodeCapResponse(
  request: { readonly mailboxes: readonly string[] },
  answers: ReadonlyMap<string, CapAnswer>,
  options: { readonly biasConvention?: BiasConvention } = {},
): CapEncoded {
  const adjustments: string[] = [];
  const convention = options.biasConvention ?? 'ews';
  const encoded = request.mailboxes.map((mailbox, index) => {
    const answer = answers.get(mailbox) ?? answers.get(mailbox.toLowerCase());
    const made = encodeMailbox(mailbox, answer, convention);
    if (made.note !== undefined) adjustments.push(`mailboxes[${index}]: ${made.note}`);
    return made.entry;
  });
  return { response: { mailboxes: shrinkToLimit(encoded, adjustments) }, adjustments };
}

function failed(mailbox: string, error: CapError = 'ErrorFreeBusyGenerationFailed'): CapMailboxResponse {
  return { mailbox, error };
}

function encodeMailbox(
  mailbox: string,
  answer: CapAnswer | undefined,
  convention: BiasConvention,
): { readonly entry: CapMailboxResponse; readonly note?: string } {
  if (answer === undefined) return { entry: failed(mailbox), note: 'no answer was given' };
  if (answer.kind === 'error') return { entry: failed(mailbox, answer.error) };
  if (answer.events.length > MAX_CAP_EVENTS_PER_MAILBOX) {
    return { entry: failed(mailbox), note: `more than ${MAX_CAP_EVENTS_PER_MAILBOX} events` };
  }
  const events: CapEventResponse[] = [];
  for (const event of answer.events) {
    if (!Number.isFinite(event.startMs) || !Number.isFinite(event.endMs) || event.endMs < event.startMs) {
      return { entry: failed(mailbox), note: 'an event without a possible time' };
    }
    events.push(encodeEvent(event));
  }
  const { workingHours } = answer;
  if (workingHours === undefined) return { entry: { mailbox, events } };
  return { entry: { mailbox, events, workingHours: encodeWorkingHours(workingHours, convention) } };
}

function encodeEvent(event: CapEvent): CapEventResponse {
  const time = (ms: number) => new Date(Math.min(LAST_MS, Math.max(FIRST_MS, ms))).toISOString();
  return {
    startTime: time(event.startMs),
    endTime: time(event.endMs),
    busyType: event.busyType,
    ...(event.details === undefined ? {} : { details: encodeDetails(event.details) }),
  };
}

function encodeDetails(details: CapEventDetails): CapEventDetails {
  return {
    subject: oneLine(details.subject),
    location: oneLine(details.location),
    instanceType: details.instanceType,
    isMeeting: details.isMeeting,
    isReminderSet: details.isReminderSet,
    isPrivate: details.isPrivate,
  };
}

function oneLine(text: string): string {
  return text
    .slice(0, MAX_CAP_DETAIL_LENGTH)
    .toWellFormed()
    .replace(/\p{Cc}+/gu, ' ');
}

function encodeWorkingHours(hours: CapWorkingHours, convention: BiasConvention): CapWorkingHoursResponse {
  return {
    timezone: encodeTimezone(hours.timezone, convention),
    workingPeriods: hours.periods.map((period) => ({
      startMinutes: period.startMinutes,
      endMinutes: period.endMinutes,
      days: [...period.days],
    })),
  };
}

function shrinkToLimit(
  mailboxes: readonly CapMailboxResponse[],
  adjustments: string[],
): CapMailboxResponse[] {
  let entries = [...mailboxes];
  let sizes = entries.map(jsonBytes);
  const total = () => sizes.reduce((sum, size) => sum + size + 1, 0);
  if (total() <= MAX_CAP_RESPONSE_BYTES) return entries;
  adjustments.push('the answer is too long: details are left out');
  entries = entries.map(withoutDetails);
  sizes = entries.map(jsonBytes);
  while (total() > MAX_CAP_RESPONSE_BYTES) {
    const longest = sizes.reduce((best, size, index) => (size > (sizes[best] ?? 0) ? index : best), 0);
    const entry = entries[longest];
    if (entry === undefined || 'error' in entry) break;
    entries[longest] = failed(entry.mailbox);
    sizes[longest] = jsonBytes(failed(entry.mailbox));
    adjustments.push(`mailboxes[${longest}]: too many events for one answer`);
  }
  return entries;
}

function withoutDetails(entry: CapMailboxResponse): CapMailboxResponse {
  if ('error' in entry) return entry;
  const events = entry.events.map(({ startTime, endTime, busyType }) => ({ startTime, endTime, busyType }));
  return { ...entry, events };
}

function jsonBytes(entry: CapMailboxResponse): number {
  return Buffer.byteLength(JSON.stringify(entry));
}
