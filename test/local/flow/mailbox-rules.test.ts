/** The rules of mailboxes: folders, mail that is sent on, and what a function may do with it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Organization } from '../../../local/organization.ts';
import {
  ASK_BOTH_WAYS,
  type Behaviour,
  deliverAll,
  inbound,
  organizationOf,
  outbound,
  PEOPLE,
} from './support.ts';
import { ALICE, BOB, CAROL, kinds, outcomes, worldOf } from './worlds.ts';

const ANN = 'ann@good.example';

/** The organization with rules in mailboxes, as they stand in the file. */
function withRules(rules: Readonly<Record<string, string>>, more = ''): Organization {
  let text = PEOPLE;
  for (const [mailbox, list] of Object.entries(rules))
    text = text.replace(`{address: ${mailbox}, `, `{address: ${mailbox}, mailboxRules: [${list}], `);
  return organizationOf(text + more);
}

const redirectTo = (address: string, more = '') => `{name: away${more}, do: {redirectTo: ${address}}}`;
const moveTo = (folder: string, more = '') => `{name: sort${more}, do: {moveTo: ${folder}}}`;

function ruling(rules: Readonly<Record<string, string>>, more?: string, behave?: Behaviour) {
  return worldOf('', behave, { organization: withRules(rules, more) });
}

function mailboxEvents(world: Awaited<ReturnType<typeof ruling>>) {
  return world
    .events()
    .map(({ event }) => event)
    .filter((event) => event['ruleType'] === 'MAILBOX_RULE');
}

describe('moveTo', () => {
  it('[E27] puts the copy of that mailbox into the folder, and the event log says so', async () => {
    const world = await ruling({ [ALICE]: moveTo('Offers 2026') });
    const id = await world.run(inbound([ALICE, BOB]));
    expect(world.mailbox(ALICE, 'Offers 2026')).toHaveLength(1);
    expect([world.mailbox(ALICE).length, world.mailbox(BOB).length]).toEqual([0, 1]);
    expect(await outcomes(world, id)).toEqual({ [ALICE]: 'Offers 2026', [BOB]: 'Inbox' });
    expect(mailboxEvents(world)).toEqual([
      {
        eventName: 'RULE_APPLIED',
        ruleName: 'sort',
        ruleType: 'MAILBOX_RULE',
        ruleActions: [{ action: 'MOVE_TO_FOLDER', recipients: [ALICE] }],
        targetFolder: 'Offers 2026',
      },
    ]);
    expect(world.events().map(({ event }) => event)).toContainEqual({
      eventName: 'MAILBOX_EMAIL_DELIVERED',
      recipient: ALICE,
      folder: 'Offers 2026',
    });
  });

  it.each([
    ['from an address', ', from: wendy@good.example', true],
    ['from a domain', ', from: [other.example, good.example]', true],
    ['from another', ', from: other.example', false],
    ['words in the subject, in any case', ', subjectContains: [nothing, HELL]', true],
    ['words that are not in it', ', subjectContains: nothing', false],
    ['both hold', ', from: good.example, subjectContains: hello', true],
    ['one of two holds', ', from: good.example, subjectContains: nothing', false],
  ])('acts when: %s', async (_, conditions, isMoved) => {
    const world = await ruling({ [ALICE]: moveTo('Offers', conditions) });
    await world.run(inbound([ALICE]));
    expect(world.mailbox(ALICE)).toHaveLength(isMoved ? 0 : 1);
  });

  it('the first rule that matches acts, on an alias and on a group too', async () => {
    const rules = [moveTo('A', '1, from: nobody.example'), moveTo('B', '2'), moveTo('C', '3')].join();
    const world = await ruling({ [ALICE]: rules });
    const id = await world.run(inbound(['al@example.com']));
    const other = await world.run(inbound(['staff@example.com']));
    expect(world.mailbox(ALICE, 'B')).toHaveLength(2);
    expect(await outcomes(world, id)).toEqual({ 'al@example.com': 'B' });
    expect(await outcomes(world, other)).toEqual({ 'staff@example.com': 'Inbox' });
  });

  it('sees the content that a function made, and nothing of what goes to Junk', async () => {
    const tagged = Buffer.from('From: w@good.example\r\nSubject: [TAG] new\r\n\r\nnew\r\n');
    const behave: Behaviour = async (call, flow) => {
      await flow().inTransit.put(String(call.event['messageId']), tagged);
      return deliverAll();
    };
    const rules = { [ALICE]: moveTo('Tagged', ', subjectContains: "[tag]"') };
    const world = await ruling(rules, ASK_BOTH_WAYS, behave);
    await world.run(inbound([ALICE]));
    expect(world.mailbox(ALICE, 'Tagged')).toEqual([tagged.toString()]);
    const spam = inbound([ALICE], {
      headers: 'X-SES-Spam-Verdict: FAIL\r\nFrom: w@good.example\r\nSubject: x',
    });
    const junk = await ruling({ [ALICE]: moveTo('Never') });
    await junk.run(spam);
    expect(junk.mailbox(ALICE, 'Junk')).toHaveLength(1);
  });

  it('what lies in the folder counts for the quota of the mailbox', async () => {
    const world = await ruling({ [ALICE]: moveTo('Offers') }, 'native: {mailboxQuotaMb: 1}\n');
    await world.run(inbound([ALICE], { body: 'x'.repeat(700_000) }));
    await world.flow.stop();
    await world.restart();
    const id = await world.run(inbound([ALICE], { body: 'x'.repeat(700_000) }));
    expect(await outcomes(world, id)).toEqual({ [ALICE]: 'bounced' });
    expect(mailboxEvents(world)).toHaveLength(1);
  });
});

