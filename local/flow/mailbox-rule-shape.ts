/**
 * The key `mailboxRules:` of a user in `organization.yaml`: what a user sets up for the own mailbox, in a mail program or
 * the web client. WorkMail's administrator guide names such rules only where they count: in the event log, the sending
 * quotas, and MessageFrozen. So here are the two actions that these speak of.
 */
import { list, oneKeyOf, optional, record, required, withDefault } from '../../shared/policy/collections.ts';
import { checkAddress } from '../../shared/policy/names.ts';
import { type Shape, text } from '../../shared/policy/shape.ts';
import { patterns, ruleName } from './rule-shape.ts';
import { matching } from './shapes.ts';

/** Against a file that makes each delivery go through rules without end. */
const MAX_RULES = 100;
/** As above: each is looked for in each subject. */
const MAX_WORDS = 100;
/** A file system takes 255 bytes; a letter may be four. */
const MAX_FOLDER_CHARS = 60;

export type MailboxAction =
  | { readonly kind: 'moveTo'; readonly folder: string }
  | { readonly kind: 'redirectTo'; readonly address: string };

/** It becomes the name of a directory: no dot and no slash, so that it leads nowhere else. */
const folderName = text(
  'the name of a folder',
  { maxLength: MAX_FOLDER_CHARS },
  matching(/^[\p{L}\p{N}]([\p{L}\p{N}_ -]*[\p{L}\p{N}_-])?$/u, 'letters, digits, " ", "-" and "_" only'),
);

function turned<T, U>(shape: Shape<T>, turn: (value: T) => U): Shape<U> {
  return {
    json: shape.json,
    read(node, report) {
      const value = shape.read(node, report);
      return value === undefined ? undefined : turn(value);
    },
  };
}

const action = oneKeyOf<MailboxAction>('one action', {
  moveTo: {
    shape: turned(folderName, (folder) => ({ kind: 'moveTo', folder })),
    description: 'the folder for it, made when it is not there',
  },
  redirectTo: {
    shape: turned(text('an address', { maxLength: 320 }, checkAddress), (address) => ({
      kind: 'redirectTo',
      address,
    })),
    description: 'who gets it in place of this mailbox',
  },
});

const rule = record('the keys of a rule of a mailbox', {
  name: required(ruleName, { description: 'as the event log shows it' }),
  from: withDefault(patterns, ['*'], { description: 'patterns for the From header' }),
  subjectContains: optional(
    list(text('words', { maxLength: 256 }), { what: 'words', max: MAX_WORDS, single: true }),
    { description: 'one of these is in the subject, in any case' },
  ),
  do: required(action, { description: 'what it does' }),
});

export type MailboxRule = NonNullable<ReturnType<typeof rule.read>>;

export const mailboxRules = list(rule, { what: 'rules', max: MAX_RULES });
