/**
 * What a person reads of an HTML body, as plain text: without scripts, styles, comments, and what the elements' own styles hide. What
 * style sheets hide is in it, and what they show in spite of those styles is not: whoever searches asks `searchableHtmlText` for both.
 * Linear; its memory is that of the text.
 */
import { decodedText } from './body/entities.ts';
import { attributesOf, type HtmlToken, htmlTokens } from './body/html-tokens.ts';
import { RAW_TEXT } from './body/raw-text.ts';
import { type StyleVisibility, styleVisibility } from './body/visibility.ts';

export interface HtmlTextOptions {
  /**
   * The addresses of links after their text, dashes before the items of lists, and the texts that stand for images: for a text that takes
   * the HTML's place.
   */
  readonly links?: boolean;
}

/** Stops a tag of millions of attributes: those that matter here stand among the first. */
const MAX_ATTRIBUTES_LOOKED_AT = 200;

/** Elements that begin and end with a line of their own. */
const BLOCKS: ReadonlySet<string> = new Set(
  'address article aside body center dd details dialog dir div dl dt fieldset figcaption figure footer form header hgroup hr html legend li main menu nav option section summary tr'.split(
    ' ',
  ),
);
/** Elements with an empty line before and after. */
const PARAGRAPHS: ReadonlySet<string> = new Set(
  'blockquote h1 h2 h3 h4 h5 h6 ol p pre table ul xmp listing plaintext'.split(' '),
);
/** How an element stands among its neighbours: one look for each tag. */
const LAYOUT: ReadonlyMap<string, 'block' | 'paragraph' | 'cell' | 'break'> = new Map([
  ...[...BLOCKS].map((name) => [name, 'block'] as const),
  ...[...PARAGRAPHS].map((name) => [name, 'paragraph'] as const),
  ['td', 'cell'],
  ['th', 'cell'],
  ['br', 'break'],
]);
const PREFORMATTED: ReadonlySet<string> = new Set(['pre', 'xmp', 'plaintext', 'listing', 'textarea']);
/** Elements without an end tag (HTML Standard §13.1.2). */
const VOID: ReadonlySet<string> = new Set(
  'area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr'.split(
    ' ',
  ),
);
/** Raw text that browsers show. */
const SHOWN_RAW: ReadonlySet<string> = new Set(['textarea', 'xmp', 'plaintext']);

interface Writer {
  readonly pieces: string[];
  /** Line ends to be written before the next text; 0 within a line. */
  lines: number;
  space: boolean;
  preformatted: number;
}

/** An open element that hides what is in it, or one inside such an element that shows itself again. */
interface Scope {
  readonly name: string;
  /** How many of its name are open. */
  depth: number;
  /** Where in `pieces` it began. */
  readonly from: number;
  /** Why it is not seen; nothing is true of one that shows itself. */
  readonly gone: boolean;
  readonly invisible: boolean;
  readonly sizeless: boolean;
  /** Of a hidden one: what elements inside showed again. */
  readonly kept: string[];
}

/** Stops elements that hide and show by turns from being nested by the thousand: what is deeper is as its parent. */
const MAX_SCOPES = 50;

interface Reader extends Writer {
  readonly html: string;
  readonly links: boolean;
  /** What elements hide is read as well. */
  readonly showAll: boolean;
  readonly scopes: Scope[];
  /** Something was left out because an element hides it. */
  leftOut: boolean;
  /** The link that is open, and where in `pieces` it began. */
  link: { readonly address: string; readonly from: number } | undefined;
}

/** The visible text of `html`, its lines ended by LF. */
export function htmlToText(html: string, options: HtmlTextOptions = {}): string {
  return readAll(html, options.links === true, false).text;
}

/**
 * The visible text, and behind it, where elements hide something, the whole text with what they hide. Letters hidden inside a
 * word keep it from being found in the second, and words that a style sheet shows after all are only there.
 */
export function searchableHtmlText(html: string): string {
  const { text, leftOut } = readAll(html, false, false);
  return leftOut ? `${text}\n${readAll(html, false, true).text}` : text;
}

