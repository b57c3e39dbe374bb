/** The condition on the time at which the message is looked at. */
import { list, optional, record, required, withDefault } from '../collections.ts';
import { minutesOfDay, timeOfDay } from '../locations.ts';
import { timeZone } from '../names.ts';
import { converted, oneOf, text } from '../shape.ts';
import type { Weekday } from '../types.ts';
import { onHeader } from './entry.ts';

const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] as const satisfies readonly Weekday[];
/** The same, for looking up what a formatter wrote. */
const DAY_NAMES: readonly string[] = DAYS;
const DAY_MINUTES = 24 * 60;

const time = text('a time of day', { maxLength: 5, pattern: '^([01][0-9]|2[0-4]):[0-5][0-9]$' }, timeOfDay);

const span = converted(
  record('the keys "from", "to", "timezone" and "days"', {
    from: required(time, { description: 'From this time of day on, as in "18:00".' }),
    to: required(time, {
      description: 'Up to this time of day, not included. Earlier than "from": of the next day.',
      alsoKnownAs: ['until'],
    }),
    timezone: withDefault(
      text('an IANA time zone such as Europe/Berlin', { maxLength: 64 }, timeZone),
      'UTC',
      {
        description: 'IANA time zone of both.',
        alsoKnownAs: ['timeZone', 'tz'],
      },
    ),
    days: optional(list(oneOf(...DAYS), { what: 'weekdays', max: DAYS.length, single: true }), {
      description:
        'On these days; a span over midnight counts to the day on which it begins. Absent: every day.',
    }),
  }),
  (value, node, report) => {
    if (value.from !== value.to) return value;
    report.error(node, '"from" and "to" are the same; for whole days write "00:00" and "24:00"');
    return undefined;
  },
);

interface LocalTime {
  /** Index into `DAYS`. */
  readonly day: number;
  readonly minutes: number;
}

/** Making a formatter costs more than all else; a policy has few zones. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function localTime(now: number, zone: string): LocalTime {
  const known = formatters.get(zone);
  const formatter =
    known ??
    new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  if (known === undefined) formatters.set(zone, formatter);
  const parts = new Map(formatter.formatToParts(now).map(({ type, value }) => [type, value]));
  return {
    day: DAY_NAMES.indexOf((parts.get('weekday') ?? '').toUpperCase()),
    minutes: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
  };
}

/** The day on which the span began that holds this time; undefined when none does. */
function beginning({ day, minutes }: LocalTime, from: number, to: number): number | undefined {
  if (from < to) return minutes >= from && minutes < to ? day : undefined;
  if (minutes >= from) return day;
  return minutes < to ? (day + DAYS.length - 1) % DAYS.length : undefined;
}

export const timeConditions = {
  timeBetween: onHeader({
    shape: span,
    description: 'The message comes in or goes out between two times of day.',
    alsoKnownAs: ['time', 'hours'],
    holds({ from, to, timezone, days }, { facts }) {
      const local = localTime(facts.now, timezone);
      const day = beginning(local, minutesOfDay(from) ?? 0, minutesOfDay(to) ?? DAY_MINUTES);
      const inside = day !== undefined && (days === undefined || days.some((one) => DAYS[day] === one));
      const where = `between ${from} and ${to} (${timezone})${days === undefined ? '' : ` on ${days.join(', ')}`}`;
      return { held: inside, why: inside ? `it is ${where}` : `it is not ${where}` };
    },
  }),
};
