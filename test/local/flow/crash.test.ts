/**
 * The process dies before each of its operations on the disk in turn, by a kill or with the power, in mid-write or
 * between writes. A new process finds what is left. Then: what was accepted is there, and there once.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFlow, type Flow } from '../../../local/flow/flow.ts';
import type { InvokeOutcome } from '../../../local/types.ts';
import { createMemoryDisk, type MemoryDisk } from './memory-disk.ts';
import { ASK_BOTH_WAYS, act, answered, asRecord, inbound, outbound, people } from './support.ts';

const ALICE = 'alice@example.com';
const BOB = 'bob@example.com';
const CAROL = 'carol@example.com';
const ORGANIZATION = people(
  `${ASK_BOTH_WAYS}
    - {name: watchOut, action: runLambda, function: beside, mode: asynchronous, senders: "*", recipients: "*"}
assumptions: {lambdaPair: both}
`.replaceAll('ruleTimeoutMinutes: 1', 'ruleTimeoutMinutes: 240'),
);
/** A clock that moves when it is looked at, so that no run depends on how fast the machine is. */
let time = Date.parse('2026-11-20T10:00:00Z');
const REWRITTEN = Buffer.from('From: w@good.example\r\nSubject: rewritten\r\n\r\nnew\r\n');
const BOUNCE = { action: { type: 'BOUNCE' }, recipients: [CAROL] };

/** Which messages got their 250, and which asynchronous calls succeeded. */
interface Record {
  readonly accepted: Map<'in' | 'out', string>;
  readonly called: Set<string>;
}

function flowOn(disk: MemoryDisk, record: Record): Flow {
  let failed = false;
  const invoke = async (name: string, event: unknown): Promise<InvokeOutcome> => {
    const { messageId, flowDirection, subject } = asRecord(event);
    const id = String(messageId);
    if (name === 'beside') {
      if (!disk.died) record.called.add(id);
      return answered(null);
    }
    if (flowDirection === 'INBOUND' && subject !== 'Out') {
      await flow.inTransit.put(id, REWRITTEN);
      // One failure, so that a retry is on the way too.
      failed = !failed;
      if (failed) return answered('nonsense');
    }
    return answered({
      actions: [act('MOVE_TO_JUNK', BOB), BOUNCE, { action: { type: 'DEFAULT' }, allRecipients: true }].slice(
        flowDirection === 'INBOUND' ? 0 : 2,
      ),
    });
  };
  let signatures = 0;
  const flow = createFlow({
    organization: ORGANIZATION,
    dataDir: '/data',
    lambda: { invoke },
    // By chance another each time, as real ones.
    sign: async (bytes) =>
      Buffer.concat([Buffer.from(`X-Signed: ${signatures++} ${Math.random()}\r\n`), bytes]),
    envelopeSender: () => 'b@amazonses.com',
    sesClient: { address: '198.51.100.129', name: 'ses.example', helo: 'ses.example' },
    receive: async ({ bytes }) => ({
      bytes: Buffer.concat([Buffer.from(`X-Received: ${Math.random()}\r\n`), bytes]),
      verdicts: { spf: 'PASS', dkim: 'PASS', dmarc: 'PASS' },
    }),
    now: () => time++,
    timeScale: 0.0001,
    concurrency: 2,
    disk: disk.disk,
  });
  return flow;
}

async function offer(flow: Flow, disk: MemoryDisk, record: Record): Promise<void> {
  const accept = async (which: 'in' | 'out'): Promise<void> => {
    const message = which === 'in' ? inbound([ALICE, BOB, CAROL]) : outbound(['w@world.example', BOB]);
    const id = await flow.spool.accept(message);
    if (!disk.died) record.accepted.set(which, id);
  };
  await Promise.all([accept('in'), accept('out')]);
}

/** Ends when nothing moves any more: the work is done, or the process is dead. */
async function settled(disk: MemoryDisk, work: Promise<unknown>): Promise<void> {
  let done = false;
  const finish = (): void => {
    done = true;
  };
  work.then(finish, finish);
  while (!done && !disk.died) await new Promise((resolve) => setImmediate(resolve));
}

async function runUntilCrash(disk: MemoryDisk, record: Record, isFirst: boolean): Promise<void> {
  const flow = flowOn(disk, record);
  const work = async (): Promise<void> => {
    await flow.start();
    if (isFirst) await offer(flow, disk, record);
    await flow.idle();
  };
  await settled(disk, work());
}

