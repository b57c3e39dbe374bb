/** What rules do with recipients, through the whole handler: the answer that WorkMail gets. */
import { describe, expect, it } from 'vitest';
import { createFlowHandler } from '../../handlers/edge/flow.ts';
import { capture } from '../../handlers/edge/steps/capture.ts';
import { dmarc } from '../../handlers/edge/steps/dmarc.ts';
import { rules } from '../../handlers/edge/steps/rules.ts';
import { DeadlineError, PermanentError, TemporaryError } from '../../shared/errors.ts';
import type { RuleResponse } from '../../shared/workmail/types.ts';
import {
  CONTEXT,
  createWorld,
  fixture,
  MESSAGE_ID,
  policyOf,
  ruleEvent,
  type World,
  type WorldOptions,
} from './support/world.ts';

const HEAD = 'version: 1\norganization:\n  domains: [example.com]\n  trustSesHeaders: always\n';
const ALICE = 'alice@example.com';
const CAROL = 'carol@example.com';

/** A policy of rules that are written as `when: … / do: …` bodies. */
function policy(...bodies: readonly string[]) {
  const rules = bodies.map(
    (body, index) => `  - name: rule ${index}\n    ${body.replaceAll('\n', '\n    ')}\n`,
  );
  return policyOf(`${HEAD}rules:\n${rules.join('')}`);
}

function inbound(...recipients: readonly string[]) {
  return ruleEvent({
    envelope: {
      mailFrom: { address: 'bob@partner.example' },
      recipients: recipients.map((address) => ({ address })),
    },
  });
}

function worldWith(options: Partial<WorldOptions> & Pick<WorldOptions, 'policy'>): World {
  return createWorld({ message: fixture('inbound-pass.eml'), ...options });
}

function call(world: World, event: unknown = inbound(ALICE, CAROL)): Promise<RuleResponse> {
  return createFlowHandler([capture, dmarc, rules], () => world.ports)(event, CONTEXT);
}

/** What each of these addresses gets. */
function told({ actions }: RuleResponse, ...addresses: readonly string[]): (string | undefined)[] {
  return addresses.map((address) => {
    const listed = actions.find(({ recipients }) => recipients?.includes(address));
    return (listed ?? actions.find(({ allRecipients }) => allRecipients === true))?.action.type;
  });
}

const text = (world: World) => Buffer.from(world.messages.get(MESSAGE_ID) ?? []).toString('latin1');
const failures = (world: World) =>
  world.logs.filter(({ event }) => event === 'failure').map(({ kind }) => kind);
const TO_ALICE = `when: { sentTo: [${ALICE}] }`;

