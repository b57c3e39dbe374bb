/**
 * A time zone: what a clock on the wall shows at an instant. Instants are seconds since 1970 UTC, local times are those
 * of `civil.ts`.
 */
import type { Gap } from './recurrence.ts';

export interface Zone {
  /** IANA name, or a name of our own for a fixed offset or a VTIMEZONE. */
  readonly name: string;
  /** Seconds east of UTC at an instant. */
  offsetAt(utc: number): number;
  /** Local times that the clock passes over between two local times, ascending. */
  gaps(fromLocal: number, toLocal: number): readonly Gap[];
}

/** A zone that never changes its clock. */
export function fixedZone(offsetSeconds: number, name: string): Zone {
  return { name, offsetAt: () => offsetSeconds, gaps: () => [] };
}

export const UTC: Zone = fixedZone(0, 'UTC');

/** No clock is changed twice within this time, and none is further from UTC. */
const PROBE_SECONDS = 86_400;

/**
 * The instant at which the clock shows `local`. RFC 5545 §3.3.5: a time that occurs twice is the first of the two; one
 * that never occurs is read with the offset before the gap, which puts it after the gap by as much.
 */
export function instantOf(zone: Zone, local: number): number {
  const before = zone.offsetAt(local - PROBE_SECONDS);
  const first = local - before;
  if (zone.offsetAt(first) === before) return first;
  const after = zone.offsetAt(local + PROBE_SECONDS);
  const second = local - after;
  return zone.offsetAt(second) === after ? second : first;
}

/** What the clock shows at an instant. */
export function localOf(zone: Zone, utc: number): number {
  return utc + zone.offsetAt(utc);
}

/** A change of offset at an instant. */
export interface Transition {
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

/** The gap that a transition opens, or undefined when the clock goes back. */
export function gapOf(transition: Transition): Gap | undefined {
  if (transition.after <= transition.before) return undefined;
  return { from: transition.at + transition.before, to: transition.at + transition.after };
}
