/**
 * CalDAV (RFC 4791), as far as free/busy needs it: one `calendar-query` for the events that touch a window. Recurring
 * events are fetched as they are and expanded here, because servers differ: some ignore `expand`, some answer a
 * free-busy-query wrongly with a success status. Nothing that a server has worked out by itself is believed.
 */
import { dateOf, dayOfLocal, secondOfLocal } from './civil.ts';
import type { HttpFetch } from './http.ts';
import { exchange } from './http.ts';
import type { Multistatus } from './multistatus.ts';
import { readMultistatus } from './multistatus.ts';

export interface CaldavQuery {
  /** The calendar collection. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** Milliseconds since 1970 UTC. */
  readonly windowStartMs: number;
  readonly windowEndMs: number;
}

/**
 * The server reads dates and floating times in a zone of its own, which may be 26 hours away from the mailbox's. So it
 * is asked for more, and what does not touch the window is left out here.
 */
const MARGIN_SECONDS = 26 * 3_600;

/** The iCalendar texts of the resources that may touch the window. Never throws. */
export async function queryCaldav(
  fetch: HttpFetch,
  query: CaldavQuery,
  signal: AbortSignal,
): Promise<Multistatus> {
  const credentials = Buffer.from(`${query.username}:${query.password}`, 'utf8').toString('base64');
  const answer = await exchange(
    fetch,
    {
      method: 'REPORT',
      url: query.url,
      expected: 207,
      headers: {
        authorization: `Basic ${credentials}`,
        'content-type': 'application/xml; charset=utf-8',
        accept: 'application/xml, text/xml',
        depth: '1',
      },
      body: calendarQuery(query.windowStartMs / 1_000, query.windowEndMs / 1_000),
    },
    signal,
  );
  return answer.kind === 'text' ? readMultistatus(answer.text) : answer;
}

/** RFC 4791 §7.8, §9.7: VEVENTs by time range, without `expand`. */
function calendarQuery(start: number, end: number): string {
  const range = `start="${stamp(Math.floor(start) - MARGIN_SECONDS)}" end="${stamp(Math.ceil(end) + MARGIN_SECONDS)}"`;
  return (
    '<?xml version="1.0" encoding="utf-8"?>' +
    '<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">' +
    '<D:prop><C:calendar-data/></D:prop>' +
    '<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">' +
    `<C:time-range ${range}/>` +
    '</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>'
  );
}

/** `20260301T090000Z` of seconds since 1970 UTC. */
function stamp(utc: number): string {
  const { year, month, day } = dateOf(dayOfLocal(utc));
  const second = secondOfLocal(utc);
  const digits = (value: number, size = 2): string => String(value).padStart(size, '0');
  const time = [Math.floor(second / 3_600), Math.floor(second / 60) % 60, second % 60];
  return `${digits(year, 4)}${digits(month)}${digits(day)}T${time.map((part) => digits(part)).join('')}Z`;
}
