/**
 * All changes to one text body, as replacements of its decoded octets. They are all found in the body as it came, and settled in this
 * order: what is cleaned out, old disclaimers, links. A disclaimer that is put in is never lost to another change.
 */
import type { BodyChange } from '../change-types.ts';
import { MAX_HTML_TOKENS } from '../limits.ts';
import { cleaningEdits } from './cleaning.ts';
import type { DisclaimerChange } from './disclaimer.ts';
import { type BodyEdit, type EditList, mergeEdits, toSplices } from './edits.ts';
import { linkEdits } from './html-links.ts';
import { type HtmlBudget, type KnownTokens, knownTokens } from './html-tokens.ts';
import { isDisclaimer, placeDisclaimers } from './insertions.ts';
import { defanged, goesTo, linkMarks } from './link-marks.ts';
import { oldHtmlCopies } from './old-html.ts';
import { oldTextCopies } from './old-text.ts';
import { textLinkEdits } from './text-links.ts';
import { trackingEdits } from './tracking.ts';
import type { BodyOptions, BodyResult, BodyText, IndexedChange } from './types.ts';

export type { BodyOptions, BodyResult, BodySplice, BodyText, IndexedChange } from './types.ts';

/** What is cleaned out goes first, so that nothing keeps a part of it alive. */
const PRECEDENCE: Readonly<Record<BodyChange['kind'], number>> = {
  removeActiveContent: 0,
  removeTracking: 1,
  prependDisclaimer: 2,
  appendDisclaimer: 2,
  restoreLinks: 3,
  defangLinks: 4,
  prefixLinks: 5,
  markLinks: 6,
};

/** A body as all transforms see it. */
interface Source {
  readonly body: BodyText;
  /** One character per octet. */
  readonly text: string;
  /** Behind a byte order mark. */
  readonly start: number;
  readonly known: KnownTokens | undefined;
}

/** The splices that make the changes. Pure; linear in the body for each change. */
export function bodySplices(
  changes: readonly IndexedChange[],
  body: BodyText,
  { skipIfPresent }: BodyOptions,
): BodyResult {
  const text = body.body.toString('latin1');
  // A byte order mark stays first.
  const start = text.startsWith('\xef\xbb\xbf') ? 3 : 0;
  const known = body.html && changes.length > 1 ? knownTokens(text, start, MAX_HTML_TOKENS) : undefined;
  const source: Source = { body, text, start, known };
  const disclaimers = changes.flatMap(({ index, change }) =>
    isDisclaimer(change) ? [{ index, change }] : [],
  );
  const placed = placeDisclaimers(disclaimers, body, text, start, skipIfPresent, known);
  const lists: EditList[] = [];
  const tooLarge: number[] = [];
  for (const { index, change } of changes.toSorted(
    (a, b) => PRECEDENCE[a.change.kind] - PRECEDENCE[b.change.kind],
  )) {
    const edits = isDisclaimer(change)
      ? oldCopies(change, source).filter((edit) => !placed.present.some((span) => meets(edit, span)))
      : editsOf(change, source);
    if (edits === undefined) tooLarge.push(index);
    else if (edits.length > 0) lists.push({ edits, changes: [index] });
  }
  return { splices: toSplices(mergeEdits(lists), placed.splices), tooLarge };
}

function meets(edit: BodyEdit, span: { readonly start: number; readonly end: number }): boolean {
  return edit.start < span.end && span.start < edit.end;
}

/** What is known of the markup, and how much of it may be looked at; undefined where there is too much. */
function budgetOf({ known }: Source): HtmlBudget | undefined {
  if (known?.tooMany === true) return undefined;
  return { left: MAX_HTML_TOKENS, ...(known === undefined ? {} : { known }) };
}

/** Old copies are a matter of looks: where there is too much markup to find them, they stay. */
function oldCopies(change: DisclaimerChange, source: Source): readonly BodyEdit[] {
  const { body, text, start } = source;
  if (change.removeOld !== true) return [];
  if (!body.html) return oldTextCopies(text, start, change, body);
  const budget = budgetOf(source);
  return budget === undefined ? [] : oldHtmlCopies(text, start, change, body.charset, budget);
}

function editsOf(
  change: Exclude<BodyChange, DisclaimerChange>,
  source: Source,
): readonly BodyEdit[] | undefined {
  const { body, text, start } = source;
  const budget = budgetOf(source);
  if (budget === undefined) return undefined;
  if (!body.html) return textEdits(change, body, text, budget);
  switch (change.kind) {
    case 'removeActiveContent':
      return cleaningEdits(text, start, { active: true, remote: false }, budget);
    case 'removeTracking':
      return change.images === 'remote'
        ? cleaningEdits(text, start, { active: false, remote: true }, budget)
        : trackingEdits(text, start, budget);
    case 'markLinks':
      return linkMarks(text, start, change.exempt, body.charset, goesTo, budget);
    case 'defangLinks':
      return defangEdits(text, start, change.exempt, body.charset, budget);
    default:
      return linkEdits(text, start, change, body.charset, budget);
  }
}

/** The links themselves, and where they led if their text names another host: that would not be known any more. */
function defangEdits(
  text: string,
  start: number,
  exempt: readonly string[],
  charset: string,
  budget: HtmlBudget,
): readonly BodyEdit[] | undefined {
  const links = linkEdits(text, start, { kind: 'defangLinks', exempt }, charset, budget);
  const notes = linkMarks(text, start, exempt, charset, defanged, budget);
  if (links === undefined || notes === undefined) return undefined;
  return mergeEdits([
    { edits: links, changes: [] },
    { edits: notes, changes: [] },
  ]);
}

/** A text runs nothing and fetches nothing, and shows where its links lead. */
function textEdits(
  change: Exclude<BodyChange, DisclaimerChange>,
  { charset, flowed, delSp }: BodyText,
  text: string,
  budget: HtmlBudget,
): readonly BodyEdit[] | undefined {
  const body = { text, charset, joined: flowed && delSp };
  switch (change.kind) {
    case 'defangLinks':
      return textLinkEdits(body, { ...change, kind: 'defangLinks' }, budget);
    case 'prefixLinks':
    case 'restoreLinks':
      return textLinkEdits(body, change, budget);
    default:
      return [];
  }
}
