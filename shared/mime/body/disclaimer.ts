/** A disclaimer as it stands in a text/plain part, and the care for lines that its HTML (`disclaimer-markup.ts`) needs as well. */
import type { ContentChange } from '../change-types.ts';
import type { LineEnd } from '../line-ends.ts';

export type DisclaimerChange = Extract<ContentChange, { kind: 'prependDisclaimer' | 'appendDisclaimer' }>;

/** Lines are broken at white space before this, so that none comes near the 998 octets of RFC 5322 §2.1.1. */
const WRAP_COLUMN = 800;

/** What a text/plain part needs to know of itself. */
export interface TextStyle {
  readonly eol: LineEnd;
  /** format=flowed (RFC 3676). */
  readonly flowed: boolean;
  /** Boundaries of the multiparts around the part. */
  readonly boundaries: readonly string[];
}

/** The text for a text/plain part: its lines without trailing blanks, none of them a delimiter, no line end at the end. */
export function plainDisclaimer(change: DisclaimerChange, style: TextStyle): string {
  const lines = linesOf(change.text).flatMap(wrap).map(withoutTrailingBlanks);
  return lines.map((line) => guardLine(stuffLine(line, style), style)).join(style.eol);
}

/** Markup on lines that are not too long, none of them a delimiter. */
export function markupLines(markup: string, { eol, boundaries }: Omit<TextStyle, 'flowed'>): string {
  const lines = linesOf(markup).flatMap(wrap);
  return lines.map((line) => guardLine(line, { boundaries })).join(eol);
}

export function linesOf(text: string): readonly string[] {
  return text
    .toWellFormed()
    .trim()
    .split(/\r\n|\r|\n/);
}

function withoutTrailingBlanks(line: string): string {
  // RFC 3676 §4.3: this one line keeps its blank.
  return line === '-- ' ? line : line.trimEnd();
}

/** RFC 3676 §4.4: a flowed line that begins like this gets a space in front, which readers take away. */
function stuffLine(line: string, { flowed }: TextStyle): string {
  return flowed && (line.startsWith(' ') || line.startsWith('>') || line.startsWith('From '))
    ? ` ${line}`
    : line;
}

/** RFC 2046 §5.1.1: no line of ours may begin with a delimiter of a multipart around it, not even as a prefix. */
function guardLine(line: string, { boundaries }: Pick<TextStyle, 'boundaries'>): string {
  const collides = line.startsWith('--') && boundaries.some((boundary) => line.startsWith(boundary, 2));
  return collides ? ` ${line}` : line;
}

/** Breaks a long line at white space; a word longer than that stays whole. */
function wrap(line: string): readonly string[] {
  const lines: string[] = [];
  let rest = line;
  while (rest.length > WRAP_COLUMN) {
    const before = rest.lastIndexOf(' ', WRAP_COLUMN);
    const space = before > 0 ? before : rest.indexOf(' ', WRAP_COLUMN);
    if (space === -1) break;
    lines.push(rest.slice(0, space));
    rest = rest.slice(space + 1);
  }
  lines.push(rest);
  return lines;
}
