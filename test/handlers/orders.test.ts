/**
 * Orders of events in which a message could be lost, doubled, held back and delivered, or let by: tries at once, a record
 * that comes and goes, a decision that cannot be read, events that do not show everybody.
 */
import { describe, expect, it } from 'vitest';
import { createFlowHandler } from '../../handlers/edge/flow.ts';
import type { Ports } from '../../handlers/edge/ports.ts';
import { capture } from '../../handlers/edge/steps/capture.ts';
import { dmarc } from '../../handlers/edge/steps/dmarc.ts';
import { rules } from '../../handlers/edge/steps/rules.ts';
import { PermanentError, TemporaryError } from '../../shared/errors.ts';
import { readPolicy } from '../../shared/policy/parse.ts';
import type { RuleResponse } from '../../shared/workmail/types.ts';
import {
  CONTEXT,
  createWorld,
  fixture,
  MESSAGE_ID,
  policyOf,
  restarted,
  ruleEvent,
  type World,
  type WorldOptions,
} from './support/world.ts';

const HEAD = 'version: 1\norganization:\n  domains: [example.com]\n  trustSesHeaders: always\n';
const DMARC = 'dmarc:\n  mode: enforce\n  actions: { none: default, quarantine: junk, reject: drop }\n';
const ALICE = 'alice@example.com';
const CAROL = 'carol@example.com';
const START = Date.UTC(2026, 10, 18, 6);
const TAG = '  - name: tag\n    when: {}\n    do: [{ prependSubject: "[X]" }]\n';
const toAlice = (action: string) =>
  `  - name: alice\n    when: { sentTo: [${ALICE}] }\n    do: [{ ${action} }]\n`;
const HOLD = toAlice('quarantine: { notify: none }');

function event(recipients: readonly string[], change: Record<string, unknown> = {}) {
  return ruleEvent({
    envelope: {
      mailFrom: { address: 'bob@partner.example' },
      recipients: recipients.map((address) => ({ address })),
    },
    ...change,
  });
}

const BOTH = event([ALICE, CAROL]);

function optionsWith(text: string, more: Partial<WorldOptions> = {}): WorldOptions {
  return { policy: policyOf(text), message: fixture('inbound-pass.eml'), now: () => START, ...more };
}

function call(world: World, asked: unknown = BOTH, ports: Ports = world.ports): Promise<RuleResponse> {
  return createFlowHandler([capture, dmarc, rules], () => ports)(asked, CONTEXT);
}

/** What each of these addresses gets. */
function told({ actions }: RuleResponse, ...addresses: readonly string[]): (string | undefined)[] {
  return addresses.map((address) => {
    const listed = actions.find(({ recipients }) => recipients?.includes(address));
    return (listed ?? actions.find(({ allRecipients }) => allRecipients === true))?.action.type;
  });
}

/** The ports with writes to a bucket that fail. */
function failingBucket(world: World, wanted: (key: string) => boolean, fault: () => Error): Ports {
  const { objectStore } = world.ports;
  const fails = ({ bucket, key }: { bucket: string; key: string }) => wanted(`${bucket}/${key}`);
  return {
    ...world.ports,
    objectStore: {
      ...objectStore,
      putIfAbsent: (object, signal) =>
        fails(object) ? Promise.reject(fault()) : objectStore.putIfAbsent(object, signal),
      exists: (bucket, key, signal) =>
        fails({ bucket, key }) ? Promise.reject(fault()) : objectStore.exists(bucket, key, signal),
    },
  };
}

const text = (world: World) => Buffer.from(world.messages.get(MESSAGE_ID) ?? []).toString('latin1');
const held = (world: World) => [...world.objects.keys()].filter((key) => key.startsWith('keep/quarantine/'));
const inJournal = (key: string) => key.startsWith('journal/');
const denied = () => new PermanentError('s3 PutObject: AccessDenied 403');
const busy = () => new TemporaryError('busy');

