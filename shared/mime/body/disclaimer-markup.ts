/**
 * A disclaimer as HTML that survives mail readers and the sender: a table with inline styles, its own colours on its own
 * background, so that dark modes leave it readable and no style sheet of the sender hides it. What is `!important` in an
 * element's own style wins over every style sheet (CSS Cascade 5 §6.1).
 */
import { isAsciiText } from '../charset.ts';
import { type DisclaimerChange, linesOf, markupLines, type TextStyle } from './disclaimer.ts';
import { comparableHtml, disclaimerClass } from './disclaimer-marks.ts';
import { attributesOf, type HtmlToken, htmlTokens } from './html-tokens.ts';

/** `all` takes back whatever else a style sheet sets (CSS Cascade 5 §3.2); what follows it stands for readers who do not know it. */
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
];

/** An element that is there to be seen, and is of that kind. */
function shown(display: string, ...more: readonly string[]): string {
  return firm(['all:initial', `display:${display}`, ...SHOWN, ...more]);
}

/** Blanks between them: there the line may be broken. */
function firm(declarations: readonly string[]): string {
  return declarations.map((declaration) => `${declaration}!important`).join('; ');
}

/** Above what the sender lays over it with any layer but the topmost. */
const ON_TOP = [
  'position:relative',
  'z-index:2147483647',
  'top:auto',
  'right:auto',
  'bottom:auto',
  'left:auto',
];
/** Outlook for Windows passes over what is `!important`: all that it must know stands there without that as well. */
const TABLE = ['width:100%', 'border-collapse:collapse'];
const CELL = [
  'padding:8px 12px',
  'border:1px solid #b0b0b0',
  'font-family:Arial,Helvetica,sans-serif',
  'font-size:14px',
  'line-height:20px',
  'text-indent:0',
];
/** Text colour and background, always together, and the space to the sender's text. */
const LOOKS = {
  prependDisclaimer: { text: '#1f1f1f', background: '#fff4ce', margin: 'margin:0 0 8px' },
  appendDisclaimer: { text: '#1f1f1f', background: '#ffffff', margin: 'margin:8px 0 0' },
} as const;

/** Most messages get the same disclaimer, as the same value. By that and not by its text, which may tell of a message that is long gone. */
const remembered = new WeakMap<DisclaimerChange, string>();

/** The HTML for a text/html part, in US-ASCII: other characters are numeric references, right in every charset. */
export function htmlDisclaimer(change: DisclaimerChange, style: Omit<TextStyle, 'flowed'>): string {
  const markup = remembered.get(change) ?? markupOf(change);
  remembered.set(change, markup);
  return markupLines(markup, style);
}

function markupOf(change: DisclaimerChange): string {
  const { text, background, margin } = LOOKS[change.kind];
  const content = change.html === undefined ? escapeText(change.text) : change.html.toWellFormed().trim();
  const direction = directionOf(change.text);
  const table = [...TABLE, margin];
  const along = direction === 'rtl' ? 'text-align:right' : 'text-align:left';
  const cell = [...CELL, along, `color:${text}`, `background-color:${background}`];
  const directed = [`direction:${direction}`, 'unicode-bidi:isolate'];
  return [
    `<table class="${disclaimerClass(change.kind, comparableHtml(content))}" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="${shown('table', ...ON_TOP, ...table)}; ${table.join(';')}">`,
    `<tbody style="${shown('table-row-group')}">`,
    `<tr style="${shown('table-row')}">`,
    `<td dir="${direction}" bgcolor="${background}" style="${shown('table-cell', ...cell, ...directed)}; ${cell.join(';')}">`,
    asciiHtml(shownContent(content)),
    '</td>',
    '</tr>',
    '</tbody>',
    '</table>',
  ].join('\n');
}

const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/** Its own, not that of the page around it: by the first letter, as UAX #9 §3.3.1 (P2, P3) has it. */
function directionOf(text: string): 'ltr' | 'rtl' {
  const [first = ''] = /\p{L}/u.exec(text) ?? [];
  return RIGHT_TO_LEFT.test(first) ? 'rtl' : 'ltr';
}

/** Attributes that are styles by another name, which `all` would take back. */
const PRESENTATIONAL: ReadonlySet<string> = new Set(
  'align background bgcolor border cellpadding cellspacing color face height hspace nowrap size valign vspace width'.split(
    ' ',
  ),
);

/** The administrator's HTML, each element of which wins over the sender's style sheets as well. */
function shownContent(html: string): string {
  const budget = { left: Number.POSITIVE_INFINITY };
  const tokens = [...htmlTokens(html, 0, budget)];
  // With a style sheet of his own he sees to it himself.
  if (tokens.some(({ name }) => name === 'style')) return html;
  return tokens
    .map((token) =>
      token.kind === 'startTag' && token.complete
        ? shownTag(html, token)
        : html.slice(token.start, token.end),
    )
    .join('');
}

/** Up to a semicolon that is not in a string or an address. */
const DECLARATION = /(?:[^;"'(]|"[^"]*"|'[^']*'|\([^)]*\)|["'(])+/g;

function shownTag(html: string, token: HtmlToken): string {
  const attributes = attributesOf(html, token, { left: Number.POSITIVE_INFINITY });
  const style = attributes.find(({ name }) => name === 'style');
  const own = style === undefined ? '' : html.slice(style.valueStart, style.valueEnd);
  const quote = style === undefined ? '"' : (html[style.valueStart - 1] ?? '');
  // A style without quotes, or with what may be a semicolon in another spelling, is left as it was written.
  if (!/["']/.test(quote) || /[&\\]|\/\*/.test(own)) return html.slice(token.start, token.end);
  const base = attributes.some(({ name }) => PRESENTATIONAL.has(name)) ? SHOWN.slice(0, 3) : ['all:revert'];
  const given = [...own.matchAll(DECLARATION)].map(([one]) => one.trim().replace(/\s*!\s*important$/i, ''));
  const declarations = `${firm([...base, ...given.filter((one) => one !== '')])}${own === '' ? '' : `; ${own.trim()}`}`;
  if (style !== undefined) {
    return `${html.slice(token.start, style.valueStart)}${declarations}${html.slice(style.valueEnd, token.end)}`;
  }
  const at = token.start + 1 + token.name.length;
  return `${html.slice(token.start, at)} style="${declarations}"${html.slice(at, token.end)}`;
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
