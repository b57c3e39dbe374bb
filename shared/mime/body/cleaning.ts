/**
 * Takes out of HTML what runs (scripts, handlers, frames, forms' targets) or what is fetched without a click. Text stays. Where
 * readers of HTML may disagree on what is a tag, since they run scripts or not, or know SVG or not, the markup that they
 * disagree about goes as well, so that all of them read what was looked at here.
 */
import { cssEdits } from './css.ts';
import type { BodyEdit } from './edits.ts';
import { decodedText, decodeReferences, originOf } from './entities.ts';
import { attributesOf, type HtmlAttribute, type HtmlBudget, type HtmlToken } from './html-tokens.ts';
import { type HtmlSource, visitHtml, withoutAttribute, withoutSpan } from './html-visit.ts';
import { CSS_COST, levelRawText } from './levelling.ts';

export interface CleaningWish {
  /** What runs: scripts, handlers, addresses that are scripts, forms' targets. */
  readonly active: boolean;
  /** What is fetched from elsewhere: images, style sheets, fonts, media. */
  readonly remote: boolean;
}

/** Gone with all they hold, which is text to a browser and markup to others. */
const RAW_ELEMENTS: ReadonlySet<string> = new Set(['script', 'iframe', 'noembed', 'noframes']);
/** Gone with all they hold, where they end. */
const OBJECTS: ReadonlySet<string> = new Set(['object', 'applet']);
/** Only their tags go. In svg and math other rules hold for tags (HTML Standard §13.2.6.5), in noscript for those who run scripts. */
const LEVELLED: ReadonlySet<string> = new Set(['svg', 'math', 'noscript', 'frameset', 'frame']);
const FETCHING: ReadonlySet<string> = new Set([
  'embed',
  'bgsound',
  'layer',
  'ilayer',
  'portal',
  'fencedframe',
  'param',
]);
const REMOTE_ATTRIBUTES: ReadonlySet<string> = new Set([
  'src',
  'lowsrc',
  'dynsrc',
  'background',
  'poster',
  'data',
  'code',
  'codebase',
  'classid',
  'archive',
  'manifest',
  'ping',
  'icon',
]);
const ACTIVE_ATTRIBUTES: ReadonlySet<string> = new Set([
  'srcdoc',
  'action',
  'formaction',
  'ping',
  'manifest',
]);
/** What a click follows: nothing that is data may stand there, not even an image. */
const FOLLOWED: ReadonlySet<string> = new Set(['href', 'xlink:href', 'to', 'from', 'values', 'by']);

interface Cleaning {
  readonly wish: CleaningWish;
  readonly budget: HtmlBudget;
  readonly edits: BodyEdit[];
  /** The raw-text element that is being removed. */
  open: string;
  /** Objects that are open: how many of the name, where the first began and how many edits there were. */
  object:
    | { readonly name: string; depth: number; readonly start: number; readonly edits: number }
    | undefined;
}

/** The edits in ascending order, or undefined when there is more markup than the budget has. */
export function cleaningEdits(
  html: string,
  start: number,
  wish: CleaningWish,
  budget: HtmlBudget,
): readonly BodyEdit[] | undefined {
  const cleaning: Cleaning = { wish, budget, edits: [], open: '', object: undefined };
  const complete = visitHtml(html, start, budget, (token, source) => cleanToken(cleaning, token, source));
  return complete ? cleaning.edits : undefined;
}

function cleanToken(cleaning: Cleaning, token: HtmlToken, source: HtmlSource): void {
  const { edits, wish } = cleaning;
  if (token.name !== '' && token.name === cleaning.open && token.kind !== 'startTag') {
    extendRemoval(cleaning, token, source);
    return;
  }
  cleaning.open = '';
  switch (token.kind) {
    case 'startTag':
      cleanStartTag(cleaning, token, source);
      break;
    case 'endTag':
      if (isRemovedTag(token.name)) edits.push(withoutSpan(source, token.start, token.end));
      else if (token.name === 'form' && wish.active) edits.push(withoutSpan(source, token.start, token.end));
      else if (token.name === 'xmp') edits.push({ ...spanOf(token, source), text: '</pre>' });
      if (token.name === cleaning.object?.name) closeObject(cleaning, token, source);
      break;
    case 'rawText':
      // Not as arguments of one call: there may be too many for that.
      for (const edit of levelRawText(token, source, wish, cleaning.budget)) edits.push(edit);
      break;
    default:
      break;
  }
}

function spanOf(
  { start, end }: HtmlToken,
  { base }: HtmlSource,
): { readonly start: number; readonly end: number } {
  return { start: base + start, end: base + end };
}

const REMOVED: ReadonlySet<string> = new Set([...RAW_ELEMENTS, ...OBJECTS, ...LEVELLED, ...FETCHING]);

function isRemovedTag(name: string): boolean {
  return REMOVED.has(name);
}

/** The content, and then the end tag, of an element whose start tag has gone. */
function extendRemoval(cleaning: Cleaning, token: HtmlToken, { base }: HtmlSource): void {
  const last = cleaning.edits.at(-1);
  if (last === undefined) return;
  cleaning.edits[cleaning.edits.length - 1] = { ...last, end: base + token.end };
  if (token.kind === 'endTag') cleaning.open = '';
}

