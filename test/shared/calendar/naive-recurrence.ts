/**
 * RFC 5545 §3.3.10 once more, as slowly and plainly as possible: every day (or hour, minute, second) from DTSTART on is
 * looked at with JavaScript's own dates, and nothing is skipped. What the real engine is compared with.
 */
import type { Rule } from '../../../shared/calendar/rule.ts';

const DAY = 86_400;

function date(day: number): Date {
  return new Date(day * DAY * 1_000);
}

function startOfYear(year: number): number {
  return Date.UTC(year, 0, 1) / 1_000 / DAY;
}

/** The year and number of the week that a day is in, by walking to the day in the middle of its week. */
function weekOfYear(day: number, weekStart: number): { readonly year: number; readonly week: number } {
  let first = day;
  while (date(first).getUTCDay() !== weekStart) first -= 1;
  // A week belongs to the year that has at least four of its days: that of its fourth one.
  const year = date(first + 3).getUTCFullYear();
  let week = 0;
  for (let at = first; date(at + 3).getUTCFullYear() === year; at -= 7) week += 1;
  return { year, week };
}

function weeksIn(year: number, weekStart: number): number {
  let last = startOfYear(year + 1) - 1;
  while (weekOfYear(last, weekStart).year !== year) last -= 1;
  return weekOfYear(last, weekStart).week;
}

/** A name for the period of a day: days of one name are taken together for BYSETPOS. */
function periodOf(rule: Rule, day: number): number {
  const at = date(day);
  switch (rule.frequency) {
    case 'YEARLY':
      return rule.byWeekNumber.length > 0 ? weekOfYear(day, rule.weekStart).year : at.getUTCFullYear();
    case 'MONTHLY':
      return at.getUTCFullYear() * 12 + at.getUTCMonth();
    case 'WEEKLY': {
      let first = day;
      while (date(first).getUTCDay() !== rule.weekStart) first -= 1;
      // 1970-01-01 was a Thursday; every week that begins on one weekday is 7 days from the next.
      return Math.round((first - ((rule.weekStart - 4 + 7) % 7)) / 7);
    }
    default:
      return day;
  }
}

function fromEnd(values: readonly number[], position: number, length: number): boolean {
  return values.includes(position) || values.includes(position - length - 1);
}

function dayFits(rule: Rule, day: number, startDay: number): boolean {
  const at = date(day);
  const start = date(startDay);
  const year = at.getUTCFullYear();
  const daysInMonth = date(Date.UTC(year, at.getUTCMonth() + 1, 0) / 1_000 / DAY).getUTCDate();
  const dayOfYear = day - startOfYear(year) + 1;
  const daysInYear = startOfYear(year + 1) - startOfYear(year);
  const yearly = rule.frequency === 'YEARLY';
  const numbered = yearly && rule.byWeekNumber.length > 0;
  if (rule.byMonth.length > 0 && !rule.byMonth.includes(at.getUTCMonth() + 1)) return false;
  if (rule.byMonthDay.length > 0 && !fromEnd(rule.byMonthDay, at.getUTCDate(), daysInMonth)) return false;
  if (rule.byYearDay.length > 0 && !fromEnd(rule.byYearDay, dayOfYear, daysInYear)) return false;
  if (numbered) {
    const { year: weekYear, week } = weekOfYear(day, rule.weekStart);
    if (!fromEnd(rule.byWeekNumber, week, weeksIn(weekYear, rule.weekStart))) return false;
  }
  if (rule.byDay.length > 0) {
    const inMonth = rule.frequency === 'MONTHLY' || (yearly && rule.byMonth.length > 0);
    const counts = rule.frequency === 'MONTHLY' || (yearly && !numbered);
    const [position, length] = inMonth ? [at.getUTCDate(), daysInMonth] : [dayOfYear, daysInYear];
    return rule.byDay.some(({ ordinal, weekday }) => {
      if (weekday !== at.getUTCDay()) return false;
      if (ordinal === 0 || !counts) return true;
      return ordinal > 0
        ? Math.ceil(position / 7) === ordinal
        : Math.ceil((length - position + 1) / 7) === -ordinal;
    });
  }
  // Nothing says which day: DTSTART does.
  if (rule.byYearDay.length > 0) return true;
  if (rule.frequency === 'WEEKLY') return at.getUTCDay() === start.getUTCDay();
  if (numbered) return rule.byMonthDay.length > 0 || at.getUTCDay() === start.getUTCDay();
  if (rule.frequency !== 'MONTHLY' && !yearly) return true;
  if (rule.byMonthDay.length === 0 && at.getUTCDate() !== start.getUTCDate()) return false;
  return !yearly || rule.byMonth.length > 0 || at.getUTCMonth() === start.getUTCMonth();
}

