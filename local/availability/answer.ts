/**
 * Checks the answer of a custom availability provider as strictly as WorkMail (Administrator Guide, "Building the custom
 * availability provider Lambda function"). A mailbox that the answer leaves out or gets wrong fails alone.
 */
import type { CapEventResponse, CapWorkingHoursResponse } from '../../shared/workmail/cap.ts';
import { isRecord, kindOf } from '../../shared/workmail/json.ts';
import { knownEvent, knownHours } from './known-members.ts';

/** What the answer says of one mailbox. */
export type MailboxAnswer =
  | {
      readonly kind: 'events';
      readonly events: readonly CapEventResponse[];
      readonly workingHours?: CapWorkingHoursResponse;
    }
  /** The provider's own error, in its own word. */
  | { readonly kind: 'error'; readonly word: string }
  /** Not as the guide has it; `why` names the place. */
  | { readonly kind: 'wrong'; readonly why: string };

type Check = (value: unknown, at: string) => string | undefined;

const UTC_WITH_MILLISECONDS = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const CLOCK = /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/;
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const WEEKS = ['FIRST', 'SECOND', 'THIRD', 'FOURTH', 'LAST'];
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
/** No zone is further from UTC than 14 hours; a bias in seconds or milliseconds is far beyond. */
const MAX_OFFSET_MINUTES = 14 * 60;
const MINUTES_OF_DAY = 24 * 60;

/** The first of the problems, each looked for only when there is none before. */
function first(...looks: readonly (() => string | undefined)[]): string | undefined {
  for (const look of looks) {
    const problem = look();
    if (problem !== undefined) return problem;
  }
  return undefined;
}

const isText: Check = (value, at) =>
  typeof value === 'string' ? undefined : `${at}: expected text, got ${kindOf(value)}`;

const isFlag: Check = (value, at) =>
  typeof value === 'boolean' ? undefined : `${at}: expected true or false, got ${kindOf(value)}`;

/** JavaScript reads 30 February as 2 March, and hour 24 as the next day's first; others refuse them. */
function isOfTheCalendar(time: string): boolean {
  const ms = Date.parse(time);
  return !Number.isNaN(ms) && new Date(ms).toISOString() === time;
}

const isTime: Check = (value, at) =>
  typeof value === 'string' && UTC_WITH_MILLISECONDS.test(value) && isOfTheCalendar(value)
    ? undefined
    : `${at}: expected a time in UTC with milliseconds, as in 2026-03-16T09:00:00.000Z`;

const isClock: Check = (value, at) =>
  typeof value === 'string' && CLOCK.test(value)
    ? undefined
    : `${at}: expected a time of day, as in 02:00:00`;

function isWord(words: readonly string[]): Check {
  return (value, at) =>
    typeof value === 'string' && words.includes(value)
      ? undefined
      : `${at}: expected one of ${words.join(', ')}`;
}

function isWhole(least: number, most: number): Check {
  return (value, at) =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
      ? undefined
      : `${at}: expected a whole number from ${least} to ${most}`;
}

const isOffset = isWhole(-MAX_OFFSET_MINUTES, MAX_OFFSET_MINUTES);
const isMinuteOfDay = isWhole(0, MINUTES_OF_DAY);

/** Every named member is there and right; members that the guide does not name are passed over. */
function hasMembers(members: Readonly<Record<string, Check>>): Check {
  return (value, at) => {
    if (!isRecord(value)) return `${at}: expected an object, got ${kindOf(value)}`;
    return first(
      ...Object.entries(members).map(
        ([name, check]) =>
          () =>
            check(value[name], `${at}.${name}`),
      ),
    );
  };
}

