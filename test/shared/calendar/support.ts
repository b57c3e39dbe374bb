/** Calendars as tests write them, and busy times as tests read them. */
import type { BusyOptions, BusyResult } from '../../../shared/calendar/index.ts';
import { busyTimes } from '../../../shared/calendar/index.ts';

/** A VCALENDAR with these lines in it. */
export function calendar(...lines: readonly string[]): string {
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//test//EN', ...lines, 'END:VCALENDAR', ''].join('\r\n');
}

/** A VEVENT with these lines in it. */
export function event(...lines: readonly string[]): string {
  return ['BEGIN:VEVENT', 'UID:one@example.com', 'DTSTAMP:20260101T000000Z', ...lines, 'END:VEVENT'].join(
    '\r\n',
  );
}

/** March and April 2026: both changes to summer time lie in it. */
export const WINDOW: BusyOptions = {
  windowStartMs: Date.UTC(2026, 2, 1),
  windowEndMs: Date.UTC(2026, 4, 1),
  defaultZone: 'Europe/Berlin',
};

export function busy(
  text: string | readonly string[],
  options: Partial<BusyOptions> = {},
): Extract<BusyResult, { kind: 'busy' }> {
  const result = busyTimes(typeof text === 'string' ? [text] : text, { ...WINDOW, ...options });
  if (result.kind !== 'busy') throw new Error(`${result.kind}: ${result.kind === 'late' ? '' : result.why}`);
  return result;
}

/** `0316T0900Z/1000Z BUSY`, the end with its date when that is another one. */
export function spans(
  text: string | readonly string[],
  options: Partial<BusyOptions> = {},
): readonly string[] {
  return busy(text, options).events.map(({ startMs, endMs, busyType }) => {
    const [start, end] = [stamp(startMs), stamp(endMs)];
    const shortEnd = start.slice(0, 4) === end.slice(0, 4) ? end.slice(5) : end;
    return `${start}/${shortEnd}${busyType === 'BUSY' ? '' : ` ${busyType}`}`;
  });
}

function stamp(ms: number): string {
  const text = new Date(ms).toISOString();
  return `${text.slice(5, 7)}${text.slice(8, 10)}T${text.slice(11, 13)}${text.slice(14, 16)}Z`;
}
