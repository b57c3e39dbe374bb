/**
 * Which parts become text, which go since the same is said beside them in a better form, and which multiparts lose their
 * meaning by that. What is beside the HTML, pictures above all, stays: it may be what the message is about.
 */
import { malformedAround, readBody } from './classify.ts';
import { structuredValueOf } from './content-fields.ts';
import { headerField } from './header.ts';
import { reasonAgainstRemoval } from './parts-out.ts';
import type { PlacedEdit } from './splice.ts';
import { isShownText } from './targets.ts';
import type { Message, Part } from './types.ts';

export interface ForText {
  /** HTML that becomes text. */
  readonly convert: readonly Part[];
  /** HTML that goes: a text with the same meaning stands beside it. */
  readonly remove: readonly Part[];
  /**
   * Multiparts that become multipart/mixed: alternatives of which one is left, beside what was for the HTML, and
   * multipart/related, to whose parts nothing refers any more.
   */
  readonly mixed: readonly Part[];
}

/** The parts that `convertToText` concerns. `without`: parts that go. */
export function chooseForText(message: Message, without: ReadonlySet<Part>): ForText {
  const remove = new Set<Part>();
  const mixed = new Set<Part>();
  for (const part of message.parts) {
    if (part.contentType.mediaType !== 'multipart/alternative' || without.has(part)) continue;
    const besides = htmlBesideText(message, part, without) ?? NOTHING;
    for (const html of besides.html) remove.add(html);
    if (besides.holdMore) mixed.add(part);
  }
  const convert = message.parts.filter((part) => isHtml(part, without) && !remove.has(part));
  for (const part of [...remove, ...convert]) {
    const related = relatedAround(part);
    const stays = !remove.has(part) && (related.length === 0 || !canBecomeText(message, part));
    if (!stays) for (const around of related) mixed.add(around);
  }
  return {
    convert,
    remove: [...remove],
    mixed: [...mixed].filter((part) => malformedAround(message, part) === undefined),
  };
}

function isHtml(part: Part, without: ReadonlySet<Part>): boolean {
  return part.contentType.mediaType === 'text/html' && isShownText(part) && !without.has(part);
}

function mayGo(message: Message, part: Part): boolean {
  return malformedAround(message, part) === undefined && reasonAgainstRemoval(message, part) === undefined;
}

function canBecomeText(message: Message, part: Part): boolean {
  return mayGo(message, part) && typeof readBody(message, part) !== 'string';
}

function relatedAround(part: Part): readonly Part[] {
  const related: Part[] = [];
  for (let around = part.parent; around !== undefined; around = around.parent) {
    if (around.contentType.mediaType === 'multipart/related') related.push(around);
  }
  return related;
}

function isPlain(part: Part, without: ReadonlySet<Part>): boolean {
  return part.contentType.mediaType === 'text/plain' && isShownText(part) && !without.has(part);
}

function saysSomething(message: Message, part: Part): boolean {
  const body = readBody(message, part);
  return typeof body !== 'string' && Buffer.from(body).toString('latin1').trim() !== '';
}

interface Besides {
  readonly html: readonly Part[];
  /** Something is left, without the HTML, of the multiparts that it is in. */
  readonly holdMore: boolean;
}

const NOTHING: Besides = { html: [], holdMore: false };

/**
 * The HTML that is an alternative (RFC 2046 §5.1.4) to a text that says something. HTML in a multipart, with what belongs to
 * it, goes too where there is nothing to choose but the one text and HTML: else the text would no longer be the one shown.
 */
function htmlBesideText(
  message: Message,
  { children }: Part,
  without: ReadonlySet<Part>,
): Besides | undefined {
  const left = children.filter((child) => !without.has(child));
  const texts = left.filter((child) => isPlain(child, without));
  if (!texts.some((text) => saysSomething(message, text))) return undefined;
  const branches = left.filter((child) => child.children.length > 0);
  const html = left.filter((child) => isHtml(child, without) && mayGo(message, child));
  if (branches.length === 0) return { html, holdMore: false };
  const inBranches = branches.map((branch) => leavesOf(branch, without));
  const shown = inBranches.map((leaves) => leaves.filter(isShownText));
  const isSimple =
    texts.length + html.length + branches.length === left.length &&
    texts.length === 1 &&
    shown.every((list) => list.length > 0 && list.every((leaf) => isHtml(leaf, without))) &&
    shown.flat().every((leaf) => mayGo(message, leaf));
  if (!isSimple) return { html, holdMore: false };
  const holdMore = inBranches.some((leaves, index) => leaves.length > (shown[index] ?? []).length);
  return { html: [...html, ...shown.flat()], holdMore };
}

function leavesOf(top: Part, without: ReadonlySet<Part>): readonly Part[] {
  const leaves: Part[] = [];
  const open = [top];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    if (without.has(part)) continue;
    if (part.children.length === 0) leaves.push(part);
    else open.push(...part.children);
  }
  return leaves;
}

/** The edit that makes the multipart a multipart/mixed: of its Content-Type one word, the last of the type. */
export function mixedEdit(message: Message, part: Part, change: number): readonly PlacedEdit[] {
  const field = headerField(part.header, 'content-type');
  if (field === undefined) return [];
  const end = field.value.start + structuredValueOf(message.bytes, field).tokenEnd;
  const start = end - part.contentType.mediaType.length + 'multipart/'.length;
  const replacement = Buffer.from('mixed', 'latin1');
  return [{ edit: { span: { start, end }, replacement, changes: [change] }, part }];
}

/** The alternatives in AMP, which are no attachments. */
export function ampParts(message: Message, without: ReadonlySet<Part>): readonly Part[] {
  return message.parts.filter(
    (part) =>
      part.contentType.mediaType === 'text/x-amp-html' &&
      part.disposition !== 'attachment' &&
      part.children.length === 0 &&
      !without.has(part),
  );
}
