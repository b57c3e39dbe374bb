/** Mail that a rule hands to the SMTP gateway: what the gateway says is what becomes of it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createFlow, type Flow } from '../../../local/flow/flow.ts';
import type { Gateway, GatewayMessage } from '../../../local/smtp/gateway.ts';
import { createMemoryDisk, type MemoryDisk } from './memory-disk.ts';
import { ASK_BOTH_WAYS, act, OUTCOME, outbound, people, type World } from './support.ts';
import { ALICE, answering, outcomes, worldOf } from './worlds.ts';

const W = 'w@world.example';
const V = 'v@world.example';
const RULE =
  'smtpGateway: sink\nflowRules: {outbound: [{name: gw, action: smtpGateway, senders: "*", recipients: "*"}]}\n';
const REFUSED = { text: 'The SMTP gateway refused the message: 550 5.1.1 no such user', status: '5.1.1' };

const taking: Gateway = async ({ recipients }) => ({ accepted: recipients, refused: [] });

async function worldWith(rules: string, gateway: Gateway, behave = answering()): Promise<World> {
  const world = await worldOf(rules, behave);
  await world.flow.stop();
  await world.restart({ gateway });
  return world;
}

describe('the SMTP gateway', () => {
  test('[R31] gets what the user sent and nothing of SES, once for all recipients', async () => {
    const asked: GatewayMessage[] = [];
    const world = await worldWith(RULE, (message) => {
      asked.push(message);
      return taking(message);
    });
    const id = await world.run(outbound([W, V]));
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ mailFrom: ALICE, recipients: [W, V] });
    expect(Buffer.from(asked[0]?.bytes ?? []).toString()).toMatch(/^From: alice@example\.com/);
    expect(await outcomes(world, id)).toEqual({ [W]: 'sent', [V]: 'sent' });
    expect(world.sent()[0]).toMatchObject({
      name: `${id}.gateway.eml`,
      envelope: { recipients: [W, V], refused: [] },
    });
    const sent = world.events().filter(({ event }) => event['eventName'] === 'OUTGOING_EMAIL_SENT');
    expect(sent.map(({ event }) => event['recipient'])).toEqual([W, V]);
  });

  test('[G4] what it does not take is bounced to the sender, with the reason', async () => {
    const world = await worldWith(RULE, async ({ recipients }) => ({
      accepted: [],
      refused: recipients.map((recipient) => ({
        recipient,
        text: 'The SMTP gateway cannot be reached: connect ECONNREFUSED',
        status: '5.4.1',
      })),
    }));
    const id = await world.run(outbound([W]));
    expect(await outcomes(world, id)).toEqual({ [W]: 'bounced' });
    expect(world.sent()).toEqual([]);
    const [notice] = world.mailbox(ALICE);
    expect(notice).toContain('Final-Recipient: rfc822; w@world.example');
    expect(notice).toContain('Status: 5.4.1');
    expect(notice).toContain('The SMTP gateway cannot be reached');
    const bounced = world.events().filter(({ event }) => event['eventName'] === 'OUTGOING_EMAIL_BOUNCED');
    expect(bounced).toHaveLength(1);
  });

  test('one recipient refused, the other taken', async () => {
    const world = await worldWith(RULE, async () => ({
      accepted: [V],
      refused: [{ recipient: W, ...REFUSED }],
    }));
    const id = await world.run(outbound([W, V]));
    expect(await outcomes(world, id)).toEqual({ [W]: 'bounced', [V]: 'sent' });
    expect(world.sent()[0]?.envelope['recipients']).toEqual([V]);
    expect(world.mailbox(ALICE)[0]).not.toContain('rfc822; v@world.example');
  });

  test('[L8] as the fallback of a function, for those whom its answer leaves out, with what it put', async () => {
    const rewritten = Buffer.from('From: alice@example.com\r\nSubject: rewritten\r\n\r\nnew\r\n');
    const asked: GatewayMessage[] = [];
    const rules = `smtpGateway: sink\n${ASK_BOTH_WAYS.replace('fallback: default', 'fallback: smtpGateway')}`;
    const world = await worldOf(rules, async (call, flow) => {
      await flow().inTransit.put(String(call.event['messageId']), rewritten);
      return answering(act('DEFAULT', V))(call, flow);
    });
    await world.flow.stop();
    await world.restart({
      gateway: (message) => {
        asked.push(message);
        return taking(message);
      },
    });
    const id = await world.run(outbound([W, V]));
    expect(asked.map((message) => message.recipients)).toEqual([[W]]);
    expect(Buffer.from(asked[0]?.bytes ?? [])).toEqual(rewritten);
    const routes = world.sent().map(({ envelope }) => [envelope['route'], envelope['recipients']]);
    expect(routes.toSorted()).toEqual([
      ['ses', [V]],
      ['smtpGateway', [W]],
    ]);
    expect(await outcomes(world, id)).toEqual({ [W]: 'sent', [V]: 'sent' });
  });

  test('is not asked again by a new process once it answered', async () => {
    let asked = 0;
    const world = await worldWith(RULE, (message) => {
      asked += 1;
      return taking(message);
    });
    const id = await world.run(outbound([W]));
    const record = join(world.dataDir, 'sent', `${id}.gateway.json`);
    expect(JSON.parse(readFileSync(record, 'utf8'))).toMatchObject({ route: 'smtpGateway', recipients: [W] });
    expect(existsSync(`${record}.tmp`)).toBe(false);
    await world.flow.stop();
    await world.restart({ gateway: taking });
    await world.flow.idle();
    expect(asked).toBe(1);
  });
});

test('a call that is still owed after the mail has left does not tell of it once more', async () => {
  const rules = `smtpGateway: sink
flowRules:
  outbound:
    - {name: gw, action: smtpGateway, senders: "*", recipients: world.example}
    - {name: watch, action: runLambda, function: beside, mode: asynchronous, senders: "*", recipients: "*"}
`;
  const world = await worldOf(rules, () => ({ ...OUTCOME, kind: 'timeout' }), { timeScale: 1 });
  await world.flow.spool.accept(outbound([W, 'x@other.example']));
  await expect.poll(() => world.calls.length).toBe(1);
  await expect.poll(() => world.sent().length).toBe(2);
  await world.flow.stop();
  await world.restart({ timeScale: 0, now: () => Date.now() + 3_600_000 });
  await world.flow.idle();
  expect(world.calls).toHaveLength(3);
  const told = world.events().filter(({ event }) => event['recipient'] === W);
  expect(told).toHaveLength(1);
});

const organization = people(RULE);

/** The gateway takes `V` and refuses `W`. */
function flowOn(disk: MemoryDisk, asked: string[]): Flow {
  return createFlow({
    organization,
    dataDir: '/data',
    lambda: { invoke: () => Promise.reject(new Error('no function is called')) },
    sign: async (bytes) => bytes,
    envelopeSender: () => 'x@amazonses.com',
    sesClient: { address: '198.51.100.129', name: 'ses.example', helo: 'ses.example' },
    receive: async ({ bytes }) => ({ bytes, verdicts: { spf: 'PASS', dkim: 'PASS', dmarc: 'PASS' } }),
    now: Date.now,
    timeScale: 0.0001,
    concurrency: 2,
    disk: disk.disk,
    gateway: async ({ recipients }) => {
      if (!disk.died) asked.push(recipients.join());
      return { accepted: [V], refused: [{ recipient: W, ...REFUSED }] };
    },
  });
}

