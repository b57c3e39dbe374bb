/**
 * One text part and the changes that it is to get, turned into edits: in which charset they are made, and how what comes
 * of it becomes octets of the encoded body. The part's labels change only when they must.
 */
import { bodySplices } from './body/splices.ts';
import type { BodySplice, BodyText, IndexedChange } from './body/types.ts';
import type { BodyChange, UntouchedReason } from './change-types.ts';
import {
  decodeLeniently,
  decodeStrictly,
  encodeInCharset,
  isAscii,
  isAsciiCompatible,
  isAsciiText,
  isKnownCharset,
  isPlainAscii,
  looksAscii,
} from './charset.ts';
import { encodeBase64, encodeQuotedPrintable } from './encode.ts';
import { type FileCut, fileSplices } from './file-cuts.ts';
import { bufferOver } from './header.ts';
import { htmlToText } from './html-text.ts';
import { type Labels, labelEdits } from './labels.ts';
import { type LineEnd, lineEndOf } from './line-ends.ts';
import { boundariesAround, frameEmpty } from './part-frame.ts';
import {
  applySplices,
  changesOf,
  type EncodedBody,
  lineFaults,
  mergeSplices,
  type ServingEdit,
  spliceIdentity,
} from './splice.ts';
import { spliceBase64 } from './splice-base64.ts';
import { spliceQuotedPrintable } from './splice-qp.ts';
import { transferOf } from './transfer.ts';
import type { Message, Part } from './types.ts';

export interface PartRequest {
  readonly message: Message;
  readonly part: Part;
  readonly decoded: Uint8Array;
  readonly changes: readonly IndexedChange[];
  /** Uuencoded files that go. */
  readonly cuts: readonly FileCut[];
  /** Index of the change by which the HTML becomes text. */
  readonly toText: number | undefined;
  /** Its lines are too long: where something changes, all of it is encoded anew. */
  readonly anew: boolean;
  readonly skipIfPresent: boolean;
  /** Of the message. */
  readonly eol: LineEnd;
}

export interface PartPlan {
  readonly edits: readonly ServingEdit[];
  /** Indexes of changes that were left out: more markup than is looked at. */
  readonly tooLarge: readonly number[];
}

/** The body in the charset in which it will be edited. */
interface Working {
  readonly bytes: Uint8Array;
  /** The charset in which what is put in is written. */
  readonly charset: string;
  readonly label: Labels['type'];
  /** The octets differ from the decoded ones: nothing can be spliced. */
  readonly recoded: boolean;
}

/** The edits of the part's header and body; none when nothing is to be done. The reason when it cannot be edited. */
export function planPart(request: PartRequest): PartPlan | UntouchedReason {
  const { part, decoded } = request;
  const working = chooseWorking(request);
  const planned = working === undefined ? 'undecodable' : planWorking(request, working);
  const label = part.contentType.parameters.get('charset') ?? 'us-ascii';
  if (typeof planned !== 'string' || !isAsciiCompatible(label)) return planned;
  // A charset that is not true, or cannot be changed, must not be a way around the banner.
  return planWorking(request, { bytes: decoded, charset: label, label: undefined, recoded: false });
}

function chooseWorking(request: PartRequest): Working | undefined {
  const { message, part, decoded, changes } = request;
  const charset = part.contentType.parameters.get('charset');
  const label = charset ?? 'us-ascii';
  if (request.toText !== undefined) {
    const text = htmlToText(decodeLeniently(decoded, charset).text, { links: true });
    // What is encoded anew has the line ends of the encoded lines (RFC 2045 §6.7: a line end stands for itself alone).
    const eol = lineEndOf(rawBody(message, part)) ?? request.eol;
    const ended = decoded.at(-1) === 0x0a ? `${text}\n` : text;
    const lines = ended.replaceAll(/\r\n|\r|\n/g, eol);
    return { bytes: Buffer.from(lines, 'utf8'), charset: 'utf-8', label: 'text', recoded: true };
  }
  const html = part.contentType.mediaType === 'text/html';
  const text = html ? '' : changes.map(({ change }) => textOf(change)).join('');
  if (isAsciiCompatible(label)) {
    const asItIs = isAsciiText(text) || encodeInCharset(text.toWellFormed(), label) !== undefined;
    if (asItIs) return { bytes: decoded, charset: label, label: undefined, recoded: false };
    // US-ASCII is UTF-8 as it stands; so is, very likely, what says nothing and fits.
    const isUtf8 =
      isAscii(decoded) || (charset === undefined && decodeStrictly(decoded, 'utf-8') !== undefined);
    if (isUtf8) return { bytes: decoded, charset: 'utf-8', label: 'utf-8', recoded: false };
  }
  if (charset === undefined) return undefined;
  return isAsciiCompatible(charset)
    ? recoded(decodeStrictly(decoded, charset))
    : withOtherOctets(decoded, charset, isAsciiText(text));
}

function recoded(text: string | undefined): Working | undefined {
  if (text === undefined) return undefined;
  return { bytes: Buffer.from(text, 'utf8'), charset: 'utf-8', label: 'utf-8', recoded: true };
}

/**
 * A charset in which octets of ASCII may be something else. Neither such a label on what reads as ASCII all the same, nor an octet that
 * does not fit, may be a way around the banner: the text is edited as readers show it.
 */
