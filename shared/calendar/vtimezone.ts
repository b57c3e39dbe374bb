/**
 * A VTIMEZONE of the calendar itself (RFC 5545 §3.6.5): observances that begin at onsets, each with the offset before
 * and after. It is only used for names that are not known: what senders write here is often one year's rules only.
 */
import type { Budget } from './budget.ts';
import { DAY_SECONDS, dayOf } from './civil.ts';
import type { Component } from './component.ts';
import { propertiesOf, propertyOf } from './component.ts';
import { MAX_OBSERVANCES, MAX_ONSETS, MAX_RULES_PER_EVENT } from './limits.ts';
import type { Gap } from './recurrence.ts';
import { recur } from './recurrence.ts';
import { parseRule } from './rule.ts';
import type { DateValue } from './values.ts';
import { parseDateValue, parsePeriod, parseUtcOffset } from './values.ts';
import type { Transition, Zone } from './zone.ts';
import { gapOf } from './zone.ts';

/** Outlook lets its rules begin in 1601; no event asks about the time before 1900. */
const EARLIEST = dayOf(1900, 1, 1) * DAY_SECONDS;

export interface VtimezoneResult {
  readonly zone: Zone;
  /** False when an observance was left out or cut short. */
  readonly complete: boolean;
}

/** Builds the zone, right up to the instant `untilUtc`. Undefined when no observance can be read. */
export function vtimezoneOf(
  component: Component,
  untilUtc: number,
  budget: Budget,
): VtimezoneResult | undefined {
  const onsets: Transition[] = [];
  let complete = true;
  let observances = 0;
  for (const child of component.children) {
    if (child.name !== 'STANDARD' && child.name !== 'DAYLIGHT') continue;
    observances += 1;
    if (observances > MAX_OBSERVANCES || onsets.length > MAX_ONSETS)
      return onsets.length === 0 ? undefined : { zone: zoneOf(onsets), complete: false };
    if (!addOnsets(child, untilUtc, budget, onsets)) complete = false;
  }
  return onsets.length === 0 ? undefined : { zone: zoneOf(onsets), complete };
}

/** Appends the onsets of one observance; false when something of it could not be used. */
function addOnsets(component: Component, untilUtc: number, budget: Budget, out: Transition[]): boolean {
  const start = parseDateValue(propertyOf(component, 'DTSTART')?.values[0] ?? '');
  const before = parseUtcOffset(propertyOf(component, 'TZOFFSETFROM')?.values[0] ?? '');
  const after = parseUtcOffset(propertyOf(component, 'TZOFFSETTO')?.values[0] ?? '');
  if (start?.kind !== 'local' || before === undefined || after === undefined) return false;
  // RFC 5545 §3.6.5: onsets are local times, read with the offset that was in use before.
  const add = (local: number): void => {
    if (out.length <= MAX_ONSETS) out.push({ at: local - before, before, after });
  };
  add(start.local);
  const rdatesFit = datesOf(component, before).every((local) => {
    add(local);
    return out.length <= MAX_ONSETS;
  });
  const rules = propertiesOf(component, 'RRULE').slice(0, MAX_RULES_PER_EVENT);
  return (
    rules.every((property) => {
      const parsed = parseRule(property.raw);
      if (parsed.kind !== 'rule') return false;
      const { times, unknownFrom } = recur(
        parsed.rule,
        {
          start: start.local,
          from: Math.max(start.local, EARLIEST),
          to: untilUtc + before,
          gaps: [],
          includeStart: true,
          ...untilMember(parsed.rule.until, before),
        },
        budget,
      );
      for (const time of times) add(time);
      return unknownFrom === undefined && out.length <= MAX_ONSETS;
    }) && rdatesFit
  );
}

/** RFC 5545 §3.6.5: UNTIL of an observance is in UTC; a local one is met all the same. */
function untilMember(until: DateValue | undefined, before: number): { readonly until?: number } {
  if (until === undefined) return {};
  if (until.kind === 'utc') return { until: until.utc + before };
  return { until: until.kind === 'local' ? until.local : (until.day + 1) * DAY_SECONDS - 1 };
}

function datesOf(component: Component, before: number): readonly number[] {
  const found: number[] = [];
  for (const property of propertiesOf(component, 'RDATE')) {
    for (const text of property.values) {
      const value = parseDateValue(text) ?? parsePeriod(text)?.start;
      if (value?.kind === 'local') found.push(value.local);
      else if (value?.kind === 'utc') found.push(value.utc + before);
    }
  }
  return found;
}

function zoneOf(onsets: readonly Transition[]): Zone {
  const sorted = [...onsets].sort((a, b) => a.at - b.at);
  const starts = Float64Array.from(sorted, (onset) => onset.at);
  const first = sorted[0]?.before ?? 0;
  /** Index of the last onset at or before an instant, -1 for none. */
  const indexAt = (utc: number): number => {
    let low = -1;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= utc) low = middle;
      else high = middle;
    }
    return low;
  };
  return {
    name: 'VTIMEZONE',
    offsetAt: (utc) => sorted[indexAt(utc)]?.after ?? first,
    gaps(fromLocal, toLocal) {
      const found: Gap[] = [];
      for (let index = Math.max(0, indexAt(fromLocal - DAY_SECONDS)); index < sorted.length; index += 1) {
        const onset = sorted[index];
        if (onset === undefined || onset.at > toLocal + DAY_SECONDS) break;
        const gap = gapOf({ ...onset, before: sorted[index - 1]?.after ?? onset.before });
        if (gap !== undefined && gap.to > fromLocal && gap.from <= toLocal) found.push(gap);
      }
      return found;
    },
  };
}
