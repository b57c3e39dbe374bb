/** What happens when a step cannot decide: retried, settled as the policy says, or answered. */
import { describe, expect, it } from 'vitest';
import { createFlowHandler } from '../../handlers/edge/flow.ts';
import { capture } from '../../handlers/edge/steps/capture.ts';
import { dmarc } from '../../handlers/edge/steps/dmarc.ts';
import { rules } from '../../handlers/edge/steps/rules.ts';
import { DeadlineError, PermanentError, TemporaryError } from '../../shared/errors.ts';
import type { RuleResponse } from '../../shared/workmail/types.ts';
import { full, fullWith, journalOnly, monitorOnly, rulesOnly } from './support/policies.ts';
import {
  CONTEXT,
  createWorld,
  fixture,
  ruleEvent,
  typeForAll,
  type World,
  type WorldOptions,
} from './support/world.ts';

const STEPS = [capture, dmarc, rules];
const BANK = { '_dmarc.bank.example': ['v=DMARC1; p=reject'] };

function worldWith(options: Partial<WorldOptions> = {}): World {
  return createWorld({ policy: full, message: fixture('inbound-pass.eml'), txt: BANK, ...options });
}

function call(world: World, event: unknown = ruleEvent()): Promise<RuleResponse> {
  return createFlowHandler(STEPS, () => world.ports)(event, CONTEXT);
}

function decisions(world: World): string[] {
  return world.logs
    .filter((record) => record.event === 'decision')
    .map((record) => `${record['step']}: ${record['outcome']} (${record['reason']})`);
}

