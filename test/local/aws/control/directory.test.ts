/** The stand-in's directory, asked by the function's own code with the real client. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDirectory } from '../../../../handlers/edge/directory.ts';
import { CLIENT } from '../stand.ts';
import { ORGANIZATION, type TestAccount, testAccount } from './account.ts';

let account: TestAccount;
const calm = () => new AbortController().signal;

beforeAll(async () => {
  account = await testAccount({
    change: (text) =>
      text.replace('groups:\n', 'groups:\n  - address: all@example.com\n    members: [staff@example.com]\n'),
  });
});
afterAll(() => account.close());

describe('the directory', () => {
  const open = (organizationId = ORGANIZATION) =>
    createDirectory({
      organizationId,
      now: Date.now,
      client: { ...CLIENT, endpoint: account.stand.server.url },
    });

  it.each(['staff@example.com', 'staff', 'all@example.com'])('names the members of %s', async (group) => {
    expect([...((await open().groupMembers(group, calm())) ?? [])].sort()).toEqual([
      'alice.liddell@example.com',
      'alice@example.com',
      'bob@example.com',
      'carol@example.com',
    ]);
  });

  it('knows no other group, and no other organization', async () => {
    expect(await open().groupMembers('nobody@example.com', calm())).toBeUndefined();
    await expect(open(`m-${'0'.repeat(32)}`).groupMembers('staff', calm())).rejects.toThrow(
      'OrganizationNotFoundException',
    );
  });
});
