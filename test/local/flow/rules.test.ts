/** Every pair of actions on a tie, and the reasons of those that lose; the guide's sentences are in rule-cases.test.ts. */
import { describe, expect, test } from 'vitest';
import { DEFAULT_ASSUMPTIONS } from '../../../local/assumptions.ts';
import { chooseRule, type RuleQuestion } from '../../../local/flow/rules.ts';
import type { FlowRule } from '../../../local/flow/types.ts';

type Written = [name: string, action: FlowRule['action'] | 'async', senders: string, recipients: string];

function rule([name, action, senders, recipients]: Written): FlowRule {
  const match = { name, senders: senders.split(' '), recipients: recipients.split(' ') };
  if (action !== 'runLambda' && action !== 'async') return { ...match, action };
  const mode = action === 'async' ? 'asynchronous' : 'synchronous';
  return { ...match, action: 'runLambda', function: 'f', mode, fallback: 'default', ruleTimeoutMs: 0 };
}

function choose(rules: readonly Written[], more: Partial<RuleQuestion> = {}): ReturnType<typeof chooseRule> {
  return chooseRule({
    direction: 'inbound',
    rules: rules.map(rule),
    sender: undefined,
    from: 'ann@mail.example.net',
    recipient: 'alice@example.com',
    assumptions: DEFAULT_ASSUMPTIONS,
    ...more,
  });
}

describe('[R19, R20] on a tie the most restrictive acts, in the printed order', () => {
  const orders = {
    inbound: ['drop', 'bounce', 'junk', 'default', 'neverJunk', 'runLambda'],
    outbound: ['default', 'drop', 'bounce', 'smtpGateway', 'runLambda'],
  } as const;
  for (const [direction, order] of Object.entries(orders)) {
    for (const [index, action] of order.entries()) {
      for (const weaker of order.slice(index + 1)) {
        test(`${direction}: ${action} over ${weaker}`, () => {
          const question: Partial<RuleQuestion> = {
            direction: direction === 'inbound' ? 'inbound' : 'outbound',
          };
          const choice = choose(
            [
              ['weak', weaker, '*', '*'],
              ['strong', action, '*', '*'],
            ],
            question,
          );
          expect(choice.acting.map((acting) => acting.name)).toEqual(['strong']);
          expect(choice.losers[0]?.why).toContain('less restrictive');
        });
      }
    }
  }
});

test('every rule that does not act says why', () => {
  const choice = choose(
    [
      ['acts', 'drop', 'bot.example', '*'],
      ['wide', 'drop', '*', '*'],
      ['other', 'drop', 'other.example', '*'],
      ['bob', 'drop', '*', 'bob@example.com'],
      ['byFrom', 'drop', 'ann@mail.example.net', '*'],
      ['tie', 'drop', 'bot.example', '*'],
    ],
    { sender: 'x@bot.example' },
  );
  expect(choice.matchedBy).toBe('Sender');
  expect(Object.fromEntries(choice.losers.map(({ rule: name, why }) => [name, why]))).toEqual({
    wide: 'its sender pattern * is less specific than bot.example of "acts"',
    other: 'no sender pattern matches',
    bob: 'no recipient pattern matches',
    byFrom: 'matches the From header only, and another rule matches the Sender header',
    tie: 'ties with "acts" in everything; the first in the file acts',
  });
});
