/** WorkMail's directory, as far as rules about groups ask it: users, who is in a group, and further addresses. */
import type { Answer } from '../exchange.ts';
import { type JsonObject, jsonAnswer, jsonError } from '../json.ts';
import type { AvailabilitySubject } from './availability.ts';
import { type Operations, textOf } from './json-call.ts';

/** WorkMail takes no larger MaxResults. */
const MAX_PAGE = 100;

/** What WorkMail calls an entity by, made from its address. */
function idOf(kind: 'user' | 'group', address: string): string {
  return `${kind}-${Buffer.from(address).toString('hex')}`;
}

function nameOf(address: string): string {
  return address.slice(0, address.indexOf('@'));
}

/** One page of a list; a token is the place where the next one begins. */
function page(member: string, all: readonly JsonObject[] | readonly string[], input: JsonObject): Answer {
  const asked = input['MaxResults'];
  const size = typeof asked === 'number' && asked >= 1 && asked <= MAX_PAGE ? asked : MAX_PAGE;
  const from = Number(textOf(input, 'NextToken') ?? 0);
  if (!Number.isSafeInteger(from) || from < 0)
    return jsonError(400, 'InvalidParameterException', 'NextToken is none of ours.');
  const next = from + size < all.length ? { NextToken: String(from + size) } : {};
  return jsonAnswer(200, { [member]: all.slice(from, from + size), ...next });
}

function notFound(): Answer {
  return jsonError(400, 'EntityNotFoundException', 'The identifier supplied for the entity is not valid.');
}

function listUsers({ account }: AvailabilitySubject, input: JsonObject): Answer {
  const users = account.organization.people.users.map(({ address }) => ({
    Id: idOf('user', address),
    Email: address,
    Name: nameOf(address),
    DisplayName: nameOf(address),
    State: 'ENABLED',
    UserRole: 'USER',
  }));
  return page('Users', users, input);
}

/** By id, name or address, as WorkMail takes them. */
function listGroupMembers({ account }: AvailabilitySubject, input: JsonObject): Answer {
  const { groups } = account.organization.people;
  const asked = (textOf(input, 'GroupId') ?? '').toLowerCase();
  const group = groups.find(({ address }) =>
    [address, nameOf(address), idOf('group', address)].includes(asked),
  );
  if (group === undefined) return notFound();
  const members = group.members.map((address) => {
    const kind = groups.some((each) => each.address === address) ? 'group' : 'user';
    return { Id: idOf(kind, address), Name: nameOf(address), Type: kind.toUpperCase(), State: 'ENABLED' };
  });
  return page('Members', members, input);
}

function listAliases({ account }: AvailabilitySubject, input: JsonObject): Answer {
  const asked = textOf(input, 'EntityId') ?? '';
  const { users, groups } = account.organization.people;
  const user = users.find(({ address }) => [address, idOf('user', address)].includes(asked));
  if (user !== undefined) return page('Aliases', user.aliases, input);
  const isGroup = groups.some(({ address }) => [address, idOf('group', address)].includes(asked));
  return isGroup ? page('Aliases', [], input) : notFound();
}

export const DIRECTORY_OPERATIONS: Operations<AvailabilitySubject> = {
  ListUsers: listUsers,
  ListGroupMembers: listGroupMembers,
  ListAliases: listAliases,
};
