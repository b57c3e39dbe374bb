/** Links in text/plain: web addresses of which readers make links, over soft line breaks too where those join words (RFC 3676 §4.1). */
import {
  ESCAPED,
  escapeAddress,
  escapeOctets,
  hostMatcher,
  hostOf,
  unescapeAddress,
  unescapeOctets,
} from './addresses.ts';
import type { BodyEdit } from './edits.ts';
import { type Decoded, firstJumpAfter, type Jump, originOf } from './entities.ts';
import { LINK_COST, type LinkChange, MAY_HOLD_ADDRESS } from './html-links.ts';
import type { HtmlBudget } from './html-tokens.ts';
import { defangedAddress, type FoundAddress, findAddresses } from './text-addresses.ts';

export interface TextLinkBody {
  /** One character per octet. */
  readonly text: string;
  readonly charset: string;
  /** Soft line breaks join what they part: format=flowed with DelSp=yes. */
  readonly joined: boolean;
}

/** The edits in ascending order, or undefined when there are more links than the budget has. */
export function textLinkEdits(
  { text, charset, joined }: TextLinkBody,
  change: LinkChange,
  budget: HtmlBudget,
): readonly BodyEdit[] | undefined {
  const prefix = change.kind === 'restoreLinks' ? change.prefix : undefined;
  const decoded = joined
    ? joinedText(text, (all) => (prefix === undefined ? MAY_HOLD_ADDRESS.test(all) : all.includes(prefix)))
    : { text, jumps: [] };
  if (change.kind === 'restoreLinks') return restored(decoded, change.prefix, charset);
  const isExempt = hostMatcher(change.exempt);
  const addresses = findAddresses(decoded.text, /^utf-?8$/i.test(charset));
  budget.left -= addresses.length * LINK_COST;
  if (budget.left < 0) return undefined;
  const edits = addresses.flatMap((found) => {
    const address = decoded.text.slice(found.start, found.end);
    const host = hostOf(/^www\./i.test(address) ? `http://${address}` : address);
    if (host === undefined || isExempt(host)) return [];
    if (change.kind === 'defangLinks') {
      return defangedAddress(decoded.text, found).map((edit) => ({ ...edit, ...sourceOf(decoded, edit) }));
    }
    if (address.startsWith(change.prefix)) return [];
    const stretches = pieces(decoded, found);
    budget.left -= stretches.length * STRETCH_COST;
    return budget.left < 0 ? [] : prefixed(decoded, stretches, change.prefix, charset);
  });
  return budget.left < 0 ? undefined : edits;
}

const CR = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x3e;
/** Stops lines of thousands of quotation marks from being counted again for each line. */
const MAX_DEPTH_COUNTED = 100;

/** Told of each break that is taken out: where the text goes on, there and in the source. */
type Break = (at: number, source: number) => void;

/** A soft break stays one where the quote depth does not change (RFC 3676 §4.5). */
function withoutSoftBreaks(text: string, onBreak: Break): string {
  const octets = Buffer.from(text, 'latin1');
  let length = 0;
  let copied = 0;
  let looked = 0;
  let lineStart = 0;
  for (let lf = text.indexOf('\n'); lf !== -1; lf = text.indexOf('\n', lf + 1)) {
    const begin = (text.charCodeAt(lf - 1) === CR ? lf - 1 : lf) - 1;
    if (begin >= looked && text.charCodeAt(begin) === SPACE) {
      const quoted = endOfQuotes(text, lf + 1, text.length);
      looked = text.charCodeAt(quoted) === SPACE ? quoted + 1 : quoted;
      const depth = endOfQuotes(text, lineStart, lineStart + MAX_DEPTH_COUNTED) - lineStart;
      // RFC 3676 §4.3: the line of a signature's dashes is not flowed.
      if (depth === quoted - lf - 1 && text.slice(lineStart, begin) !== '--') {
        octets.copyWithin(length, copied, begin);
        length += begin - copied;
        copied = looked;
        onBreak(length, copied);
      }
    }
    lineStart = lf + 1;
  }
  octets.copyWithin(length, copied, octets.length);
  return octets.toString('latin1', 0, length + octets.length - copied);
}

function endOfQuotes(text: string, from: number, limit: number): number {
  let at = from;
  while (at < limit && text.charCodeAt(at) === QUOTE) at++;
  return at;
}

/** The text with its soft breaks joined; where they were is told only where `asked` says that the text is of interest. */
function joinedText(text: string, asked: (joined: string) => boolean): Decoded {
  const joined = withoutSoftBreaks(text, () => undefined);
  const jumps: Jump[] = [];
  if (asked(joined)) withoutSoftBreaks(text, (at, source) => jumps.push({ at, source }));
  return { text: joined, jumps };
}

function sourceOf(decoded: Decoded, { start, end }: FoundAddress): FoundAddress {
  return { start: originOf(decoded, start), end: originOf(decoded, end - 1) + 1 };
}

/** What an address takes of the budget for each line that it is broken over. */
const STRETCH_COST = 3;

/** The stretches between soft breaks, which stay where they are. */
function pieces({ jumps }: Decoded, { start, end }: FoundAddress): readonly FoundAddress[] {
  const found: FoundAddress[] = [];
  let from = start;
  for (let next = firstJumpAfter(jumps, start); ; next++) {
    const at = Math.min(jumps[next]?.at ?? end, end);
    if (at > from) found.push({ start: from, end: at });
    if (at === end) return found;
    from = at;
  }
}

function prefixed(
  decoded: Decoded,
  stretches: readonly FoundAddress[],
  prefix: string,
  charset: string,
): readonly BodyEdit[] {
  return stretches.map((piece, index) => {
    const octets = decoded.text.slice(piece.start, piece.end);
    const text = index === 0 ? prefix + escapeAddress(octets, charset) : escapeOctets(octets);
    return { ...sourceOf(decoded, piece), text };
  });
}

function restored(decoded: Decoded, prefix: string, charset: string): readonly BodyEdit[] {
  const edits: BodyEdit[] = [];
  for (let at = decoded.text.indexOf(prefix); at !== -1; ) {
    const from = at + prefix.length;
    ESCAPED.lastIndex = from;
    const end = from + (ESCAPED.exec(decoded.text)?.[0].length ?? 0);
    const address = unescapeAddress(decoded.text.slice(from, end), charset);
    if (address !== undefined) edits.push(...restoredPieces(decoded, at, from, end, address, charset));
    at = decoded.text.indexOf(prefix, end);
  }
  return edits;
}

function restoredPieces(
  decoded: Decoded,
  start: number,
  from: number,
  end: number,
  address: string,
  charset: string,
): readonly BodyEdit[] {
  const stretches = pieces(decoded, { start, end });
  const [first, ...rest] = stretches;
  if (rest.length === 0) return [{ ...sourceOf(decoded, { start, end }), text: address }];
  const torn = stretches.some((piece) =>
    /%[0-9a-f]?$/i.test(decoded.text.slice(Math.max(from, piece.end - 2), piece.end)),
  );
  // A reader broke the lines anew, within the prefix or an escape.
  if (first === undefined || first.end < from || torn)
    return [{ ...sourceOf(decoded, { start, end }), text: address }];
  const beginning = unescapeAddress(decoded.text.slice(from, first.end), charset);
  if (beginning === undefined) return [{ ...sourceOf(decoded, { start, end }), text: address }];
  return [
    { ...sourceOf(decoded, first), text: beginning },
    ...rest.map((piece) => ({
      ...sourceOf(decoded, piece),
      text: unescapeOctets(decoded.text.slice(piece.start, piece.end)),
    })),
  ];
}
