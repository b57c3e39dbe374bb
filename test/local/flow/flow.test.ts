/** Calls beside the delivery, events, archive, start and stop. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ASK_BOTH_WAYS, ASK_INBOUND, act, answered, BESIDE, inbound, OUTCOME, outbound } from './support.ts';
import { ALICE, BOB, outcomes, worldOf } from './worlds.ts';

describe('asynchronous rules', () => {
  test('[L9] delivery does not wait; a failing call is made three times', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const world = await worldOf(BESIDE, async () => {
      await held;
      return { ...OUTCOME, kind: 'error', errorType: 'Error', errorMessage: 'no' };
    });
    const id = await world.flow.spool.accept(inbound([ALICE]));
    await expect.poll(() => world.mailbox(ALICE).length).toBe(1);
    release();
    await world.flow.idle();
    expect(world.calls).toHaveLength(3);
    expect(await outcomes(world, id)).toEqual({ [ALICE]: 'Inbox' });
  });

  test('[R22] with lambdaPair "both" a synchronous and an asynchronous rule of the same patterns both act', async () => {
    const both = `${ASK_INBOUND}${BESIDE.split('\n').slice(3).join('\n')}\nassumptions: {lambdaPair: both}\n`;
    const world = await worldOf(both, (call) =>
      call.function === 'sync' ? answered({ actions: [act('MOVE_TO_JUNK', ALICE)] }) : answered(null),
    );
    await world.run(inbound([ALICE]));
    expect(world.calls.map((call) => call.function).sort()).toEqual(['beside', 'sync']);
    expect(world.mailbox(ALICE, 'Junk')).toHaveLength(1);
  });

  test('a stop keeps the call that is owed', async () => {
    const world = await worldOf(BESIDE, () => ({ ...OUTCOME, kind: 'timeout' }), { timeScale: 1 });
    await world.flow.spool.accept(inbound([ALICE]));
    await expect.poll(() => world.calls.length).toBe(1);
    await world.flow.stop();
    expect(world.mailbox(ALICE)).toHaveLength(1);
    await world.restart({ timeScale: 0, now: () => Date.now() + 3_600_000 });
    await world.flow.idle();
    expect(world.calls).toHaveLength(3);
    expect(world.mailbox(ALICE)).toHaveLength(1);
  });
});

describe('the flow as a whole', () => {
  test('events carry the names and fields of the guide, one traceId a message', async () => {
    const world = await worldOf(ASK_INBOUND);
    const id = await world.run(inbound([ALICE]));
    expect(world.events()).toEqual([
      {
        '@timestamp': expect.any(String),
        traceId: id,
        event: {
          eventName: 'ORGANIZATION_EMAIL_RECEIVED',
          recipients: [ALICE],
          from: 'wendy@good.example',
          subject: 'Hello',
          messageId: '<1@good.example>',
          spamVerdict: 'PASS',
          dkimVerdict: 'PASS',
          dmarcVerdict: 'FAIL',
          dmarcPolicy: 'REJECT',
          spfVerdict: 'PASS',
          messageTimestamp: expect.any(String),
        },
      },
      expect.objectContaining({
        event: {
          eventName: 'RULE_APPLIED',
          ruleName: 'ask',
          ruleType: 'INBOUND_RULE',
          ruleActions: [{ action: 'DEFAULT', recipients: [ALICE] }],
        },
      }),
      expect.objectContaining({
        event: { eventName: 'MAILBOX_EMAIL_DELIVERED', recipient: ALICE, folder: 'Inbox' },
      }),
    ]);
  });

  test('refuses messages before the start, after the stop, and without recipients', async () => {
    const world = await worldOf('');
    await expect(world.flow.spool.accept(inbound([]))).rejects.toThrow('recipients');
    await world.flow.stop();
    await expect(world.flow.spool.accept(inbound([ALICE]))).rejects.toThrow('does not run');
    expect(await world.flow.archive.list(10)).toEqual([]);
  });

  test('lists newest first, also after a restart, and tells of changes', async () => {
    const world = await worldOf('');
    let now = Date.now();
    await world.flow.stop();
    await world.restart({ now: () => now });
    const seen: string[] = [];
    const unsubscribe = world.flow.archive.subscribe((summary) => seen.push(summary.state));
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      now += 10;
      ids.push(await world.run(inbound([ALICE])));
    }
    unsubscribe();
    now += 10;
    await world.run(inbound([ALICE]));
    ids.push((await world.flow.archive.list(1))[0]?.id ?? '');
    expect(seen).toEqual(['in-transit', 'done', 'in-transit', 'done', 'in-transit', 'done']);
    await world.flow.stop();
    await world.restart();
    expect((await world.flow.archive.list(2)).map((summary) => summary.id)).toEqual(
      ids.reverse().slice(0, 2),
    );
    expect(await world.flow.archive.trace(ids[0] ?? '')).toHaveLength(5);
  });

  test('leaves nothing in the queue when all is done', async () => {
    const world = await worldOf(ASK_BOTH_WAYS);
    await Promise.all(
      Array.from({ length: 20 }, () => world.flow.spool.accept(outbound([BOB, 'w@world.example']))),
    );
    await world.flow.idle();
    await world.flow.stop();
    await world.restart();
    expect(readdirSync(join(world.dataDir, 'queue')).sort()).toEqual(['journal.jsonl', 'lock']);
    expect(world.mailbox(BOB)).toHaveLength(20);
    expect(world.sent()).toHaveLength(20);
  });
});
