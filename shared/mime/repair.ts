/**
 * Lines that are too long to be sent (RFC 5322 §2.1.1: 998 octets), mended where they are and nowhere else: a leaf is
 * encoded so that it has none, a header line is folded at white space of its own, a preamble that no reader shows goes. What
 * is inside a signature stays, as does a message/rfc822 (RFC 2046 §5.2.1 forbids to encode it).
 */
import type { Repair } from './change-types.ts';
import { malformedAround } from './classify.ts';
import { encodeBase64, encodeQuotedPrintable } from './encode.ts';
import { bufferOver, isBlank } from './header.ts';
import { labelEdits } from './labels.ts';
import { MAX_LINE_BYTES } from './limits.ts';
import { hasLongLine, type LineEnd, lineEndOf } from './line-ends.ts';
import { decodeBody, transferOf } from './transfer.ts';
import type { Edit, HeaderField, Message, Part, Span } from './types.ts';

/** An edit, what it repairs, and in which part. */
export interface RepairEdit {
  readonly edit: Edit;
  readonly repair: Repair;
}

/** The leaves with lines that are too long and whose encoding may be changed. */
export function longLeaves(message: Message, without: ReadonlySet<Part>): ReadonlySet<Part> {
  const bytes = bufferOver(message.bytes);
  const signed = signedParts(message);
  return new Set(
    message.parts.filter(
      (part) =>
        part.children.length === 0 &&
        !without.has(part) &&
        !signed.has(part) &&
        malformedAround(message, part) === undefined &&
        encodingFor(part) !== undefined &&
        hasLongLine(bytes, part.body),
    ),
  );
}

/** What stands inside multipart/signed or multipart/encrypted (RFC 1847 §2.1: not a single octet may change). */
function signedParts({ parts }: Message): ReadonlySet<Part> {
  const signed = new Set<Part>();
  for (const part of parts) {
    const { parent } = part;
    if (parent === undefined) continue;
    if (signed.has(parent) || isSealed(parent)) signed.add(part);
  }
  return signed;
}

function isSealed({ contentType: { mediaType } }: Part): boolean {
  return mediaType === 'multipart/signed' || mediaType === 'multipart/encrypted';
}

/** The encoding in which the part has no long lines; undefined when it can have none. */
function encodingFor(part: Part): 'quoted-printable' | 'base64' | undefined {
  const { mediaType } = part.contentType;
  if (mediaType.startsWith('message/') || mediaType.startsWith('multipart/')) return undefined;
  const transfer = transferOf(part);
  if (transfer === 'identity') return mediaType.startsWith('text/') ? 'quoted-printable' : 'base64';
  return transfer === 'uuencode' ? undefined : transfer;
}

/** The edits that encode the leaf so. */
export function repairLeaf(message: Message, part: Part, eol: LineEnd): readonly RepairEdit[] {
  const encoding = encodingFor(part);
  const raw = bufferOver(message.bytes).subarray(part.body.start, part.body.end);
  const keeps = transferOf(part) === encoding;
  const labels =
    keeps || encoding === undefined ? [] : labelEdits(message, part, { transfer: encoding }, eol);
  if (encoding === undefined || labels === undefined) return [];
  const lines = lineEndOf(raw) ?? eol;
  const decoded = decodeBody(message, part).bytes;
  const replacement =
    encoding === 'base64' ? encodeBase64(decoded, lines) : encodeQuotedPrintable(decoded, lines);
  const repair: Repair = { kind: 'long-lines', path: part.path };
  return [...labels, { span: part.body, replacement }].map((edit) => ({ edit, repair }));
}

/** Folds in headers, and preambles and epilogues that go. `taken`: spans that other edits replace. */
export function repairRest(
  message: Message,
  without: ReadonlySet<Part>,
  taken: readonly Span[],
  eol: LineEnd,
): readonly RepairEdit[] {
  const bytes = bufferOver(message.bytes);
  const signed = signedParts(message);
  const repairs: RepairEdit[] = [];
  for (const part of message.parts) {
    if (without.has(part) || signed.has(part) || malformedAround(message, part) !== undefined) continue;
    if (!hasLongLine(bytes, part.header)) continue;
    const repair: Repair = { kind: 'long-header-line', path: part.path };
    for (const field of part.header.fields) {
      repairs.push(...folds(bytes, field, eol).map((edit) => ({ edit, repair })));
    }
  }
  const byPath = new Map(message.parts.map((part) => [part.path, part]));
  for (const { kind, path, start, end } of message.spans) {
    const part = byPath.get(path);
    if (
      (kind !== 'preamble' && kind !== 'epilogue') ||
      part === undefined ||
      !hasLongLine(bytes, { start, end })
    )
      continue;
    // A multipart without parts is shown as a text by some readers.
    if (without.has(part) || signed.has(part) || isSealed(part) || part.children.length === 0) continue;
    const edit = { span: { start, end }, replacement: new Uint8Array() };
    repairs.push({ edit, repair: { kind: 'long-preamble', path } });
  }
  return withoutMeeting(repairs, taken);
}

/** Without those that lie in a span that is replaced, or reach into one. */
function withoutMeeting(repairs: readonly RepairEdit[], taken: readonly Span[]): readonly RepairEdit[] {
  const spans = taken.filter(({ start, end }) => end > start).toSorted((a, b) => a.start - b.start);
  let next = 0;
  return repairs
    .toSorted((a, b) => a.edit.span.start - b.edit.span.start)
    .filter(({ edit: { span } }) => {
      while ((spans[next]?.end ?? Number.POSITIVE_INFINITY) <= span.start) next++;
      const other = spans[next];
      return other === undefined || other.start >= Math.max(span.end, span.start + 1);
    });
}

/** Line ends before white space, so that every line fits; none where a word by itself is too long. */
function folds(bytes: Buffer, field: HeaderField, eol: LineEnd): readonly Edit[] {
  const edits: Edit[] = [];
  for (let lineStart = field.start; lineStart < field.end; ) {
    const lf = bytes.indexOf(0x0a, lineStart);
    const next = lf === -1 || lf >= field.end ? field.end : lf + 1;
    let from = lineStart;
    let blank = -1;
    for (let at = Math.max(lineStart, field.value.start + 1); at < next; at++) {
      if (!isBlank(bytes[at]) || isBlank(bytes[at - 1]) || at === from) continue;
      let word = at;
      while (word < next && isBlank(bytes[word])) word++;
      // White space alone on a line would be a fold that RFC 5322 §4.2 calls obsolete.
      if (word >= next || bytes[word] === 0x0d || bytes[word] === 0x0a) break;
      if (at - from > MAX_LINE_BYTES && blank > from) {
        edits.push({ span: { start: blank, end: blank }, replacement: Buffer.from(eol, 'latin1') });
        from = blank;
      }
      blank = at;
      at = word - 1;
    }
    const content = contentLength(bytes, from, next);
    if (content > MAX_LINE_BYTES && blank > from) {
      edits.push({ span: { start: blank, end: blank }, replacement: Buffer.from(eol, 'latin1') });
    }
    lineStart = next;
  }
  return edits;
}

function contentLength(bytes: Buffer, start: number, end: number): number {
  let stop = end;
  while (stop > start && (bytes[stop - 1] === 0x0a || bytes[stop - 1] === 0x0d)) stop--;
  return stop - start;
}