describe('what becomes of each copy', () => {
  it.each([
    ['deleteMessage: true', 'DROP'],
    ['rejectMessage: { text: "Not here.", status: "5.7.1" }', 'BOUNCE'],
    ['moveToJunk: true', 'MOVE_TO_JUNK'],
    ['bypassSpamCheck: true', 'BYPASS_SPAM_CHECK'],
    [`removeRecipients: [${ALICE}]`, 'DROP'],
  ])('%s: %s for whom the rule is about, DEFAULT for the others', async (action, type) => {
    const world = worldWith({ policy: policy(`${TO_ALICE}\ndo: [{ ${action} }]`) });
    expect(told(await call(world), ALICE, CAROL)).toEqual([type, 'DEFAULT']);
    expect(JSON.stringify(world.logs)).not.toContain('@');
    expect(world.logs).toContainEqual(
      expect.objectContaining({ event: 'decision', step: 'rules', rule: 'rule 0', recipients: [0] }),
    );
  });

  it('useFallback leaves them out of the answer', async () => {
    const world = worldWith({ policy: policy(`${TO_ALICE}\ndo: [{ useFallback: true }]`) });
    expect(told(await call(world), ALICE, CAROL)).toEqual([undefined, 'DEFAULT']);
  });

  it('a redirect takes the message from one and gives it to another', async () => {
    const world = worldWith({ policy: policy(`${TO_ALICE}\ndo: [{ redirectTo: [dave@example.com] }]`) });
    const answer = await call(world);
    expect(told(answer, ALICE, CAROL, 'dave@example.com')).toEqual(['DROP', 'DEFAULT', 'DEFAULT']);
    expect(answer.actions.flatMap(({ recipients = [] }) => recipients)).toContain('dave@example.com');
  });

  it('a redirect among the recipients loses nobody the message', async () => {
    const swap = policy(
      `${TO_ALICE}\ndo: [{ redirectTo: [${CAROL}] }]`,
      `when: { sentTo: [${CAROL}] }\ndo: [{ redirectTo: [${ALICE}] }]`,
    );
    const world = worldWith({ policy: swap });
    expect(told(await call(world), ALICE, CAROL)).toEqual(['DEFAULT', 'DEFAULT']);
    expect(failures(world)).toEqual(['redirect-refused', 'redirect-refused']);
  });

  it('added recipients get it too', async () => {
    const world = worldWith({ policy: policy('when: {}\ndo: [{ addRecipients: [dave@example.com] }]') });
    const answer = await call(world);
    expect(answer.actions).toEqual([
      { action: { type: 'DEFAULT' }, allRecipients: true, recipients: ['dave@example.com'] },
    ]);
  });

  it('what nobody gets is not rewritten', async () => {
    const world = worldWith({
      policy: policy('when: {}\ndo:\n  - prependSubject: "[X]"\n  - deleteMessage: true'),
    });
    const before = text(world);
    expect(told(await call(world), ALICE, CAROL)).toEqual(['DROP', 'DROP']);
    expect(text(world)).toBe(before);
    expect(world.effects).toEqual([]);
  });

  it('an author whom nothing proves is outside, whatever the From says', async () => {
    const forged = Buffer.from(
      fixture('inbound-fail.eml')
        .toString()
        .replace(/^From:.*$/m, `From: Boss <boss@example.com>`),
    );
    const world = worldWith({
      message: forged,
      policy: policy(
        'when: { senderScope: inside }\ndo: [{ bypassSpamCheck: true }]',
        'when: { senderScope: outside }\ndo: [{ moveToJunk: true }]',
      ),
    });
    expect(told(await call(world), ALICE, CAROL)).toEqual(['MOVE_TO_JUNK', 'MOVE_TO_JUNK']);
  });
});

describe('together with DMARC', () => {
  const DMARC =
    'dmarc:\n  mode: enforce\n  actions: { none: default, quarantine: junk, reject: drop }\n  unknown: default\n';
  const both = (body: string) =>
    policyOf(`${HEAD}rules:\n  - name: rule 0\n    ${body.replaceAll('\n', '\n    ')}\n${DMARC}`);
  const BANK = { '_dmarc.bank.example': ['v=DMARC1; p=quarantine'] };

  it('junk stays junk, whatever a rule lets by', async () => {
    const world = worldWith({
      policy: both('when: {}\ndo: [{ bypassSpamCheck: true }]'),
      message: fixture('inbound-fail.eml'),
      txt: BANK,
    });
    expect(told(await call(world), ALICE, CAROL)).toEqual(['MOVE_TO_JUNK', 'MOVE_TO_JUNK']);
  });

  it('nothing against it leaves a rule its say, the mildest too', async () => {
    const world = worldWith({ policy: both(`${TO_ALICE}\ndo: [{ bypassSpamCheck: true }]`) });
    expect(told(await call(world), ALICE, CAROL)).toEqual(['BYPASS_SPAM_CHECK', 'DEFAULT']);
    const left = worldWith({ policy: both(`${TO_ALICE}\ndo: [{ useFallback: true }]`) });
    expect(told(await call(left), ALICE, CAROL)).toEqual([undefined, 'DEFAULT']);
  });

  it('the stricter of the two holds for each recipient', async () => {
    const world = worldWith({
      policy: both(`${TO_ALICE}\ndo: [{ deleteMessage: true }]`),
      message: fixture('inbound-fail.eml'),
      txt: BANK,
    });
    expect(told(await call(world), ALICE, CAROL)).toEqual(['DROP', 'MOVE_TO_JUNK']);
  });
});

