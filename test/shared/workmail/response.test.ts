import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GENERAL_BOUNCE_TEXT } from '../../../shared/workmail/disposition.ts';
import { buildRuleResponse } from '../../../shared/workmail/response.ts';
import type { Disposition, RuleEvent } from '../../../shared/workmail/types.ts';
import { judgeResponse } from './rule-response-validator.ts';

const RUNS = { numRuns: 400, seed: 20_210_707 };

function eventFor(recipients: readonly string[], change: Partial<RuleEvent> = {}): RuleEvent {
  return {
    summaryVersion: '2018-10-10',
    mailFrom: 'from@example.com',
    recipients,
    sender: undefined,
    subject: undefined,
    messageId: '0-0',
    invocationId: '0',
    flowDirection: 'INBOUND',
    truncated: false,
    ...change,
  };
}

function people(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `Person.${index}@Example.COM`);
}

function each(dispositions: readonly Disposition[]): Map<number, Disposition> {
  return new Map(dispositions.entries());
}

const bounce = (bounceMessage: string): Disposition => ({ type: 'BOUNCE', bounceMessage });
const DEFAULT: Disposition = { type: 'DEFAULT' };
const JUNK: Disposition = { type: 'MOVE_TO_JUNK' };
const DROP: Disposition = { type: 'DROP' };
const FALLBACK: Disposition = { type: 'fallback' };

