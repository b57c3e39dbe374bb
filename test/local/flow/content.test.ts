/** What functions are told, what they may replace, and what a failure in between leaves. */
import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createDisk, type Disk } from '../../../local/flow/disk.ts';
import {
  ASK_BOTH_WAYS,
  ASK_INBOUND,
  type Behaviour,
  deliverAll,
  inbound,
  OUTCOME,
  outbound,
} from './support.ts';
import { ALICE, BOB, kinds, outcomes, worldOf } from './worlds.ts';

describe('the event', () => {
  test('[L17, L19] is what the guide shows, once for each SMTP conversation', async () => {
    const world = await worldOf(ASK_INBOUND);
    const headers =
      'From: =?utf-8?q?J=C3=B6rg?= <joerg@good.example>\r\nSender: bot@good.example\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=';
    const id = await world.run(
      inbound([ALICE, 'staff@example.com'], { headers, mailFrom: 'bounces@good.example' }),
    );
    expect(world.calls[0]?.event).toEqual({
      summaryVersion: '2018-10-10',
      envelope: {
        mailFrom: { address: 'joerg@good.example' },
        recipients: [{ address: ALICE }, { address: 'staff@example.com' }],
      },
      sender: { address: 'bot@good.example' },
      subject: 'Grüße',
      messageId: id,
      invocationId: expect.stringMatching(/^[0-9a-f]{40}$/),
      flowDirection: 'INBOUND',
      truncated: false,
    });
    expect(world.calls).toHaveLength(1);
  });

  test('[R16] names only the recipients for whom the rule acts; a more specific rule shadows it', async () => {
    const world = await worldOf(
      `${ASK_INBOUND}    - {name: no, action: drop, senders: "*", recipients: ${BOB}}\n`,
    );
    const id = await world.run(inbound([ALICE, BOB]));
    expect(world.calls[0]?.event).toMatchObject({ envelope: { recipients: [{ address: ALICE }] } });
    expect(await outcomes(world, id)).toEqual({ [ALICE]: 'Inbox', [BOB]: 'dropped' });
  });

  test('[L24] has an empty mailFrom for a null sender, or none where that is assumed', async () => {
    const world = await worldOf(ASK_INBOUND);
    await world.run(inbound([ALICE], { mailFrom: '', headers: 'From: mailer-daemon@good.example' }));
    expect(world.calls[0]?.event).toMatchObject({ envelope: { mailFrom: { address: '' } }, subject: null });
    const absent = await worldOf(`${ASK_INBOUND}assumptions: {nullSender: absent}\n`);
    await absent.run(inbound([ALICE], { mailFrom: '', headers: 'From: mailer-daemon@good.example' }));
    expect(absent.calls[0]?.event['envelope']).toEqual({ recipients: [{ address: ALICE }] });
  });
});