function readAll(html: string, links: boolean, showAll: boolean): { text: string; leftOut: boolean } {
  const reader: Reader = {
    html,
    links,
    showAll,
    pieces: [],
    lines: 0,
    space: false,
    preformatted: 0,
    scopes: [],
    leftOut: false,
    link: undefined,
  };
  for (const token of htmlTokens(html, 0, { left: Number.POSITIVE_INFINITY })) readToken(reader, token);
  // An element that never ends may end elsewhere to a browser: what is in it counts as shown.
  return { text: reader.pieces.join('').trimEnd(), leftOut: reader.leftOut };
}

function readToken(reader: Reader, token: HtmlToken): void {
  switch (token.kind) {
    case 'text':
      writeText(reader, decodedText(reader.html.slice(token.start, token.end), 'text'));
      break;
    case 'rawText':
      if (SHOWN_RAW.has(token.name)) writeRaw(reader, token);
      break;
    case 'startTag':
      if (token.complete) openTag(reader, token);
      break;
    case 'endTag':
      closeTag(reader, token.name);
      break;
    default:
      break;
  }
}

function writeRaw(reader: Reader, { name, start, end }: HtmlToken): void {
  const raw = reader.html.slice(start, end);
  writeText(reader, name === 'textarea' ? decodedText(raw, 'text') : raw);
}

function openTag(reader: Reader, token: HtmlToken): void {
  const { name } = token;
  // A paragraph ends where the next block begins (HTML Standard §13.2.6.4.7).
  if (reader.scopes.at(-1)?.name === 'p' && (BLOCKS.has(name) || PARAGRAPHS.has(name))) endScope(reader);
  const scope = reader.scopes.at(-1);
  if (scope?.name === name) scope.depth++;
  breakBefore(reader, name);
  if (PREFORMATTED.has(name)) reader.preformatted++;
  if (token.end - token.start <= name.length + 2) {
    if (name === 'template') enter(reader, name, { ...styleVisibility(''), gone: true });
    return;
  }
  if (reader.showAll && name !== 'template') return;
  const value = attributeReader(reader.html, token);
  if (!VOID.has(name) && !RAW_TEXT.has(name) && name !== 'body' && name !== 'html') {
    const style = styleVisibility(value('style') ?? '');
    const gone = style.gone || name === 'template' || value('hidden') !== undefined;
    enter(reader, name, { ...style, gone });
  }
  if (!reader.links || isHidden(reader.scopes.at(-1))) return;
  if (name === 'a') openLink(reader, value('href'));
  if (name === 'img') writeText(reader, imageText(value('alt')));
}

function attributeReader(html: string, token: HtmlToken): (name: string) => string | undefined {
  const attributes = attributesOf(html, token, { left: MAX_ATTRIBUTES_LOOKED_AT });
  return (wanted) => {
    const found = attributes.find(({ name }) => name === wanted);
    return found === undefined
      ? undefined
      : decodedText(html.slice(found.valueStart, found.valueEnd), 'attribute');
  };
}

function imageText(alt: string | undefined): string {
  const text = alt?.trim() ?? '';
  return text === '' ? '' : `[${text}]`;
}

function breakBefore(reader: Reader, name: string): void {
  const layout = LAYOUT.get(name);
  if (layout === 'break') reader.lines++;
  else if (layout === 'cell') reader.space = true;
  else breakAround(reader, layout);
  if (name === 'li' && reader.links) {
    write(reader, '- ');
    reader.space = false;
  }
}

function isHidden(scope: Scope | undefined): boolean {
  return scope !== undefined && (scope.gone || scope.invisible || scope.sizeless);
}