describe('what cannot be decided', () => {
  const temporary = () => new TemporaryError('busy');
  const permanent = () => new PermanentError('denied');

  it.each(['get', 's3-put', 'flow-put', 'mark-key'])(
    '%s: busy is thrown, so that WorkMail calls again',
    async (kind) => {
      const world = worldWith({
        policy: fullWith(['do:', 'onTimeout: retry\n    onTemporaryError: retry\n    do:']),
      });
      world.faults.set(kind, temporary);
      await expect(call(world)).rejects.toThrow(TemporaryError);
    },
  );

  it.each([
    ['get', 'rewrite: unchanged (permanent-error)'],
    ['s3-put', 'rewrite: unchanged (permanent-error)'],
    ['flow-put', 'rewrite: unchanged (permanent-error)'],
    ['mark-key', 'rewrite: unchanged (permanent-error)'],
  ])('%s: denied is answered, with the reason in the log', async (kind, decision) => {
    const world = worldWith();
    world.faults.set(kind, permanent);
    expect(typeForAll(await call(world))).toBe('DEFAULT');
    expect(decisions(world)).toContain(decision);
    expect(world.logs.some((record) => record.level === 'error')).toBe(true);
  });

  it('the log says what is answered instead, so that it can be counted', async () => {
    const answered = (world: World) =>
      world.logs.filter(({ event }) => event === 'failure').map(({ step, action }) => [step, action]);
    const denied = worldWith();
    denied.faults.set('get', permanent);
    await call(denied);
    expect(answered(denied)).toEqual([
      ['capture', 'deliver'],
      ['dmarc', 'default'],
      ['rewrite', 'deliverUnchanged'],
    ]);
    const busy = worldWith({ policy: rulesOnly });
    busy.faults.set('get', temporary);
    await call(busy);
    expect(answered(busy)).toEqual([['rewrite', 'deliverUnchanged']]);
    const retried = worldWith();
    retried.faults.set('get', temporary);
    await expect(call(retried)).rejects.toThrow(TemporaryError);
    expect(answered(retried)).toEqual([['capture', 'retry']]);
    const gone = worldWith({ policy: journalOnly });
    gone.messages.clear();
    await call(gone);
    expect(answered(gone)).toEqual([['capture', 'deliver']]);
  });

  it('a mark key that cannot be had does not stop the capture', async () => {
    const world = worldWith({ policy: journalOnly });
    world.faults.set('mark-key', permanent);
    await call(world);
    expect(decisions(world)).toEqual(['capture: stored (captured)']);
  });

  it('rewrite delivers unchanged by default when busy; capture and dmarc do not', async () => {
    const world = worldWith();
    world.faults.set('flow-put', temporary);
    expect(typeForAll(await call(world))).toBe('DEFAULT');
    expect(decisions(world)).toContain('rewrite: unconfirmed (temporary-error)');
    const failing = worldWith({ message: fixture('inbound-fail.eml') });
    failing.faults.set('txt', temporary);
    await expect(call(failing)).rejects.toThrow(TemporaryError);
  });

  it('DNS trouble follows onTemporaryError, and never delays in monitor mode', async () => {
    const message = fixture('inbound-fail.eml');
    const settled = worldWith({
      message,
      policy: fullWith(['unknown: default', 'unknown: default\n  onTemporaryError: junk']),
    });
    settled.faults.set('txt', temporary);
    expect(typeForAll(await call(settled))).toBe('MOVE_TO_JUNK');
    const watched = worldWith({ message, policy: fullWith(['mode: enforce', 'mode: monitor']) });
    watched.faults.set('txt', temporary);
    expect(typeForAll(await call(watched))).toBe('DEFAULT');
    const unread = worldWith({ message, policy: monitorOnly });
    unread.faults.set('get', temporary);
    expect(typeForAll(await call(unread))).toBe('DEFAULT');
    expect(decisions(unread)).toEqual(['dmarc: default (temporary-error)']);
  });

  it.each([
    [{ kind: 'frozen' } as const],
    [{ kind: 'rejected', reason: 'line too long' } as const],
    [{ kind: 'invalid-location', reason: 'bucket policy' } as const],
    [{ kind: 'not-found' } as const],
  ])('Put answered $kind: delivered unchanged, and the log says which', async (result) => {
    const world = worldWith();
    world.putResult = result;
    expect(typeForAll(await call(world))).toBe('DEFAULT');
    expect(decisions(world)).toContain(`rewrite: unchanged (${result.kind})`);
    expect(world.logs).toContainEqual(
      expect.objectContaining({ event: 'effect', effect: 'put', result: result.kind }),
    );
  });

  it('a message that is gone is answered, with the reason', async () => {
    const world = worldWith();
    world.messages.clear();
    expect(typeForAll(await call(world))).toBe('DEFAULT');
    expect(decisions(world)).toEqual([
      'capture: not-captured (not-found)',
      'dmarc: default (not-found)',
      'rewrite: unchanged (not-found)',
    ]);
    // Nothing was checked, by any step: an alarm has to ring also where no record is wanted.
    const failures = world.logs.filter((record) => record.event === 'failure');
    expect(failures.map(({ level, step, kind, action }) => [level, step, kind, action])).toEqual([
      ['error', 'capture', 'not-found', 'deliver'],
      ['error', 'dmarc', 'not-found', 'default'],
      ['error', 'rewrite', 'not-found', 'deliverUnchanged'],
    ]);
  });

  it('missing buckets are told and stop nothing', async () => {
    const world = worldWith({ buckets: false });
    expect(typeForAll(await call(world))).toBe('DEFAULT');
    const reasons = world.logs
      .filter((record) => record.event === 'failure')
      .map((record) => record['reason']);
    expect(reasons).toEqual(['MAILROOM_JOURNAL_BUCKET is not set', 'MAILROOM_REWRITE_BUCKET is not set']);
  });

  it('an event that is not WorkMail’s is thrown and names its fields', async () => {
    const world = worldWith();
    const event = ruleEvent({ envelope: { recipients: [{ address: 7 }] }, truncated: 'no' });
    const error = await call(world, event).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PermanentError);
    expect(String(error)).toContain('envelope.recipients[0].address: expected a string, got number');
    expect(String(error)).toContain('truncated: expected true or false, got string');
  });
});

describe('time', () => {
  it('the deadline is thrown for capture and dmarc, settled for rewrite', async () => {
    const late = { getRemainingTimeInMillis: () => 100 };
    const capturing = worldWith();
    await expect(createFlowHandler(STEPS, () => capturing.ports)(ruleEvent(), late)).rejects.toThrow(
      DeadlineError,
    );
    const rewriting = worldWith({ policy: rulesOnly });
    const answer = await createFlowHandler(STEPS, () => rewriting.ports)(ruleEvent(), late);
    expect(typeForAll(answer)).toBe('DEFAULT');
    expect(decisions(rewriting)).toEqual(['rewrite: unchanged (timeout)']);
    expect(rewriting.effects).toEqual([]);
  });

  it('what the policy settles for is what happens', async () => {
    const policy = fullWith(
      ['capture: true', 'capture: true, onTimeout: deliver'],
      ['unknown: default', 'unknown: default\n  onTimeout: junk'],
    );
    const world = worldWith({ policy });
    const late = { getRemainingTimeInMillis: () => 100 };
    expect(typeForAll(await createFlowHandler(STEPS, () => world.ports)(ruleEvent(), late))).toBe(
      'MOVE_TO_JUNK',
    );
    expect(decisions(world)).toEqual([
      'capture: not-captured (timeout)',
      'dmarc: junk (timeout)',
      'rewrite: unchanged (timeout)',
    ]);
  });
});
