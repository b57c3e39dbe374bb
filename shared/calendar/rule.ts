/**
 * The text of a recurrence rule (RFC 5545 §3.3.10), read strictly: a part that is unknown, double or out of range
 * makes the whole rule unreadable, because a rule that is half understood gives wrong times.
 */
import { MAX_RULE_CHARS, MAX_RULE_VALUES } from './limits.ts';
import type { DateValue } from './values.ts';
import { parseDateValue } from './values.ts';

export type Frequency = 'SECONDLY' | 'MINUTELY' | 'HOURLY' | 'DAILY' | 'WEEKLY' | 'MONTHLY' | 'YEARLY';

/** One member of BYDAY: `MO` has ordinal 0 (every one), `-1FR` is the last Friday. */
export interface WeekdayRule {
  readonly ordinal: number;
  /** 0 = Sunday */
  readonly weekday: number;
}

/** A rule; an empty list means that the part is absent. Lists are sorted, each value once. */
export interface Rule {
  readonly frequency: Frequency;
  readonly interval: number;
  readonly count: number | undefined;
  readonly until: DateValue | undefined;
  readonly bySecond: readonly number[];
  readonly byMinute: readonly number[];
  readonly byHour: readonly number[];
  readonly byDay: readonly WeekdayRule[];
  readonly byMonthDay: readonly number[];
  readonly byYearDay: readonly number[];
  readonly byWeekNumber: readonly number[];
  readonly byMonth: readonly number[];
  readonly bySetPosition: readonly number[];
  /** First day of the week, 0 = Sunday. */
  readonly weekStart: number;
}

export type RuleResult =
  | { readonly kind: 'rule'; readonly rule: Rule }
  | { readonly kind: 'unreadable'; readonly why: string };

const FREQUENCIES: readonly Frequency[] = [
  'SECONDLY',
  'MINUTELY',
  'HOURLY',
  'DAILY',
  'WEEKLY',
  'MONTHLY',
  'YEARLY',
];
const WEEKDAYS: readonly string[] = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];
/** Largest INTERVAL and COUNT: beyond, nothing can come of a rule before the year 9999. */
const MAX_NUMBER = 999_999_999;

interface Range {
  readonly low: number;
  readonly high: number;
  /** Whether the negative of the range counts too (from the end), zero then being excluded. */
  readonly signed: boolean;
}

const RANGES: ReadonlyMap<string, Range> = new Map([
  ['BYSECOND', { low: 0, high: 60, signed: false }],
  ['BYMINUTE', { low: 0, high: 59, signed: false }],
  ['BYHOUR', { low: 0, high: 23, signed: false }],
  ['BYMONTHDAY', { low: 1, high: 31, signed: true }],
  ['BYYEARDAY', { low: 1, high: 366, signed: true }],
  ['BYWEEKNO', { low: 1, high: 53, signed: true }],
  ['BYMONTH', { low: 1, high: 12, signed: false }],
  // The RFC says 366; with times of day a set may be larger, and calendars have been seen to count on it.
  ['BYSETPOS', { low: 1, high: 99_999, signed: true }],
]);

class RuleProblem extends Error {}

/** Reads the value of an RRULE or EXRULE. */
export function parseRule(text: string): RuleResult {
  if (text.length > MAX_RULE_CHARS) return { kind: 'unreadable', why: 'the rule is too long' };
  try {
    return { kind: 'rule', rule: ruleOf(splitParts(text)) };
  } catch (error) {
    if (error instanceof RuleProblem) return { kind: 'unreadable', why: error.message };
    throw error;
  }
}

function splitParts(text: string): Map<string, string> {
  const parts = new Map<string, string>();
  for (const part of text.trim().split(';')) {
    // A semicolon at the end is against the grammar, and common.
    if (part.trim() === '') continue;
    const equals = part.indexOf('=');
    if (equals < 1) throw new RuleProblem('a part of the rule has no value');
    const name = part.slice(0, equals).trim().toUpperCase();
    // RFC 5545 §3.3.10: "each rule part MUST NOT be specified more than once".
    if (parts.has(name)) throw new RuleProblem('a part of the rule stands twice');
    parts.set(
      name,
      part
        .slice(equals + 1)
        .trim()
        .toUpperCase(),
    );
  }
  return parts;
}

