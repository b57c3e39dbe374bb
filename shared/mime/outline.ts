/**
 * What can be known of an edited message without building it: its length, its lines that are too long, and its outline, in
 * which a body stands for itself with one letter. Headers, delimiters and what edits put outside of bodies are all there.
 */
import { bufferOver } from './header.ts';
import { MAX_LINE_BYTES } from './limits.ts';
import { parseMessage } from './scan.ts';
import type { Edit, Message, Span } from './types.ts';

/** The length of the message with the edits made. */
export function editedLength({ bytes }: Message, edits: readonly Edit[]): number {
  return edits.reduce(
    (sum, { span, replacement }) => sum + replacement.length - (span.end - span.start),
    bytes.length,
  );
}

/** Octets of the edited message in order: the original's, with their place in it, or new ones. */
interface Piece {
  readonly bytes: Buffer;
  /** Where in the original these octets are, or those that they stand in place of. */
  readonly at: number;
  /** Where the original goes on after them. */
  readonly end: number;
  readonly original: boolean;
}

/** As `applyEdits` puts them together. */
function piecesOf(message: Message, edits: readonly Edit[]): readonly Piece[] {
  const bytes = bufferOver(message.bytes);
  const pieces: Piece[] = [];
  const kept = (start: number, end: number): Piece => ({
    bytes: bytes.subarray(start, end),
    at: start,
    end,
    original: true,
  });
  const isEmpty = ({ span }: Edit): number => (span.start === span.end ? 0 : 1);
  const inOrder = edits.toSorted((a, b) => a.span.start - b.span.start || isEmpty(a) - isEmpty(b));
  let at = 0;
  for (const { span, replacement } of inOrder) {
    if (span.start > at) pieces.push(kept(at, span.start));
    pieces.push({ bytes: bufferOver(replacement), at: span.start, end: span.end, original: false });
    at = span.end;
  }
  pieces.push(kept(at, bytes.length));
  return pieces;
}

/** A part with a line that is too long. */
export interface LongLine {
  readonly path: string;
}

/**
 * The parts of the original in which the edited message has a line of more than 998 octets (RFC 5322 §2.1.1); a line end of
 * LF alone is sent as CRLF. Each part once.
 */
export function longLines(message: Message, edits: readonly Edit[]): readonly LongLine[] {
  const paths = new Set<string>();
  let length = 0;
  let lastWasCr = false;
  let span = 0;
  const found = (at: number): void => {
    const spans = message.spans;
    while (span < spans.length - 1 && (spans[span]?.end ?? 0) <= at) span++;
    paths.add(spans[span]?.path ?? '');
  };
  for (const piece of piecesOf(message, edits)) {
    for (let at = 0; at < piece.bytes.length; ) {
      const lf = piece.bytes.indexOf(0x0a, at);
      const end = lf === -1 ? piece.bytes.length : lf;
      length += end - at;
      if (end > at) lastWasCr = piece.bytes[end - 1] === 0x0d;
      const content = lf !== -1 && lastWasCr ? length - 1 : length;
      // A line that goes on in the next piece is found once, where it ends or has grown too long.
      if (content > MAX_LINE_BYTES + (lf === -1 && lastWasCr ? 1 : 0))
        found(piece.at + (piece.original ? at : 0));
      if (lf !== -1) {
        length = 0;
        lastWasCr = false;
      }
      at = end + 1;
    }
  }
  return [...paths].map((path) => ({ path }));
}

/** Stands for a body. */
const BODY = Buffer.from('x', 'latin1');

/**
 * The message with the edits made and each body of a leaf as one letter: headers, parts and delimiters are those of the edited
 * message, as no edit makes a delimiter inside a body.
 */
export function outlineOf(message: Message, edits: readonly Edit[]): Message {
  const bodies = leafBodies(message);
  const slices: Uint8Array[] = [];
  let next = 0;
  for (const { bytes, at, end, original } of piecesOf(message, edits)) {
    let from = at;
    while ((bodies[next]?.end ?? Number.POSITIVE_INFINITY) <= from) next++;
    if (!original) {
      const body = bodies[next];
      if (body === undefined || !isInside({ start: at, end }, body)) slices.push(bytes);
      else if (at === body.start) slices.push(body.bare ? bytes : BODY);
      continue;
    }
    for (let body = bodies[next]; body !== undefined && body.start < end; body = bodies[next]) {
      if (body.start > from) slices.push(bytes.subarray(from - at, body.start - at));
      if (from <= body.start) slices.push(BODY);
      from = Math.min(body.end, end);
      if (body.end > end) break;
      next++;
    }
    if (from < end) slices.push(bytes.subarray(from - at));
  }
  return parseMessage(Buffer.concat(slices));
}

interface Body extends Span {
  /** Nothing of its part stands before it: what replaces it may bring a header. */
  readonly bare: boolean;
}

/** In the order of the message. */
function leafBodies({ spans }: Message): readonly Body[] {
  return spans.flatMap(({ kind, path, start, end }, index) => {
    const before = spans[index - 1];
    const bare = before === undefined || before.path !== path || before.kind === 'delimiter';
    return kind === 'body' ? [{ start, end, bare }] : [];
  });
}

/** What goes in before a body is not inside it: it may be a header. */
function isInside({ start, end }: Span, body: Span): boolean {
  return start >= body.start && end <= body.end && end > body.start && start < body.end && start > 0;
}