describe('redirectTo', () => {
  it('[E27] sends the message on in the name of its sender, and keeps no copy', async () => {
    const world = await ruling({ [ALICE]: redirectTo(ANN) });
    const id = await world.run(inbound([ALICE, BOB]));
    expect([world.mailbox(ALICE).length, world.mailbox(BOB).length]).toEqual([0, 1]);
    expect(await outcomes(world, id)).toEqual({ [ALICE]: 'redirected', [BOB]: 'Inbox' });
    const [sent, ...others] = world.sent();
    expect(others).toEqual([]);
    expect(sent?.envelope).toMatchObject({ recipients: [ANN], mailFrom: 'bounces-to@amazonses.com' });
    const original = Buffer.from(inbound([]).bytes).toString();
    expect(sent?.content).toBe(`X-Signed: example.com\r\nDelivered-To: ${ALICE}\r\n${original}`);
    expect(mailboxEvents(world)).toEqual([
      {
        eventName: 'RULE_APPLIED',
        ruleName: 'away',
        ruleType: 'MAILBOX_RULE',
        ruleActions: [{ action: 'REDIRECT', recipients: [ALICE] }],
        targetRecipient: ANN,
      },
    ]);
    const names = world.events().map(({ traceId, event }) => [traceId, event['eventName']]);
    expect(names).toContainEqual([id, 'OUTGOING_EMAIL_SENT']);
    expect(names.flat()).not.toContain('OUTGOING_EMAIL_SUBMITTED');
  });

  it('[C5] through the outbound rules, where Get works and Put is answered by MessageFrozen', async () => {
    const seen: unknown[] = [];
    const behave: Behaviour = async ({ event }, flow) => {
      if (event['flowDirection'] === 'INBOUND') return deliverAll();
      const id = String(event['messageId']);
      const content = Buffer.from((await flow().inTransit.get(id)) ?? []).toString();
      const late = flow().inTransit.putLate?.(id, async () => Buffer.from('late'));
      seen.push(event['envelope'], content.includes('\r\n\r\nHi\r\n'));
      seen.push(await flow().inTransit.put(id, Buffer.from('new')), await late);
      return deliverAll();
    };
    const world = await ruling({ [ALICE]: redirectTo(ANN) }, ASK_BOTH_WAYS, behave);
    await world.run(inbound([ALICE]));
    const envelope = { mailFrom: { address: 'wendy@good.example' }, recipients: [{ address: ANN }] };
    expect(seen).toEqual([envelope, true, 'frozen', 'frozen']);
    expect(world.sent()[0]?.content).toContain('\r\n\r\nHi\r\n');
  });

  it('a rule can bounce it, and the sender is told; a null sender stays one and is told nothing', async () => {
    const refuse = `flowRules: {outbound: [{name: no, action: bounce, senders: "*", recipients: ${ANN}}]}\n`;
    const world = await ruling({ [ALICE]: redirectTo(ANN) }, refuse);
    await world.run(inbound([ALICE]));
    expect(world.sent().map(({ envelope }) => envelope)).toMatchObject([
      { mailFrom: '', recipients: ['wendy@good.example'] },
    ]);
    await world.run(inbound([ALICE], { mailFrom: '' }));
    expect(world.sent()).toHaveLength(1);
    const open = await ruling({ [ALICE]: redirectTo(ANN) });
    await open.run(inbound([ALICE], { mailFrom: '' }));
    expect(open.sent().map(({ envelope }) => envelope)).toMatchObject([{ mailFrom: '', recipients: [ANN] }]);
  });

  it('to a user of the organization it comes back in, as mail of a user does', async () => {
    const world = await ruling({ [ALICE]: redirectTo(BOB) }, ASK_BOTH_WAYS);
    const id = await world.run(inbound([ALICE]));
    expect(world.mailbox(BOB)[0]).toContain('Hi');
    expect(world.calls.map(({ event }) => event['flowDirection'])).toEqual([
      'INBOUND',
      'OUTBOUND',
      'INBOUND',
    ]);
    expect(new Set(world.events().map(({ traceId }) => traceId))).toEqual(new Set([id]));
    expect(await kinds(world, id)).toContain('forwarded');
  });

  it('ends where it began: two mailboxes do not send it to each other for ever', async () => {
    const world = await ruling({ [ALICE]: redirectTo(BOB), [BOB]: redirectTo(ALICE) });
    await world.run(inbound([ALICE]));
    expect(world.mailbox(ALICE)).toHaveLength(1);
    expect(world.mailbox(BOB)).toEqual([]);
    expect(mailboxEvents(world).map((event) => event['targetRecipient'])).toEqual([BOB, ALICE]);
    const self = await ruling({ [ALICE]: redirectTo('al@example.com') });
    await self.run(inbound([ALICE]));
    expect(self.mailbox(ALICE)).toHaveLength(1);
  });

  it('ends although a function takes the header away that tells of it', async () => {
    const behave: Behaviour = async ({ event }, flow) => {
      const bare = Buffer.from('From: w@good.example\r\nSubject: bare\r\n\r\nbare\r\n');
      await flow().inTransit.put(String(event['messageId']), bare);
      return deliverAll();
    };
    const rules = { [ALICE]: redirectTo(BOB), [BOB]: redirectTo(ALICE) };
    const world = await ruling(rules, ASK_BOTH_WAYS, behave);
    await world.run(inbound([ALICE]));
    expect(world.mailbox(ALICE)).toHaveLength(1);
    expect(world.mailbox(BOB)).toEqual([]);
  });

  it('what another server sends back is known by its Delivered-To', async () => {
    const world = await ruling({ [ALICE]: redirectTo(ANN) });
    const headers = `Received: x\r\nDelivered-To: ${ANN}\r\nDelivered-To: Alice@example.com\r\nFrom: w@good.example`;
    await world.run(inbound([ALICE], { headers }));
    expect(world.mailbox(ALICE)).toHaveLength(1);
    expect(world.sent()).toEqual([]);
  });

  it('takes no room in the mailbox, and of a group each member has the own rules', async () => {
    const world = await ruling(
      { [ALICE]: redirectTo(ANN), [BOB]: redirectTo('ben@good.example') },
      'native: {mailboxQuotaMb: 1}\n',
    );
    const body = 'x'.repeat(700_000);
    await world.run(inbound(['staff@example.com', CAROL], { body }));
    await world.run(inbound(['staff@example.com'], { body }));
    const to = world.sent().flatMap(({ envelope }) => envelope['recipients']);
    expect(to.sort()).toEqual([ANN, ANN, 'ben@good.example', 'ben@good.example']);
    expect(world.mailbox(CAROL)).toHaveLength(1);
  });

  it('bounces to a user and mail of other users are sent on too, journal records are not', async () => {
    const native = `native: {journaling: {journalAddress: ${CAROL}, reportAddress: ${BOB}}}\n`;
    const world = await ruling({ [ALICE]: redirectTo(ANN), [CAROL]: redirectTo(ANN) }, native);
    await world.run(outbound(['nobody@example.com']));
    await world.run(outbound([ALICE], BOB));
    expect(world.mailbox(ALICE)).toEqual([]);
    expect(world.sent().map(({ content }) => /Subject: .*/.exec(content)?.[0])).toHaveLength(2);
    // One for each message, none for what is sent on.
    expect(world.mailbox(CAROL).length).toBeGreaterThan(1);
    expect(mailboxEvents(world).map((event) => event['ruleActions'])).toEqual(
      [ALICE, ALICE].map((mailbox) => [{ action: 'REDIRECT', recipients: [mailbox] }]),
    );
  });
});

