/** Full mailboxes and sending quotas, each with the bounce that it gives. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMailboxUse } from '../../../local/native/mailbox-use.ts';
import { openSendingCounts } from '../../../local/native/sending-quota.ts';
import { createMemoryDisk } from '../flow/memory-disk.ts';
import { ASK_BOTH_WAYS, act, answered, inbound, organizationOf, outbound, PEOPLE } from '../flow/support.ts';
import { ALICE, BOB, CAROL, outcomes, worldOf } from '../flow/worlds.ts';
import '../../support/properties.ts';

const SMALL = 'native: {mailboxQuotaMb: 1}\n';
const MB = 1024 * 1024;
const big = (recipients: readonly string[], bytes = 700_000) =>
  inbound(recipients, { body: 'x'.repeat(bytes) });

function named(world: Awaited<ReturnType<typeof worldOf>>, name: string) {
  return world
    .events()
    .filter(({ event }) => event['eventName'] === name)
    .map(({ event }) => event);
}

describe('a full mailbox', () => {
  it('[Q9] bounces mail with 5.2.2, tells the event log, and takes smaller mail still', async () => {
    const world = await worldOf(SMALL);
    await world.run(big([ALICE, BOB]));
    const id = await world.run(big([ALICE, CAROL]));
    expect(await outcomes(world, id)).toEqual({ [ALICE]: 'bounced', [CAROL]: 'Inbox' });
    expect(world.mailbox(ALICE)).toHaveLength(1);
    const [bounce] = world.sent();
    expect(bounce?.envelope['recipients']).toEqual(['wendy@good.example']);
    expect(bounce?.content).toContain('Status: 5.2.2');
    expect(bounce?.content).not.toContain(`rfc822; ${CAROL}`);
    expect(named(world, 'INCOMING_EMAIL_BOUNCED')).toEqual([
      {
        eventName: 'INCOMING_EMAIL_BOUNCED',
        bouncedRecipient: { emailAddress: ALICE, reason: 'The mailbox is full.', status: '5.2.2' },
      },
    ]);
    await world.run(inbound([ALICE]));
    expect(world.mailbox(ALICE)).toHaveLength(2);
  });

  it('[Q9] of a group only the full member is bounced', async () => {
    const world = await worldOf(
      `${SMALL.replace('}', ', mailboxQuotas: [{mailbox: bob@example.com, mb: 9}]}')}`,
    );
    await world.run(big([ALICE, BOB]));
    const id = await world.run(big(['staff@example.com']));
    expect(await outcomes(world, id)).toEqual({ 'staff@example.com': 'Inbox', [ALICE]: 'bounced' });
    expect([world.mailbox(ALICE).length, world.mailbox(BOB).length]).toEqual([1, 2]);
  });

  it('takes mail again once the user has deleted some', async () => {
    const world = await worldOf(SMALL);
    await world.run(big([ALICE]));
    for (const part of ['new', 'cur'])
      rmSync(join(world.dataDir, 'mailboxes', ALICE, 'Inbox', part), { recursive: true });
    const id = await world.run(big([ALICE]));
    expect(await outcomes(world, id)).toEqual({ [ALICE]: 'Inbox' });
  });

  it('is as full after a restart', async () => {
    const world = await worldOf(SMALL);
    await world.run(big([ALICE]));
    await world.flow.stop();
    await world.restart();
    const id = await world.run(big([ALICE]));
    expect(await outcomes(world, id)).toEqual({ [ALICE]: 'bounced' });
  });

  it('of an internal copy the user is told', async () => {
    const world = await worldOf(SMALL);
    await world.run(big([BOB]));
    const message = outbound([BOB]);
    await world.run({ ...message, bytes: Buffer.concat([message.bytes, Buffer.alloc(700_000, 'y')]) });
    expect(world.mailbox(ALICE)[0]).toContain('Status: 5.2.2');
  });

  it('takes mail that fills it to the last octet', () => {
    const use = createMailboxUse(createMemoryDisk().disk, '/data', () => MB);
    expect(use.take(ALICE, 'a', MB)).toBe(true);
    expect(use.take(ALICE, 'b', 1)).toBe(false);
  });

  it('never promises more room than there is, and no message twice', () => {
    const takes = fc.array(fc.record({ id: fc.nat(20), bytes: fc.integer({ min: 1, max: MB }) }));
    fc.assert(
      fc.property(takes, (all) => {
        const use = createMailboxUse(createMemoryDisk().disk, '/data', () => MB);
        const taken = new Map<string, number>();
        for (const { id, bytes } of all) {
          const before = taken.get(`${id}`);
          if (use.take(ALICE, `${id}`, bytes) && before === undefined) taken.set(`${id}`, bytes);
        }
        expect([...taken.values()].reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(MB);
      }),
    );
  });
});

const QUOTAS = 'native: {sendingQuotas: {perUser: 3, perAccount: 5, testDomain: 2}}\n';
const to = (...numbers: number[]) => numbers.map((number) => `w${number}@world.example`);

describe('sending quotas', () => {
  it('[Q1] of a user: the recipients beyond it are bounced, those of the organization do not count', async () => {
    const world = await worldOf(QUOTAS);
    await world.run(outbound([...to(1, 2), CAROL]));
    const id = await world.run(outbound([...to(3, 4), BOB]));
    expect(await outcomes(world, id)).toEqual({
      'w3@world.example': 'sent',
      'w4@world.example': 'bounced',
      [BOB]: 'sent',
    });
    expect(world.mailbox(ALICE)[0]).toContain('Status: 5.4.5');
    expect(named(world, 'OUTGOING_EMAIL_BOUNCED')).toMatchObject([
      { destination: 'w4@world.example', bouncedRecipient: { status: '5.4.5' } },
    ]);
    expect(named(world, 'OUTGOING_EMAIL_SENT')).toHaveLength(3);
  });

  it('[Q2] of the account: all users together', async () => {
    const world = await worldOf(QUOTAS);
    await world.run(outbound(to(1, 2, 3)));
    const id = await world.run(outbound(to(4, 5, 6), BOB));
    expect(Object.values(await outcomes(world, id))).toEqual(['sent', 'sent', 'bounced']);
  });

  it('[Q3] of the test domain', async () => {
    const world = await worldOf(QUOTAS);
    const message = outbound(to(1, 2, 3));
    const id = await world.run({ ...message, mailFrom: 'alice@example.awsapps.com' });
    expect(Object.values(await outcomes(world, id))).toEqual(['sent', 'sent', 'bounced']);
  });

  it('[Q3] of the test domain, wherever the recipients are', async () => {
    const world = await worldOf(QUOTAS);
    const fromTestDomain = (...recipients: string[]) => ({
      ...outbound(recipients),
      mailFrom: 'alice@example.awsapps.com',
    });
    await world.run(fromTestDomain(BOB));
    const id = await world.run(fromTestDomain(BOB, CAROL));
    expect(await outcomes(world, id)).toEqual({ [BOB]: 'sent', [CAROL]: 'bounced' });
    const ownDomain = await world.run(outbound([BOB, CAROL]));
    expect(Object.values(await outcomes(world, ownDomain))).toEqual(['sent', 'sent']);
  });

  it('[Q4] recipients that a rule added count', async () => {
    const world = await worldOf(`${ASK_BOTH_WAYS}\n${QUOTAS}`, () =>
      answered({ actions: [act('DEFAULT', ...to(1, 7, 8, 9))] }),
    );
    const id = await world.run(outbound(to(1)));
    expect(Object.values(await outcomes(world, id))).toEqual(['sent', 'sent', 'sent', 'bounced']);
  });

  it('[Q4] what a mailbox redirects counts for its user, and the sender is told when it is too much', async () => {
    const rule = 'mailboxRules: [{name: r, do: {redirectTo: w1@world.example}}]';
    const organization = organizationOf(
      PEOPLE.replace('password: alice,', `password: alice, ${rule},`) + QUOTAS,
    );
    const world = await worldOf('', undefined, { organization });
    await world.run(outbound(to(1, 2)));
    for (let count = 0; count < 2; count++) await world.run(inbound([ALICE]));
    const recipients = world.sent().map(({ envelope }) => envelope['recipients']);
    expect(recipients).toEqual([to(1, 2), to(1), ['wendy@good.example']]);
    expect(named(world, 'OUTGOING_EMAIL_BOUNCED')).toMatchObject([
      { destination: 'w1@world.example', bouncedRecipient: { status: '5.4.5' } },
    ]);
  });

  it('[Q4] what a mailbox redirects inside counts for the test domain', async () => {
    const user = 'dora@example.awsapps.com';
    const people = PEOPLE.replace('example.org]', 'example.org, example.awsapps.com]').replace(
      'groups:',
      `  - {address: ${user}, password: d, mailboxRules: [{name: r, do: {redirectTo: ${BOB}}}]}\ngroups:`,
    );
    const world = await worldOf('', undefined, { organization: organizationOf(people + QUOTAS) });
    for (let count = 0; count < 3; count++) await world.run(inbound([user]));
    expect(world.mailbox(BOB)).toHaveLength(2);
  });

  it('[Q1] of what goes through the SMTP gateway as well', async () => {
    const rule = 'flowRules: {outbound: [{name: g, action: smtpGateway, senders: "*", recipients: "*"}]}\n';
    const world = await worldOf(`smtpGateway: sink\n${rule}${QUOTAS}`);
    const id = await world.run(outbound(to(1, 2, 3, 4)));
    expect(Object.values(await outcomes(world, id))).toEqual(['sent', 'sent', 'sent', 'bounced']);
  });

  it('do not keep a bounce from the world: no user sends it', async () => {
    const rule = 'flowRules: {inbound: [{name: b, action: bounce, senders: "*", recipients: "*"}]}\n';
    const world = await worldOf(`${rule}native: {sendingQuotas: {perUser: 1, perAccount: 1}}\n`);
    for (let count = 0; count < 3; count++) await world.run(inbound([ALICE]));
    expect(world.sent()).toHaveLength(3);
  });

  it('are counted for a day, over restarts', async () => {
    let now = Date.parse('2026-11-20T23:00:00Z');
    const world = await worldOf(QUOTAS, undefined, { now: () => now });
    await world.run(outbound(to(1, 2)));
    await world.flow.stop();
    await world.restart();
    const late = await world.run(outbound(to(3, 4)));
    expect(Object.values(await outcomes(world, late))).toEqual(['sent', 'bounced']);
    now += 2 * 60 * 60 * 1000;
    const nextDay = await world.run(outbound(to(5, 6, 7)));
    expect(Object.values(await outcomes(world, nextDay))).toEqual(['sent', 'sent', 'sent']);
  });

  it('a message that is decided again is counted once', async () => {
    const options = {
      disk: createMemoryDisk().disk,
      dataDir: '/data',
      quotas: { perUser: 3, perAccount: 9, testDomain: 9 },
      now: () => 0,
    };
    options.disk.makeDirectories('/data');
    const counts = await openSendingCounts(options);
    const message = { id: 'a', user: ALICE, isTestDomain: false };
    const two = { outside: 2, inside: 0 };
    expect([counts.take(message, two), counts.take(message, two)]).toEqual([two, two]);
    const again = await openSendingCounts(options);
    expect(again.take(message, two)).toEqual(two);
    expect(again.take({ ...message, id: 'b' }, two)).toEqual({ outside: 1, inside: 0 });
  });
});
