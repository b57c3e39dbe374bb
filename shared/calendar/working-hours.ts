/**
 * Working hours with their time zone in the form that Exchange's protocols use: a standard offset and two changes a
 * year, each "the n-th or last weekday of a month". Zones whose rules do not have that form (Morocco in Ramadan) get
 * the offset of the window alone.
 */
import type { Weekday, WorkingHours } from '../policy/types.ts';
import { DAY_SECONDS, dateOf, dayOf, dayOfLocal, monthLength, secondOfLocal, weekdayOf } from './civil.ts';
import { windowsOfIana } from './windows-zones.ts';
import type { Transition, Zone } from './zone.ts';
import { zoneOfName } from './zone-names.ts';

export type Month = (typeof MONTHS)[number];
export type Week = 'FIRST' | 'SECOND' | 'THIRD' | 'FOURTH' | 'LAST';

/** When a season begins, on the clock before the change. */
export interface SeasonStart {
  /** Local minus UTC while the season lasts, in minutes. */
  readonly offsetMinutes: number;
  /** `HH:MM:SS` */
  readonly time: string;
  readonly month: Month;
  readonly week: Week;
  readonly dayOfWeek: Weekday;
}

export interface WorkingTimezone {
  /** Windows name where there is one, else the IANA name. */
  readonly name: string;
  /** Local minus UTC in standard time, in minutes; without transitions, at the start of the window. */
  readonly offsetMinutes: number;
  readonly transitions?: { readonly standard: SeasonStart; readonly daylight: SeasonStart };
}

export interface WorkingTime {
  readonly timezone: WorkingTimezone;
  readonly periods: readonly WorkingHours[];
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'] as const;
const WEEKDAYS: readonly Weekday[] = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const WEEKS: readonly Week[] = ['FIRST', 'SECOND', 'THIRD', 'FOURTH'];

/** Undefined when the zone is not known. The window is in milliseconds since 1970 UTC. */
export function workingTimeOf(
  hours: WorkingHours,
  zoneName: string,
  window: { readonly startMs: number; readonly endMs: number },
): WorkingTime | undefined {
  const zone = zoneOfName(zoneName);
  if (zone === undefined) return undefined;
  const name = windowsOfIana(zoneName) ?? windowsOfIana(zone.name) ?? zone.name;
  const startUtc = Math.floor(window.startMs / 1_000);
  const endUtc = Math.ceil(window.endMs / 1_000);
  const seasons = seasonsOf(zone, startUtc, endUtc);
  const fixed = Math.round(zone.offsetAt(startUtc) / 60);
  const timezone =
    seasons === undefined
      ? { name, offsetMinutes: fixed }
      : { name, offsetMinutes: seasons.standard.offsetMinutes, transitions: seasons };
  return { timezone, periods: [hours] };
}

/** The two changes of the window's year, if they have the form, and if the form gives every offset of the window. */
function seasonsOf(zone: Zone, startUtc: number, endUtc: number): WorkingTimezone['transitions'] {
  const { year } = dateOf(dayOfLocal(startUtc + zone.offsetAt(startUtc)));
  const changes = changesOf(zone, dayOf(year, 1, 1) * DAY_SECONDS, dayOf(year + 1, 1, 1) * DAY_SECONDS);
  const [first, second] = changes;
  if (changes.length !== 2 || first === undefined || second === undefined) return undefined;
  const [standard, daylight] = first.after < first.before ? [first, second] : [second, first];
  if (standard.after >= standard.before || daylight.after <= daylight.before) return undefined;
  const seasons = { standard: seasonOf(zone, standard), daylight: seasonOf(zone, daylight) };
  return holds(zone, seasons, startUtc, endUtc) ? seasons : undefined;
}

/** The changes of a zone's offset in `from < at <= to`, looked for day by day. */
function changesOf(zone: Zone, from: number, to: number): readonly Transition[] {
  const found: Transition[] = [];
  for (let at = from; at < to; at += DAY_SECONDS) {
    const before = zone.offsetAt(at);
    const end = Math.min(at + DAY_SECONDS, to);
    const after = zone.offsetAt(end);
    if (before === after) continue;
    let low = at;
    let high = end;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (zone.offsetAt(middle) === before) low = middle;
      else high = middle;
    }
    found.push({ at: high, before, after });
  }
  return found;
}

