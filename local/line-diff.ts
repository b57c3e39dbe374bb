/** What changed between two lists of lines (Myers, "An O(ND) Difference Algorithm", 1986). */

export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}

/** Differences beyond this are not searched for: two unrelated 40 MB messages would otherwise cost minutes. */
const MAX_DIFFERENCES = 800;
export type Diff =
  | { readonly kind: 'equal' }
  | { readonly kind: 'hunks'; readonly hunks: readonly (readonly DiffLine[])[] }
  | { readonly kind: 'too-different' };

/** The furthest-reaching paths of each number of differences, or undefined past the cap. */
function searchPaths(a: readonly string[], b: readonly string[]): Map<number, number>[] | undefined {
  const trace: Map<number, number>[] = [];
  let reach = new Map<number, number>([[1, 0]]);
  for (let d = 0; d <= MAX_DIFFERENCES; d++) {
    trace.push(new Map(reach));
    const next = new Map(reach);
    for (let k = -d; k <= d; k += 2) {
      const down = next.get(k + 1) ?? -1;
      const right = next.get(k - 1) ?? -1;
      let x = k === -d || (k !== d && right < down) ? down : right + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      next.set(k, x);
      if (x >= a.length && x - k >= b.length) return trace;
    }
    reach = next;
  }
  return undefined;
}

function walkBack(
  trace: readonly Map<number, number>[],
  a: readonly string[],
  b: readonly string[],
): DiffLine[] {
  const result: DiffLine[] = [];
  let x = a.length;
  let y = b.length;
  for (let d = trace.length - 1; d >= 0; d--) {
    const reach = trace[d] ?? new Map<number, number>();
    const k = x - y;
    const down = reach.get(k + 1) ?? -1;
    const right = reach.get(k - 1) ?? -1;
    const previousK = k === -d || (k !== d && right < down) ? k + 1 : k - 1;
    const previousX = d === 0 ? 0 : (reach.get(previousK) ?? 0);
    const previousY = d === 0 ? 0 : previousX - previousK;
    while (x > previousX && y > previousY) {
      result.push({ kind: 'same', text: a[--x] ?? '' });
      y--;
    }
    if (x > previousX) result.push({ kind: 'removed', text: a[--x] ?? '' });
    else if (y > previousY) result.push({ kind: 'added', text: b[--y] ?? '' });
  }
  return result.reverse();
}

function hunksOf(all: readonly DiffLine[], context: number): DiffLine[][] {
  const hunks: DiffLine[][] = [];
  let lastShown = -1;
  all.forEach((line, index) => {
    if (line.kind === 'same') return;
    const from = Math.max(index - context, lastShown + 1);
    if (from > lastShown + 1 || hunks.length === 0) hunks.push([]);
    const to = Math.min(index + context, all.length - 1);
    hunks.at(-1)?.push(...all.slice(from, to + 1));
    lastShown = Math.max(lastShown, to);
  });
  return hunks;
}

/** Compares two texts by their lines; `context` lines around a change are shown with it. */
export function diffLines(before: readonly string[], after: readonly string[], context: number): Diff {
  const trace = searchPaths(before, after);
  if (trace === undefined) return { kind: 'too-different' };
  const hunks = hunksOf(walkBack(trace, before, after), context);
  return hunks.length === 0 ? { kind: 'equal' } : { kind: 'hunks', hunks };
}
