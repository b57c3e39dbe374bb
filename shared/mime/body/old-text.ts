/**
 * Old copies of a disclaimer in a text: its characters in their order, on lines of their own, however often they were quoted, broken
 * anew or indented. Whole lines go, and with them one of the empty lines around them; nothing else.
 */
import { asciiForm } from '../ascii-form.ts';
import { decodeStrictly, isAsciiText } from '../charset.ts';
import { firstBehind } from '../in-order.ts';
import type { DisclaimerChange } from './disclaimer.ts';
import { comparable } from './disclaimer-marks.ts';
import type { BodyEdit } from './edits.ts';
import type { BodyText } from './types.ts';

/** Stops a text of thousands of copies from costing more than a look at each of the first. */
export const MAX_OLD_COPIES = 200;

/** Stops a text of millions of lines, each costing an object. Copies behind those are left, as are those that nobody would see. */
const MAX_LINES_SEARCHED = 100_000;

interface Line {
  readonly start: number;
  /** With its line end. */
  readonly end: number;
  /** Where its characters begin in what is compared. */
  readonly from: number;
  readonly length: number;
}

/** The removals, in ascending order. `text` is one character per octet. */
export function oldTextCopies(
  text: string,
  start: number,
  change: DisclaimerChange,
  { charset }: BodyText,
): readonly BodyEdit[] {
  const wanted = new Set(
    [change.text, change.ascii ?? '', asciiForm(change.text)].map((one) => unquoted(one)),
  );
  const { lines, all } = linesOf(text, start, charset);
  const edits: BodyEdit[] = [];
  for (const one of wanted) {
    if (one === '') continue;
    for (let at = all.indexOf(one), count = 0; at !== -1 && count < MAX_OLD_COPIES; count++) {
      const first = lineWith(lines, at);
      const last = lineWith(lines, at + one.length - 1);
      const isWhole = first?.from === at && last !== undefined && last.from + last.length === at + one.length;
      if (isWhole) edits.push(removalOf(text, start, first, last));
      at = all.indexOf(one, at + 1);
    }
  }
  return disjoint(edits);
}

/** The line that holds a place of what is compared. */
function lineWith(lines: readonly Line[], at: number): Line | undefined {
  return lines[firstBehind(lines, at, ({ from }) => from) - 1];
}

function unquoted(text: string): string {
  return comparable(
    text
      .trim()
      .split(/\r\n|\r|\n/)
      .map((line) => line.replace(QUOTE, ''))
      .join(''),
  );
}

const QUOTE = /^[\s>|]+/;

/** The lines with something on them, and their characters without quote marks and white space, in one string. */
function linesOf(
  text: string,
  start: number,
  charset: string,
): { readonly lines: readonly Line[]; readonly all: string } {
  const lines: Line[] = [];
  const pieces: string[] = [];
  let from = 0;
  let seen = 0;
  for (let at = start; at < text.length && seen++ < MAX_LINES_SEARCHED; ) {
    const lf = text.indexOf('\n', at);
    const end = lf === -1 ? text.length : lf + 1;
    const plain = plainLine(text.slice(at, end), charset);
    if (plain !== '') {
      lines.push({ start: at, end, from, length: plain.length });
      pieces.push(plain);
      from += plain.length;
    }
    at = end;
  }
  return { lines, all: pieces.join('') };
}

function plainLine(line: string, charset: string): string {
  const octets = line.replace(QUOTE, '');
  if (isAsciiText(octets)) return comparable(octets);
  return comparable(decodeStrictly(Buffer.from(octets, 'latin1'), charset) ?? octets);
}

/** The lines, and an empty one after them where one stands before them too: two paragraphs become neighbours. */
function removalOf(text: string, start: number, first: Line, last: Line): BodyEdit {
  const before = text.slice(text.lastIndexOf('\n', first.start - 2) + 1, first.start);
  const lf = text.indexOf('\n', last.end);
  const next = lf === -1 ? text.length : lf + 1;
  const isEmptyAfter = text.slice(last.end, Math.min(next, last.end + 200)).replace(QUOTE, '') === '';
  const isEmptyBefore = first.start === start || before.replace(QUOTE, '') === '';
  return {
    start: first.start,
    end: isEmptyBefore && isEmptyAfter && next > last.end ? next : last.end,
    text: '',
  };
}

/** Of overlapping removals the earlier, and longer. */
export function disjoint(edits: readonly BodyEdit[]): readonly BodyEdit[] {
  const kept: BodyEdit[] = [];
  for (const edit of edits.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (edit.start >= (kept.at(-1)?.end ?? 0)) kept.push(edit);
  }
  return kept;
}
