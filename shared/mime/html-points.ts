/**
 * Where a banner and a footer go in an HTML body, as offsets into its text: the banner's place is `html-prologue.ts`'s,
 * for the footer's a tokenizer looks at the rest. The HTML is neither parsed to a tree nor written anew, so what is not
 * at the two points stays as it is. Comments, scripts, styles, titles and templates are never entered.
 */
import { Tokenizer } from 'htmlparser2';
import { startOfContent } from './html-prologue.ts';

export interface HtmlPoints {
  /** After the effective `<body>`, or before the first thing that may show if that comes earlier. */
  readonly top: number;
  /** Before the last `</body>`, else the last `</html>`, else at the end of what is complete. */
  readonly bottom: number;
}

/** Elements whose content is text to the tokenizer, up to their own end tag. */
const RAW_TEXT: ReadonlySet<string> = new Set([
  'title',
  'style',
  'script',
  'textarea',
  'noembed',
  'noframes',
  'iframe',
  'xmp',
  'plaintext',
]);

/** What the walk over the tokens has learnt so far. */
interface Walk {
  readonly html: string;
  bodyEnd: number;
  htmlEnd: number;
  /** The start tag that is being read: its name, where it begins. */
  tagName: string;
  tagStart: number;
  /** The raw-text element in which the tokens are, and where it began; empty outside. */
  rawName: string;
  rawStart: number;
  templateDepth: number;
  templateStart: number;
  /** Up to here every construct is complete. */
  complete: number;
  /** The tokenizer has been told that there is no more: what it reports now never ends. */
  ended: boolean;
  /** An end tag without its end swallows the text after it as well. */
  swallowing: boolean;
}

/** Finds the points. `html` is one character per octet; `start` is where it begins (after a byte order mark). Linear. */
export function findHtmlPoints(html: string, start: number): HtmlPoints {
  const walk: Walk = {
    html,
    bodyEnd: -1,
    htmlEnd: -1,
    tagName: '',
    tagStart: -1,
    rawName: '',
    rawStart: -1,
    templateDepth: 0,
    templateStart: -1,
    complete: start,
    ended: false,
    swallowing: false,
  };
  // The tokenizer counts from the start of what it is given.
  const tokenizer = new Tokenizer({ decodeEntities: false }, callbacks(walk, start));
  tokenizer.write(start === 0 ? html : html.slice(start));
  walk.ended = true;
  tokenizer.end();
  const end = endOfComplete(walk);
  const top = startOfContent(html, start);
  // An end tag before anything shows ends nothing.
  const ends = [walk.bodyEnd, walk.htmlEnd].filter((at) => at !== -1 && at >= top && at <= end);
  return { top, bottom: Math.max(ends[0] ?? end, top) };
}

/** An element, a comment or a tag that never ends takes the rest of the document; what follows would not show. */
function endOfComplete(walk: Walk): number {
  if (walk.rawName !== '') return walk.rawStart;
  if (walk.templateDepth > 0) return walk.templateStart;
  return walk.complete;
}

function callbacks(walk: Walk, base: number): ConstructorParameters<typeof Tokenizer>[1] {
  const nothing = (): undefined => undefined;
  return {
    onattribdata: nothing,
    onattribentity: nothing,
    onattribend: nothing,
    onattribname: nothing,
    ontextentity: nothing,
    onend: nothing,
    oncdata: (_start, end) => complete(walk, base + end + 1),
    oncomment: (_start, end) => complete(walk, base + end + 1),
    ondeclaration: (_start, end) => complete(walk, base + end + 1),
    onprocessinginstruction: (_start, end) => complete(walk, base + end + 1),
    onopentagname(start, end) {
      walk.tagName = walk.html.slice(base + start, base + end).toLowerCase();
      walk.tagStart = base + start - 1;
    },
    onopentagend: (end) => openTag(walk, base + end + 1),
    onselfclosingtag: (end) => openTag(walk, base + end + 1),
    onclosetag: (start, end) => closeTag(walk, base + start, base + end),
    ontext: (_start, end) => text(walk, base + end),
  };
}

/** Comments and declarations that the tokenizer reports only at the end of its input never end. */
function complete(walk: Walk, end: number): void {
  if (!walk.ended && !walk.swallowing) walk.complete = Math.max(walk.complete, end);
}

function openTag(walk: Walk, end: number): void {
  const { tagName, tagStart } = walk;
  complete(walk, end);
  if (walk.rawName !== '') return;
  if (RAW_TEXT.has(tagName)) {
    walk.rawName = tagName;
    walk.rawStart = tagStart;
  }
  if (tagName === 'template' && walk.templateDepth++ === 0) walk.templateStart = tagStart;
}

function closeTag(walk: Walk, nameStart: number, nameEnd: number): void {
  const name = walk.html.slice(nameStart, nameEnd).toLowerCase();
  const close = walk.html.indexOf('>', nameEnd);
  if (close === -1) walk.swallowing = true;
  else complete(walk, close + 1);
  if (walk.rawName !== '') {
    if (name === walk.rawName) walk.rawName = '';
    return;
  }
  if (name === 'template' && walk.templateDepth > 0) walk.templateDepth--;
  if (walk.templateDepth > 0) return;
  if (name === 'body') walk.bodyEnd = nameStart - 2;
  else if (name === 'html') walk.htmlEnd = nameStart - 2;
}

function text(walk: Walk, end: number): void {
  if (walk.swallowing) return;
  // A last "</" is text as it stands, but would take what is put after it for a broken end tag.
  const open = walk.ended && walk.html.endsWith('</', end) ? 2 : 0;
  walk.complete = Math.max(walk.complete, end - open);
}
