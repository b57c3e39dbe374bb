/**
 * Who is in a group of WorkMail's directory, for rules that ask. WorkMail's API names members by id and display name, so
 * their addresses come from the list of users, and further ones from the list of each member's aliases. All of it is kept
 * for five minutes; when WorkMail then cannot be asked, the last answer stays in force.
 */
import type { WorkMailClient, WorkMailClientConfig } from '@aws-sdk/client-workmail';
import { PermanentError, TemporaryError } from '../../shared/errors.ts';
import {
  awsErrorName,
  decideAwsError,
  SDK_MAX_ATTEMPTS,
  SDK_REQUEST_HANDLER,
  withSignal,
} from '../../shared/workmail/aws-errors.ts';

const MAX_AGE_MS = 300_000;
/** How long an old answer is believed while WorkMail cannot be asked: after a day a leaver must not count any more. */
const MAX_STALE_MS = 86_400_000;
const PAGE_SIZE = 100;
/** Pages of one list: an organization of 10,000 users. A directory that never ends must not eat the 15 s. */
const MAX_PAGES = 100;
/** Groups in groups; a group may be a member of itself by a detour. */
const MAX_GROUPS_OPENED = 20;
/** One call a member: beyond this the members count by their main address alone. */
const MAX_MEMBERS_WITH_ALIASES = 200;
/** WorkMail throttles early. */
const CALLS_AT_ONCE = 4;

export interface Directory {
  /**
   * The addresses of all members, lower case; undefined when there is no such group. `group` is its name or address.
   * Throws TemporaryError, or PermanentError when WorkMail may not be asked.
   */
  groupMembers(group: string, signal: AbortSignal): Promise<ReadonlySet<string> | undefined>;
}

export interface DirectoryOptions {
  readonly organizationId: string | undefined;
  /** Milliseconds. */
  readonly now: () => number;
  /** Added to the client's configuration. */
  readonly client?: WorkMailClientConfig;
}

type Sdk = typeof import('@aws-sdk/client-workmail');

interface Asking {
  readonly sdk: Sdk;
  readonly client: WorkMailClient;
  readonly organizationId: string;
  readonly signal: AbortSignal;
}

export function createDirectory(options: DirectoryOptions): Directory {
  let loading: Promise<Pick<Asking, 'sdk' | 'client'>> | undefined;
  const asking = async (signal: AbortSignal): Promise<Asking> => {
    const { organizationId } = options;
    if (organizationId === undefined) throw new PermanentError('MAILROOM_ORGANIZATION_ID is not set');
    loading ??= loadClient(options.client ?? {});
    return { ...(await loading), organizationId, signal };
  };
  const users = remembered(options, 'ListUsers', async (_, signal) => usersOf(await asking(signal)));
  // Each by itself: a large group of which not all was heard in one call is complete in one of the next.
  const aliases = remembered(options, 'ListAliases', async (id, signal) =>
    listAliases(await asking(signal), id),
  );
  const members = remembered(options, 'ListGroupMembers', async (group, signal) => {
    const ids = await memberIds(await asking(signal), group);
    return ids && addressesOf(ids, await users('', signal), (id) => aliases(id, signal));
  });
  return {
    groupMembers: members,
  };
}

async function loadClient(config: WorkMailClientConfig): Promise<Pick<Asking, 'sdk' | 'client'>> {
  const sdk = await import('@aws-sdk/client-workmail');
  const client = new sdk.WorkMailClient({
    maxAttempts: SDK_MAX_ATTEMPTS,
    requestHandler: SDK_REQUEST_HANDLER,
    ...config,
  });
  return { sdk, client };
}

/** What `ask` gave, for five minutes; then again, and while that is not to be had, the old answer. */
function remembered<T>(
  { now }: Pick<DirectoryOptions, 'now'>,
  operation: string,
  ask: (name: string, signal: AbortSignal) => Promise<T>,
) {
  const known = new Map<string, { readonly value: T; readonly askedAt: number }>();
  return async (name: string, signal: AbortSignal): Promise<T> => {
    const found = known.get(name);
    const ageMs = found === undefined ? Number.POSITIVE_INFINITY : now() - found.askedAt;
    if (found !== undefined && ageMs < MAX_AGE_MS) return found.value;
    try {
      const value = await ask(name, signal);
      known.set(name, { value, askedAt: now() });
      return value;
    } catch (thrown) {
      const error = decideAwsError(thrown, `workmail ${operation}`, signal);
      if (found === undefined || ageMs > MAX_STALE_MS || !(error instanceof TemporaryError)) throw error;
      return found.value;
    }
  };
}

