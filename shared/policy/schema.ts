/**
 * The policy file, key by key. This is the one place that says what may stand in it: validation, defaults, the
 * published JSON Schema and the texts that editors show all come from here.
 */
import { list, oneKeyOf, optional, record, required, withDefault } from './collections.ts';
import { domain, headerName } from './names.ts';
import { checkPattern } from './pattern.ts';
import { availability } from './schema-availability.ts';
import { converted, exactly, type JsonSchema, oneOf, type Shape, text, trueOrFalse } from './shape.ts';
import { htmlFragment, lines, oneLine } from './texts.ts';
import type { Action, AddressPattern, Condition, DisclaimerText, DmarcException } from './types.ts';

/** Rules; every message is held against each of them. */
const MAX_RULES = 200;
/** Values of one condition; WorkMail itself allows 250 patterns a rule. */
const MAX_VALUES = 250;
/** Actions of one rule. */
const MAX_ACTIONS = 20;
/** Characters of a banner or footer, as text and as HTML: one that is longer hides the message. */
const MAX_DISCLAIMER = 10_000;

const domains = list(text('a domain such as example.com', { maxLength: 253 }, domain), {
  what: 'domains',
  max: MAX_VALUES,
  single: true,
});

/** Patterns over addresses. */
export const patterns: Shape<readonly AddressPattern[]> = list(
  text('an address, a domain, "*.domain" or "*"', { maxLength: 320 }, checkPattern),
  { what: 'address patterns', max: MAX_VALUES, single: true },
);

const words = list(text('a word or phrase', { maxLength: 200 }, oneLine), {
  what: 'words',
  max: MAX_VALUES,
  single: true,
});

const organization = record('the keys of "organization"', {
  domains: required(domains, {
    description: "The organization's own mail domains; subdomains are listed on their own.",
  }),
  trustSesHeaders: withDefault(oneOf('auto', 'always', 'never'), 'auto', {
    description:
      'Whether the Authentication-Results in the header block that SES writes may earn trust: the scope "inside", or a DMARC exception. "always": you know that SES writes the block on your mail. "auto": only once that is proved; nothing proves it yet, so it earns nothing. "never": it earns nothing.',
  }),
});

const conditionFields = {
  direction: optional(oneOf('inbound', 'outbound'), {
    description: 'Mail that comes in, or mail that users of the organization send.',
    alsoKnownAs: ['flowDirection'],
  }),
  senderScope: optional(oneOf('inside', 'outside'), {
    description:
      '"inside": the author is of the organization and authentication proves it. Whatever is not proved is "outside".',
    alsoKnownAs: ['fromScope'],
  }),
  from: optional(patterns, {
    description:
      'The From address matches one of these patterns. Anyone can write a From address: in "unless" use it only together with senderScope: inside.',
    alsoKnownAs: [
      'sender',
      'senders',
      'fromAddressContainsWords',
      'senderDomainIs',
      'fromAddressMatchesPatterns',
    ],
  }),
  recipientScope: optional(oneOf('inside', 'outside'), {
    description: 'A recipient is in a domain of the organization, or is not.',
    alsoKnownAs: ['sentToScope'],
  }),
  sentTo: optional(patterns, {
    description: 'A recipient matches one of these patterns.',
    alsoKnownAs: [
      'to',
      'recipient',
      'recipients',
      'recipientDomainIs',
      'anyOfToHeader',
      'recipientAddressContainsWords',
    ],
  }),
  recipientMatch: withDefault(oneOf('any', 'all'), 'any', {
    description:
      'Whether recipientScope and sentTo must hold for one recipient ("any") or for every one ("all"). A change is for everyone who gets the message, so with "any" others get it too.',
  }),
  subjectContains: optional(words, {
    description: 'The decoded subject contains one of these, in upper or lower case.',
    alsoKnownAs: ['subject', 'subjectContainsWords'],
  }),
  headerContains: optional(
    record('"name" and "words"', {
      name: required(text('the name of a header field', { maxLength: 77 }, headerName), {
        description: 'The header field, without the colon.',
      }),
      words: required(words, {
        description: 'Words to look for in its decoded value, in upper or lower case.',
      }),
    }),
    {
      description: 'A header field of this name contains one of these words, in upper or lower case.',
      alsoKnownAs: ['header', 'headerContainsWords', 'headerContainsMessageHeader'],
    },
  ),
};