interface LocalChange {
  readonly month: number;
  readonly weekday: number;
  readonly second: number;
  /** 1..5 */
  readonly ordinal: number;
  readonly isLast: boolean;
}

function localChangeOf(change: Transition): LocalChange {
  const local = change.at + change.before;
  const day = dayOfLocal(local);
  const date = dateOf(day);
  return {
    month: date.month,
    weekday: weekdayOf(day),
    second: secondOfLocal(local),
    ordinal: Math.floor((date.day - 1) / 7) + 1,
    isLast: date.day + 7 > monthLength(date.year, date.month),
  };
}

function seasonOf(zone: Zone, change: Transition): SeasonStart {
  const local = localChangeOf(change);
  const two = (value: number): string => String(value).padStart(2, '0');
  return {
    offsetMinutes: Math.round(change.after / 60),
    time: `${two(Math.floor(local.second / 3_600))}:${two(Math.floor(local.second / 60) % 60)}:${two(local.second % 60)}`,
    month: MONTHS[local.month - 1] ?? 'JAN',
    week: weekOfChange(zone, change, local),
    dayOfWeek: WEEKDAYS[local.weekday] ?? 'SUN',
  };
}

/** A fourth Sunday may be meant as the last one: the years beside it tell. */
function weekOfChange(zone: Zone, change: Transition, local: LocalChange): Week {
  const counted = WEEKS[local.ordinal - 1];
  if (!local.isLast || counted === undefined) return counted ?? 'LAST';
  const { year } = dateOf(dayOfLocal(change.at));
  const from = dayOf(year - 2, 1, 1) * DAY_SECONDS;
  const others = changesOf(zone, from, dayOf(year + 3, 1, 1) * DAY_SECONDS)
    .filter((other) => other.after > other.before === change.after > change.before)
    .map(localChangeOf)
    .filter((other) => other.month === local.month && other.weekday === local.weekday);
  return others.every((other) => other.isLast) ? 'LAST' : counted;
}

/** Whether the two changes, repeated every year, give the zone's own offsets throughout the window. */
function holds(
  zone: Zone,
  seasons: NonNullable<WorkingTimezone['transitions']>,
  startUtc: number,
  endUtc: number,
): boolean {
  const firstYear = dateOf(dayOfLocal(startUtc)).year - 1;
  const lastYear = dateOf(dayOfLocal(endUtc)).year + 1;
  const predicted: { readonly at: number; readonly offset: number }[] = [];
  for (let year = firstYear; year <= lastYear; year += 1) {
    for (const [season, before] of [
      [seasons.standard, seasons.daylight.offsetMinutes],
      [seasons.daylight, seasons.standard.offsetMinutes],
    ] as const) {
      predicted.push({ at: localOfSeason(season, year) - before * 60, offset: season.offsetMinutes * 60 });
    }
  }
  predicted.sort((a, b) => a.at - b.at);
  const offsetAt = (utc: number): number | undefined => predicted.findLast(({ at }) => at <= utc)?.offset;
  const probes = [startUtc, endUtc];
  for (let at = startUtc; at < endUtc; at += DAY_SECONDS) probes.push(at);
  for (const { at } of predicted) probes.push(at - 1, at);
  return probes
    .filter((at) => at >= startUtc && at <= endUtc)
    .every((at) => offsetAt(at) === zone.offsetAt(at));
}

function localOfSeason(season: SeasonStart, year: number): number {
  const month = MONTHS.indexOf(season.month) + 1;
  const weekday = WEEKDAYS.indexOf(season.dayOfWeek);
  const length = monthLength(year, month);
  const first = dayOf(year, month, 1);
  const firstMatch = first + ((weekday - weekdayOf(first) + 7) % 7);
  const weeks =
    season.week === 'LAST' ? Math.floor((first + length - 1 - firstMatch) / 7) : WEEKS.indexOf(season.week);
  const [hours = 0, minutes = 0, seconds = 0] = season.time.split(':').map(Number);
  return (firstMatch + weeks * 7) * DAY_SECONDS + hours * 3_600 + minutes * 60 + seconds;
}
