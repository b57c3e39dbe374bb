/**
 * One VEVENT (RFC 5545 §3.6.1) as values: when it is, how it recurs, and whether it takes time. What cannot be read is
 * noted; an event without a readable start has no time and is left out.
 */
import { DAY_SECONDS } from './civil.ts';
import type { Classification } from './classify.ts';
import { classify } from './classify.ts';
import type { Component } from './component.ts';
import { propertiesOf, propertyOf } from './component.ts';
import { MAX_DATES_PER_COMPONENT, MAX_RULES_PER_EVENT } from './limits.ts';
import type { Note } from './notes.ts';
import type { Property } from './property.ts';
import type { Rule } from './rule.ts';
import { parseRule } from './rule.ts';
import type { DateValue, DurationValue } from './values.ts';
import { parseDateValue, parseDuration, parsePeriod } from './values.ts';
import type { Zone } from './zone.ts';
import { instantOf, localOf, UTC } from './zone.ts';
import type { ZoneNames } from './zone-names.ts';

/** A date or time with its zone. `local` of a date is its midnight; the zone of a date is the mailbox's. */
export interface Moment {
  readonly allDay: boolean;
  readonly local: number;
  readonly zone: Zone;
}

/** How long an instance lasts: `days` on the local calendar, then `seconds` exactly. Never negative. */
export type Length = DurationValue;

export interface RecurrenceDate {
  readonly at: Moment;
  /** Of a PERIOD; else the event's own. */
  readonly length: Length | undefined;
}

export interface EventRecord {
  /** Empty when missing. */
  readonly uid: string;
  readonly sequence: number;
  /** DTSTAMP in seconds since 1970, 0 when missing. */
  readonly stamp: number;
  readonly start: Moment;
  readonly length: Length;
  readonly rules: readonly Rule[];
  /** EXRULE of RFC 2445, still found in old files. */
  readonly exceptionRules: readonly Rule[];
  readonly dates: readonly RecurrenceDate[];
  readonly exceptionDates: readonly Moment[];
  readonly recurrenceId: Moment | undefined;
  readonly thisAndFuture: boolean;
  /** Worked out when first asked for: most events of a calendar are not in the window. */
  readonly classification: () => Classification;
}

export interface EventContext {
  readonly zones: ZoneNames;
  readonly mailboxZone: Zone;
  /** METHOD of the calendar, upper case; empty when there is none. */
  readonly method: string;
  /** Lower-case address of the mailbox, to find its own answer among the attendees. */
  readonly self: string | undefined;
  readonly note: (note: Note) => void;
}

/** Reads a VEVENT; undefined (and a note) when it has no readable start. */
export function readEvent(component: Component, context: EventContext): EventRecord | undefined {
  const start = momentOf(propertyOf(component, 'DTSTART'), context);
  if (start === undefined) {
    context.note('event without a readable start');
    return undefined;
  }
  const id = propertyOf(component, 'RECURRENCE-ID');
  const recurrenceId = momentOf(id, context, start);
  if (component.lines.has('RECURRENCE-ID') && recurrenceId === undefined)
    context.note('unreadable RECURRENCE-ID');
  const stamp = parseDateValue(propertyOf(component, 'DTSTAMP')?.raw ?? '');
  return {
    uid: propertyOf(component, 'UID')?.raw.trim() ?? '',
    sequence: sequenceOf(propertyOf(component, 'SEQUENCE')),
    stamp: stamp?.kind === 'utc' ? stamp.utc : 0,
    start,
    length: lengthOf(component, start, context),
    rules: rulesOf(component, 'RRULE', context),
    exceptionRules: rulesOf(component, 'EXRULE', context),
    dates: recurrenceDatesOf(component, start, context),
    exceptionDates: exceptionDatesOf(component, start, context),
    // An exception to an instance that nobody can name stands for itself.
    recurrenceId: component.lines.has('RECURRENCE-ID') ? (recurrenceId ?? start) : undefined,
    thisAndFuture: id?.parameters.get('range')?.toUpperCase() === 'THISANDFUTURE',
    classification: once(() => classify(component, context)),
  };
}

function once<T>(compute: () => T): () => T {
  let value: { readonly known: T } | undefined;
  return () => {
    value ??= { known: compute() };
    return value.known;
  };
}

function sequenceOf(property: Property | undefined): number {
  return property !== undefined && /^\s*\d{1,9}\s*$/.test(property.raw) ? Number(property.raw) : 0;
}

/**
 * The moment of a property's value. A time without a zone is the calendar's floating time, except in EXDATE, RDATE and
 * RECURRENCE-ID (`like` given): there writers leave out the TZID of the DTSTART that they refer to.
 */
function momentOf(property: Property | undefined, context: EventContext, like?: Moment): Moment | undefined {
  return property === undefined ? undefined : momentOfText(property.values[0] ?? '', property, context, like);
}

function momentOfText(
  text: string,
  property: Property,
  context: EventContext,
  like?: Moment,
): Moment | undefined {
  const value = parseDateValue(text);
  return value === undefined ? undefined : momentOfValue(value, property, context, like);
}

