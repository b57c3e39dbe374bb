/** No policy can be read, and no copy is there: mail goes on as it is, is kept where there is a bucket, and an alarm rings. */
import { describe, expect, it } from 'vitest';
import { createFlowHandler } from '../../handlers/edge/flow.ts';
import { createJournalHandler } from '../../handlers/edge/journal.ts';
import { POLICY_TIMES } from '../../handlers/edge/policy-source.ts';
import { capture } from '../../handlers/edge/steps/capture.ts';
import { dmarc } from '../../handlers/edge/steps/dmarc.ts';
import { rules } from '../../handlers/edge/steps/rules.ts';
import { DeadlineError, PermanentError, TemporaryError } from '../../shared/errors.ts';
import { ANSWER_MARGIN_MS, SYNC_RULE_LIMIT_MS } from '../../shared/workmail/deadline.ts';
import { full } from './support/policies.ts';
import {
  CONTEXT,
  createWorld,
  fixture,
  MESSAGE_ID,
  ruleEvent,
  typeForAll,
  type World,
  type WorldOptions,
} from './support/world.ts';

const STEPS = [capture, dmarc, rules];
const PASSED = { level: 'error', event: 'policy', outcome: 'passed-without-policy' };

/** The message fails DMARC, and the policy would drop it. */
function worldWith(options: Partial<WorldOptions> = {}): World {
  const world = createWorld({ policy: full, message: fixture('inbound-fail.eml'), ...options });
  world.faults.set('policy', () => new PermanentError('s3 GetObject: AccessDenied 403'));
  return world;
}

function call(world: World, steps = STEPS, context = CONTEXT) {
  return createFlowHandler(steps, () => world.ports)(ruleEvent(), context);
}

describe('a synchronous rule without any policy', () => {
  it.each([
    ['wrong or denied', () => new PermanentError('the policy has 2 errors'), 'the policy has 2 errors'],
    ['out of reach for now', () => new TemporaryError('s3 GetObject: SlowDown 503'), 'SlowDown'],
    ['a fault that nobody foresaw', () => new TypeError('alice@example.com'), 'TypeError'],
  ])('%s: everything is delivered unchanged, and kept', async (_, fault, reason) => {
    const world = worldWith();
    world.faults.set('policy', fault);
    const before = world.messages.get(MESSAGE_ID);
    expect(typeForAll(await call(world))).toBe('DEFAULT');
    expect(world.messages.get(MESSAGE_ID)).toBe(before);
    expect(world.effects.map((effect) => effect.replace(/[0-9a-f]{32,}/g, 'HASH'))).toEqual([
      'put raw/HASH.eml',
      'put event/HASH.json',
    ]);
    expect(world.logs[0]).toMatchObject({ ...PASSED, reason: expect.stringContaining(reason) });
    expect(JSON.stringify(world.logs)).not.toContain('@');
  });

  it('nothing is kept without a bucket, and nothing is fetched', async () => {
    const world = worldWith({ buckets: false });
    expect(typeForAll(await call(world))).toBe('DEFAULT');
    expect(world.calls).toEqual(['policy ']);
  });

  it.each([
    ['dmarc', [dmarc]],
    ['rewrite', [rules]],
  ] as const)('%s alone does nothing at all', async (_, steps) => {
    const world = worldWith();
    expect(typeForAll(await call(world, [...steps]))).toBe('DEFAULT');
    expect(world.calls).toEqual(['policy ']);
  });

  it('WorkMail is asked to try again when the message cannot be kept', async () => {
    const world = worldWith();
    world.faults.set('s3-put', () => new TemporaryError('busy'));
    await expect(call(world)).rejects.toThrow(TemporaryError);
  });

  it('a retry with the policy does what it says, and keeps the message once', async () => {
    const world = worldWith({ txt: { '_dmarc.bank.example': ['v=DMARC1; p=reject'] } });
    await call(world);
    world.faults.clear();
    expect(typeForAll(await call(world))).toBe('DROP');
    expect(world.effects).toHaveLength(2);
  });

  it('a policy that does not come leaves most of the time for the message', () => {
    expect(POLICY_TIMES.readMs).toBeLessThanOrEqual((SYNC_RULE_LIMIT_MS - ANSWER_MARGIN_MS) / 2);
    expect(POLICY_TIMES.copyAfterMs + POLICY_TIMES.copyMs).toBeLessThanOrEqual(POLICY_TIMES.readMs);
  });

  it('is an error when the function has no time to wait for it: the next try finds it read', async () => {
    const world = worldWith();
    const ports = { ...world.ports, loadPolicy: () => new Promise<never>(() => undefined) };
    const handler = createFlowHandler(STEPS, () => ports);
    await expect(handler(ruleEvent(), { getRemainingTimeInMillis: () => 100 })).rejects.toThrow(
      DeadlineError,
    );
    expect(world.logs).toMatchObject([{ event: 'invocation', outcome: 'thrown', deadlinePassed: true }]);
  });

  it('is a matter of time when there is none left to keep the message', async () => {
    await expect(call(worldWith(), STEPS, { getRemainingTimeInMillis: () => 100 })).rejects.toThrow(
      DeadlineError,
    );
  });
});

it('the journal does not ask for the policy', async () => {
  const world = worldWith();
  expect(await createJournalHandler(() => world.ports)(ruleEvent(), CONTEXT)).toEqual({ outcome: 'stored' });
  expect(world.calls).not.toContain('policy ');
});

it('the copy of the policy is awaited before the answer, and after an error too', async () => {
  for (const fault of [undefined, 'get']) {
    const world = createWorld({ policy: full, message: fixture('inbound-pass.eml') });
    if (fault !== undefined) world.faults.set(fault, () => new TemporaryError('busy'));
    let saved = false;
    const policySaved = async () => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      saved = true;
    };
    const handler = createFlowHandler(STEPS, () => ({ ...world.ports, policySaved }));
    await handler(ruleEvent(), CONTEXT).catch(() => undefined);
    expect(saved).toBe(true);
  }
});