function ruleOf(parts: Map<string, string>): Rule {
  const take = (name: string): string | undefined => {
    const value = parts.get(name);
    parts.delete(name);
    return value;
  };
  const list = (name: string): readonly number[] => numberList(name, take(name));
  const rule: Rule = {
    frequency: frequencyOf(take('FREQ')),
    interval: positive('INTERVAL', take('INTERVAL')) ?? 1,
    count: positive('COUNT', take('COUNT')),
    until: untilOf(take('UNTIL')),
    // RFC 5545 §3.3.12: who does not know leap seconds takes second 60 for 59.
    bySecond: sortedUnique(list('BYSECOND').map((second) => Math.min(second, 59))),
    byMinute: list('BYMINUTE'),
    byHour: list('BYHOUR'),
    byDay: weekdayList(take('BYDAY')),
    byMonthDay: list('BYMONTHDAY'),
    byYearDay: list('BYYEARDAY'),
    byWeekNumber: list('BYWEEKNO'),
    byMonth: list('BYMONTH'),
    bySetPosition: list('BYSETPOS'),
    weekStart: weekStartOf(take('WKST')),
  };
  refuseOtherCalendars(take('RSCALE'), take('SKIP'));
  for (const name of parts.keys()) {
    if (!name.startsWith('X-')) throw new RuleProblem('the rule has an unknown part');
  }
  return rule;
}

/** RFC 7529: other calendars, and what to do about invalid dates. Only what equals RFC 5545 is understood. */
function refuseOtherCalendars(scale: string | undefined, skip: string | undefined): void {
  if (scale !== undefined && scale !== 'GREGORIAN')
    throw new RuleProblem('the rule counts in another calendar');
  if (skip !== undefined && skip !== 'OMIT') throw new RuleProblem('the rule moves invalid dates');
}

function frequencyOf(value: string | undefined): Frequency {
  const found = FREQUENCIES.find((frequency) => frequency === value);
  if (found === undefined) throw new RuleProblem('the rule has no known frequency');
  return found;
}

function positive(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = /^\d{1,9}$/.test(value) ? Number(value) : 0;
  if (number < 1 || number > MAX_NUMBER) throw new RuleProblem(`${name} is not a positive number`);
  return number;
}

function untilOf(value: string | undefined): DateValue | undefined {
  if (value === undefined) return undefined;
  const until = parseDateValue(value);
  if (until === undefined) throw new RuleProblem('UNTIL is not a date');
  return until;
}

function members(name: string, value: string): readonly string[] {
  const found = value.split(',');
  if (found.length > MAX_RULE_VALUES) throw new RuleProblem(`${name} has too many values`);
  return found;
}

function numberList(name: string, value: string | undefined): readonly number[] {
  const range = RANGES.get(name);
  if (value === undefined || range === undefined) return [];
  const numbers = members(name, value).map((member) => {
    const number = /^[+-]?\d{1,5}$/.test(member) ? Number(member) : Number.NaN;
    const size = range.signed ? Math.abs(number) : number;
    if (!(size >= range.low && size <= range.high)) throw new RuleProblem(`${name} has a value out of range`);
    return number;
  });
  return sortedUnique(numbers);
}

function sortedUnique(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}

function weekdayList(value: string | undefined): readonly WeekdayRule[] {
  if (value === undefined) return [];
  return members('BYDAY', value).map((member) => {
    const match = /^([+-]?\d{1,2})?(SU|MO|TU|WE|TH|FR|SA)$/.exec(member);
    const ordinal = Number(match?.[1] ?? 0);
    // RFC 5545 §3.3.10: ordwk is 1 to 53, with an optional sign.
    if (match === null || Math.abs(ordinal) > 53 || (match[1] !== undefined && ordinal === 0)) {
      throw new RuleProblem('BYDAY has an unreadable value');
    }
    return { ordinal, weekday: WEEKDAYS.indexOf(match[2] ?? '') };
  });
}

function weekStartOf(value: string | undefined): number {
  if (value === undefined) return 1;
  const weekday = WEEKDAYS.indexOf(value);
  if (weekday < 0) throw new RuleProblem('WKST is not a day');
  return weekday;
}
