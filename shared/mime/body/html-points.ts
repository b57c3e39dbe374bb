/**
 * Where a banner and a footer go in an HTML body, as offsets into its text: the banner's place is `html-prologue.ts`'s,
 * for the footer's the tokens of the rest are looked at. The HTML is neither parsed to a tree nor written anew, so what is not
 * at the two points stays as it is. Comments, scripts, styles, titles and templates are never entered.
 */

import { startOfContent } from './html-prologue.ts';
import { type HtmlToken, htmlTokens, type KnownTokens } from './html-tokens.ts';
import { RAW_TEXT } from './raw-text.ts';

export interface HtmlPoints {
  /** After the effective `<body>`, or before the first thing that may show if that comes earlier. */
  readonly top: number;
  /** Before the last `</body>`, else the last `</html>`, else at the end of what is complete. */
  readonly bottom: number;
}

/** What the walk over the tokens has learnt so far. */
interface Walk {
  readonly html: string;
  bodyEnd: number;
  htmlEnd: number;
  /** Where the raw-text element began whose end tag has not come; -1 outside. */
  rawStart: number;
  templateDepth: number;
  templateStart: number;
  /** Up to here every construct is complete. */
  complete: number;
}

/** Finds the points. `html` is one character per octet; `start` is where it begins (after a byte order mark). Linear. */
export function findHtmlPoints(html: string, start: number, known?: KnownTokens): HtmlPoints {
  const walk: Walk = {
    html,
    bodyEnd: -1,
    htmlEnd: -1,
    rawStart: -1,
    templateDepth: 0,
    templateStart: -1,
    complete: start,
  };
  // A banner is not to be had out of the way by much markup: no limit here.
  const budget = { left: Number.POSITIVE_INFINITY, ...(known === undefined ? {} : { known }) };
  for (const token of htmlTokens(html, start, budget)) readToken(walk, token);
  const end = endOfComplete(walk);
  const top = startOfContent(html, start);
  // An end tag before anything shows ends nothing.
  const ends = [walk.bodyEnd, walk.htmlEnd].filter((at) => at !== -1 && at >= top && at <= end);
  return { top, bottom: Math.max(ends[0] ?? end, top) };
}

/** An element, a comment or a tag that never ends takes the rest of the document; what follows would not show. */
function endOfComplete(walk: Walk): number {
  if (walk.rawStart !== -1) return walk.rawStart;
  if (walk.templateDepth > 0) return walk.templateStart;
  return walk.complete;
}

function readToken(walk: Walk, token: HtmlToken): void {
  const { kind, name, start, end } = token;
  if (!token.complete) return;
  // A last "</" is text as it stands, but would take what is put after it for a broken end tag.
  const open = kind === 'text' && end === walk.html.length && walk.html.endsWith('</') ? 2 : 0;
  walk.complete = end - open;
  if (kind === 'startTag') {
    if (RAW_TEXT.has(name)) walk.rawStart = start;
    if (name === 'template' && walk.templateDepth++ === 0) walk.templateStart = start;
  } else if (kind === 'endTag') {
    if (RAW_TEXT.has(name)) walk.rawStart = -1;
    if (name === 'template' && walk.templateDepth > 0) walk.templateDepth--;
    if (walk.templateDepth > 0) return;
    if (name === 'body') walk.bodyEnd = start;
    else if (name === 'html') walk.htmlEnd = start;
  }
}
