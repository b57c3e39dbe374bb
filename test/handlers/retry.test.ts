/** A retry changes nothing twice: every handler once, twice, three times, and killed after each of its effects. */
import { describe, expect, it } from 'vitest';
import { createFlowHandler } from '../../handlers/edge/flow.ts';
import { createJournalHandler } from '../../handlers/edge/journal.ts';
import type { Ports } from '../../handlers/edge/ports.ts';
import { capture } from '../../handlers/edge/steps/capture.ts';
import { dmarc } from '../../handlers/edge/steps/dmarc.ts';
import { rules } from '../../handlers/edge/steps/rules.ts';
import { PermanentError } from '../../shared/errors.ts';
import { full, fullWith } from './support/policies.ts';
import { expectSameAfterCalls, expectSameAfterDeath, type Retried } from './support/retries.ts';
import {
  answerOrDeath,
  CONTEXT,
  createWorld,
  fixture,
  MESSAGE_ID,
  restarted,
  ruleEvent,
} from './support/world.ts';

const BANK = { '_dmarc.bank.example': ['v=DMARC1; p=quarantine'] };

const outbound = ruleEvent({
  flowDirection: 'OUTBOUND',
  envelope: { mailFrom: { address: 'alice@example.com' }, recipients: [{ address: 'bob@partner.example' }] },
});
const { invocationId: _, flowDirection: __, ...older } = ruleEvent();

type Call = (ports: Ports, event: unknown) => Promise<unknown>;
const rule = (...steps: Parameters<typeof createFlowHandler>[0]): Call => {
  return (ports, event) => createFlowHandler(steps, () => ports)(event, CONTEXT);
};
const HANDLERS: Record<string, Call> = {
  mailflow: rule(capture, dmarc, rules),
  rewrite: rule(rules),
  dmarc: rule(dmarc),
  journal: (ports, event) => createJournalHandler(() => ports)(event, CONTEXT),
};
const MESSAGES = [
  ['inbound-pass.eml', ruleEvent()],
  ['inbound-fail.eml', ruleEvent()],
  ['inbound-pass.eml', older],
  ['outbound.eml', outbound],
  ['signed.eml', ruleEvent()],
] as const;

const cases = Object.keys(HANDLERS).flatMap((handler) =>
  MESSAGES.flatMap(([message, event]) =>
    [true, false].map((withKey) => ({ handler, message, event, withKey })),
  ),
);

/** The journal tells a first call from a later one; the rule's answer may not. */
function comparable(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer).replace('already-stored', 'stored'));
}

describe.each(cases)('$handler on $message, mark key: $withKey', ({ handler, message, event, withKey }) => {
  const options = { policy: full, message: fixture(message), txt: BANK, withKey };
  const call = HANDLERS[handler] ?? (() => Promise.reject(new Error('no handler')));
  const retried: Retried = {
    options,
    comparable,
    run: (world) => answerOrDeath(world, call(world.ports, event)),
  };

  it('ends the same after one, two and three calls', async () => {
    await expectSameAfterCalls(retried);
  });

  it('ends the same when it was killed after each effect', async () => {
    await expectSameAfterDeath(retried);
  });
});

describe('a retry under another policy', () => {
  it('does not rewrite again, and answers by the new rules', async () => {
    const options = { policy: full, message: fixture('inbound-pass.eml') };
    const first = createWorld(options);
    await HANDLERS['mailflow']?.(first.ports, ruleEvent());
    const changed = { ...options, policy: fullWith(['comes from outside', 'is EXTERNAL']) };
    const next = restarted(first, changed);
    await HANDLERS['mailflow']?.(next.ports, ruleEvent());
    expect(next.messages.get(MESSAGE_ID)).toEqual(first.messages.get(MESSAGE_ID));
    expect(next.logs).toContainEqual(
      expect.objectContaining({ reason: 'already-rewritten', mark: 'other-rules' }),
    );
  });
});

describe('a copy that was rewritten before anything was captured', () => {
  it('is kept under its true name, never as the original', async () => {
    const options = { policy: full, message: fixture('inbound-pass.eml') };
    const first = createWorld(options);
    await HANDLERS['rewrite']?.(first.ports, ruleEvent());
    const next = restarted(first, options);
    await HANDLERS['mailflow']?.(next.ports, ruleEvent());
    const [, record] = [...next.objects].find(([key]) => key.startsWith('journal/event/')) ?? [];
    expect(JSON.parse(Buffer.from(record ?? []).toString())).toMatchObject({ raw: { content: 'rewritten' } });
    expect(next.logs).toContainEqual(expect.objectContaining({ level: 'error', kind: 'original-gone' }));
  });

  it('is known as captured also where S3 does not tell', async () => {
    const options = { policy: full, message: fixture('inbound-pass.eml') };
    const first = createWorld(options);
    await HANDLERS['mailflow']?.(first.ports, ruleEvent());
    const next = restarted(first, options);
    next.faults.set('s3-head', () => new PermanentError('s3 HeadObject: 403'));
    await HANDLERS['mailflow']?.(next.ports, ruleEvent());
    const record = [...next.objects].find(([key]) => key.startsWith('journal/event/'));
    expect(record).toEqual([...first.objects].find(([key]) => key.startsWith('journal/event/')));
    expect(next.logs).toContainEqual(expect.objectContaining({ step: 'capture', outcome: 'already-stored' }));
    expect(next.logs).not.toContainEqual(expect.objectContaining({ kind: 'original-gone' }));
  });
});
