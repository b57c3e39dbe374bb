/**
 * Changes to a message, as edits of its octets: header fields, parts, bodies, or all of it wrapped. All changes of one call
 * are composed in one pass, over the message as it is; what no change needs stays octet by octet.
 */
import { type BodyEdits, editBodies } from './body-edits.ts';
import type {
  BodyChange,
  ChangeOutcome,
  ContentChange,
  LeftPart,
  PartChange,
  Repair,
  RewriteOptions,
  RewriteResult,
  Untouched,
  UntouchedReason,
} from './change-types.ts';
import { mixedEdit } from './convert.ts';
import { editedPart } from './edits.ts';
import { editHeader } from './header-edits.ts';
import { type LineEnd, lineEndOf } from './line-ends.ts';
import { topOfHeader } from './new-field.ts';
import { removeParts } from './parts-out.ts';
import { placeNames } from './rename.ts';
import { longLeaves, type RepairEdit, repairLeaf, repairRest } from './repair.ts';
import type { PlacedEdit } from './splice.ts';
import { planStructure } from './structure-plan.ts';
import type { Message, Part } from './types.ts';
import { isHeaderChange, rewriteWrapped } from './wrap-edits.ts';

/** What the call has come to, before it is told per change. */
interface Made {
  readonly placed: readonly PlacedEdit[];
  readonly refused: ReadonlyMap<number, Untouched>;
  readonly left: ReadonlyMap<number, readonly LeftPart[]>;
}

/**
 * The edits that make the changes, and what became of each change. Pure; linear in the message. Where the message may not be
 * touched (`classify`) the outcome says why; header fields may be changed all the same.
 *
 * Of changes that meet, in this order: `wrap` leaves nothing to any but header changes, which then concern the new header;
 * parts that go take with them what was to be done in them; HTML becomes text before anything is put into it; what a place in
 * a body gets first, `body/splices.ts` says. The first `prependDisclaimer` of the list ends topmost, the last
 * `appendDisclaimer` undermost; the first `prependSubject` comes first. New fields go above all others, in the order of
 * the list.
 */
export function rewriteContent(
  message: Message,
  changes: readonly ContentChange[],
  options: RewriteOptions,
): RewriteResult {
  const eol = lineEndOf(message.bytes) ?? '\r\n';
  const wrapped = rewriteWrapped(message, changes, options, eol);
  if (wrapped !== undefined) return wrapped;
  const unusable = new Map(
    changes.flatMap((change, index) => (isUsable(change) ? [] : [[index, INVALID] as const])),
  );
  if (topOfHeader(message, message.root) === undefined) {
    const outcomes = changes.map((_, index) => unusable.get(index) ?? MALFORMED);
    return { edits: [], outcomes, repaired: [] };
  }
  const made = makeEdits(message, changes, options, eol);
  const outcomes = changes.map((change, index) => unusable.get(index) ?? outcomeOf(index, change, made));
  const edits = [...made.placed.map(({ edit }) => edit), ...made.repairs.map(({ edit }) => edit)];
  return {
    edits: edits.map(({ span, replacement }) => ({ span, replacement })),
    outcomes,
    repaired: made.repaired,
  };
}

/** Of a message on whose first line no field can be put. */
const MALFORMED: Untouched = { kind: 'untouched', reason: 'malformed', path: '' };
const INVALID: Untouched = { kind: 'untouched', reason: 'invalid-value' };

interface AllEdits extends Made {
  readonly repairs: readonly RepairEdit[];
  readonly repaired: readonly Repair[];
}

function makeEdits(
  message: Message,
  changes: readonly ContentChange[],
  options: RewriteOptions,
  eol: LineEnd,
): AllEdits {
  const header = editHeader(message, pick(changes, isHeaderChange), eol);
  const structure = planStructure(message, pick(changes, isPartChange));
  const removed = removeParts(message, structure.removals, eol);
  const long = options.repair === true ? longLeaves(message, removed.parts) : new Set<Part>();
  const bodies = editBodies({
    message,
    changes: pick(changes, isBodyChange).filter(({ change }) => isUsable(change)),
    without: removed.parts,
    cuts: structure.cuts,
    toText: structure.toText,
    anew: long,
    skipIfPresent: options.skipIfPresent,
    eol,
  });
  const named = placeNames(message, structure.renamings, bodies.edits, eol);
  const mixed = [...structure.toMixed].flatMap(([part, index]) =>
    removed.parts.has(part) ? [] : mixedEdit(message, part, index),
  );
  const own = header.edits.map((edit) => ({ edit, part: message.root }));
  const placed = [...own, ...removed.edits, ...mixed, ...named];
  return {
    placed,
    refused: new Map([...structure.refused, ...refusals(header.refused), ...bodies.refused]),
    left: allLeft(structure.left, bodies),
    ...(options.repair === true ? repairsFor(message, placed, removed.parts, long, eol) : NO_REPAIRS),
  };
}

