import { afterEach, describe, expect, it } from 'vitest';
import { createDirectory } from '../../../handlers/edge/directory.ts';
import { PermanentError, TemporaryError } from '../../../shared/errors.ts';
import {
  clientConfig,
  type LoopbackServer,
  type SeenRequest,
  startLoopback,
} from '../../shared/workmail/support/loopback-http.ts';

const ORGANIZATION = 'm-0123456789abcdef0123456789abcdef';
const USERS = Array.from({ length: 150 }, (_, at) => ({
  Id: `u${at}`,
  Email: `User${at}@example.com`,
  Name: `user${at}`,
  State: 'ENABLED',
}));
const GROUPS: Record<string, readonly object[]> = {
  'staff@example.com': [
    { Id: 'u1', Type: 'USER', State: 'ENABLED' },
    { Id: 'g2', Type: 'GROUP', State: 'ENABLED' },
    { Id: 'u3', Type: 'USER', State: 'DELETED' },
  ],
  // It holds the group that holds it.
  g2: [
    { Id: 'u140', Type: 'USER', State: 'ENABLED' },
    { Id: 'staff@example.com', Type: 'GROUP', State: 'ENABLED' },
  ],
  crew: Array.from({ length: 9 }, (_, at) => ({ Id: `u${at}`, Type: 'USER', State: 'ENABLED' })),
  endless: [],
};
const ALIASES: Record<string, readonly string[]> = { u1: ['One@Example.com', 'first@example.net'] };

let server: LoopbackServer;
let fault: string | undefined;
let onlyFor: ((request: SeenRequest) => boolean) | undefined;
const calm = () => new AbortController().signal;
const operation = ({ headers }: SeenRequest) => String(headers['x-amz-target']).split('.')[1] ?? '';

function answerTo(request: SeenRequest): object {
  const input = JSON.parse(String(request.body));
  const from = Number(input.NextToken ?? 0);
  const page = (all: readonly unknown[], name: string) => ({
    [name]: all.slice(from, from + 100),
    ...(from + 100 < all.length ? { NextToken: String(from + 100) } : {}),
  });
  switch (operation(request)) {
    case 'ListUsers':
      return page(USERS, 'Users');
    case 'ListAliases':
      return page(ALIASES[input.EntityId] ?? [], 'Aliases');
    default:
      if (input.GroupId === 'endless') return { Members: [], NextToken: 'more' };
      return GROUPS[input.GroupId] === undefined
        ? { __type: 'EntityNotFoundException' }
        : page(GROUPS[input.GroupId] ?? [], 'Members');
  }
}

async function open(now: () => number = () => 0, maxAttempts = 1) {
  fault = undefined;
  onlyFor = undefined;
  server = await startLoopback((request, response) => {
    const strikes = fault !== undefined && onlyFor?.(request) !== false;
    const answer = strikes ? { __type: fault } : answerTo(request);
    const failed = '__type' in answer;
    response.writeHead(failed ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(answer));
  });
  const client = { ...clientConfig(server), maxAttempts };
  return createDirectory({ organizationId: ORGANIZATION, now, client });
}

afterEach(() => server.close());

describe('the members of a group', () => {
  it('are users by their addresses, those of groups in it, and their aliases; nobody who has left', async () => {
    const directory = await open();
    const members = await directory.groupMembers('staff@example.com', calm());
    expect([...(members ?? [])].sort()).toEqual(
      ['first@example.net', 'one@example.com', 'user140@example.com', 'user1@example.com'].sort(),
    );
    expect(
      server.requests.every(({ body }) => JSON.parse(String(body)).OrganizationId === ORGANIZATION),
    ).toBe(true);
  });

  it('are unknown for a group that is not there', async () => {
    const directory = await open();
    expect(await directory.groupMembers('nobody@example.com', calm())).toBeUndefined();
  });

  it('are asked for again after five minutes, and not before', async () => {
    let time = 0;
    const directory = await open(() => time);
    await directory.groupMembers('g2', calm());
    const asked = server.requests.length;
    time = 299_999;
    await directory.groupMembers('g2', calm());
    expect(server.requests).toHaveLength(asked);
    time = 300_001;
    await directory.groupMembers('g2', calm());
    expect(server.requests.length).toBeGreaterThan(asked);
  });

  it('are the last ones while WorkMail cannot be asked, but not for days, nor after the right is gone', async () => {
    let time = 0;
    const directory = await open(() => time);
    const members = await directory.groupMembers('g2', calm());
    fault = 'ThrottlingException';
    time = 3_600_000;
    expect(await directory.groupMembers('g2', calm())).toEqual(members);
    time = 90_000_000;
    await expect(directory.groupMembers('g2', calm())).rejects.toThrow(TemporaryError);
    time = 3_600_000;
    fault = 'AccessDeniedException';
    await expect(directory.groupMembers('g2', calm())).rejects.toThrow(PermanentError);
  });

  it('of a large group are heard bit by bit, where WorkMail throttles', async () => {
    const directory = await open();
    const asksFor = (id: string) => (request: SeenRequest) =>
      JSON.parse(String(request.body)).EntityId === id;
    fault = 'ThrottlingException';
    onlyFor = asksFor('u8');
    const first = directory.groupMembers('crew', calm());
    await expect(first).rejects.toThrow('workmail ListAliases: ThrottlingException');
    fault = undefined;
    const before = server.requests.length;
    expect(await directory.groupMembers('crew', calm())).toHaveProperty('size', 11);
    const again = server.requests.slice(before).filter((each) => operation(each) === 'ListAliases');
    expect(again.every(asksFor('u8'))).toBe(true);
  });

  it('leave out a group in the group that is switched off', async () => {
    const directory = await open();
    fault = 'EntityStateException';
    onlyFor = ({ body }) => JSON.parse(String(body)).GroupId === 'g2';
    expect(await directory.groupMembers('staff@example.com', calm())).toHaveProperty('size', 3);
  });

  it('name the call that was refused', async () => {
    const directory = await open();
    fault = 'AccessDeniedException';
    onlyFor = (request) => operation(request) === 'ListUsers';
    await expect(directory.groupMembers('g2', calm())).rejects.toThrow('workmail ListUsers: AccessDenied');
  });

  it('end with an error where a list has no end, or no organization is named', async () => {
    const directory = await open();
    await expect(directory.groupMembers('endless', calm())).rejects.toThrow('no end');
    const nowhere = createDirectory({ organizationId: undefined, now: () => 0 });
    await expect(nowhere.groupMembers('g2', calm())).rejects.toThrow('MAILROOM_ORGANIZATION_ID is not set');
  });
});
