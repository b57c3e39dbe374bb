/**
 * Which days a rule picks. RFC 5545 §3.3.10 has a table of which BYxxx part "expands" and which "limits" at each
 * frequency. Both come to the same here: the days of a period are those that pass every part that is present, after
 * what is missing has been taken from DTSTART.
 */
import { dateOf, firstWeekOf, monthLength, weekdayOf, weekYearOf, yearLength } from './civil.ts';
import type { Rule, WeekdayRule } from './rule.ts';

/** The day parts of a rule, complete, in a form that is quick to ask. */
export interface DayRule {
  /** By month, 1..12; undefined: any. */
  readonly months: readonly boolean[] | undefined;
  readonly monthDays: ReadonlySet<number> | undefined;
  readonly yearDays: ReadonlySet<number> | undefined;
  readonly weekNumbers: readonly number[] | undefined;
  /** By weekday, 0 = Sunday: the ordinals wanted, [] for none, [0] for every one. */
  readonly weekdays: readonly (readonly number[])[] | undefined;
  /** What an ordinal counts within. */
  readonly ordinalScope: 'month' | 'year' | 'none';
  readonly weekStart: number;
}

/** Completes the day parts of a rule from the day of DTSTART. */
export function dayRuleOf(rule: Rule, startDay: number): DayRule {
  const parts = withImplied(rule, startDay);
  const ordinalScope = scopeOf(rule);
  return {
    months: parts.months.length === 0 ? undefined : membership(parts.months, 13),
    monthDays: parts.monthDays.length === 0 ? undefined : new Set(parts.monthDays),
    yearDays: rule.byYearDay.length === 0 ? undefined : new Set(rule.byYearDay),
    weekNumbers: usesWeekNumbers(rule) ? rule.byWeekNumber : undefined,
    weekdays: parts.weekdays.length === 0 ? undefined : ordinalsByWeekday(parts.weekdays, ordinalScope),
    ordinalScope,
    weekStart: rule.weekStart,
  };
}

/** BYWEEKNO means something in yearly rules only (RFC 5545 §3.3.10); elsewhere it is ignored. */
function usesWeekNumbers(rule: Rule): boolean {
  return rule.frequency === 'YEARLY' && rule.byWeekNumber.length > 0;
}

function scopeOf(rule: Rule): DayRule['ordinalScope'] {
  if (rule.frequency === 'MONTHLY') return 'month';
  // "BYDAY MUST NOT be specified with a numeric value with … YEARLY when BYWEEKNO is specified": ignored there.
  if (rule.frequency !== 'YEARLY' || usesWeekNumbers(rule)) return 'none';
  return rule.byMonth.length > 0 ? 'month' : 'year';
}

interface Implied {
  readonly months: readonly number[];
  readonly monthDays: readonly number[];
  readonly weekdays: readonly WeekdayRule[];
}

/**
 * RFC 5545 §3.3.10: what the rule leaves out is "derived from the start time". So a yearly rule without any day part
 * recurs on DTSTART's date, a weekly one on its weekday, and BYWEEKNO alone on its weekday in those weeks.
 */
function withImplied(rule: Rule, startDay: number): Implied {
  const start = dateOf(startDay);
  const given: Implied = { months: rule.byMonth, monthDays: rule.byMonthDay, weekdays: rule.byDay };
  const onWeekday = { ...given, weekdays: [{ ordinal: 0, weekday: weekdayOf(startDay) }] };
  const hasDay = rule.byDay.length > 0 || rule.byYearDay.length > 0;
  switch (rule.frequency) {
    case 'YEARLY': {
      if (usesWeekNumbers(rule)) return hasDay || rule.byMonthDay.length > 0 ? given : onWeekday;
      if (hasDay) return given;
      return {
        ...given,
        months: rule.byMonth.length > 0 ? rule.byMonth : [start.month],
        monthDays: rule.byMonthDay.length > 0 ? rule.byMonthDay : [start.day],
      };
    }
    case 'MONTHLY':
      return hasDay || rule.byMonthDay.length > 0 ? given : { ...given, monthDays: [start.day] };
    case 'WEEKLY':
      return rule.byDay.length > 0 ? given : onWeekday;
    default:
      return given;
  }
}

function membership(values: readonly number[], size: number): readonly boolean[] {
  const found = new Array<boolean>(size).fill(false);
  for (const value of values) found[value] = true;
  return found;
}

function ordinalsByWeekday(
  weekdays: readonly WeekdayRule[],
  scope: DayRule['ordinalScope'],
): readonly (readonly number[])[] {
  const found: number[][] = [[], [], [], [], [], [], []];
  for (const { ordinal, weekday } of weekdays) found[weekday]?.push(scope === 'none' ? 0 : ordinal);
  return found.map((ordinals) => (ordinals.includes(0) ? [0] : ordinals));
}

