/**
 * Puts octets into an encoded body without encoding it anew. An insertion is given by its place in the decoded body;
 * what comes back are edits of the encoded one, which decode to the body with the insertions in it and to nothing
 * else. Lines that need not change stay as the sender wrote them.
 */
import { encodeBase64 } from './encode.ts';
import { isBlank } from './header.ts';
import type { LineEnd } from './line-ends.ts';
import { isBase64Char } from './transfer.ts';
import type { Edit } from './types.ts';

export interface Insertion {
  /** Offset in the decoded body. */
  readonly at: number;
  /** Decoded. */
  readonly bytes: Buffer;
  /** The changes that it belongs to, by index. */
  readonly changes: readonly number[];
}

/** An edit with the changes that it serves. */
export interface ServingEdit extends Edit {
  readonly changes: readonly number[];
}

export interface EncodedBody {
  readonly raw: Buffer;
  /** Where `raw` begins in the message. */
  readonly start: number;
  readonly decoded: Uint8Array;
  /** Of the encoded lines. */
  readonly eol: LineEnd;
}

/** The decoded body with the insertions in it. They are in ascending order. */
export function insertInto(decoded: Uint8Array, insertions: readonly Insertion[]): Buffer {
  const slices: Uint8Array[] = [];
  let at = 0;
  for (const insertion of insertions) {
    slices.push(decoded.subarray(at, insertion.at), insertion.bytes);
    at = insertion.at;
  }
  slices.push(decoded.subarray(at));
  return Buffer.concat(slices);
}

/** An HTML comment, which ends the likeness of a line to a delimiter. */
const GUARD_COMMENT = Buffer.from('<!---->', 'latin1');

/** 7bit, 8bit and binary: the octets go in as they are. */
export function spliceIdentity(body: EncodedBody, insertions: readonly Insertion[]): readonly ServingEdit[] {
  return insertions.map(({ at, bytes, changes }) => {
    const slices: Uint8Array[] = [bytes];
    // Neither half of a line that is cut in two must become a delimiter. Only HTML is cut inside a line.
    if (lineBeginsWithDashes(body.raw, at) && !isLineEnd(body.raw, at)) slices.unshift(GUARD_COMMENT);
    if (!isLineStart(body.raw, at) && beginsWithDashes(body.raw, at)) slices.push(Buffer.from(' '));
    const position = body.start + at;
    return { span: { start: position, end: position }, replacement: Buffer.concat(slices), changes };
  });
}

export function isLineStart(raw: Uint8Array, at: number): boolean {
  return at === 0 || raw[at - 1] === 0x0a;
}

function isLineEnd(raw: Uint8Array, at: number): boolean {
  return at >= raw.length || raw[at] === 0x0a || (raw[at] === 0x0d && raw[at + 1] === 0x0a);
}

export function beginsWithDashes(raw: Uint8Array, at: number): boolean {
  return raw[at] === 0x2d && raw[at + 1] === 0x2d;
}

/** Whether `at` is inside a line that begins with two dashes: cut there, it might become a delimiter. */
export function lineBeginsWithDashes(raw: Buffer, at: number): boolean {
  if (isLineStart(raw, at)) return false;
  return beginsWithDashes(raw, raw.lastIndexOf(0x0a, at - 1) + 1);
}

/** Insertions that share a group of three octets, or a place, and so an edit. */
interface Cluster {
  readonly first: number;
  readonly insertions: Insertion[];
}

/**
 * base64: only the group of four characters that an insertion falls into is encoded anew, on lines of its own. So
 * that the following groups stay, insertions are filled up to a multiple of three octets with line ends of
 * `contentEol`, which show nothing that matters in text and HTML. Undefined when the body is damaged (octets outside
 * the alphabet, padding inside, an incomplete group): then groups have no certain places.
 */