describe('without a record that is wanted', () => {
  const recorded = (body: string, journal = 'capture: true') =>
    policyOf(
      `${HEAD}journal: { ${journal} }\nrules:\n  - name: rule 0\n    ${body.replaceAll('\n', '\n    ')}\n`,
    );
  const denied = (world: World) => {
    const { objectStore } = world.ports;
    const refuse: typeof objectStore.putIfAbsent = (object, signal) =>
      object.bucket === 'journal'
        ? Promise.reject(new PermanentError('s3 PutObject: AccessDenied 403'))
        : objectStore.putIfAbsent(object, signal);
    return { ...world.ports, objectStore: { ...objectStore, putIfAbsent: refuse } };
  };
  const run = (world: World, event: unknown) =>
    createFlowHandler([capture, dmarc, rules], () => denied(world))(event, CONTEXT);

  it.each(['deleteMessage: true', 'rejectMessage: { text: "No." }', 'quarantine: { notify: none }'])(
    '%s is junk instead, and told',
    async (action) => {
      const world = worldWith({ policy: recorded(`${TO_ALICE}\ndo: [{ ${action} }]`) });
      expect(told(await run(world, inbound(ALICE, CAROL)), ALICE, CAROL)).toEqual([
        'MOVE_TO_JUNK',
        'DEFAULT',
      ]);
      expect(failures(world)).toContain('record-missing');
      expect([...world.objects.keys()].filter((key) => key.startsWith('keep/'))).toEqual([]);
    },
  );

  it('DMARC destroys nothing either, and outbound mail is sent', async () => {
    const failing = policyOf(
      `${HEAD}journal: { capture: true }\ndmarc:\n  mode: enforce\n  actions: { none: default, quarantine: junk, reject: drop }\n  unknown: default\n`,
    );
    const world = worldWith({
      policy: failing,
      message: fixture('inbound-fail.eml'),
      txt: { '_dmarc.bank.example': ['v=DMARC1; p=reject'] },
    });
    expect(told(await run(world, inbound(ALICE)), ALICE)).toEqual(['MOVE_TO_JUNK']);
    const outbound = worldWith({ policy: recorded('when: {}\ndo: [{ deleteMessage: true }]') });
    const event = { ...inbound('w@world.example'), flowDirection: 'OUTBOUND' };
    expect(told(await run(outbound, event), 'w@world.example')).toEqual(['DEFAULT']);
  });

  it('with the record everything is as the rules say', async () => {
    const world = worldWith({ policy: recorded(`${TO_ALICE}\ndo: [{ deleteMessage: true }]`) });
    expect(told(await call(world), ALICE, CAROL)).toEqual(['DROP', 'DEFAULT']);
    expect(failures(world)).toEqual([]);
  });
});

describe('what cannot be kept', () => {
  const held = policy(`${TO_ALICE}\ndo: [{ quarantine: { notify: none } }]`);

  it('is held when it is kept', async () => {
    const world = worldWith({ policy: held });
    expect(told(await call(world), ALICE, CAROL)).toEqual(['DROP', 'DEFAULT']);
    expect([...world.objects.keys()].filter((key) => key.startsWith('keep/quarantine/'))).toHaveLength(2);
  });

  it.each([
    ['for good', () => new PermanentError('denied')],
    ['for now', () => new TemporaryError('busy')],
  ])('%s: it is junk, not gone', async (_, fault) => {
    const world = worldWith({ policy: held });
    world.faults.set('s3-put', fault);
    expect(told(await call(world), ALICE, CAROL)).toEqual(['MOVE_TO_JUNK', 'DEFAULT']);
  });

  it('for now, where the rule wants a retry: WorkMail calls again', async () => {
    const world = worldWith({
      policy: policy(`onTemporaryError: retry\n${TO_ALICE}\ndo: [{ quarantine: { notify: none } }]`),
    });
    world.faults.set('s3-put', () => new TemporaryError('busy'));
    await expect(call(world)).rejects.toThrow(TemporaryError);
  });
});

