/** The policy's words for changes to those that `shared/mime` makes: variables filled in, attachments chosen, reply forms taken. */
import type { Attachment } from '../mime/attachment-types.ts';
import type { ContentChange, Disclaimer } from '../mime/change-types.ts';
import type { ContentAction, DisclaimerAction, DisclaimerText } from './action-types.ts';
import { chosenAttachments } from './attachment-choice.ts';
import type { PlannedChange } from './decision.ts';
import type { MessageFacts } from './message-facts.ts';
import { namesText, variablesOf } from './variable-values.ts';
import { expandVariables, LINK_VARIABLE, NAME_VARIABLE, type Variables } from './variables.ts';

/** Where kept attachments can be had, by their path. */
export type Links = ReadonlyMap<string, string>;

type Of<K extends ContentAction['kind']> = Extract<ContentAction, { readonly kind: K }>;
type DisclaimerChangeAction = Of<'prependDisclaimer'> | Of<'appendDisclaimer'>;
type DisclaimerChange = Extract<ContentChange, { readonly kind: DisclaimerChangeAction['kind'] }>;

/**
 * The changes that are to be made, in order. One planned change makes one, several or none: a disclaimer that replies do
 * not get, or a filter that means no attachment, makes none. Paths with `link` that are not in `links` could not be kept,
 * so those attachments stay.
 */
export function toContentChanges(
  planned: readonly PlannedChange[],
  facts: MessageFacts,
  links: Links = new Map(),
): readonly ContentChange[] {
  return planned.flatMap((one) => contentChanges(one, facts, links));
}

function contentChanges(
  { rule, reason, change }: PlannedChange,
  facts: MessageFacts,
  links: Links,
): ContentChange[] {
  const named = { name: rule, ...(reason === undefined ? {} : { reason }), do: [change] };
  const values = variablesOf(facts, named);
  const text = (source: string): string => expandVariables(source, values, 'text');
  switch (change.kind) {
    case 'prependDisclaimer':
    case 'appendDisclaimer':
      return disclaimers(change, values, facts);
    case 'addHeader':
    case 'setHeader':
      return [{ kind: change.kind, name: change.name, value: text(change.value) }];
    case 'removeAttachments':
      return removals(change, values, facts);
    case 'replaceAttachments':
      return replacements(change, values, facts, links);
    case 'renameAttachments':
      return renames(change, facts);
    case 'wrapMessage':
      return [{ ...withHtml(change, values), kind: 'wrap', ...subjectOf(change, text) }];
    default:
      return [change];
  }
}

function subjectOf(
  { subject }: Of<'wrapMessage'>,
  text: (source: string) => string,
): { readonly subject?: string } {
  return subject === undefined ? {} : { subject: text(subject) };
}

function withHtml(
  source: { readonly text: string; readonly html?: string },
  values: Variables,
): { readonly text: string; readonly html?: string } {
  const text = expandVariables(source.text, values, 'text');
  return source.html === undefined ? { text } : { text, html: expandVariables(source.html, values, 'html') };
}

/** What an action without variables makes: the same value for every message, whose markup is made once then. */
const constant = new WeakMap<DisclaimerChangeAction, DisclaimerChange>();

function disclaimers(
  action: DisclaimerChangeAction,
  values: Variables,
  facts: MessageFacts,
): ContentChange[] {
  const source = action.reply !== undefined && facts.isReply ? action.reply : action;
  if (source === 'none') return [];
  if (source !== action) return [disclaimer(action, source, values)];
  const change = constant.get(action) ?? disclaimer(action, action, values);
  // Not whether the values changed it: a subject may be "%%Subject%%".
  const texts = [action.text, action.html, action.ascii];
  if (!texts.some((text) => text?.includes('%%'))) constant.set(action, change);
  return [change];
}

function disclaimer(
  action: DisclaimerChangeAction,
  source: DisclaimerText,
  values: Variables,
): DisclaimerChange {
  const ascii = source === action ? asciiOf(action, values) : {};
  const common: Disclaimer = {
    ...withHtml(source, values),
    ...ascii,
    removeOld: action.removeOld ?? true,
  };
  if (action.kind === 'prependDisclaimer') return { kind: 'prependDisclaimer', ...common };
  const position = action.position === undefined ? {} : { position: action.position };
  return { kind: 'appendDisclaimer', ...position, ...common };
}

function asciiOf({ ascii }: DisclaimerAction, values: Variables): { readonly ascii?: string } {
  return ascii === undefined ? {} : { ascii: expandVariables(ascii, values, 'text') };
}

function removals(
  { where, note }: Of<'removeAttachments'>,
  values: Variables,
  facts: MessageFacts,
): ContentChange[] {
  const paths = chosenAttachments(where, facts).map(({ path }) => path);
  if (paths.length === 0) return [];
  const text = note === undefined ? {} : { note: expandVariables(note, values, 'text') };
  return [{ kind: 'removeParts', paths, ...text }];
}

/** With links, one note for each attachment: each has a link of its own. */
function replacements(
  { where, note, link }: Of<'replaceAttachments'>,
  values: Variables,
  facts: MessageFacts,
  links: Links,
): ContentChange[] {
  const chosen = chosenAttachments(where, facts);
  if (chosen.length === 0) return [];
  if (link === undefined) {
    const paths = chosen.map(({ path }) => path);
    return [{ kind: 'removeParts', paths, note: expandVariables(note, values, 'text') }];
  }
  return chosen.flatMap((attachment): ContentChange[] => {
    const url = links.get(attachment.path);
    if (url === undefined) return [];
    const own = { ...values, Attachments: namesText([attachment]) };
    const text = noteWithLink(note, own, url);
    return [{ kind: 'removeParts', paths: [attachment.path], note: text }];
  });
}

/** The link is ours: nothing is cut off it. */
function noteWithLink(note: string, values: Variables, url: string): string {
  return note
    .split(`%%${LINK_VARIABLE}%%`)
    .map((piece) => expandVariables(piece, values, 'text'))
    .join(url);
}

function renames({ where, to }: Of<'renameAttachments'>, facts: MessageFacts): ContentChange[] {
  const chosen = chosenAttachments(where, facts);
  if (chosen.length === 0) return [];
  const names = chosen.map((attachment): [string, string] => [attachment.path, newName(to, attachment)]);
  return [{ kind: 'renameParts', names: new Map(names) }];
}

/** What no file name may hold, whatever system it is saved on. */
const NOT_IN_NAMES = /[/\\:*?"<>|]+/g;

function newName(to: string, { names: [name = 'attachment'] }: Attachment): string {
  return expandVariables(to, { [NAME_VARIABLE]: name.replace(NOT_IN_NAMES, '_') }, 'text');
}