const disclaimer = record('the keys "text" and, if you like, "html"', {
  text: required(text('text', { maxLength: MAX_DISCLAIMER }, lines), {
    description: 'Plain text; used in text parts and, where "html" is absent, escaped in HTML parts.',
  }),
  html: optional(text('an HTML fragment', { maxLength: MAX_DISCLAIMER }, htmlFragment), {
    description: 'HTML fragment for HTML parts.',
  }),
});

/** YAML's block texts end with a line end that nobody means. */
function trimmed({ text: plain, html }: DisclaimerText): DisclaimerText {
  return html === undefined ? { text: plain.trimEnd() } : { text: plain.trimEnd(), html: html.trim() };
}

const action: Shape<Action> = oneKeyOf<Action>('one action', {
  prependDisclaimer: {
    description: 'Puts a banner above the message.',
    alsoKnownAs: ['applyHtmlDisclaimer', 'banner'],
    shape: converted(disclaimer, (value): Action => ({ kind: 'prependDisclaimer', ...trimmed(value) })),
  },
  appendDisclaimer: {
    description: 'Puts a footer below the message.',
    alsoKnownAs: ['footer', 'disclaimer'],
    shape: converted(disclaimer, (value): Action => ({ kind: 'appendDisclaimer', ...trimmed(value) })),
  },
  prependSubject: {
    description: 'Puts a tag before the subject.',
    alsoKnownAs: ['subjectTag'],
    shape: converted(
      text('a subject tag', { maxLength: 50 }, oneLine),
      (tag): Action => ({ kind: 'prependSubject', tag: tag.trim() }),
    ),
  },
});

const onTrouble = oneOf('retry', 'deliverUnchanged');
const rule = record('the keys of a rule', {
  name: required(text('a name', { maxLength: 100 }, oneLine), {
    description: 'Name of the rule; logs and explanations speak of it.',
  }),
  when: required(asCondition(record('conditions ("{}" for every message)', conditionFields)), {
    description:
      'Conditions that must all hold; of several values of one condition one is enough. "{}": every message.',
    alsoKnownAs: ['if', 'conditions', 'condition'],
  }),
  unless: optional(asCondition(record('conditions', conditionFields, { minKeys: 1 })), {
    description: 'The rule does not act where all of these hold.',
    alsoKnownAs: ['exceptIf', 'except', 'exceptions'],
  }),
  do: required(list(action, { what: 'actions', max: MAX_ACTIONS }), {
    description: 'What the rule does, in this order.',
    alsoKnownAs: ['then', 'action', 'actions'],
  }),
  onTimeout: withDefault(onTrouble, 'deliverUnchanged', {
    description: 'When time runs out: deliver the message as it is, or let WorkMail call again ("retry").',
  }),
  onTemporaryError: withDefault(onTrouble, 'deliverUnchanged', {
    description:
      'On an error that may pass: deliver the message as it is, or let WorkMail call again ("retry").',
  }),
});

/** The record is a Condition already; the annotation makes the compiler hold the two against each other. */
function asCondition(shape: Shape<Condition>): Shape<Condition> {
  return shape;
}

const dmarcAction = oneOf('default', 'junk', 'bounce', 'drop');
const dmarcOnTrouble = oneOf('retry', 'default', 'junk');

const authenticatedBy = record(
  'the keys "dkim" and "spf", at least one of them',
  {
    dkim: withDefault(domains, [], { description: 'A DKIM signature of one of these domains passes.' }),
    spf: withDefault(domains, [], {
      description: 'SPF passes for an envelope sender of one of these domains.',
    }),
  },
  { minKeys: 1 },
);

