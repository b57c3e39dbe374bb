/**
 * What the edits of a message change, for a person to read: header fields decoded, bodies with their transfer encoding and
 * charset taken off, part by part. The parts of the two messages are paired by where their octets went, not by their
 * numbers: those shift where a part goes.
 */
import {
  applyEdits,
  concatSlices,
  decodeText,
  type Edit,
  fileName,
  headerText,
  type Message,
  type Part,
  parseMessage,
} from '../../shared/mime/index.ts';
import { type DiffLine, diffLines } from '../line-diff.ts';

/** Unchanged lines around a changed one. */
const CONTEXT_LINES = 1;
/** A body beyond this is not compared as text: nobody reads it in a terminal. */
const MAX_COMPARED_BYTES = 4 * 1024 * 1024;
/** Of one line around the place that differs: newsletters have HTML of megabytes in one line. */
const MAX_LINE_CHARS = 160;
/** Unchanged characters of a long line before the place that differs. */
const KEPT_CHARS = 40;

/** Lines of one part that differ; `-` was there, `+` is new. */
export interface DiffHunk {
  readonly lines: readonly DiffLine[];
}

export interface PartDiff {
  /** Path in the message as it came; undefined for a part that is new. */
  readonly before: string | undefined;
  /** Path in the changed message; undefined for a part that is gone. */
  readonly after: string | undefined;
  readonly mediaType: string;
  readonly name: string | undefined;
  /** `inside`: the part is in the attached message now. `bytes`: what changed is not text. */
  readonly body: 'same' | 'changed' | 'bytes' | 'too-different' | 'gone' | 'new' | 'inside';
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly header: readonly DiffHunk[];
  readonly text: readonly DiffHunk[];
}

/** The changed message, and how each part differs that does. */
export interface MessageDiff {
  readonly after: Uint8Array;
  readonly parts: readonly PartDiff[];
}

/** Compares a message with what the edits make of it. */
export function diffEdits(before: Message, edits: readonly Edit[]): MessageDiff {
  const bytes = concatSlices(applyEdits(before.bytes, edits));
  const after = parseMessage(bytes);
  const moved = createMove(edits);
  const byStart = new Map(after.parts.map((part) => [part.header.start, part]));
  const paired = new Set<Part>();
  const found: PartDiff[] = [];
  for (const part of before.parts) {
    const start = moved(part.header.start);
    const same = start === undefined ? undefined : partAt(start, part, byStart, paired);
    if (same !== undefined) {
      paired.add(same);
      found.push(pairDiff(before, part, after, same));
    } else {
      const holder = start === undefined ? undefined : after.parts.find((one) => holds(one, start));
      found.push(goneDiff(before, part, holder));
    }
  }
  const added = after.parts.filter((part) => !paired.has(part)).map((part) => newDiff(after, part));
  const differs = ({ body, header }: PartDiff): boolean => body !== 'same' || header.length > 0;
  return { after: bytes, parts: [...found.filter(differs), ...added] };
}

/** Where an octet of the original is now; undefined when an edit took it. What is inserted before it counts. */
function createMove(edits: readonly Edit[]): (at: number) => number | undefined {
  const sorted = [...edits].sort((a, b) => a.span.start - b.span.start);
  return (at) => {
    let shift = 0;
    for (const { span, replacement } of sorted) {
      // What is put in right before a part's first field belongs to the part: its header begins there.
      if (span.start >= at) break;
      if (at < span.end) return undefined;
      shift += replacement.length - (span.end - span.start);
    }
    return at + shift;
  };
}

/** Only a multipart and its first part can begin at one place; the outer one comes first in both messages. */
function partAt(
  start: number,
  part: Part,
  byStart: ReadonlyMap<number, Part>,
  paired: ReadonlySet<Part>,
): Part | undefined {
  const found = byStart.get(start);
  if (found === undefined || paired.has(found)) return undefined;
  return (found.parent === undefined) === (part.parent === undefined) ? found : undefined;
}

function holds({ body, children }: Part, at: number): boolean {
  return children.length === 0 && body.start <= at && at < body.end;
}

const sizeOf = ({ body }: Part): number => body.end - body.start;