/** Goes until nothing moves any more: the work is done, or the process is dead. Says whether the mail got its 250. */
async function runOn(disk: MemoryDisk, asked: string[], offer: boolean): Promise<boolean> {
  const flow = flowOn(disk, asked);
  let accepted = false;
  let done = false;
  const work = async (): Promise<void> => {
    await flow.start();
    if (offer) await flow.spool.accept(outbound([W, V]));
    if (!disk.died) accepted = true;
    await flow.idle();
    if (!offer) await flow.stop();
  };
  const finish = (): void => {
    done = true;
  };
  work().then(finish, finish);
  while (!done && !disk.died) await new Promise((resolve) => setImmediate(resolve));
  return accepted;
}

test.each(['kill', 'power'] as const)(
  'a %s at any moment: nothing is lost, the notice comes once, and twice at most is the gateway asked',
  async (kind) => {
    const whole = createMemoryDisk();
    await runOn(whole, [], true);
    expect(whole.operations).toBeGreaterThan(15);
    let askedTwice = 0;
    for (let at = 0; at < whole.operations; at++) {
      const first = createMemoryDisk();
      const asked: string[] = [];
      first.dieBefore(at, false);
      const accepted = await runOn(first, asked, true);
      const second = first.afterCrash(kind);
      const known = second.files('/data/sent').some(({ path }) => path.endsWith('.gateway.json'));
      const before = asked.length;
      await runOn(second, asked, false);
      if (known) expect(asked.length).toBe(before);
      if (asked.length > 1) askedTwice++;
      const sent = second.files('/data/sent').filter(({ path }) => path.endsWith('.gateway.eml'));
      const notices = second
        .files('/data/mailboxes')
        .filter(({ content }) => content.includes('Final-Recipient: rfc822; w@world.example'));
      expect(sent.length).toBeLessThanOrEqual(1);
      expect(notices.length).toBeLessThanOrEqual(1);
      if (accepted) expect([asked.length > 0, sent.length, notices.length]).toEqual([true, 1, 1]);
    }
    // Between its answer and the record of it, as with every mail server: bytes, name, and for a power cut the folder.
    expect(askedTwice).toBeLessThanOrEqual(kind === 'kill' ? 2 : 4);
  },
);
