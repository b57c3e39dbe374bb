/** What the mail flow writes into the event log. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventLogGroup, possibleEventLogGroups, readEvents } from '../../../local/event-log/index.ts';
import { parseEvent } from '../../../local/event-log/read.ts';
import { ASK_BOTH_WAYS, ASK_INBOUND, act, answered, inbound, outbound, people } from '../flow/support.ts';
import { ALICE, answering, BOB, CAROL, worldOf } from '../flow/worlds.ts';

type World = Awaited<ReturnType<typeof worldOf>>;

function named(world: World, name: string) {
  return world
    .events()
    .filter(({ event }) => event['eventName'] === name)
    .map(({ event }) => event);
}

const BEHALF =
  'From: Boss <boss@good.example>\r\nSender: Sec <sec@good.example>\r\nSubject: =?utf-8?q?H=C3=A9?=';

describe('the events', () => {
  it('[E1, E26] one JSON object a line, with time, trace and event; a message and what comes of it share the trace', async () => {
    const world = await worldOf(ASK_BOTH_WAYS, answering(act('DEFAULT', BOB), act('BOUNCE', CAROL)));
    const id = await world.run(outbound([BOB, CAROL]));
    expect(world.events().length).toBeGreaterThan(4);
    for (const line of world.events()) {
      expect(Object.keys(line)).toEqual(['@timestamp', 'traceId', 'event']);
      expect(line).toMatchObject({
        '@timestamp': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        traceId: id,
        event: { eventName: expect.stringMatching(/^[A-Z_]+$/) },
      });
    }
  });

  it('[E2] ORGANIZATION_EMAIL_RECEIVED with every field; dmarcPolicy when DMARC fails', async () => {
    const world = await worldOf('', undefined, { now: () => Date.parse('2026-11-20T10:00:00Z') });
    await world.run(inbound([ALICE, BOB], { headers: BEHALF }));
    expect(named(world, 'ORGANIZATION_EMAIL_RECEIVED')).toEqual([
      {
        eventName: 'ORGANIZATION_EMAIL_RECEIVED',
        recipients: [ALICE, BOB],
        sender: 'sec@good.example',
        from: 'boss@good.example',
        subject: 'Hé',
        messageId: '<1@good.example>',
        spamVerdict: 'PASS',
        dkimVerdict: 'PASS',
        dmarcVerdict: 'FAIL',
        dmarcPolicy: 'REJECT',
        spfVerdict: 'PASS',
        messageTimestamp: '2026-11-20T10:00:00.000Z',
      },
    ]);
  });

  it('[E2] no sender but on behalf of another, no dmarcPolicy but when DMARC fails', async () => {
    const world = await worldOf('');
    const headers = 'From: a@good.example\r\nSender: A@good.example';
    const verdicts = { spf: 'PASS', dkim: 'PASS', dmarc: 'PASS', dmarcPolicy: 'REJECT' } as const;
    await world.run({ ...inbound([ALICE], { headers }), verdicts });
    const [received = {}] = named(world, 'ORGANIZATION_EMAIL_RECEIVED');
    expect(Object.keys(received)).not.toContain('sender');
    expect(Object.keys(received)).not.toContain('dmarcPolicy');
  });

  it('[E2] spamVerdict is that of SES', async () => {
    const world = await worldOf('');
    await world.run(inbound([ALICE], { headers: 'X-SES-Spam-Verdict: FAIL\r\nFrom: w@good.example' }));
    expect(named(world, 'ORGANIZATION_EMAIL_RECEIVED')).toMatchObject([{ spamVerdict: 'FAIL' }]);
  });

  it('[E3] MAILBOX_EMAIL_DELIVERED, one for each mailbox', async () => {
    const world = await worldOf(
      ASK_INBOUND,
      answering(act('MOVE_TO_JUNK', BOB), act('DEFAULT', 'staff@example.com')),
    );
    await world.run(inbound([BOB, 'staff@example.com']));
    expect(named(world, 'MAILBOX_EMAIL_DELIVERED')).toEqual([
      { eventName: 'MAILBOX_EMAIL_DELIVERED', recipient: BOB, folder: 'Junk' },
      { eventName: 'MAILBOX_EMAIL_DELIVERED', recipient: ALICE, folder: 'Inbox' },
    ]);
  });

  it('[E4] RULE_APPLIED with each action and its recipients, of either direction', async () => {
    const world = await worldOf(ASK_BOTH_WAYS, (call) =>
      answered({
        actions:
          call.event['flowDirection'] === 'INBOUND'
            ? [act('DEFAULT', ALICE), act('DROP', BOB)]
            : [{ action: { type: 'DEFAULT' }, allRecipients: true }],
      }),
    );
    await world.run(inbound([ALICE, BOB]));
    await world.run(outbound(['w@world.example']));
    expect(named(world, 'RULE_APPLIED')).toEqual([
      {
        eventName: 'RULE_APPLIED',
        ruleName: 'ask',
        ruleType: 'INBOUND_RULE',
        ruleActions: [
          { action: 'DEFAULT', recipients: [ALICE] },
          { action: 'DROP', recipients: [BOB] },
        ],
      },
      {
        eventName: 'RULE_APPLIED',
        ruleName: 'askOut',
        ruleType: 'OUTBOUND_RULE',
        ruleActions: [{ action: 'DEFAULT', recipients: ['w@world.example'] }],
      },
    ]);
  });

  it('[E5] INCOMING_EMAIL_BOUNCED, one for each recipient', async () => {
    const no = { type: 'BOUNCE', parameters: { bounceMessage: 'No' } };
    const world = await worldOf(ASK_INBOUND, answering({ action: no, allRecipients: true }));
    await world.run(inbound([ALICE, BOB]));
    expect(world.sent()).toHaveLength(1);
    // No user submitted the notice.
    expect(named(world, 'OUTGOING_EMAIL_SENT')).toEqual([]);
    expect(named(world, 'INCOMING_EMAIL_BOUNCED')).toEqual(
      [ALICE, BOB].map((emailAddress) => ({
        eventName: 'INCOMING_EMAIL_BOUNCED',
        bouncedRecipient: { emailAddress, reason: 'No', status: '5.7.1' },
      })),
    );
  });

  it('[E6] [E7] OUTGOING_EMAIL_SUBMITTED names all, OUTGOING_EMAIL_SENT each', async () => {
    const world = await worldOf('');
    await world.run(outbound(['v@world.example', 'w@world.example', BOB]));
    expect(named(world, 'OUTGOING_EMAIL_SUBMITTED')).toEqual([
      {
        eventName: 'OUTGOING_EMAIL_SUBMITTED',
        recipients: ['v@world.example', 'w@world.example', BOB],
        from: ALICE,
        subject: 'Out',
      },
    ]);
    expect(named(world, 'OUTGOING_EMAIL_SENT')).toEqual(
      ['v@world.example', 'w@world.example'].map((recipient) => ({
        eventName: 'OUTGOING_EMAIL_SENT',
        recipient,
        from: ALICE,
        messageId: '<2@example.com>',
      })),
    );
  });

  it('[E6] [E7] sender is who sent on behalf of another', async () => {
    const world = await worldOf('');
    const bytes = Buffer.from(`From: ${ALICE}\r\nSender: ${BOB}\r\nMessage-ID: <3@example.com>\r\n\r\n`);
    await world.run({ ...outbound(['w@world.example']), bytes });
    expect(named(world, 'OUTGOING_EMAIL_SUBMITTED')).toMatchObject([{ from: ALICE, sender: BOB }]);
    expect(named(world, 'OUTGOING_EMAIL_SENT')).toMatchObject([{ from: ALICE, sender: BOB }]);
  });

  it('[E8] OUTGOING_EMAIL_BOUNCED with recipient, destination and reason', async () => {
    const world = await worldOf('');
    await world.run(outbound(['nobody@example.com']));
    const reason = 'There is no mailbox with this address.';
    expect(named(world, 'OUTGOING_EMAIL_BOUNCED')).toEqual([
      {
        eventName: 'OUTGOING_EMAIL_BOUNCED',
        bouncedRecipient: { emailAddress: 'nobody@example.com', reason, status: '5.1.1' },
        destination: 'nobody@example.com',
        reason,
      },
    ]);
  });
});

describe('the log', () => {
  it('[E23] is not written while it is switched off', async () => {
    const world = await worldOf('native: {eventLog: off}\n');
    await world.run(inbound([ALICE]));
    expect(world.mailbox(ALICE)).toHaveLength(1);
    expect(existsSync(join(world.dataDir, 'events.jsonl'))).toBe(false);
    expect(await readEvents(world.dataDir)).toEqual([]);
  });

  it('[E24] keeps events for 30 days, or as long as it is told', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    const world = await worldOf('native: {eventLogRetentionDays: 3}\n', undefined, { now: () => now });
    const old = await world.run(inbound([ALICE]));
    now += 2 * 86_400_000;
    const young = await world.run(inbound([ALICE]));
    const tracesAfterRestart = async () => {
      await world.flow.stop();
      await world.restart();
      return [...new Set((await readEvents(world.dataDir)).map(({ traceId }) => traceId))];
    };
    expect(await tracesAfterRestart()).toEqual([old, young]);
    now += 1.5 * 86_400_000;
    expect(await tracesAfterRestart()).toEqual([young]);
    now += 9 * 86_400_000;
    expect(await tracesAfterRestart()).toEqual([]);
    expect(people('').native.eventLogRetentionDays).toBe(30);
  });

  it('[E9] has one of two names', () => {
    expect(eventLogGroup(people(''))).toBe('/aws/workmail/emailevents/example');
    expect(eventLogGroup(people('assumptions: {eventLogGroup: events}\n'))).toBe(
      '/aws/workmail/events/example',
    );
    expect(possibleEventLogGroups('example')).toEqual([
      '/aws/workmail/emailevents/example',
      '/aws/workmail/events/example',
    ]);
  });

  it('is read from a time on, and past lines that a crash has cut short', async () => {
    const world = await worldOf('');
    await world.run(inbound([ALICE]));
    await world.flow.stop();
    const all = await readEvents(world.dataDir);
    const [first] = all;
    expect(all.map(({ eventName }) => eventName)).toEqual([
      'ORGANIZATION_EMAIL_RECEIVED',
      'MAILBOX_EMAIL_DELIVERED',
    ]);
    writeFileSync(join(world.dataDir, 'events.jsonl'), '\n{"@timestamp":"2026', { flag: 'a' });
    expect(await readEvents(world.dataDir)).toEqual(all);
    expect(await readEvents(world.dataDir, { sinceMs: (first?.timeMs ?? 0) + 60_000 })).toEqual([]);
  });

  it('has mail whose subject holds a line end that JSON leaves as it is', async () => {
    const world = await worldOf('');
    const headers = 'From: w@good.example\r\nSubject: =?utf-8?q?no=E2=80=A8such=E2=80=A9mail?=';
    await world.run(inbound([ALICE], { headers }));
    const [first] = await readEvents(world.dataDir);
    expect(first?.event['subject']).toBe('no\u2028such\u2029mail');
  });

  it('is read past a line that would fill the memory', async () => {
    const world = await worldOf('');
    await world.run(inbound([ALICE]));
    await world.flow.stop();
    const path = join(world.dataDir, 'events.jsonl');
    const lines = readFileSync(path, 'utf8');
    writeFileSync(path, `${'x'.repeat(3 * 1024 * 1024)}\n${lines}`);
    expect(await readEvents(world.dataDir)).toHaveLength(2);
  });

  it.each([
    ['no JSON', 'x'],
    ['no object', '[1]'],
    ['no event', '{"@timestamp":"2026-11-20T10:00:00Z","traceId":"t"}'],
    ['an event without a name', '{"@timestamp":"2026-11-20T10:00:00Z","traceId":"t","event":{}}'],
    ['no trace', '{"@timestamp":"2026-11-20T10:00:00Z","event":{"eventName":"X"}}'],
    ['no time', '{"traceId":"t","event":{"eventName":"X"}}'],
    ['more than a line may have', `{"traceId":"${'t'.repeat(1024 * 1024)}","event":{"eventName":"X"}}`],
  ])('a line with %s is none', (_name, line) => {
    expect(parseEvent(line)).toBeUndefined();
  });
});
