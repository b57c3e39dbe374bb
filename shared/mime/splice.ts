/**
 * Puts octets into an encoded body, or takes some out, without encoding it anew. A splice is given by its place in the
 * decoded body; what comes back are edits of the encoded one, which decode to the body with the splices made and to
 * nothing else. Lines that need not change stay as the sender wrote them. Here: what is common to all encodings, and the
 * bodies that are not encoded.
 */
import type { BodySplice } from './body/splices.ts';
import { MAX_LINE_BYTES } from './limits.ts';
import type { LineEnd } from './line-ends.ts';
import type { Edit, Part } from './types.ts';

/** An edit with the changes that it serves. */
export interface ServingEdit extends Edit {
  readonly changes: readonly number[];
}

/** An edit and the part that it is about. */
export interface PlacedEdit {
  readonly edit: ServingEdit;
  readonly part: Part;
}

export interface EncodedBody {
  readonly raw: Buffer;
  /** Where `raw` begins in the message. */
  readonly start: number;
  readonly decoded: Uint8Array;
  /** Of the encoded lines. */
  readonly eol: LineEnd;
}

/** The decoded body with the splices made. They are in ascending order and do not overlap. */
export function applySplices(decoded: Uint8Array, splices: readonly BodySplice[]): Buffer {
  const slices: Uint8Array[] = [];
  let at = 0;
  for (const { start, end, bytes } of splices) {
    slices.push(decoded.subarray(at, start), bytes);
    at = end;
  }
  slices.push(decoded.subarray(at));
  return Buffer.concat(slices);
}

/** Splices that touch each other as one: each would otherwise care for the line ends around it by itself. */
export function mergeAdjacent(splices: readonly BodySplice[]): readonly BodySplice[] {
  const merged: BodySplice[] = [];
  for (const splice of splices) {
    const last = merged.at(-1);
    if (last === undefined || last.end < splice.start) {
      merged.push(splice);
      continue;
    }
    merged[merged.length - 1] = {
      start: last.start,
      end: Math.max(last.end, splice.end),
      bytes: Buffer.concat([last.bytes, splice.bytes]),
      changes: [...new Set([...last.changes, ...splice.changes])],
    };
  }
  return merged;
}

/**
 * Both lists as one, in ascending order. Where a splice of `first` takes octets away, those of `second` that lie in there or
 * reach into it are dropped: what they were about is gone.
 */
export function mergeSplices(
  first: readonly BodySplice[],
  second: readonly BodySplice[],
): readonly BodySplice[] {
  const kept: BodySplice[] = [...first];
  let next = 0;
  for (const splice of second) {
    while ((first[next]?.end ?? Number.POSITIVE_INFINITY) <= splice.start) next++;
    const cut = first[next];
    const meets = cut !== undefined && cut.start < cut.end && splice.end > cut.start;
    if (!meets || (splice.start === splice.end && splice.start === cut.start)) kept.push(splice);
  }
  return kept.toSorted((a, b) => a.start - b.start || a.end - b.end);
}

/** Every change that the splices belong to, once. */
export function changesOf(splices: readonly BodySplice[]): readonly number[] {
  return [...new Set(splices.flatMap(({ changes }) => changes))];
}

/** 7bit, 8bit and binary: the octets go in as they are. */
export function spliceIdentity(body: EncodedBody, splices: readonly BodySplice[]): readonly ServingEdit[] {
  return splices.map(({ start, end, bytes, changes }) => ({
    span: { start: body.start + start, end: body.start + end },
    replacement: bytes,
    changes,
  }));
}

/** How much of a line is kept to compare it with delimiters; a longer one is none (`limits.ts` MAX_BOUNDARY_BYTES). */
const KEPT_OF_LINE = MAX_LINE_BYTES + 2;

/** A line of the body as it comes to be. */
interface Line {
  text: string;
  length: number;
  /** How many octets of the original are on it, or were between two that are. */
  original: number;
}

/** What a splice would make of lines that are not encoded, and may not stay so. */
export interface LineFaults {
  /** A line over 998 octets where there was none. */
  readonly long: boolean;
  /** A line that is a delimiter of a multipart around the part, or begins like one. */
  readonly delimiter: boolean;
}

/**
 * Looks at every line that the splices touch, as it will be.
 * @param boundaries of the multiparts around, as octets in latin1.
 */
export function lineFaults(
  raw: Buffer,
  splices: readonly Pick<BodySplice, 'start' | 'end' | 'bytes'>[],
  boundaries: readonly string[],
): LineFaults {
  const faults = { long: false, delimiter: false };
  const finish = ({ text, length, original }: Line): void => {
    if (length > MAX_LINE_BYTES && original <= MAX_LINE_BYTES) faults.long = true;
    if (text.startsWith('--') && boundaries.some((boundary) => text.startsWith(boundary, 2)))
      faults.delimiter = true;
  };
  let line: Line | undefined;
  let at = 0;
  for (const { start, end, bytes } of splices) {
    const between = raw.subarray(at, start);
    // The rest of the line of the splice before, as far as this one.
    if (line !== undefined) line = restOfLine(between, line, finish);
    line ??= extend(newLine(), between.subarray(between.lastIndexOf(0x0a) + 1), true);
    line = newLines(bytes, line, finish);
    if (!raw.subarray(start, end).includes(0x0a)) line.original += end - start;
    at = end;
  }
  if (line !== undefined) {
    line = restOfLine(raw.subarray(at), line, finish);
    if (line !== undefined) finish(line);
  }
  return faults;
}

function newLine(): Line {
  return { text: '', length: 0, original: 0 };
}

function extend(line: Line, bytes: Buffer, original: boolean): Line {
  if (line.text.length < KEPT_OF_LINE) {
    line.text += bytes.toString('latin1', 0, KEPT_OF_LINE - line.text.length);
  }
  line.length += bytes.length;
  if (original) line.original += bytes.length;
  return line;
}

/** The length of the first line without its line end; -1 when none of the octets ends it. */
function lineLength(bytes: Buffer, from: number): number {
  const lf = bytes.indexOf(0x0a, from);
  if (lf === -1) return -1;
  return (lf > from && bytes[lf - 1] === 0x0d ? lf - 1 : lf) - from;
}

/** Takes what the original still has of the line; undefined when it ends there. */
function restOfLine(bytes: Buffer, line: Line, finish: (line: Line) => void): Line | undefined {
  const length = lineLength(bytes, 0);
  extend(line, length === -1 ? bytes : bytes.subarray(0, length), true);
  if (length === -1) return line;
  finish(line);
  return undefined;
}

/** Takes what is put in; the line that is open at its end. */
function newLines(bytes: Buffer, begun: Line, finish: (line: Line) => void): Line {
  let line = begun;
  for (let at = 0; ; at = bytes.indexOf(0x0a, at) + 1) {
    const length = lineLength(bytes, at);
    if (length === -1) return extend(line, bytes.subarray(at), false);
    finish(extend(line, bytes.subarray(at, at + length), false));
    line = newLine();
  }
}

export function isLineStart(raw: Uint8Array, at: number): boolean {
  return at === 0 || raw[at - 1] === 0x0a;
}

export function beginsWithDashes(raw: Uint8Array, at: number): boolean {
  return raw[at] === 0x2d && raw[at + 1] === 0x2d;
}
