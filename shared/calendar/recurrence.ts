/**
 * The local times that a recurrence rule makes within a window (RFC 5545 §3.3.10). A rule without COUNT is entered at
 * the window, however long ago it began. With COUNT the instances before the window are counted: by multiplication
 * where every period has the same number of them, else one by one, within a budget.
 */
import type { Budget } from './budget.ts';
import { MAX_INSTANCES_PER_SERIES } from './limits.ts';
import type { Cycle } from './recurrence-cycle.ts';
import { cycleOf } from './recurrence-cycle.ts';
import type { Rule } from './rule.ts';

/** Local times that a zone's clock passes over: `from` up to, but not including, `to`. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

export interface RecurrenceQuery {
  /** Local time of DTSTART. */
  readonly start: number;
  /** First and last local time wanted, both included. */
  readonly from: number;
  readonly to: number;
  /** Last local time that UNTIL allows. */
  readonly until?: number;
  /** Sorted. RFC 5545 §3.3.10: instances at a nonexistent local time are ignored and not counted. */
  readonly gaps: readonly Gap[];
  /**
   * Whether DTSTART is the first instance even when the rule does not make it. The RFC leaves that undefined
   * (§3.8.5.3); the large calendar services show it and count it, and so does everything here but the rule's own tests.
   */
  readonly includeStart: boolean;
}

export interface Recurrence {
  /** Ascending, each once. */
  readonly times: readonly number[];
  /** Set when the rule was too dear: from this local time on, nothing is known. */
  readonly unknownFrom: number | undefined;
  /** Whether the rule itself makes DTSTART; without `includeStart` not looked at. */
  readonly startFits: boolean;
}

/** Where an expansion stands. */
interface Progress {
  readonly query: RecurrenceQuery;
  readonly cycle: Cycle;
  readonly count: number;
  /** Last local time that can be of use. */
  readonly last: number;
  readonly times: number[];
  counted: number;
  /** The next gap that is not yet passed. */
  gap: number;
}

/** Expands one rule. The budget bounds it, whatever the rule says. */
export function recur(rule: Rule, query: RecurrenceQuery, budget: Budget): Recurrence {
  const cycle = cycleOf(rule, query.start, budget);
  const progress: Progress = {
    query,
    cycle,
    count: rule.count ?? Number.POSITIVE_INFINITY,
    last: Math.min(query.to, query.until ?? Number.POSITIVE_INFINITY),
    times: [],
    counted: 0,
    gap: 0,
  };
  if (query.includeStart) {
    progress.counted = 1;
    // Whatever UNTIL says: an event takes place at least once.
    if (query.start >= query.from && query.start <= query.to) progress.times.push(query.start);
  }
  const unknownFrom = walk(progress);
  const times = progress.times;
  return {
    times,
    unknownFrom: unknownFrom === undefined ? undefined : Math.max(unknownFrom, query.from),
    startFits: !query.includeStart || makesStart(cycle, query.start),
  };
}

function makesStart(cycle: Cycle, start: number): boolean {
  const candidates: number[] = [];
  return cycle.fill(0, candidates) === undefined || candidates.includes(start);
}

/** Goes through the periods; the local time from which nothing is known, or undefined when all is. */
function walk(progress: Progress): number | undefined {
  const { cycle, query } = progress;
  let index = firstPeriod(progress);
  if (index === undefined) return query.from;
  const candidates: number[] = [];
  while (progress.counted < progress.count && cycle.floorOf(index) <= progress.last) {
    const floor = cycle.floorOf(index);
    candidates.length = 0;
    const next = cycle.fill(index, candidates);
    if (next === undefined) return floor;
    const tooMany = takeAll(progress, candidates);
    if (tooMany !== undefined) return tooMany;
    index = next;
  }
  return undefined;
}

/** Takes a period's candidates; the time of the first one that is more than a series may have. */
function takeAll(progress: Progress, candidates: readonly number[]): number | undefined {
  const { start, includeStart } = progress.query;
  for (const candidate of candidates) {
    if (candidate > progress.last || progress.counted >= progress.count) return undefined;
    if (candidate < start || (includeStart && candidate === start) || isInGap(progress, candidate)) continue;
    accept(progress, candidate);
    if (progress.times.length > MAX_INSTANCES_PER_SERIES) return candidate;
  }
  return undefined;
}

function accept(progress: Progress, time: number): void {
  progress.counted += 1;
  if (time >= progress.query.from && time <= progress.last) progress.times.push(time);
}

function isInGap(progress: Progress, time: number): boolean {
  const { gaps } = progress.query;
  let gap = gaps[progress.gap];
  while (gap !== undefined && gap.to <= time) {
    progress.gap += 1;
    gap = gaps[progress.gap];
  }
  return gap !== undefined && time >= gap.from;
}

/** The period to begin with; undefined when the budget ended while those before it were counted. */
function firstPeriod(progress: Progress): number | undefined {
  const { cycle, query } = progress;
  // A window that begins before DTSTART does not reach back behind the first period.
  const target = cycle.indexAt(Math.max(query.from, query.start)) - 1;
  if (target <= 0) return 0;
  if (progress.count === Number.POSITIVE_INFINITY) return target;
  const { constant } = cycle;
  if (constant === undefined || target < 2) return 0;
  return countPeriods(progress, constant, target) ? target : undefined;
}

/** Counts the periods before `target`: the first one by looking, as DTSTART cuts it, the others by multiplying. */
function countPeriods(progress: Progress, constant: number, target: number): boolean {
  const { start, includeStart } = progress.query;
  const first: number[] = [];
  if (progress.cycle.fill(0, first) === undefined) return false;
  for (const candidate of first) {
    if (candidate < start || (includeStart && candidate === start) || isInGap(progress, candidate)) continue;
    progress.counted += 1;
  }
  const lost = lostInGaps(progress, target);
  if (lost === undefined) return false;
  progress.counted += constant * (target - 1) - lost;
  return true;
}

/** How many candidates of the periods 1 .. target - 1 fall into gaps; undefined when the budget ended. */
function lostInGaps({ cycle, query }: Progress, target: number): number | undefined {
  let lost = 0;
  const candidates: number[] = [];
  for (const gap of query.gaps) {
    let index = Math.max(1, cycle.indexAt(gap.from) - 1);
    while (index < target && cycle.floorOf(index) < gap.to) {
      candidates.length = 0;
      const next = cycle.fill(index, candidates);
      if (next === undefined) return undefined;
      lost += candidates.filter((candidate) => candidate >= gap.from && candidate < gap.to).length;
      index = next;
    }
  }
  return lost;
}