describe('a record that is wanted', () => {
  const options = optionsWith(`${HEAD}journal: { capture: true }\nrules:\n${TAG}${HOLD}`);

  it('and comes only with the second try: who was spared stays spared', async () => {
    const first = createWorld(options);
    const answer = await call(first, BOTH, failingBucket(first, inJournal, denied));
    expect(told(answer, ALICE, CAROL)).toEqual(['MOVE_TO_JUNK', 'DEFAULT']);
    expect(held(first)).toEqual([]);
    const next = restarted(first, options);
    expect(told(await call(next), ALICE, CAROL)).toEqual(['MOVE_TO_JUNK', 'DEFAULT']);
  });

  it('and cannot be seen by the second try: what is held is not delivered as well', async () => {
    const first = createWorld(options);
    expect(told(await call(first), ALICE, CAROL)).toEqual(['DROP', 'DEFAULT']);
    const next = restarted(first, options);
    const answer = await call(next, BOTH, failingBucket(next, inJournal, denied));
    expect(told(answer, ALICE, CAROL)).toEqual(['DROP', 'DEFAULT']);
    expect(held(next)).toHaveLength(2);
  });
});

describe('tries at once', () => {
  it('the one whose content is there is the one that counts', async () => {
    const older = createWorld(optionsWith(`${HEAD}rules:\n${TAG}${HOLD}`));
    const newer = optionsWith(`${HEAD}rules:\n${TAG}${toAlice('moveToJunk: true')}`);
    const { messageFlow } = older.ports;
    let during: RuleResponse | undefined;
    const ports: Ports = {
      ...older.ports,
      messageFlow: {
        ...messageFlow,
        async put(id, location, signal) {
          // The other try has everything done before this one's call arrives.
          const other = createWorld(newer);
          during = await call(other);
          for (const [key, bytes] of other.objects) older.objects.set(key, bytes);
          return messageFlow.put(id, location, signal);
        },
      },
    };
    await call(older, BOTH, ports);
    expect(told(during ?? { actions: [] }, ALICE, CAROL)).toEqual(['MOVE_TO_JUNK', 'DEFAULT']);
    const next = restarted(older, newer);
    expect(told(await call(next), ALICE, CAROL)).toEqual(['DROP', 'DEFAULT']);
    expect(next.logs).not.toContainEqual(expect.objectContaining({ kind: 'decision-gone' }));
    expect(text(next).match(/\[X\]/g)).toHaveLength(1);
  });
});

describe('a kept decision that is out of reach', () => {
  const TRAP = '  - name: trap\n    when: { subjectContains: ["[X]"] }\n    do: [{ deleteMessage: true }]\n';
  const options = optionsWith(`${HEAD}rules:\n${TRAP}${TAG}${HOLD}`);

  it.each([
    ['gone', (world: World) => [...world.objects.keys()].filter((key) => key.includes('/decisions/'))],
    ['unreadable for now', () => undefined],
  ])('%s: nobody loses the message for words that the rules wrote', async (_, gone) => {
    const first = createWorld(options);
    expect(told(await call(first), ALICE, CAROL)).toEqual(['DROP', 'DEFAULT']);
    const next = restarted(first, options);
    const keys = gone(next);
    if (keys === undefined) next.faults.set('s3-get', busy);
    for (const key of keys ?? []) next.objects.delete(key);
    expect(told(await call(next), ALICE, CAROL)).toEqual(['DROP', 'MOVE_TO_JUNK']);
    expect(held(next)).toHaveLength(2);
    expect(text(next)).toBe(text(first));
  });

  it('is waited for where a rule wants that', async () => {
    const patient = optionsWith(
      `${HEAD}rules:\n${TAG}${HOLD}`.replace('name: tag', 'name: tag\n    onTemporaryError: retry'),
    );
    const first = createWorld(patient);
    await call(first);
    const next = restarted(first, patient);
    next.faults.set('s3-get', busy);
    await expect(call(next)).rejects.toThrow(TemporaryError);
  });

  it('without a key: rules that hold no more for what they changed are not asked again', async () => {
    const once = `  - name: once\n    when: { sentTo: [${ALICE}] }\n    unless: { headerExists: X-Seen }
    do: [{ addHeader: { name: X-Seen, value: "1" } }, { quarantine: { notify: none } }]\n`;
    const keyless = optionsWith(`${HEAD}rules:\n${once}`, { withKey: false });
    const first = createWorld(keyless);
    expect(told(await call(first), ALICE, CAROL)).toEqual(['DROP', 'DEFAULT']);
    const next = restarted(first, keyless);
    expect(told(await call(next), ALICE, CAROL)).toEqual(['DROP', 'DEFAULT']);
    const broken = restarted(first, keyless);
    for (const key of broken.objects.keys())
      if (key.includes('/decisions/')) broken.objects.set(key, Buffer.from('{"version'));
    expect(told(await call(broken), ALICE, CAROL)).toEqual(['DEFAULT', 'DEFAULT']);
  });
});

