/** Every token of an HTML body, and of the conditional comments in it, which Outlook reads as part of the body. */
import type { BodyEdit } from './edits.ts';
import { isSpace, skipSpace } from './html-chars.ts';
import { type HtmlAttribute, type HtmlBudget, type HtmlToken, htmlTokens } from './html-tokens.ts';

/** What a token's offsets count in. */
export interface HtmlSource {
  readonly html: string;
  /** Where `html` begins in the body. */
  readonly base: number;
  readonly inComment: boolean;
}

export type HtmlVisitor = (token: HtmlToken, source: HtmlSource) => void;

/** Calls `visit` for each token from `start` on; false when there are more than the budget has. */
export function visitHtml(html: string, start: number, budget: HtmlBudget, visit: HtmlVisitor): boolean {
  const source = { html, base: 0, inComment: false };
  for (const token of htmlTokens(html, start, budget)) {
    visit(token, source);
    if (token.kind === 'comment' && isConditional(html, token)) visitComment(html, token, budget, visit);
    if (budget.left < 0) return false;
  }
  return budget.left >= 0;
}

function isConditional(html: string, { start, end }: HtmlToken): boolean {
  return /^<!--\s{0,20}\[if/i.test(html.slice(start, Math.min(end, start + 30)));
}

function visitComment(html: string, comment: HtmlToken, budget: HtmlBudget, visit: HtmlVisitor): void {
  const base = comment.start + 4;
  const source = { html: html.slice(base, comment.end - (comment.complete ? 3 : 0)), base, inComment: true };
  for (const token of htmlTokens(source.html, 0, budget)) visit(token, source);
}

/**
 * Takes an attribute out, and the blank before it where what follows is apart from what precedes without it. An equals sign that stands
 * after it must not become that of the attribute before it.
 */
export function withoutAttribute({ html, base }: HtmlSource, { start, end }: HtmlAttribute): BodyEdit {
  if (html[skipSpace(html, end)] === '=') return { start: base + start, end: base + end, text: '_=""' };
  const isBlankBefore = html[start - 1] === ' ' || html[start - 1] === '\t';
  const from = isBlankBefore && (isSpace(html, end) || html[end] === '>') ? start - 1 : start;
  return { start: base + from, end: base + end, text: '' };
}

/**
 * Takes a tag out. What stands before and after it must not become a tag or a reference together; an empty comment keeps them
 * apart unseen, within a comment a space does.
 */
export function withoutSpan({ html, base, inComment }: HtmlSource, start: number, end: number): BodyEdit {
  const before = html[start - 1];
  const safe = before === undefined || before === '>' || /\s/.test(before);
  return { start: base + start, end: base + end, text: inComment ? ' ' : safe ? '' : '<!---->' };
}
