/**
 * The time zone of an answer's working hours, read as WorkMail would have to: a bias and two changes of clock in a year.
 * Which way the bias counts the guide says in two ways (`capBias` in docs/stand-in.md).
 */
import type {
  BiasConvention,
  CapTimezoneResponse,
  CapTransitionResponse,
  CapWeek,
} from '../../shared/workmail/cap.ts';

const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKS: Readonly<Record<CapWeek, number>> = { FIRST: 0, SECOND: 1, THIRD: 2, FOURTH: 3, LAST: 4 };
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Local time of a change, as if it were UTC. */
function changeMs(year: number, rule: CapTransitionResponse): number {
  const month = MONTHS.indexOf(rule.month);
  const firstMs = Date.UTC(year, month, 1);
  const daysToWeekday = (DAYS.indexOf(rule.dayOfWeek) - new Date(firstMs).getUTCDay() + 7) % 7;
  const daysInMonth = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  let day = daysToWeekday + 7 * WEEKS[rule.week];
  // The last one is the fourth in a month without a fifth.
  if (day >= daysInMonth) day -= 7;
  const [hours = 0, minutes = 0, seconds = 0] = rule.time.split(':').map(Number);
  return firstMs + day * DAY_MS + (hours * 3600 + minutes * 60 + seconds) * 1000;
}

/** Local minus UTC, in minutes, at a moment. */
export function offsetMinutesAt(zone: CapTimezoneResponse, ms: number, convention: BiasConvention): number {
  // EWS: UTC = local + bias ([MS-OXWAVLS] §2.2.4.12); the guide's words: the offset from GMT.
  const sign = convention === 'ews' ? -1 : 1;
  const { bias, standardTime, daylightTime } = zone;
  if (standardTime === undefined || daylightTime === undefined) return sign * bias;
  const standard = sign * (bias + standardTime.offset);
  const daylight = sign * (bias + daylightTime.offset);
  const year = new Date(ms).getUTCFullYear();
  // A change is told on the clock before it.
  const changes = [year - 1, year, year + 1].flatMap((each) => [
    { atMs: changeMs(each, standardTime) - daylight * MINUTE_MS, offset: standard },
    { atMs: changeMs(each, daylightTime) - standard * MINUTE_MS, offset: daylight },
  ]);
  return changes
    .filter(({ atMs }) => atMs <= ms)
    .reduce((last, one) => (one.atMs > last.atMs ? one : last), {
      atMs: Number.NEGATIVE_INFINITY,
      offset: standard,
    }).offset;
}

/** `UTC+01:00` */
export function offsetText(minutes: number): string {
  const absolute = Math.abs(minutes);
  const pad = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `UTC${minutes < 0 ? '-' : '+'}${pad(absolute / 60)}:${pad(absolute % 60)}`;
}
