/**
 * The recurrence set of one event (RFC 5545 §3.8.5): DTSTART, RRULE and RDATE together, less EXRULE. EXDATE and
 * exceptions are `series.ts`'s.
 */
import type { Budget } from './budget.ts';
import { createBudget } from './budget.ts';
import { DAY_SECONDS, dayOfLocal } from './civil.ts';
import type { EventRecord, Length } from './event.ts';
import { localIn } from './event.ts';
import { MAX_GAP_HISTORY_SECONDS, MAX_STEPS_PER_RULE } from './limits.ts';
import type { Note } from './notes.ts';
import type { Recurrence } from './recurrence.ts';
import { recur } from './recurrence.ts';
import type { Rule } from './rule.ts';
import { instantOf, localOf } from './zone.ts';

export interface InstanceQuery {
  /** Local times in the event's own zone, both included. */
  readonly from: number;
  readonly to: number;
  readonly nonexistentTimes: 'skip' | 'shift';
  readonly note: (note: Note) => void;
  readonly budget: Budget;
}

export interface Instance {
  /** Local time in the event's own zone. */
  readonly local: number;
  /** When it is not the event's own length. */
  readonly length?: Length;
}

export interface Instances {
  readonly instances: readonly Instance[];
  /** Local time from which a rule was too dear to follow. */
  readonly unknownFrom: number | undefined;
}

export function instancesOf(record: EventRecord, query: InstanceQuery): Instances {
  const { start } = record;
  const byTime = new Map<number, Instance>();
  const unknown: number[] = [];
  let startFits = record.rules.length === 0;
  for (const rule of record.rules) {
    const found = expandRule(record, rule, query);
    for (const local of found.times) byTime.set(local, { local });
    if (found.unknownFrom !== undefined) unknown.push(found.unknownFrom);
    if (found.startFits) startFits = true;
  }
  if (!startFits) query.note('start is not part of its recurrence');
  if (record.rules.length === 0 && start.local <= query.to) byTime.set(start.local, { local: start.local });
  for (const { at, length } of record.dates) {
    const shown = localIn(at, start.zone);
    const local = start.allDay ? dayOfLocal(shown) * DAY_SECONDS : shown;
    if (local > query.to) continue;
    // RFC 5545 §3.8.5.2: a PERIOD brings its own length, also for a time that the rule makes too.
    if (length !== undefined || !byTime.has(local))
      byTime.set(local, length === undefined ? { local } : { local, length });
  }
  removeExceptionRules(record, query, byTime);
  return {
    instances: [...byTime.values()],
    unknownFrom: unknown.length === 0 ? undefined : Math.min(...unknown),
  };
}

/** An EXRULE that is too dear takes nothing away: the time stays busy. */
function removeExceptionRules(
  record: EventRecord,
  query: InstanceQuery,
  byTime: Map<number, Instance>,
): void {
  for (const rule of record.exceptionRules) {
    for (const local of expandRule(record, rule, query).times) byTime.delete(local);
  }
}

function expandRule(record: EventRecord, rule: Rule, query: InstanceQuery): Recurrence {
  const { start } = record;
  const until = untilOf(record, rule);
  const gapsFrom =
    rule.count === undefined ? query.from : Math.max(start.local, query.from - MAX_GAP_HISTORY_SECONDS);
  const skips = query.nonexistentTimes === 'skip' && !start.allDay;
  const found = recur(
    start.allDay ? withoutTimes(rule) : rule,
    {
      start: start.local,
      from: query.from,
      to: query.to,
      gaps: skips ? start.zone.gaps(gapsFrom, query.to) : [],
      includeStart: true,
      ...(until === undefined ? {} : { until: until.local }),
    },
    createBudget(MAX_STEPS_PER_RULE, query.budget),
  );
  const last = until?.utc;
  if (last === undefined) return found;
  return {
    ...found,
    times: found.times.filter((local) => local === start.local || instantOf(start.zone, local) <= last),
  };
}

/** RFC 5545 §3.3.10: BYSECOND, BYMINUTE and BYHOUR are ignored when DTSTART is a date. */
function withoutTimes(rule: Rule): Rule {
  return { ...rule, byHour: [], byMinute: [], bySecond: [] };
}

/** Longest time by which clocks go back. */
const FOLD_SECONDS = 3 * 3_600;

interface Until {
  /** Last local time; with `utc` a bound that is still to be checked by instant. */
  readonly local: number;
  readonly utc: number | undefined;
}

/**
 * The last instance that UNTIL allows. A date includes its whole local day, also for a series of times, where the RFC
 * forbids it and writers do it. An instant is compared as an instant, so that the hour that occurs twice counts right.
 */
function untilOf(record: EventRecord, rule: Rule): Until | undefined {
  const { start } = record;
  if (rule.until === undefined) return undefined;
  if (rule.until.kind === 'date') return { local: (rule.until.day + 1) * DAY_SECONDS - 1, utc: undefined };
  if (rule.until.kind === 'local') return { local: rule.until.local, utc: undefined };
  const local = localOf(start.zone, rule.until.utc);
  return start.allDay ? { local, utc: undefined } : { local: local + FOLD_SECONDS, utc: rule.until.utc };
}
