/**
 * Rows of a report out of what single messages left: one for each tuple of address, results and identifiers
 * (aggregate-reporting-32 §3.1.1.7), with the number of messages that have it.
 */
import type { Observation } from './collect-observation.ts';
import type { PolicyPublished, ReportRecord } from './model.ts';

/**
 * Rows of one domain and day, and their characters. Whoever forges a domain from many addresses chooses how many rows its owner's
 * report has, and how long they are. Measured with as many as these allow: 420 MB of memory, of the 1,024 of the function, and 17 s.
 */
export const MAX_ROWS = 20_000;
const MAX_CHARS = 24 * 1024 * 1024;

export interface Collection {
  /**
   * As last seen in the period: a report has one policy (aggregate-reporting-32 §3.1 "the reporting entity SHOULD note only the
   * final configuration observed during the period").
   */
  readonly policy: PolicyPublished;
  readonly records: readonly ReportRecord[];
  /** Messages that are in no row, because there were too many rows. */
  readonly left: number;
}

export interface Collector {
  add(observation: Observation): void;
  /** Undefined when nothing was added. The same for the same observations, in whatever order they came, unless there were too many. */
  result(): Collection | undefined;
}

export function createCollector(maxRows = MAX_ROWS): Collector {
  /** By the row as JSON: the row itself beside it would take as much again. */
  const counts = new Map<string, number>();
  let last: Observation | undefined;
  let left = 0;
  let room = MAX_CHARS;
  return {
    add(observation) {
      if (last === undefined || isLater(observation, last)) last = observation;
      const row = JSON.stringify(observation.record);
      const count = counts.get(row) ?? 0;
      if (count === 0 && (counts.size >= maxRows || row.length > room)) {
        left += 1;
        return;
      }
      if (count === 0) room -= row.length;
      counts.set(row, count + 1);
    },
    result() {
      if (last === undefined) return undefined;
      const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
      const records = sorted.map(([row, count]): ReportRecord => ({ ...JSON.parse(row), count }));
      return { policy: last.policy, records, left };
    },
  };
}

/** Of two in one second the one that is later in writing: any order of reading ends with the same. */
function isLater(one: Observation, other: Observation): boolean {
  if (one.atSeconds !== other.atSeconds) return one.atSeconds > other.atSeconds;
  return JSON.stringify(one.policy) > JSON.stringify(other.policy);
}
