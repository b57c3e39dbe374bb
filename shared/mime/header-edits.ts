/**
 * Changes of the message's own header fields. A field is replaced or removed whole, with its folding; the fields around it
 * stay octet by octet. Of each name the last `setHeader` or `removeHeader` of the list decides what becomes of the fields
 * that the message has; `addHeader` and tags come besides.
 */
import type { HeaderChange, UntouchedReason } from './change-types.ts';
import { isProtectedField, UNIQUE_FIELDS } from './field-rules.ts';
import { headerFields } from './header.ts';
import { headerText } from './header-text.ts';
import type { LineEnd } from './line-ends.ts';
import { isFieldName, newField, topOfHeader } from './new-field.ts';
import type { ServingEdit } from './splice.ts';
import { isUsableTag, missingTags, tagSubject, type WantedTag } from './subject.ts';
import type { HeaderField, Message } from './types.ts';

/** A change with its index in the caller's list. */
export interface IndexedHeaderChange {
  readonly index: number;
  readonly change: HeaderChange;
}

export interface HeaderEdits {
  readonly edits: readonly ServingEdit[];
  /** Index of the change -> why it was not made. A change that is in neither list found nothing to do. */
  readonly refused: ReadonlyMap<number, UntouchedReason>;
}

type Deciding = Extract<HeaderChange, { kind: 'setHeader' | 'removeHeader' }>;

interface Plan {
  readonly message: Message;
  readonly eol: LineEnd;
  /** Where new fields go. */
  readonly top: number;
  readonly edits: ServingEdit[];
  readonly refused: Map<number, UntouchedReason>;
}

/** The edits of the root's header. A message on whose first line no field can be put is left as it is. */
export function editHeader(
  message: Message,
  changes: readonly IndexedHeaderChange[],
  eol: LineEnd,
): HeaderEdits {
  const top = topOfHeader(message, message.root);
  if (top === undefined)
    return { edits: [], refused: new Map(changes.map(({ index }) => [index, 'malformed'])) };
  const plan: Plan = { message, eol, top, edits: [], refused: new Map() };
  const usable = changes.filter(({ index, change }) => {
    const reason = reasonAgainst(change, eol);
    if (reason !== undefined) plan.refused.set(index, reason);
    return reason === undefined;
  });
  const deciding = decidingChanges(plan, usable);
  addFields(plan, usable, deciding);
  const tags = usable.flatMap(({ index, change }) =>
    change.kind === 'prependSubject' ? [{ change: index, tag: change.tag }] : [],
  );
  const subject = deciding.get('subject');
  for (const [name, one] of deciding) {
    if (one.change.kind === 'removeHeader') removeFields(plan, one.index, fieldsOf(message, name));
    else setField(plan, one.index, one.change, name === 'subject' ? tags : []);
  }
  if (subject === undefined) plan.edits.push(...tagSubject(message, tags, eol));
  else if (subject.change.kind === 'removeHeader') newSubject(plan, tags);
  return plan;
}

function reasonAgainst(change: HeaderChange, eol: LineEnd): UntouchedReason | undefined {
  if (change.kind === 'prependSubject') return isUsableTag(change.tag) ? undefined : 'invalid-value';
  if (!isFieldName(change.name)) return 'invalid-value';
  if (isProtectedField(change.name.toLowerCase())) return 'protected-header';
  if (change.kind === 'removeHeader') return undefined;
  return newField(change.name, change.value, eol) === undefined ? 'invalid-value' : undefined;
}

/** Defects after which it is not certain which lines of the header are whose: nothing can be taken out of it. */
const UNCERTAIN_HEADER: ReadonlySet<string> = new Set([
  'missing-header-separator',
  'junk-in-header',
  'header-too-large',
  'too-many-fields',
]);

/** Of each name (lower case) the last change that decides about its fields. */
function decidingChanges(
  { message, refused }: Plan,
  changes: readonly IndexedHeaderChange[],
): ReadonlyMap<string, { readonly index: number; readonly change: Deciding }> {
  const { header, body } = message.root;
  const uncertain = message.defects.some(
    ({ kind, at }) => UNCERTAIN_HEADER.has(kind) && at <= Math.max(header.end, body.start),
  );
  const deciding = new Map<string, { readonly index: number; readonly change: Deciding }>();
  for (const { index, change } of changes) {
    if (change.kind !== 'setHeader' && change.kind !== 'removeHeader') continue;
    const name = change.name.toLowerCase();
    const before = deciding.get(name);
    if (uncertain) refused.set(index, 'malformed');
    else {
      if (before !== undefined) refused.set(before.index, 'superseded');
      deciding.set(name, { index, change });
    }
  }
  return deciding;
}

function fieldsOf(message: Message, name: string): readonly HeaderField[] {
  return headerFields(message.root.header, name);
}

function addFields(
  { message, edits, refused, top, eol }: Plan,
  changes: readonly IndexedHeaderChange[],
  deciding: ReadonlyMap<string, { readonly change: Deciding }>,
): void {
  for (const { index, change } of changes) {
    if (change.kind !== 'addHeader') continue;
    const name = change.name.toLowerCase();
    const decided = deciding.get(name)?.change.kind;
    const stays = decided === undefined ? fieldsOf(message, name).length > 0 : decided === 'setHeader';
    const field = newField(change.name, change.value, eol);
    if (stays && UNIQUE_FIELDS.includes(name)) refused.set(index, 'already-present');
    else if (field !== undefined)
      edits.push({ span: { start: top, end: top }, replacement: field, changes: [index] });
  }
}

function removeFields({ edits }: Plan, index: number, fields: readonly HeaderField[]): void {
  for (const { start, end } of fields) {
    edits.push({ span: { start, end }, replacement: new Uint8Array(), changes: [index] });
  }
}

function setField(
  plan: Plan,
  index: number,
  { name, value }: Extract<HeaderChange, { kind: 'setHeader' }>,
  tags: readonly WantedTag[],
): void {
  const { message, edits, refused, top, eol } = plan;
  const missing = missingTags(value, tags);
  const text = [...missing.map(({ tag }) => tag.trim()), value.trim()].join(' ');
  const fields = fieldsOf(message, name);
  const [first, ...further] = fields;
  if (first !== undefined && further.length === 0 && headerText(message, first) === text) {
    refused.set(index, 'already-present');
    return;
  }
  const changes = [index, ...missing.map(({ change }) => change)];
  const replacement = newField(name, text, eol);
  if (replacement === undefined) {
    refused.set(index, 'invalid-value');
    return;
  }
  const span = first === undefined ? { start: top, end: top } : { start: first.start, end: first.end };
  edits.push({ span, replacement, changes });
  removeFields(plan, index, further);
}

/** Where the subject of the sender goes, the tags alone are one. */
function newSubject({ edits, top, eol }: Plan, tags: readonly WantedTag[]): void {
  const field = newField('Subject', tags.map(({ tag }) => tag.trim()).join(' '), eol);
  if (field === undefined) return;
  edits.push({
    span: { start: top, end: top },
    replacement: field,
    changes: tags.map(({ change }) => change),
  });
}
