/**
 * Old copies of a disclaimer in HTML: what shows its characters in their order, from one line's beginning to a line's end, whatever tags a
 * mail program wrapped them in. Where that is an element, or several one in the other, the outermost goes; else only the text
 * goes. So does an element that our class marks, if it shows what its class says. Nothing that shows anything else is touched.
 */
import { decodeLeniently, isAsciiText } from '../charset.ts';
import type { DisclaimerChange } from './disclaimer.ts';
import { comparable, comparableHtml, isMarked } from './disclaimer-marks.ts';
import type { BodyEdit } from './edits.ts';
import { decodedText } from './entities.ts';
import { isSpace, skipSpace } from './html-chars.ts';
import { attributesOf, type HtmlBudget, type HtmlToken, htmlTokens } from './html-tokens.ts';
import { disjoint, MAX_OLD_COPIES } from './old-text.ts';

/** Elements that may stand around a disclaimer alone, and go with it. */
const WRAPPERS: ReadonlySet<string> = new Set(
  'table tbody thead tr td th div p span font center b strong i em u a small h1 h2 h3 h4 h5 h6 section aside'.split(
    ' ',
  ),
);
/** What begins or ends a line. */
const LINE_BREAKS: ReadonlySet<string> = new Set(
  'address article aside blockquote body br center dd div dl dt footer form h1 h2 h3 h4 h5 h6 header hr html li main ol p pre section table tbody td th thead tr ul'.split(
    ' ',
  ),
);
/** What shows something without being text. */
const PICTURES: ReadonlySet<string> = new Set(
  'img image svg video audio canvas object embed applet iframe input button select textarea meter progress hr math xmp plaintext'.split(
    ' ',
  ),
);

/** Elements that another's end tag ends as well (HTML Standard §13.1.2.4). */
const IMPLIED_ENDS: ReadonlySet<string> = new Set(['p', 'td', 'th', 'tr', 'tbody', 'thead']);

/** Stops tags that never end from being kept by the hundred thousand. */
const MAX_OPEN_ELEMENTS = 1000;
/** Stops texts of marked elements from being kept whole: a disclaimer is shorter. */
const MAX_MARKED_TEXT = 20_000;

/** Stops marks by the ten thousand, each of which would have its text held against it. */
const MAX_MARKED = 2000;

interface OpenElement {
  readonly name: string;
  readonly start: number;
  /** How much text, and how many pictures, came before it. */
  readonly text: number;
  readonly pictures: number;
  readonly classes: string;
}

interface ClosedElement extends OpenElement {
  readonly end: number;
  readonly textEnd: number;
  readonly picturesWithin: number;
}

interface Walk {
  readonly html: string;
  readonly budget: HtmlBudget;
  readonly charset: string;
  readonly open: OpenElement[];
  readonly closed: ClosedElement[];
  /** Text pieces: where each begins in the source and in the compared text. */
  readonly pieces: Piece[];
  length: number;
  pictures: number;
  /** Lengths of compared text at which a line begins or ends. */
  readonly breaks: Set<number>;
}

interface Piece {
  readonly start: number;
  readonly end: number;
  readonly from: number;
  readonly text: string;
}

