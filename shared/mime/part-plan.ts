/**
 * One body part and the disclaimers it is to get, turned into edits: what to insert and where (in the decoded body),
 * in which charset, and how that becomes octets of the encoded body. The part's labels change only when they must.
 */

import { asciiForm } from './ascii-form.ts';
import { decodeStrictly, encodeInCharset, isAscii, isAsciiCompatible, isAsciiText } from './charset.ts';
import { type DisclaimerChange, htmlDisclaimer, plainDisclaimer } from './disclaimer.ts';
import { encodeBase64, encodeQuotedPrintable } from './encode.ts';
import { bufferOver } from './header.ts';
import { insertionsFor } from './insertions.ts';
import { labelEdits } from './labels.ts';
import { MAX_LINE_BYTES } from './limits.ts';
import { type LineEnd, lineEndOf } from './line-ends.ts';
import type { Wanted } from './placement.ts';
import {
  type EncodedBody,
  type Insertion,
  insertInto,
  type ServingEdit,
  spliceBase64,
  spliceIdentity,
} from './splice.ts';
import { spliceQuotedPrintable } from './splice-qp.ts';
import { transferOf } from './transfer.ts';
import type { Edit, Message, Part, UntouchableReason } from './types.ts';

/** A disclaimer for this part, with the index of its change. */
export interface WantedChange {
  readonly index: number;
  readonly change: DisclaimerChange;
}

export interface PartRequest {
  readonly message: Message;
  readonly part: Part;
  readonly decoded: Uint8Array;
  readonly prepend: readonly WantedChange[];
  readonly append: readonly WantedChange[];
  readonly skipIfPresent: boolean;
  /** Of the message. */
  readonly eol: LineEnd;
}

/** The body in the charset in which it will be edited. */
interface Working {
  readonly bytes: Uint8Array;
  /** The charset in which disclaimers are written. */
  readonly charset: string;
  /** The Content-Type must come to say utf-8. */
  readonly relabel: boolean;
  /** The octets differ from the decoded ones: nothing can be spliced. */
  readonly recoded: boolean;
  /** The charset takes no other characters than ASCII's: disclaimers are written with the nearest of those. */
  readonly asciiForm?: boolean;
}

/** The edits of the part's header and body; none when everything is present. The reason when it cannot be edited. */
export function planPart(request: PartRequest): readonly ServingEdit[] | UntouchableReason {
  const { part, decoded } = request;
  const working = chooseWorking(request);
  const planned = working === undefined ? 'undecodable' : planWorking(request, working);
  const label = part.contentType.parameters.get('charset') ?? 'us-ascii';
  if (typeof planned !== 'string' || !isAsciiCompatible(label)) return planned;
  // A charset that is not true, or cannot be changed, must not be a way around the banner.
  const plain = { bytes: decoded, charset: label, relabel: false, recoded: false, asciiForm: true };
  return planWorking(request, plain);
}

function planWorking(request: PartRequest, working: Working): readonly ServingEdit[] | UntouchableReason {
  const { message, part } = request;
  const contentEol = lineEndOf(working.bytes) ?? request.eol;
  const insertions = insertionsFor({
    body: working.bytes,
    html: part.contentType.mediaType === 'text/html',
    prepend: coresFor(request, request.prepend, working, contentEol),
    append: coresFor(request, request.append, working, contentEol),
    skipIfPresent: request.skipIfPresent,
    eol: contentEol,
  });
  if (insertions.length === 0) return [];
  const raw = bufferOver(message.bytes).subarray(part.body.start, part.body.end);
  const eol = lineEndOf(raw) ?? request.eol;
  const body: EncodedBody = { raw, start: part.body.start, decoded: request.decoded, eol };
  const toQuotedPrintable = needsQuotedPrintable(request, working, insertions);
  const labels = { utf8: working.relabel, quotedPrintable: toQuotedPrintable };
  const header = labelEdits(message, part, labels, request.eol);
  if (header === undefined) return 'malformed';
  const changes = [...new Set(insertions.flatMap((insertion) => insertion.changes))];
  const edits = toQuotedPrintable
    ? [
        replaceBody(
          body,
          changes,
          encodeQuotedPrintable(insertInto(working.bytes, insertions), eol, working.recoded),
        ),
      ]
    : encodedEdits(request, working, body, insertions, contentEol);
  return [...header.map((edit: Edit) => ({ ...edit, changes })), ...frame(request, edits)];
}

