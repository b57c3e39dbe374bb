/** That a decoded body is the one of before with a banner and a footer put in, and not an octet else. */
import type { ChangeSet } from './changes.ts';

export interface Wanted {
  readonly html: boolean;
  readonly banner: boolean;
  readonly footer: boolean;
}

/** The body of after, cut at what was put in. */
interface Cut {
  readonly pieces: readonly string[];
  readonly fault: string | undefined;
}

/** What is wrong, or undefined. Both bodies are octets, or both are text. */
export function insertionFault(
  before: string,
  after: string,
  set: ChangeSet,
  wanted: Wanted,
): string | undefined {
  const { pieces, fault } = cut(after, set, wanted);
  if (fault !== undefined) return fault;
  if (pieces.length === 1) return before === after ? undefined : 'changed, though nothing was to be put in';
  return restoredFault(before, pieces) ?? placeFault(pieces, wanted);
}

function cut(after: string, set: ChangeSet, { html, banner, footer }: Wanted): Cut {
  const wanted = [
    { name: 'banner', here: banner, forms: set.banner, word: set.bannerWord },
    { name: 'footer', here: footer, forms: set.footer, word: set.footerWord },
  ];
  const pieces: string[] = [];
  let rest = after;
  for (const { name, here, forms, word } of wanted) {
    const found = html ? tablesWith(rest, word) : forms.flatMap((form) => placesOf(rest, form));
    const [first] = found;
    if (found.length !== (here ? 1 : 0))
      return { pieces, fault: `the ${name} stands there ${found.length} times` };
    if (first === undefined) continue;
    pieces.push(rest.slice(0, first.start));
    rest = rest.slice(first.end);
  }
  return { pieces: [...pieces, rest], fault: undefined };
}

function placesOf(text: string, form: string) {
  const places: { start: number; end: number }[] = [];
  for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + 1))
    places.push({ start: at, end: at + form.length });
  return places;
}

function tablesWith(text: string, word: string) {
  return placesOf(text, word).map(({ start }) => ({
    start: Math.max(0, text.lastIndexOf('<table class="mailroom-', start)),
    end: text.indexOf('</table>', start) + '</table>'.length,
  }));
}

/** Line ends that set a disclaimer off, and what keeps the two halves of a line from becoming delimiters. */
const BEFORE_PIECE = /(?:<!---->)?[\r\n]*$/;
const AFTER_PIECE = /^[\r\n]*(?: (?=--))?/;

/** The pieces must make up the body of before; where they were parted only line ends may be more than they were. */
function restoredFault(before: string, pieces: readonly string[]): string | undefined {
  let at = 0;
  for (const [index, piece] of pieces.entries()) {
    const isLast = index === pieces.length - 1;
    const lead = index === 0 ? '' : (AFTER_PIECE.exec(piece)?.[0] ?? '');
    const core = piece.slice(lead.length);
    const kept = isLast ? core : core.replace(BEFORE_PIECE, '');
    const leading = index === 0 ? '' : (/^[\r\n]*/.exec(before.slice(at))?.[0] ?? '');
    const previous = pieces[index - 1];
    const ends = `${previous === undefined ? '' : (/[\r\n]*$/.exec(previous)?.[0] ?? '')}${lead}`;
    if (!ends.includes(leading)) return 'line ends beside what was put in are not those of before';
    at += leading.length;
    if (!before.startsWith(kept, at)) return `differs at ${commonStart(before.slice(at), kept) + at}`;
    at += kept.length;
  }
  return at === before.length ? undefined : `of before there is more, from ${at}`;
}

function commonStart(a: string, b: string): number {
  let at = 0;
  while (at < Math.min(a.length, b.length) && a[at] === b[at]) at++;
  return at;
}

/** The banner stands before all that shows, the footer after it. */
function placeFault(pieces: readonly string[], { html, banner, footer }: Wanted): string | undefined {
  const [first = ''] = pieces;
  const last = pieces.at(-1) ?? '';
  if (banner && visible(first, html) !== '') return 'text stands before the banner';
  if (!footer) return undefined;
  const atEnd = html ? /^[\r\n]*(?:$|<\/(?:body|html)\b)/i.test(last) : last.trim() === '';
  return atEnd ? undefined : 'text stands after the footer';
}

/** Roughly what a reader would show of the start of a body. */
function visible(text: string, html: boolean): string {
  const start = text.replace(/^\xef\xbb\xbf|^\ufeff/, '');
  if (!html) return start;
  return start
    .replaceAll(/<!--[\s\S]*?-->/g, '')
    .replaceAll(/<(head|title|style|script)\b[\s\S]*?<\/\1\s*>/gi, '')
    .replaceAll(/<(?:"[^"]*"|'[^']*'|[^>"'])*>/g, '')
    .trim();
}
