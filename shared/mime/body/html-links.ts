/**
 * Links in HTML: what a click follows (`href`, forms' targets, a refresh) and web addresses in text, of which many readers make links.
 * Images and style sheets are not links; `cleaning.ts` is about them.
 */
import type { BodyChange } from '../change-types.ts';
import { ESCAPED, hostMatcher, hostOf, parseAddress, unescapeAddress, withoutBlanks } from './addresses.ts';
import type { BodyEdit } from './edits.ts';
import { decodedText, decodeReferences, htmlString, originOf } from './entities.ts';
import {
  attributesOf,
  type HtmlAttribute,
  type HtmlBudget,
  type HtmlToken,
  htmlTokens,
} from './html-tokens.ts';
import { type HtmlSource, visitHtml, withoutAttribute } from './html-visit.ts';
import {
  linkTarget,
  ORIGINAL,
  prefixedText,
  prefixedValue,
  restoredValue,
  type ValueContext,
  WRAPPER,
} from './link-prefix.ts';
import { defangedAddress, findAddresses } from './text-addresses.ts';

/** `defangLinks` and `markLinks` are one type of change; this is about the first. */
export type LinkChange =
  | { readonly kind: 'defangLinks'; readonly exempt: readonly string[] }
  | Extract<BodyChange, { kind: 'prefixLinks' | 'restoreLinks' }>;

/** What a link takes of the budget, in tokens: an address is read by the rules of the URL Standard, which takes its time. */
export const LINK_COST = 10;

interface LinkWalk extends ValueContext {
  readonly change: LinkChange;
  readonly budget: HtmlBudget;
  readonly isExempt: (host: string) => boolean;
  readonly edits: BodyEdit[];
  /** Within a link, whose text is not made one again. */
  inLink: boolean;
}

/** The edits in ascending order, or undefined when there is more markup than the budget has. */
export function linkEdits(
  html: string,
  start: number,
  change: LinkChange,
  charset: string,
  budget: HtmlBudget,
): readonly BodyEdit[] | undefined {
  const walk: LinkWalk = {
    change,
    charset,
    budget,
    prefix: change.kind === 'defangLinks' ? '' : change.prefix,
    base: baseOf(html, start, charset, budget),
    isExempt: change.kind === 'restoreLinks' ? () => false : hostMatcher(change.exempt),
    edits: [],
    inLink: false,
  };
  const complete = visitHtml(html, start, budget, (token, source) => visit(walk, token, source));
  return complete ? walk.edits : undefined;
}

/** HTML Standard §4.2.3: the first `<base href>` counts, for what stands before it too. */
export function baseOf(html: string, start: number, charset: string, budget: HtmlBudget): string | undefined {
  if (!/<base[\t\n\f\r /]/i.test(html)) return undefined;
  const limited = { left: budget.left };
  for (const token of htmlTokens(html, start, limited)) {
    if (token.kind !== 'startTag' || token.name !== 'base') continue;
    const href = attributesOf(html, token, limited).find(({ name }) => name === 'href');
    if (href === undefined) continue;
    const address = htmlString(html.slice(href.valueStart, href.valueEnd), charset, 'attribute');
    return hostOf(address) === undefined ? undefined : parseAddress(withoutBlanks(address))?.href;
  }
  return undefined;
}

function visit(walk: LinkWalk, token: HtmlToken, source: HtmlSource): void {
  if (token.kind === 'text' && !source.inComment) {
    visitText(walk, token, source);
    return;
  }
  if (token.kind === 'endTag' && token.name === 'a' && !source.inComment) walk.inLink = false;
  if (token.kind !== 'startTag' || !token.complete || token.end - token.start <= token.name.length + 2)
    return;
  const attributes = attributesOf(source.html, token, walk.budget);
  const before = walk.edits.length;
  for (let index = 0; index < attributes.length; index++) {
    const attribute = attributes[index];
    if (attribute === undefined || !isFollowed(token.name, attribute.name, attributes, source)) continue;
    for (const edit of editsOf(walk, attribute, attributes[index + 1], source)) walk.edits.push(edit);
  }
  if (token.name !== 'a' || source.inComment) return;
  walk.inLink = attributes.some(({ name }) => name === 'href');
  if (walk.change.kind === 'restoreLinks') findWrapper(walk, token, attributes, source, before);
}

/** Elements whose address is fetched, or stands for others. */
const NOT_CLICKED: ReadonlySet<string> = new Set(['link', 'base', 'image', 'use', 'script']);

/** Whether a click, or time, makes the reader go where the attribute says. */
function isFollowed(
  tag: string,
  attribute: string,
  attributes: readonly HtmlAttribute[],
  { html }: HtmlSource,
): boolean {
  if (attribute === 'href' || attribute === 'xlink:href') {
    return !NOT_CLICKED.has(tag);
  }
  if (attribute === 'action' || attribute === 'formaction') return true;
  if (tag !== 'meta' || attribute !== 'content') return false;
  return attributes.some(
    ({ name, valueStart, valueEnd }) =>
      name === 'http-equiv' &&
      /^\s*refresh\s*$/i.test(html.slice(valueStart, Math.min(valueEnd, valueStart + 100))),
  );
}

