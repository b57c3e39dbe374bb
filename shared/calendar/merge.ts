/** Busy times put together: what overlaps becomes one stretch, and of two kinds the stronger one counts. */
import type { BusyEvent, BusyType } from './types.ts';

/**
 * Stretches that do not overlap, ascending, without details. BUSY wins over TENTATIVE (RFC 5545 §3.2.9 has the order);
 * FREE is left out. Stretches of one kind that touch are joined.
 */
export function mergeBusy(events: readonly BusyEvent[]): readonly BusyEvent[] {
  const edges: { readonly at: number; readonly kind: 'BUSY' | 'TENTATIVE'; readonly change: 1 | -1 }[] = [];
  for (const { startMs, endMs, busyType } of events) {
    if (busyType === 'FREE') continue;
    edges.push({ at: startMs, kind: busyType, change: 1 }, { at: endMs, kind: busyType, change: -1 });
  }
  edges.sort((a, b) => a.at - b.at);
  const open = { BUSY: 0, TENTATIVE: 0 };
  const merged: BusyEvent[] = [];
  let type: BusyType = 'FREE';
  let since = 0;
  let index = 0;
  for (const edge of edges) {
    index += 1;
    open[edge.kind] += edge.change;
    // Edges at one time are taken together, so that stretches that touch do not part.
    if (edges[index]?.at === edge.at) continue;
    const next = open.BUSY > 0 ? 'BUSY' : open.TENTATIVE > 0 ? 'TENTATIVE' : 'FREE';
    if (next === type) continue;
    if (type !== 'FREE') merged.push({ startMs: since, endMs: edge.at, busyType: type });
    type = next;
    since = edge.at;
  }
  return merged;
}

/**
 * At most `limit` stretches: the shortest pauses between them are given up first. What lies between counts as busy
 * then, never the other way round.
 */
export function coarsen(merged: readonly BusyEvent[], limit: number): readonly BusyEvent[] {
  if (merged.length <= limit) return merged;
  const gaps = merged.slice(1).map((event, index) => event.startMs - (merged[index]?.endMs ?? event.startMs));
  const sorted = [...gaps].sort((a, b) => a - b);
  let toJoin = merged.length - Math.max(1, limit);
  const widest = sorted[toJoin - 1] ?? 0;
  const coarse: BusyEvent[] = [];
  for (const [index, event] of merged.entries()) {
    const before = coarse.at(-1);
    const gap = gaps[index - 1];
    if (before !== undefined && gap !== undefined && gap <= widest && toJoin > 0) {
      toJoin -= 1;
      const busyType = before.busyType === 'BUSY' || event.busyType === 'BUSY' ? 'BUSY' : 'TENTATIVE';
      coarse[coarse.length - 1] = { startMs: before.startMs, endMs: event.endMs, busyType };
    } else coarse.push(event);
  }
  return coarse;
}
