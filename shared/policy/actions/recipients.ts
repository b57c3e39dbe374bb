/** Actions that decide what becomes of the message, for the recipients for whom the rule matches by itself. */
import type { QuarantineNotice } from '../action-types.ts';
import { optional, record, required, withDefault } from '../collections.ts';
import { quote } from '../report.ts';
import { onlyTrue, orScalar, type Shape } from '../shape.ts';
import { closest } from '../suggest.ts';
import { addressItems } from '../values.ts';
import { type ActionEntry, entry } from './entry.ts';
import { addresses, shortText, status } from './values.ts';

const recipientOrOthers = orScalar('recipient', orScalar('none', addresses));

/** Who is told of held mail. A word that is nearly one of ours is no wrong address. */
const toldOfHeld: Shape<QuarantineNotice> = {
  json: recipientOrOthers.json,
  read(node, report) {
    const word = node.kind === 'scalar' && typeof node.value === 'string' ? node.value : '';
    const meant = closest(word, ['recipient', 'none']);
    if (meant === undefined || meant === word) return recipientOrOthers.read(node, report);
    report.error(
      node,
      `expected recipient, none or addresses; got ${quote(word)}; did you mean ${quote(meant)}?`,
    );
    return undefined;
  },
};

export const recipientActions = {
  rejectMessage: entry({
    does: 'recipients',
    description:
      'Sends the message back with a text. Inbound mail that must not be answered (no proved envelope sender, a report, an automatic answer, list mail) goes to junk instead.',
    alsoKnownAs: ['rejectMessageReasonText', 'rejectMessageEnhancedStatusCode', 'bounce', 'reject'],
    shape: record('"text" and, if you like, "status"', {
      text: required(shortText, { description: 'What the sender reads.' }),
      status: optional(status, { description: 'Enhanced status code before the text, such as "5.7.1".' }),
    }),
    make: (value) => ({ kind: 'rejectMessage', ...value }),
  }),
  deleteMessage: entry({
    does: 'recipients',
    description: 'Drops the message; nobody is told.',
    alsoKnownAs: ['drop', 'discard'],
    shape: onlyTrue(),
    make: () => ({ kind: 'deleteMessage' }),
  }),
  moveToJunk: entry({
    does: 'recipients',
    inboundOnly: true,
    description: 'Delivers into the junk folder.',
    alsoKnownAs: ['junk', 'setSCL'],
    shape: onlyTrue(),
    make: () => ({ kind: 'moveToJunk' }),
  }),
  bypassSpamCheck: entry({
    does: 'recipients',
    inboundOnly: true,
    description:
      'Never into the junk folder by the spam check. It is the weakest wish: any other rule, and DMARC, goes before it.',
    alsoKnownAs: ['neverJunk', 'notSpam'],
    shape: onlyTrue(),
    make: () => ({ kind: 'bypassSpamCheck' }),
  }),
  quarantine: entry({
    does: 'recipients',
    description: 'Holds the message in the bucket; "mailroom quarantine" releases it. Says who is told.',
    alsoKnownAs: ['hold', 'moderateMessageByUser'],
    shape: record('the key "notify", as in "quarantine: { notify: recipient }"', {
      notify: withDefault(toldOfHeld, 'recipient', {
        description: '"recipient" (the default): those for whom it is held; "none": nobody; or addresses.',
      }),
    }),
    make: ({ notify }) => ({ kind: 'quarantine', notify }),
  }),
  redirectTo: entry({
    does: 'recipients',
    description:
      'The message goes to these addresses instead. Inbound mail can go to addresses of the organization only.',
    alsoKnownAs: ['redirectMessageTo', 'redirect'],
    shape: addresses,
    make: (value) => ({ kind: 'redirectTo', addresses: value }),
  }),
  addRecipients: entry({
    does: 'recipients',
    description:
      'The message goes to these addresses as well, unseen (as Bcc). Inbound mail can go to addresses of the organization only.',
    alsoKnownAs: ['blindCopyTo', 'copyTo', 'addToRecipients'],
    shape: addresses,
    make: (value) => ({ kind: 'addRecipients', addresses: value }),
  }),
  removeRecipients: entry({
    does: 'recipients',
    description:
      'Recipients that match these patterns, stand in a list ("list:NAME") or are members of a group ("group:NAME") do not get the message, whether or not the rule matches for them.',
    shape: addressItems,
    make: (value) => ({ kind: 'removeRecipients', patterns: value }),
  }),
  useFallback: entry({
    does: 'recipients',
    description: "Leaves the recipients to the fallback action of WorkMail's rule, such as an SMTP gateway.",
    alsoKnownAs: ['routeMessageOutboundConnector', 'connector'],
    shape: onlyTrue(),
    make: () => ({ kind: 'useFallback' }),
  }),
} satisfies Readonly<Record<string, ActionEntry>>;