const NO_REPAIRS = { repairs: [], repaired: [] };

/** Long lines that no change has mended by the way. */
function repairsFor(
  message: Message,
  placed: readonly PlacedEdit[],
  without: ReadonlySet<Part>,
  long: ReadonlySet<Part>,
  eol: LineEnd,
): Pick<AllEdits, 'repairs' | 'repaired'> {
  const mended = new Set(placed.filter(({ edit, part }) => isInBody(edit, part)).map(({ part }) => part));
  const leaves = [...long].flatMap((part) => (mended.has(part) ? [] : repairLeaf(message, part, eol)));
  const taken = [...placed, ...leaves].map(({ edit }) => edit.span);
  const repairs = [...leaves, ...repairRest(message, without, taken, eol)];
  const byTheWay = [...long].filter((part) => mended.has(part));
  const all = [
    ...byTheWay.map(({ path }): Repair => ({ kind: 'long-lines', path })),
    ...repairs.map(({ repair }) => repair),
  ];
  return { repairs, repaired: [...new Map(all.map((one) => [`${one.kind} ${one.path}`, one])).values()] };
}

function isInBody({ span }: PlacedEdit['edit'], { body }: Part): boolean {
  return span.start >= body.start && span.end <= body.end && span.end > span.start;
}

interface Picked<T> {
  readonly index: number;
  readonly change: T;
}

function pick<T extends ContentChange>(
  changes: readonly ContentChange[],
  is: (change: ContentChange) => change is T,
): readonly Picked<T>[] {
  return changes.flatMap((change, index) => (is(change) ? [{ index, change }] : []));
}

function isPartChange(change: ContentChange): change is PartChange {
  switch (change.kind) {
    case 'removeParts':
    case 'renameParts':
    case 'convertToText':
    case 'removeAmp':
      return true;
    default:
      return false;
  }
}

function isBodyChange(change: ContentChange): change is BodyChange {
  return !isPartChange(change) && !isHeaderChange(change) && change.kind !== 'wrap';
}

/** Whether the change says anything; `header-edits.ts` looks at header changes more closely. */
function isUsable(change: ContentChange): boolean {
  switch (change.kind) {
    case 'prependDisclaimer':
    case 'appendDisclaimer':
    case 'wrap':
      return change.text.trim() !== '';
    case 'prefixLinks':
    case 'restoreLinks':
      return change.prefix.trim() !== '';
    default:
      return true;
  }
}

function refusals(reasons: ReadonlyMap<number, UntouchedReason>): readonly (readonly [number, Untouched])[] {
  return [...reasons].map(([index, reason]) => [
    index,
    reason === 'malformed' ? MALFORMED : { kind: 'untouched', reason },
  ]);
}

function allLeft(
  structure: ReadonlyMap<number, readonly LeftPart[]>,
  bodies: BodyEdits,
): ReadonlyMap<number, readonly LeftPart[]> {
  const left = new Map<number, readonly LeftPart[]>(structure);
  for (const [index, list] of bodies.left) left.set(index, [...(left.get(index) ?? []), ...list]);
  return left;
}

function outcomeOf(index: number, change: ContentChange, { placed, refused, left }: Made): ChangeOutcome {
  const mine = placed.filter(({ edit }) => edit.changes.includes(index));
  const refusal = refused.get(index);
  if (refusal !== undefined) return refusal;
  const missed = left.get(index);
  if (mine.length > 0) {
    const parts = mine.map(({ edit, part }) => editedPart(part, edit));
    return missed === undefined ? { kind: 'edited', parts } : { kind: 'edited', parts, left: missed };
  }
  const [first] = missed ?? [];
  if (first !== undefined) return { kind: 'untouched', reason: first.reason, path: first.path };
  return { kind: 'untouched', reason: nothingToDo(change) };
}

function nothingToDo({ kind }: ContentChange): UntouchedReason {
  switch (kind) {
    case 'prependDisclaimer':
    case 'appendDisclaimer':
    case 'prependSubject':
    case 'wrap':
      return 'already-present';
    default:
      return 'not-found';
  }
}
