/** Actions on attachments. `where` says which; those inside an attached message go with it or stay with it. */
import { optional, record, required } from '../collections.ts';
import { attachmentFilter } from '../conditions/attachment-filter.ts';
import { converted, type Shape, text } from '../shape.ts';
import { oneLine } from '../texts.ts';
import { LINK_VARIABLE, NAME_VARIABLE, variablesIn, withVariables } from '../variables.ts';
import { type ActionEntry, entry } from './entry.ts';
import { folderPrefix, longText, noteText } from './values.ts';

const where = required(attachmentFilter, {
  description:
    'Which attachments: all that is given here must hold for one attachment. All of them: name: "*".',
});

interface Replacement {
  readonly note: string;
  readonly link?: string;
}

/** A note with a link needs to know what the links begin with, and the other way round. */
function withLink<T extends Replacement>(shape: Shape<T>): Shape<T> {
  return converted(shape, (value, node, report) => {
    const speaks = variablesIn(value.note).includes(LINK_VARIABLE);
    if (speaks === (value.link !== undefined)) return value;
    const why = speaks
      ? '"note" has %%Link%%, so "link" must say what the links begin with'
      : '"link" is given, and "note" has no %%Link%%';
    report.error(node, why);
    return undefined;
  });
}

const newName = text(
  'a file name',
  { maxLength: 200 },
  withVariables(
    (value) =>
      /[/\\:*?"<>|]/.test(value) ? { why: 'a file name has none of / \\ : * ? " < > |' } : oneLine(value),
    [NAME_VARIABLE],
  ),
);

export const attachmentActions = {
  removeAttachments: entry({
    does: 'content',
    description: 'Takes attachments out; with "note", a text stands in their place.',
    alsoKnownAs: ['stripAttachments', 'removeAttachment'],
    shape: record('"where" and, if you like, "note"', {
      where,
      note: optional(longText, { description: 'The text in their place.' }),
    }),
    make: (value) => ({ kind: 'removeAttachments', ...value }),
  }),
  replaceAttachments: entry({
    does: 'content',
    description:
      'Takes attachments out and puts a note in their place. With "link" they are kept in the bucket, and %%Link%% in the note says where.',
    shape: withLink(
      record('"where", "note" and, if you like, "link"', {
        where,
        note: required(noteText, { description: 'The text in their place.' }),
        link: optional(folderPrefix, {
          description:
            'What the links begin with ("https://…/"): a web address that serves the folder "attachments/" of the bucket.',
        }),
      }),
    ),
    make: (value) => ({ kind: 'replaceAttachments', ...value }),
  }),
  renameAttachments: entry({
    does: 'content',
    description: 'Gives attachments another name, so that no double click opens them.',
    alsoKnownAs: ['renameAttachment'],
    shape: record('"where" and "to"', {
      where,
      to: required(newName, {
        description: 'The new name; %%Name%% is the old one, as in "%%Name%%.disarmed".',
      }),
    }),
    make: (value) => ({ kind: 'renameAttachments', ...value }),
  }),
} satisfies Readonly<Record<string, ActionEntry>>;