function pairDiff(before: Message, part: Part, after: Message, now: Part): PartDiff {
  const head = {
    before: part.path,
    after: now.path,
    mediaType: now.contentType.mediaType,
    name: fileName(after, now),
    bytesBefore: sizeOf(part),
    bytesAfter: sizeOf(now),
    header: headerDiff(before, part, after, now),
  };
  const leaves = part.children.length === 0 && now.children.length === 0;
  const same = octets(before, part).equals(octets(after, now));
  if (same || !leaves) return { ...head, body: 'same', text: [] };
  const bothText = [part, now].every(({ contentType }) => contentType.mediaType.startsWith('text/'));
  if (!bothText || sizeOf(part) + sizeOf(now) > MAX_COMPARED_BYTES)
    return { ...head, body: 'bytes', text: [] };
  const [a, b] = [linesOf(before, part), linesOf(after, now)];
  const diff = diffLines(a, b, CONTEXT_LINES);
  if (diff.kind === 'too-different') return { ...head, body: 'too-different', text: [] };
  const hunks = diff.kind === 'hunks' ? diff.hunks : [];
  return { ...head, body: 'changed', text: hunks.map((lines) => ({ lines: shortened(lines) })) };
}

function goneDiff(before: Message, part: Part, holder: Part | undefined): PartDiff {
  return {
    before: part.path,
    after: holder?.path,
    mediaType: part.contentType.mediaType,
    name: fileName(before, part),
    body: holder === undefined ? 'gone' : 'inside',
    bytesBefore: sizeOf(part),
    bytesAfter: 0,
    header: [],
    text: [],
  };
}

function newDiff(after: Message, part: Part): PartDiff {
  const readable = part.contentType.mediaType.startsWith('text/') && sizeOf(part) <= MAX_COMPARED_BYTES;
  const lines = readable ? linesOf(after, part).map((text) => ({ kind: 'added', text }) as const) : [];
  return {
    before: undefined,
    after: part.path,
    mediaType: part.contentType.mediaType,
    name: fileName(after, part),
    body: 'new',
    bytesBefore: 0,
    bytesAfter: sizeOf(part),
    header: [],
    text: lines.length === 0 ? [] : [{ lines: shortened(lines) }],
  };
}

function octets(message: Message, { body }: Part): Buffer {
  const { buffer, byteOffset } = message.bytes;
  return Buffer.from(buffer, byteOffset + body.start, body.end - body.start);
}

function linesOf(message: Message, part: Part): string[] {
  return decodeText(message, part)
    .text.replace(/\r?\n$/, '')
    .split(/\r?\n/);
}

/** Fields decoded; as they are written where only the writing differs. */
function headerDiff(before: Message, part: Part, after: Message, now: Part): readonly DiffHunk[] {
  const decoded = diffLines(fieldsOf(before, part, headerText), fieldsOf(after, now, headerText), 0);
  const diff =
    decoded.kind === 'equal'
      ? diffLines(fieldsOf(before, part, rawText), fieldsOf(after, now, rawText), 0)
      : decoded;
  return diff.kind === 'hunks' ? diff.hunks.map((lines) => ({ lines: shortened(lines) })) : [];
}

type FieldText = typeof headerText;

const rawText: FieldText = (message, { value }) =>
  Buffer.from(message.bytes.subarray(value.start, value.end)).toString('latin1').trim();

function fieldsOf(message: Message, { header }: Part, text: FieldText): string[] {
  return header.fields.map((field) => `${field.name}: ${text(message, field)}`);
}

/** Long lines are cut to what is around the place where an old and its new line differ. */
function shortened(lines: readonly DiffLine[]): readonly DiffLine[] {
  return lines.map((line, index) => {
    if (line.text.length <= MAX_LINE_CHARS) return line;
    const other = counterpart(lines, index);
    const from = other === undefined ? 0 : Math.max(0, commonPrefix(line.text, other.text) - KEPT_CHARS);
    const shown = line.text.slice(from, from + MAX_LINE_CHARS);
    const more = from + MAX_LINE_CHARS < line.text.length;
    return { kind: line.kind, text: `${from > 0 ? '…' : ''}${shown}${more ? '…' : ''}` };
  });
}

/** Old lines stand before new ones: of a run of both, the first belongs to the first, and so on. */
function counterpart(lines: readonly DiffLine[], index: number): DiffLine | undefined {
  const kind = lines[index]?.kind;
  if (kind === undefined || kind === 'same') return undefined;
  let first = index;
  while (first > 0 && lines[first - 1]?.kind !== 'same') first--;
  let middle = first;
  while (lines[middle]?.kind === 'removed') middle++;
  const other = kind === 'removed' ? middle + (index - first) : first + (index - middle);
  const found = lines[other];
  return found !== undefined && found.kind !== 'same' && found.kind !== kind ? found : undefined;
}

function commonPrefix(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  let at = 0;
  while (at < end && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  return at;
}