describe('in organization.yaml', () => {
  it.each([
    ['a folder elsewhere', moveTo('../../Inbox'), /the name of a folder/],
    ['a folder with a dot', moveTo('.hidden'), /the name of a folder/],
    ['a folder without end', moveTo('x'.repeat(61)), /1 to 60 characters/],
    ['no address', redirectTo('nobody'), /an address/],
    ['two actions', '{name: a, do: {moveTo: A, redirectTo: a@b.example}}', /one action/],
    ['no action', '{name: a}', /"do" is missing/],
    ['another action', '{name: a, do: {delete: yes}}', /unknown key "delete"/],
    ['a pattern with +', moveTo('A', ', from: a+b@c.example'), /"\+"/],
    ['rules without end', Array.from({ length: 101 }, () => moveTo('A')).join(), /1 to 100 rules/],
  ])('%s is refused', (_, rules, message) => {
    expect(() => withRules({ [ALICE]: rules })).toThrow(message);
  });

  it('docs/flow-rules.md has an example that is right', () => {
    const page = readFileSync(new URL('../../../docs/flow-rules.md', import.meta.url), 'utf8');
    const rules = / {4}mailboxRules:\n((?: {6}.*\n)+)/.exec(page)?.[1] ?? '';
    const users = PEOPLE.replace(
      '  - {address: carol@example.com, password: carol}\n',
      `  - address: ${CAROL}\n    password: carol\n    mailboxRules:\n${rules}`,
    );
    expect(organizationOf(users).mailboxRules(CAROL)).toEqual([
      {
        name: 'offers',
        from: ['*.shop.example'],
        subjectContains: ['offer', 'sale'],
        do: { kind: 'moveTo', folder: 'Offers' },
      },
      { name: 'holiday', from: ['*'], do: { kind: 'redirectTo', address: BOB } },
    ]);
  });
});
