/**
 * Reads a free/busy request leniently. What WorkMail's TestAvailabilityConfiguration sends is not documented, so an
 * event that makes no sense is a value to be answered, never an exception.
 */
import type { CapRequest, CapRequester } from './cap-types.ts';
import { isRecord, kindOf } from './json.ts';

/** A request for very many mailboxes would make one call fetch that many calendars; Exchange itself asks for at most 100. */
export const MAX_CAP_MAILBOXES = 250;
/** A list of a million nulls makes some notes, not a million. */
const MAX_NOTES = 20;
/** A window of centuries would make every recurrence rule expand for ever; Exchange asks for at most 62 days. */
export const MAX_CAP_WINDOW_MS = 400 * 86_400_000;

export type CapDecoded =
  | { readonly kind: 'request'; readonly request: CapRequest; readonly notes: readonly string[] }
  /** Not a request that can be worked on. `mailboxes` (often empty) are still to be answered, each with an error. */
  | {
      readonly kind: 'unreadable';
      readonly mailboxes: readonly string[];
      readonly problems: readonly string[];
    };

/** RFC 3339 §5.6 with any offset; a missing colon in the offset and a blank instead of T are let through. */
const TIMESTAMP =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):?(\d{2}))$/;

/** Milliseconds since 1970 UTC, or undefined when the text is no RFC 3339 time or names no real date. */
export function parseTimestamp(text: string): number | undefined {
  const match = TIMESTAMP.exec(text);
  if (match === null) return undefined;
  const [
    ,
    year,
    month,
    day,
    hour,
    minute,
    second,
    fraction = '',
    sign,
    offsetHour = '0',
    offsetMinute = '0',
  ] = match;
  const milliseconds = Number(fraction.padEnd(3, '0').slice(0, 3));
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined;
  // RFC 3339 §5.6: second 60 is a leap second; it is read as the second after.
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return undefined;
  date.setUTCHours(Number(hour), Number(minute), Number(second), milliseconds);
  const offsetMs = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000;
  return date.getTime() - (sign === '-' ? -offsetMs : offsetMs);
}

/** Decodes the event of a custom availability provider. Never throws. Problems name fields, not their content. */
export function decodeCapRequest(value: unknown): CapDecoded {
  if (!isRecord(value)) {
    return { kind: 'unreadable', mailboxes: [], problems: [`expected an object, got ${kindOf(value)}`] };
  }
  const problems: string[] = [];
  const notes: string[] = [];
  const mailboxes = readMailboxes(value['mailboxes'], problems, notes);
  const window = readWindow(value['window'], problems);
  if (window === undefined || problems.length > 0 || mailboxes.length === 0) {
    return { kind: 'unreadable', mailboxes, problems };
  }
  return {
    kind: 'request',
    request: { requester: readRequester(value['requester']), mailboxes, window },
    notes,
  };
}

/**
 * The guide's table says "comma-separated list", its sample shows an array: both are read. Every name is kept, of a
 * request with too many too, because each has to be answered.
 */
function readMailboxes(value: unknown, problems: string[], notes: string[]): string[] {
  if (typeof value !== 'string' && !Array.isArray(value)) {
    problems.push(`mailboxes: expected an array or a comma-separated string, got ${kindOf(value)}`);
    return [];
  }
  const given: readonly unknown[] =
    typeof value === 'string'
      ? value
          .split(',')
          .map((entry) => entry.trim())
          .filter((entry) => entry !== '')
      : value;
  const mailboxes = new Set<string>();
  for (const [index, entry] of given.entries()) {
    if (typeof entry === 'string' && entry !== '') mailboxes.add(entry);
    else if (notes.length < MAX_NOTES) {
      const what = entry === '' ? 'an empty string' : kindOf(entry);
      notes.push(`mailboxes[${index}]: expected an address, got ${what}`);
    }
  }
  if (mailboxes.size > MAX_CAP_MAILBOXES) problems.push(`mailboxes: more than ${MAX_CAP_MAILBOXES}`);
  if (mailboxes.size === 0) problems.push('mailboxes: none');
  return [...mailboxes];
}

function readWindow(value: unknown, problems: string[]): CapRequest['window'] | undefined {
  if (!isRecord(value)) {
    problems.push(`window: expected an object, got ${kindOf(value)}`);
    return undefined;
  }
  const read = (name: string): number | undefined => {
    const text = value[name];
    const time = typeof text === 'string' ? parseTimestamp(text) : undefined;
    if (time === undefined) problems.push(`window.${name}: expected an RFC 3339 time, got ${kindOf(text)}`);
    return time;
  };
  const startMs = read('startDate');
  const endMs = read('endDate');
  if (startMs === undefined || endMs === undefined) return undefined;
  if (endMs <= startMs) problems.push('window.endDate: expected a time after window.startDate');
  if (endMs - startMs > MAX_CAP_WINDOW_MS) {
    problems.push(`window: longer than ${MAX_CAP_WINDOW_MS / 86_400_000} days`);
  }
  return { startMs, endMs };
}

function readRequester(value: unknown): CapRequester {
  const text = (name: string): string | undefined => {
    const member = isRecord(value) ? value[name] : undefined;
    return typeof member === 'string' && member !== '' ? member : undefined;
  };
  return {
    email: text('email'),
    userName: text('userName'),
    organization: text('organization'),
    userId: text('userId'),
    origin: text('origin'),
  };
}
