/**
 * A disclaimer as it stands in a part: plain text, or HTML that survives mail readers (a table with inline styles, its
 * own colours on its own background, so that dark modes and the sender's styles leave it readable).
 */
import { isAsciiText } from './charset.ts';
import type { LineEnd } from './line-ends.ts';
import type { ContentChange } from './types.ts';

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

function linesOf(text: string): readonly string[] {
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
function guardLine(line: string, { boundaries }: TextStyle): string {
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

/** Against style sheets of the sender: what stands in the element itself with `!important` wins over them. */
const SHOWN = [
  'visibility:visible',
  'opacity:1',
  'position:static',
  'float:none',
  'height:auto',
  'max-height:none',
  'max-width:none',
  'transform:none',
  'clip-path:none',
  'filter:none',
].map((declaration) => `${declaration}!important`);

/** An element that is there to be seen, and is of that kind. */
function shown(display: string): string {
  return [`display:${display}!important`, ...SHOWN].join(';');
}

const OUTER_STYLE = `${shown('table')};width:100%;border-collapse:collapse;margin:0`;
const INNER_STYLE = [
  'padding:8px 12px',
  'border:1px solid #b0b0b0',
  'font-family:Arial,Helvetica,sans-serif',
  'font-size:14px',
  'line-height:20px',
  'text-align:left',
].join(';');
/** Text colour and background, always together. */
const COLOURS = {
  prependDisclaimer: { text: '#1f1f1f', background: '#fff4ce' },
  appendDisclaimer: { text: '#1f1f1f', background: '#ffffff' },
} as const;

/** The HTML for a text/html part, in US-ASCII: other characters are numeric references, right in every charset. */
export function htmlDisclaimer(
  change: DisclaimerChange,
  { eol, boundaries }: Omit<TextStyle, 'flowed'>,
): string {
  const { text, background } = COLOURS[change.kind];
  const content = change.html === undefined ? escapeText(change.text) : change.html.toWellFormed().trim();
  // Outlook passes over what is !important, so the plain declarations stand beside it.
  const firm = `color:${text}!important;background-color:${background}!important;font-size:14px!important;line-height:20px!important;text-indent:0!important`;
  const style = `${shown('table-cell')};${firm};${INNER_STYLE};color:${text};background-color:${background}`;
  const markup = [
    `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="${OUTER_STYLE}">`,
    `<tbody style="${shown('table-row-group')}">`,
    `<tr style="${shown('table-row')}">`,
    `<td bgcolor="${background}" style="${style}">`,
    asciiHtml(content),
    '</td>',
    '</tr>',
    '</tbody>',
    '</table>',
  ].join('\n');
  const lines = linesOf(markup).flatMap(wrap);
  return lines.map((line) => guardLine(line, { eol, boundaries, flowed: false })).join(eol);
}

function escapeText(text: string): string {
  const escaped = linesOf(text).map((line) =>
    line
      .trimEnd()
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;'),
  );
  return escaped.join('<br>\n');
}

function asciiHtml(html: string): string {
  if (isAsciiText(html)) return html;
  let out = '';
  for (const char of html) out += isAsciiText(char) ? char : `&#${char.codePointAt(0) ?? 0xfffd};`;
  return out;
}
