/** Actions beside the message: a copy is kept, somebody is told. */
import { record, required, withDefault } from '../collections.ts';
import { trueOrFalse } from '../shape.ts';
import { type ActionEntry, entry } from './entry.ts';
import { addresses, folder, longText, shortText } from './values.ts';

export const keepingActions = {
  saveCopy: entry({
    does: 'keeping',
    description: 'Keeps a copy of the message as it came in, in a folder of the bucket.',
    alsoKnownAs: ['archive'],
    shape: record('"folder"', {
      folder: required(folder, { description: 'Folder below "copies/" in the bucket.' }),
    }),
    make: (value) => ({ kind: 'saveCopy', ...value }),
  }),
  notify: entry({
    does: 'keeping',
    description:
      'Tells somebody. Nothing is told about reports, automatic answers, list mail and mail without a sender; a receiver gets no more than notices.perHour in an hour.',
    alsoKnownAs: ['generateNotification', 'generateIncidentReport', 'notifySender'],
    shape: record('"to", "subject" and "text"', {
      to: required(addresses, { description: 'Who is told.' }),
      subject: required(shortText, { description: 'The subject of the notice.' }),
      text: required(longText, { description: 'The text of the notice.' }),
      includeHeader: withDefault(trueOrFalse(), false, {
        description: 'Whether the header of the message stands below the text.',
      }),
    }),
    make: (value) => ({ kind: 'notify', ...value, text: value.text.trimEnd() }),
  }),
} satisfies Readonly<Record<string, ActionEntry>>;