function isListOf(check: Check): Check {
  return (value, at) => {
    if (!Array.isArray(value)) return `${at}: expected a list, got ${kindOf(value)}`;
    for (const [index, entry] of value.entries()) {
      const problem = check(entry, `${at}[${index}]`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

/** Both are strings of equal form, or numbers, by now. */
function inOrder(least: string, most: string, orEqual: boolean): Check {
  return (value, at) => {
    const [low, high] = isRecord(value) ? [value[least], value[most]] : [];
    const numbers = [low, high].map((one) => (typeof one === 'string' ? Date.parse(one) : Number(one)));
    const [a = 0, b = 0] = numbers;
    return a < b || (orEqual && a === b) ? undefined : `${at}.${most}: expected more than ${least}`;
  };
}

function every(...checks: readonly Check[]): Check {
  return (value, at) => first(...checks.map((check) => () => check(value, at)));
}

function optionalMember(name: string, check: Check): Check {
  return (value, at) => {
    const member = isRecord(value) ? value[name] : undefined;
    return member === undefined ? undefined : check(member, `${at}.${name}`);
  };
}

const isDetails = hasMembers({
  subject: isText,
  location: isText,
  instanceType: isWord(['SINGLE_INSTANCE', 'RECURRING_INSTANCE', 'EXCEPTION']),
  isMeeting: isFlag,
  isReminderSet: isFlag,
  isPrivate: isFlag,
});

const isEvent = every(
  hasMembers({ startTime: isTime, endTime: isTime, busyType: isWord(['BUSY', 'FREE', 'TENTATIVE']) }),
  inOrder('startTime', 'endTime', true),
  optionalMember('details', isDetails),
);

const isTransition = hasMembers({
  offset: isOffset,
  time: isClock,
  month: isWord(MONTHS),
  week: isWord(WEEKS),
  dayOfWeek: isWord(DAYS),
});

const bothTransitionsOrNone: Check = (value, at) => {
  const { standardTime, daylightTime } = isRecord(value) ? value : {};
  return (standardTime === undefined) === (daylightTime === undefined)
    ? undefined
    : `${at}: standardTime and daylightTime come together or not at all`;
};

const isTimezone = every(
  hasMembers({ name: isText, bias: isOffset }),
  bothTransitionsOrNone,
  optionalMember('standardTime', isTransition),
  optionalMember('daylightTime', isTransition),
);

const isWorkingPeriod = every(
  hasMembers({ startMinutes: isMinuteOfDay, endMinutes: isMinuteOfDay, days: isListOf(isWord(DAYS)) }),
  inOrder('startMinutes', 'endMinutes', false),
);

const isWorkingHours = hasMembers({ timezone: isTimezone, workingPeriods: isListOf(isWorkingPeriod) });

const isEvents: Check = isListOf(isEvent);

/** The check has looked at every member that the types name. */
function isCheckedEvents(value: unknown, at: string): value is readonly CapEventResponse[] {
  return isEvents(value, at) === undefined;
}

function isCheckedHours(value: unknown, at: string): value is CapWorkingHoursResponse {
  return isWorkingHours(value, at) === undefined;
}

function readEntry(entry: Readonly<Record<string, unknown>>, at: string): MailboxAnswer {
  const { error, events, workingHours } = entry;
  const wrong = (why: string | undefined): MailboxAnswer => ({ kind: 'wrong', why: why ?? at });
  if (error !== undefined && events !== undefined) return wrong(`${at}: both error and events`);
  if (error !== undefined) {
    const problem = isText(error, `${at}.error`);
    return typeof error === 'string' ? { kind: 'error', word: error } : wrong(problem);
  }
  if (!isCheckedEvents(events, `${at}.events`)) return wrong(isEvents(events, `${at}.events`));
  const known = { kind: 'events', events: events.map(knownEvent) } as const;
  if (workingHours === undefined) return known;
  if (!isCheckedHours(workingHours, `${at}.workingHours`))
    return wrong(isWorkingHours(workingHours, `${at}.workingHours`));
  return { ...known, workingHours: knownHours(workingHours) };
}

/** The answer for each mailbox that was asked about, under its own spelling. Never throws. */
export function checkAnswer(asked: readonly string[], payload: unknown): ReadonlyMap<string, MailboxAnswer> {
  const entries = isRecord(payload) ? payload['mailboxes'] : undefined;
  if (!Array.isArray(entries)) {
    const why = `mailboxes: expected a list, got ${kindOf(isRecord(payload) ? entries : payload)}`;
    return new Map(asked.map((mailbox) => [mailbox, { kind: 'wrong', why }]));
  }
  const answers = new Map<string, MailboxAnswer>();
  for (const [index, entry] of entries.entries()) {
    const mailbox: unknown = isRecord(entry) ? entry['mailbox'] : undefined;
    if (!isRecord(entry) || typeof mailbox !== 'string') continue;
    const key = mailbox.toLowerCase();
    const at = `mailboxes[${index}]`;
    answers.set(
      key,
      answers.has(key) ? { kind: 'wrong', why: `${at}: the mailbox is there twice` } : readEntry(entry, at),
    );
  }
  const missing: MailboxAnswer = { kind: 'wrong', why: 'the answer leaves the mailbox out' };
  return new Map(asked.map((mailbox) => [mailbox, answers.get(mailbox.toLowerCase()) ?? missing]));
}
