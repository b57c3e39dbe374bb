/** Where links lead, or would have led, said beside them: of those whose text names another host, or names none and is a link no more. */
import { hostMatcher, hostOf, parseAddress, withoutBlanks } from './addresses.ts';
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

/** What is said of a link, and of which. */
export interface Note {
  readonly isDue: (link: Link) => boolean;
  readonly text: (link: Link) => string;
}

/** Where a link leads whose text names another host. */
export const goesTo: Note = {
  isDue: (link) => namedHost(link) === 'another',
  text: ({ host }) => `goes to ${host.replace(/[^a-z0-9.:[\]_-]/gi, '')}`,
};

/** Stops a note that is longer than the message. */
const MAX_SHOWN_ADDRESS = 200;
/** Of a link that says nothing false the beginning is enough: a newsletter has dozens of them, and must stay readable. */
const MAX_SHORT_ADDRESS = 60;
/** No real host is longer (RFC 1035 §2.3.4), with a scheme and a port. */
const MAX_ORIGIN = 300;

/** The address itself, in a form that nobody can follow, unless the text has told it: nothing else would tell any more. */
export const defanged: Note = {
  isDue: (link) => {
    const named = namedHost(link);
    return named === 'another' || (named === 'none' && (link.hasImage || plainText(link) !== ''));
  },
  text: (link) => defangedTarget(link, namedHost(link) === 'another' ? MAX_SHOWN_ADDRESS : MAX_SHORT_ADDRESS),
};

function defangedTarget(target: Target, length: number): string {
  // What stands before an "@" is no part of where it leads, and may name a host that it is not.
  const address = (target.address ?? `http://${target.host}/`).replace(/^([a-z]+:\/\/)[^/?#]*@/i, '$1');
  const origin = /^[a-z]+:\/\/[^/?#]*/i.exec(address)?.[0].length ?? 0;
  // The end of a host says whose it is, so it is not cut.
  const shown = address.slice(0, Math.max(length, Math.min(origin, MAX_ORIGIN)));
  const edits = defangedAddress(shown, { start: 0, end: shown.length });
  const text = applyEdits(shown, edits)
    .replace(/[^!-~]/g, '?')
    .replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
  return address.length > shown.length ? `${text}...` : text;
}

function applyEdits(text: string, edits: readonly BodyEdit[]): string {
  let out = '';
  let at = 0;
  for (const edit of edits) {
    out += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return out + text.slice(at);
}

interface Link extends Target {
  readonly text: string;
  readonly hasImage: boolean;
}

interface OpenLink extends Link {
  /** Where the last that is seen of it ends. */
  readonly end: number;
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
    if (open !== undefined && note.isDue(open)) edits.push(...mark(html, at, open, ` [${note.text(open)}]`));
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
      if (target !== undefined && !isExempt(target.host))
        open = { ...target, text: '', hasImage: false, end: token.end };
    } else if (token.name === 'img' && token.kind === 'startTag' && open !== undefined)
      open = { ...open, hasImage: true, end: token.end };
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
  return { host, address: parseAddress(withoutBlanks(value).slice(0, MAX_LINK_TEXT), base)?.href };
}

/** A link that does not end may have been marked within. */
function mark(html: string, at: number, { text: shown }: OpenLink, text: string): readonly BodyEdit[] {
  return html.startsWith(text, at) || shown.endsWith(text) ? [] : [{ start: at, end: at, text }];
}

const plainText = ({ text }: Link): string => text.replace(UNSEEN, '').trim();

/** Which host the text of a link names: that of the link, or another. */
type NamedHost = 'none' | 'same' | 'another';

function namedHost(link: Link): NamedHost {
  const plain = plainText(link);
  if (plain === '') return 'none';
  const words = plain.split(/\s+/);
  let named: NamedHost = 'none';
  for (const word of words) {
    const bare = word.replace(/^[([<"']+|[)\]>"'.,;:!?]+$/g, '');
    const one = hostInWord(bare, link.host, words.length === 1);
    if (one === 'another') return one;
    if (one === 'same') named = one;
  }
  return named;
}

function hostInWord(word: string, host: string, alone: boolean): NamedHost {
  const scheme = /(?:https?|ftp):\/\//i.exec(word);
  const address = scheme === null ? word : word.slice(scheme.index);
  const [authority = ''] = address.slice(scheme?.[0].length ?? 0).split(/[/?#]/, 1);
  if (scheme === null) {
    const isHost = /^(?:[\p{L}\p{N}\p{M}_-]+\.)+(?:\p{L}{2,}|xn--[a-z0-9-]+)(?::\d+)?$/u.test(authority);
    if (!isHost || FILE_NAME.test(word)) return 'none';
    if (!alone && !/^www\./i.test(authority) && !COMMON_DOMAINS.test(authority.toLowerCase())) return 'none';
  } else if (authority.includes('@')) return 'another';
  const shown = hostOf(scheme === null ? `http://${word}` : address);
  if (shown === undefined) return 'none';
  return isSameSite(shown, host) ? 'same' : 'another';
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
