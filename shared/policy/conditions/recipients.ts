/** Conditions on who gets the message. Each is asked for every recipient; `recipientMatch` says how many must satisfy them. */
import { oneOf, trueOrFalse } from '../shape.ts';
import { searchText } from '../text-pattern.ts';
import { addressItems, textPatterns, wholeNumber } from '../values.ts';
import { named, onHeader, onRecipients } from './entry.ts';
import { unknownGroup } from './sender.ts';

const recipientScope = onRecipients({
  shape: oneOf('inside', 'outside'),
  description: 'A recipient is in a domain of the organization, or is not.',
  alsoKnownAs: ['sentToScope'],
  each: (value, { facts, recipients }) => ({
    each: recipients.map((_, index) => facts.recipientScopes[index] === value),
    what: `is ${value}`,
  }),
});

const sentTo = onRecipients({
  shape: addressItems,
  description:
    'A recipient matches one of these patterns, stands in a list ("list:NAME") or is a member of a group ("group:NAME").',
  alsoKnownAs: [
    'to',
    'recipient',
    'recipients',
    'sentToMemberOf',
    'recipientDomainIs',
    'recipientAddressContainsWords',
    'recipientInSenderList',
  ],
  each(items, { recipients, addresses }) {
    let unknown: string | undefined;
    const each = recipients.map((recipient) =>
      items.some((item) => {
        const answer = addresses.matches(item, recipient);
        if (answer === 'unknown') unknown ??= unknownGroup(item);
        return answer === 'yes';
      }),
    );
    const what = `matches ${named(items, 'patterns')}`;
    return unknown === undefined ? { each, what } : { each, what, unknown };
  },
});

const sentToMatches = onRecipients({
  shape: textPatterns,
  description: 'The address of a recipient matches one of these regular expressions.',
  alsoKnownAs: ['recipientAddressMatchesPatterns'],
  each: (patterns, { recipients }) => ({
    each: recipients.map(searchText).map((recipient) => patterns.some((one) => one.found(recipient))),
    what: `matches ${named(
      patterns.map((pattern) => pattern.source),
      'patterns',
    )}`,
  }),
});

const firstContact = onRecipients({
  shape: trueOrFalse(),
  description:
    'true: the recipient never had mail of this author before. Needs the bucket that keeps what rules keep. Where nobody knows, neither true nor false holds.',
  each(wanted, { facts, recipients }) {
    const known = recipients.map((_, index) => facts.lookups.firstContact[index]);
    const each = known.map((first) => first === wanted);
    if (!known.includes(undefined)) {
      const what = wanted ? 'hears of this author for the first time' : 'had mail of this author before';
      return { each, what };
    }
    // Of nobody is it said that he knows the author, nor that he does not.
    const what = `is known to ${wanted ? 'hear of this author for the first time' : 'have had mail of this author before'}`;
    return { each, what, unknown: 'it is not known whether the author wrote before' };
  },
});

const recipientCountOver = onHeader({
  shape: wholeNumber(0, 10_000),
  description: 'The message goes to more recipients than this.',
  alsoKnownAs: ['recipientCount'],
  holds: (limit, { recipients }) => ({
    held: recipients.length > limit,
    why: `it goes to ${recipients.length} ${recipients.length === 1 ? 'recipient' : 'recipients'}`,
  }),
});

export const recipientConditions = {
  recipientScope,
  sentTo,
  sentToMatches,
  firstContact,
  recipientCountOver,
};
