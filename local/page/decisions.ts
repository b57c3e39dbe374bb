/** What the functions decided, in the page. */
import { decisionSentences, notableTexts } from '../decisions.ts';
import type { TraceEntry } from '../types.ts';
import { html, type Markup } from './html.ts';

/** Everything that one call decided, in order; failures stand out. */
export function decisionList(entry: TraceEntry): Markup | undefined {
  const items = decisionSentences(entry);
  return items.length === 0
    ? undefined
    : html`<ul class="decisions">${items.map(({ text, isBad }) => html`<li class="${isBad ? 'bad' : ''}">${text}</li>`)}</ul>`;
}

/** Why it went where it went, and what failed on the way. */
export function highlights(trace: readonly TraceEntry[]): Markup | undefined {
  const texts = notableTexts(trace);
  return texts.length === 0 ? undefined : html`${texts.map((text) => html`<p class="notice">${text}</p>`)}`;
}
