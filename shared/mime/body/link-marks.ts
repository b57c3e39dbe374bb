/** Links whose text names one host while they lead to another: where they lead, or would have led, is said beside them. */
import { hostMatcher, hostOf, withoutBlanks } from './addresses.ts';
import type { BodyEdit } from './edits.ts';
import { htmlString } from './entities.ts';
import { baseOf, LINK_COST } from './html-links.ts';
import { attributesOf, type HtmlBudget, type HtmlToken } from './html-tokens.ts';
import { type HtmlSource, visitHtml } from './html-visit.ts';
import { defangedAddress } from './text-addresses.ts';

/** Stops links around whole books from being searched for names. */
const MAX_LINK_TEXT = 2000;
/** Not seen, and so a way to write a name that no pattern finds. */
const UNSEEN = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/g;
/** A word with one of these at its end is taken for a host without `www.`; any whole text with a dot is. */
const COMMON_DOMAINS = /\.(?:com|org|net|gov|edu|info|biz|io|co|eu|bank)$/;
const FILE_NAME = /\.(?:pdf|docx?|xlsx?|pptx?|od[tsp]|txt|html?|png|jpe?g|gif|csv|ics|eml|js|php|aspx?)$/i;

interface Target {
  readonly host: string;
  /** Undefined where a browser takes it for none. */
  readonly address: string | undefined;
}

/** What is said of a link's target. */
export type Note = (target: Target) => string;

export const goesTo: Note = ({ host }) => `goes to ${host.replace(/[^a-z0-9.:[\]_-]/gi, '')}`;

/** Stops a note that is longer than the message. */
const MAX_SHOWN_ADDRESS = 200;

/** The address itself, in a form that nobody can follow. */
export const defanged: Note = (target) => {
  const address = target.address ?? `http://${target.host}/`;
  const shown = address.slice(0, MAX_SHOWN_ADDRESS);
  const edits = defangedAddress(shown, { start: 0, end: shown.length });
  const text = applyEdits(shown, edits)
    .replace(/[^!-~]/g, '?')
    .replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
  return address.length > shown.length ? `${text}...` : text;
};

function applyEdits(text: string, edits: readonly BodyEdit[]): string {
  let out = '';
  let at = 0;
  for (const edit of edits) {
    out += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return out + text.slice(at);
}

interface OpenLink extends Target {
  text: string;
  /** Where its last text ends. */
  end: number;
}

/** The edits in ascending order, or undefined when there is more markup than the budget has. */
export function linkMarks(
  html: string,
  start: number,
  exempt: readonly string[],
  charset: string,
  note: Note,
  budget: HtmlBudget,
): readonly BodyEdit[] | undefined {
  const isExempt = hostMatcher(exempt);
  const base = baseOf(html, start, charset, budget);
  const edits: BodyEdit[] = [];
  let open: OpenLink | undefined;
  const close = (at: number): void => {
    if (open !== undefined && names(open)) edits.push(...mark(html, at, open, ` [${note(open)}]`));
    open = undefined;
  };
  const complete = visitHtml(html, start, budget, (token, source) => {
    if (source.inComment) return;
    if (token.kind === 'text' && open !== undefined && open.text.length < MAX_LINK_TEXT) {
      const shown = html.slice(token.start, Math.min(token.end, token.start + MAX_LINK_TEXT));
      open = { ...open, text: open.text + htmlString(shown, charset, 'text'), end: token.end };
    } else if (token.name === 'a' && token.kind === 'endTag') close(token.end);
    else if (token.name === 'a' && token.kind === 'startTag' && token.complete) {
      close(open?.end ?? token.start);
      const target = targetOf(token, source, charset, base, budget);
      if (target !== undefined && !isExempt(target.host)) open = { ...target, text: '', end: token.end };
    }
  });
  close(open?.end ?? html.length);
  return complete ? edits : undefined;
}

function targetOf(
  token: HtmlToken,
  { html }: HtmlSource,
  charset: string,
  base: string | undefined,
  budget: HtmlBudget,
): Target | undefined {
  const href = attributesOf(html, token, budget).find(({ name }) => name === 'href');
  budget.left -= LINK_COST;
  if (href === undefined || budget.left < 0) return undefined;
  const value = htmlString(html.slice(href.valueStart, href.valueEnd), charset, 'attribute');
  const host = hostOf(value, base);
  if (host === undefined) return undefined;
  return { host, address: URL.parse(withoutBlanks(value).slice(0, MAX_LINK_TEXT), base)?.href };
}

/** A link that does not end may have been marked within. */
function mark(html: string, at: number, { text: shown }: OpenLink, text: string): readonly BodyEdit[] {
  return html.startsWith(text, at) || shown.endsWith(text) ? [] : [{ start: at, end: at, text }];
}

/** Whether the text of the link names another host than the link's. */
function names({ host, text }: OpenLink): boolean {
  const plain = text.replace(UNSEEN, '').trim();
  if (plain === '') return false;
  const words = plain.split(/\s+/);
  return words.some((word) =>
    namesOther(word.replace(/^[([<"']+|[)\]>"'.,;:!?]+$/g, ''), host, words.length === 1),
  );
}

function namesOther(word: string, host: string, alone: boolean): boolean {
  const scheme = /(?:https?|ftp):\/\//i.exec(word);
  const address = scheme === null ? word : word.slice(scheme.index);
  const [authority = ''] = address.slice(scheme?.[0].length ?? 0).split(/[/?#]/, 1);
  if (scheme === null) {
    const isHost = /^(?:[\p{L}\p{N}\p{M}_-]+\.)+(?:\p{L}{2,}|xn--[a-z0-9-]+)(?::\d+)?$/u.test(authority);
    if (!isHost || FILE_NAME.test(word)) return false;
    if (!alone && !/^www\./i.test(authority) && !COMMON_DOMAINS.test(authority.toLowerCase())) return false;
  } else if (authority.includes('@')) return true;
  const shown = hostOf(scheme === null ? `http://${word}` : address);
  return shown !== undefined && !isSameSite(shown, host);
}

/** Equal, or one above the other: `example.com` and `www.example.com`. */
function isSameSite(shown: string, host: string): boolean {
  const [a, b] = [shown, host].map((name) =>
    name
      .toLowerCase()
      .replace(/^www\./, '')
      .replace(/\.$/, ''),
  );
  return a === b || (a?.endsWith(`.${b}`) ?? false) || (b?.endsWith(`.${a}`) ?? false);
}
