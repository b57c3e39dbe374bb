/**
 * Finds where a header ends. RFC 5322 §2.1 ends it with an empty line; real mail also ends it with the message, with
 * a delimiter of a multipart around it, or by just starting the body. A line that is no field is taken as damage if
 * a field follows it, and as the start of the body if none does.
 */

import type { DefectKind } from './defects.ts';
import { contentEnd, fieldColon, isBlank, isMboxLine } from './header.ts';
import { MAX_HEADER_BYTES, MAX_HEADER_FIELDS } from './limits.ts';
import type { Span } from './types.ts';

export interface HeaderScan {
  /** Where the header ends and the separator (if any) begins. */
  readonly end: number;
  readonly bodyStart: number;
  /** The value of the first Content-Type field, folding included. */
  readonly contentType: Span | undefined;
  readonly defects: readonly { readonly kind: DefectKind; readonly at: number }[];
  /** The header was cut at MAX_HEADER_BYTES: what follows is not to be searched for parts. */
  readonly cut: boolean;
}

/** Where the walk stands; `open` says that the Content-Type field still takes continuation lines. */
interface Walk {
  readonly bytes: Buffer;
  readonly start: number;
  fields: number;
  contentTypeStart: number;
  contentTypeEnd: number;
  open: boolean;
  readonly defects: { kind: DefectKind; at: number }[];
}

/** Scans from `start`. `isDelimiter` says whether the line at an offset belongs to a multipart around this part. */
export function scanHeader(
  bytes: Buffer,
  start: number,
  isDelimiter: (lineStart: number) => boolean,
): HeaderScan {
  const walk: Walk = {
    bytes,
    start,
    fields: 0,
    contentTypeStart: -1,
    contentTypeEnd: -1,
    open: false,
    defects: [],
  };
  let at = start;
  while (at < bytes.length) {
    const lineEnd = endOfLine(bytes, at);
    const end = contentEnd(bytes, at, lineEnd);
    if (end === at) return finish(walk, at, lineEnd, false);
    if (isDelimiter(at)) return finish(walk, at, at, false);
    if (at - start >= MAX_HEADER_BYTES) {
      walk.defects.push({ kind: 'header-too-large', at });
      return finish(walk, at, at, true);
    }
    if (!takeLine(walk, at, end, lineEnd)) {
      walk.defects.push({ kind: 'missing-header-separator', at });
      return finish(walk, at, at, false);
    }
    at = lineEnd;
  }
  return finish(walk, at, at, false);
}

/** After the LF that ends the line at `at`, or the end of the message. */
export function endOfLine(bytes: Buffer, at: number): number {
  const lf = bytes.indexOf(0x0a, at);
  return lf === -1 ? bytes.length : lf + 1;
}

/** Takes the line into the header; false when the body has begun with it. */
function takeLine(walk: Walk, at: number, end: number, lineEnd: number): boolean {
  const { bytes, start } = walk;
  if (isBlank(bytes[at]) && at > start) {
    if (walk.open) walk.contentTypeEnd = end;
    return true;
  }
  walk.open = false;
  const colon = fieldColon(bytes, at, end);
  if (colon !== -1) {
    takeField(walk, at, colon, end);
    return true;
  }
  if (at === 0 && isMboxLine(bytes, at, end)) return true;
  if (!fieldFollows(bytes, lineEnd)) return false;
  walk.defects.push({ kind: 'junk-in-header', at });
  return true;
}

function takeField(walk: Walk, at: number, colon: number, end: number): void {
  walk.fields++;
  if (walk.fields === MAX_HEADER_FIELDS + 1) walk.defects.push({ kind: 'too-many-fields', at });
  if (walk.fields > MAX_HEADER_FIELDS || !isContentType(walk.bytes, at, colon)) return;
  if (walk.contentTypeStart !== -1) {
    walk.defects.push({ kind: 'duplicate-content-type', at });
    return;
  }
  walk.contentTypeStart = colon + 1;
  walk.contentTypeEnd = end;
  walk.open = true;
}

function isContentType(bytes: Buffer, at: number, colon: number): boolean {
  const first = bytes[at] ?? 0;
  if ((first | 0x20) !== 0x63 || colon - at < 12) return false;
  let nameEnd = colon;
  while (isBlank(bytes[nameEnd - 1])) nameEnd--;
  return nameEnd - at === 12 && bytes.toString('latin1', at, nameEnd).toLowerCase() === 'content-type';
}

function fieldFollows(bytes: Buffer, at: number): boolean {
  const end = contentEnd(bytes, at, endOfLine(bytes, at));
  return fieldColon(bytes, at, end) !== -1;
}

function finish(walk: Walk, end: number, bodyStart: number, cut: boolean): HeaderScan {
  const { contentTypeStart, contentTypeEnd, defects } = walk;
  const contentType = contentTypeStart === -1 ? undefined : { start: contentTypeStart, end: contentTypeEnd };
  return { end, bodyStart, contentType, defects, cut };
}