interface Page<T> {
  readonly items: readonly T[] | undefined;
  readonly next: string | undefined;
}

async function everyPage<T>(page: (token: string | undefined) => Promise<Page<T>>): Promise<readonly T[]> {
  const found: T[] = [];
  let token: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const { items, next } = await page(token);
    found.push(...(items ?? []));
    if (next === undefined || next === '') return found;
    token = next;
  }
  throw new PermanentError('workmail: a list of the directory has no end');
}

/** The main address of every user, by id. */
async function usersOf(asking: Asking): Promise<ReadonlyMap<string, string>> {
  const { sdk, client, organizationId: OrganizationId, signal } = asking;
  const users = await everyPage(async (NextToken) => {
    const command = new sdk.ListUsersCommand({ OrganizationId, NextToken, MaxResults: PAGE_SIZE });
    const answer = await withSignal(client.send(command, { abortSignal: signal }), signal);
    return { items: answer.Users, next: answer.NextToken };
  });
  return new Map(
    users.flatMap(({ Id, Email }) =>
      Id === undefined || Email === undefined ? [] : [[Id, Email.toLowerCase()] as const],
    ),
  );
}

/** The members of a group and of the groups in it. */
async function memberIds(asking: Asking, group: string): Promise<ReadonlySet<string> | undefined> {
  const groups = new Set([group]);
  const ids = new Set<string>();
  // A set grows while it is walked.
  for (const each of groups) {
    const listed = await listMembers(asking, each);
    if (listed === undefined && each === group) return undefined;
    for (const { Id, Type, State } of listed ?? []) {
      if (Id === undefined || State === 'DELETED') continue;
      if (Type !== 'GROUP') ids.add(Id);
      else if (groups.size < MAX_GROUPS_OPENED) groups.add(Id);
    }
  }
  return ids;
}

async function addressesOf(
  ids: ReadonlySet<string>,
  users: ReadonlyMap<string, string>,
  aliasesOf: (id: string) => Promise<readonly string[]>,
): Promise<ReadonlySet<string>> {
  const addresses = new Set([...ids].flatMap((id) => users.get(id) ?? []));
  if (ids.size > MAX_MEMBERS_WITH_ALIASES) return addresses;
  const waiting = ids.values();
  const work = async (): Promise<void> => {
    for (const id of waiting) for (const alias of await aliasesOf(id)) addresses.add(alias.toLowerCase());
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, work));
  return addresses;
}

/** Undefined when there is no such group. */
async function listMembers(asking: Asking, GroupId: string) {
  const { sdk, client, organizationId: OrganizationId, signal } = asking;
  try {
    return await everyPage(async (NextToken) => {
      const input = { OrganizationId, GroupId, NextToken, MaxResults: PAGE_SIZE };
      const command = new sdk.ListGroupMembersCommand(input);
      const answer = await withSignal(client.send(command, { abortSignal: signal }), signal);
      return { items: answer.Members, next: answer.NextToken };
    });
  } catch (error) {
    // A group in a group may be switched off: then it has no members.
    if (awsErrorName(error).startsWith('Entity')) return undefined;
    throw error;
  }
}

async function listAliases(asking: Asking, EntityId: string): Promise<readonly string[]> {
  const { sdk, client, organizationId: OrganizationId, signal } = asking;
  try {
    return await everyPage(async (NextToken) => {
      const input = { OrganizationId, EntityId, NextToken, MaxResults: PAGE_SIZE };
      const command = new sdk.ListAliasesCommand(input);
      const answer = await withSignal(client.send(command, { abortSignal: signal }), signal);
      return { items: answer.Aliases, next: answer.NextToken };
    });
  } catch (error) {
    // A member who was removed meanwhile has none.
    if (awsErrorName(error).startsWith('Entity')) return [];
    throw error;
  }
}
