/** WorkMail's own DMARC enforcement. */
import { describe, expect, it } from 'vitest';
import type { AcceptedMessage, Verdicts } from '../../../local/types.ts';
import { ASK_INBOUND, inbound } from '../flow/support.ts';
import { ALICE, BOB, outcomes, worldOf } from '../flow/worlds.ts';

const ON = `${ASK_INBOUND}\nnative: {dmarcEnforcement: on}\n`;

function withVerdicts(dmarc: string, dmarcPolicy?: Verdicts['dmarcPolicy']): AcceptedMessage {
  const verdicts = {
    spf: 'FAIL',
    dkim: 'FAIL',
    dmarc,
    ...(dmarcPolicy === undefined ? {} : { dmarcPolicy }),
  };
  return { ...inbound([ALICE, 'staff@example.com']), verdicts };
}

describe("WorkMail's own DMARC enforcement", () => {
  it('[D1] is a switch: while it is off the rules get what fails', async () => {
    const world = await worldOf(`${ASK_INBOUND}\nnative: {dmarcEnforcement: off}\n`);
    const id = await world.run(withVerdicts('FAIL', 'REJECT'));
    expect(await outcomes(world, id)).toEqual({ [ALICE]: 'Inbox', 'staff@example.com': 'Inbox' });
    expect(world.calls).toHaveLength(1);
    expect(world.events().map(({ event }) => event['eventName'])).not.toContain('DMARC_POLICY_APPLIED');
  });

  it.each([
    ['REJECT', 'dropped', 0, 0],
    ['QUARANTINE', 'Junk', 1, 1],
  ] as const)('[D2] [D3] %s: %s, and no function is asked', async (policy, outcome, alice, bob) => {
    const world = await worldOf(ON);
    const id = await world.run(withVerdicts('FAIL', policy));
    expect(await outcomes(world, id)).toEqual({ [ALICE]: outcome, 'staff@example.com': outcome });
    expect(world.calls).toEqual([]);
    expect(world.mailbox(ALICE, 'Junk')).toHaveLength(alice);
    expect(world.mailbox(BOB, 'Junk')).toHaveLength(bob);
    expect([...world.mailbox(ALICE), ...world.sent()]).toEqual([]);
  });

  it.each([
    ['NONE asks for nothing', 'FAIL', 'NONE'],
    ['what passes', 'PASS', undefined],
    ['what has no policy', 'GRAY', undefined],
    ['what could not be checked', 'PROCESSING_FAILED', undefined],
  ] as const)('[D2] leaves the rules %s', async (_name, dmarc, policy) => {
    const world = await worldOf(ON);
    const id = await world.run(withVerdicts(dmarc, policy));
    expect(await outcomes(world, id)).toMatchObject({ [ALICE]: 'Inbox' });
    expect(world.calls).toHaveLength(1);
  });

  it.each(['NONE', 'QUARANTINE', 'REJECT'] as const)('[D4] DMARC_POLICY_APPLIED tells %s', async (policy) => {
    const world = await worldOf(ON);
    const id = await world.run(withVerdicts('FAIL', policy));
    const applied = world.events().filter(({ event }) => event['eventName'] === 'DMARC_POLICY_APPLIED');
    expect(applied).toMatchObject([
      {
        traceId: id,
        event: { from: 'wendy@good.example', recipients: [ALICE, 'staff@example.com'], policy },
      },
    ]);
  });
});
