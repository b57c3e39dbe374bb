/**
 * What becomes of the recipients is decided once. Here rules would decide otherwise on the message as they leave it: the
 * tag that one writes is what another drops mail for. So a retry has to go by what was decided first.
 */
import { describe, expect, it } from 'vitest';
import { createFlowHandler } from '../../handlers/edge/flow.ts';
import { capture } from '../../handlers/edge/steps/capture.ts';
import { dmarc } from '../../handlers/edge/steps/dmarc.ts';
import { rules } from '../../handlers/edge/steps/rules.ts';
import { expectSameAfterCalls, expectSameAfterDeath, type Retried } from './support/retries.ts';
import {
  answerOrDeath,
  CONTEXT,
  createWorld,
  finalState,
  fixture,
  MESSAGE_ID,
  policyOf,
  restarted,
  ruleEvent,
  type World,
} from './support/world.ts';

const HEAD = `version: 1
organization:
  domains: [example.com]
  trustSesHeaders: always
notices: { from: postmaster@example.com }
`;
const TRAP = `  - name: trap
    when: { subjectContains: ["[EXT]"] }
    do: [{ deleteMessage: true }, { addRecipients: [trap@example.com] }]
`;
const TAG = `  - name: tag
    when: { subjectContains: [Offer] }
    do: [{ prependSubject: "[EXT]" }]
`;
const SETTLE = `  - name: redirect
    when: { sentTo: [alice@example.com] }
    do: [{ redirectTo: [dave@example.com] }]
  - name: hold
    when: { sentTo: [carol@example.com] }
    do:
      - quarantine: { notify: [admin@example.com] }
      - saveCopy: { folder: held }
  - name: reject
    when: { sentTo: [erin@example.com] }
    do: [{ rejectMessage: { text: "Not for Erin." } }]
  - name: tell
    when: {}
    do: [{ notify: { to: [admin@example.com], subject: "A rule acted", text: "It did." } }]
`;
const policies = {
  'a tag alone': policyOf(`${HEAD}rules:\n${TRAP}${TAG}`),
  'a tag, a redirect, a quarantine, a bounce and a notice': policyOf(`${HEAD}rules:\n${TRAP}${TAG}${SETTLE}`),
  'no change of content': policyOf(`${HEAD}rules:\n${SETTLE}`),
  'all of it, with a record': policyOf(`${HEAD}journal: { capture: true }\nrules:\n${TRAP}${TAG}${SETTLE}`),
};
const event = ruleEvent({
  envelope: {
    mailFrom: { address: 'bob@partner.example' },
    recipients: ['alice', 'carol', 'erin', 'frank'].map((name) => ({ address: `${name}@example.com` })),
  },
});
const cases = Object.entries(policies).flatMap(([name, policy]) =>
  [true, false].map((withKey) => ({ name, policy, withKey })),
);
const START = Date.UTC(2026, 10, 18, 6);

/** A notice is entered before it goes out: killed in between, it is missing, not doubled, and takes no turn of the hour. */
function settledState(world: World) {
  return Object.entries(finalState(world)).filter(([key]) => !/^keep\/notices\/\d/.test(key));
}

describe.each(cases)('$name, mark key: $withKey', ({ policy, withKey }) => {
  const options = { policy, withKey, message: fixture('inbound-pass.eml'), now: () => START };
  const retried: Retried = {
    options,
    run: (world) =>
      answerOrDeath(world, createFlowHandler([capture, dmarc, rules], () => world.ports)(event, CONTEXT)),
    comparable: (value) => JSON.parse(JSON.stringify(value)) as unknown,
    stateAfterDeath: settledState,
  };

  it('ends the same after one, two and three calls', async () => {
    expect(JSON.stringify(await expectSameAfterCalls(retried))).not.toContain('trap@');
  });

  it('ends the same when it was killed after each effect', async () => {
    const whole = await expectSameAfterDeath(retried, (next, { mails }) => {
      for (const to of new Set(mails)) {
        const sent = (all: readonly string[]) => all.filter((each) => each === to).length;
        expect(sent(next.mails)).toBeLessThanOrEqual(sent(mails));
      }
    });
    expect(whole.effects.length).toBeGreaterThan(1);
  });
});

describe('the kept decision', () => {
  const options = {
    policy: policies['a tag, a redirect, a quarantine, a bounce and a notice'],
    message: fixture('inbound-pass.eml'),
    now: () => START,
  };
  const run = (world: World) => createFlowHandler([rules], () => world.ports)(event, CONTEXT);
  const decisions = (world: World) => [...world.objects.keys()].filter((key) => key.includes('/decisions/'));

  it('is there only where there is something to know', async () => {
    const world = createWorld(options);
    await run(world);
    const mark = /X-Mailroom-Mark: v2 \S+\s+(\S+)/.exec(
      String(Buffer.from(world.messages.get(MESSAGE_ID) ?? [])),
    );
    expect(decisions(world)).toEqual([`rewrite/decisions/${MESSAGE_ID}/${mark?.[1]}`]);
    const simple = createWorld({ ...options, policy: policies['a tag alone'] });
    await run(simple);
    expect(decisions(simple)).toEqual([]);
    expect(Buffer.from(simple.messages.get(MESSAGE_ID) ?? []).toString()).toContain('X-Mailroom-Mark: v1 ');
    expect(Buffer.from(world.messages.get(MESSAGE_ID) ?? []).toString()).toContain('X-Mailroom-Mark: v2 ');
  });

  it('stays in force under another policy', async () => {
    const first = createWorld(options);
    const answer = await run(first);
    const next = restarted(first, { ...options, policy: policies['a tag alone'] });
    expect(await run(next)).toEqual(answer);
    expect(next.logs).toContainEqual(
      expect.objectContaining({ reason: 'already-rewritten', mark: 'other-rules' }),
    );
  });

  it.each([
    ['gone', (world: World, key: string) => void world.objects.delete(key)],
    ['another one', (world: World, key: string) => void world.objects.set(key, Buffer.from('{"version":1}'))],
  ])(
    '%s: decided again on what is there, told as an error, and the content is left alone',
    async (_, change) => {
      const first = createWorld(options);
      await run(first);
      const next = restarted(first, options);
      for (const key of decisions(first)) change(next, key);
      await run(next);
      expect(next.logs).toContainEqual(expect.objectContaining({ level: 'error', kind: 'decision-gone' }));
      expect(next.messages.get(MESSAGE_ID)).toBe(first.messages.get(MESSAGE_ID));
    },
  );
});
