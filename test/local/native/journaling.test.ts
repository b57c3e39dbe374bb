/** WorkMail's built-in journaling: which messages, where to, what happens when a record cannot be delivered. */
import { describe, expect, it } from 'vitest';
import { createFlow, type FlowDeps } from '../../../local/flow/flow.ts';
import type { Organization } from '../../../local/organization.ts';
import { createMemoryDisk, type MemoryDisk } from '../flow/memory-disk.ts';
import {
  ASK_BOTH_WAYS,
  ASK_INBOUND,
  act,
  answered,
  deliverAll,
  inbound,
  outbound,
  people,
} from '../flow/support.ts';
import { ALICE, answering, BOB, CAROL, outcomes, worldOf } from '../flow/worlds.ts';

const TO_WORLD =
  'native: {journaling: {journalAddress: archive@world.example, reportAddress: bob@example.com}}\n';
const TO_CAROL =
  'native: {journaling: {journalAddress: carol@example.com, reportAddress: bob@example.com}}\n';
const TO_NOBODY =
  'native: {journaling: {journalAddress: nobody@example.com, reportAddress: bob@example.com}}\n';
const MARKER = 'X-WM-Journal-Report: journal';

type World = Awaited<ReturnType<typeof worldOf>>;

function records(world: World) {
  return world.sent().filter(({ content }) => content.includes(MARKER));
}

function names(world: World): unknown[] {
  return world.events().map(({ event }) => event['eventName']);
}