it('of two rules that hold a message the one whose copy is there holds it', async () => {
  const other = `  - name: carol\n    when: { sentTo: [${CAROL}] }\n    do: [{ quarantine: { notify: none } }]\n`;
  const world = createWorld(optionsWith(`${HEAD}rules:\n${HOLD}${other}`));
  let writes = 0;
  const third = (key: string) => key.startsWith('keep/quarantine/') && ++writes === 3;
  const answer = await call(world, BOTH, failingBucket(world, third, busy));
  expect(told(answer, ALICE, CAROL)).toEqual(['DROP', 'MOVE_TO_JUNK']);
  expect(held(world)).toHaveLength(2);
});

it('mail of a colleague meets the rules again on its way in, whatever mark it has of its way out', async () => {
  const options = optionsWith(`${HEAD}rules:\n${TAG}`);
  const out = createWorld(options);
  await call(out, event([ALICE], { flowDirection: 'OUTBOUND', invocationId: 'a'.repeat(40) }));
  expect(text(out)).toContain('X-Mailroom-Mark: v1');
  const strict = optionsWith(`${HEAD}rules:\n${HOLD}`);
  expect(told(await call(restarted(out, strict)), ALICE)).toEqual(['DROP']);
});

it('a rule with a pattern has its mark', async () => {
  const read = await readPolicy(
    `${HEAD}rules:\n  - name: tag\n    when: { subjectMatches: ["Off.r"] }\n    do: [{ prependSubject: "[X]" }]\n`,
    'policy.yaml',
  );
  if (!read.ok) throw new Error('the policy is wrong');
  const options = { policy: read.policy, message: fixture('inbound-pass.eml') };
  const first = createWorld(options);
  await call(first);
  const next = restarted(first, options);
  await call(next);
  expect(text(next).match(/\[X\]/g)).toHaveLength(1);
  expect(next.logs).toContainEqual(expect.objectContaining({ mark: 'same-rules' }));
});

describe('a redirect', () => {
  const options = optionsWith(`${HEAD}rules:\n${toAlice('redirectTo: [dave@example.com]')}`);

  it('for which the answer has no room leaves the message where it was', async () => {
    const crowd = (count: number) => Array.from({ length: count }, (_, index) => `u${index}@example.com`);
    const full = createWorld(options);
    const answer = await call(full, event([ALICE, ...crowd(499)]));
    expect(told(answer, ALICE)).toEqual(['DEFAULT']);
    expect(full.logs).toContainEqual(expect.objectContaining({ kind: 'redirect-refused' }));
    const room = await call(createWorld(options), event([ALICE, ...crowd(498)]));
    expect(told(room, ALICE, 'dave@example.com')).toEqual(['DROP', 'DEFAULT']);
  });

  it('of mail that DMARC finds to be junk arrives as junk', async () => {
    const failing = optionsWith(`${HEAD}${DMARC}rules:\n${toAlice('redirectTo: [dave@example.com]')}`, {
      message: fixture('inbound-fail.eml'),
      txt: { '_dmarc.bank.example': ['v=DMARC1; p=quarantine'] },
    });
    const answer = await call(createWorld(failing));
    expect(told(answer, ALICE, CAROL)).toEqual(['DROP', 'MOVE_TO_JUNK']);
    expect(answer.actions).toContainEqual(
      expect.objectContaining({ action: { type: 'MOVE_TO_JUNK' }, recipients: ['dave@example.com'] }),
    );
  });
});

describe('a truncated event that shows nobody', () => {
  const nobody = event([], { truncated: true });

  it('is checked and changed all the same', async () => {
    const failing = optionsWith(`${HEAD}${DMARC}rules:\n${TAG}`, {
      message: fixture('inbound-fail.eml'),
      txt: { '_dmarc.bank.example': ['v=DMARC1; p=reject'] },
    });
    expect((await call(createWorld(failing), nobody)).actions).toEqual([
      { action: { type: 'DROP' }, allRecipients: true },
    ]);
    const passing = createWorld(optionsWith(`${HEAD}rules:\n${TAG}`));
    expect((await call(passing, nobody)).actions).toEqual([
      { action: { type: 'DEFAULT' }, allRecipients: true },
    ]);
    expect(text(passing)).toContain('[X]');
  });
});
