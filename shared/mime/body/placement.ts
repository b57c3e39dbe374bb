/**
 * Where disclaimers go in a decoded body, and which of them are there already. At each end of the body there may
 * stand a run of the disclaimers that are wanted now, set off by white space: those in it are present, and each that
 * lacks goes beside its neighbour in the list, so that a second run finds them all.
 */
import { bufferOver } from '../header.ts';

/** A disclaimer as octets of the part. */
export interface Wanted {
  /** Index of the change. */
  readonly change: number;
  readonly core: Buffer;
}

/** Disclaimers that go in at one place, in order. */
export interface Placed {
  readonly at: number;
  readonly wanted: readonly Wanted[];
}

export interface Region {
  readonly body: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** White space that may stand around a disclaimer. In text, line ends only: spaces there are the sender's. */
  readonly isGap: (byte: number | undefined) => boolean;
  /** Whether a disclaimer must fill whole lines, as in text. */
  readonly wholeLines: boolean;
}

export interface Placement {
  /** By place, in ascending order. */
  readonly missing: readonly Placed[];
  /** How far into the body the run of those reaches that are there. */
  readonly edge: number;
}

/** Those missing at the top. */
export function placeAtTop(region: Region, wanted: readonly Wanted[], skipIfPresent: boolean): Placement {
  const ends = skipIfPresent ? presentAtTop(region, wanted) : new Map<Wanted, number>();
  let at = region.start;
  const places = new Map<number, Wanted[]>();
  for (const one of wanted) {
    const end = ends.get(one);
    if (end === undefined) addTo(places, at, one);
    else at = Math.max(at, end);
  }
  return { missing: inOrder(places), edge: Math.max(region.start, ...ends.values()) };
}

/** Those missing at the bottom. */
export function placeAtBottom(region: Region, wanted: readonly Wanted[], skipIfPresent: boolean): Placement {
  const starts = skipIfPresent ? presentAtBottom(region, wanted) : new Map<Wanted, number>();
  let at = region.end;
  const places = new Map<number, Wanted[]>();
  for (const one of wanted.toReversed()) {
    const start = starts.get(one);
    if (start === undefined) addTo(places, at, one);
    else at = Math.min(at, start);
  }
  const missing = inOrder(new Map([...places].map(([place, list]) => [place, list.toReversed()])));
  return { missing, edge: Math.min(region.end, ...starts.values()) };
}

function addTo(places: Map<number, Wanted[]>, at: number, one: Wanted): void {
  const list = places.get(at);
  if (list === undefined) places.set(at, [one]);
  else list.push(one);
}

function inOrder(places: ReadonlyMap<number, readonly Wanted[]>): readonly Placed[] {
  return [...places].map(([at, wanted]) => ({ at, wanted })).toSorted((a, b) => a.at - b.at);
}

/** The end of each disclaimer, with the white space after it, in the run at the top. */
function presentAtTop(region: Region, wanted: readonly Wanted[]): Map<Wanted, number> {
  const found = new Map<Wanted, number>();
  let at = skipGap(region, region.start);
  // Each round takes at least one disclaimer into the map, so there are no more rounds than disclaimers.
  for (;;) {
    const here = at;
    const matches = wanted.filter((one) => !found.has(one) && matchesAt(region, here, one.core));
    const longest = Math.max(0, ...matches.map(({ core }) => core.length));
    if (longest === 0) return found;
    at = skipGap(region, at + longest);
    for (const one of matches) if (one.core.length === longest) found.set(one, at);
  }
}

function skipGap({ body, end, isGap }: Region, from: number): number {
  let at = from;
  while (at < end && isGap(body[at])) at++;
  return at;
}

/** The start of each disclaimer in the run at the bottom. */
function presentAtBottom(region: Region, wanted: readonly Wanted[]): Map<Wanted, number> {
  const found = new Map<Wanted, number>();
  let at = skipGapBack(region, region.end);
  for (;;) {
    const here = at;
    const matches = wanted.filter(
      (one) => !found.has(one) && matchesAt(region, here - one.core.length, one.core),
    );
    const longest = Math.max(0, ...matches.map(({ core }) => core.length));
    if (longest === 0) return found;
    const start = at - longest;
    for (const one of matches) if (one.core.length === longest) found.set(one, start);
    at = skipGapBack(region, start);
  }
}

function skipGapBack({ body, start, isGap }: Region, from: number): number {
  let at = from;
  while (at > start && isGap(body[at - 1])) at--;
  return at;
}

function matchesAt({ body, start, end, wholeLines }: Region, at: number, core: Buffer): boolean {
  const stop = at + core.length;
  if (core.length === 0 || at < start || stop > end) return false;
  if (bufferOver(body).compare(core, 0, core.length, at, stop) !== 0) return false;
  const begins = at === start || body[at - 1] === 0x0a;
  const ends = stop === end || body[stop] === 0x0a || (body[stop] === 0x0d && body[stop + 1] === 0x0a);
  return !wholeLines || (begins && ends);
}
