/** Mail of users, and mail to those whose mail was refused. */
import { describe, expect, test } from 'vitest';
import { ASK_BOTH_WAYS, ASK_INBOUND, act, answered, deliverAll, inbound, outbound } from './support.ts';
import { ALICE, answering, BOB, kinds, outcomes, worldOf } from './worlds.ts';

describe('outbound', () => {
  test('[L18] the world gets the signed message, the organization gets it through its inbound rules', async () => {
    const world = await worldOf(ASK_BOTH_WAYS);
    const id = await world.run(outbound(['w@world.example', BOB, 'al@example.com']));
    const [sent] = world.sent();
    expect(world.sent()).toHaveLength(1);
    expect(sent?.content).toMatch(/^X-Signed: example.com\r\nFrom: alice@example.com/);
    expect(sent?.envelope).toEqual({
      messageId: id,
      mailFrom: 'bounces-to@amazonses.com',
      recipients: ['w@world.example'],
      route: 'ses',
      submittedBy: ALICE,
    });
    expect(world.calls.map((call) => call.event['flowDirection'])).toEqual(['OUTBOUND', 'INBOUND']);
    expect(world.calls[1]?.event).toMatchObject({
      envelope: { recipients: [{ address: BOB }, { address: 'al@example.com' }] },
    });
    expect(world.mailbox(BOB)[0]).toMatch(
      /^Return-Path: <bounces-to@amazonses.com>\r\nX-Signed: example.com/,
    );
    expect(world.mailbox(ALICE)).toHaveLength(1);
    const [child, parent] = (await world.flow.archive.list(10)).toSorted((a) => (a.id === id ? 1 : -1));
    expect(parent?.outcomes.map((item) => item.outcome)).toEqual(['sent', 'sent', 'sent']);
    expect(child).toMatchObject({
      direction: 'inbound',
      origin: 'internal',
      recipients: [BOB, 'al@example.com'],
    });
    expect(new Set(world.events().map((event) => event.traceId))).toEqual(new Set([id]));
  });

  test('an unknown address of the organization is bounced to the user', async () => {
    const world = await worldOf(ASK_BOTH_WAYS);
    await world.run(outbound(['nobody@example.com']));
    expect(world.mailbox(ALICE)[0]).toContain('Status: 5.1.1');
  });

  test('the SMTP gateway gets what was not signed', async () => {
    const gateway =
      '\nsmtpGateway: sink\nflowRules:\n  outbound:\n    - {name: gw, action: smtpGateway, senders: "*", recipients: world.example}\n';
    const world = await worldOf(gateway);
    await world.run(outbound(['w@world.example', 'v@other.example']));
    const byRoute = Object.fromEntries(world.sent().map((sent) => [sent.envelope['route'], sent]));
    expect(byRoute['smtpGateway']?.content).toMatch(/^From:/);
    expect(byRoute['smtpGateway']?.envelope['recipients']).toEqual(['w@world.example']);
    expect(byRoute['ses']?.content).toMatch(/^X-Signed:/);
    expect(byRoute['ses']?.envelope['recipients']).toEqual(['v@other.example']);
  });

  test('what fails on this machine is tried again and sent once', async () => {
    const world = await worldOf('');
    await world.flow.stop();
    let failures = 2;
    await world.restart({
      sign: async (bytes) => {
        if (failures-- > 0) throw new Error('no key');
        return bytes;
      },
    });
    const id = await world.run(outbound(['w@world.example']));
    expect(world.sent()).toHaveLength(1);
    expect((await kinds(world, id)).filter((kind) => kind === 'retry')).toHaveLength(2);
  });
});

describe('bounces', () => {
  const bounce = {
    action: { type: 'BOUNCE', parameters: { bounceMessage: 'Not here' } },
    recipients: [ALICE],
  };

  test('a sender of the world gets one by SMTP, with the null sender', async () => {
    const world = await worldOf(ASK_INBOUND, answering(bounce, act('DEFAULT', BOB)));
    const id = await world.run(inbound([ALICE, BOB]));
    expect(await outcomes(world, id)).toEqual({ [ALICE]: 'bounced', [BOB]: 'Inbox' });
    const [sent] = world.sent();
    expect(sent?.envelope).toMatchObject({ mailFrom: '', recipients: ['wendy@good.example'] });
    expect(sent?.content).toContain('Final-Recipient: rfc822; alice@example.com');
    expect(sent?.content).not.toContain('rfc822; bob@example.com');
    expect(world.calls).toHaveLength(1);
  });

  test.each([
    ['5.7.133 Only our own people.', '5.7.133', '550 5.7.133 Only our own people.'],
    ['Only our own people.', '5.7.1', '550 5.7.1 Only our own people.'],
    ['5.7.1', '5.7.1', '550 5.7.1 5.7.1'],
  ])('a status that the text begins with is told once: %s', async (bounceMessage, status, diagnostic) => {
    const action = { type: 'BOUNCE', parameters: { bounceMessage } };
    const world = await worldOf(ASK_INBOUND, answering({ action, recipients: [ALICE] }));
    await world.run(inbound([ALICE]));
    expect(world.sent()[0]?.content).toContain(
      `Status: ${status}\r\nDiagnostic-Code: smtp; ${diagnostic}\r\n`,
    );
  });

  test('a sender of the organization gets it in the inbox, past the rules', async () => {
    const world = await worldOf(
      ASK_BOTH_WAYS,
      answering({ action: { type: 'BOUNCE' }, allRecipients: true }),
    );
    await world.run(outbound(['w@world.example']));
    expect(world.mailbox(ALICE)).toHaveLength(1);
    expect(world.calls).toHaveLength(1);
    expect(world.sent()).toEqual([]);
  });

  test('of an internal copy the user is told, not SES', async () => {
    const world = await worldOf(ASK_BOTH_WAYS, (call) =>
      call.event['flowDirection'] === 'OUTBOUND'
        ? deliverAll()
        : answered({ actions: [{ action: { type: 'BOUNCE' }, allRecipients: true }] }),
    );
    await world.run(outbound([BOB]));
    expect(world.mailbox(ALICE)[0]).toContain('Final-Recipient: rfc822; bob@example.com');
    expect(world.sent()).toEqual([]);
  });

  test('a null sender is never told', async () => {
    const world = await worldOf(ASK_INBOUND, answering(bounce));
    const id = await world.run(inbound([ALICE], { mailFrom: '' }));
    expect(await outcomes(world, id)).toEqual({ [ALICE]: 'bounced' });
    expect(world.sent()).toEqual([]);
    expect(await world.flow.archive.list(10)).toHaveLength(1);
  });
});
