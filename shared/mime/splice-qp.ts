/** Insertions into quoted-printable (RFC 2045 §6.7): at line boundaries, or between soft line breaks of our own. */
import { encodeQuotedPrintable } from './encode.ts';
import { isBlank } from './header.ts';
import {
  beginsWithDashes,
  type EncodedBody,
  type Insertion,
  isLineStart,
  lineBeginsWithDashes,
  type ServingEdit,
} from './splice.ts';
import { isQpLiteral, readQpToken } from './transfer.ts';

/** A place in the encoded text, and whether a soft break that lacks its line end stands right before it. */
interface QpPlace {
  readonly at: number;
  readonly dangling: boolean;
}

/** The insertions, in ascending order, as edits of the encoded body. */
export function spliceQuotedPrintable(
  body: EncodedBody,
  insertions: readonly Insertion[],
): readonly ServingEdit[] {
  const places = locate(
    body.raw,
    insertions.map(({ at }) => at),
  );
  return insertions.map((insertion, index) => {
    const place = places[index] ?? { at: body.raw.length, dangling: false };
    return spliceAt(body, insertion, place);
  });
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

function spliceAt(body: EncodedBody, { bytes, changes }: Insertion, place: QpPlace): ServingEdit {
  const { raw, eol, start } = body;
  const { at } = place;
  const endsLine = bytes.length > 0 && bytes[bytes.length - 1] === 0x0a;
  const encoded = encodeQuotedPrintable(bytes, eol, true).toString('latin1');
  const lead = leadingBreak(body, bytes, place);
  // The rest of a line that is cut in two must not become a delimiter: its first dash is escaped.
  const dash = endsLine && !isLineStart(raw, at) && beginsWithDashes(raw, at);
  const trail = dash ? `=2D=${eol}` : endsLine || restIsBlank(raw, at) ? '' : `=${eol}`;
  return {
    span: { start: start + at, end: start + at + (dash ? 1 : 0) },
    replacement: Buffer.from(`${lead}${encoded}${trail}`, 'latin1'),
    changes,
  };
}

/** What ends the encoded line before the insertion without ending the decoded one. */
function leadingBreak({ raw, eol }: EncodedBody, bytes: Uint8Array, { at, dangling }: QpPlace): string {
  if (dangling) return eol;
  if (isLineStart(raw, at)) return '';
  const before = raw[at - 1];
  const beginsLine = bytes[0] === 0x0a || (bytes[0] === 0x0d && bytes[1] === 0x0a);
  // A line end of the insertion's own will do, unless it would swallow a blank, complete a soft break or a delimiter.
  const safe = !isBlank(before) && before !== 0x3d && !lineBeginsWithDashes(raw, at);
  return beginsLine && safe ? '' : `=${eol}`;
}

/** Whether nothing but white space to be dropped stands between `at` and the end of the line. */
function restIsBlank(raw: Uint8Array, at: number): boolean {
  let end = at;
  while (end < raw.length && isBlank(raw[end])) end++;
  return end >= raw.length || raw[end] === 0x0a || (raw[end] === 0x0d && raw[end + 1] === 0x0a);
}
