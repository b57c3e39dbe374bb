/**
 * The boundaries of the multiparts that are open while a message is scanned, and the search for the next line that
 * is one of their delimiters (RFC 2046 §5.1.1).
 *
 * The clause says that a line which only begins with the delimiter is one. Taken by the letter, a multipart with
 * boundary `a` swallows the parts of an inner one with boundary `ab`; so here, as in the mail readers that matter, the
 * line must be the delimiter, perhaps followed by `--`, and then nothing but transport padding. The lookup is by the
 * whole line, so its cost does not grow with the depth of nesting.
 */
import { isBlank } from './header.ts';
import { endOfLine } from './header-scan.ts';
import { MAX_BOUNDARY_BYTES } from './limits.ts';

const DASH = 0x2d;
const LINE_WITH_DASHES = Buffer.from('\n--', 'latin1');

/** One more than the longest line that can be a delimiter: a boundary, and two dashes behind it. */
const LINE_LIMIT = MAX_BOUNDARY_BYTES + 3;

export interface Delimiter {
  /** Which open multipart it belongs to: its index in the order of opening. */
  readonly owner: number;
  readonly closes: boolean;
  /** With the line end before it, which belongs to the delimiter. */
  readonly start: number;
  readonly end: number;
}

/** Those of one message; changed only by the functions here. */
export interface Boundaries {
  readonly bytes: Buffer;
  /** In the order of opening; undefined once closed. */
  readonly open: (string | undefined)[];
  /** Boundary -> the indexes of the open multiparts that have it. */
  readonly owners: Map<string, number[]>;
  /** How many open boundaries begin with each octet: most lines that begin with dashes are turned away by it. */
  readonly firstOctets: Uint16Array;
  /** How many have each length: turns away most of the lines that begin like one, before their text is looked up. */
  readonly lengths: Uint16Array;
}

/** Boundaries over one message, none open. */
export function noBoundaries(bytes: Buffer): Boundaries {
  return {
    bytes,
    open: [],
    owners: new Map(),
    firstOctets: new Uint16Array(256),
    lengths: new Uint16Array(LINE_LIMIT),
  };
}

/** Opens a multipart; its index is the number of those open before. */
export function openBoundary({ open, owners, firstOctets, lengths }: Boundaries, boundary: string): void {
  const list = owners.get(boundary);
  if (list === undefined) owners.set(boundary, [open.length]);
  else list.push(open.length);
  open.push(boundary);
  const first = boundary.charCodeAt(0);
  firstOctets[first] = (firstOctets[first] ?? 0) + 1;
  lengths[boundary.length] = (lengths[boundary.length] ?? 0) + 1;
}

/** Forgets the multiparts from that index on. */
export function closeBoundariesFrom(boundaries: Boundaries, owner: number): void {
  while (boundaries.open.length > owner) {
    markClosed(boundaries, boundaries.open.length - 1);
    boundaries.open.pop();
  }
}

/** The multipart at that index, the last one, has seen its closing delimiter: its boundary counts no more. */
export function markClosed({ open, owners, firstOctets, lengths }: Boundaries, owner: number): void {
  const boundary = open[owner];
  if (boundary === undefined) return;
  open[owner] = undefined;
  const first = boundary.charCodeAt(0);
  firstOctets[first] = (firstOctets[first] ?? 1) - 1;
  lengths[boundary.length] = (lengths[boundary.length] ?? 1) - 1;
  const list = owners.get(boundary);
  list?.pop();
  if (list?.length === 0) owners.delete(boundary);
}

/** The next delimiter at or after `from`, which must be the start of a line; undefined when there is none. */
export function nextDelimiter(boundaries: Boundaries, from: number): Delimiter | undefined {
  const { bytes, owners } = boundaries;
  if (owners.size === 0) return undefined;
  for (let lineStart = from; lineStart !== -1; lineStart = nextDashes(bytes, lineStart)) {
    const match = matchAt(boundaries, lineStart);
    if (match !== undefined) return { ...match, start: beforeLineEnd(bytes, from, lineStart) };
  }
  return undefined;
}

/** Whether the line at that offset is a delimiter. */
export function isDelimiter(boundaries: Boundaries, lineStart: number): boolean {
  return matchAt(boundaries, lineStart) !== undefined;
}

function matchAt(
  { bytes, owners, firstOctets, lengths }: Boundaries,
  lineStart: number,
): Omit<Delimiter, 'start'> | undefined {
  if (bytes[lineStart] !== DASH || bytes[lineStart + 1] !== DASH) return undefined;
  if ((firstOctets[bytes[lineStart + 2] ?? 0] ?? 0) === 0) return undefined;
  const end = endOfLine(bytes, lineStart);
  const text = delimiterText(bytes, lengths, lineStart + 2, end);
  if (text === undefined) return undefined;
  const between = owners.get(text)?.at(-1) ?? -1;
  const closing = text.endsWith('--') ? (owners.get(text.slice(0, -2))?.at(-1) ?? -1) : -1;
  if (between === -1 && closing === -1) return undefined;
  // The inner multipart has the first claim to the line.
  return between >= closing ? { owner: between, closes: false, end } : { owner: closing, closes: true, end };
}

/** The start of the next line that begins with two dashes, or -1. */
function nextDashes(bytes: Buffer, from: number): number {
  const found = bytes.indexOf(LINE_WITH_DASHES, from);
  return found === -1 ? -1 : found + 1;
}

/** The line's text after the dashes, without line end and transport padding; undefined when no boundary is as long. */
function delimiterText(
  bytes: Buffer,
  lengths: Uint16Array,
  start: number,
  lineEnd: number,
): string | undefined {
  let end = lineEnd;
  while (end > start && (isBlank(bytes[end - 1]) || bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d))
    end--;
  const length = end - start;
  if (length > MAX_BOUNDARY_BYTES + 2) return undefined;
  const maybe = (lengths[length] ?? 0) > 0 || (length > 2 && (lengths[length - 2] ?? 0) > 0);
  return maybe ? bytes.toString('latin1', start, end) : undefined;
}

/** Steps back over the line end before `lineStart`, not further than `from`. */
function beforeLineEnd(bytes: Buffer, from: number, lineStart: number): number {
  if (lineStart <= from) return lineStart;
  // `from` begins a line, so no CR before it can be taken for this line end's.
  const lf = lineStart - 1;
  return bytes[lf - 1] === 0x0d ? lf - 1 : lf;
}
