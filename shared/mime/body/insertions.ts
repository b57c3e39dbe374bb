/** Disclaimers as insertions into a decoded body: set off by empty lines in text, on lines of their own in HTML. */
import { asciiForm } from '../ascii-form.ts';
import type { BodyChange } from '../change-types.ts';
import { encodeInCharset, isAsciiCompatible } from '../charset.ts';
import { bufferOver, isBlank } from '../header.ts';
import { type DisclaimerChange, plainDisclaimer } from './disclaimer.ts';
import { htmlDisclaimer } from './disclaimer-markup.ts';
import { findHtmlPoints, type HtmlPoints } from './html-points.ts';
import type { KnownTokens } from './html-tokens.ts';
import {
  type Placed,
  type Placement,
  placeAtBottom,
  placeAtTop,
  type Region,
  type Wanted,
} from './placement.ts';
import { htmlReplyPoint, textReplyPoint } from './reply-point.ts';
import type { BodySplice, BodyText, IndexedChange } from './types.ts';

export interface PlacedDisclaimers {
  readonly splices: readonly BodySplice[];
  /** Where those stand that are at their places: what of a disclaimer is found in there is no old copy. */
  readonly present: readonly { readonly start: number; readonly end: number }[];
}

export function isDisclaimer(change: BodyChange): change is DisclaimerChange {
  return change.kind === 'prependDisclaimer' || change.kind === 'appendDisclaimer';
}

/** The insertions, in ascending order; none when all disclaimers are at their places. `text` is the body, a character per octet. */
export function placeDisclaimers(
  changes: readonly IndexedChange<DisclaimerChange>[],
  body: BodyText,
  text: string,
  start: number,
  skipIfPresent: boolean,
  known?: KnownTokens,
): PlacedDisclaimers {
  if (changes.length === 0) return { splices: [], present: [] };
  const end = body.body.length;
  const points = pointsOf(body, text, start, known);
  const region = regionOf(body, points.top);
  const wanted = (place: 'top' | 'reply' | 'end'): readonly Wanted[] =>
    changes.filter(({ change }) => placeOf(change) === place).map((change) => coreOf(change, body));
  if (!body.html && start === end)
    return ofEmptyBody(region, [...wanted('top'), ...wanted('reply'), ...wanted('end')], body);
  const atReply = wanted('reply');
  const point = atReply.length === 0 ? -1 : replyPoint(body, text, points.top, known);
  const reply = point === -1 || point > points.bottom ? points.bottom : point;
  const apart = reply !== points.bottom;
  const top = placeAtTop(region, wanted('top'), skipIfPresent);
  const above = placeAtBottom({ ...region, end: reply }, apart ? atReply : [], skipIfPresent);
  const atEnd = [...(apart ? [] : atReply), ...wanted('end')];
  const bottom = placeAtBottom({ ...region, end: points.bottom }, atEnd, skipIfPresent);
  const toSplice = body.html ? onOwnLines : paragraphs;
  return {
    splices: mergeEqualPlaces(
      [top, above, bottom].flatMap(({ missing }) => missing.map((place) => toSplice(region, place, body))),
    ),
    present: [
      { start, end: edgeOf(top, start) },
      { start: edgeOf(above, reply), end: reply },
      { start: edgeOf(bottom, points.bottom), end: points.bottom },
    ],
  };
}

function pointsOf(
  { html, charset, body }: BodyText,
  text: string,
  start: number,
  known: KnownTokens | undefined,
): HtmlPoints {
  if (!html) return { top: start, bottom: body.length };
  const points = findHtmlPoints(text, start, known);
  // Before anything shifts to other characters: after that, what is a tag here may be none to a reader.
  return isAsciiCompatible(charset) && !changesCharset(text.slice(0, points.top))
    ? points
    : { ...points, top: start };
}

/** A meta element, which some readers obey, that gives octets of ASCII before the banner another meaning. */
function changesCharset(prologue: string): boolean {
  return /charset[^>]{0,9}(?:utf-?7|iso-?2022|hz-?gb)/i.test(prologue);
}