function timeFits(values: readonly number[], value: number, fallback: number): boolean {
  return values.length === 0 ? value === fallback : values.includes(value);
}

function positioned(rule: Rule, set: readonly number[]): readonly number[] {
  if (rule.bySetPosition.length === 0) return set;
  return set.filter((_, index) => fromEnd(rule.bySetPosition, index + 1, set.length));
}

/** Candidates by period, for rules of days and more. Times of day go minute by minute, so seconds must be fixed. */
function* candidatesByDay(rule: Rule, start: number, to: number): Generator<readonly number[]> {
  const startDay = Math.floor(start / DAY);
  const second = start - startDay * DAY;
  const base = periodOf(rule, startDay);
  let set: number[] = [];
  let current: number | undefined;
  for (let day = startDay - 380; day <= Math.floor(to / DAY) + 380; day += 1) {
    const period = periodOf(rule, day);
    if (period !== current) {
      yield positioned(rule, set);
      set = [];
      current = period;
    }
    if (period < base || (period - base) % rule.interval !== 0 || !dayFits(rule, day, startDay)) continue;
    for (let minute = 0; minute < 1_440; minute += 1) {
      if (!timeFits(rule.byHour, Math.floor(minute / 60), Math.floor(second / 3_600))) continue;
      if (!timeFits(rule.byMinute, minute % 60, Math.floor(second / 60) % 60)) continue;
      for (const at of rule.bySecond.length === 0 ? [second % 60] : rule.bySecond)
        set.push(day * DAY + minute * 60 + at);
    }
  }
  yield positioned(rule, set);
}

/** Candidates by period, for rules of hours and less: every second of every period is looked at. */
function* candidatesByClock(rule: Rule, start: number, to: number): Generator<readonly number[]> {
  const unit = rule.frequency === 'HOURLY' ? 3_600 : rule.frequency === 'MINUTELY' ? 60 : 1;
  const base = Math.floor(start / unit) * unit;
  const startDay = Math.floor(start / DAY);
  for (let at = base; at <= to; at += unit * rule.interval) {
    const set: number[] = [];
    for (let time = at; time < at + unit; time += 1) {
      const day = Math.floor(time / DAY);
      const [hour, minute, second] = [Math.floor(time / 3_600) % 24, Math.floor(time / 60) % 60, time % 60];
      if (!timeFits(rule.byHour, hour, Math.floor(at / 3_600) % 24)) continue;
      if (!timeFits(rule.byMinute, minute, Math.floor((unit === 3_600 ? start : at) / 60) % 60)) continue;
      if (!timeFits(rule.bySecond, second, (unit > 1 ? start : at) % 60)) continue;
      if (dayFits(rule, day, startDay)) set.push(time);
    }
    yield positioned(rule, set);
  }
}

/** The instances from `start` up to `to`, in local seconds. */
export function naiveInstances(rule: Rule, start: number, to: number): readonly number[] {
  const byClock =
    rule.frequency === 'HOURLY' || rule.frequency === 'MINUTELY' || rule.frequency === 'SECONDLY';
  const found: number[] = [];
  for (const set of (byClock ? candidatesByClock : candidatesByDay)(rule, start, to)) {
    for (const time of set) {
      if (time < start || time > to || (rule.count !== undefined && found.length >= rule.count)) continue;
      found.push(time);
    }
  }
  return found;
}
