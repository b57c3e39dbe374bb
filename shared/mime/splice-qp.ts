/**
 * Splices in quoted-printable (RFC 2045 §6.7): at line boundaries, on the line where it has the room, or between soft line
 * breaks of our own.
 */
import type { BodySplice } from './body/splices.ts';
import { encodeQuotedPrintable, MAX_ENCODED_LINE } from './encode.ts';
import { isBlank } from './header.ts';
import { MAX_LINE_BYTES } from './limits.ts';
import type { LineEnd } from './line-ends.ts';
import {
  beginsWithDashes,
  type EncodedBody,
  isLineStart,
  mergeAdjacent,
  type ServingEdit,
} from './splice.ts';
import { isQpLiteral, readQpToken } from './transfer.ts';

/** A place in the encoded text, and whether a soft break that lacks its line end stands right before it. */
interface QpPlace {
  readonly at: number;
  readonly dangling: boolean;
}

/** The splices, in ascending order, as edits of the encoded body. */
export function spliceQuotedPrintable(
  body: EncodedBody,
  splices: readonly BodySplice[],
): readonly ServingEdit[] {
  const whole = mergeAdjacent(splices.map((splice) => withWholeLineEnds(body.decoded, splice)));
  const places = locate(
    body.raw,
    whole.flatMap(({ start, end }) => [start, end]),
  );
  const atEnd: QpPlace = { at: body.raw.length, dangling: false };
  let before: Written = { at: -1, column: 0 };
  return whole.map((splice, index) => {
    const made = spliceAt(body, splice, places[2 * index] ?? atEnd, places[2 * index + 1] ?? atEnd, before);
    before = made.written;
    return made.edit;
  });
}

/** Where the original goes on after an edit, and at which column of the new line. */
interface Written {
  readonly at: number;
  readonly column: number;
}

/** A CR and its LF are one line end: cut apart, blanks before them would come to count. */
function withWholeLineEnds(decoded: Uint8Array, splice: BodySplice): BodySplice {
  const cuts = (at: number): boolean => at > 0 && decoded[at - 1] === 0x0d && decoded[at] === 0x0a;
  const before = cuts(splice.start) ? 1 : 0;
  const after = cuts(splice.end) ? 1 : 0;
  if (before + after === 0) return splice;
  const { start, end, bytes, changes } = splice;
  return {
    start: start - before,
    end: end + after,
    bytes: Buffer.concat([
      decoded.subarray(start - before, start),
      bytes,
      decoded.subarray(end, end + after),
    ]),
    changes,
  };
}

/** Where decoded offsets (ascending) are in the encoded text: after a soft break, but before white space to be dropped. */
function locate(raw: Buffer, wanted: readonly number[]): readonly QpPlace[] {
  const places: QpPlace[] = [];
  let at = 0;
  let count = 0;
  while (places.length < wanted.length) {
    const target = wanted[places.length] ?? 0;
    if (at >= raw.length) {
      places.push({ at: raw.length, dangling: false });
      continue;
    }
    if (count < target && isQpLiteral(raw, at)) {
      at++;
      count++;
      continue;
    }
    const token = readQpToken(raw, at);
    if (count === target && token.gives > 0) places.push({ at, dangling: false });
    else if (count === target && isBlank(raw[at])) places.push({ at, dangling: false });
    else if (count === target && at + token.length === raw.length && raw[raw.length - 1] !== 0x0a) {
      places.push({ at: raw.length, dangling: true });
    } else if (token.escaped < 0 && count + token.gives > target) {
      // Inside a run of white space, which stands for itself.
      places.push({ at: at + target - count, dangling: false });
    } else {
      at += token.length;
      count += token.gives;
    }
  }
  return places;
}

