/** MAILROOM_MODE: one switch that takes the functions out of the decision, or lets them only watch. */
import { describe, expect, it } from 'vitest';
import type { Mode } from '../../handlers/edge/environment.ts';
import { createFlowHandler } from '../../handlers/edge/flow.ts';
import { capture } from '../../handlers/edge/steps/capture.ts';
import { dmarc } from '../../handlers/edge/steps/dmarc.ts';
import { rules } from '../../handlers/edge/steps/rules.ts';
import { PermanentError, TemporaryError } from '../../shared/errors.ts';
import { full, fullWith } from './support/policies.ts';
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

const BANK = { '_dmarc.bank.example': ['v=DMARC1; p=reject'] };
/** Whatever cannot be decided is to be tried again; no journal. */
const strict = fullWith(
  ['do:', 'onTimeout: retry\n    onTemporaryError: retry\n    do:'],
  ['journal: { capture: true }\n', ''],
);

function worldWith(options: Partial<WorldOptions> = {}): World {
  return createWorld({ policy: full, message: fixture('inbound-fail.eml'), txt: BANK, ...options });
}

function call(world: World, mode: Mode, event: unknown = ruleEvent()) {
  const steps = [capture, dmarc, rules];
  return createFlowHandler(
    steps,
    () => world.ports,
    () => mode,
  )(event, CONTEXT);
}

function decisions(world: World): unknown[] {
  return world.logs
    .filter(({ event }) => event === 'decision')
    .map(({ step, outcome, reason, wouldBe }) => [step, outcome, reason, wouldBe]);
}

describe('off', () => {
  it('answers DEFAULT for all, reads nothing and keeps nothing', async () => {
    const world = worldWith();
    expect(typeForAll(await call(world, 'off'))).toBe('DEFAULT');
    expect(world.calls).toEqual([]);
    expect(world.logs).toEqual([{ level: 'info', event: 'skip', reason: 'off' }]);
  });

  it('answers also where the environment is wrong, or the event', async () => {
    const wrong = () => {
      throw new PermanentError('environment: MAILROOM_DNS: expected an IP address');
    };
    const handler = createFlowHandler([capture], wrong, () => 'off');
    for (const event of [ruleEvent(), {}, null]) {
      expect(typeForAll(await handler(event, CONTEXT))).toBe('DEFAULT');
    }
  });
});

describe('monitor', () => {
  it('keeps the message, tells what DMARC would do, and lets it pass', async () => {
    const world = worldWith();
    expect(typeForAll(await call(world, 'monitor'))).toBe('DEFAULT');
    expect(decisions(world)).toEqual([
      ['capture', 'stored', 'captured', undefined],
      ['dmarc', 'default', 'fail-reject', 'drop'],
      ['rewrite', 'unchanged', 'monitor', 'rewritten'],
    ]);
    expect(world.effects.map((effect) => effect.slice(0, 8))).toEqual(['put raw/', 'put even']);
  });

  it('tells which rules would act, and changes nothing', async () => {
    const world = worldWith({ message: fixture('inbound-pass.eml') });
    const before = world.messages.get(MESSAGE_ID);
    expect(typeForAll(await call(world, 'monitor'))).toBe('DEFAULT');
    expect(world.messages.get(MESSAGE_ID)).toBe(before);
    expect(world.logs).toContainEqual(
      expect.objectContaining({ step: 'rewrite', wouldBe: 'rewritten', rules: ['external banner'] }),
    );
    expect(world.logs).toContainEqual(expect.objectContaining({ event: 'edit', rule: 'external banner' }));
    expect(world.calls.some((made) => /^(flow-put|s3-put rewritten)/.test(made))).toBe(false);
  });

  it.each(['txt', 'mark-key'])('%s: does not hold mail back for what it would only watch', async (kind) => {
    const world = worldWith({ policy: strict });
    world.faults.set(kind, () => new TemporaryError('busy'));
    expect(typeForAll(await call(world, 'monitor'))).toBe('DEFAULT');
  });

  it.each([
    ['dmarc', [dmarc], 'inbound-fail.eml'],
    ['rewrite', [rules], 'inbound-pass.eml'],
  ] as const)('%s alone changes nothing either', async (_, steps, message) => {
    const world = worldWith({ message: fixture(message) });
    const handler = createFlowHandler(
      [...steps],
      () => world.ports,
      () => 'monitor',
    );
    expect(typeForAll(await handler(ruleEvent(), CONTEXT))).toBe('DEFAULT');
    expect(world.effects).toEqual([]);
    expect(decisions(world)).toHaveLength(1);
  });

  it('keeps messages as strictly as otherwise', async () => {
    const world = worldWith();
    world.faults.set('s3-put', () => new TemporaryError('busy'));
    await expect(call(world, 'monitor')).rejects.toThrow(TemporaryError);
  });
});

it('enforce drops it', async () => {
  expect(typeForAll(await call(worldWith(), 'enforce'))).toBe('DROP');
});
