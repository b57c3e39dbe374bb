/**
 * Free/busy of a large calendar against ical.js's own expansion, in one run. Both read the same text, expand two months
 * and must find the same stretches; ical.js gets the time zones from us, as the text has no VTIMEZONE.
 */
import ICAL from 'ical.js';
import type { BusyEvent } from '../shared/calendar/index.ts';
import { busyTimes, mergeBusy } from '../shared/calendar/index.ts';
import { instantOf } from '../shared/calendar/zone.ts';
import { zoneOfName } from '../shared/calendar/zone-names.ts';
import { denseCalendar } from '../test/shared/calendar/dense-calendar.ts';

const WINDOW = { windowStartMs: Date.UTC(2026, 2, 1), windowEndMs: Date.UTC(2026, 4, 1) };
const ROUNDS = 7;

function ours(text: string): readonly BusyEvent[] {
  const result = busyTimes([text], { ...WINDOW, defaultZone: 'Europe/Berlin' });
  if (result.kind !== 'busy') throw new Error(result.kind);
  return mergeBusy(result.events);
}

function instantMs(event: ICAL.Event, time: ICAL.Time): number {
  const tzid: unknown = event.component.getFirstProperty('dtstart')?.getParameter('tzid');
  const zone = zoneOfName(typeof tzid === 'string' ? tzid : 'UTC');
  if (zone === undefined) throw new Error('no such zone');
  const local = Date.UTC(time.year, time.month - 1, time.day, time.hour, time.minute, time.second) / 1_000;
  return instantOf(zone, local) * 1_000;
}

function theirs(text: string): readonly BusyEvent[] {
  const found: BusyEvent[] = [];
  const components = new ICAL.Component(ICAL.parse(text)).getAllSubcomponents('vevent');
  const all = components.map((component) => new ICAL.Event(component));
  const masters = all.filter((event) => !event.isRecurrenceException());
  const byUid = new Map(masters.map((event) => [event.uid, event]));
  for (const event of all) if (event.isRecurrenceException()) byUid.get(event.uid)?.relateException(event);
  const latest = new ICAL.Time({ year: 2026, month: 5, day: 2 }, ICAL.Timezone.localTimezone);
  for (const event of masters) {
    const add = (of: ICAL.Event, time: ICAL.Time): void => {
      const startMs = instantMs(of, time);
      const endMs = startMs + 45 * 60_000;
      if (startMs < WINDOW.windowEndMs && endMs > WINDOW.windowStartMs)
        found.push({ startMs, endMs, busyType: 'BUSY' });
    };
    if (!event.isRecurring()) add(event, event.startDate);
    const iterator = event.isRecurring() ? event.iterator() : undefined;
    for (let next = iterator?.next(); next !== undefined && next !== null; next = iterator?.next()) {
      if (next.compare(latest) > 0) break;
      const { item, startDate } = event.getOccurrenceDetails(next);
      add(item, startDate);
    }
  }
  return mergeBusy(found);
}

function millisecondsOf(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** The part of the calendar that ical.js is given: it needs a minute for the whole. */
const PEER_SHARE = 0.05;

/** Lines to print: the median of several rounds over the whole, then a part of it against ical.js. */
export function bench(): readonly string[] {
  const text = denseCalendar();
  const cold = millisecondsOf(() => ours(text));
  const rounds = Array.from({ length: ROUNDS }, () => millisecondsOf(() => ours(text))).sort((a, b) => a - b);
  const warm = rounds[Math.floor(ROUNDS / 2)] ?? cold;
  const part = denseCalendar(PEER_SHARE);
  let peer: readonly BusyEvent[] = [];
  const other = millisecondsOf(() => {
    peer = theirs(part);
  });
  const own = millisecondsOf(() => ours(part));
  if (JSON.stringify(peer) !== JSON.stringify(ours(part)))
    throw new Error('calendar: the two answers differ');
  return [
    `calendar: ${text.length} characters, 2,000 UIDs, two months: ${warm.toFixed(0)} ms (first ${cold.toFixed(0)} ms)`,
    `calendar: a part of it: ${own.toFixed(1)} ms, ical.js ${other.toFixed(0)} ms (${(other / own).toFixed(0)} times), same answer`,
  ];
}