function spliceAt(
  body: EncodedBody,
  { bytes, changes }: BodySplice,
  from: QpPlace,
  to: QpPlace,
  before: Written,
): { readonly edit: ServingEdit; readonly written: Written } {
  const { raw, eol, start } = body;
  const restEnds = restIsBlank(raw, to.at);
  const encoded = encodeQuotedPrintable(bytes, eol).toString('latin1');
  const column = columnAt(raw, from.at, before);
  const rest = restOfLine(raw, to.at);
  const onOneLine = encoded.includes(eol) ? Number.POSITIVE_INFINITY : encoded.length;
  const whole = column + onOneLine + rest <= MAX_ENCODED_LINE;
  // Room must be left for the "=" of the soft break that follows.
  const fits = whole || (bytes.length > 0 && column + onOneLine + 1 <= MAX_ENCODED_LINE);
  const beginsLine = bytes.length === 0 ? endsHere(raw, to.at) : startsWithEol(bytes, eol);
  const goesOn = fits && mayGoOn(raw, from.at, column) && (bytes.length > 0 || !restEnds);
  const lead = goesOn && !from.dangling ? '' : leadingBreak(body, beginsLine, from);
  const endColumn = encoded.includes(eol)
    ? encoded.length - encoded.lastIndexOf(eol) - eol.length
    : (lead === '' ? column : 0) + encoded.length;
  const endsLine =
    bytes.length === 0 ? lead.endsWith(eol) || isLineStart(raw, from.at) : endsWithEol(bytes, eol);
  const joined =
    bytes.length === 0
      ? lead === '' && !isLineStart(raw, from.at)
      : endColumn + rest <= MAX_ENCODED_LINE && !(endColumn < 2 && raw[to.at] === DASH);
  const breaks = !endsLine && !restEnds && !joined;
  // The rest of a line that is cut in two must not become a delimiter: its first dash is escaped.
  const dash = (endsLine || breaks) && !isLineStart(raw, to.at) && beginsWithDashes(raw, to.at);
  const trail = `${breaks ? `=${eol}` : ''}${dash ? '=2D' : ''}`;
  return {
    edit: {
      span: { start: start + from.at, end: start + to.at + (dash ? 1 : 0) },
      replacement: Buffer.from(`${lead}${encoded}${trail}`, 'latin1'),
      changes,
    },
    written: { at: to.at + (dash ? 1 : 0), column: (breaks || endsLine ? 0 : endColumn) + (dash ? 3 : 0) },
  };
}

const DASH = 0x2d;
const EQUALS = 0x3d;
const CR = 0x0d;

/** The column of the new line at which the octets from `at` on, or what is put in there, begin; over the limit where it is far. */
function columnAt(raw: Buffer, at: number, before: Written): number {
  const near = Math.max(0, at - MAX_ENCODED_LINE - 1);
  const lf = raw.subarray(near, at).lastIndexOf(0x0a);
  const lineStart = lf === -1 ? near : near + lf + 1;
  if (before.at >= lineStart) return before.column + at - before.at;
  return lf === -1 && near > 0 ? Number.POSITIVE_INFINITY : at - lineStart;
}

/** How many octets of the line there are from `at` on, its line end not counted; over the limit where it is far. */
function restOfLine(raw: Buffer, at: number): number {
  const near = raw.subarray(at, at + MAX_ENCODED_LINE + 2);
  const lf = near.indexOf(0x0a);
  if (lf === -1) return at + near.length < raw.length ? Number.POSITIVE_INFINITY : near.length;
  return lf > 0 && near[lf - 1] === 0x0d ? lf - 1 : lf;
}

/**
 * Whether something may follow on the line of what stands before `at`: not where the two could be read as an escape, or become
 * a delimiter.
 */
function mayGoOn(raw: Buffer, at: number, column: number): boolean {
  if (raw[at - 1] === EQUALS || raw[at - 2] === EQUALS) return false;
  if (column < 2 && raw[at - 1] === DASH) return false;
  return !lineBeginsWithDashes(raw, at);
}

function startsWithEol(bytes: Uint8Array, eol: LineEnd): boolean {
  return eol === '\n' ? bytes[0] === 0x0a : bytes[0] === 0x0d && bytes[1] === 0x0a;
}

function endsWithEol(bytes: Uint8Array, eol: LineEnd): boolean {
  return bytes.at(-1) === 0x0a && (eol === '\n' || bytes.at(-2) === 0x0d);
}

/** What ends the encoded line before the splice without ending the decoded one. */
function leadingBreak({ raw, eol }: EncodedBody, beginsLine: boolean, { at, dangling }: QpPlace): string {
  if (dangling) return eol;
  if (isLineStart(raw, at)) return '';
  const before = raw[at - 1];
  // A line end that follows at once will do, unless it would swallow a blank, complete a soft break, a line end or a delimiter.
  const safe = !isBlank(before) && before !== EQUALS && before !== CR && !lineBeginsWithDashes(raw, at);
  return beginsLine && safe ? '' : `=${eol}`;
}

/** Whether the line that `at` is in begins with two dashes; taken to be so where no line begins near. */
function lineBeginsWithDashes(raw: Buffer, at: number): boolean {
  const near = Math.max(0, at - MAX_LINE_BYTES);
  const lf = raw.subarray(near, at).lastIndexOf(0x0a);
  if (lf === -1 && near > 0) return true;
  return beginsWithDashes(raw, near + lf + 1);
}

/** Whether the text, or its line, ends right at `at`. */
function endsHere(raw: Uint8Array, at: number): boolean {
  return at >= raw.length || raw[at] === 0x0a || (raw[at] === 0x0d && raw[at + 1] === 0x0a);
}

/** Whether nothing but white space to be dropped stands between `at` and the end of the line. */
function restIsBlank(raw: Uint8Array, at: number): boolean {
  let end = at;
  while (end < raw.length && isBlank(raw[end])) end++;
  return endsHere(raw, end);
}
