/** The process dies before each operation on the disk while mailboxes sort mail and send it on: each copy is there, once. */
import { expect, test } from 'vitest';
import { createFlow, type Flow } from '../../../local/flow/flow.ts';
import { createMemoryDisk, type MemoryDisk } from './memory-disk.ts';
import { deliverAll, inbound, organizationOf, PEOPLE } from './support.ts';
import { ALICE, BOB, CAROL } from './worlds.ts';

const WORLD = 'ann@good.example';
/** Alice's mail goes out, Bob's to Carol, Carol sorts hers. */
const RULES: readonly (readonly [string, string])[] = [
  [ALICE, `{redirectTo: ${WORLD}}`],
  [BOB, `{redirectTo: ${CAROL}}`],
  [CAROL, '{moveTo: Sorted}'],
];
const ORGANIZATION = organizationOf(
  RULES.reduce(
    (text, [mailbox, action]) =>
      text.replace(
        `{address: ${mailbox}, `,
        `{address: ${mailbox}, mailboxRules: [{name: r, do: ${action}}], `,
      ),
    PEOPLE,
  ),
);
/** A second passes at each look: who makes a message twice gives it two names. */
let time = Date.parse('2026-11-20T10:00:00Z');

function flowOn(disk: MemoryDisk): Flow {
  return createFlow({
    organization: ORGANIZATION,
    dataDir: '/data',
    lambda: { invoke: async () => deliverAll() },
    // By chance another each time, as real ones.
    sign: async (bytes) => Buffer.concat([Buffer.from(`X-Signed: ${Math.random()}\r\n`), bytes]),
    envelopeSender: () => 'b@amazonses.com',
    sesClient: { address: '198.51.100.129', name: 'ses.example', helo: 'ses.example' },
    receive: async ({ bytes }) => ({ bytes, verdicts: { spf: 'PASS', dkim: 'PASS', dmarc: 'PASS' } }),
    now: () => {
      time += 1000;
      return time;
    },
    timeScale: 0.0001,
    concurrency: 2,
    disk: disk.disk,
  });
}

/** Resolves with whether the message got its 250. */
async function runUntilCrash(disk: MemoryDisk): Promise<boolean> {
  const flow = flowOn(disk);
  let accepted = false;
  let done = false;
  const work = async (): Promise<void> => {
    await flow.start();
    await flow.spool.accept(inbound([ALICE, BOB]));
    accepted = !disk.died;
    await flow.idle();
  };
  const finish = (): void => {
    done = true;
  };
  work().then(finish, finish);
  while (!done && !disk.died) await new Promise((resolve) => setImmediate(resolve));
  return accepted;
}

function found(disk: MemoryDisk) {
  const mail = disk.files('/data/mailboxes');
  const sent = disk.files('/data/sent').filter(({ path }) => path.endsWith('.eml'));
  return {
    sent: sent.length,
    sorted: mail.filter(({ path }) => path.includes(`${CAROL}/Sorted/new/`)).length,
    elsewhere: mail.filter(({ path }) => !path.includes('/Sorted/')).length,
  };
}

test.each([
  ['kill', false],
  ['power', true],
] as const)('%s, torn write: %s', async (kind, torn) => {
  const whole = createMemoryDisk();
  await runUntilCrash(whole);
  const all = { sent: 1, sorted: 1, elsewhere: 0 };
  expect(found(whole)).toEqual(all);
  expect(whole.operations).toBeGreaterThan(60);
  for (let at = 0; at < whole.operations; at++) {
    const first = createMemoryDisk();
    first.dieBefore(at, torn);
    const accepted = await runUntilCrash(first);
    const second = first.afterCrash(kind);
    const flow = flowOn(second);
    await flow.start();
    await flow.idle();
    await flow.stop();
    const there = found(second);
    if (accepted || there.sent > 0 || there.sorted > 0) expect(there, `before operation ${at}`).toEqual(all);
  }
});
