/**
 * What may be asked about one attachment. Conditions ask it of every attachment (`attachmentName: …`); actions on
 * attachments choose by it (`where: { name: … }`).
 */

import type { Attachment } from '../../mime/attachment-types.ts';
import { attachmentExtensions, isExecutable } from '../../mime/executable.ts';
import { namesOfEntry } from '../../mime/file-names.ts';
import type { AttachmentTraits } from '../attachment-traits.ts';
import { list, optional, type RecordOf, record } from '../collections.ts';
import type { Fold } from '../fold.ts';
import { globFinds, globs } from '../globs.ts';
import { type Shape, text, trueOrFalse } from '../shape.ts';
import { oneLine } from '../texts.ts';
import { MAX_VALUES, size, textPatterns } from '../values.ts';
import type { Searched } from './entry.ts';

/** The forms in which names are compared; see `Asked`. */
export interface Forms {
  readonly fold: Fold;
  readonly searched: Searched;
}

interface Criterion<T> {
  readonly shape: Shape<T>;
  /** Completes "an attachment …". */
  readonly description: string;
  readonly alsoKnownAs: readonly string[];
  holds(value: T, attachment: Attachment, forms: Forms): boolean;
  /** Whether it holds for one of the attachments, where that can be told from what they have between them. */
  holdsForAny?(value: T, traits: AttachmentTraits, forms: Forms): boolean;
}

function criterion<T>(definition: Criterion<T>): Criterion<T> {
  return definition;
}

const extensions = list(
  text('a file extension such as exe', { maxLength: 20 }, (value) => {
    const bare = value.trim().toLowerCase();
    if (bare.startsWith('.')) return { why: `leave out the dot: "${bare.slice(1)}"` };
    return /[.*?/\\\s]/.test(bare) ? { why: 'write letters and digits only' } : oneLine(bare);
  }),
  { what: 'extensions', max: MAX_VALUES, single: true },
);

