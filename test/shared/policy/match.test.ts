import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Condition,
  type MessageFacts,
  matchRules,
  type Policy,
  type RuleMatch,
} from '../../../shared/policy/index.ts';
import { cpuTime } from '../../support/cpu-time.ts';
import { condition, facts, policy, RECIPIENTS, rule } from './make.ts';

function policyOf(when: Partial<Condition>, unless?: Partial<Condition>): Policy {
  const without = unless === undefined ? {} : { unless: [condition(unless)] };
  return policy(rule({ when: condition(when), ...without }));
}

function match(
  when: Partial<Condition>,
  unless?: Partial<Condition>,
  change?: Partial<MessageFacts>,
): RuleMatch {
  const found = matchRules(policyOf(when, unless), facts(change))[0];
  if (found === undefined) throw new Error('no rule');
  return found;
}

function matchedRecipients(result: RuleMatch): readonly number[] {
  return result.recipients.filter((one) => one.matched).map((one) => one.index);
}

describe('one condition', () => {
  it.each<[string, Partial<Condition>, boolean, string | undefined]>([
    ['nothing asked', {}, true, undefined],
    ['direction held', { direction: 'outbound' }, true, 'the message is outbound'],
    ['direction not held', { direction: 'inbound' }, false, 'the message is outbound'],
    ['scope held', { senderScope: 'inside' }, true, 'the sender is inside: for the test'],
    ['scope not held', { senderScope: 'outside' }, false, 'the sender is inside: for the test'],
    ['from held', { from: ['x.example', 'example.com'] }, true, 'the author matches "example.com"'],
    ['from not held', { from: ['x.example'] }, false, 'the author does not match "x.example"'],
    [
      'from of several',
      { from: ['x.example', 'y.example'] },
      false,
      'the author does not match any of the 2 patterns',
    ],
    ['recipient scope', { recipientScope: 'outside' }, true, 'a recipient is outside: [2]'],
    [
      'all in scope',
      { recipientScope: 'outside', recipientMatch: 'all' },
      false,
      'not every recipient is outside: not [0] [1]',
    ],
    ['sent to', { sentTo: ['bob@example.com'] }, true, 'a recipient matches "bob@example.com": [1]'],
    [
      'sent to nobody',
      { sentTo: ['x.example', 'y.example'] },
      false,
      'no recipient matches one of the 2 patterns',
    ],
    ['sent to all', { sentTo: ['*'], recipientMatch: 'all' }, true, 'every recipient matches "*"'],
    ['subject', { subjectContains: ['offer', 'INVOICE'] }, true, 'the subject contains "INVOICE"'],
    ['subject without', { subjectContains: ['offer'] }, false, 'the subject does not contain "offer"'],
    [
      'header',
      { headerContains: { name: 'LIST-ID', words: ['announce'] } },
      true,
      'the LIST-ID header contains "announce"',
    ],
    [
      'header without',
      { headerContains: { name: 'List-Id', words: ['q', 'z'] } },
      false,
      'the List-Id header does not contain any of the 2 words',
    ],
    ['no header', { headerContains: { name: 'X-A', words: ['x'] } }, false, 'there is no X-A header'],
  ])('%s', (_, condition, held, why) => {
    const result = match(condition);
    expect(result.matched).toBe(held);
    expect(result.conditions.map((one) => one.why)).toEqual(why === undefined ? [] : [why]);
    expect(result.conditions.every((one) => one.held === held && one.clause === 'when')).toBe(true);
  });

  it('is not held by what is not known', () => {
    expect(match({ direction: 'inbound' }, undefined, { direction: undefined }).matched).toBe(false);
    expect(match({ from: ['*'] }, undefined, { from: [] }).matched).toBe(false);
    const nobody = match({ sentTo: ['*'], recipientMatch: 'all' }, undefined, { recipients: [] });
    expect(nobody.matched).toBe(false);
    expect(nobody.conditions[0]?.why).toBe('the recipients are not known');
  });

  it('sees through case and compatibility characters', () => {
    expect(match({ subjectContains: ['invoice'] }, undefined, { subject: 'ＩＮＶＯＩＣＥ' }).matched).toBe(
      true,
    );
    expect(match({ subjectContains: ['ＩＮＶoice'] }, undefined, { subject: 'my invoice' }).matched).toBe(
      true,
    );
  });
});