async function recover(disk: MemoryDisk, record: Record): Promise<void> {
  const flow = flowOn(disk, record);
  await flow.start();
  await flow.idle();
  await flow.stop();
}

function copies(disk: MemoryDisk, directory: string, part: string): string[] {
  return disk
    .files(`/data/${directory}`)
    .filter(({ content }) => content.includes(part))
    .map(({ path }) => path);
}

function check(disk: MemoryDisk, record: Record): void {
  const places: readonly (readonly ['in' | 'out', string, string])[] = [
    ['in', `mailboxes/${ALICE}/Inbox`, 'Subject: rewritten'],
    ['in', `mailboxes/${BOB}/Junk`, 'Subject: rewritten'],
    ['in', 'sent', 'Final-Recipient: rfc822; carol@example.com'],
    ['out', `mailboxes/${BOB}/Junk`, 'Subject: Out'],
    ['out', 'sent', 'Subject: Out'],
  ];
  for (const [which, directory, part] of places) {
    const found = copies(disk, directory, part);
    const where = `${which} in ${directory}: ${found.join()}`;
    expect(found.length, where).toBeLessThanOrEqual(1);
    if (record.accepted.has(which)) expect(found.length, where).toBe(1);
  }
  // Nothing else anywhere: no half file under a name that readers see, no second spelling.
  expect(disk.files('/data/mailboxes').length + copies(disk, 'sent', 'Subject').length).toBeLessThanOrEqual(
    5,
  );
  const out = record.accepted.get('out');
  if (out !== undefined) expect(record.called).toContain(out);
}

const EVENTS = {
  in: ['ORGANIZATION_EMAIL_RECEIVED', 'RULE_APPLIED', 'MAILBOX_EMAIL_DELIVERED', 'INCOMING_EMAIL_BOUNCED'],
  out: ['OUTGOING_EMAIL_SUBMITTED', 'RULE_APPLIED', 'OUTGOING_EMAIL_SENT', 'MAILBOX_EMAIL_DELIVERED'],
} as const;

function checkEvents(disk: MemoryDisk, record: Record): void {
  const log = disk.files('/data').find(({ path }) => path === '/data/events.jsonl')?.content ?? '';
  const lines = log.split('\n');
  for (const [which, id] of record.accepted) {
    for (const event of EVENTS[which]) {
      const found = lines.some((line) => line.includes(`"traceId":"${id}"`) && line.includes(`"${event}"`));
      expect(found, `${event} of ${which}`).toBe(true);
    }
  }
}

function newRecord(): Record {
  return { accepted: new Map(), called: new Set() };
}

/** As a mail program does: what was new is now seen. */
function readMail(disk: MemoryDisk): void {
  for (const { path } of disk.files('/data/mailboxes')) {
    if (path.includes('/new/')) disk.move(path, `${path.replace('/new/', '/cur/')}:2,S`);
  }
}

async function operationsOfAll(): Promise<number> {
  const disk = createMemoryDisk();
  const record = newRecord();
  await recover(disk, newRecord());
  await runUntilCrash(disk, record, true);
  check(disk, record);
  expect(record.accepted.size).toBe(2);
  return disk.operations;
}

describe('a crash before each operation on the disk', () => {
  // The other two pairs are among the random crashes below.
  test.each([
    ['kill', false],
    ['power', true],
  ] as const)('%s, torn write: %s', async (kind, torn) => {
    const all = await operationsOfAll();
    expect(all).toBeGreaterThan(60);
    for (let at = 0; at < all; at++) {
      const first = createMemoryDisk();
      const record = newRecord();
      first.dieBefore(at, torn);
      await runUntilCrash(first, record, true);
      const second = first.afterCrash(kind);
      if (at % 2 === 0) readMail(second);
      await recover(second, record);
      check(second, record);
      // A power cut may take the last lines of the log; a kill may not.
      if (kind === 'kill') checkEvents(second, record);
    }
  });

  test('several crashes, one after the other', async () => {
    const crash = fc.record({ at: fc.nat(60), kind: fc.constantFrom('kill', 'power'), torn: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(crash, { minLength: 2, maxLength: 4 }), async (crashes) => {
        let disk = createMemoryDisk();
        await recover(disk, newRecord());
        const record = newRecord();
        for (const [index, { at, kind, torn }] of crashes.entries()) {
          disk.dieBefore(at, torn);
          await runUntilCrash(disk, record, index === 0);
          disk = disk.afterCrash(kind);
        }
        await recover(disk, record);
        check(disk, record);
      }),
      { numRuns: 80 },
    );
  });
});
