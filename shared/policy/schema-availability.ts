/** The section `availability`: whose free/busy is answered, from which calendars. */
import { dictionary, list, oneKeyOf, optional, record, required, withDefault } from './collections.ts';
import { calendarFile, calendarUrl, minutesOfDay, passwordLocation, timeOfDay } from './locations.ts';
import { checkAddress, timeZone } from './names.ts';
import { checkPattern } from './pattern.ts';
import { converted, oneOf, type Shape, text } from './shape.ts';
import { oneLine } from './texts.ts';
import type { CalendarSource, MailboxSource, WorkingHours } from './types.ts';

/** Mailboxes in one policy; its size in characters is the limit that is met first. */
const MAX_MAILBOXES = 5_000;
/** Calendars of one mailbox: each is fetched for each answer. */
const MAX_CALENDARS = 20;
/** Patterns of requesters. */
const MAX_REQUESTERS = 250;
const MAX_LOCATION = 2_000;

const zone = text('an IANA time zone such as Europe/Berlin', { maxLength: 64 }, timeZone);
const file = text('a file or "s3://BUCKET/KEY"', { maxLength: MAX_LOCATION }, calendarFile);
const url = text('a URL', { maxLength: MAX_LOCATION }, calendarUrl);
const time = text('a time of day', { maxLength: 5, pattern: '^([01][0-9]|2[0-4]):[0-5][0-9]$' }, timeOfDay);

const caldav = record('the keys "url", "username" and "passwordUri"', {
  url: required(url, { description: 'The calendar collection.' }),
  username: required(text('a user name', { maxLength: 200 }, oneLine), {
    description: 'User name at that server.',
  }),
  passwordUri: required(text('"ssm://NAME" or a file', { maxLength: MAX_LOCATION }, passwordLocation), {
    description: 'Where the password is kept: "ssm://NAME", or a file beside the policy.',
    alsoKnownAs: ['password', 'secret'],
  }),
});

const calendar: Shape<CalendarSource> = oneKeyOf<CalendarSource>('one calendar', {
  file: {
    description: 'An iCalendar file beside the policy, or "s3://BUCKET/KEY".',
    shape: converted(file, (location): CalendarSource => ({ kind: 'file', location })),
  },
  url: {
    description: 'An iCalendar file on the web ("https://…").',
    alsoKnownAs: ['ics'],
    shape: converted(url, (found): CalendarSource => ({ kind: 'url', url: found })),
  },
  caldav: {
    description: 'A collection on a CalDAV server.',
    shape: converted(caldav, (value): CalendarSource => ({ kind: 'caldav', ...value })),
  },
});

const weekdays = list(oneOf('SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'), {
  what: 'weekdays',
  max: 7,
  single: true,
});

const workingHours: Shape<WorkingHours> = converted(
  record('the keys "days", "start" and "end"', {
    days: required(weekdays, { description: 'The days of work.' }),
    start: required(time, { description: 'When work begins, as in "09:00".' }),
    end: required(time, { description: 'When work ends, as in "17:00"; "24:00" is midnight.' }),
  }),
  ({ days, start, end }, node, report) => {
    const startMinutes = minutesOfDay(start) ?? 0;
    const endMinutes = minutesOfDay(end) ?? 0;
    if (startMinutes < endMinutes) return { days: [...new Set(days)], startMinutes, endMinutes };
    report.error(node, `"start" must be before "end", got ${start} and ${end}`);
    return undefined;
  },
);

const mailbox: Shape<MailboxSource> = record('the keys of a mailbox', {
  calendars: required(list(calendar, { what: 'calendars', max: MAX_CALENDARS }), {
    description: 'Its calendars; busy is what is busy in one of them.',
    alsoKnownAs: ['calendar'],
  }),
  timezone: optional(zone, { description: 'Its IANA time zone; absent: that of the section.' }),
  workingHours: optional(workingHours, { description: 'Its hours of work, in its time zone.' }),
});

const requesters = list(text('an address, a domain, "*.domain" or "*"', { maxLength: 320 }, checkPattern), {
  what: 'address patterns',
  max: MAX_REQUESTERS,
  single: true,
});

export const availability = record('the keys of "availability"', {
  show: withDefault(oneOf('busy', 'details'), 'busy', {
    description: '"busy": times only. "details": subject and place too, of what is not private.',
  }),
  timezone: withDefault(zone, 'UTC', {
    description: 'IANA time zone for times without a zone and for whole days.',
    alsoKnownAs: ['timeZone', 'tz'],
  }),
  biasConvention: withDefault(oneOf('ews', 'utc-offset'), 'ews', {
    description: 'The sign of "bias" in the answer: "ews" (UTC is local time plus bias) or "utc-offset".',
  }),
  requesters: withDefault(requesters, [], {
    description:
      'Who may ask: patterns over the address of the requester. Absent: anyone whom WorkMail lets ask.',
  }),
  mailboxes: required(dictionary('addresses with their calendars', checkAddress, mailbox, MAX_MAILBOXES), {
    description: 'Address of each mailbox, and where its calendars are.',
  }),
});
