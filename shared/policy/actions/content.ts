/** Actions that change the content: disclaimers, subject, header. The copy of every recipient changes. */
import { optional, record, required } from '../collections.ts';
import { oneOf, orScalar, text, trueOrFalse } from '../shape.ts';
import { oneLine } from '../texts.ts';
import { type ActionEntry, entry } from './entry.ts';
import {
  asciiText,
  changeableField,
  disclaimerFields,
  html,
  longText,
  shortText,
  textAndHtml,
  trimmed,
} from './values.ts';

const bannerFields = {
  ...disclaimerFields,
  ascii: optional(asciiText, {
    description: 'ASCII form of "text", for parts whose charset cannot hold it and cannot be changed.',
    alsoKnownAs: ['textAscii'],
  }),
  reply: optional(orScalar('none', textAndHtml), {
    description: 'What a reply gets instead: a text of its own, or "none". Absent: the same.',
  }),
  removeOld: optional(trueOrFalse(), {
    description: 'Whether an older copy in the quoted mail is taken out. Absent: true.',
  }),
};

const position = optional(oneOf('end', 'aboveReply'), {
  description:
    '"end" (the default): below everything. "aboveReply": above the quoted mail, where there is some.',
});

interface Banner {
  readonly text: string;
  readonly html?: string;
  readonly reply?: 'none' | { readonly text: string; readonly html?: string };
}

function trimmedBanner<T extends Banner>(value: T): T {
  const { reply } = value;
  const outer = trimmed(value);
  return reply === undefined || reply === 'none' ? outer : { ...outer, reply: trimmed(reply) };
}

/** The name of a field that a policy may change. */
const changeable = required(changeableField, {
  description:
    'The header field, without the colon. Those that hold a message together (Content-Type, From, Date, Received and the like) cannot be changed.',
});
const header = record('"name" and "value"', {
  name: changeable,
  value: required(shortText, { description: 'Its value, one line.' }),
});

export const contentActions = {
  prependDisclaimer: entry({
    does: 'content',
    description: 'Puts a banner above the message.',
    alsoKnownAs: ['applyHtmlDisclaimer', 'banner'],
    shape: record('the keys of a banner ("text", "html", …)', bannerFields),
    make: (value) => ({ kind: 'prependDisclaimer', ...trimmedBanner(value) }),
  }),
  appendDisclaimer: entry({
    does: 'content',
    description: 'Puts a footer below the message.',
    alsoKnownAs: ['footer', 'disclaimer'],
    shape: record('the keys of a footer ("text", "html", …)', { ...bannerFields, position }),
    make: (value) => ({ kind: 'appendDisclaimer', ...trimmedBanner(value) }),
  }),
  prependSubject: entry({
    does: 'content',
    description: 'Puts a tag before the subject, once, also through replies.',
    alsoKnownAs: ['subjectTag'],
    shape: text('a subject tag', { maxLength: 50 }, oneLine),
    make: (tag) => ({ kind: 'prependSubject', tag: tag.trim() }),
  }),
  setHeader: entry({
    does: 'content',
    description: 'Gives a header field a value; further fields of the name go.',
    alsoKnownAs: ['setHeaderName', 'setHeaderValue'],
    shape: header,
    make: (value) => ({ kind: 'setHeader', ...value }),
  }),
  addHeader: entry({
    does: 'content',
    description: 'Adds a header field at the top.',
    shape: header,
    make: (value) => ({ kind: 'addHeader', ...value }),
  }),
  removeHeader: entry({
    does: 'content',
    description: 'Takes out every header field of a name.',
    shape: changeableField,
    make: (name) => ({ kind: 'removeHeader', name }),
  }),
  wrapMessage: entry({
    does: 'content',
    description:
      'Makes a new message that holds a notice and the original as an attachment, untouched. No other change to the body is made then.',
    alsoKnownAs: ['wrap', 'applyHtmlDisclaimerFallbackAction'],
    shape: record('the keys "text", "html" and "subject"', {
      text: required(longText, { description: 'The notice.' }),
      html: optional(html, { description: 'The notice as an HTML fragment.' }),
      subject: optional(shortText, {
        description: 'The subject of the new message. Absent: that of the original.',
      }),
    }),
    make: (value) => ({ kind: 'wrapMessage', ...trimmed(value) }),
  }),
} satisfies Readonly<Record<string, ActionEntry>>;
