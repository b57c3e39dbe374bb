/**
 * Splices in base64 (RFC 2045 §6.8): only the groups of four characters that a splice falls into are encoded anew, on lines
 * of their own, so long as what follows keeps its place in the groups.
 */
import type { BodySplice } from './body/splices.ts';
import { encodeBase64 } from './encode.ts';
import { isBlank } from './header.ts';
import type { LineEnd } from './line-ends.ts';
import { applySplices, changesOf, type EncodedBody, isLineStart, type ServingEdit } from './splice.ts';
import { isBase64Char } from './transfer.ts';

/** Splices that share a group of three octets, and so an edit: the groups `[first, last)`. */
interface Cluster {
  readonly first: number;
  last: number;
  readonly splices: BodySplice[];
}

/** What a cluster comes to hold. */
interface Filled {
  readonly cluster: Cluster;
  readonly bytes: Buffer;
}

/**
 * The splices as edits of the encoded body. What follows stays as it is where the octets put in for a splice are a multiple
 * of three in number; where they end a line, they are filled up to that with line ends of `contentEol`, which show nothing
 * that matters in text and HTML. Otherwise the rest of the body is encoded anew. Undefined when the body is damaged (octets
 * outside the alphabet, padding inside, an incomplete group): then groups have no certain places.
 */
export function spliceBase64(
  body: EncodedBody,
  splices: readonly BodySplice[],
  contentEol: LineEnd,
): readonly ServingEdit[] | undefined {
  const filled = fillClusters(body.decoded, clusterByGroup(splices), contentEol);
  const places = locateGroups(body.raw, filled);
  if (places === undefined) return undefined;
  return filled.map(({ cluster, bytes }, index) => {
    const start = places.starts[index] ?? places.end;
    const end = cluster.last > cluster.first ? (places.ends[index] ?? places.end) : start;
    return {
      span: { start: body.start + start, end: body.start + end },
      replacement: onOwnLines(body, bytes, start, end),
      changes: changesOf(cluster.splices),
    };
  });
}

function clusterByGroup(splices: readonly BodySplice[]): readonly Cluster[] {
  const clusters: Cluster[] = [];
  for (const splice of splices) {
    const first = Math.floor(splice.start / 3);
    // An insertion between two groups needs neither of them.
    const last = Math.max(first, Math.ceil(splice.end / 3));
    const before = clusters.at(-1);
    if (before !== undefined && (first < before.last || before.first === first)) {
      before.last = Math.max(before.last, last);
      before.splices.push(splice);
    } else clusters.push({ first, last, splices: [splice] });
  }
  return clusters;
}

/** The clusters with their octets; one that cannot be filled up takes the rest of the body, and all after it. */
function fillClusters(
  decoded: Uint8Array,
  clusters: readonly Cluster[],
  contentEol: LineEnd,
): readonly Filled[] {
  const filled: Filled[] = [];
  for (const [index, cluster] of clusters.entries()) {
    const bytes = octetsOf(decoded, cluster);
    const isEnd = index === clusters.length - 1 && cluster.last * 3 >= decoded.length;
    const filling = isEnd ? '' : fillingFor(cluster, bytes.length, contentEol);
    if (filling === undefined) {
      const splices = clusters.slice(index).flatMap((one) => one.splices);
      const rest = { first: cluster.first, last: Math.ceil(decoded.length / 3), splices };
      return [...filled, { cluster: rest, bytes: octetsOf(decoded, rest) }];
    }
    filled.push({ cluster, bytes: filling === '' ? bytes : fill(decoded, cluster, filling) });
  }
  return filled;
}

function octetsOf(decoded: Uint8Array, { first, last, splices }: Cluster): Buffer {
  const from = first * 3;
  const relative = splices.map((splice) => ({
    ...splice,
    start: splice.start - from,
    end: splice.end - from,
  }));
  return applySplices(decoded.subarray(from, last * 3), relative);
}

/** The line ends that bring the length to a multiple of three, or undefined where none may be put in. */
function fillingFor({ splices }: Cluster, length: number, eol: LineEnd): string | undefined {
  const lacking = (3 - (length % 3)) % 3;
  if (lacking === 0) return '';
  const last = splices.at(-1);
  if (last === undefined || last.start < last.end || last.bytes.at(-1) !== 0x0a) return undefined;
  // Two octets a line end: one lacks two octets, or two of them four, which is one more than three.
  return eol === '\n' ? '\n'.repeat(lacking) : '\r\n'.repeat(lacking === 1 ? 2 : lacking / 2);
}

/** The octets with the filling after what the last splice puts in. */
function fill(decoded: Uint8Array, cluster: Cluster, filling: string): Buffer {
  const splices = cluster.splices.map((splice, index) =>
    index === cluster.splices.length - 1
      ? { ...splice, bytes: Buffer.concat([splice.bytes, Buffer.from(filling, 'latin1')]) }
      : splice,
  );
  return octetsOf(decoded, { ...cluster, splices });
}

interface GroupPlaces {
  /** Undefined for the place after the last group. */
  readonly starts: readonly (number | undefined)[];
  readonly ends: readonly (number | undefined)[];
  /** After the last character. */
  readonly end: number;
}

/** Where the groups of the clusters (ascending) begin and end in the encoded text; undefined when it is damaged. */
function locateGroups(raw: Buffer, filled: readonly Filled[]): GroupPlaces | undefined {
  const firstChars = filled.map(({ cluster }) => cluster.first * 4);
  const lastChars = filled.map(({ cluster }) => cluster.last * 4 - 1);
  const starts: (number | undefined)[] = [];
  const ends: (number | undefined)[] = [];
  let chars = 0;
  let padding = 0;
  let end = 0;
  for (let at = 0; at < raw.length; at++) {
    const byte = raw[at] ?? 0;
    if (byte === 0x0d || byte === 0x0a || isBlank(byte)) continue;
    if (byte === 0x3d) padding++;
    else if (padding > 0 || !isBase64Char(byte)) return undefined;
    if (firstChars[starts.length] === chars) starts.push(at);
    // A cluster without groups has its end before its start.
    while ((lastChars[ends.length] ?? Number.POSITIVE_INFINITY) < chars) ends.push(undefined);
    if (lastChars[ends.length] === chars) ends.push(at + 1);
    chars++;
    end = at + 1;
  }
  return (chars & 3) === 0 && padding <= 2 ? { starts, ends, end } : undefined;
}

/** The octets as base64 lines, set off by line ends from what stands before and after on the same lines. */
function onOwnLines({ raw, eol }: EncodedBody, bytes: Uint8Array, start: number, end: number): Buffer {
  const first = isLineStart(raw, start);
  const last = end >= raw.length || raw[end] === 0x0d || raw[end] === 0x0a;
  if (bytes.length === 0) return Buffer.from(first || last ? '' : eol, 'latin1');
  const text = encodeBase64(bytes, eol).toString('latin1');
  return Buffer.from(`${first ? '' : eol}${text}${last ? '' : eol}`, 'latin1');
}
