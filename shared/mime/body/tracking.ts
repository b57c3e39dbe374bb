/**
 * Images that are there to tell who has read a message: fetched from elsewhere, and too small to see or hidden. Their address goes,
 * the rest of the tag stays. The addresses that a browser calls beside a link (`ping`) go as well.
 */
import { isRemote } from './cleaning.ts';
import type { BodyEdit } from './edits.ts';
import { decodedText } from './entities.ts';
import { attributesOf, type HtmlAttribute, type HtmlBudget, type HtmlToken } from './html-tokens.ts';
import { type HtmlSource, visitHtml, withoutAttribute } from './html-visit.ts';
import { isHiddenStyle } from './visibility.ts';

/** A picture of one pixel in both directions, or of none in one, is not there to be seen. */
const PIXEL = 1;

/** The edits in ascending order, or undefined when there is more markup than the budget has. */
export function trackingEdits(
  html: string,
  start: number,
  budget: HtmlBudget,
): readonly BodyEdit[] | undefined {
  const walk: Walk = { edits: [], pending: [], name: '', depth: 0 };
  const complete = visitHtml(html, start, budget, (token, source) => {
    if (token.kind === 'startTag') openTag(walk, token, source, budget);
    else if (token.kind === 'endTag' && !source.inComment) closeTag(walk, token.name);
  });
  for (const { edit, certain } of walk.pending) if (certain) walk.edits.push(edit);
  return complete ? walk.edits : undefined;
}

/** Elements that may hide images; each has an end tag of its own. */
const CONTAINERS: ReadonlySet<string> = new Set([
  'div',
  'span',
  'table',
  'tr',
  'td',
  'center',
  'a',
  'font',
  'section',
]);

interface Walk {
  readonly edits: BodyEdit[];
  /** Those within a hidden element. They count when it ends: one that does not might not hold what follows. */
  pending: { readonly edit: BodyEdit; readonly certain: boolean }[];
  /** The outermost hidden element, and how many of its name are open in it. */
  name: string;
  depth: number;
}

function openTag(walk: Walk, token: HtmlToken, source: HtmlSource, budget: HtmlBudget): void {
  if (walk.depth > 0 && token.name === walk.name && !source.inComment) walk.depth++;
  const attributes = attributesOf(source.html, token, budget);
  for (const attribute of attributes) {
    if (attribute.name === 'ping') addEdit(walk, withoutAttribute(source, attribute), true);
  }
  if (isImage(token.name)) {
    const unseen = isUnseen(attributes, source);
    if (!unseen && walk.depth === 0) return;
    for (const edit of withoutAddress(attributes, source)) addEdit(walk, edit, unseen);
  } else if (walk.depth === 0 && !source.inComment && CONTAINERS.has(token.name)) {
    if (!isHiddenStyle(attributeValue(attributes, 'style', source))) return;
    walk.name = token.name;
    walk.depth = 1;
  }
}

function addEdit(walk: Walk, edit: BodyEdit, certain: boolean): void {
  if (walk.depth === 0) walk.edits.push(edit);
  else walk.pending.push({ edit, certain });
}

function closeTag(walk: Walk, name: string): void {
  if (walk.depth === 0 || name !== walk.name || --walk.depth > 0) return;
  for (const { edit } of walk.pending) walk.edits.push(edit);
  walk.pending = [];
}

function isImage(name: string): boolean {
  return name === 'img' || name === 'image' || name === 'v:image' || name === 'v:imagedata';
}

function withoutAddress(attributes: readonly HtmlAttribute[], source: HtmlSource): readonly BodyEdit[] {
  return attributes
    .filter(({ name }) => name === 'src' || name === 'srcset' || name === 'lowsrc' || name === 'dynsrc')
    .filter((attribute) => isRemote(decoded(attribute, source)))
    .map((attribute) => withoutAttribute(source, attribute));
}

function isUnseen(attributes: readonly HtmlAttribute[], source: HtmlSource): boolean {
  const style = attributeValue(attributes, 'style', source);
  if (attributes.some(({ name }) => name === 'hidden') || isHiddenStyle(style)) return true;
  const width = sizeOf('width', style, attributeValue(attributes, 'width', source));
  const height = sizeOf('height', style, attributeValue(attributes, 'height', source));
  if (width === 0 || height === 0) return true;
  return (width ?? PIXEL + 1) <= PIXEL && (height ?? PIXEL + 1) <= PIXEL;
}

/** In pixels; what the style says counts more than the attribute. */
function sizeOf(side: 'width' | 'height', style: string, attribute: string): number | undefined {
  const inStyle = new RegExp(
    `(?:^|[;\\s])(?:max-)?${side}\\s{0,9}:\\s{0,9}([\\d.]{1,9})(px|pt|;|!|\\s|$)`,
    'i',
  ).exec(style);
  const text = inStyle?.[1] ?? /^\s*([\d.]{1,9})\s*(?:px)?\s*$/i.exec(attribute.slice(0, 30))?.[1];
  const size = text === undefined ? Number.NaN : Number(text);
  return Number.isNaN(size) ? undefined : size;
}

/** Of repeated attributes the first counts (HTML Standard §13.2.5.33). */
function attributeValue(attributes: readonly HtmlAttribute[], name: string, source: HtmlSource): string {
  const attribute = attributes.find((one) => one.name === name);
  return attribute === undefined ? '' : decoded(attribute, source);
}

function decoded({ valueStart, valueEnd }: HtmlAttribute, { html }: HtmlSource): string {
  return decodedText(html.slice(valueStart, valueEnd), 'attribute');
}
