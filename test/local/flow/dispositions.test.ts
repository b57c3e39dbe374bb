/** What an answer, or none, does to each recipient. */
import { describe, expect, test } from 'vitest';
import { ASK_BOTH_WAYS, ASK_INBOUND, act, deliverAll, inbound, OUTCOME, outbound } from './support.ts';
import { ALICE, answering, BOB, CAROL, kinds, outcomes, worldOf } from './worlds.ts';

describe('dispositions of one answer, per recipient', () => {
  test('each inbound action does its own for its recipient', async () => {
    const world = await worldOf(
      ASK_INBOUND,
      answering(act('DROP', ALICE), act('MOVE_TO_JUNK', BOB), act('BYPASS_SPAM_CHECK', CAROL)),
    );
    const spam = 'X-SES-Spam-Verdict: FAIL\r\nFrom: w@good.example';
    const id = await world.run(inbound([ALICE, BOB, CAROL], { headers: spam }));
    expect(await outcomes(world, id)).toEqual({ [ALICE]: 'dropped', [BOB]: 'Junk', [CAROL]: 'Inbox' });
    expect(world.mailbox(ALICE)).toEqual([]);
    expect(world.mailbox(BOB, 'Junk')).toHaveLength(1);
    expect(world.mailbox(CAROL)).toHaveLength(1);
  });

  test('DEFAULT is the inbox, and junk when SES found spam', async () => {
    const world = await worldOf(ASK_INBOUND);
    await world.run(inbound([ALICE]));
    await world.run(inbound([ALICE], { headers: 'X-SES-Spam-Verdict: FAIL\r\nFrom: w@good.example' }));
    expect(world.mailbox(ALICE, 'Inbox')).toHaveLength(1);
    expect(world.mailbox(ALICE, 'Junk')).toHaveLength(1);
  });

  test('a recipient left out of the answer gets the fallback', async () => {
    const world = await worldOf(ASK_INBOUND, answering(act('DEFAULT', ALICE)));
    const id = await world.run(inbound([ALICE, BOB]));
    expect(await outcomes(world, id)).toEqual({ [ALICE]: 'Inbox', [BOB]: 'Junk' });
  });

  test('added recipients of the organization get a copy, others do not, and the header stays', async () => {
    const world = await worldOf(ASK_INBOUND, answering(act('DEFAULT', ALICE, BOB, 'x@world.example')));
    await world.run(inbound([ALICE]));
    expect(world.mailbox(BOB)).toEqual(world.mailbox(ALICE));
    expect(world.sent()).toEqual([]);
  });

  test('an added outbound recipient of the world is sent to', async () => {
    const world = await worldOf(
      ASK_BOTH_WAYS,
      answering(act('DEFAULT', 'w@world.example', 'x@world.example')),
    );
    await world.run(outbound(['w@world.example']));
    expect(world.sent()[0]?.envelope['recipients']).toEqual(['w@world.example', 'x@world.example']);
  });

  test('one copy for a mailbox reached by address, alias and group; its own address decides', async () => {
    const world = await worldOf(
      ASK_INBOUND,
      answering(act('DEFAULT', 'staff@example.com'), act('MOVE_TO_JUNK', 'al@example.com')),
    );
    await world.run(inbound(['staff@example.com', 'al@example.com']));
    expect(world.mailbox(ALICE, 'Inbox')).toEqual([]);
    expect(world.mailbox(ALICE, 'Junk')).toHaveLength(1);
    expect(world.mailbox(BOB, 'Inbox')).toHaveLength(1);
  });
});

describe('failing functions', () => {
  test('is called again with the same invocationId until it answers', async () => {
    let failures = 2;
    const world = await worldOf(ASK_INBOUND.replace('Minutes: 1', 'Minutes: 240'), () =>
      failures-- > 0
        ? { ...OUTCOME, kind: 'error', errorType: 'TemporaryError', errorMessage: 'no' }
        : deliverAll(),
    );
    const id = await world.run(inbound([ALICE]));
    expect(new Set(world.calls.map((call) => call.event['invocationId'])).size).toBe(1);
    expect(world.calls).toHaveLength(3);
    expect(await kinds(world, id)).toEqual([
      'received',
      'rule',
      'invoke',
      'retry',
      'invoke',
      'retry',
      'invoke',
      'disposition',
      'delivered',
      'done',
    ]);
    expect(world.mailbox(ALICE)).toHaveLength(1);
  });

  test('after the rule timeout the fallback acts for all', async () => {
    const world = await worldOf(ASK_INBOUND, () => ({ ...OUTCOME, kind: 'timeout' }), { timeScale: 0.01 });
    const id = await world.run(inbound([ALICE, BOB]));
    expect(await outcomes(world, id)).toEqual({ [ALICE]: 'Junk', [BOB]: 'Junk' });
    // Within a minute: at 0, 10, 30 and 60 s.
    expect(world.calls.length).toBeGreaterThanOrEqual(2);
    expect(world.calls.length).toBeLessThanOrEqual(4);
    expect(await kinds(world, id)).toContain('fallback');
  });

  test('a rule timeout of 0 means one try', async () => {
    const world = await worldOf(
      ASK_INBOUND.replace('ruleTimeoutMinutes: 1', 'ruleTimeoutMinutes: 0'),
      () => ({
        ...OUTCOME,
        kind: 'crash',
        why: 'out of memory',
      }),
    );
    const id = await world.run(inbound([ALICE]));
    expect(world.calls).toHaveLength(1);
    expect(await outcomes(world, id)).toEqual({ [ALICE]: 'Junk' });
  });

  test('a message that waits does not hold up others', async () => {
    const world = await worldOf(
      ASK_INBOUND,
      (call) => (call.event['subject'] === 'Hello' ? deliverAll() : { ...OUTCOME, kind: 'timeout' }),
      { timeScale: 1, concurrency: 1 },
    );
    await world.flow.spool.accept(inbound([BOB], { headers: 'From: w@good.example\r\nSubject: fails' }));
    await world.flow.spool.accept(inbound([ALICE]));
    await expect.poll(() => world.mailbox(ALICE).length).toBe(1);
    expect(world.mailbox(BOB)).toEqual([]);
  });
});
