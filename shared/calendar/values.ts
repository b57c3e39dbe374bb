/**
 * The value types of iCalendar that speak of time (RFC 5545 §3.3): DATE, DATE-TIME, DURATION, PERIOD, UTC-OFFSET. The
 * shape of a value decides its type; a VALUE parameter that contradicts it is ignored, as writers forget it often.
 */
import { DAY_SECONDS, dayOf, monthLength } from './civil.ts';

export type DateValue =
  /** A day; `day` counts from 1970-01-01. */
  | { readonly kind: 'date'; readonly day: number }
  /** FORM #2: an instant, in seconds since 1970 UTC. */
  | { readonly kind: 'utc'; readonly utc: number }
  /** FORM #1 and #3: what a clock shows; the zone stands beside it, or nowhere (floating). */
  | { readonly kind: 'local'; readonly local: number };

/** RFC 5545 §3.3.6: days (weeks) are nominal, as long as the local day is; the rest is exact. May be negative. */
export interface DurationValue {
  readonly days: number;
  readonly seconds: number;
}

export type PeriodValue =
  | { readonly kind: 'explicit'; readonly start: DateValue; readonly end: DateValue }
  | { readonly kind: 'start'; readonly start: DateValue; readonly duration: DurationValue };

const DATE_TIME = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z)?)?$/i;
const DURATION =
  /^([+-])?P(?:(\d{1,9})W|(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?)$/i;
const UTC_OFFSET = /^([+-])(\d{2})(\d{2})(\d{2})?$/;
/** No event lasts longer than the years that a date can name. */
const MAX_DURATION_DAYS = 4_000_000;

/** RFC 5545 §3.3.4, §3.3.5. Undefined when it is not a date of the calendar. */
export function parseDateValue(text: string): DateValue | undefined {
  const match = DATE_TIME.exec(text.trim());
  if (match === null) return undefined;
  const [year, month, date, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  if (year === undefined || month === undefined || date === undefined) return undefined;
  if (month < 1 || month > 12 || date < 1 || date > monthLength(year, month)) return undefined;
  const day = dayOf(year, month, date);
  if (match[4] === undefined) return { kind: 'date', day };
  if (hour === undefined || minute === undefined || second === undefined) return undefined;
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  // RFC 5545 §3.3.12: second 60 is 59 to those who do not know leap seconds.
  const time = day * DAY_SECONDS + hour * 3_600 + minute * 60 + Math.min(second, 59);
  return match[7] === undefined ? { kind: 'local', local: time } : { kind: 'utc', utc: time };
}

/** RFC 5545 §3.3.6. */
export function parseDuration(text: string): DurationValue | undefined {
  const match = DURATION.exec(text.trim());
  if (match === null || /[PT]$/i.test(text.trim())) return undefined;
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(2)
    .map((part) => Number(part ?? 0));
  const sign = match[1] === '-' ? -1 : 1;
  const nominal = weeks * 7 + days;
  const exact = hours * 3_600 + minutes * 60 + seconds;
  if (nominal > MAX_DURATION_DAYS || exact > MAX_DURATION_DAYS * DAY_SECONDS) return undefined;
  return { days: nominal === 0 ? 0 : sign * nominal, seconds: exact === 0 ? 0 : sign * exact };
}

/** RFC 5545 §3.3.9. */
export function parsePeriod(text: string): PeriodValue | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const start = parseDateValue(text.slice(0, slash));
  const rest = text.slice(slash + 1);
  if (start === undefined) return undefined;
  const end = parseDateValue(rest);
  if (end !== undefined) return { kind: 'explicit', start, end };
  const duration = parseDuration(rest);
  return duration === undefined ? undefined : { kind: 'start', start, duration };
}

/** RFC 5545 §3.3.14, in seconds east of UTC. */
export function parseUtcOffset(text: string): number | undefined {
  const match = UTC_OFFSET.exec(text.trim());
  if (match === null) return undefined;
  const [hours = 0, minutes = 0, seconds = 0] = match.slice(2).map((part) => Number(part ?? 0));
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  const size = hours * 3_600 + minutes * 60 + seconds;
  return match[1] === '-' ? 0 - size : size;
}