function chooseWorking({ part, decoded, prepend, append }: PartRequest): Working | undefined {
  const charset = part.contentType.parameters.get('charset');
  const label = charset ?? 'us-ascii';
  const html = part.contentType.mediaType === 'text/html';
  const text = html ? '' : [...prepend, ...append].map(({ change }) => change.text).join('');
  if (isAsciiCompatible(label)) {
    const asItIs = isAsciiText(text) || encodeInCharset(text.toWellFormed(), label) !== undefined;
    if (asItIs) return { bytes: decoded, charset: label, relabel: false, recoded: false };
    // US-ASCII is UTF-8 as it stands; so is, very likely, what says nothing and fits.
    const isUtf8 =
      isAscii(decoded) || (charset === undefined && decodeStrictly(decoded, 'utf-8') !== undefined);
    if (isUtf8) return { bytes: decoded, charset: 'utf-8', relabel: true, recoded: false };
  }
  const strict = charset === undefined ? undefined : decodeStrictly(decoded, charset);
  if (strict === undefined) return undefined;
  return { bytes: Buffer.from(strict, 'utf8'), charset: 'utf-8', relabel: true, recoded: true };
}

function coresFor(
  { part }: PartRequest,
  wanted: readonly WantedChange[],
  working: Working,
  eol: LineEnd,
): readonly Wanted[] {
  const html = part.contentType.mediaType === 'text/html';
  const flowed = part.contentType.parameters.get('format')?.toLowerCase() === 'flowed';
  const style = { eol, flowed, boundaries: boundariesAround(part) };
  return wanted.flatMap(({ index, change }) => {
    const plain = working.asciiForm === true ? { ...change, text: asciiForm(change.text) } : change;
    const text = html ? htmlDisclaimer(change, style) : plainDisclaimer(plain, style);
    const core = encodeInCharset(text, html ? 'us-ascii' : working.charset);
    return core === undefined ? [] : [{ change: index, core: bufferOver(core) }];
  });
}

function boundariesAround(part: Part): readonly string[] {
  const boundaries: string[] = [];
  for (let around = part.parent; around !== undefined; around = around.parent) {
    const boundary = around.contentType.parameters.get('boundary');
    if (boundary !== undefined) boundaries.push(boundary.trimEnd());
  }
  return boundaries;
}

/** An unencoded body must be encoded when what goes in has octets or lines that it may not have (RFC 2045 §2.7). */
function needsQuotedPrintable(
  { part, decoded }: PartRequest,
  working: Working,
  insertions: readonly Insertion[],
): boolean {
  if (transferOf(part) !== 'identity') return false;
  if (working.recoded || insertions.some(({ bytes }) => hasLongLine(bytes))) return true;
  const sevenBit = !part.transferEncoding.startsWith('8') && part.transferEncoding !== 'binary';
  return sevenBit && insertions.some(({ bytes }) => !isAscii(bytes)) && isAscii(decoded);
}

function hasLongLine(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; ) {
    const lf = bytes.indexOf(0x0a, at);
    const end = lf === -1 ? bytes.length : lf;
    if (end - at > MAX_LINE_BYTES) return true;
    at = end + 1;
  }
  return false;
}

function encodedEdits(
  { part }: PartRequest,
  working: Working,
  body: EncodedBody,
  insertions: readonly Insertion[],
  contentEol: LineEnd,
): readonly ServingEdit[] {
  const changes = [...new Set(insertions.flatMap((insertion) => insertion.changes))];
  const whole = (): Buffer => insertInto(working.bytes, insertions);
  switch (transferOf(part)) {
    case 'base64': {
      const spliced = working.recoded ? undefined : spliceBase64(body, insertions, contentEol);
      return spliced ?? [replaceBody(body, changes, encodeBase64(whole(), body.eol))];
    }
    case 'quoted-printable':
      if (working.recoded)
        return [replaceBody(body, changes, encodeQuotedPrintable(whole(), body.eol, true))];
      return spliceQuotedPrintable(body, insertions);
    default:
      return spliceIdentity(body, insertions);
  }
}

function replaceBody(
  { start, raw }: EncodedBody,
  changes: readonly number[],
  replacement: Buffer,
): ServingEdit {
  return { span: { start, end: start + raw.length }, replacement, changes };
}

/** Gives an empty body the line ends around it that a body with something in it needs. */
function frame({ message, part, eol }: PartRequest, edits: readonly ServingEdit[]): readonly ServingEdit[] {
  const { header, body } = part;
  if (body.end > body.start) return edits;
  // A header that ends with the message, or at a delimiter, has no empty line after it.
  const unterminated = header.end > header.start && message.bytes[header.end - 1] !== 0x0a;
  const before = body.start > header.end ? '' : `${unterminated ? eol : ''}${eol}`;
  // RFC 2046 §5.1.1: the delimiter needs a line end of its own, which the empty body did not leave to it.
  const needsLineEnd = message.bytes[body.end] === 0x2d;
  return edits.map((edit) => {
    const endsLine = edit.replacement.at(-1) === 0x0a;
    const after = needsLineEnd && !endsLine ? eol : '';
    return {
      ...edit,
      replacement: Buffer.concat([Buffer.from(before), edit.replacement, Buffer.from(after)]),
    };
  });
}
