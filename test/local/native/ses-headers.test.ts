/** The assumption `sesHeaders`: whether functions see the header block that SES wrote. */
import { describe, expect, it } from 'vitest';
import { inTransitContent } from '../../../local/native/ses-headers.ts';
import { ASK_BOTH_WAYS, deliverAll, inbound, outbound } from '../flow/support.ts';
import { ALICE, BOB, outcomes, worldOf } from '../flow/worlds.ts';

const BLOCK = 'X-SES-Spam-Verdict: FAIL\r\n';
const ABSENT = 'assumptions: {sesHeaders: absent}\n';

describe('SES headers in transit', () => {
  it('[C16] present: in transit as received', () => {
    const received = Buffer.from(`${BLOCK}From: a@x.example\r\n\r\n`);
    expect(inTransitContent(received, received.subarray(BLOCK.length), 'present')).toEqual({
      bytes: received,
    });
  });

  it('[C16] absent: functions see what was sent, mailboxes get the block on top, and SES is heeded', async () => {
    const sent = inbound([ALICE]).bytes;
    const seen: string[] = [];
    const world = await worldOf(`${ASK_BOTH_WAYS}\n${ABSENT}`, async (call, flow) => {
      const id = String(call.event['messageId']);
      seen.push(Buffer.from((await flow().inTransit.get(id)) ?? []).toString());
      return deliverAll();
    });
    const received = Buffer.concat([Buffer.from(BLOCK), sent]);
    const id = await world.run({
      ...inbound([ALICE]),
      ...inTransitContent(received, sent, 'absent'),
      verdicts: { spf: 'PASS', dkim: 'PASS', dmarc: 'PASS', spam: 'FAIL' },
    });
    expect(seen).toEqual([Buffer.from(sent).toString()]);
    expect(await outcomes(world, id)).toEqual({ [ALICE]: 'Junk' });
    expect(world.mailbox(ALICE, 'Junk')).toEqual([received.toString()]);
  });

  it('[C16] absent: of an internal copy as well, whatever a function made of it', async () => {
    const rewritten = 'From: alice@example.com\r\nSubject: rewritten\r\n\r\nnew\r\n';
    const seen: string[] = [];
    const world = await worldOf(`${ASK_BOTH_WAYS}\n${ABSENT}`, async (call, flow) => {
      if (call.event['flowDirection'] === 'OUTBOUND') return deliverAll();
      const id = String(call.event['messageId']);
      seen.push(Buffer.from((await flow().inTransit.get(id)) ?? []).toString());
      await flow().inTransit.put(id, Buffer.from(rewritten));
      return deliverAll();
    });
    await world.run(outbound([BOB]));
    expect(seen[0]).toMatch(/^X-Signed: /);
    expect(world.mailbox(BOB)).toEqual([`Return-Path: <bounces-to@amazonses.com>\r\n${rewritten}`]);
  });
});