const mediaTypes = list(
  text('a media type such as application/pdf or image/*', { maxLength: 127 }, (value) => {
    const lower = value.toLowerCase();
    return /^[a-z0-9!#$&^_.+-]+\/(?:\*|[a-z0-9!#$&^_.+-]+)$/.test(lower)
      ? { value: lower }
      : { why: 'write it as "type/subtype" or "type/*"' };
  }),
  { what: 'media types', max: MAX_VALUES, single: true },
);

function typeMatches(wanted: string, found: string | undefined): boolean {
  return wanted.endsWith('/*') ? found?.startsWith(wanted.slice(0, -1)) === true : found === wanted;
}

function isAmong(wanted: string, types: ReadonlySet<string>): boolean {
  return types.has(wanted) || (wanted.endsWith('/*') && [...types].some((one) => typeMatches(wanted, one)));
}

/** The criteria by their key in `where`. */
export const ATTACHMENT_CRITERIA = {
  name: criterion({
    shape: globs,
    description:
      'has a name that one of these describes; "*" stands for anything, "?" for one character, case does not count',
    alsoKnownAs: ['fileName'],
    holds: (wanted, { names }, { fold }) =>
      names.some((name) => wanted.some((glob) => globFinds(glob, fold(name)))),
    holdsForAny: (wanted, { foldedNames }) =>
      foldedNames().some((name) => wanted.some((glob) => globFinds(glob, name))),
  }),
  nameMatches: criterion({
    shape: textPatterns,
    description: 'has a name that matches one of these regular expressions (RE2 syntax, any case)',
    alsoKnownAs: ['nameMatchesPatterns'],
    holds: (wanted, { names }, { searched }) =>
      names.some((name) => wanted.some((pattern) => pattern.found(searched(name)))),
    holdsForAny: (wanted, { names }, { searched }) =>
      names().some((name) => wanted.some((pattern) => pattern.found(searched(name)))),
  }),
  extension: criterion({
    shape: extensions,
    description: 'has a name that ends in one of these extensions',
    alsoKnownAs: ['extensionMatchesWords', 'fileExtension'],
    holds: (wanted, attachment) => attachmentExtensions(attachment).some((one) => wanted.includes(one)),
  }),
  type: criterion({
    shape: mediaTypes,
    description:
      'is of one of these media types, by what the message claims or by its first bytes ("image/*": every image)',
    alsoKnownAs: ['mediaType', 'contentType'],
    holds: (wanted, attachment) =>
      wanted.some(
        (type) =>
          typeMatches(type, attachment.mediaType) || typeMatches(type, attachment.content().type?.mediaType),
      ),
    holdsForAny: (wanted, { claimedTypes, foundTypes }) =>
      wanted.some((type) => isAmong(type, claimedTypes())) ||
      wanted.some((type) => isAmong(type, foundTypes())),
  }),
  sizeOver: criterion({
    shape: size,
    description: 'is larger than this once it is decoded',
    alsoKnownAs: ['size'],
    holds: (limit, { sizeBytes }) => sizeBytes > limit,
  }),
  executable: criterion({
    shape: trueOrFalse(),
    description: 'is a program or script, by its first bytes or its name (true), or is none (false)',
    alsoKnownAs: ['hasExecutableContent', 'isExecutable'],
    holds: (wanted, attachment) => isExecutable(attachment) === wanted,
  }),
  passwordProtected: criterion({
    shape: trueOrFalse(),
    description: 'is an archive or document with a password (true), or has none (false)',
    alsoKnownAs: ['isPasswordProtected'],
    holds: (wanted, attachment) => attachment.content().passwordProtected === wanted,
  }),
  archiveContains: criterion({
    shape: globs,
    description:
      'is an archive with an entry that one of these describes, as a whole path or as the name in its folder ("*.exe")',
    alsoKnownAs: ['archiveEntry'],
    holds: (wanted, attachment, { fold }) =>
      attachment
        .content()
        .archive?.entries.some((entry) =>
          namesOfEntry(entry).some((name) => wanted.some((glob) => globFinds(glob, fold(name)))),
        ) === true,
    holdsForAny: (wanted, { foldedEntryNames }) =>
      foldedEntryNames().some((name) => wanted.some((glob) => globFinds(glob, name))),
  }),
  unreadable: criterion({
    shape: trueOrFalse(),
    description: 'cannot be looked into: damaged, encrypted, or of a kind that nobody here can read (true)',
    alsoKnownAs: ['isUnsupported', 'processingLimitExceeded'],
    holds: (wanted, attachment) => (attachment.content().unreadable !== undefined) === wanted,
  }),
};

type Criteria = typeof ATTACHMENT_CRITERIA;

/** Every criterion given must hold for one and the same attachment; among the values of one, one is enough. */
export type AttachmentFilter = {
  readonly [K in keyof Criteria]?: Criteria[K] extends Criterion<infer T> ? T : never;
};

function field<T>({ shape, description, alsoKnownAs }: Criterion<T>) {
  return optional(shape, { description: `The attachment ${description}.`, alsoKnownAs });
}

const fields = {
  name: field(ATTACHMENT_CRITERIA.name),
  nameMatches: field(ATTACHMENT_CRITERIA.nameMatches),
  extension: field(ATTACHMENT_CRITERIA.extension),
  type: field(ATTACHMENT_CRITERIA.type),
  sizeOver: field(ATTACHMENT_CRITERIA.sizeOver),
  executable: field(ATTACHMENT_CRITERIA.executable),
  passwordProtected: field(ATTACHMENT_CRITERIA.passwordProtected),
  archiveContains: field(ATTACHMENT_CRITERIA.archiveContains),
  unreadable: field(ATTACHMENT_CRITERIA.unreadable),
};

/** The shape of `where`. Without a criterion it would be every attachment, which must be meant: `name: "*"`. */
export const attachmentFilter: Shape<RecordOf<typeof fields>> = record('what attachments are meant', fields, {
  minKeys: 1,
});

function holdsOne<T>(
  criterionOf: Criterion<T>,
  value: T | undefined,
  attachment: Attachment,
  forms: Forms,
): boolean {
  return value === undefined || criterionOf.holds(value, attachment, forms);
}

/** Whether an attachment is one that the filter means. The cheap criteria are asked first. */
export function isMeant(filter: AttachmentFilter, attachment: Attachment, forms: Forms): boolean {
  const C = ATTACHMENT_CRITERIA;
  return (
    holdsOne(C.sizeOver, filter.sizeOver, attachment, forms) &&
    holdsOne(C.extension, filter.extension, attachment, forms) &&
    holdsOne(C.name, filter.name, attachment, forms) &&
    holdsOne(C.nameMatches, filter.nameMatches, attachment, forms) &&
    holdsOne(C.type, filter.type, attachment, forms) &&
    holdsOne(C.executable, filter.executable, attachment, forms) &&
    holdsOne(C.passwordProtected, filter.passwordProtected, attachment, forms) &&
    holdsOne(C.archiveContains, filter.archiveContains, attachment, forms) &&
    holdsOne(C.unreadable, filter.unreadable, attachment, forms)
  );
}