function cleanStartTag(cleaning: Cleaning, token: HtmlToken, source: HtmlSource): void {
  const { edits, wish, budget } = cleaning;
  const { name } = token;
  // A tag that does not end is none; what is put behind it must not end it.
  if (isRemovedTag(name) || !token.complete || (name === 'form' && wish.active)) {
    if (OBJECTS.has(name) && !source.inComment) openObject(cleaning, token, source);
    edits.push(withoutSpan(source, token.start, token.end));
    if (RAW_ELEMENTS.has(name) && token.complete) cleaning.open = name;
    return;
  }
  if (name === 'xmp' || name === 'plaintext') {
    edits.push({ ...spanOf(token, source), text: '<pre>' });
    return;
  }
  if (token.end - token.start <= name.length + 2) return;
  const attributes = attributesOf(source.html, token, budget);
  if (isRemovedByAttributes(name, attributes, source)) {
    edits.push(withoutSpan(source, token.start, token.end));
    return;
  }
  for (const attribute of attributes) {
    for (const edit of cleanAttribute(attribute, name, source, cleaning)) edits.push(edit);
  }
}

function isRemovedByAttributes(
  name: string,
  attributes: readonly HtmlAttribute[],
  source: HtmlSource,
): boolean {
  const values = (wanted: string): readonly string[] =>
    attributes
      .filter((attribute) => attribute.name === wanted)
      .map((attribute) => attributeValue(attribute, source));
  // A link shows nothing by itself: it fetches style sheets and the like.
  if (name === 'link') return values('href').some((address) => isRemote(address));
  return name === 'meta' && values('http-equiv').some((value) => value.trim().toLowerCase() === 'refresh');
}

function openObject(cleaning: Cleaning, token: HtmlToken, { base }: HtmlSource): void {
  if (cleaning.object === undefined) {
    const { edits } = cleaning;
    cleaning.object = { name: token.name, depth: 1, start: base + token.start, edits: edits.length };
  } else if (cleaning.object.name === token.name) cleaning.object.depth++;
}

/** All that the object holds goes with it. One that does not end loses its tag only: its content is shown by all. */
function closeObject(cleaning: Cleaning, token: HtmlToken, source: HtmlSource): void {
  const { object, edits } = cleaning;
  if (object === undefined || source.inComment || --object.depth > 0) return;
  edits.length = object.edits;
  edits.push(withoutSpan(source, object.start, token.end));
  cleaning.object = undefined;
}

function cleanAttribute(
  attribute: HtmlAttribute,
  tag: string,
  source: HtmlSource,
  { wish, budget }: Cleaning,
): readonly BodyEdit[] {
  const { name } = attribute;
  if (wish.active && (ACTIVE_ATTRIBUTES.has(name) || (name.length > 2 && name.startsWith('on'))))
    return [withoutAttribute(source, attribute)];
  if (attribute.valueEnd === attribute.valueStart) return [];
  if (name === 'style') return styleEdits(attribute, source, wish, budget);
  const value = attributeValue(attribute, source);
  // Several addresses, of which any may be elsewhere.
  const isSet = name === 'srcset' || name === 'imagesrcset';
  const fetches = REMOTE_ATTRIBUTES.has(name) || (name === 'xlink:href' && tag !== 'a');
  const gone =
    (wish.active && isScript(value, name)) || (wish.remote && (isSet || (fetches && isRemote(value))));
  return gone ? [withoutAttribute(source, attribute)] : [];
}

function attributeValue({ valueStart, valueEnd }: HtmlAttribute, { html }: HtmlSource): string {
  return decodedText(html.slice(valueStart, valueEnd), 'attribute');
}

/** URL Standard §4.4: white space around an address, tabs and line ends within it do not count. */
function plainAddress(value: string): string {
  return value.replace(/[\0-\x20]/g, '').toLowerCase();
}

/** The first letter that counts, in lower case: nearly every address is told by it. */
function initialOf(value: string): string {
  let at = 0;
  while (value.charCodeAt(at) <= 0x20) at++;
  return value.charAt(at).toLowerCase();
}

function isScript(value: string, attribute: string): boolean {
  if (!'jvlmd'.includes(initialOf(value))) return false;
  const address = plainAddress(value);
  if (/^(?:javascript|vbscript|livescript|mocha):/.test(address)) return true;
  return address.startsWith('data:') && (FOLLOWED.has(attribute) || !address.startsWith('data:image/'));
}

/** Whether showing it asks another host: all but what the message itself holds. */
export function isRemote(value: string): boolean {
  const initial = initialOf(value);
  if (initial !== '' && !'cmd#'.includes(initial)) return true;
  const address = plainAddress(value);
  return address !== '' && !/^(?:cid:|mid:|data:|#)/.test(address);
}

function styleEdits(
  { valueStart, valueEnd }: HtmlAttribute,
  { html, base }: HtmlSource,
  wish: CleaningWish,
  budget: HtmlBudget,
): readonly BodyEdit[] {
  const decoded = decodeReferences(html.slice(valueStart, valueEnd), 'attribute');
  const offset = base + valueStart;
  const edits = cssEdits(decoded.text, wish);
  budget.left -= edits.length * CSS_COST;
  return edits.map(({ start, end, text }) => ({
    start: offset + originOf(decoded, start),
    end: offset + originOf(decoded, end),
    text,
  }));
}
