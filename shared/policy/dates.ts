/** Dates from which on, and until when, a rule is in force. */
import { quote } from './report.ts';
import { converted, type Shape, text } from './shape.ts';

/** RFC 3339 §5.6 `full-date`, or `date-time`. Midnight UTC where there is no time. */
const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:[Tt](\d{2}):(\d{2})(?::(\d{2}))?([Zz]|[+-]\d{2}:\d{2}))?$/;

/** Milliseconds since 1970 UTC; undefined when it is no such date, February 30 for instance. */
export function instantOf(value: string): number | undefined {
  const match = DATE.exec(value);
  if (match === null) return undefined;
  const [, year = '', month = '', day = '', hours = '00', minutes = '00', seconds = '00', zone = 'Z'] = match;
  const civil = Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`);
  // Date.parse takes February 30 for March 1 or 2, and 24:00 for the next day.
  if (
    Number.isNaN(civil) ||
    !new Date(civil).toISOString().startsWith(`${year}-${month}-${day}T${hours}:${minutes}`)
  )
    return undefined;
  const offset = /^([+-])(\d{2}):(\d{2})$/.exec(zone);
  if (offset === null) return civil;
  const [, sign, offsetHours, offsetMinutes] = offset;
  const minutesAhead = Number(offsetHours) * 60 + Number(offsetMinutes);
  if (Number(offsetHours) > 23 || Number(offsetMinutes) > 59) return undefined;
  return civil - (sign === '-' ? -1 : 1) * minutesAhead * 60_000;
}

/** A date, or a date and time with its offset from UTC. */
export const instant: Shape<number> = converted(
  text('a date such as 2026-12-24 or 2026-12-24T18:00:00+01:00', { maxLength: 25 }),
  (value, node, report) => {
    const found = instantOf(value);
    if (found !== undefined) return found;
    const hint = /T\d{2}:\d{2}(?::\d{2})?$/i.test(value) ? '; add "Z" or an offset such as "+01:00"' : '';
    report.error(
      node,
      `expected a date such as 2026-12-24 or 2026-12-24T18:00:00+01:00, got ${quote(value)}${hint}`,
    );
    return undefined;
  },
);
