/**
 * Content of elements whose content is text to a browser. Where it looks like a tag, a reader who ends the element elsewhere would take it
 * for one; so it is written in a way that is no tag to anyone and says the same.
 */
import { type CssWish, cssEdits } from './css.ts';
import { type BodyEdit, type EditList, mergeEdits } from './edits.ts';
import type { HtmlBudget, HtmlToken } from './html-tokens.ts';
import type { HtmlSource } from './html-visit.ts';

/** The edits of one raw text, in ascending order. */
export function levelRawText(
  token: HtmlToken,
  { html, base }: HtmlSource,
  wish: CssWish,
  budget: HtmlBudget,
): readonly BodyEdit[] {
  const text = html.slice(token.start, token.end);
  return editsOf(text, token.name, wish, budget).map((edit) => ({
    start: base + token.start + edit.start,
    end: base + token.start + edit.end,
    text: edit.text,
  }));
}

/** What an edit in a style sheet takes of the budget. */
export const CSS_COST = 3;

function editsOf(text: string, element: string, wish: CssWish, budget: HtmlBudget): readonly BodyEdit[] {
  switch (element) {
    case 'style': {
      const rules = cssEdits(text, wish);
      budget.left -= rules.length * CSS_COST;
      if (budget.left < 0) return [];
      const lists: readonly EditList[] = [
        { edits: rules, changes: [] },
        { edits: replaced(text, /<(?=[a-z/])/gi, () => '\\3c ', budget), changes: [] },
      ];
      return mergeEdits(lists);
    }
    case 'title':
    case 'textarea':
      return replaced(text, /<(?=[a-z/!?])/gi, () => '&lt;', budget);
    case 'xmp':
    case 'plaintext':
      return replaced(text, /[<&]/g, (char) => (char === '<' ? '&lt;' : '&amp;'), budget);
    default:
      return [];
  }
}

function replaced(
  text: string,
  what: RegExp,
  by: (char: string) => string,
  budget: HtmlBudget,
): readonly BodyEdit[] {
  const edits: BodyEdit[] = [];
  for (const { 0: char, index } of text.matchAll(what)) {
    if (--budget.left < 0) break;
    edits.push({ start: index, end: index + 1, text: by(char) });
  }
  return edits;
}
