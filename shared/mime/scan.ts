/**
 * The scanner: one pass over the octets, by offsets, without recursion and without a copy. It decodes nothing; it
 * finds headers, delimiters (RFC 2046 §5.1.1) and bodies, and hands out their spans. message/rfc822 is a leaf: what
 * is attached is evidence, and nobody edits it.
 */
import {
  type Boundaries,
  closeBoundariesFrom,
  type Delimiter,
  isDelimiter,
  markClosed,
  nextDelimiter,
  noBoundaries,
  openBoundary,
} from './boundaries.ts';
import { type DefaultMediaType, plainContentType, readContentType, tokenOf } from './content-fields.ts';
import type { DefectKind } from './defects.ts';
import { bufferOver, headerBlock } from './header.ts';
import { type HeaderScan, scanHeader } from './header-scan.ts';
import { MAX_BOUNDARY_BYTES, MAX_DEPTH, MAX_PARTS } from './limits.ts';
import { once } from './once.ts';
import type { ContentType, Defect, HeaderBlock, Message, Part, Span } from './types.ts';

type MessageSpan = Message['spans'][number];

/** A part while its end is not known yet. */
interface Draft extends Part {
  body: Span;
  readonly parent: Draft | undefined;
  readonly children: Draft[];
}

/** A multipart in whose body the scanner is. */
interface OpenMultipart {
  readonly part: Draft;
  closed: boolean;
  /** Where the preamble, or the epilogue, began. */
  regionStart: number;
}

interface Scan {
  readonly bytes: Buffer;
  readonly boundaries: Boundaries;
  readonly open: OpenMultipart[];
  readonly parts: Draft[];
  readonly spans: MessageSpan[];
  readonly defects: Defect[];
  /** The rest is one leaf: no more delimiters are looked for. */
  exhausted: boolean;
}

/**
 * Reads a message. Never throws, whatever the octets: what is odd is listed in `defects` (kinds: `defects.ts`). The
 * spans cover the input once. Linear in its length; bounded by `limits.ts`. The octets must not change afterwards.
 */
export function parseMessage(bytes: Uint8Array): Message {
  const buffer = bufferOver(bytes);
  const scan: Scan = {
    bytes: buffer,
    boundaries: noBoundaries(buffer),
    open: [],
    parts: [],
    spans: [],
    defects: [],
    exhausted: false,
  };
  const root = beginPart(scan, undefined, 0);
  let current: Draft | undefined = root;
  for (;;) {
    const from: number = current?.body.start ?? scan.open.at(-1)?.regionStart ?? 0;
    const delimiter: Delimiter | undefined = scan.exhausted
      ? undefined
      : nextDelimiter(scan.boundaries, from);
    const end = delimiter?.start ?? buffer.length;
    endRegion(scan, current, end, delimiter?.owner ?? -1);
    closeMultiparts(scan, delimiter?.owner ?? 0, end, delimiter === undefined);
    if (delimiter === undefined) break;
    current = passDelimiter(scan, delimiter);
  }
  return { bytes, root, parts: scan.parts, spans: scan.spans, defects: scan.defects };
}

function defect(scan: Scan, kind: DefectKind, at: number): void {
  scan.defects.push({ kind, at });
}

function addSpan(scan: Scan, kind: MessageSpan['kind'], path: string, start: number, end: number): void {
  if (end > start) scan.spans.push({ kind, path, start, end });
}

/** Reads the header at `at` and makes the part; a multipart is left open, its parts to be found. */
function beginPart(scan: Scan, parent: Draft | undefined, at: number): Draft {
  const header = scanHeader(scan.bytes, at, (line) => isDelimiter(scan.boundaries, line));
  for (const { kind, at: where } of header.defects) defect(scan, kind, where);
  const fallback: DefaultMediaType =
    parent?.contentType.mediaType === 'multipart/digest' ? 'message/rfc822' : 'text/plain';
  const { contentType, boundary } = contentTypeOf(scan, header, fallback);
  const part = makePart(
    scan.bytes,
    parent,
    headerBlock(scan.bytes, at, header.end),
    header.bodyStart,
    contentType,
  );
  parent?.children.push(part);
  scan.parts.push(part);
  addSpan(scan, 'header', part.path, at, header.end);
  addSpan(scan, 'separator', part.path, header.end, header.bodyStart);
  if (scan.parts.length >= MAX_PARTS || header.cut) {
    if (scan.parts.length >= MAX_PARTS) defect(scan, 'too-many-parts', at);
    scan.exhausted = true;
  } else if (contentType.mediaType.startsWith('multipart/')) openMultipart(scan, part, boundary);
  return part;
}

