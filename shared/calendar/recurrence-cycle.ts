/**
 * A rule as a row of periods (years, months, weeks, days, hours, minutes or seconds; every INTERVAL-th of them), each
 * with its candidate times. Periods are numbered from the one that holds DTSTART, which is what makes it cheap to begin
 * in the middle.
 */
import type { Budget } from './budget.ts';
import {
  DAY_SECONDS,
  dateOf,
  dayOf,
  dayOfLocal,
  firstWeekOf,
  monthLength,
  secondOfLocal,
  weekOf,
  weekYearOf,
  yearLength,
} from './civil.ts';
import { MAX_TIMES_PER_PERIOD } from './limits.ts';
import type { DayRule } from './recurrence-days.ts';
import {
  acceptsEveryDay,
  dayRuleOf,
  dependsOnWeekdayOnly,
  existsInEveryMonth,
  passesDay,
  pickDays,
} from './recurrence-days.ts';
import type { Rule } from './rule.ts';

export interface Cycle {
  /** Number of the period that holds `local`, or of the nearest one before. */
  indexAt(local: number): number;
  /** A local time that no candidate of this period, and of none after it, comes before. */
  floorOf(index: number): number;
  /**
   * Appends the period's candidates in ascending order, BYSETPOS applied, and returns the number of the next period
   * that can have any. Undefined: the budget is spent, or the period has more candidates than is reasonable.
   */
  fill(index: number, out: number[]): number | undefined;
  /** How many candidates every period has, when that is the same for all. */
  readonly constant: number | undefined;
}

/** Steps of a period whose months are given: the others are passed over one by one, and the days of a few are tested. */
const MONTHS_STEPS = 48;

const UNIT_SECONDS = { HOURLY: 3_600, MINUTELY: 60, SECONDLY: 1 };

/** The periods of a rule that starts at the local time `start`. */
export function cycleOf(rule: Rule, start: number, budget: Budget): Cycle {
  switch (rule.frequency) {
    case 'HOURLY':
    case 'MINUTELY':
    case 'SECONDLY':
      return clockCycle(rule, UNIT_SECONDS[rule.frequency], start, budget);
    default:
      return dayCycle(rule, start, budget);
  }
}

/** The frame of the periods of a day or more: their first days and lengths. */
interface Frame {
  indexAt(day: number): number;
  first(index: number): number;
  length(index: number): number;
  /** Whether each period has the same days, counted from its first. */
  readonly alike: boolean;
}

function frameOf(rule: Rule, days: DayRule, startDay: number): Frame {
  const step = rule.interval;
  if (rule.frequency === 'DAILY') {
    return {
      indexAt: (day) => Math.floor((day - startDay) / step),
      first: (index) => startDay + index * step,
      length: () => 1,
      alike: acceptsEveryDay(days),
    };
  }
  if (rule.frequency === 'WEEKLY') {
    const base = weekOf(startDay, rule.weekStart);
    return {
      indexAt: (day) => Math.floor((day - base) / (7 * step)),
      first: (index) => base + index * 7 * step,
      length: () => 7,
      alike: dependsOnWeekdayOnly(days),
    };
  }
  return rule.frequency === 'MONTHLY' ? monthFrame(step, days, startDay) : yearFrame(step, days, startDay);
}

function monthFrame(step: number, days: DayRule, startDay: number): Frame {
  const monthsAt = (day: number): number => {
    const date = dateOf(day);
    return date.year * 12 + date.month - 1;
  };
  const base = monthsAt(startDay);
  const at = (index: number): [year: number, month: number] => {
    const months = base + index * step;
    const year = Math.floor(months / 12);
    return [year, months - year * 12 + 1];
  };
  return {
    indexAt: (day) => Math.floor((monthsAt(day) - base) / step),
    first: (index) => dayOf(...at(index), 1),
    length: (index) => monthLength(...at(index)),
    alike: existsInEveryMonth(days),
  };
}

/** With BYWEEKNO the year is the one that the weeks belong to, from its week 1 to the day before the next one's. */
function yearFrame(step: number, days: DayRule, startDay: number): Frame {
  const { weekNumbers, weekStart } = days;
  const yearAt = (day: number): number =>
    weekNumbers === undefined ? dateOf(day).year : weekYearOf(day, weekStart);
  const base = yearAt(startDay);
  const first = (index: number): number =>
    weekNumbers === undefined
      ? dayOf(base + index * step, 1, 1)
      : firstWeekOf(base + index * step, weekStart);
  return {
    indexAt: (day) => Math.floor((yearAt(day) - base) / step),
    first,
    length: (index) =>
      weekNumbers === undefined
        ? yearLength(base + index * step)
        : firstWeekOf(base + index * step + 1, weekStart) - first(index),
    alike: false,
  };
}

