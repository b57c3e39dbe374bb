/**
 * All changes of bodies at once: which parts each of them concerns, and each of those parts planned with everything that
 * it is to get. A disclaimer goes into every alternative of the body or into none: a reader must not be shown the one that
 * was left out. Of the other changes a part that cannot be reached is named, and the rest of the message gets them.
 */
import type { IndexedChange } from './body/types.ts';
import type { BodyChange, LeftPart, Untouched, UntouchedReason } from './change-types.ts';
import { contentReason, examine, malformedAround, readBody } from './classify.ts';
import type { FileCut } from './file-cuts.ts';
import type { LineEnd } from './line-ends.ts';
import { planPart } from './part-plan.ts';
import type { PlacedEdit, ServingEdit } from './splice.ts';
import { isShownText } from './targets.ts';
import type { Message, Part } from './types.ts';

export interface BodyRequest {
  readonly message: Message;
  readonly changes: readonly IndexedChange[];
  /** Parts that go. */
  readonly without: ReadonlySet<Part>;
  readonly cuts: ReadonlyMap<Part, readonly FileCut[]>;
  /** Parts whose HTML becomes text, with the index of the change. */
  readonly toText: ReadonlyMap<Part, number>;
  /** Parts whose lines are too long: where something changes in one, all of it is encoded anew. */
  readonly anew: ReadonlySet<Part>;
  readonly skipIfPresent: boolean;
  readonly eol: LineEnd;
}

export interface BodyEdits {
  readonly edits: readonly PlacedEdit[];
  readonly refused: ReadonlyMap<number, Untouched>;
  /** Parts that a change did not reach. */
  readonly left: ReadonlyMap<number, readonly LeftPart[]>;
}

interface Plan {
  readonly request: BodyRequest;
  readonly refused: Map<number, Untouched>;
  /** By change and path. */
  readonly left: Map<number, Map<string, LeftPart>>;
  readonly bodies: Map<Part, Uint8Array | UntouchedReason>;
}

/** The edits of all bodies. */
export function editBodies(request: BodyRequest): BodyEdits {
  const plan: Plan = { request, refused: new Map(), left: new Map(), bodies: new Map() };
  const closed = contentReason(request.message);
  const disclaimers = request.changes.filter(({ change }) => isDisclaimer(change));
  const others = request.changes.filter(({ change }) => !isDisclaimer(change));
  if (closed !== undefined) {
    const indexes = [...request.changes.map(({ index }) => index), ...request.toText.values()];
    for (const index of [...indexes, ...cutIndexes(request)]) refuse(plan, index, closed.reason, closed.path);
    return told(plan, []);
  }
  const wanted = new Map<Part, IndexedChange[]>();
  wantDisclaimers(plan, disclaimers, wanted);
  if (others.length > 0) {
    for (const part of request.message.parts) {
      if (isShownText(part) && !request.without.has(part)) want(wanted, part, others);
    }
  }
  return told(plan, planAll(plan, wanted));
}

function told({ refused, left }: Plan, edits: readonly PlacedEdit[]): BodyEdits {
  return { edits, refused, left: new Map([...left].map(([index, parts]) => [index, [...parts.values()]])) };
}

function isDisclaimer({ kind }: BodyChange): boolean {
  return kind === 'prependDisclaimer' || kind === 'appendDisclaimer';
}

function cutIndexes({ cuts }: BodyRequest): readonly number[] {
  return [...cuts.values()].flatMap((list) => list.map(({ change }) => change));
}

function refuse({ refused }: Plan, index: number, reason: UntouchedReason, path: string): void {
  if (!refused.has(index)) refused.set(index, { kind: 'untouched', reason, path });
}

function leave({ left }: Plan, index: number, path: string, reason: UntouchedReason): void {
  const parts = left.get(index) ?? new Map<string, LeftPart>();
  left.set(index, parts);
  if (!parts.has(path)) parts.set(path, { path, reason });
}

