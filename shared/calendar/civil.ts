/**
 * Dates and times of day as whole numbers, on the proleptic Gregorian calendar. A day is its number since 1970-01-01;
 * a local time is `day * 86400 + second of the day`, the count that a clock with no zone shows. Only a zone turns it
 * into an instant (see `zone.ts`), so nothing here depends on the zone of the process.
 */

export const DAY_SECONDS = 86_400;

export interface CivilDate {
  readonly year: number;
  /** 1..12 */
  readonly month: number;
  /** 1..31 */
  readonly day: number;
}

const MONTH_LENGTHS: readonly number[] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** Days of 400 Gregorian years, after which the calendar repeats. */
const ERA_DAYS = 146_097;
/** Days from 0000-03-01, where the arithmetic below begins its eras, to 1970-01-01. */
const EPOCH_OFFSET_DAYS = 719_468;

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

export function yearLength(year: number): number {
  return isLeapYear(year) ? 366 : 365;
}

/** Days of a month, `month` 1..12. */
export function monthLength(year: number, month: number): number {
  if (month === 2 && isLeapYear(year)) return 29;
  return MONTH_LENGTHS[month - 1] ?? 31;
}

/** Day number of a date. The year is counted from March, so that the leap day is the last one of its year. */
export function dayOf(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const monthFromMarch = (month + 9) % 12;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * ERA_DAYS + dayOfEra - EPOCH_OFFSET_DAYS;
}

/** The date of a day number: the inverse of `dayOf`. */
export function dateOf(day: number): CivilDate {
  const shifted = day + EPOCH_OFFSET_DAYS;
  const era = Math.floor(shifted / ERA_DAYS);
  const dayOfEra = shifted - era * ERA_DAYS;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  };
}

/** 0 = Sunday .. 6 = Saturday. 1970-01-01 was a Thursday. */
export function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

/** First day of the week that contains `day`, for weeks that begin on `weekStart` (0 = Sunday). */
export function weekOf(day: number, weekStart: number): number {
  return day - ((weekdayOf(day) - weekStart + 7) % 7);
}

/**
 * First day of week 1 of a year: the first week with at least four days in that year (RFC 5545 §3.3.10, BYWEEKNO, which
 * takes this from ISO 8601 and lets WKST choose the first day of the week). 4 January is always in it.
 */
export function firstWeekOf(year: number, weekStart: number): number {
  return weekOf(dayOf(year, 1, 4), weekStart);
}

/** The year whose numbered weeks contain `day`: it differs from the calendar year around New Year. */
export function weekYearOf(day: number, weekStart: number): number {
  const { year } = dateOf(day);
  if (day >= firstWeekOf(year + 1, weekStart)) return year + 1;
  return day < firstWeekOf(year, weekStart) ? year - 1 : year;
}

export function dayOfLocal(local: number): number {
  return Math.floor(local / DAY_SECONDS);
}

export function secondOfLocal(local: number): number {
  return local - dayOfLocal(local) * DAY_SECONDS;
}
