/**
 * Kinds of failures of one domain and day. "The aim is not to count each and every failure, but rather to report different failure
 * conditions" (failure-reporting-24 §8.1): each kind is shown by one message, with the number of those like it.
 */
import type { Observation } from '../aggregate/collect-observation.ts';
import type { FailureDetail } from './detail.ts';

export interface FailureKind {
  /** Tells the kinds of a domain apart, and is the same whenever they are collected. */
  readonly key: string;
  readonly example: Observation & { readonly failure: FailureDetail };
  readonly incidents: number;
}

export interface FailureCollector {
  add(observation: Observation): void;
  /** The most frequent, at most `most`. */
  result(most: number): readonly FailureKind[];
}

/** Kinds that are told apart; whoever forges a domain chooses how many there are. */
const MAX_KINDS = 1_000;

export function createFailureCollector(): FailureCollector {
  const kinds = new Map<string, { example: FailureKind['example']; incidents: number }>();
  return {
    add(observation) {
      const { failure } = observation;
      if (failure === undefined) return;
      const key = keyOf(observation, failure);
      const kind = kinds.get(key);
      const example = { ...observation, failure };
      if (kind === undefined) {
        if (kinds.size < MAX_KINDS) kinds.set(key, { example, incidents: 1 });
        return;
      }
      kind.incidents += 1;
      // The first of the day, in whatever order they are read.
      if (isEarlier(example, kind.example)) kind.example = example;
    },
    result(most) {
      const all = [...kinds].map(([key, kind]) => ({ key, ...kind }));
      return all.sort((a, b) => b.incidents - a.incidents || (a.key < b.key ? -1 : 1)).slice(0, most);
    },
  };
}

function keyOf({ record }: Observation, { alignment, dkim }: FailureDetail): string {
  return JSON.stringify([
    record.sourceIp,
    record.identifiers.headerFrom,
    alignment,
    dkim?.domain,
    dkim?.selector,
  ]);
}

function isEarlier(one: FailureKind['example'], other: FailureKind['example']): boolean {
  if (one.atSeconds !== other.atSeconds) return one.atSeconds < other.atSeconds;
  return one.failure.header < other.failure.header;
}