describe('content', () => {
  const replaced = Buffer.from('From: w@good.example\r\nSubject: new\r\n\r\nnew\r\n');

  test('[L1, C14] a Put of a synchronous rule changes every copy, and Get shows it', async () => {
    const world = await worldOf(ASK_INBOUND, async (call, flow) => {
      const id = String(call.event['messageId']);
      expect(Buffer.from((await flow().inTransit.get(id)) ?? [])).toEqual(inbound([ALICE]).bytes);
      expect(await flow().inTransit.put(id, replaced)).toBe('stored');
      expect(await flow().inTransit.get(id)).toEqual(replaced);
      return deliverAll();
    });
    const id = await world.run(inbound([ALICE, BOB]));
    expect(world.mailbox(ALICE)).toEqual([replaced.toString()]);
    expect(world.mailbox(BOB)).toEqual([replaced.toString()]);
    expect(await world.flow.archive.content(id, 'final')).toEqual(replaced);
    expect(Buffer.from((await world.flow.archive.content(id, 'original')) ?? [])).toEqual(
      inbound([ALICE]).bytes,
    );
    expect(await kinds(world, id)).toContain('put');
  });

  test('a Put that began before the answer came is waited for', async () => {
    const real = createDisk();
    const disk: Disk = {
      ...real,
      async create(path, bytes) {
        if (path.includes('updated')) await new Promise((resolve) => setTimeout(resolve, 60));
        return real.create(path, bytes);
      },
    };
    let putting: Promise<string> | undefined;
    const behave: Behaviour = async (call, flow) => {
      putting = flow().inTransit.put(String(call.event['messageId']), replaced);
      await new Promise((resolve) => setTimeout(resolve, 5));
      return deliverAll();
    };
    const world = await worldOf(ASK_INBOUND, behave, { disk });
    await world.run(inbound([ALICE]));
    expect(await putting).toBe('stored');
    expect(world.mailbox(ALICE)).toEqual([replaced.toString()]);
  });

  test('[C13] a Put after delivery shows in Get and changes no copy', async () => {
    const world = await worldOf(ASK_INBOUND);
    const id = await world.run(inbound([ALICE]));
    expect(await world.flow.inTransit.put(id, replaced)).toBe('stored');
    expect(await world.flow.inTransit.get(id)).toEqual(replaced);
    expect(world.mailbox(ALICE)[0]).toContain('Hi');
  });

  test('an outbound message that has left is frozen, an unknown one not found', async () => {
    const world = await worldOf(ASK_BOTH_WAYS);
    const id = await world.run(outbound(['w@world.example']));
    expect(await world.flow.inTransit.put(id, replaced)).toBe('frozen');
    const unknown = '00000000-0000-7000-8000-000000000000';
    expect(await world.flow.inTransit.put(unknown, replaced)).toBe('not-found');
    expect(await world.flow.inTransit.get(unknown)).toBeUndefined();
    expect(await world.flow.inTransit.get('../../etc/passwd')).toBeUndefined();
  });

  test('[C1] a day after its arrival nothing is to be had', async () => {
    let now = Date.now();
    const world = await worldOf(ASK_INBOUND, undefined, { now: () => now });
    const id = await world.run(inbound([ALICE]));
    now += 24 * 60 * 60 * 1000;
    expect(await world.flow.inTransit.get(id)).toBeDefined();
    now += 1;
    expect(await world.flow.inTransit.get(id)).toBeUndefined();
    expect(await world.flow.inTransit.put(id, replaced)).toBe('not-found');
  });
});

describe('what is half done', () => {
  test('is gone on with, not begun again: the internal copy of a message whose bounce cannot be stored', async () => {
    const real = createDisk();
    let full = true;
    let creations = 0;
    const disk: Disk = {
      ...real,
      async create(path, bytes) {
        // The journal, the message, its signed form and its internal copy; then the disk is full.
        if (full && path.includes('/messages/') && ++creations > 3) {
          throw new Error('the disk is full');
        }
        return real.create(path, bytes);
      },
    };
    const world = await worldOf(ASK_INBOUND, undefined, { disk });
    const id = await world.flow.spool.accept(outbound([BOB, 'nobody@example.com']));
    await expect.poll(() => world.mailbox(BOB).length).toBe(1);
    await expect
      .poll(async () => (await kinds(world, id)).filter((kind) => kind === 'retry').length)
      .toBeGreaterThan(2);
    await world.flow.stop();
    // Bob's mail program moves what was new.
    const inbox = join(world.dataDir, 'mailboxes', BOB, 'Inbox');
    for (const name of readdirSync(join(inbox, 'new')))
      renameSync(join(inbox, 'new', name), join(inbox, 'cur', `${name}:2,S`));
    await world.restart();
    await world.flow.stop();
    full = false;
    await world.restart();
    await world.flow.idle();
    expect(world.mailbox(BOB)).toHaveLength(1);
    expect(world.mailbox(ALICE)).toHaveLength(1);
    expect(world.calls).toHaveLength(1);
  });

  test('is in the event log from its first failed call on, with how often and why', async () => {
    const world = await worldOf(ASK_INBOUND, () => ({ ...OUTCOME, kind: 'timeout' }), { timeScale: 1 });
    const id = await world.flow.spool.accept(inbound([ALICE]));
    await expect.poll(async () => kinds(world, id)).toContain('retry');
    expect(world.events().map(({ event }) => event['eventName'])).toEqual(['ORGANIZATION_EMAIL_RECEIVED']);
    const retry = (await world.flow.archive.trace(id))?.find(({ kind }) => kind === 'retry');
    expect(retry?.data).toMatchObject({ tries: 1, why: 'it did not answer in time' });
    await world.flow.stop();
  });

  test('is forgotten when its content was deleted, and holds up nothing', async () => {
    const world = await worldOf(ASK_INBOUND, () => ({ ...OUTCOME, kind: 'timeout' }), { timeScale: 1 });
    const id = await world.flow.spool.accept(inbound([ALICE]));
    await expect.poll(() => world.calls.length).toBe(1);
    await world.flow.stop();
    rmSync(join(world.dataDir, 'messages', id), { recursive: true });
    await world.restart();
    await world.flow.idle();
    expect(world.mailbox(ALICE)).toEqual([]);
  });
});