describe('several conditions', () => {
  it('must all hold', () => {
    expect(match({ direction: 'outbound', senderScope: 'inside' }).matched).toBe(true);
    expect(match({ direction: 'outbound', senderScope: 'outside' }).matched).toBe(false);
  });

  it('on recipients must hold for one and the same recipient', () => {
    const result = match({ recipientScope: 'outside', sentTo: ['alice@example.com'] });
    expect(result.matched).toBe(false);
    expect(result.conditions.map((one) => [one.key, one.held])).toEqual([
      ['recipientScope', true],
      ['sentTo', true],
      ['recipientMatch', false],
    ]);
    expect(result.conditions.at(-1)?.why).toBe('no recipient satisfies both recipientScope and sentTo');
  });

  it('say for each recipient whether the rule would act for it alone', () => {
    expect(matchedRecipients(match({ recipientScope: 'outside' }))).toEqual([2]);
    expect(matchedRecipients(match({}))).toEqual([0, 1, 2]);
    expect(matchedRecipients(match({ recipientScope: 'outside', direction: 'inbound' }))).toEqual([]);
    expect(matchedRecipients(match({}, { sentTo: ['bob@example.com'] }))).toEqual([0, 2]);
  });
});

describe('unless', () => {
  it('stops the rule where all of it holds', () => {
    const result = match({ direction: 'outbound' }, { subjectContains: ['invoice'], senderScope: 'inside' });
    expect(result.matched).toBe(false);
    expect(result.conditions.map((one) => [one.clause, one.key, one.held])).toEqual([
      ['when', 'direction', true],
      ['unless', 'senderScope', true],
      ['unless', 'subjectContains', true],
    ]);
  });

  it('of several exceptions one is enough', () => {
    const exceptions = (...given: Partial<Condition>[]) => {
      const one = rule({ unless: given.map(condition) });
      return matchRules(policy(one), facts(), { everyCondition: true })[0];
    };
    const both = exceptions(
      { subjectContains: ['invoice'], senderScope: 'outside' },
      { subjectContains: ['invoice'], senderScope: 'inside' },
    );
    expect(both?.matched).toBe(false);
    expect(both?.conditions.map((one) => [one.exception, one.key, one.held])).toEqual([
      [1, 'senderScope', false],
      [1, 'subjectContains', true],
      [2, 'senderScope', true],
      [2, 'subjectContains', true],
    ]);
    expect(exceptions({ senderScope: 'outside' }, { direction: 'inbound' })?.matched).toBe(true);
  });

  it('does not stop it where a part holds', () => {
    expect(match({}, { subjectContains: ['invoice'], senderScope: 'outside' }).matched).toBe(true);
  });
});

describe('properties', () => {
  const clause: fc.Arbitrary<Condition> = fc.record(
    {
      direction: fc.constantFrom('inbound', 'outbound'),
      senderScope: fc.constantFrom('inside', 'outside'),
      recipientScope: fc.constantFrom('inside', 'outside'),
      recipientMatch: fc.constantFrom('any', 'all'),
      sentTo: fc.subarray(['alice@example.com', 'partner.example', '*'], { minLength: 1 }),
      subjectContains: fc.subarray(['invoice', 'offer'], { minLength: 1 }),
    },
    { requiredKeys: ['recipientMatch'] },
  );

  it('a recipient matches exactly if the rule acts on a message for it alone', () => {
    fc.assert(
      fc.property(
        clause,
        fc.option(clause, { nil: undefined }),
        fc.subarray(RECIPIENTS),
        (when, unless, recipients) => {
          const result = match(when, unless, { recipients });
          for (const { index, matched } of result.recipients) {
            const alone = match(when, unless, { recipients: recipients.slice(index, index + 1) });
            expect(alone.matched).toBe(matched);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('no reason repeats anything of the message', () => {
    const secret = 'q7x9secret';
    fc.assert(
      fc.property(clause, (when) => {
        const result = match(
          { ...when, from: ['x.example'], headerContains: { name: 'List-Id', words: ['y'] } },
          undefined,
          {
            from: [`${secret}@example.com`],
            subject: secret,
            recipients: [`${secret}@partner.example`, `${secret}@example.com`],
            header: () => [secret],
          },
        );
        expect(JSON.stringify([result.conditions, result.recipients])).not.toContain(secret);
      }),
      { numRuns: 200 },
    );
  });
});

describe('hostile texts', () => {
  it.each(['\u0301\u0316', '\uff9e\u0301', '\ufdfa', '\u03a3\u0301', '\u1100\u1161\u11a8'])(
    'are compared in linear time: %j again and again, by many rules',
    (piece) => {
      const [rule] = policyOf({ subjectContains: ['nothing of the kind', 'nor this'] }).rules;
      if (rule === undefined) throw new Error('no rule');
      const many = { ...policyOf({}), rules: Array.from({ length: 100 }, () => rule) };
      const subject = `a${piece.repeat(100_000)}`;
      const work = () =>
        expect(matchRules(many, facts({ subject })).some(({ matched }) => matched)).toBe(false);
      expect(cpuTime(work)).toBeLessThan(3_000);
    },
  );

  it('a few marks make no difference', () => {
    expect(match({ subjectContains: ['caf\u00e9'] }, undefined, { subject: 'Cafe\u0301' }).matched).toBe(
      true,
    );
  });
});
