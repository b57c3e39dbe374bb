/** Disclaimers as insertions into a decoded body: set off by empty lines in text, on lines of their own in HTML. */
import { bufferOver, isBlank } from './header.ts';
import { findHtmlPoints } from './html-points.ts';
import type { LineEnd } from './line-ends.ts';
import { type Placed, placeAtBottom, placeAtTop, type Region, type Wanted } from './placement.ts';
import type { Insertion } from './splice.ts';

export interface InsertionRequest {
  readonly body: Uint8Array;
  readonly html: boolean;
  readonly prepend: readonly Wanted[];
  readonly append: readonly Wanted[];
  readonly skipIfPresent: boolean;
  readonly eol: LineEnd;
}

/** The insertions, in ascending order; none when all disclaimers are at their places. */
export function insertionsFor(request: InsertionRequest): readonly Insertion[] {
  const { body } = request;
  // A byte order mark stays first.
  const start = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0;
  return mergeEqualPlaces(request.html ? htmlInsertions(request, start) : textInsertions(request, start));
}

/** Insertions at one place are one: each would otherwise care for the line ends around it by itself. */
function mergeEqualPlaces(insertions: readonly Insertion[]): readonly Insertion[] {
  const merged = new Map<number, Insertion>();
  for (const insertion of insertions) {
    const before = merged.get(insertion.at);
    merged.set(insertion.at, {
      at: insertion.at,
      bytes: before === undefined ? insertion.bytes : Buffer.concat([before.bytes, insertion.bytes]),
      changes: [...(before?.changes ?? []), ...insertion.changes],
    });
  }
  return [...merged.values()].toSorted((a, b) => a.at - b.at);
}

function isLineEndByte(byte: number | undefined): boolean {
  return byte === 0x0d || byte === 0x0a;
}

function htmlInsertions(request: InsertionRequest, start: number): readonly Insertion[] {
  const { body, prepend, append, skipIfPresent, eol } = request;
  const points = findHtmlPoints(bufferOver(body).toString('latin1'), start);
  const region: Region = {
    body,
    start: points.top,
    end: body.length,
    isGap: (byte) => isBlank(byte) || isLineEndByte(byte),
    wholeLines: false,
  };
  const placed = [
    ...placeAtTop(region, prepend, skipIfPresent),
    ...placeAtBottom({ ...region, end: points.bottom }, append, skipIfPresent),
  ];
  const line = Buffer.from(eol);
  return placed.map(({ at, wanted }) => ({
    at,
    bytes: Buffer.concat([line, ...wanted.flatMap(({ core }) => [core, line])]),
    changes: wanted.map(({ change }) => change),
  }));
}

function textInsertions(request: InsertionRequest, start: number): readonly Insertion[] {
  const { body, prepend, append, skipIfPresent, eol } = request;
  const region: Region = { body, start, end: body.length, isGap: isLineEndByte, wholeLines: true };
  if (start === body.length) {
    const all = [...prepend, ...append];
    return all.length === 0 ? [] : [paragraphs(region, { at: start, wanted: all }, eol)];
  }
  const placed = [
    ...placeAtTop(region, prepend, skipIfPresent),
    ...placeAtBottom(region, append, skipIfPresent),
  ];
  return placed.map((place) => paragraphs(region, place, eol));
}

/** Empty lines between paragraphs; a last line without a line end stays without one. */
function paragraphs({ body, start, end }: Region, { at, wanted }: Placed, eol: LineEnd): Insertion {
  const line = Buffer.from(eol);
  const gap = Buffer.concat([line, line]);
  const pieces: Buffer[] = [];
  if (at > start) pieces.push(...lineEndsToAdd(body, start, at, line));
  for (const [index, { core }] of wanted.entries()) pieces.push(...(index === 0 ? [core] : [gap, core]));
  if (at < end) pieces.push(gap);
  else if (start === end || body[end - 1] === 0x0a) pieces.push(line);
  return { at, bytes: Buffer.concat(pieces), changes: wanted.map(({ change }) => change) };
}

/** What is missing before `at` to an empty line: two line ends, one, or none. */
function lineEndsToAdd(body: Uint8Array, start: number, at: number, line: Buffer): readonly Buffer[] {
  if (body[at - 1] !== 0x0a) return [line, line];
  const before = body[at - 2] === 0x0d ? at - 3 : at - 2;
  return before < start || body[before] === 0x0a ? [] : [line];
}
