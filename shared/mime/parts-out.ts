/**
 * Parts taken out of a message. Of a multipart's child its delimiter goes with it; a multipart that would hold nothing goes
 * as well (RFC 2046 §5.1 wants at least one part), or, where it is the message itself, gets an empty text.
 */
import type { UntouchedReason } from './change-types.ts';
import { malformedHeaders } from './classify.ts';
import { headerField } from './header.ts';
import { rawHeaderText } from './header-text.ts';
import type { LineEnd } from './line-ends.ts';
import { contentFieldPlace, topOfHeader } from './new-field.ts';
import { textBody, textPart } from './note.ts';
import type { PlacedEdit, ServingEdit } from './splice.ts';
import type { Message, Part, Span } from './types.ts';

/** A part that a change takes out, and what stands in its place, if anything. */
export interface Removal {
  readonly part: Part;
  readonly change: number;
  readonly note?: string;
}

/** Why the part cannot be taken out by itself; undefined when it can. */
export function reasonAgainstRemoval(message: Message, part: Part): UntouchedReason | undefined {
  const malformed = malformedHeaders(message);
  if (malformed === 'all') return 'malformed';
  for (let around = part.parent; around !== undefined; around = around.parent) {
    const reason = CLOSED.get(around.contentType.mediaType);
    if (reason !== undefined) return reason;
    if (malformed.has(around)) return 'malformed';
  }
  if (part.parent !== undefined) return undefined;
  if (malformed.has(part) || topOfHeader(message, part) === undefined) return 'malformed';
  const { mediaType } = part.contentType;
  if (mediaType === 'message/partial') return 'partial';
  return part.children.length > 0 ? 'not-found' : CLOSED.get(mediaType);
}

/** What nothing can be taken out of: it is signed as it stands, or a program reads it. */
const CLOSED: ReadonlyMap<string, UntouchedReason> = new Map<string, UntouchedReason>([
  ['multipart/signed', 'signed'],
  ['multipart/encrypted', 'encrypted'],
  ['multipart/report', 'report'],
  ['application/pkcs7-mime', 'encrypted'],
  ['application/x-pkcs7-mime', 'encrypted'],
]);

export interface Removed {
  /** With the part that each takes out. */
  readonly edits: readonly PlacedEdit[];
  /** Every part that is gone, with all that is inside it, and multiparts that are gone with their last part. */
  readonly parts: ReadonlySet<Part>;
}

/** The edits that take the parts out. Each must have passed `reasonAgainstRemoval`. */
export function removeParts(message: Message, removals: readonly Removal[], eol: LineEnd): Removed {
  const planned = new Map<Part, Going>();
  for (const removal of removals) plan(planned, removal);
  takeEmptied(message, planned);
  const gone = removedWith(message, new Set(planned.keys()));
  for (const one of planned.values()) serveAround(one, planned, gone);
  const outermost = [...planned.values()].filter(
    ({ part }) => part.parent === undefined || !gone.has(part.parent),
  );
  const edits = [...Map.groupBy(outermost, ({ part }) => part.parent)].flatMap(([parent, list]) =>
    parent === undefined
      ? list.flatMap((one) => replaceRoot(message, one, eol).map((edit) => ({ edit, part: one.part })))
      : childEdits(message, list, eol),
  );
  return { edits, parts: gone };
}

/** A part that goes, for all the changes that want it. */
interface Going {
  readonly part: Part;
  readonly changes: number[];
  note: string | undefined;
}

/** Of several notes for one part the first stands there: what is said of it must not be lost since another change takes it too. */
function plan(planned: Map<Part, Going>, { part, change, note }: Removal): void {
  const before = planned.get(part);
  if (before === undefined) planned.set(part, { part, changes: [change], note });
  else {
    before.note ??= note;
    serve(before, [change]);
  }
}

function serve({ changes }: Going, more: readonly number[]): void {
  for (const change of more) if (!changes.includes(change)) changes.push(change);
}

/** What goes with a part around it is out as well: the edit is that of the outermost. */
function serveAround(
  { part, changes }: Going,
  planned: ReadonlyMap<Part, Going>,
  gone: ReadonlySet<Part>,
): void {
  let outermost = part;
  while (outermost.parent !== undefined && gone.has(outermost.parent)) outermost = outermost.parent;
  const around = planned.get(outermost);
  if (around !== undefined) serve(around, changes);
}

/** The parts with all that is inside them. */
export function removedWith(message: Message, parts: ReadonlySet<Part>): ReadonlySet<Part> {
  const gone = new Set<Part>();
  if (parts.size === 0) return gone;
  // Parents come before their children.
  for (const part of message.parts) {
    if (parts.has(part) || (part.parent !== undefined && gone.has(part.parent))) gone.add(part);
  }
  return gone;
}

/** Adds the multiparts all of whose children go without a note, from the innermost out; the root keeps an empty text. */
function takeEmptied(message: Message, planned: Map<Part, Going>): void {
  for (const part of message.parts.toReversed()) {
    const removals = part.children.flatMap((child) => planned.get(child) ?? []);
    const [first] = removals;
    if (first === undefined || removals.length < part.children.length || planned.has(part)) continue;
    if (removals.some(({ note }) => note !== undefined)) continue;
    if (part.parent === undefined) first.note = '';
    else planned.set(part, { part, changes: [], note: undefined });
  }
}