function regionOf({ body, html }: BodyText, start: number): Region {
  const isGap = html ? (byte: number | undefined) => isBlank(byte) || isLineEndByte(byte) : isLineEndByte;
  return { body, start, end: body.length, isGap, wholeLines: !html };
}

function edgeOf({ edge }: Placement, none: number): number {
  return Number.isFinite(edge) ? edge : none;
}

function placeOf(change: DisclaimerChange): 'top' | 'reply' | 'end' {
  if (change.kind === 'prependDisclaimer') return 'top';
  return change.position === 'aboveReply' ? 'reply' : 'end';
}

function replyPoint({ html }: BodyText, text: string, top: number, known: KnownTokens | undefined): number {
  return html ? htmlReplyPoint(text, top, known) : textReplyPoint(text, top);
}

/** The disclaimer in the octets of the part: where its charset lacks a character, in its ASCII form. */
function coreOf({ index, change }: IndexedChange<DisclaimerChange>, body: BodyText): Wanted {
  if (body.html) return { change: index, core: Buffer.from(htmlDisclaimer(change, body), 'latin1') };
  const octets = encodeInCharset(plainDisclaimer(change, body), body.charset);
  if (octets !== undefined) return { change: index, core: bufferOver(octets) };
  const ascii = asciiForm(change.ascii ?? change.text);
  return { change: index, core: Buffer.from(plainDisclaimer({ ...change, text: ascii }, body), 'latin1') };
}

/** Insertions at one place are one: each would otherwise care for the line ends around it by itself. */
function mergeEqualPlaces(splices: readonly BodySplice[]): readonly BodySplice[] {
  const merged = new Map<number, BodySplice>();
  for (const splice of splices) {
    const before = merged.get(splice.start);
    merged.set(splice.start, {
      ...splice,
      bytes: before === undefined ? splice.bytes : Buffer.concat([before.bytes, splice.bytes]),
      changes: [...(before?.changes ?? []), ...splice.changes],
    });
  }
  return [...merged.values()].toSorted((a, b) => a.start - b.start);
}

function isLineEndByte(byte: number | undefined): boolean {
  return byte === 0x0d || byte === 0x0a;
}

function ofEmptyBody(region: Region, wanted: readonly Wanted[], body: BodyText): PlacedDisclaimers {
  const splices = wanted.length === 0 ? [] : [paragraphs(region, { at: region.start, wanted }, body)];
  return { splices, present: [] };
}

function onOwnLines(_region: Region, { at, wanted }: Placed, { eol }: BodyText): BodySplice {
  const line = Buffer.from(eol);
  const bytes = Buffer.concat([line, ...wanted.flatMap(({ core }) => [core, line])]);
  return { start: at, end: at, bytes, changes: wanted.map(({ change }) => change) };
}

/** Empty lines between paragraphs; a last line without a line end stays without one. */
function paragraphs({ body, start, end }: Region, { at, wanted }: Placed, { eol }: BodyText): BodySplice {
  const line = Buffer.from(eol);
  const gap = Buffer.concat([line, line]);
  const pieces: Buffer[] = [];
  if (at > start) pieces.push(...lineEndsToAdd(body, start, at, line));
  for (const [index, { core }] of wanted.entries()) pieces.push(...(index === 0 ? [core] : [gap, core]));
  if (at < end) pieces.push(gap);
  else if (start === end || body[end - 1] === 0x0a) pieces.push(line);
  return { start: at, end: at, bytes: Buffer.concat(pieces), changes: wanted.map(({ change }) => change) };
}

/** What is missing before `at` to an empty line: two line ends, one, or none. */
function lineEndsToAdd(body: Uint8Array, start: number, at: number, line: Buffer): readonly Buffer[] {
  if (body[at - 1] !== 0x0a) return [line, line];
  const before = body[at - 2] === 0x0d ? at - 3 : at - 2;
  return before < start || body[before] === 0x0a ? [] : [line];
}