describe('built-in journaling', () => {
  it('[J1] [J2] one record of each message that comes in, however many recipients and groups', async () => {
    const world = await worldOf(`${ASK_BOTH_WAYS}\n${TO_WORLD}`);
    await world.run(inbound([ALICE, 'staff@example.com', CAROL]));
    const [record, ...others] = records(world);
    expect(others).toEqual([]);
    expect(record?.content).toContain(`Recipient: ${ALICE}\r\n`);
    expect(record?.content).toContain(`Recipient: ${BOB}, Expanded: staff@example.com\r\n`);
    expect(record?.content).toContain(`Recipient: ${CAROL}\r\n`);
    // The rules were asked of the message and not of the record.
    expect(world.calls).toHaveLength(1);
  });

  it('[J1] [J2] one record of each message that is submitted, its internal copy included', async () => {
    const world = await worldOf(`${ASK_BOTH_WAYS}\n${TO_WORLD}`);
    await world.run(outbound([BOB, 'w@world.example']));
    expect(records(world)).toHaveLength(1);
    expect(world.mailbox(BOB)).toHaveLength(1);
    expect(world.calls).toHaveLength(2);
  });

  it('[J1] also of what a rule drops or bounces, and of a bounce to a user', async () => {
    const world = await worldOf(`${ASK_BOTH_WAYS}\n${TO_WORLD}`, (call) =>
      call.event['flowDirection'] === 'INBOUND'
        ? answered({ actions: [act('DROP', ALICE), act('BOUNCE', BOB)] })
        : answered({ actions: [{ action: { type: 'BOUNCE' }, allRecipients: true }] }),
    );
    await world.run(inbound([ALICE, BOB]));
    // The bounce that leaves for the world is neither from a user nor to one.
    expect(records(world)).toHaveLength(1);
    await world.run(outbound(['w@world.example']));
    expect(records(world)).toHaveLength(3);
    expect(records(world).filter(({ content }) => content.includes(`Recipient: ${ALICE}`))).toHaveLength(2);
  });

  it('[J4] [J5] from amazonjournaling, which has no mailbox, to the journal address; never of itself', async () => {
    const world = await worldOf(TO_CAROL);
    const id = await world.run(inbound([ALICE]));
    const [record, ...others] = world.mailbox(CAROL);
    expect(others).toEqual([]);
    expect(record).toContain(
      '\r\nFrom: <amazonjournaling@example.awsapps.com>\r\nTo: <carol@example.com>\r\n',
    );
    const child = (await world.flow.archive.list(10)).find((summary) => summary.id !== id);
    expect(child).toMatchObject({ mailFrom: 'amazonjournaling@example.awsapps.com', recipients: [CAROL] });
    expect(world.flow.archive).toBeDefined();
    expect(people('').knows('amazonjournaling@example.awsapps.com')).toBe(false);
  });

  it('keeps what a function made of the message', async () => {
    const rewritten = 'From: w@good.example\r\nSubject: rewritten\r\n\r\nnew\r\n';
    const world = await worldOf(`${ASK_INBOUND}\n${TO_CAROL}`, async (call, flow) => {
      await flow().inTransit.put(String(call.event['messageId']), Buffer.from(rewritten));
      return deliverAll();
    });
    await world.run(inbound([ALICE]));
    expect(world.mailbox(CAROL)[0]).toContain(`Content-Type: message/rfc822\r\n\r\n${rewritten}\r\n--`);
  });

  it('[J6] a record that cannot be delivered is told to the report address, and no sender', async () => {
    const world = await worldOf(`${ASK_INBOUND}\n${TO_NOBODY}`);
    const id = await world.run(inbound([ALICE]));
    const [notice, ...others] = world.mailbox(BOB);
    expect(others).toEqual([]);
    expect(notice).toContain(`The journal record of message ${id} (<1@good.example>)`);
    expect(notice).toContain('could not be delivered to nobody@example.com.');
    expect(notice?.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect([world.sent(), world.mailbox(ALICE).length]).toEqual([[], 1]);
    expect(names(world)).not.toContain('INCOMING_EMAIL_BOUNCED');
  });

  it('[J6] when the report address cannot be reached either, that is the end', async () => {
    const world = await worldOf(TO_NOBODY.replace('bob@example.com', 'none@example.com'));
    await world.run(inbound([ALICE]));
    expect(await world.flow.archive.list(10)).toHaveLength(3);
    expect([world.mailbox(ALICE).length, world.mailbox(BOB).length, world.sent().length]).toEqual([1, 0, 0]);
  });

  it('[J7] stops when SES no longer has the domain ALIAS.awsapps.com', async () => {
    const world = await worldOf(TO_CAROL.replace('}}', ', awsappsDomain: deleted}}'));
    const id = await world.run(inbound([ALICE]));
    expect([world.mailbox(CAROL).length, world.mailbox(ALICE).length]).toEqual([0, 1]);
    expect(names(world)).not.toContain('JOURNALING_INITIATED');
    const trace = (await world.flow.archive.trace(id)) ?? [];
    expect(trace.map(({ text }) => text)).toContain(
      'Not journaled: SES does not have example.awsapps.com any more.',
    );
  });

  it('[J8] JOURNALING_INITIATED stands in the trace of the message; the record has no events of its own', async () => {
    const world = await worldOf(TO_CAROL);
    const id = await world.run(inbound([ALICE]));
    expect(world.events().filter(({ event }) => event['eventName'] === 'JOURNALING_INITIATED')).toMatchObject(
      [{ traceId: id, event: { journalingAddress: CAROL } }],
    );
    expect(names(world).toSorted()).toEqual([
      'JOURNALING_INITIATED',
      'MAILBOX_EMAIL_DELIVERED',
      'ORGANIZATION_EMAIL_RECEIVED',
    ]);
  });

  it('a forged marker from outside does not keep a message from being journaled', async () => {
    const world = await worldOf(TO_CAROL);
    const headers = `From: amazonjournaling@example.awsapps.com\r\nX-MS-Journal-Report:\r\n${MARKER}`;
    await world.run(inbound([ALICE], { headers, mailFrom: 'amazonjournaling@example.awsapps.com' }));
    expect(world.mailbox(CAROL)).toHaveLength(1);
  });

  it('without journaling there is no record', async () => {
    const world = await worldOf(ASK_INBOUND, answering({ action: { type: 'DEFAULT' }, allRecipients: true }));
    const id = await world.run(inbound([ALICE]));
    expect(await outcomes(world, id)).toEqual({ [ALICE]: 'Inbox' });
    expect(await world.flow.archive.list(10)).toHaveLength(1);
  });
});

describe('a crash before each operation on the disk', () => {
  const depsOn = (disk: MemoryDisk, organization: Organization, now: () => number): FlowDeps => ({
    organization,
    dataDir: '/data',
    lambda: { invoke: async () => deliverAll() },
    sign: async (bytes) => bytes,
    envelopeSender: () => 'b@amazonses.com',
    sesClient: { address: '198.51.100.129', name: 'ses.example', helo: 'ses.example' },
    receive: async ({ bytes }) => ({ bytes, verdicts: { spf: 'PASS', dkim: 'PASS', dmarc: 'PASS' } }),
    now,
    timeScale: 0.0001,
    concurrency: 2,
    disk: disk.disk,
  });

  /** Until the work is done, or the process is dead. */
  async function run(disk: MemoryDisk, organization: Organization, isFirst: boolean): Promise<boolean> {
    let time = Date.parse('2026-11-20T10:00:00Z');
    const flow = createFlow(depsOn(disk, organization, () => time++));
    let isAccepted = false;
    let isOver = false;
    const work = async (): Promise<void> => {
      await flow.start();
      if (isFirst) {
        await flow.spool.accept(inbound([ALICE, BOB]));
        isAccepted = !disk.died;
      }
      await flow.idle();
      if (!disk.died) await flow.stop();
    };
    const finish = (): void => {
      isOver = true;
    };
    work().then(finish, finish);
    while (!isOver && !disk.died) await new Promise((resolve) => setImmediate(resolve));
    return isAccepted;
  }

  it.each([
    ['kill', 'record', TO_CAROL, CAROL, MARKER],
    ['power', 'record', TO_CAROL, CAROL, MARKER],
    ['kill', 'notice', TO_NOBODY, BOB, 'The journal record of message'],
  ] as const)('%s: of what was accepted there is one %s', async (kind, _what, yaml, mailbox, part) => {
    const organization = people(yaml);
    const whole = createMemoryDisk();
    expect(await run(whole, organization, true)).toBe(true);
    for (let at = 0; at < whole.operations; at++) {
      const first = createMemoryDisk();
      first.dieBefore(at, at % 2 === 0);
      const isAccepted = await run(first, organization, true);
      const second = first.afterCrash(kind);
      await run(second, organization, false);
      const found = second
        .files(`/data/mailboxes/${mailbox}`)
        .filter(({ content }) => content.includes(part));
      expect(found.length, `operation ${at}`).toBeLessThanOrEqual(1);
      if (isAccepted) expect(found.length, `operation ${at}`).toBe(1);
    }
  });
});
