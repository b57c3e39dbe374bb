/**
 * The policy file, key by key. This is the one place that says what may stand in it: validation, defaults, the
 * published JSON Schema and the texts that editors show all come from here.
 */
import { listName } from './address-items.ts';
import { dictionary, list, optional, record, required, withDefault } from './collections.ts';
import { checkAddress } from './names.ts';
import { checkPattern } from './pattern.ts';
import { availability } from './schema-availability.ts';
import { dmarc } from './schema-dmarc.ts';
import { organization } from './schema-organization.ts';
import { rules } from './schema-rules.ts';
import { exactly, type JsonSchema, oneOf, type Shape, text, trueOrFalse } from './shape.ts';
import type { AddressPattern } from './types.ts';
import { wholeNumber } from './values.ts';

/** Lists of a policy, and patterns of one list; the size of the file in characters is the limit that is met first. */
const MAX_LISTS = 100;
const MAX_LIST = 10_000;
/** More in an hour is a flood of its own. */
const MAX_NOTICES_PER_HOUR = 1_000;

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

const longList: Shape<readonly AddressPattern[]> = list(
  text('an address, a domain, "*.domain" or "*"', { maxLength: 320 }, checkPattern),
  { what: 'address patterns', max: MAX_LIST, single: true },
);
const lists = dictionary('names of lists with their patterns', listName, longList, MAX_LISTS);

const notices = record('the keys "from" and "perHour"', {
  from: required(text('an address', { maxLength: 320 }, checkAddress), {
    description: 'The address that notices come from: one of your own, which SES may send from.',
    alsoKnownAs: ['sender'],
  }),
  perHour: withDefault(wholeNumber(1, MAX_NOTICES_PER_HOUR), 20, {
    description: 'Notices that one address gets in an hour at most.',
  }),
});

/** The whole file. */
export const policyShape = record('the keys of a policy', {
  version: required(exactly(1), { description: 'Version of this format: 1.' }),
  organization: required(organization, {
    description:
      'Your organization: its mail domains at least, as in "organization: { domains: [example.com] }".',
  }),
  rules: withDefault(rules, [], {
    description: 'What is done with messages, by priority and then in the order of the file.',
  }),
  lists: withDefault(lists, new Map(), {
    description: 'Lists of addresses and domains by name, for "list:NAME" in conditions.',
  }),
  notices: optional(notices, {
    description: 'How notices are sent. Absent: rules tell nobody anything.',
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