function editsOf(
  walk: LinkWalk,
  attribute: HtmlAttribute,
  next: HtmlAttribute | undefined,
  source: HtmlSource,
): readonly BodyEdit[] {
  const { html, base } = source;
  const raw = html.slice(attribute.valueStart, attribute.valueEnd);
  if (raw === '') return [];
  const value = { start: base + attribute.valueStart, end: base + attribute.valueEnd };
  if (walk.change.kind === 'restoreLinks') {
    const original = next?.name === ORIGINAL && next.start === attribute.end + 1 ? next : undefined;
    const kept = original === undefined ? undefined : html.slice(original.valueStart, original.valueEnd);
    const restored = restoredValue(raw, html[attribute.valueStart - 1] ?? '', kept, walk);
    if (restored === undefined) return [];
    const gone = { start: base + attribute.end, end: base + (original?.end ?? attribute.end), text: '' };
    return original === undefined
      ? [{ ...value, text: restored.text }]
      : [{ ...value, text: restored.text }, gone];
  }
  walk.budget.left -= LINK_COST;
  const target = walk.budget.left < 0 ? undefined : linkTarget(raw, walk);
  if (target === undefined || walk.isExempt(target.host)) return [];
  if (walk.change.kind === 'defangLinks') return [withoutAttribute(source, attribute)];
  const prefixed = prefixedValue(raw, target, walk);
  if (prefixed.text === raw) return [];
  const edit = { ...value, text: prefixed.text };
  if (prefixed.kept === undefined) return [edit];
  const end = base + attribute.end;
  return [edit, { start: end, end, text: ` ${ORIGINAL}="${prefixed.kept}"` }];
}

/** What every address that a reader makes a link of holds. */
export const MAY_HOLD_ADDRESS = /:\/\/|www\./i;

function visitText(walk: LinkWalk, token: HtmlToken, { html }: HtmlSource): void {
  const source = html.slice(token.start, token.end);
  if (walk.change.kind === 'restoreLinks') {
    restoreText(walk, source, token.start);
    return;
  }
  if (!MAY_HOLD_ADDRESS.test(source.includes('&') ? decodedText(source, 'text') : source)) return;
  const decoded = decodeReferences(source, 'text');
  const isUtf8 = /^utf-?8$/i.test(walk.charset);
  for (const found of findAddresses(decoded.text, isUtf8)) {
    const address = decoded.text.slice(found.start, found.end);
    walk.budget.left -= LINK_COST;
    if (walk.budget.left < 0) return;
    const host = hostOf(/^www\./i.test(address) ? `http://${address}` : address);
    if (host === undefined || walk.isExempt(host)) continue;
    const origin = (at: number): number => token.start + originOf(decoded, at);
    if (walk.change.kind === 'defangLinks') {
      for (const { start, end, text } of defangedAddress(decoded.text, found)) {
        walk.edits.push({ start: origin(start), end: origin(end), text });
      }
    } else if (!walk.inLink && !address.startsWith(walk.prefix)) {
      const span = { start: origin(found.start), end: origin(found.end) };
      const shown = html.slice(span.start, span.end);
      walk.edits.push({ ...span, text: `${WRAPPER}${prefixedText(address, walk)}">${shown}</a>` });
    }
  }
}

/** A prefixed address that stands in text, since a reader turned a text into HTML. */
function restoreText(walk: LinkWalk, source: string, base: number): void {
  if (!decodedText(source, 'text').includes(walk.prefix)) return;
  const decoded = decodeReferences(source, 'text');
  for (let at = decoded.text.indexOf(walk.prefix); at !== -1; ) {
    const from = at + walk.prefix.length;
    ESCAPED.lastIndex = from;
    const escaped = ESCAPED.exec(decoded.text)?.[0] ?? '';
    const address = unescapeAddress(escaped, walk.charset);
    if (address !== undefined) {
      const text = address.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`);
      const start = base + originOf(decoded, at);
      walk.edits.push({ start, end: base + originOf(decoded, from + escaped.length), text });
    }
    at = decoded.text.indexOf(walk.prefix, from + escaped.length);
  }
}

/** Our own link around a text: both of its tags go, if the text says where it leads. */
function findWrapper(
  walk: LinkWalk,
  token: HtmlToken,
  attributes: readonly HtmlAttribute[],
  { html }: HtmlSource,
  before: number,
): void {
  const href = attributes[1];
  const tag = html.slice(token.start, token.end);
  if (href === undefined || attributes.length !== 2 || !tag.startsWith(WRAPPER)) return;
  const value = html.slice(href.valueStart, href.valueEnd);
  const end = html.indexOf('<', token.end);
  const shown = html.slice(token.end, end === -1 ? token.end : end);
  const decoded = decodedText(shown, 'text');
  if (shown === '' || prefixedText(decoded, walk) !== value || !html.startsWith('</a>', end)) return;
  walk.edits.length = before;
  walk.edits.push({ start: token.start, end: token.end, text: '' }, { start: end, end: end + 4, text: '' });
}
