/** What each action of a rule does with the mail; no function has a say. */
import { describe, expect, test } from 'vitest';
import { inbound, outbound } from './support.ts';
import { ALICE, outcomes, worldOf } from './worlds.ts';

const SPAM = { headers: 'X-SES-Spam-Verdict: FAIL\r\nFrom: w@good.example\r\nSubject: x' };

function rule(direction: 'inbound' | 'outbound', action: string): string {
  return `smtpGateway: sink\nflowRules: {${direction}: [{name: r, action: ${action}, senders: "*", recipients: "*"}]}\n`;
}

describe('inbound', () => {
  test.each([
    ['[R23] drop: ignored, the sender is not told', 'drop', 'dropped', 'dropped', 0],
    ['[R24] bounce: the sender is told', 'bounce', 'bounced', 'bounced', 2],
    ['[R25] junk: the junk folder', 'junk', 'Junk', 'Junk', 0],
    ['[R26] default: the inbox, or junk when the spam check says so', 'default', 'Inbox', 'Junk', 0],
    ['[R27] never junk: the inbox, whatever the spam check says', 'neverJunk', 'Inbox', 'Inbox', 0],
  ])('%s', async (_name, action, ham, spam, notices) => {
    const world = await worldOf(rule('inbound', action));
    expect(await outcomes(world, await world.run(inbound([ALICE])))).toEqual({ [ALICE]: ham });
    expect(await outcomes(world, await world.run(inbound([ALICE], SPAM)))).toEqual({ [ALICE]: spam });
    const folders = [ham, spam];
    for (const folder of ['Inbox', 'Junk'] as const) {
      expect(world.mailbox(ALICE, folder)).toHaveLength(folders.filter((name) => name === folder).length);
    }
    expect(world.sent()).toHaveLength(notices);
    for (const { envelope } of world.sent()) {
      expect(envelope).toMatchObject({ mailFrom: '', recipients: ['wendy@good.example'] });
    }
    expect(world.calls).toEqual([]);
  });
});

describe('outbound', () => {
  test.each([
    ['[R28] default: sent', 'default', 'sent', 'ses', 0],
    ['[R29] drop: not sent, nobody is told', 'drop', 'dropped', undefined, 0],
    ['[R30] bounce: not sent, the sender is told who blocked it', 'bounce', 'bounced', undefined, 1],
    ['[R31] SMTP gateway: handed to the gateway', 'smtpGateway', 'sent', 'smtpGateway', 0],
  ])('%s', async (_name, action, outcome, route, notices) => {
    const world = await worldOf(rule('outbound', action));
    const id = await world.run(outbound(['w@world.example']));
    expect(await outcomes(world, id)).toEqual({ 'w@world.example': outcome });
    expect(world.sent().map(({ envelope }) => envelope['route'])).toEqual(route === undefined ? [] : [route]);
    const told = world.mailbox(ALICE);
    expect(told).toHaveLength(notices);
    for (const notice of told)
      expect(notice.replaceAll('\r\n ', ' ')).toContain(
        'blocked by a mail flow rule that the administrator set',
      );
  });
});