const dmarcException: Shape<DmarcException> = record('the keys of an exception', {
  from: required(patterns, { description: 'Patterns over the From address.' }),
  authenticatedBy: required(authenticatedBy, {
    description: 'What must be proved about such mail: a From address alone proves nothing.',
  }),
  action: withDefault(oneOf('default', 'junk'), 'default', { description: 'What is done with it.' }),
  reason: required(text('a reason', { maxLength: 200 }, oneLine), {
    description: 'Why it is wanted; shown in decisions.',
    alsoKnownAs: ['comment', 'why'],
  }),
});

const defaultActions = { none: 'default', quarantine: 'junk', reject: 'junk' } as const;
const dmarcActions = record('the keys "none", "quarantine" and "reject"', {
  none: withDefault(dmarcAction, defaultActions.none, { description: 'Where the domain publishes p=none.' }),
  quarantine: withDefault(dmarcAction, defaultActions.quarantine, {
    description: 'Where the domain publishes p=quarantine.',
  }),
  reject: withDefault(dmarcAction, defaultActions.reject, {
    description: 'Where the domain publishes p=reject.',
  }),
});

const dmarc = record('the keys of "dmarc"', {
  mode: withDefault(oneOf('monitor', 'enforce'), 'monitor', {
    description: '"monitor" decides and logs, and changes nothing; "enforce" acts.',
  }),
  actions: withDefault(dmarcActions, defaultActions, {
    description:
      'What is done with mail that fails, by the policy that its domain publishes. "bounce" answers only an envelope sender that is itself authenticated; other mail is junked instead.',
  }),
  unknown: withDefault(oneOf('default', 'junk'), 'default', {
    description: 'What is done where there is no evidence, or it contradicts itself.',
  }),
  exceptions: withDefault(list(dmarcException, { what: 'exceptions', max: MAX_VALUES }), [], {
    description: 'Mail that fails DMARC and is wanted all the same.',
  }),
  onTimeout: withDefault(dmarcOnTrouble, 'retry', {
    description: 'When time runs out: let WorkMail call again ("retry"), or settle for an action.',
  }),
  onTemporaryError: withDefault(dmarcOnTrouble, 'retry', {
    description:
      'On an error that may pass, such as a DNS time-out: let WorkMail call again ("retry"), or settle.',
  }),
});

const journalOnTrouble = oneOf('retry', 'deliver');
const journal = record('the keys of "journal"', {
  capture: required(trueOrFalse(), {
    description: 'Whether every message is kept as it came in, before anything is decided.',
  }),
  onTimeout: withDefault(journalOnTrouble, 'retry', {
    description:
      'When time runs out before the message is kept: let WorkMail call again ("retry"), or deliver.',
  }),
  onTemporaryError: withDefault(journalOnTrouble, 'retry', {
    description: 'When the message cannot be kept now: let WorkMail call again ("retry"), or deliver.',
  }),
});

/** The whole file. */
export const policyShape = record('the keys of a policy', {
  version: required(exactly(1), { description: 'Version of this format: 1.' }),
  organization: required(organization, { description: 'Who we are.' }),
  rules: withDefault(list(rule, { what: 'rules', max: MAX_RULES }), [], {
    description: 'Changes to messages, in the order in which they act.',
  }),
  dmarc: optional(dmarc, { description: 'Enforcement of DMARC on inbound mail. Absent: off.' }),
  journal: optional(journal, { description: 'Keeping every message as a record. Absent: off.' }),
  availability: optional(availability, {
    description: 'Free/busy of mailboxes outside WorkMail. Absent: no mailbox is known.',
  }),
});

/** JSON Schema (draft 7) of the policy file, as `policy.schema.json` holds it for editors. */
export function policyJsonSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Mailroom policy',
    description: 'What Mailroom does with the mail and the calendars of an organization.',
    ...policyShape.json,
  };
}