export function spliceBase64(
  body: EncodedBody,
  insertions: readonly Insertion[],
  contentEol: LineEnd,
): readonly ServingEdit[] | undefined {
  const clusters = clusterByGroup(insertions);
  const positions = locateGroups(
    body.raw,
    clusters.map(({ first }) => first),
  );
  if (positions === undefined) return undefined;
  return clusters.map((cluster, index) => {
    const isLast = index === clusters.length - 1;
    const { bytes, wholeGroup } = gatherCluster(body.decoded, cluster, isLast, contentEol);
    const start = positions.starts[index] ?? positions.end;
    const end = wholeGroup ? (positions.ends[index] ?? positions.end) : start;
    const replacement = onOwnLines(body, bytes, start, end);
    const span = { start: body.start + start, end: body.start + end };
    return { span, replacement, changes: cluster.insertions.flatMap(({ changes }) => changes) };
  });
}

function clusterByGroup(insertions: readonly Insertion[]): readonly Cluster[] {
  const clusters: Cluster[] = [];
  for (const insertion of insertions) {
    const last = clusters.at(-1);
    const first = Math.floor(insertion.at / 3);
    if (last?.first === first) last.insertions.push(insertion);
    else clusters.push({ first, insertions: [insertion] });
  }
  return clusters;
}

/** The octets that a cluster comes to hold, and whether they replace the group or only go in before it. */
function gatherCluster(
  decoded: Uint8Array,
  { first, insertions }: Cluster,
  isLast: boolean,
  contentEol: LineEnd,
): { readonly bytes: Buffer; readonly wholeGroup: boolean } {
  const groupStart = first * 3;
  const wholeGroup = insertions.some(({ at }) => at > groupStart);
  const groupEnd = wholeGroup ? Math.min(groupStart + 3, decoded.length) : groupStart;
  const inserted = insertions.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const relative = insertions.map((insertion) => ({ ...insertion, at: insertion.at - groupStart }));
  const last = relative.at(-1);
  // Something follows, so the cluster must not end in padding.
  if (last !== undefined && (groupEnd < decoded.length || !isLast)) {
    const fill = Buffer.from(filling(inserted, contentEol), 'latin1');
    relative.push({ at: last.at, bytes: fill, changes: [] });
  }
  return { bytes: insertInto(decoded.subarray(groupStart, groupEnd), relative), wholeGroup };
}

/** Line ends that bring the length to a multiple of three. */
function filling(length: number, eol: LineEnd): string {
  const lacking = (3 - (length % 3)) % 3;
  // Two octets a line end: one lacks two octets, or two of them four, which is one more than three.
  return eol === '\n' ? '\n'.repeat(lacking) : '\r\n'.repeat(lacking === 1 ? 2 : lacking / 2);
}

interface GroupPlaces {
  /** Undefined for the place after the last group. */
  readonly starts: readonly (number | undefined)[];
  readonly ends: readonly (number | undefined)[];
  /** After the last character. */
  readonly end: number;
}

/** Where the wanted groups (ascending) begin and end in the encoded text; undefined when it is damaged. */
function locateGroups(raw: Buffer, wanted: readonly number[]): GroupPlaces | undefined {
  const starts: (number | undefined)[] = wanted.map(() => undefined);
  const ends: (number | undefined)[] = wanted.map(() => undefined);
  let next = 0;
  let chars = 0;
  let padding = 0;
  let end = 0;
  for (let at = 0; at < raw.length; at++) {
    const byte = raw[at] ?? 0;
    if (byte === 0x0d || byte === 0x0a || isBlank(byte)) continue;
    if (byte === 0x3d) padding++;
    else if (padding > 0 || !isBase64Char(byte)) return undefined;
    while ((wanted[next] ?? Number.POSITIVE_INFINITY) < chars >> 2) next++;
    if (wanted[next] === chars >> 2) {
      if ((chars & 3) === 0) starts[next] = at;
      else if ((chars & 3) === 3) ends[next] = at + 1;
    }
    chars++;
    end = at + 1;
  }
  return (chars & 3) === 0 && padding <= 2 ? { starts, ends, end } : undefined;
}

/** The octets as base64 lines, set off by line ends from what stands before and after on the same lines. */
function onOwnLines(body: EncodedBody, bytes: Uint8Array, start: number, end: number): Buffer {
  const { raw, eol } = body;
  const before = isLineStart(raw, start) ? '' : eol;
  const after = end >= raw.length || raw[end] === 0x0d || raw[end] === 0x0a ? '' : eol;
  return Buffer.from(`${before}${encodeBase64(bytes, eol).toString('latin1')}${after}`, 'latin1');
}