/** Opens a scope where the element changes what is seen. */
function enter(reader: Reader, name: string, style: StyleVisibility): void {
  const outer = reader.scopes.at(-1);
  if (outer?.gone === true || reader.scopes.length >= MAX_SCOPES) return;
  const invisible = style.visible === undefined ? outer?.invisible === true : !style.visible;
  const sizeless = style.sized === undefined ? outer?.sizeless === true : !style.sized;
  const changes =
    style.gone || invisible !== (outer?.invisible === true) || sizeless !== (outer?.sizeless === true);
  if (!changes) return;
  const from = reader.pieces.length;
  reader.scopes.push({ name, depth: 1, from, gone: style.gone, invisible, sizeless, kept: [] });
}

/** Remembers what is shown in spite of the hidden element around it. */
function keep(reader: Reader, pieces: readonly string[]): void {
  const outer = reader.scopes.at(-1);
  if (outer === undefined || !isHidden(outer)) return;
  for (const piece of pieces) outer.kept.push(piece);
}

function endScope(reader: Reader): void {
  const scope = reader.scopes.pop();
  if (scope === undefined) return;
  if (!isHidden(scope)) {
    keep(reader, reader.pieces.slice(scope.from));
    return;
  }
  if (reader.pieces.length - scope.from > scope.kept.length) reader.leftOut = true;
  reader.pieces.length = scope.from;
  for (const piece of scope.kept) reader.pieces.push(piece);
  keep(reader, scope.kept);
  if (reader.link !== undefined && reader.link.from > scope.from) reader.link = undefined;
}

function closeTag(reader: Reader, name: string): void {
  if (name === 'a') closeLink(reader);
  const scope = reader.scopes.at(-1);
  if (scope?.name === name && --scope.depth === 0) endScope(reader);
  if (PREFORMATTED.has(name)) reader.preformatted = Math.max(0, reader.preformatted - 1);
  breakAround(reader, LAYOUT.get(name));
}

function breakAround(reader: Writer, layout: string | undefined): void {
  if (layout === 'paragraph') reader.lines = Math.max(reader.lines, 2);
  else if (layout === 'block') reader.lines = Math.max(reader.lines, 1);
}

function openLink(reader: Reader, href: string | undefined): void {
  closeLink(reader);
  const address = href?.trim() ?? '';
  if (/^(?:https?|ftp|mailto|tel):/i.test(address)) reader.link = { address, from: reader.pieces.length };
}

/** Its address, unless the text says it. */
function closeLink(reader: Reader): void {
  const { link } = reader;
  reader.link = undefined;
  if (link === undefined || isHidden(reader.scopes.at(-1))) return;
  const text = reader.pieces.slice(link.from).join('').trim();
  const plain = link.address.replace(/^(?:mailto|tel):/i, '');
  if (text !== '' && !text.includes(plain) && text !== plain.replace(/^https?:\/\/|\/$/g, '')) {
    writeText(reader, ` <${plain}>`);
  }
}

/** Outside preformatted text white space is one space (CSS Text 3 §4.1.1). A no-break space stays in its place as a space. */
function writeText(reader: Reader, text: string): void {
  if (text === '') return;
  if (reader.preformatted > 0) {
    write(reader, text.replace(/\r\n?/g, '\n'));
    return;
  }
  // Most pieces of markup-heavy bodies are single words.
  if (!/[ \t\n\f\r\u00a0]/.test(text)) {
    write(reader, text);
    return;
  }
  const words = text.replace(/[ \t\n\f\r]+/g, ' ');
  if (words === ' ') {
    reader.space = true;
    return;
  }
  if (words.startsWith(' ')) reader.space = true;
  write(reader, words.replace(/^ | $/g, '').replaceAll('\u00a0', ' '));
  reader.space = words.endsWith(' ');
}

function write(reader: Writer, text: string): void {
  if (reader.pieces.length > 0) {
    if (reader.lines > 0) reader.pieces.push('\n'.repeat(Math.min(reader.lines, MAX_EMPTY_LINES)));
    else if (reader.space) reader.pieces.push(' ');
  }
  reader.lines = 0;
  reader.space = false;
  reader.pieces.push(text);
}

/** More than these in a row say no more, and are a way to push a text out of sight. */
const MAX_EMPTY_LINES = 3;
