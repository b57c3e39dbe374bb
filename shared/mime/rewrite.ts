/**
 * Changes to what people see, as edits: disclaimers in the bodies, tags in the Subject, new header fields. All changes
 * of one call are composed in one pass, over the message as it is; what no change needs stays octet by octet.
 */
import { type Editable, examine } from './classify.ts';
import type { DisclaimerChange } from './disclaimer.ts';
import { type LineEnd, lineEndOf } from './line-ends.ts';
import { newField, topOfHeader } from './new-field.ts';
import { planPart, type WantedChange } from './part-plan.ts';
import type { ServingEdit } from './splice.ts';
import { isUsableTag, tagSubject, type WantedTag } from './subject.ts';
import type {
  ChangeOutcome,
  ContentChange,
  EditedPart,
  Message,
  Part,
  RewriteOptions,
  RewriteResult,
} from './types.ts';

type Untouched = Extract<ChangeOutcome, { kind: 'untouched' }>;

/** Of a message on whose first line no field can be put. */
const MALFORMED: Untouched = { kind: 'untouched', reason: 'malformed', path: '' };

/** An edit and the part it is in. */
interface Placed {
  readonly edit: ServingEdit;
  readonly part: Part;
}

/**
 * The edits that make the changes, and what became of each change. Pure; linear in the message. A disclaimer goes
 * into every alternative of the body or into none; where the message may not be touched (`classify`) the outcome says
 * why. The first `prependDisclaimer` of the list ends topmost, the last `appendDisclaimer` undermost; the first
 * `prependSubject` comes first. New fields go above all others, in the order of the list.
 */
export function rewriteContent(
  message: Message,
  changes: readonly ContentChange[],
  options: RewriteOptions,
): RewriteResult {
  const eol = lineEndOf(message.bytes) ?? '\r\n';
  const disclaimers = pick(changes, isUsableDisclaimer);
  const headerless = topOfHeader(message, message.root) === undefined;
  const bodies = headerless ? MALFORMED : editBodies(message, disclaimers, options, eol);
  const header = headerless ? [] : [...addFields(message, changes, eol), ...tagEdits(message, changes, eol)];
  const refused = 'reason' in bodies ? bodies : undefined;
  const placed: readonly Placed[] = [
    ...header.map((edit) => ({ edit, part: message.root })),
    ...('reason' in bodies ? [] : bodies),
  ];
  const outcomes = changes.map((change, index) => {
    if (!isUsable(change, eol)) return { kind: 'untouched', reason: 'invalid-value' } as const;
    if (refused !== undefined && (headerless || isDisclaimer(change))) return refused;
    return outcomeOf(index, placed);
  });
  return { edits: placed.map(({ edit: { span, replacement } }) => ({ span, replacement })), outcomes };
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

function isDisclaimer(change: ContentChange): change is DisclaimerChange {
  return change.kind === 'prependDisclaimer' || change.kind === 'appendDisclaimer';
}

function isUsableDisclaimer(change: ContentChange): change is DisclaimerChange {
  return isDisclaimer(change) && change.text.trim() !== '';
}

function isUsable(change: ContentChange, eol: LineEnd): boolean {
  switch (change.kind) {
    case 'addHeader':
      return newField(change.name, change.value, eol) !== undefined;
    case 'prependSubject':
      return isUsableTag(change.tag);
    default:
      return isUsableDisclaimer(change);
  }
}

function outcomeOf(index: number, placed: readonly Placed[]): ChangeOutcome {
  const mine = placed.filter(({ edit }) => edit.changes.includes(index));
  if (mine.length === 0) return { kind: 'untouched', reason: 'already-present' };
  return { kind: 'edited', parts: mine.map(describe) };
}

function describe({ edit: { span, replacement }, part }: Placed): EditedPart {
  return {
    path: part.path,
    mediaType: part.contentType.mediaType,
    start: span.start,
    end: span.end,
    bytesBefore: span.end - span.start,
    bytesAfter: replacement.length,
  };
}

function editBodies(
  message: Message,
  disclaimers: readonly WantedChange[],
  { skipIfPresent }: RewriteOptions,
  eol: LineEnd,
): readonly Placed[] | Untouched {
  if (disclaimers.length === 0) return [];
  const examined = examine(message);
  if (examined.kind === 'untouchable') {
    return { kind: 'untouched', reason: examined.reason, path: examined.path };
  }
  const placed: Placed[] = [];
  for (const part of partsToEdit(examined, disclaimers)) {
    const edits = planPart({
      message,
      part,
      decoded: examined.bodies.get(part) ?? new Uint8Array(),
      prepend: examined.prepend.includes(part) ? ofKind(disclaimers, 'prependDisclaimer') : [],
      append: examined.append.includes(part) ? ofKind(disclaimers, 'appendDisclaimer') : [],
      skipIfPresent,
      eol,
    });
    // All alternatives or none: a reader must not be shown the one that was left out.
    if (typeof edits === 'string') return { kind: 'untouched', reason: edits, path: part.path };
    placed.push(...edits.map((edit) => ({ edit, part })));
  }
  return placed;
}

function partsToEdit(examined: Editable, disclaimers: readonly WantedChange[]): ReadonlySet<Part> {
  const prepend = ofKind(disclaimers, 'prependDisclaimer').length > 0 ? examined.prepend : [];
  const append = ofKind(disclaimers, 'appendDisclaimer').length > 0 ? examined.append : [];
  return new Set([...prepend, ...append]);
}

function ofKind(
  disclaimers: readonly WantedChange[],
  kind: DisclaimerChange['kind'],
): readonly WantedChange[] {
  return disclaimers.filter(({ change }) => change.kind === kind);
}

function addFields(
  message: Message,
  changes: readonly ContentChange[],
  eol: LineEnd,
): readonly ServingEdit[] {
  const top = topOfHeader(message, message.root);
  return changes.flatMap((change, index) => {
    if (change.kind !== 'addHeader' || top === undefined) return [];
    const field = newField(change.name, change.value, eol);
    return field === undefined
      ? []
      : [{ span: { start: top, end: top }, replacement: field, changes: [index] }];
  });
}

function tagEdits(message: Message, changes: readonly ContentChange[], eol: LineEnd): readonly ServingEdit[] {
  const wanted: readonly WantedTag[] = changes.flatMap((change, index) =>
    change.kind === 'prependSubject' && isUsableTag(change.tag) ? [{ change: index, tag: change.tag }] : [],
  );
  return tagSubject(message, wanted, eol);
}