/** The removals, in ascending order. */
export function oldHtmlCopies(
  html: string,
  start: number,
  change: DisclaimerChange,
  charset: string,
  budget: HtmlBudget,
): readonly BodyEdit[] {
  const wanted = comparableHtml(change.html ?? escaped(change.text));
  const walk: Walk = {
    html,
    budget,
    charset,
    open: [],
    closed: [],
    pieces: [],
    length: 0,
    pictures: 0,
    breaks: new Set([0]),
  };
  for (const token of htmlTokens(html, start, budget)) read(walk, token, wanted.length);
  walk.breaks.add(walk.length);
  if (budget.left < 0) return [];
  const all = walk.pieces.map(({ text }) => text).join('');
  const marked = walk.closed
    .filter(({ classes }) => classes !== '')
    .slice(0, MAX_MARKED)
    .filter((element) => isMarked(element.classes, change.kind, textWithin(element, all)))
    .slice(0, MAX_OLD_COPIES)
    .map(({ start: from, end }) => ({ start: from, end, text: '' }));
  return disjoint([...marked, ...copiesOf(wanted, picturesOf(change), walk, all)]);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

function textWithin({ text, textEnd, classes }: ClosedElement, all: string): string {
  return classes === '' || textEnd - text > MAX_MARKED_TEXT ? '' : all.slice(text, textEnd);
}

function picturesOf({ html }: DisclaimerChange): number {
  let count = 0;
  for (const { kind, name } of htmlTokens(html ?? '', 0, { left: Number.POSITIVE_INFINITY })) {
    if (kind === 'startTag' && PICTURES.has(name)) count++;
  }
  return count;
}

function read(walk: Walk, token: HtmlToken, length: number): void {
  const { name } = token;
  if (token.kind === 'text') readText(walk, token);
  if (token.kind !== 'startTag' && token.kind !== 'endTag') return;
  if (LINE_BREAKS.has(name)) walk.breaks.add(walk.length);
  if (token.kind === 'endTag') closeElement(walk, token, length);
  else if (token.complete) {
    if (PICTURES.has(name)) walk.pictures++;
    if (!WRAPPERS.has(name) || walk.open.length >= MAX_OPEN_ELEMENTS) return;
    const { start } = token;
    walk.open.push({
      name,
      start,
      text: walk.length,
      pictures: walk.pictures,
      classes: classesOf(walk.html, token),
    });
  }
}

function classesOf(html: string, token: HtmlToken): string {
  if (!html.slice(token.start, Math.min(token.end, token.start + 2000)).includes('mailroom-')) return '';
  const found = attributesOf(html, token, { left: 50 }).find(({ name }) => name === 'class');
  return found === undefined ? '' : html.slice(found.valueStart, found.valueEnd);
}

/** Only what begins and ends as tags pair up is an element here; one that another cuts across is none. */
function closeElement(walk: Walk, token: HtmlToken, length: number): void {
  const { open } = walk;
  if (!WRAPPERS.has(token.name)) return;
  while (open.at(-1)?.name !== token.name && IMPLIED_ENDS.has(open.at(-1)?.name ?? '')) open.pop();
  const element = open.pop();
  if (element === undefined) return;
  if (element.name !== token.name) {
    // A tag without its partner: what is around it may end where we do not see it.
    open.length = 0;
    return;
  }
  const within = walk.length - element.text;
  if (within !== length && element.classes === '') return;
  const picturesWithin = walk.pictures - element.pictures;
  walk.closed.push({ ...element, end: token.end, textEnd: walk.length, picturesWithin });
}

/** What text beyond ASCII takes of the budget: a decoder is asked for each piece of it. */
const DECODING_COST = 3;

function readText(walk: Walk, { start, end }: HtmlToken): void {
  const octets = walk.html.slice(start, end);
  if (!isAsciiText(octets)) walk.budget.left -= DECODING_COST;
  const text = comparable(plainText(octets, walk.charset));
  if (text === '') return;
  walk.pieces.push({ start, end, from: walk.length, text });
  walk.length += text.length;
}

function plainText(octets: string, charset: string): string {
  const text = isAsciiText(octets) ? octets : decodeLeniently(Buffer.from(octets, 'latin1'), charset).text;
  return decodedText(text, 'text');
}

function copiesOf(wanted: string, pictures: number, walk: Walk, all: string): readonly BodyEdit[] {
  if (wanted === '') return [];
  const edits: BodyEdit[] = [];
  const elements = Map.groupBy(walk.closed, ({ text }) => text);
  for (let at = all.indexOf(wanted), count = 0; at !== -1 && count < MAX_OLD_COPIES; count++) {
    const end = at + wanted.length;
    if (walk.breaks.has(at) && walk.breaks.has(end)) {
      const outermost = (elements.get(at) ?? [])
        .filter(({ textEnd, picturesWithin }) => textEnd === end && picturesWithin === pictures)
        .toSorted((a, b) => a.start - b.start)[0];
      if (outermost !== undefined) edits.push({ start: outermost.start, end: outermost.end, text: '' });
      else edits.push(...textOnly(walk, at, end));
    }
    at = all.indexOf(wanted, at + 1);
  }
  return edits;
}

/** The text of a copy without the tags in it: all pieces whole, since a copy begins and ends with a line. */
function textOnly({ pieces, html }: Walk, from: number, end: number): readonly BodyEdit[] {
  const touched = pieces.filter((piece) => piece.from < end && piece.from + piece.text.length > from);
  const whole = touched.every((piece) => piece.from >= from && piece.from + piece.text.length <= end);
  if (!whole) return [];
  return touched.map((piece) => {
    const source = html.slice(piece.start, piece.end);
    let end = source.length;
    while (end > 0 && isSpace(source, end - 1)) end--;
    return { start: piece.start + Math.min(skipSpace(source, 0), end), end: piece.start + end, text: '' };
  });
}
