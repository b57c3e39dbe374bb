/** Edits of one body as text of one character per octet, and how those of several transforms become one list. */
import type { BodySplice } from './types.ts';

export interface BodyEdit {
  readonly start: number;
  readonly end: number;
  /** One character per octet. */
  readonly text: string;
}

/** What one transform, or several of a kind, want. */
export interface EditList {
  /** In ascending order, not overlapping. */
  readonly edits: readonly BodyEdit[];
  readonly changes: readonly number[];
}

type Owned = BodyEdit & { readonly changes: readonly number[] };

/**
 * Lists in order of precedence become one. What lies inside an edit of a list before it, or across its border, is dropped; but a removal
 * takes the place of edits that lie in it.
 */
export function mergeEdits(lists: readonly EditList[]): readonly Owned[] {
  let merged: readonly Owned[] = [];
  for (const { edits, changes } of lists) {
    const owned = edits.map((edit) => ({ ...edit, changes }));
    merged = merged.length === 0 ? owned : mergeTwo(merged, owned);
  }
  return merged;
}

function mergeTwo(first: readonly Owned[], second: readonly Owned[]): readonly Owned[] {
  const absorbed = new Set<Owned>();
  const kept: Owned[] = [];
  let from = 0;
  for (const edit of second) {
    while ((first[from]?.end ?? Number.POSITIVE_INFINITY) <= edit.start) from++;
    const met: Owned[] = [];
    for (let at = from; (first[at]?.start ?? Number.POSITIVE_INFINITY) < edit.end; at++) {
      const other = first[at];
      if (other !== undefined && other.end > edit.start) met.push(other);
    }
    const isRemoval = edit.text === '';
    if (met.length === 0) kept.push(edit);
    else if (isRemoval && met.every(({ start, end }) => start >= edit.start && end <= edit.end)) {
      for (const other of met) absorbed.add(other);
      kept.push({ ...edit, changes: [...edit.changes, ...met.flatMap(({ changes }) => changes)] });
    }
  }
  const all = [...first.filter((edit) => !absorbed.has(edit)), ...kept];
  return all.toSorted((a, b) => a.start - b.start || a.end - b.end);
}

const NOTHING = Buffer.alloc(0);

/**
 * The merged edits and the disclaimers as splices. No disclaimer is lost: one whose place is within a replaced span comes to stand
 * before what replaces it. What begins at one place becomes one splice.
 */
export function toSplices(edits: readonly Owned[], insertions: readonly BodySplice[]): readonly BodySplice[] {
  const out: BodySplice[] = [];
  let next = 0;
  const addUpTo = (limit: number): void => {
    for (let one = insertions[next]; one !== undefined && one.start < limit; one = insertions[++next]) {
      addSplice(out, one);
    }
  };
  for (const { start, end, text, changes } of edits) {
    // An insertion at the start of the edit, or within it, goes first.
    addUpTo(start);
    const before = Math.max(end, start + 1);
    for (let one = insertions[next]; one !== undefined && one.start < before; one = insertions[++next]) {
      addSplice(out, { ...one, start, end: start });
    }
    addSplice(out, { start, end, bytes: text === '' ? NOTHING : Buffer.from(text, 'latin1'), changes });
  }
  addUpTo(Number.POSITIVE_INFINITY);
  return out;
}

function addSplice(out: BodySplice[], splice: BodySplice): void {
  const last = out.at(-1);
  if (last === undefined || last.start !== splice.start) {
    out.push(splice);
    return;
  }
  out[out.length - 1] = {
    start: splice.start,
    end: Math.max(last.end, splice.end),
    bytes: Buffer.concat([last.bytes, splice.bytes]),
    changes: [...new Set([...last.changes, ...splice.changes])],
  };
}
