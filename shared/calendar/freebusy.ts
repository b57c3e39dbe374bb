/**
 * VFREEBUSY (RFC 5545 §3.6.4): busy time that somebody else has worked out. Two shapes are in use: FREEBUSY lines
 * with periods, and one component for each stretch of time with DTSTART, DTEND and FBTYPE.
 */
import type { Component } from './component.ts';
import { propertiesOf, propertyOf } from './component.ts';
import { MAX_DATES_PER_COMPONENT } from './limits.ts';
import type { Property } from './property.ts';
import type { SeriesContext } from './series.ts';
import type { BusyType } from './types.ts';
import type { DateValue, PeriodValue } from './values.ts';
import { parseDateValue, parsePeriod } from './values.ts';
import type { Zone } from './zone.ts';
import { instantOf } from './zone.ts';
import type { ZoneNames } from './zone-names.ts';

/** Emits what one VFREEBUSY has in the window. */
export function freeBusyTimes(component: Component, zones: ZoneNames, context: SeriesContext): void {
  const lines = propertiesOf(component, 'FREEBUSY');
  if (lines.length === 0) {
    emitWhole(component, zones, context);
    return;
  }
  let count = 0;
  for (const property of lines) {
    const busyType = busyTypeOf(property.parameters.get('fbtype'));
    for (const text of property.values) {
      count += 1;
      if (count > MAX_DATES_PER_COMPONENT) {
        context.note('too many recurrence rules or dates');
        emitFrom(context, context.windowStart, context.windowEnd, 'BUSY');
        return;
      }
      emitPeriod(parsePeriod(text), busyType, zoneOf(property, zones), context);
    }
  }
}

/** Without FBTYPE the component only says which time it is about, and that nothing in it is taken. */
function emitWhole(component: Component, zones: ZoneNames, context: SeriesContext): void {
  const type = propertyOf(component, 'FBTYPE');
  if (type === undefined) return;
  const instants = ['DTSTART', 'DTEND'].map((name) => {
    const property = propertyOf(component, name);
    const value = parseDateValue(property?.raw ?? '');
    return value === undefined || property === undefined
      ? undefined
      : instantOfValue(value, zoneOf(property, zones));
  });
  const [start, end] = instants;
  if (start === undefined || end === undefined) context.note('unreadable FREEBUSY');
  else emitFrom(context, start, end, busyTypeOf(type.raw));
}

/** RFC 5545 §3.2.9: BUSY is the default, and what a type that is not known means. */
function busyTypeOf(type: string | undefined): BusyType {
  switch (type?.trim().toUpperCase()) {
    case 'FREE':
      return 'FREE';
    case 'BUSY-TENTATIVE':
      return 'TENTATIVE';
    default:
      return 'BUSY';
  }
}

/** RFC 5545 §3.8.2.6 wants UTC; servers have been seen to add a TZID all the same. */
function zoneOf(property: Property, zones: ZoneNames): Zone {
  const tzid = property.parameters.get('tzid');
  return tzid === undefined ? zones.floating : zones.resolve(tzid);
}

function instantOfValue(value: DateValue, zone: Zone): number {
  if (value.kind === 'utc') return value.utc;
  return instantOf(zone, value.kind === 'local' ? value.local : value.day * 86_400);
}

function emitPeriod(
  period: PeriodValue | undefined,
  busyType: BusyType,
  zone: Zone,
  context: SeriesContext,
): void {
  if (period === undefined) {
    context.note('unreadable FREEBUSY');
    return;
  }
  const start = instantOfValue(period.start, zone);
  const end =
    period.kind === 'explicit'
      ? instantOfValue(period.end, zone)
      : start + period.duration.days * 86_400 + period.duration.seconds;
  emitFrom(context, start, end, busyType);
}

function emitFrom(context: SeriesContext, start: number, end: number, busyType: BusyType): void {
  if (end <= start || start >= context.windowEnd || end <= context.windowStart) return;
  context.emit({ startMs: start * 1_000, endMs: end * 1_000, busyType });
}