describe('buildRuleResponse', () => {
  it('answers one decision for all without naming anyone', () => {
    const built = buildRuleResponse(eventFor(people(3)), each([JUNK, JUNK, JUNK]));
    expect(built).toEqual({
      response: { actions: [{ action: { type: 'MOVE_TO_JUNK' }, allRecipients: true }] },
      adjustments: [],
    });
  });

  it("lists the others in the event's own spelling", () => {
    const built = buildRuleResponse(eventFor(people(3)), each([DEFAULT, bounce('no'), DEFAULT]));
    expect(built.response.actions).toEqual([
      { action: { type: 'DEFAULT' }, allRecipients: true },
      {
        action: { type: 'BOUNCE', parameters: { bounceMessage: 'no' } },
        recipients: ['Person.1@Example.COM'],
      },
    ]);
  });

  it('leaves a fallback recipient out of every list, on purpose only', () => {
    const built = buildRuleResponse(eventFor(people(3)), each([DEFAULT, FALLBACK, DEFAULT]));
    expect(built.response.actions).toEqual([
      { action: { type: 'DEFAULT' }, recipients: ['Person.0@Example.COM', 'Person.2@Example.COM'] },
    ]);
    const forgotten = buildRuleResponse(eventFor(people(2)), new Map([[0, DROP]]));
    expect(judgeResponse(forgotten.response, 'INBOUND').of('Person.1@Example.COM')).toBe('DEFAULT');
    expect(forgotten.adjustments).toEqual(['recipient 1: no disposition was given, DEFAULT']);
  });

  it('covers recipients that a truncated event does not show with the commonest disposition', () => {
    const truncated = eventFor(people(3), { truncated: true });
    const outcome = judgeResponse(buildRuleResponse(truncated, each([JUNK, JUNK, DROP])).response, 'INBOUND');
    expect(outcome.of('unseen@example.com')).toBe('MOVE_TO_JUNK');
    const nobody = buildRuleResponse(eventFor([], { truncated: true }), new Map());
    expect(nobody.response.actions).toEqual([{ action: { type: 'DEFAULT' }, allRecipients: true }]);
  });

  it('does not destroy the copies of those whom a truncated event does not show for what some others deserve', () => {
    const truncated = eventFor(people(3), { truncated: true });
    for (const destroys of [DROP, bounce('No.')]) {
      const built = buildRuleResponse(truncated, each([destroys, destroys, JUNK]));
      const outcome = judgeResponse(built.response, 'INBOUND');
      expect(outcome.of('unseen@example.com')).toBe('DEFAULT');
      expect(outcome.of('Person.0@Example.COM')).toMatch(destroys.type);
    }
    const all = judgeResponse(buildRuleResponse(truncated, each([DROP, DROP, DROP])).response, 'INBOUND');
    expect(all.of('unseen@example.com')).toBe('DROP');
  });

  it('keeps those who are added in an answer that is too long, for nobody else may have the message', () => {
    const long = eventFor(people(499).map((address) => `${'x'.repeat(900)}${address}`));
    const dispositions = each(long.recipients.map((_, index) => [DROP, JUNK, DEFAULT][index % 3] ?? DROP));
    const options = { addedRecipients: ['x@example.com'], organizationDomains: ['example.com'] };
    const { response, adjustments } = buildRuleResponse(long, dispositions, options);
    expect(adjustments.join()).toContain('too many recipients to list');
    expect(judgeResponse(response, 'INBOUND').of('x@example.com')).toBe('DEFAULT');
    expect(response.actions.flatMap(({ recipients = [] }) => recipients)).toContain('x@example.com');
  });

  it('breaks a tie for the milder one, so that the unseen are not dropped', () => {
    const truncated = eventFor(people(2), { truncated: true });
    const outcome = judgeResponse(buildRuleResponse(truncated, each([DROP, DEFAULT])).response, 'INBOUND');
    expect(outcome.of('unseen@example.com')).toBe('DEFAULT');
  });

  it('does not let allRecipients reach a fallback recipient of a truncated event', () => {
    const built = buildRuleResponse(eventFor(people(3), { truncated: true }), each([JUNK, JUNK, FALLBACK]));
    expect(judgeResponse(built.response, 'INBOUND').of('Person.2@Example.COM')).toBeUndefined();
    expect(built.adjustments.join()).toContain('left to the fallback');
  });

  it.each(['OUTBOUND', undefined] as const)(
    'knows only DEFAULT, DROP and BOUNCE for direction %s',
    (direction) => {
      const event = eventFor(people(4), { flowDirection: direction });
      const built = buildRuleResponse(event, each([JUNK, { type: 'BYPASS_SPAM_CHECK' }, DROP, bounce('x')]));
      const outcome = judgeResponse(built.response, direction);
      expect(outcome.faults).toEqual([]);
      expect(people(4).map(outcome.of)).toEqual(['DEFAULT', 'DEFAULT', 'DROP', 'BOUNCE x']);
      expect(built.adjustments).toHaveLength(2);
    },
  );

  it('merges the rarest bounce texts when there are too many', () => {
    const texts = Array.from({ length: 12 }, (_, index) => bounce(`text ${index}`));
    const built = buildRuleResponse(eventFor(people(13)), each([...texts, bounce('text 3')]));
    const outcome = judgeResponse(built.response, 'INBOUND');
    expect(outcome.faults).toEqual([]);
    expect(outcome.of('Person.3@Example.COM')).toBe('BOUNCE text 3');
    expect(outcome.of('Person.11@Example.COM')).toBe(`BOUNCE ${GENERAL_BOUNCE_TEXT}`);
    expect(built.adjustments).toEqual(['7 different bounce texts were merged into the general one']);
  });

  it('has room for six bounce texts beside all other types', () => {
    const others: Disposition[] = [DEFAULT, DROP, JUNK, { type: 'BYPASS_SPAM_CHECK' }];
    for (const count of [6, 7]) {
      const texts = Array.from({ length: count }, (_, index) => bounce(`text ${index}`));
      const built = buildRuleResponse(eventFor(people(4 + count)), each([...others, ...texts]));
      expect(judgeResponse(built.response, 'INBOUND').faults).toEqual([]);
      expect(built.response.actions).toHaveLength(10);
      expect(built.adjustments).toHaveLength(count - 6);
    }
  });

  it('cleans a bounce text', () => {
    const built = buildRuleResponse(eventFor(people(1)), each([bounce('a\r\nBcc: x\u0000')]));
    expect(built.response.actions[0]?.action.parameters?.bounceMessage).toBe('a Bcc: x');
    const empty = buildRuleResponse(eventFor(people(1)), each([bounce(' \n ')]));
    expect(empty.response.actions[0]?.action.parameters?.bounceMessage).toBe(GENERAL_BOUNCE_TEXT);
  });

  it('takes the more restrictive of two dispositions for one address', () => {
    const built = buildRuleResponse(eventFor(['a@b.c', 'a@b.c']), each([DEFAULT, DROP]));
    expect(judgeResponse(built.response, 'INBOUND').of('a@b.c')).toBe('DROP');
  });

  it('adds recipients, inbound only of the organization', () => {
    const addedRecipients = [
      'x@example.com',
      'y@elsewhere.example',
      'not an address',
      'person.0@example.com',
    ];
    const options = { addedRecipients, organizationDomains: ['example.com'] };
    const inbound = buildRuleResponse(eventFor(people(1)), each([JUNK]), options);
    expect(inbound.response.actions).toEqual([
      { action: { type: 'MOVE_TO_JUNK' }, allRecipients: true },
      { action: { type: 'DEFAULT' }, recipients: ['x@example.com'] },
    ]);
    expect(inbound.adjustments).toHaveLength(3);
    const unknown = eventFor(people(1), { flowDirection: undefined });
    expect(buildRuleResponse(unknown, each([DEFAULT]), options).adjustments).toHaveLength(3);
    const event = eventFor(people(1), { flowDirection: 'OUTBOUND' });
    const outbound = buildRuleResponse(event, each([DEFAULT]), options);
    expect(outbound.response.actions).toEqual([
      {
        action: { type: 'DEFAULT' },
        allRecipients: true,
        recipients: ['x@example.com', 'y@elsewhere.example'],
      },
    ]);
  });

  it('delivers what it cannot list, the most restrictive listed first', () => {
    const event = eventFor(people(1_500));
    const wish = people(1_500).map((_, index) => [DEFAULT, JUNK, DROP][index % 3] ?? DEFAULT);
    const built = buildRuleResponse(event, each(wish));
    const outcome = judgeResponse(built.response, 'INBOUND');
    expect(outcome.faults).toEqual([]);
    expect(outcome.of('Person.1499@Example.COM')).toBe('DROP');
    expect(outcome.of('Person.1498@Example.COM')).toBe('DEFAULT');
    expect(built.adjustments).toEqual(['too many recipients to list: the least restricted get DEFAULT']);
  });

  it('leaves to the fallback what it cannot list beside a fallback recipient', () => {
    const event = eventFor(people(1_200));
    const built = buildRuleResponse(event, each([FALLBACK, ...people(1_199).map(() => JUNK)]));
    const outcome = judgeResponse(built.response, 'INBOUND');
    expect(outcome.faults).toEqual([]);
    expect(outcome.of('Person.0@Example.COM')).toBeUndefined();
    expect(outcome.of('Person.500@Example.COM')).toBe('MOVE_TO_JUNK');
    expect(outcome.of('Person.1199@Example.COM')).toBeUndefined();
  });
});

