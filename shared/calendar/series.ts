/**
 * The components of one UID together (RFC 5545 §3.8.4.4): the recurring event, and the exceptions that replace single
 * instances or all the following ones. Instances are matched by instant (by day for dates), never by their text.
 */
import type { Budget } from './budget.ts';
import { DAY_SECONDS, dayOfLocal } from './civil.ts';
import type { Classification } from './classify.ts';
import type { EventRecord, Length, Moment } from './event.ts';
import { instantOfMoment, localIn } from './event.ts';
import { instancesOf } from './instances.ts';
import { MAX_RANGE_SHIFT_SECONDS, MAX_RANGES_PER_SERIES } from './limits.ts';
import type { Note } from './notes.ts';
import type { BusyEvent, EventDetails } from './types.ts';
import type { Zone } from './zone.ts';
import { instantOf } from './zone.ts';

export interface SeriesContext {
  /** Seconds since 1970 UTC. */
  readonly windowStart: number;
  readonly windowEnd: number;
  /** What a rule does at a local time that does not exist: RFC 5545 leaves the instance out, `shift` keeps it. */
  readonly nonexistentTimes: 'skip' | 'shift';
  readonly budget: Budget;
  readonly note: (note: Note) => void;
  readonly emit: (event: BusyEvent) => void;
}

/** Emits what one UID has in the window. */
export function expandSeries(records: readonly EventRecord[], context: SeriesContext): void {
  const masters = winners(
    records.filter((record) => record.recurrenceId === undefined),
    (record) => instantOfMoment(record.start),
  );
  const exceptions = records.filter((record) => record.recurrenceId !== undefined);
  const [first, ...others] = masters;
  if (first === undefined) {
    // The series itself is not in the calendar: who is invited to one instance only gets just that.
    for (const record of winners(exceptions, keyWithoutMaster)) emitOnce(record, 'EXCEPTION', context);
    return;
  }
  expandMaster(first, exceptions, context);
  for (const other of others) expandMaster(other, [], context);
}

/**
 * Of the versions of a component the one with the highest SEQUENCE counts, then the latest DTSTAMP (RFC 5546 §2.1.5).
 * Versions that are equal in both and differ in `key` are different events that share a UID by mistake: all count.
 */
function winners(
  records: readonly EventRecord[],
  key: (record: EventRecord) => number,
): readonly EventRecord[] {
  let best: EventRecord[] = [];
  for (const record of records) {
    const top = best[0];
    const rank = top === undefined ? 1 : record.sequence - top.sequence || record.stamp - top.stamp;
    if (rank > 0) best = [record];
    else if (rank === 0) best.push(record);
  }
  const byKey = new Map<number, EventRecord>();
  for (const record of best) {
    const twin = byKey.get(key(record));
    if (twin === undefined || twin.classification().busyType !== 'cancelled') byKey.set(key(record), record);
  }
  return [...byKey.values()];
}

function keyWithoutMaster(record: EventRecord): number {
  return record.recurrenceId === undefined ? 0 : instantOfMoment(record.recurrenceId);
}

/** An exception that holds for the instances after it too. */
interface Range {
  readonly key: number;
  readonly shift: number;
  readonly record: EventRecord;
}

/** What is taken out of a series, and what is changed in it. */
interface Changes {
  /** Keys of single instances: EXDATE, and those that an exception replaces. */
  readonly gone: ReadonlySet<number>;
  /** The same for whole local days: a date given for a series of times. */
  readonly goneDays: ReadonlySet<number>;
  /** Ascending by key. */
  readonly ranges: readonly Range[];
}

function expandMaster(master: EventRecord, exceptions: readonly EventRecord[], context: SeriesContext): void {
  // RFC 5546 §3.2.5: a cancelled series takes its exceptions along. A declined one does not: one may accept a single day.
  if (master.classification().busyType === 'cancelled') return;
  const current = winnersByInstance(master, exceptions);
  for (const record of current) emitOnce(record, 'EXCEPTION', context);
  const changes = changesOf(master, current, context);
  const recurs = master.rules.length > 0 || master.dates.length > 0;
  const lengths = [master.length, ...changes.ranges.map((range) => range.record.length)];
  const shifts = [0, ...changes.ranges.map((range) => range.shift)];
  const longest = Math.max(...lengths.map((length) => length.days * DAY_SECONDS + length.seconds));
  const { instances, unknownFrom } = instancesOf(master, {
    from: context.windowStart - longest - DAY_SECONDS - Math.max(...shifts),
    to: context.windowEnd + DAY_SECONDS - Math.min(...shifts),
    nonexistentTimes: context.nonexistentTimes,
    note: context.note,
    budget: context.budget,
  });
  for (const instance of instances) {
    const key = keyOf(master, instance.local);
    if (changes.gone.has(key) || changes.goneDays.has(dayOfLocal(instance.local))) continue;
    const range = changes.ranges.findLast((candidate) => candidate.key <= key);
    const record = range?.record ?? master;
    const zone = master.start.zone;
    emit(
      record,
      zone,
      instance.local + (range?.shift ?? 0),
      instance.length ?? record.length,
      recurs ? 'RECURRING_INSTANCE' : 'SINGLE_INSTANCE',
      context,
    );
  }
  if (unknownFrom !== undefined) emitUnknown(master, unknownFrom, context);
}

