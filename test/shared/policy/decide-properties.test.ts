/** What holds for every set of rules and every message, whatever they are. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OUTCOMES, outcomeOf } from '../../../shared/policy/decision.ts';
import { decide, type MessageFacts, type Rule } from '../../../shared/policy/index.ts';
import type { Action } from '../../../shared/policy/types.ts';
import { condition, facts, policy, RECIPIENTS, rule } from './make.ts';

const WISHES: readonly Action[] = [
  { kind: 'moveToJunk' },
  { kind: 'deleteMessage' },
  { kind: 'bypassSpamCheck' },
  { kind: 'quarantine', notify: 'none' },
  { kind: 'rejectMessage', text: 'no' },
  { kind: 'prependSubject', tag: '[A]' },
  { kind: 'useFallback' },
  { kind: 'redirectTo', addresses: ['boss@example.com'] },
  { kind: 'addRecipients', addresses: ['log@example.com'] },
  { kind: 'removeRecipients', patterns: ['bob@example.com'] },
  { kind: 'saveCopy', folder: 'a' },
];

const clause = fc
  .record(
    {
      direction: fc.constantFrom<'inbound' | 'outbound'>('inbound', 'outbound'),
      sentTo: fc.subarray(['alice@example.com', 'partner.example', '*'], { minLength: 1 }),
      recipientMatch: fc.constantFrom<'any' | 'all'>('any', 'all'),
      bodyContains: fc.subarray(['gift', 'nothing'], { minLength: 1 }),
      firstContact: fc.boolean(),
    },
    { requiredKeys: ['recipientMatch'] },
  )
  .map((one) => condition(one));
const wish = fc.constantFrom(...WISHES);
const ruleOf = fc.record({
  when: clause,
  unless: fc.option(
    fc.array(
      clause.filter((one) => Object.keys(one).length > 1),
      { minLength: 1, maxLength: 2 },
    ),
    { nil: undefined },
  ),
  do: fc.array(wish, { minLength: 1, maxLength: 3 }),
  mode: fc.constantFrom<Rule['mode']>('enforce', 'test'),
  stopProcessing: fc.boolean(),
});
const ruleSet = fc
  .array(ruleOf, { maxLength: 6 })
  .map((all) =>
    all.map(({ unless, ...one }, index) =>
      rule({ name: `rule ${index}`, ...one, ...(unless === undefined ? {} : { unless }) }),
    ),
  );
const message = fc
  .record({
    direction: fc.constantFrom<MessageFacts['direction']>('inbound', 'outbound', undefined),
    recipients: fc.subarray(RECIPIENTS),
    firstContact: fc.array(fc.option(fc.boolean(), { nil: undefined }), { minLength: 3, maxLength: 3 }),
  })
  .map(({ firstContact, ...one }) =>
    facts({
      ...one,
      bodyText: () => ({ text: 'a gift', complete: true }),
      lookups: { groups: new Map(), firstContact },
    }),
  );

describe('properties', () => {
  it('every recipient has one outcome, the strictest that an acting rule wants for it', () => {
    fc.assert(
      fc.property(ruleSet, message, (rules, about) => {
        const decision = decide(policy(...rules), about);
        expect(decision.recipients).toHaveLength(about.recipients.length);
        for (const [index, one] of decision.recipients.entries()) {
          const by = decision.rules.find((match) => match.rule.name === one.rule);
          if (by === undefined) expect(one).toEqual({ outcome: 'deliver' });
          else expect(by.state).toBe('acts');
          for (const match of decision.rules.filter(({ state }) => state === 'acts')) {
            for (const action of match.rule.do) {
              const wanted = outcomeOf(action);
              // Those two do not always speak for the recipient; a bypass is weaker than no wish.
              if (wanted === undefined || ['removed', 'redirectTo', 'rejectMessage'].includes(wanted))
                continue;
              if (match.recipients[index]?.matched === true)
                expect(OUTCOMES.indexOf(one.outcome)).toBeLessThanOrEqual(OUTCOMES.indexOf(wanted));
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('a rule in test mode might as well not be there', () => {
    fc.assert(
      fc.property(ruleSet, message, (rules, about) => {
        const { rules: _, ...decided } = decide(policy(...rules), about);
        const without = decide(policy(...rules.filter(({ mode }) => mode !== 'test')), about);
        const { rules: __, ...expected } = without;
        expect(decided).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('nothing after an acting rule that stops is asked', () => {
    fc.assert(
      fc.property(ruleSet, message, (rules, about) => {
        const { rules: matches } = decide(policy(...rules), about);
        const stop = matches.findIndex(
          ({ state, matched, rule: one }) => state === 'acts' && matched && one.stopProcessing,
        );
        const later = stop < 0 ? [] : matches.slice(stop + 1);
        expect(later.every(({ state, conditions }) => state === 'stopped' && conditions.length === 0)).toBe(
          true,
        );
        expect(
          matches.slice(0, stop < 0 ? undefined : stop + 1).some(({ state }) => state === 'stopped'),
        ).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it('what is not asked because it costs much makes no difference', () => {
    fc.assert(
      fc.property(ruleSet, message, (rules, about) => {
        const { rules: quick, ...decided } = decide(policy(...rules), about);
        const { rules: every, ...expected } = decide(policy(...rules), about, { everyCondition: true });
        expect(decided).toEqual(expected);
        expect(quick.map(({ state, recipients }) => [state, recipients])).toEqual(
          every.map(({ state, recipients }) => [state, recipients]),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('who gets the message does not depend on the order of rules that never stop', () => {
    fc.assert(
      fc.property(ruleSet, message, (rules, about) => {
        const going = rules.map((one) => ({ ...one, stopProcessing: false }));
        const there = decide(policy(...going), about);
        const back = decide(policy(...going.toReversed()), about);
        expect(back.recipients.map(({ outcome }) => outcome)).toEqual(
          there.recipients.map(({ outcome }) => outcome),
        );
        // The changes of each rule stay together and in its order.
        expect(back.changes.map((one) => one.rule)).toEqual(
          there.changes.map((one) => one.rule).toReversed(),
        );
        expect(back.added.map(({ address }) => address).toSorted()).toEqual(
          there.added.map(({ address }) => address).toSorted(),
        );
      }),
      { numRuns: 300 },
    );
  });
});