describe('what rules ask of others', () => {
  const STAFF = { 'staff@example.com': [ALICE] };
  const byGroup = policy('when: { sentTo: ["group:staff@example.com"] }\ndo: [{ moveToJunk: true }]');

  it('a group is looked up, only where a rule asks', async () => {
    const world = worldWith({ policy: byGroup, groups: STAFF });
    expect(told(await call(world), ALICE, CAROL)).toEqual(['MOVE_TO_JUNK', 'DEFAULT']);
    const none = worldWith({ policy: policy('when: {}\ndo: [{ moveToJunk: true }]'), groups: STAFF });
    await call(none);
    expect(none.calls.some((made) => made.startsWith('directory'))).toBe(false);
  });

  it('an unknown group makes no rule act, and is told', async () => {
    const world = worldWith({ policy: byGroup });
    expect(told(await call(world), ALICE, CAROL)).toEqual(['DEFAULT', 'DEFAULT']);
    expect(failures(world)).toEqual(['lookup']);
  });

  describe.each([
    ['the directory', 'directory', 'sentTo: ["group:staff@example.com"]', 'group'],
    ['the store of contacts', 's3-put', 'firstContact: true', 'first-contact'],
  ] as const)('%s fails', (_, port, condition, what) => {
    const asking = (more = '') =>
      `${more}when: { ${condition} }\ndo: [{ addHeader: { name: X-A, value: a } }]`;
    const other = (more = '') => `${more}when: {}\ndo: [{ moveToJunk: true }]`;
    const broken = (fault: () => Error, ...bodies: readonly string[]) => {
      const world = worldWith({ policy: policy(...bodies), groups: STAFF });
      world.faults.set(port, fault);
      return world;
    };
    const busy = () => new TemporaryError('busy');
    const late = () => new DeadlineError('late');

    it.each([
      ['for good', () => new PermanentError('denied')],
      ['for now', busy],
      ['to answer in time', late],
    ])('%s: the other rules act, and the log tells', async (__, fault) => {
      const world = broken(fault, asking(), other());
      expect(told(await call(world), ALICE, CAROL)).toEqual(['MOVE_TO_JUNK', 'MOVE_TO_JUNK']);
      expect(world.logs).toContainEqual(
        expect.objectContaining({ event: 'failure', kind: 'lookup', what, action: 'unknown' }),
      );
      expect(text(world)).not.toContain('X-A');
    });

    it.each([
      ['for now', 'onTemporaryError', busy],
      ['to answer in time', 'onTimeout', late],
    ])(
      '%s: WorkMail calls again where a rule that asks wants it, and no other',
      async (__, setting, fault) => {
        const wanted = `${setting}: retry\n`;
        await expect(call(broken(fault, asking(wanted), other()))).rejects.toThrow(TemporaryError);
        // A rule that is only tried out holds no mail up.
        for (const harmless of [asking(), asking(`mode: test\n${wanted}`)]) {
          const answer = await call(broken(fault, harmless, other(wanted)));
          expect(told(answer, ALICE)).toEqual(['MOVE_TO_JUNK']);
        }
      },
    );
  });

  it('a store of contacts that never answers leaves time for the other rules', async () => {
    const world = worldWith({
      policy: policy(
        'when: { firstContact: true }\ndo: [{ deleteMessage: true }]',
        'when: {}\ndo: [{ moveToJunk: true }]',
      ),
    });
    const contacts = {
      firstContact: (_: unknown, signal: AbortSignal) =>
        new Promise<never>((__, reject) => {
          signal.addEventListener('abort', () => reject(new DeadlineError('late')));
        }),
    };
    const ports = { ...world.ports, contacts };
    const soon = { ...CONTEXT, getRemainingTimeInMillis: () => 1_000 };
    const handler = createFlowHandler([rules], () => ports);
    expect(told(await handler(inbound(ALICE), soon), ALICE)).toEqual(['MOVE_TO_JUNK']);
  });

  it('the first message of an author is a first contact, and the next is not', async () => {
    const world = worldWith({ policy: policy('when: { firstContact: true }\ndo: [{ moveToJunk: true }]') });
    expect(told(await call(world), ALICE, CAROL)).toEqual(['MOVE_TO_JUNK', 'MOVE_TO_JUNK']);
    const other = '5bb5a1a0-0000-4000-8000-000000000002';
    world.messages.set(other, fixture('inbound-pass.eml'));
    const next = { ...inbound(ALICE, 'dave@example.com'), messageId: other, invocationId: 'b'.repeat(40) };
    expect(told(await call(world, next), ALICE, 'dave@example.com')).toEqual(['DEFAULT', 'MOVE_TO_JUNK']);
    expect(told(await call(world), ALICE, CAROL)).toEqual(['MOVE_TO_JUNK', 'MOVE_TO_JUNK']);
  });
});

it('a function that only watches says what it would do, and does nothing', async () => {
  const body = `when: { sentTo: [${ALICE}], recipientMatch: any }
do:
  - quarantine: { notify: none }
  - saveCopy: { folder: held }
  - addRecipients: [dave@example.com]
  - prependSubject: "[X]"`;
  const world = worldWith({ policy: policy(body) });
  const steps = [capture, dmarc, rules];
  const watching = createFlowHandler(
    steps,
    () => world.ports,
    () => 'monitor',
  );
  const answer = await watching(inbound(ALICE, CAROL), CONTEXT);
  expect(answer.actions).toEqual([{ action: { type: 'DEFAULT' }, allRecipients: true }]);
  expect(world.effects).toEqual([]);
  expect(world.logs).toContainEqual(
    expect.objectContaining({ step: 'rules', outcome: 'default', reason: 'monitor', wouldBe: 'quarantine' }),
  );
});
