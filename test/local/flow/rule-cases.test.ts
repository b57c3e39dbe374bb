/** The table of cases, asked of the rules. `test/local/cli/rules.test.ts` asks the command the same. */
import { describe, expect, test } from 'vitest';
import { DEFAULT_ASSUMPTIONS } from '../../../local/assumptions.ts';
import { chooseRule } from '../../../local/flow/rules.ts';
import type { FlowRule } from '../../../local/flow/types.ts';
import { PATTERN_CASES, RULE_CASES, type RuleCase } from '../../fixtures/flow/rule-cases.ts';
import { ruleSetOf } from './rule-case-file.ts';

function choose(each: RuleCase): ReturnType<typeof chooseRule> {
  const direction = each.direction ?? 'inbound';
  return chooseRule({
    direction,
    rules: ruleSetOf(each).rules[direction],
    sender: each.sender,
    from: each.from ?? 'ann@mail.good.example',
    recipient: each.to ?? 'alice@example.com',
    assumptions: { ...DEFAULT_ASSUMPTIONS, ...each.assumptions },
  });
}

test('there are at least 60 cases', () => {
  expect(RULE_CASES.length + PATTERN_CASES.length).toBeGreaterThanOrEqual(60);
});

describe('which rule acts', () => {
  test.each(RULE_CASES.map((each) => [each.title, each] as const))('%s', (_title, each) => {
    const choice = choose(each);
    expect(choice.acting.map((rule) => rule.name)).toEqual(each.acts);
    const losers = Object.fromEntries(choice.losers.map(({ rule, why }) => [rule, why]));
    for (const [rule, why] of Object.entries(each.why ?? {})) expect(losers[rule]).toContain(why);
    expect(choice.losers).toHaveLength(each.rules.length - each.acts.length);
  });
});

describe('[R35] patterns, for senders and recipients alike', () => {
  const rule = (senders: string, recipients: string): FlowRule => {
    const { rules } = ruleSetOf({
      title: '',
      rules: [['r', 'drop', senders, recipients]],
      acts: [],
      action: '',
    });
    const [first] = rules.inbound;
    if (first === undefined) throw new Error('no rule');
    return first;
  };
  const acts = (one: FlowRule, from: string, recipient: string): boolean =>
    chooseRule({
      direction: 'inbound',
      rules: [one],
      sender: undefined,
      from,
      recipient,
      assumptions: DEFAULT_ASSUMPTIONS,
    }).acting.length > 0;

  test.each(PATTERN_CASES)('%s', (_title, pattern, address, matches) => {
    expect(acts(rule(pattern, '*'), address, 'x@y.example')).toBe(matches);
    expect(acts(rule('*', pattern), 'x@y.example', address)).toBe(matches);
  });
});

// From the most specific to the least; each matches ann@mail.good.example.
const BY_SPECIFICITY = [
  'ann@mail.good.example',
  'mail.good.example',
  '*.mail.good.example',
  '*.good.example',
  '*',
] as const;

describe('[R17] the more specific pattern acts, whatever the actions', () => {
  const pairs = BY_SPECIFICITY.flatMap((narrow, index) =>
    BY_SPECIFICITY.slice(index + 1).map((wide) => [narrow, wide] as const),
  );
  test.each(pairs)('%s over %s', (narrow, wide) => {
    for (const side of ['senders', 'recipients'] as const) {
      const row = (name: string, action: string, pattern: string) =>
        side === 'senders' ? ([name, action, pattern] as const) : ([name, action, '*', pattern] as const);
      const choice = choose({
        title: '',
        rules: [row('wide', 'drop', wide), row('narrow', 'neverJunk', narrow)],
        to: 'ann@mail.good.example',
        acts: [],
        action: '',
      });
      expect(choice.acting.map((rule) => rule.name)).toEqual(['narrow']);
    }
  });
});