function contentTypeOf(
  scan: Scan,
  header: HeaderScan,
  fallback: DefaultMediaType,
): { readonly contentType: ContentType; readonly boundary: string | undefined } {
  const value = header.contentType;
  if (value === undefined) return { contentType: plainContentType(fallback), boundary: undefined };
  const read = readContentType(scan.bytes, value.start, value.end, fallback);
  if (!read.readable) defect(scan, 'content-type-unreadable', value.start);
  if (read.ambiguous) defect(scan, 'conflicting-boundaries', value.start);
  return read;
}

function makePart(
  bytes: Buffer,
  parent: Draft | undefined,
  header: HeaderBlock,
  bodyStart: number,
  contentType: ContentType,
): Draft {
  const number = String((parent?.children.length ?? 0) + 1);
  const path = parent === undefined ? '' : parent.path === '' ? number : `${parent.path}.${number}`;
  const encoding = once(() => tokenOf(bytes, header, 'content-transfer-encoding') ?? '7bit');
  const disposition = once(() => tokenOf(bytes, header, 'content-disposition'));
  return {
    path,
    header,
    body: { start: bodyStart, end: bodyStart },
    contentType,
    get transferEncoding() {
      return encoding();
    },
    get disposition() {
      return disposition();
    },
    parent,
    children: [],
  };
}

function openMultipart(scan: Scan, part: Draft, boundary: string | undefined): void {
  const at = part.header.start;
  if (boundary === undefined) {
    defect(scan, 'multipart-without-boundary', at);
    return;
  }
  if (boundary.length > 70) defect(scan, 'boundary-too-long', at);
  if (scan.open.length >= MAX_DEPTH) defect(scan, 'too-deep', at);
  if (boundary.length > MAX_BOUNDARY_BYTES || scan.open.length >= MAX_DEPTH) return;
  // RFC 2045 §6.4: no other encoding is permitted for a composite type.
  if (!['7bit', '8bit', 'binary'].includes(part.transferEncoding)) defect(scan, 'multipart-encoded', at);
  scan.open.push({ part, closed: false, regionStart: part.body.start });
  openBoundary(scan.boundaries, boundary);
}

/** Ends what lies before a delimiter of the multipart `owner`, or before the end: a body, a preamble or an epilogue. */
function endRegion(scan: Scan, current: Draft | undefined, end: number, owner: number): void {
  const last = scan.open.at(-1);
  if (current !== undefined && current !== last?.part) {
    current.body = { start: current.body.start, end };
    addSpan(scan, 'body', current.path, current.body.start, end);
  } else if (last !== undefined) {
    // A multipart none of whose delimiters was found is a leaf.
    const opening = owner === scan.open.length - 1 ? 'preamble' : 'body';
    addSpan(scan, last.closed ? 'epilogue' : opening, last.part.path, last.regionStart, end);
  }
}

/** Ends the multiparts inside the one that the delimiter belongs to, or all of them at the end of the message. */
function closeMultiparts(scan: Scan, owner: number, end: number, all: boolean): void {
  const keep = all ? 0 : owner + 1;
  while (scan.open.length > keep) {
    const inner = scan.open.pop();
    if (inner === undefined) break;
    inner.part.body = { start: inner.part.body.start, end };
    const untouched = inner.part.children.length === 0 && !inner.closed;
    if (!inner.closed) defect(scan, untouched ? 'boundary-never-found' : 'multipart-unclosed', end);
  }
  closeBoundariesFrom(scan.boundaries, keep);
}

/** Takes the delimiter; the part that begins after it, or undefined after a closing one. */
function passDelimiter(scan: Scan, delimiter: Delimiter): Draft | undefined {
  const owner = scan.open[delimiter.owner];
  if (owner === undefined) return undefined;
  addSpan(scan, 'delimiter', owner.part.path, delimiter.start, delimiter.end);
  if (!delimiter.closes) return beginPart(scan, owner.part, delimiter.end);
  owner.closed = true;
  owner.regionStart = delimiter.end;
  markClosed(scan.boundaries, delimiter.owner);
  return undefined;
}
