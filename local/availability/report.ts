/** What is answered about free/busy times over HTTP, and the same as text for a person. */
import type { BiasConvention, CapEventResponse, CapWorkingHoursResponse } from '../../shared/workmail/cap.ts';
import { isRecord } from '../../shared/workmail/json.ts';
import { safe } from '../safe-text.ts';
import type { MailboxResult } from './ask.ts';
import { offsetMinutesAt, offsetText } from './zone.ts';

const DAYS = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'];
const MINUTE_MS = 60_000;
/** The subject of a stranger's appointment, or the name of a zone; one of megabytes would push everything else away. */
const MAX_TEXT_CHARS = 200;

export interface FreeBusyReport {
  readonly window: { readonly startDate: string; readonly endDate: string };
  /** How the bias in the answers was read. */
  readonly capBias: BiasConvention;
  readonly mailboxes: readonly MailboxResult[];
}

/** Is it a report? What comes over HTTP could be another program's. */
export function isFreeBusyReport(value: unknown): value is FreeBusyReport {
  return (
    isRecord(value) &&
    isRecord(value['window']) &&
    Array.isArray(value['mailboxes']) &&
    value['mailboxes'].every((one) => isRecord(one) && (one['kind'] === 'times' || one['kind'] === 'error'))
  );
}

/** In one line, whatever it holds. */
function line(text: string): string {
  return safe(text.length > MAX_TEXT_CHARS ? `${text.slice(0, MAX_TEXT_CHARS)}…` : text);
}

function clock(minutes: number): string {
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

/** `MON-FRI`, `SAT, SUN` */
function dayRange(days: readonly string[]): string {
  const numbers = [...new Set(days.map((day) => DAYS.indexOf(day)))].sort((a, b) => a - b);
  const firstDay = numbers[0] ?? 0;
  const inARow = numbers.every((number, index) => number === firstDay + index);
  const names = numbers.map((number) => DAYS[number] ?? '');
  return inARow && names.length > 2 ? `${names[0]}-${names.at(-1)}` : names.join(', ');
}

function hoursLines(hours: CapWorkingHoursResponse, atMs: number, convention: BiasConvention): string[] {
  const zone = `${line(hours.timezone.name)}, ${offsetText(offsetMinutesAt(hours.timezone, atMs, convention))}`;
  return hours.workingPeriods.map(
    ({ startMinutes, endMinutes, days }) =>
      `  works ${dayRange(days)} ${clock(startMinutes)}-${clock(endMinutes)} (${zone})`,
  );
}

/** In the mailbox's local time where its zone is known, else in UTC. */
function eventLine(
  event: CapEventResponse,
  hours: CapWorkingHoursResponse | undefined,
  convention: BiasConvention,
): string {
  const local = (text: string): { readonly day: string; readonly time: string; readonly zone: string } => {
    const ms = Date.parse(text);
    const offset = hours === undefined ? 0 : offsetMinutesAt(hours.timezone, ms, convention);
    // The year may have a sign and six digits.
    const [day = '', time = ''] = new Date(ms + offset * MINUTE_MS).toISOString().split('T');
    const zone = hours === undefined ? 'UTC' : offsetText(offset);
    return { day, time: time.slice(0, 5), zone };
  };
  const start = local(event.startTime);
  const end = local(event.endTime);
  const until = end.day === start.day ? end.time : `${end.day} ${end.time}`;
  const subject = event.details === undefined ? '' : `  ${line(event.details.subject)}`;
  return `  ${start.day} ${start.time}-${until} ${start.zone}  ${event.busyType.toLowerCase()}${subject}`;
}

/** One block for each mailbox. */
export function freeBusyText(report: FreeBusyReport): string {
  const { capBias, window } = report;
  const blocks = report.mailboxes.map((result) => {
    if (result.kind === 'error') return `${result.mailbox}\n  ${result.error}: ${line(result.why)}\n`;
    const { events, workingHours } = result;
    const lines =
      workingHours === undefined ? [] : hoursLines(workingHours, Date.parse(window.startDate), capBias);
    const busy = [...events]
      .sort((a, b) => Date.parse(a.startTime) - Date.parse(b.startTime))
      .map((event) => eventLine(event, workingHours, capBias));
    return `${[result.mailbox, ...lines, ...(busy.length === 0 ? ['  nothing in this time'] : busy)].join('\n')}\n`;
  });
  return blocks.join('\n');
}