function want(wanted: Map<Part, IndexedChange[]>, part: Part, changes: readonly IndexedChange[]): void {
  const list = wanted.get(part);
  if (list === undefined) wanted.set(part, [...changes]);
  else list.push(...changes);
}

function wantDisclaimers(
  plan: Plan,
  disclaimers: readonly IndexedChange[],
  wanted: Map<Part, IndexedChange[]>,
): void {
  if (disclaimers.length === 0) return;
  const { message, without } = plan.request;
  const examined = examine(message, without);
  if (examined.kind === 'untouchable') {
    for (const { index } of disclaimers) refuse(plan, index, examined.reason, examined.path);
    return;
  }
  for (const [part, body] of examined.bodies) plan.bodies.set(part, body);
  const ofKind = (kind: BodyChange['kind']) => disclaimers.filter(({ change }) => change.kind === kind);
  const [prepend, append] = [ofKind('prependDisclaimer'), ofKind('appendDisclaimer')];
  for (const part of examined.bodies.keys()) {
    const mine = [
      ...(examined.prepend.includes(part) ? prepend : []),
      ...(examined.append.includes(part) ? append : []),
    ];
    if (mine.length > 0) want(wanted, part, mine);
  }
}

/** Plans part by part. What one part refuses a disclaimer, all parts refuse it; then they are planned once more. */
function planAll(plan: Plan, wanted: ReadonlyMap<Part, readonly IndexedChange[]>): readonly PlacedEdit[] {
  const { cuts, toText, changes } = plan.request;
  const parts = new Set([...wanted.keys(), ...cuts.keys(), ...toText.keys()]);
  // Each round but the last refuses a disclaimer, so there are no more rounds than changes.
  for (let round = 0; round <= changes.length; round++) {
    const before = plan.refused.size;
    const placed: PlacedEdit[] = [];
    for (const part of parts) {
      const mine = (wanted.get(part) ?? []).filter(({ index }) => !plan.refused.has(index));
      placed.push(...editPart(plan, part, mine).map((edit) => ({ edit, part })));
    }
    if (plan.refused.size === before) return placed;
  }
  return [];
}

function editPart(plan: Plan, part: Part, changes: readonly IndexedChange[]): readonly ServingEdit[] {
  const { message, cuts, toText, anew, skipIfPresent, eol } = plan.request;
  const mine = cuts.get(part) ?? [];
  const text = toText.get(part);
  if (changes.length + mine.length === 0 && text === undefined) return [];
  const decoded = bodyOf(plan, part);
  const planned =
    typeof decoded === 'string'
      ? decoded
      : planPart({
          message,
          part,
          decoded,
          changes,
          cuts: mine,
          toText: text,
          anew: anew.has(part),
          skipIfPresent,
          eol,
        });
  if (typeof planned !== 'string') {
    for (const index of planned.tooLarge) giveUp(plan, part, changes, index, 'too-large');
    return planned.edits;
  }
  const indexes = [...changes.map(({ index }) => index), ...mine.map(({ change }) => change)];
  for (const index of text === undefined ? indexes : [...indexes, text]) {
    giveUp(plan, part, changes, index, planned);
  }
  return [];
}

function giveUp(
  plan: Plan,
  part: Part,
  changes: readonly IndexedChange[],
  index: number,
  reason: UntouchedReason,
): void {
  const change = changes.find((one) => one.index === index)?.change;
  if (change !== undefined && isDisclaimer(change)) refuse(plan, index, reason, part.path);
  else leave(plan, index, part.path, reason);
}

function bodyOf({ request, bodies }: Plan, part: Part): Uint8Array | UntouchedReason {
  const known = bodies.get(part);
  if (known !== undefined) return known;
  const malformed = malformedAround(request.message, part);
  const body = malformed === undefined ? readBody(request.message, part) : 'malformed';
  bodies.set(part, body);
  return body;
}
