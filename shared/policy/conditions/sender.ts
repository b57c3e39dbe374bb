/** Conditions on who sends: direction, scope, author. */
import { type AddressItem, groupOf } from '../address-items.ts';
import { oneOf } from '../shape.ts';
import { searchText } from '../text-pattern.ts';
import { addressItems, textPatterns } from '../values.ts';
import { type Asked, type Held, named, onHeader } from './entry.ts';

const direction = onHeader({
  shape: oneOf('inbound', 'outbound'),
  description: 'Mail that comes in, or mail that users of the organization send.',
  alsoKnownAs: ['flowDirection'],
  holds: (value, { facts }) => ({
    held: facts.direction === value,
    why: facts.direction === undefined ? 'the direction is not known' : `the message is ${facts.direction}`,
  }),
});

const senderScope = onHeader({
  shape: oneOf('inside', 'outside'),
  description:
    '"inside": the author is of the organization and authentication proves it. Whatever is not proved is "outside".',
  alsoKnownAs: ['fromScope'],
  holds: (value, { facts: { senderScope: found } }) => ({
    held: found.scope === value,
    why: `the sender is ${found.scope}: ${found.why}`,
  }),
});

/** The first item under which one of the addresses falls; else why none does. `who` begins the sentence. */
export function anyAddress(
  items: readonly AddressItem[],
  addresses: readonly string[],
  { addresses: matcher }: Asked,
  who: string,
): Held {
  const item = items.find((one) => addresses.some((address) => matcher.matches(one, address) === 'yes'));
  if (item !== undefined) return { held: true, why: `${who} matches ${JSON.stringify(item)}` };
  const unknown = items.find((one) =>
    addresses.some((address) => matcher.matches(one, address) === 'unknown'),
  );
  if (unknown !== undefined) return { held: false, why: unknownGroup(unknown) };
  return { held: false, why: `${who} does not match ${named(items, 'patterns', 'any of')}` };
}

/** Why an item could not be answered. */
export function unknownGroup(item: AddressItem): string {
  return `the group ${JSON.stringify(groupOf(item))} is not known`;
}

const NO_AUTHOR: Held = { held: false, why: 'the message names no author' };

const from = onHeader({
  shape: addressItems,
  description:
    'The From address matches one of these patterns, stands in a list ("list:NAME") or belongs to a member of a group ("group:NAME"). Anyone can write a From address: in "unless" use it only together with senderScope: inside.',
  alsoKnownAs: [
    'sender',
    'senders',
    'fromMemberOf',
    'fromAddressContainsWords',
    'senderDomainIs',
    'senderInRecipientList',
  ],
  holds: (items, asked) =>
    asked.authors.length === 0 ? NO_AUTHOR : anyAddress(items, asked.authors, asked, 'the author'),
});

const fromMatches = onHeader({
  shape: textPatterns,
  description: 'The From address matches one of these regular expressions. It is a claim, like "from".',
  alsoKnownAs: ['fromAddressMatchesPatterns'],
  holds(patterns, { authors }) {
    if (authors.length === 0) return NO_AUTHOR;
    const texts = authors.map(searchText);
    const found = patterns.find((pattern) => texts.some((text) => pattern.found(text)));
    if (found !== undefined)
      return { held: true, why: `the author matches the pattern ${JSON.stringify(found.source)}` };
    const sources = patterns.map((pattern) => pattern.source);
    return { held: false, why: `the author does not match ${named(sources, 'patterns', 'any of')}` };
  },
});

const toOrCc = onHeader({
  shape: addressItems,
  description:
    'The To or Cc header names an address that matches. It is what the sender wrote; who gets the message says "sentTo".',
  alsoKnownAs: ['anyOfToHeader', 'anyOfCcHeader', 'anyOfToCcHeader', 'anyOfToCcHeaderMemberOf'],
  holds: (items, asked) => anyAddress(items, asked.facts.toOrCc, asked, 'To or Cc'),
});

export const senderConditions = { direction, senderScope, from, fromMatches, toOrCc };