function momentOfValue(value: DateValue, property: Property, context: EventContext, like?: Moment): Moment {
  if (value.kind === 'date') {
    return { allDay: true, local: value.day * DAY_SECONDS, zone: context.mailboxZone };
  }
  // RFC 5545 §3.2.19: TZID "MUST NOT be applied to" a value in UTC.
  if (value.kind === 'utc') return { allDay: false, local: value.utc, zone: UTC };
  const tzid = property.parameters.get('tzid');
  if (tzid !== undefined) return { allDay: false, local: value.local, zone: context.zones.resolve(tzid) };
  const zone = like === undefined || like.allDay ? context.zones.floating : like.zone;
  return { allDay: false, local: value.local, zone };
}

/** RFC 5545 §3.6.1: DTEND, else DURATION, else a day for a date and nothing for a time. */
function lengthOf(component: Component, start: Moment, context: EventContext): Length {
  const none: Length = start.allDay ? { days: 1, seconds: 0 } : { days: 0, seconds: 0 };
  const end = momentOf(propertyOf(component, 'DTEND'), context, undefined);
  if (end !== undefined) return lengthBetween(start, end, none, context);
  const duration = propertyOf(component, 'DURATION');
  if (duration === undefined) return none;
  const length = parseDuration(duration.raw);
  if (length === undefined || length.days < 0 || length.seconds < 0) {
    context.note(length === undefined ? 'unreadable duration' : 'end before start');
    return none;
  }
  // RFC 5545 §3.6.1: of a date the duration must be in days or weeks; anything less is rounded up to a day.
  return start.allDay
    ? { days: Math.max(1, length.days + Math.ceil(length.seconds / DAY_SECONDS)), seconds: 0 }
    : length;
}

/**
 * RFC 5545 §3.8.5.3: an end given as DTEND makes the length of every instance exact, in seconds; of dates, in days. An
 * end equal to the start is a day for a date (many writers mean that) and no time for a time.
 */
function lengthBetween(start: Moment, end: Moment, none: Length, context: EventContext): Length {
  if (start.allDay) {
    const days = Math.ceil((end.local - start.local) / DAY_SECONDS);
    if (days < 0) context.note('end before start');
    return days < 1 ? none : { days, seconds: 0 };
  }
  const seconds = instantOf(end.zone, end.local) - instantOf(start.zone, start.local);
  if (seconds < 0) context.note('end before start');
  return seconds <= 0 ? none : { days: 0, seconds };
}

function rulesOf(component: Component, name: string, context: EventContext): readonly Rule[] {
  const properties = propertiesOf(component, name);
  if (properties.length > MAX_RULES_PER_EVENT) context.note('too many recurrence rules or dates');
  const rules: Rule[] = [];
  for (const property of properties.slice(0, MAX_RULES_PER_EVENT)) {
    const parsed = parseRule(property.raw);
    if (parsed.kind === 'rule') rules.push(parsed.rule);
    else context.note('unreadable recurrence rule');
  }
  return rules;
}

function* datesIn(component: Component, name: string, context: EventContext): Generator<[string, Property]> {
  let count = 0;
  for (const property of propertiesOf(component, name)) {
    for (const text of property.values) {
      count += 1;
      if (count > MAX_DATES_PER_COMPONENT) {
        context.note('too many recurrence rules or dates');
        return;
      }
      yield [text, property];
    }
  }
}

function recurrenceDatesOf(
  component: Component,
  start: Moment,
  context: EventContext,
): readonly RecurrenceDate[] {
  const found: RecurrenceDate[] = [];
  for (const [text, property] of datesIn(component, 'RDATE', context)) {
    const date = recurrenceDateOf(text, property, start, context);
    if (date === undefined) context.note('unreadable recurrence date');
    else found.push(date);
  }
  return found;
}

function recurrenceDateOf(
  text: string,
  property: Property,
  start: Moment,
  context: EventContext,
): RecurrenceDate | undefined {
  const single = momentOfText(text, property, context, start);
  if (single !== undefined) return { at: single, length: undefined };
  const period = parsePeriod(text);
  if (period === undefined || period.start.kind === 'date') return undefined;
  const at = momentOfValue(period.start, property, context, start);
  if (period.kind === 'start') {
    return period.duration.days < 0 || period.duration.seconds < 0
      ? undefined
      : { at, length: period.duration };
  }
  const end = momentOfValue(period.end, property, context, start);
  const seconds = instantOf(end.zone, end.local) - instantOf(at.zone, at.local);
  return seconds < 0 ? undefined : { at, length: { days: 0, seconds } };
}

function exceptionDatesOf(component: Component, start: Moment, context: EventContext): readonly Moment[] {
  const found: Moment[] = [];
  for (const [text, property] of datesIn(component, 'EXDATE', context)) {
    const moment = momentOfText(text, property, context, start);
    if (moment === undefined) context.note('unreadable recurrence date');
    else found.push(moment);
  }
  return found;
}

/** The instant of a moment, in seconds since 1970 UTC. */
export function instantOfMoment(moment: Moment): number {
  return instantOf(moment.zone, moment.local);
}

/** What a clock in `zone` shows at a moment; a date keeps its midnight. */
export function localIn(moment: Moment, zone: Zone): number {
  if (moment.allDay || moment.zone === zone) return moment.local;
  return localOf(zone, instantOfMoment(moment));
}
