/** Changes of parts sorted out: which parts go, which become text, which get another name, and what cannot be done. */
import type { LeftPart, PartChange, Untouched, UntouchedReason } from './change-types.ts';
import { contentReason, malformedAround } from './classify.ts';
import { ampParts, chooseForText } from './convert.ts';
import { type FileCut, filePath } from './file-cuts.ts';
import { type Removal, reasonAgainstRemoval, removedWith } from './parts-out.ts';
import { type Renaming, usableName } from './rename.ts';
import type { Message, Part } from './types.ts';

/** A change with its index in the caller's list. */
export interface IndexedPartChange {
  readonly index: number;
  readonly change: PartChange;
}

export interface Structure {
  readonly removals: readonly Removal[];
  readonly renamings: readonly Renaming[];
  readonly cuts: ReadonlyMap<Part, readonly FileCut[]>;
  /** HTML that becomes text, with the index of the change. */
  readonly toText: ReadonlyMap<Part, number>;
  /** Multiparts that become multipart/mixed by that. */
  readonly toMixed: ReadonlyMap<Part, number>;
  readonly refused: ReadonlyMap<number, Untouched>;
  readonly left: ReadonlyMap<number, readonly LeftPart[]>;
}

interface Plan {
  readonly message: Message;
  readonly byPath: ReadonlyMap<string, Part>;
  readonly removals: Removal[];
  readonly renamings: Renaming[];
  readonly renamed: Set<Part>;
  readonly cuts: Map<Part, FileCut[]>;
  readonly toText: Map<Part, number>;
  readonly toMixed: Map<Part, number>;
  readonly refused: Map<number, Untouched>;
  readonly left: Map<number, LeftPart[]>;
}

/** The plan for all of them: what goes by its path first, then AMP, then HTML beside text; names come last. */
export function planStructure(message: Message, changes: readonly IndexedPartChange[]): Structure {
  const plan: Plan = {
    message,
    byPath: changes.length === 0 ? new Map() : new Map(message.parts.map((part) => [part.path, part])),
    removals: [],
    renamings: [],
    renamed: new Set(),
    cuts: new Map(),
    toText: new Map(),
    toMixed: new Map(),
    refused: new Map(),
    left: new Map(),
  };
  for (const { index, change } of changes) if (change.kind === 'removeParts') planPaths(plan, index, change);
  for (const { index, change } of changes) if (change.kind === 'removeAmp') planAmp(plan, index);
  for (const { index, change } of changes) if (change.kind === 'convertToText') planText(plan, index);
  for (const { index, change } of changes) if (change.kind === 'renameParts') planNames(plan, index, change);
  dropCuts(plan);
  return plan;
}

/** A file in the text of a part that goes is out with it: nothing is cut there. */
function dropCuts(plan: Plan): void {
  if (plan.cuts.size === 0) return;
  const without = gone(plan);
  for (const [part, cuts] of plan.cuts) {
    if (!without.has(part)) continue;
    plan.cuts.delete(part);
    for (const { change, name, note } of cuts) {
      if (name !== undefined) leave(plan, change, part.path, 'superseded');
      else plan.removals.push({ part, change, ...(note === undefined ? {} : { note }) });
    }
  }
}

function leave({ left }: Plan, index: number, path: string, reason: UntouchedReason): void {
  const list = left.get(index);
  if (list === undefined) left.set(index, [{ path, reason }]);
  else list.push({ path, reason });
}

function planPaths(
  plan: Plan,
  index: number,
  { paths, note }: Extract<PartChange, { kind: 'removeParts' }>,
): void {
  let given = note?.trim() === '' ? undefined : note;
  for (const path of new Set(paths)) {
    const file = filePath(path);
    const part = plan.byPath.get(file?.part ?? path);
    const reason = part === undefined ? 'not-found' : reasonAgainst(plan, part, file !== undefined);
    if (part === undefined || reason !== undefined) {
      leave(plan, index, path, reason ?? 'not-found');
      continue;
    }
    const noted = given === undefined ? {} : { note: given };
    if (file === undefined) plan.removals.push({ part, change: index, ...noted });
    else addCut(plan, part, { change: index, number: file.number, ...noted });
    // One note speaks of all that its change takes out.
    given = undefined;
  }
}

function reasonAgainst(plan: Plan, part: Part, isFile: boolean): UntouchedReason | undefined {
  return isFile ? contentReason(plan.message)?.reason : reasonAgainstRemoval(plan.message, part);
}

function addCut({ cuts }: Plan, part: Part, cut: FileCut): void {
  const list = cuts.get(part);
  if (list === undefined) cuts.set(part, [cut]);
  else list.push(cut);
}

/** False where the kind of the message forbids every change of its body. */
function mayEditBody({ message, refused }: Plan, index: number): boolean {
  const reason = contentReason(message);
  if (reason === undefined) return true;
  refused.set(index, { kind: 'untouched', reason: reason.reason, path: reason.path });
  return false;
}

function gone({ message, removals }: Plan): ReadonlySet<Part> {
  return removedWith(message, new Set(removals.map(({ part }) => part)));
}

function planAmp(plan: Plan, index: number): void {
  if (mayEditBody(plan, index)) removeEach(plan, index, ampParts(plan.message, gone(plan)));
}

function removeEach(plan: Plan, index: number, parts: readonly Part[]): void {
  for (const part of parts) {
    const reason = reasonAgainstRemoval(plan.message, part);
    if (reason === undefined) plan.removals.push({ part, change: index });
    else leave(plan, index, part.path, reason);
  }
}

function planText(plan: Plan, index: number): void {
  if (!mayEditBody(plan, index)) return;
  const { convert, remove, mixed } = chooseForText(plan.message, gone(plan));
  removeEach(plan, index, remove);
  for (const part of mixed) if (!plan.toMixed.has(part)) plan.toMixed.set(part, index);
  for (const part of convert) if (!plan.toText.has(part)) plan.toText.set(part, index);
}

function planNames(plan: Plan, index: number, { names }: Extract<PartChange, { kind: 'renameParts' }>): void {
  const without = gone(plan);
  for (const [path, wanted] of names) {
    const file = filePath(path);
    const part = plan.byPath.get(file?.part ?? path);
    const name = usableName(wanted);
    const reason =
      part === undefined ? 'not-found' : reasonAgainstName(plan, part, file !== undefined, without);
    if (part === undefined || reason !== undefined) leave(plan, index, path, reason ?? 'not-found');
    else if (name === undefined) leave(plan, index, path, 'invalid-value');
    else if (file !== undefined) addCut(plan, part, { change: index, number: file.number, name });
    else {
      plan.renamings.push({ part, name, change: index });
      plan.renamed.add(part);
    }
  }
}

function reasonAgainstName(
  plan: Plan,
  part: Part,
  isFile: boolean,
  without: ReadonlySet<Part>,
): UntouchedReason | undefined {
  if (without.has(part) || plan.toText.has(part)) return 'superseded';
  if (!isFile && plan.renamed.has(part)) return 'superseded';
  if (isFile) return contentReason(plan.message)?.reason;
  // A multipart has no name that anybody shows; without a parent to be removed from, a leaf has one.
  if (part.children.length > 0) return 'not-found';
  if (malformedAround(plan.message, part) !== undefined) return 'malformed';
  return part.parent === undefined ? undefined : reasonAgainstRemoval(plan.message, part);
}