const disposition: fc.Arbitrary<Disposition> = fc.oneof(
  fc.constantFrom<Disposition>(DEFAULT, DROP, JUNK, { type: 'BYPASS_SPAM_CHECK' }),
  fc.record({
    type: fc.constant('BOUNCE' as const),
    bounceMessage: fc.string({ unit: 'binary', maxLength: 1_200 }),
  }),
);
const address = fc.oneof(
  fc.emailAddress(),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
  fc.constantFrom('a@example.com', 'A@Example.com'),
);
const direction = fc.constantFrom('INBOUND' as const, 'OUTBOUND' as const, undefined);

describe('whatever is asked for', () => {
  it('the answer is one that WorkMail takes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(address, fc.oneof(disposition, fc.constant(FALLBACK))), { maxLength: 40 }),
        fc.array(address, { maxLength: 5 }),
        direction,
        fc.boolean(),
        fc.integer({ min: 1, max: 40 }),
        (rows, addedRecipients, flowDirection, truncated, times) => {
          const wide = Array.from({ length: times }, () => rows).flat();
          const recipients = wide.map(([name], index) => `${Math.floor(index / rows.length)}${name}`);
          const event = eventFor(recipients, { flowDirection, truncated });
          const wish = new Map(wide.map(([, wanted], index) => [index, wanted]));
          const built = buildRuleResponse(event, wish, {
            addedRecipients,
            organizationDomains: ['example.com'],
          });
          expect(judgeResponse(built.response, flowDirection).faults).toEqual([]);
        },
      ),
      RUNS,
    );
  });

  it('every recipient gets what was asked for, when nothing is adjusted', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.emailAddress(), { minLength: 1, maxLength: 30 }),
        fc.array(fc.oneof(disposition, fc.constant(FALLBACK)), { minLength: 30, maxLength: 30 }),
        fc.boolean(),
        (recipients, wishes, truncated) => {
          const event = eventFor(recipients, { truncated });
          const wish = new Map(recipients.map((_, index) => [index, wishes[index] ?? DEFAULT]));
          const { response, adjustments } = buildRuleResponse(event, wish);
          if (adjustments.some((text) => !text.includes('truncated'))) return;
          const outcome = judgeResponse(response, 'INBOUND');
          for (const [index, recipient] of recipients.entries()) {
            const wanted = wish.get(index) ?? DEFAULT;
            const key = wanted.type === 'BOUNCE' ? `BOUNCE ${wanted.bounceMessage}` : wanted.type;
            expect(outcome.of(recipient)).toBe(key === 'fallback' ? undefined : key);
          }
        },
      ),
      RUNS,
    );
  });
});
