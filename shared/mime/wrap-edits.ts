/** A call that wraps the message: the new parts around the old octets, and header changes made to the new header. */
import type {
  ChangeOutcome,
  ContentChange,
  HeaderChange,
  Repair,
  RewriteOptions,
  RewriteResult,
  UntouchedReason,
} from './change-types.ts';
import { applyEdits, concatSlices, editedPart } from './edits.ts';
import { editHeader, type IndexedHeaderChange } from './header-edits.ts';
import type { LineEnd } from './line-ends.ts';
import { repairRest } from './repair.ts';
import { parseMessage } from './scan.ts';
import type { Edit, Message } from './types.ts';
import { isWrapped, wrapMessage } from './wrap.ts';

/** The result when one of the changes is a `wrap`; undefined when none is. The first one counts. */
export function rewriteWrapped(
  message: Message,
  changes: readonly ContentChange[],
  { skipIfPresent }: RewriteOptions,
  eol: LineEnd,
): RewriteResult | undefined {
  const index = changes.findIndex((change) => change.kind === 'wrap' && change.text.trim() !== '');
  const change = changes[index];
  if (change?.kind !== 'wrap') return undefined;
  if (skipIfPresent && isWrapped(message, change)) return onlyHeader(message, changes, index, eol);
  const wrapper = wrapMessage(message, change, eol);
  const header = editedHeader(wrapper.header, changes, eol);
  const head = [header.bytes, wrapper.before];
  const { length } = message.bytes;
  const edits: readonly Edit[] =
    wrapper.encoded === undefined
      ? [
          { span: { start: 0, end: 0 }, replacement: Buffer.concat(head) },
          { span: { start: length, end: length }, replacement: wrapper.after },
        ]
      : [
          {
            span: { start: 0, end: length },
            replacement: Buffer.concat([...head, wrapper.encoded, wrapper.after]),
          },
        ];
  const parts = edits.map((edit) => editedPart(message.root, edit));
  const outcomes = changes.map((one, at): ChangeOutcome => {
    if (at === index) return { kind: 'edited', parts };
    if (header.made.has(at)) return { kind: 'edited', parts: parts.slice(0, 1) };
    return unmade(one, header.refused.get(at));
  });
  return { edits, outcomes, repaired: header.repaired };
}

/** Of a message that was wrapped before; its header still takes what it has not got yet. */
function onlyHeader(
  message: Message,
  changes: readonly ContentChange[],
  wrap: number,
  eol: LineEnd,
): RewriteResult {
  const { edits, refused } = editHeader(message, headerChanges(changes), eol);
  const outcomes = changes.map((one, at): ChangeOutcome => {
    if (at === wrap) return { kind: 'untouched', reason: 'already-present' };
    const mine = edits.filter((edit) => edit.changes.includes(at));
    if (mine.length === 0) return unmade(one, refused.get(at));
    return { kind: 'edited', parts: mine.map((edit) => editedPart(message.root, edit)) };
  });
  return { edits: edits.map(({ span, replacement }) => ({ span, replacement })), outcomes, repaired: [] };
}

function unmade(change: ContentChange, refused: UntouchedReason | undefined): ChangeOutcome {
  if (!isHeaderChange(change)) return { kind: 'untouched', reason: 'superseded', path: '' };
  const reason = refused ?? (change.kind === 'prependSubject' ? 'already-present' : 'not-found');
  return { kind: 'untouched', reason };
}

function headerChanges(changes: readonly ContentChange[]): readonly IndexedHeaderChange[] {
  return changes.flatMap((change, index) => (isHeaderChange(change) ? [{ index, change }] : []));
}

/** Whether the change is about the message's own header fields. */
export function isHeaderChange(change: ContentChange): change is HeaderChange {
  switch (change.kind) {
    case 'prependSubject':
    case 'addHeader':
    case 'setHeader':
    case 'removeHeader':
      return true;
    default:
      return false;
  }
}

interface EditedHeader {
  readonly bytes: Uint8Array;
  readonly refused: ReadonlyMap<number, UntouchedReason>;
  /** Indexes of the changes that were made. */
  readonly made: ReadonlySet<number>;
  readonly repaired: readonly Repair[];
}

function editedHeader(header: Buffer, changes: readonly ContentChange[], eol: LineEnd): EditedHeader {
  // The empty line that ends the header is the first octet of what follows; a header alone is a message without a body.
  const parsed = parseMessage(header);
  const { edits, refused } = editHeader(parsed, headerChanges(changes), eol);
  // Lines of the old header that are too long: the new one is ours, and must be fit to be sent.
  const taken = edits.map(({ span }) => span);
  const folds = repairRest(parsed, new Set(), taken, eol);
  return {
    bytes: concatSlices(applyEdits(parsed.bytes, [...edits, ...folds.map(({ edit }) => edit)])),
    refused,
    made: new Set(edits.flatMap((edit) => edit.changes)),
    repaired: folds.slice(0, 1).map(({ repair }) => repair),
  };
}