/** Edits for children of one multipart. Neighbours without a note go together. */
function childEdits(message: Message, removals: readonly Going[], eol: LineEnd): readonly PlacedEdit[] {
  const delimiters = delimitersByEnd(message);
  const inOrder = removals.toSorted((a, b) => a.part.header.start - b.part.header.start);
  const edits: PlacedEdit[] = [];
  let run: { start: number; end: number; readonly changes: number[]; readonly part: Part } | undefined;
  const flush = (): void => {
    if (run !== undefined) edits.push({ edit: cut(message, run, run.changes, eol), part: run.part });
    run = undefined;
  };
  for (const { part, changes, note } of inOrder) {
    const { start, end } = { start: part.header.start, end: part.body.end };
    if (note !== undefined) {
      flush();
      const replacement = notePart(message, part, note, eol);
      edits.push({ edit: { span: { start, end }, replacement, changes }, part });
      continue;
    }
    const from = delimiters.get(start)?.start ?? start;
    if (run === undefined || run.end !== from) {
      flush();
      run = { start: from, end, changes: [...changes], part };
    } else {
      run.end = end;
      for (const change of changes) if (!run.changes.includes(change)) run.changes.push(change);
    }
  }
  flush();
  return edits;
}

const delimiterMaps = new WeakMap<Message, ReadonlyMap<number, Span>>();

/** Where a delimiter ends, its part begins. */
function delimitersByEnd(message: Message): ReadonlyMap<number, Span> {
  const known = delimiterMaps.get(message);
  if (known !== undefined) return known;
  const map = new Map<number, Span>();
  for (const span of message.spans) if (span.kind === 'delimiter') map.set(span.end, span);
  delimiterMaps.set(message, map);
  return map;
}

function cut(message: Message, { start, end }: Span, changes: readonly number[], eol: LineEnd): ServingEdit {
  const { bytes } = message;
  // RFC 2046 §5.1.1: the line end before a delimiter belongs to it. Where the one that goes had none, the one that follows needs
  // none either; where the one that follows has none, since an empty body left it none, it gets the other's.
  const had = bytes[start] !== DASH;
  const has = bytes[end] !== DASH;
  const lineEnd = bytes[end] === 0x0d ? 2 : bytes[end] === 0x0a ? 1 : 0;
  return {
    span: { start, end: had ? end : end + lineEnd },
    replacement: Buffer.from(had && !has ? eol : '', 'latin1'),
    changes,
  };
}

const DASH = 0x2d;

function notePart(message: Message, part: Part, note: string, eol: LineEnd): Buffer {
  const { header, body } = part;
  // RFC 2392: what refers to the part by its id goes on finding one.
  const id = headerField(header, 'content-id');
  const text = id === undefined ? '' : rawHeaderText(message, id);
  const keepsId = part.parent?.contentType.mediaType === 'multipart/related' && /^<[!-~]{1,900}>$/.test(text);
  const fields = ['Content-Disposition: inline', ...(keepsId ? [`Content-ID: ${text}`] : [])];
  const octets = textPart('text/plain', note, eol, fields);
  // The message may end within the delimiter's line.
  const begun = header.start > 0 && message.bytes[header.start - 1] !== 0x0a ? eol : '';
  const followed = body.end < message.bytes.length && message.bytes[body.end] !== 0x2d;
  // The delimiter's line end is there; the note brings one of its own only where it is not.
  const end = followed ? octets.length - eol.length : octets.length;
  return Buffer.concat([Buffer.from(begun, 'latin1'), octets.subarray(0, end)]);
}

/** The only body of a message is replaced by the note, and with it every field that told how to read it. */
function replaceRoot(message: Message, { part, changes, note }: Going, eol: LineEnd): readonly ServingEdit[] {
  const { header, body } = part;
  const edits: ServingEdit[] = header.fields
    .filter(({ lowerName }) => lowerName.startsWith('content-'))
    .map(({ start, end }) => ({ span: { start, end }, replacement: new Uint8Array(), changes }));
  const version = headerField(header, 'mime-version') === undefined ? [`MIME-Version: 1.0${eol}`] : [];
  const fields = [
    ...version,
    `Content-Type: text/plain; charset=utf-8${eol}`,
    `Content-Transfer-Encoding: quoted-printable${eol}`,
  ];
  const place = contentFieldPlace(message, part) ?? header.start;
  edits.push({
    span: { start: place, end: place },
    replacement: Buffer.from(fields.join(''), 'latin1'),
    changes,
  });
  const lastGoes = header.fields.at(-1)?.lowerName.startsWith('content-') === true;
  const unterminated = header.end > header.start && message.bytes[header.end - 1] !== 0x0a && !lastGoes;
  const separator = body.start > header.end ? '' : `${unterminated ? eol : ''}${eol}`;
  edits.push({
    span: { start: body.start, end: body.end },
    replacement: Buffer.concat([Buffer.from(separator, 'latin1'), textBody(note ?? '', eol)]),
    changes,
  });
  return edits;
}