/** Whether every day passes, so that each period of a daily rule is alike. */
export function acceptsEveryDay(days: DayRule): boolean {
  return (
    days.months === undefined &&
    days.monthDays === undefined &&
    days.yearDays === undefined &&
    days.weekNumbers === undefined &&
    days.weekdays === undefined
  );
}

/** Whether each week is alike. */
export function dependsOnWeekdayOnly(days: DayRule): boolean {
  return (
    days.months === undefined &&
    days.monthDays === undefined &&
    days.yearDays === undefined &&
    days.weekNumbers === undefined &&
    (days.weekdays === undefined ||
      days.weekdays.every((ordinals) => ordinals.length === 0 || ordinals[0] === 0))
  );
}

/** Whether each month is alike: fixed days that every month has. */
export function existsInEveryMonth(days: DayRule): boolean {
  return (
    days.months === undefined &&
    days.yearDays === undefined &&
    days.weekNumbers === undefined &&
    days.weekdays === undefined &&
    days.monthDays !== undefined &&
    [...days.monthDays].every((day) => day >= 1 && day <= 28)
  );
}

/** Appends the days of `first .. first + length - 1` that pass, in order. */
export function pickDays(days: DayRule, first: number, length: number, out: number[]): void {
  let { year, month, day } = dateOf(first);
  let daysInMonth = monthLength(year, month);
  for (let at = first; at < first + length; at += 1) {
    if (days.months !== undefined && days.months[month] !== true) {
      // The rest of a month that is not wanted is passed over in one step.
      at += daysInMonth - day;
      day = daysInMonth;
    } else if (passes(days, at, year, month, day, daysInMonth)) out.push(at);
    day += 1;
    if (day > daysInMonth) {
      day = 1;
      month = month === 12 ? 1 : month + 1;
      if (month === 1) year += 1;
      daysInMonth = monthLength(year, month);
    }
  }
}

/** Whether one day passes; for the rules of less than a day, which ask about single days. */
export function passesDay(days: DayRule, day: number): boolean {
  const found: number[] = [];
  pickDays(days, day, 1, found);
  return found.length === 1;
}

function passes(
  days: DayRule,
  at: number,
  year: number,
  month: number,
  day: number,
  daysInMonth: number,
): boolean {
  if (
    days.monthDays !== undefined &&
    !days.monthDays.has(day) &&
    !days.monthDays.has(day - daysInMonth - 1)
  ) {
    return false;
  }
  if (days.weekdays !== undefined) {
    const ordinals = days.weekdays[weekdayOf(at)] ?? [];
    if (ordinals.length === 0) return false;
    if (ordinals[0] !== 0 && !passesOrdinal(days, ordinals, at, year, day, daysInMonth)) return false;
  }
  if (days.yearDays !== undefined) {
    const dayOfYear = dayOfYearOf(at, year, month, day);
    if (!days.yearDays.has(dayOfYear) && !days.yearDays.has(dayOfYear - yearLength(year) - 1)) return false;
  }
  return days.weekNumbers === undefined || passesWeekNumber(days, at);
}

function passesOrdinal(
  days: DayRule,
  ordinals: readonly number[],
  at: number,
  year: number,
  day: number,
  daysInMonth: number,
): boolean {
  const inYear = days.ordinalScope === 'year';
  const position = inYear ? dayOfYearOf(at, year) : day;
  const length = inYear ? yearLength(year) : daysInMonth;
  const fromStart = Math.floor((position - 1) / 7) + 1;
  const fromEnd = -(Math.floor((length - position) / 7) + 1);
  return ordinals.includes(fromStart) || ordinals.includes(fromEnd);
}

const DAYS_BEFORE_MONTH: readonly number[] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

function dayOfYearOf(at: number, year: number, month?: number, day?: number): number {
  if (month === undefined || day === undefined) {
    const date = dateOf(at);
    return dayOfYearOf(at, year, date.month, date.day);
  }
  const leap = month > 2 && yearLength(year) === 366 ? 1 : 0;
  return (DAYS_BEFORE_MONTH[month - 1] ?? 0) + leap + day;
}

function passesWeekNumber(days: DayRule, at: number): boolean {
  const year = weekYearOf(at, days.weekStart);
  const first = firstWeekOf(year, days.weekStart);
  const weeks = (firstWeekOf(year + 1, days.weekStart) - first) / 7;
  const week = Math.floor((at - first) / 7) + 1;
  return days.weekNumbers?.includes(week) === true || days.weekNumbers?.includes(week - weeks - 1) === true;
}