function dayCycle(rule: Rule, start: number, budget: Budget): Cycle {
  const startDay = dayOfLocal(start);
  const days = dayRuleOf(rule, startDay);
  const frame = frameOf(rule, days, startDay);
  const second = secondOfLocal(start);
  const hours = orDefault(rule.byHour, Math.floor(second / 3_600));
  const minutes = orDefault(rule.byMinute, Math.floor(second / 60) % 60);
  const seconds = orDefault(rule.bySecond, second % 60);
  const times = hours.length * minutes.length * seconds.length;
  const found: number[] = [];
  const fill = (index: number, out: number[]): number | undefined => {
    found.length = 0;
    if (!budget.spend(days.months === undefined ? frame.length(index) : MONTHS_STEPS)) return undefined;
    pickDays(days, frame.first(index), frame.length(index), found);
    if (found.length * times > MAX_TIMES_PER_PERIOD || !budget.spend(found.length * times)) return undefined;
    const candidates: number[] = rule.bySetPosition.length === 0 ? out : [];
    for (const day of found) {
      for (const hour of hours) {
        for (const minute of minutes) {
          for (const sec of seconds) candidates.push(day * DAY_SECONDS + hour * 3_600 + minute * 60 + sec);
        }
      }
    }
    if (candidates !== out) pickPositions(candidates, rule.bySetPosition, out);
    return index + 1;
  };
  return {
    indexAt: (local) => frame.indexAt(dayOfLocal(local)),
    floorOf: (index) => frame.first(index) * DAY_SECONDS,
    fill,
    constant: frame.alike ? sizeOf(fill, 1) : undefined,
  };
}

/** Periods of an hour, a minute or a second. Larger parts limit, smaller ones expand (RFC 5545 §3.3.10, table). */
function clockCycle(rule: Rule, unit: number, start: number, budget: Budget): Cycle {
  const days = dayRuleOf(rule, dayOfLocal(start));
  const everyDay = acceptsEveryDay(days);
  const base = Math.floor(start / unit) * unit;
  const step = rule.interval * unit;
  const hours = rule.byHour.length === 0 ? undefined : new Set(rule.byHour);
  const minutes = unit > 60 || rule.byMinute.length === 0 ? undefined : new Set(rule.byMinute);
  const seconds = unit > 1 || rule.bySecond.length === 0 ? undefined : new Set(rule.bySecond);
  const offsets = offsetsWithin(rule, unit, secondOfLocal(start));
  let knownDay = Number.NaN;
  let knownPasses = false;
  const dayPasses = (day: number): boolean => {
    if (everyDay) return true;
    if (day !== knownDay) {
      knownDay = day;
      knownPasses = passesDay(days, day);
    }
    return knownPasses;
  };
  /** Number of the first period that begins at or after `local`; at least one further on. */
  const from = (local: number, index: number): number =>
    Math.max(index + 1, Math.ceil((local - base) / step));
  const fill = (index: number, out: number[]): number | undefined => {
    if (!budget.spend(1 + offsets.length)) return undefined;
    const at = base + index * step;
    const day = dayOfLocal(at);
    const second = at - day * DAY_SECONDS;
    if (!dayPasses(day)) return from((day + 1) * DAY_SECONDS, index);
    if (hours?.has(Math.floor(second / 3_600)) === false)
      return from((Math.floor(at / 3_600) + 1) * 3_600, index);
    if (minutes?.has(Math.floor(second / 60) % 60) === false)
      return from((Math.floor(at / 60) + 1) * 60, index);
    if (seconds?.has(second % 60) === false) return index + 1;
    const candidates: number[] = rule.bySetPosition.length === 0 ? out : [];
    for (const offset of offsets) candidates.push(at + offset);
    if (candidates !== out) pickPositions(candidates, rule.bySetPosition, out);
    return index + 1;
  };
  const unlimited = everyDay && hours === undefined && minutes === undefined && seconds === undefined;
  return {
    indexAt: (local) => Math.floor((local - base) / step),
    floorOf: (index) => base + index * step,
    fill,
    constant: unlimited ? sizeOf(fill, 0) : undefined,
  };
}

/** Seconds from the start of an hour, a minute or a second to its candidates. */
function offsetsWithin(rule: Rule, unit: number, startSecond: number): readonly number[] {
  if (unit === 1) return [0];
  const seconds = orDefault(rule.bySecond, startSecond % 60);
  if (unit === 60) return seconds;
  const minutes = orDefault(rule.byMinute, Math.floor(startSecond / 60) % 60);
  return minutes.flatMap((minute) => seconds.map((second) => minute * 60 + second));
}

function orDefault(values: readonly number[], fallback: number): readonly number[] {
  return values.length === 0 ? [fallback] : values;
}

function sizeOf(fill: Cycle['fill'], index: number): number | undefined {
  const out: number[] = [];
  return fill(index, out) === undefined ? undefined : out.length;
}

/** RFC 5545 §3.3.10, BYSETPOS: the n-th of the period's set; the order of the list means nothing. */
function pickPositions(candidates: readonly number[], positions: readonly number[], out: number[]): void {
  const indexes = new Set(
    positions.map((position) => (position > 0 ? position - 1 : candidates.length + position)),
  );
  for (const index of [...indexes].sort((a, b) => a - b)) {
    const candidate = candidates[index];
    if (candidate !== undefined) out.push(candidate);
  }
}
