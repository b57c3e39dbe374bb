/** What an answer, or none, does to each recipient. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  ASK_BOTH_WAYS,
  ASK_INBOUND,
  act,
  BESIDE,
  deliverAll,
  inbound,
  OUTCOME,
  outbound,
} from './support.ts';
import { ALICE, answering, BOB, CAROL, kinds, outcomes, worldOf } from './worlds.ts';

describe('[L1] dispositions of one answer, per recipient', () => {
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

  test('[L5] a recipient left out of the answer gets the fallback', async () => {
    const world = await worldOf(ASK_INBOUND, answering(act('DEFAULT', ALICE)));
    const id = await world.run(inbound([ALICE, BOB]));
    expect(await outcomes(world, id)).toEqual({ [ALICE]: 'Inbox', [BOB]: 'Junk' });
  });

  test('[L15] added recipients of the organization get a copy, others do not, and the header stays', async () => {
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

function askFor(ruleTimeoutMinutes: number): string {
  return ASK_INBOUND.replace('Minutes: 1', `Minutes: ${ruleTimeoutMinutes}`);
}

/** A function that never answers, under a clock that goes on when everything waits for it: times are exact. */
async function failing(rules: string, recipients: readonly string[]) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  const calledAt: number[] = [];
  const world = await worldOf(
    rules,
    () => {
      calledAt.push(Date.now());
      return { ...OUTCOME, kind: 'timeout' };
    },
    { timeScale: 1 },
  );
  let isRunning = true;
  const end = world.run(inbound(recipients)).finally(() => {
    isRunning = false;
  });
  while (isRunning) {
    vi.advanceTimersToNextTimer();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const id = await end;
  const [first = 0] = calledAt;
  return { world, id, secondsOfCalls: calledAt.map((at) => (at - first) / 1000) };
}
afterEach(() => {
  vi.useRealTimers();
});

describe('failing functions', () => {
  test('[L22] is called again with the same invocationId until it answers', async () => {
    let failures = 2;
    const world = await worldOf(askFor(240), () =>
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

  test('[L4] after the rule timeout the fallback acts for all', async () => {
    const { world, id, secondsOfCalls } = await failing(ASK_INBOUND, [ALICE, BOB]);
    expect(await outcomes(world, id)).toEqual({ [ALICE]: 'Junk', [BOB]: 'Junk' });
    expect(secondsOfCalls).toEqual([0, 10, 30, 60]);
    expect(await kinds(world, id)).toContain('fallback');
  });

  test('[L6] a rule timeout of 0 means one try', async () => {
    const world = await worldOf(askFor(0), () => ({
      ...OUTCOME,
      kind: 'crash',
      why: 'out of memory',
    }));
    const id = await world.run(inbound([ALICE]));
    expect(world.calls).toHaveLength(1);
    expect(await outcomes(world, id)).toEqual({ [ALICE]: 'Junk' });
  });

  test('[L7] tries back off exponentially until the rule timeout, and the last is at its end', async () => {
    const { world, id, secondsOfCalls } = await failing(askFor(3), [ALICE]);
    // 10, 20, 40 and 80 s end at 150 s; what is left until 180 s is the last pause.
    expect(secondsOfCalls).toEqual([0, 10, 30, 70, 150, 180]);
    const trace = (await world.flow.archive.trace(id)) ?? [];
    const pauses = trace
      .filter((entry) => entry.kind === 'retry')
      .map((entry) => (Date.parse(String(entry.data['nextAt'])) - Date.parse(entry.time)) / 1000);
    expect(pauses).toEqual([10, 20, 40, 80, 30]);
  });

  test('[L7] no pause is longer than 10 min', async () => {
    const { secondsOfCalls } = await failing(askFor(60), [ALICE]);
    expect(secondsOfCalls).toEqual([0, 10, 30, 70, 150, 310, 630, 1230, 1830, 2430, 3030, 3600]);
  });

  test('an asynchronous one is called again after 1 and 2 min, as Lambda does with events', async () => {
    const { secondsOfCalls } = await failing(BESIDE, [ALICE]);
    expect(secondsOfCalls).toEqual([0, 60, 180]);
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