function withOtherOctets(decoded: Uint8Array, charset: string, asciiOnly: boolean): Working | undefined {
  const shown = isKnownCharset(charset) ? decodeLeniently(decoded, charset).text : undefined;
  const plain = shown === undefined ? isPlainAscii(decoded) : shown !== '' && isSame(decoded, shown);
  if (plain) {
    const label = asciiOnly ? undefined : 'utf-8';
    return { bytes: decoded, charset: label ?? 'us-ascii', label, recoded: false };
  }
  if (shown !== undefined) return recoded(shown);
  return looksAscii(decoded) ? { bytes: decoded, charset, label: undefined, recoded: false } : undefined;
}

function isSame(bytes: Uint8Array, text: string): boolean {
  return (
    text.length === bytes.length && isAscii(bytes) && bufferOver(bytes).equals(Buffer.from(text, 'latin1'))
  );
}

function textOf(change: BodyChange): string {
  return change.kind === 'prependDisclaimer' || change.kind === 'appendDisclaimer' ? change.text : '';
}

function planWorking(request: PartRequest, working: Working): PartPlan | UntouchedReason {
  const { message, part, changes, skipIfPresent, toText } = request;
  const contentEol = lineEndOf(working.bytes) ?? request.eol;
  const boundaries = boundariesAround(message, part);
  const body = bodyText(request, working, contentEol, boundaries);
  const made = bodySplices(changes, body, { skipIfPresent });
  const cuts = fileSplices(working.bytes, request.cuts, working.charset, contentEol);
  const splices = mergeSplices(cuts, made.splices);
  const { tooLarge } = made;
  if (splices.length === 0 && toText === undefined) return { edits: [], tooLarge };
  const raw = rawBody(message, part);
  const encoded: EncodedBody = {
    raw,
    start: part.body.start,
    decoded: request.decoded,
    eol: lineEndOf(raw) ?? request.eol,
  };
  const serving = [...new Set([...(toText === undefined ? [] : [toText]), ...changesOf(splices)])];
  const spliced = encodedEdits(request, working, encoded, splices, boundaries, contentEol);
  const anew = spliced === undefined ? encodedAnew(part, working, encoded, splices, serving) : undefined;
  const labels = {
    ...(working.label === undefined ? {} : { type: working.label }),
    ...(anew?.transfer === undefined ? {} : { transfer: anew.transfer }),
  };
  const header = labelEdits(message, part, labels, request.eol);
  if (header === undefined) return 'malformed';
  const edits = spliced ?? (anew === undefined ? [] : [anew.edit]);
  return {
    edits: [
      ...header.map((edit) => ({ ...edit, changes: serving })),
      ...frameEmpty(message, part, edits, request.eol),
    ],
    tooLarge,
  };
}

function bodyText(
  { part, toText }: PartRequest,
  working: Working,
  eol: LineEnd,
  boundaries: readonly string[],
): BodyText {
  const { mediaType, parameters } = part.contentType;
  const plain = mediaType !== 'text/html';
  const flowed = plain && parameters.get('format')?.toLowerCase() === 'flowed';
  return {
    body: bufferOver(working.bytes),
    charset: working.charset,
    html: !plain && toText === undefined,
    eol,
    flowed,
    delSp: flowed && parameters.get('delsp')?.toLowerCase() === 'yes',
    boundaries,
  };
}

/** The splices in the body as it is encoded; undefined where it must be encoded anew. */
function encodedEdits(
  request: PartRequest,
  working: Working,
  body: EncodedBody,
  splices: readonly BodySplice[],
  boundaries: readonly string[],
  contentEol: LineEnd,
): readonly ServingEdit[] | undefined {
  const { part, decoded, anew } = request;
  if (working.recoded || anew) return undefined;
  switch (transferOf(part)) {
    case 'base64':
      return spliceBase64(body, splices, contentEol);
    case 'quoted-printable': {
      const edits = spliceQuotedPrintable(body, splices);
      const places = edits.map(({ span, replacement }) => ({
        start: span.start - body.start,
        end: span.end - body.start,
        bytes: bufferOver(replacement),
      }));
      // Cut at the right place, a line of the sender's is a delimiter with the "=" of a soft line break.
      return lineFaults(body.raw, places, boundaries).delimiter ? undefined : edits;
    }
    default: {
      // RFC 2045 §2.7: octets and lines that an unencoded body may not have.
      const sevenBit = !part.transferEncoding.startsWith('8') && part.transferEncoding !== 'binary';
      if (sevenBit && splices.some(({ bytes }) => !isAscii(bytes)) && isAscii(decoded)) return undefined;
      const faults = lineFaults(body.raw, splices, boundaries);
      return faults.long || faults.delimiter ? undefined : spliceIdentity(body, splices);
    }
  }
}

/** The whole body with the splices made: in the encoding that it has, or in quoted-printable where it has none. */
function encodedAnew(
  part: Part,
  working: Working,
  { start, raw, eol }: EncodedBody,
  splices: readonly BodySplice[],
  changes: readonly number[],
): { readonly edit: ServingEdit; readonly transfer: Labels['transfer'] } {
  const whole = applySplices(working.bytes, splices);
  const transfer = transferOf(part);
  const base64 = transfer === 'base64' && working.label !== 'text';
  const replacement = base64 ? encodeBase64(whole, eol) : encodeQuotedPrintable(whole, eol);
  const keeps = base64 || transfer === 'quoted-printable';
  return {
    edit: { span: { start, end: start + raw.length }, replacement, changes },
    transfer: keeps ? undefined : 'quoted-printable',
  };
}

function rawBody({ bytes }: Message, { body }: Part): Buffer {
  return bufferOver(bytes).subarray(body.start, body.end);
}