/** The identity of an instance within its series: its instant, or its day for a series of dates. */
function keyOf(master: EventRecord, local: number): number {
  return master.start.allDay ? dayOfLocal(local) : instantOf(master.start.zone, local);
}

/** The key of a moment that names an instance; `day` when it names only the day of a time. */
function keyOfMoment(master: EventRecord, moment: Moment): { readonly key: number; readonly isDay: boolean } {
  // Series of dates are known to be excepted by times (Microsoft 365 does): the day that the time shows counts.
  if (master.start.allDay) {
    const local = moment.zone.name === 'UTC' ? localIn(moment, master.start.zone) : moment.local;
    return { key: dayOfLocal(local), isDay: false };
  }
  return moment.allDay
    ? { key: dayOfLocal(moment.local), isDay: true }
    : { key: instantOfMoment(moment), isDay: false };
}

function winnersByInstance(master: EventRecord, exceptions: readonly EventRecord[]): readonly EventRecord[] {
  const byInstance = new Map<string, EventRecord[]>();
  for (const record of exceptions) {
    if (record.recurrenceId === undefined) continue;
    const { key, isDay } = keyOfMoment(master, record.recurrenceId);
    const id = `${isDay}${key}`;
    const versions = byInstance.get(id);
    if (versions === undefined) byInstance.set(id, [record]);
    else versions.push(record);
  }
  return [...byInstance.values()].flatMap((versions) => winners(versions, () => 0));
}

function changesOf(master: EventRecord, exceptions: readonly EventRecord[], context: SeriesContext): Changes {
  const gone = new Set<number>();
  const goneDays = new Set<number>();
  const ranges: Range[] = [];
  const remove = (moment: Moment): void => {
    const { key, isDay } = keyOfMoment(master, moment);
    (isDay ? goneDays : gone).add(key);
  };
  for (const moment of master.exceptionDates) remove(moment);
  for (const record of exceptions) {
    if (record.recurrenceId === undefined) continue;
    remove(record.recurrenceId);
    if (!record.thisAndFuture) continue;
    const range = rangeOf(master, record, record.recurrenceId);
    if (range === undefined || ranges.length >= MAX_RANGES_PER_SERIES)
      context.note('unreadable THISANDFUTURE');
    else ranges.push(range);
  }
  return { gone, goneDays, ranges: ranges.sort((a, b) => a.key - b.key) };
}

/** RFC 5545 §3.8.4.4: the following instances move by as much as the one that the exception names. */
function rangeOf(master: EventRecord, record: EventRecord, id: Moment): Range | undefined {
  const { key, isDay } = keyOfMoment(master, id);
  const { zone } = master.start;
  const shift = localIn(record.start, zone) - localIn(id, zone);
  const fits =
    !isDay && record.start.allDay === master.start.allDay && Math.abs(shift) <= MAX_RANGE_SHIFT_SECONDS;
  return fits ? { key, shift, record } : undefined;
}

function emitOnce(
  record: EventRecord,
  instanceType: EventDetails['instanceType'],
  context: SeriesContext,
): void {
  emit(record, record.start.zone, record.start.local, record.length, instanceType, context);
}

function emit(
  record: EventRecord,
  zone: Zone,
  local: number,
  length: Length,
  instanceType: EventDetails['instanceType'],
  context: SeriesContext,
): void {
  const start = instantOf(zone, local);
  const dayEnd = length.days === 0 ? start : instantOf(zone, local + length.days * DAY_SECONDS);
  const end = dayEnd + length.seconds;
  if (end <= start || start >= context.windowEnd || end <= context.windowStart) return;
  const { busyType, ...about } = record.classification();
  if (busyType === 'cancelled' || busyType === 'declined') return;
  context.emit({
    startMs: start * 1_000,
    endMs: end * 1_000,
    busyType,
    details: detailsOf(about, instanceType),
  });
}

function detailsOf(
  about: Omit<Classification, 'busyType'>,
  instanceType: EventDetails['instanceType'],
): EventDetails {
  return { ...about, instanceType };
}

/** Where a series was too dear to follow, it takes all the time that is left of the window. */
function emitUnknown(master: EventRecord, unknownFrom: number, context: SeriesContext): void {
  const { busyType } = master.classification();
  const start = Math.max(instantOf(master.start.zone, unknownFrom), context.windowStart);
  context.note('recurrence too dear, shown as one block');
  if (busyType === 'cancelled' || busyType === 'declined' || start >= context.windowEnd) return;
  context.emit({ startMs: start * 1_000, endMs: context.windowEnd * 1_000, busyType });
}
