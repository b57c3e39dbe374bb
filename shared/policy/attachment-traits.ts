/**
 * What the attachments of a message have between them. Hundreds of rules ask the same of all of them, and only their own words
 * differ: names, types and lists of archives are gathered once. Nothing is decoded before it is asked for.
 */
import type { Attachment } from '../mime/attachment-types.ts';
import { namesOfEntry } from '../mime/file-names.ts';
import { once } from '../mime/once.ts';
import { folded } from './fold.ts';

export interface AttachmentTraits {
  /** Every name of every attachment, each once. */
  readonly names: () => readonly string[];
  /** The same in the form in which names are compared. */
  readonly foldedNames: () => readonly string[];
  /** The media types that the message claims. */
  readonly claimedTypes: () => ReadonlySet<string>;
  /** Those that the first octets show. */
  readonly foundTypes: () => ReadonlySet<string>;
  /** The names of what is in archives, in that form. */
  readonly foldedEntryNames: () => readonly string[];
}

const known = new WeakMap<readonly Attachment[], AttachmentTraits>();

/** Of a list that does not change. */
export function attachmentTraits(attachments: readonly Attachment[]): AttachmentTraits {
  const traits = known.get(attachments) ?? makeTraits(attachments);
  known.set(attachments, traits);
  return traits;
}

function makeTraits(attachments: readonly Attachment[]): AttachmentTraits {
  const names = once(() => distinct(attachments, (attachment) => attachment.names));
  return {
    names,
    foldedNames: once(() => names().map(folded)),
    claimedTypes: once(() => new Set(attachments.map(({ mediaType }) => mediaType))),
    foundTypes: once(() => new Set(distinct(attachments, foundType))),
    foldedEntryNames: once(() => distinct(attachments, namesInArchive).map(folded)),
  };
}

function distinct(
  attachments: readonly Attachment[],
  of: (attachment: Attachment) => readonly string[],
): readonly string[] {
  const found = new Set<string>();
  for (const attachment of attachments) for (const one of of(attachment)) found.add(one);
  return [...found];
}

function foundType(attachment: Attachment): readonly string[] {
  const type = attachment.content().type?.mediaType;
  return type === undefined ? [] : [type];
}

function namesInArchive(attachment: Attachment): readonly string[] {
  return attachment.content().archive?.entries.flatMap(namesOfEntry) ?? [];
}
