/**
 * iCalendar (RFC 5545) to busy times. A calendar is a text of components: events (VEVENT), finished answers about busy
 * time (VFREEBUSY) and definitions of time zones (VTIMEZONE). An event is at a date or at a time of a zone, may recur by
 * a rule, and may have instances that were moved, changed or cancelled; components with one UID belong together.
 *
 * What is asked here is only: which stretches of time are taken within a window. Whatever cannot be decided is never
 * reported as free: a recurrence that is too dear becomes one block, a text that cannot be read is an error.
 */
import { createBudget } from './budget.ts';
import type { Component } from './component.ts';
import { propertyOf, readComponents } from './component.ts';
import type { EventRecord } from './event.ts';
import { readEvent } from './event.ts';
import { freeBusyTimes } from './freebusy.ts';
import { MAX_EVENTS_PER_CALL, MAX_STEPS_PER_CALL } from './limits.ts';
import type { Notes } from './notes.ts';
import { createNotes } from './notes.ts';
import type { SeriesContext } from './series.ts';
import { expandSeries } from './series.ts';
import type { BusyEvent } from './types.ts';
import { UTC } from './zone.ts';
import type { ZoneContext, ZoneNames } from './zone-names.ts';
import { zoneNamesOf, zoneOfName } from './zone-names.ts';

export interface BusyOptions {
  /** Milliseconds since 1970 UTC; the end is excluded. */
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  /** Zone of dates and of times without a zone: IANA or Windows name. UTC (and a note) when it is not known. */
  readonly defaultZone: string;
  /** Address of the mailbox: its own PARTSTAT decides about declined and tentative meetings. */
  readonly self?: string;
  /** Rule instances at a local time that does not exist: left out (RFC 5545 §3.3.10, the default) or kept. */
  readonly nonexistentTimes?: 'skip' | 'shift';
  /**
   * Whether the time for the answer is over; asked between events. A long computation keeps timers from firing, so an
   * AbortSignal would not tell.
   */
  readonly isLate?: () => boolean;
}

export type BusyResult =
  /** Events that touch the window, by start. Not cut to it. */
  | { readonly kind: 'busy'; readonly events: readonly BusyEvent[]; readonly notes: readonly string[] }
  | { readonly kind: 'unreadable'; readonly why: string; readonly notes: readonly string[] }
  | { readonly kind: 'late'; readonly notes: readonly string[] };

interface Reading {
  readonly options: BusyOptions;
  readonly zones: ZoneContext;
  readonly series: SeriesContext;
  readonly notes: Notes;
  readonly byUid: Map<string, EventRecord[]>;
  readonly withoutUid: EventRecord[];
}

/** RFC 5546 §3.2: objects that say something about an event of somebody else's calendar. */
const NOT_ENTRIES = new Set(['REPLY', 'REFRESH', 'COUNTER', 'DECLINECOUNTER']);

/**
 * The busy times of calendar texts (the files of a feed, the resources of a CalDAV collection). Components with the
 * same UID are taken together, also across texts. Never throws on any text.
 */
export function busyTimes(texts: readonly string[], options: BusyOptions): BusyResult {
  const events: BusyEvent[] = [];
  const reading = begin(options, events);
  const isLate = options.isLate ?? (() => false);
  for (const text of texts) {
    if (isLate()) return { kind: 'late', notes: reading.notes.list() };
    const read = readComponents(text, reading.notes.add);
    if (read.kind === 'unreadable') return { ...read, notes: reading.notes.list() };
    for (const calendar of read.calendars) readCalendar(calendar, reading, isLate);
  }
  for (const records of [...reading.byUid.values(), ...reading.withoutUid.map((record) => [record])]) {
    if (isLate()) return { kind: 'late', notes: reading.notes.list() };
    expandSeries(records, reading.series);
  }
  const notes = reading.notes.list();
  if (isLate()) return { kind: 'late', notes };
  if (events.length > MAX_EVENTS_PER_CALL) return { kind: 'unreadable', why: 'too many events', notes };
  return { kind: 'busy', events: events.sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs), notes };
}

function begin(options: BusyOptions, events: BusyEvent[]): Reading {
  const notes = createNotes();
  const budget = createBudget(MAX_STEPS_PER_CALL);
  const named = zoneOfName(options.defaultZone);
  if (named === undefined) notes.add('time zone not known, default used');
  const windowStart = options.windowStartMs / 1_000;
  const windowEnd = options.windowEndMs / 1_000;
  return {
    options,
    notes,
    byUid: new Map(),
    withoutUid: [],
    zones: {
      mailboxZone: named ?? UTC,
      untilUtc: windowEnd + 2 * 366 * 86_400,
      budget,
      note: notes.add,
      named: new Map(),
      guessed: new Map(),
      defined: new Map(),
    },
    series: {
      windowStart,
      windowEnd,
      nonexistentTimes: options.nonexistentTimes ?? 'skip',
      budget,
      note: notes.add,
      emit: (event) => {
        // One more than allowed tells that there were too many.
        if (events.length <= MAX_EVENTS_PER_CALL) events.push(event);
      },
    },
  };
}

/** Stops when it is late: the caller finds that out too, as time does not run back. */
function readCalendar(calendar: Component, reading: Reading, isLate: () => boolean): void {
  const { add } = reading.notes;
  const method = propertyOf(calendar, 'METHOD')?.raw.trim().toUpperCase() ?? '';
  const zones = zoneNamesOf(calendar, reading.zones);
  for (const component of calendar.children) {
    if (isLate()) return;
    if (component.name === 'VEVENT') {
      if (NOT_ENTRIES.has(method)) add('answer of an attendee, not a calendar entry');
      else readOneEvent(component, method, zones, reading);
    } else if (component.name === 'VFREEBUSY' && method !== 'REQUEST') {
      freeBusyTimes(component, zones, reading.series);
    }
  }
}

function readOneEvent(component: Component, method: string, zones: ZoneNames, reading: Reading): void {
  const event = readEvent(component, {
    zones,
    mailboxZone: reading.zones.mailboxZone,
    method,
    self: reading.options.self?.toLowerCase(),
    note: reading.notes.add,
  });
  if (event === undefined) return;
  const records = event.uid === '' ? reading.withoutUid : (reading.byUid.get(event.uid) ?? []);
  records.push(event);
  if (event.uid !== '') reading.byUid.set(event.uid, records);
}
