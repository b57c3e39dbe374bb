/** The guide's sentences on which rule acts, one row each. */
import { describe, expect, test } from 'vitest';
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
    pairing: 'one-rule-acts',
    ...more,
  });
}

const rows: [sentence: string, rules: Written[], acts: string | undefined, more?: Partial<RuleQuestion>][] = [
  ['no rule: nothing acts', [], undefined],
  ['an address matches itself', [['a', 'drop', 'ann@mail.example.net', '*']], 'a'],
  [
    'addresses match in any case',
    [['a', 'drop', 'ann@mail.example.net', '*']],
    'a',
    { from: 'ANN@Mail.Example.Net' },
  ],
  ['a domain matches its addresses', [['a', 'drop', 'mail.example.net', '*']], 'a'],
  ['a domain does not match its subdomains', [['a', 'drop', 'example.net', '*']], undefined],
  ['"*." matches the domain', [['a', 'drop', '*.example.net', '*']], 'a', { from: 'x@example.net' }],
  ['"*." matches its subdomains', [['a', 'drop', '*.example.net', '*']], 'a'],
  [
    '"*." does not match another domain that ends alike',
    [['a', 'drop', '*.example.net', '*']],
    undefined,
    { from: 'x@badexample.net' },
  ],
  ['"*" matches every address', [['a', 'drop', '*', '*']], 'a'],
  ['a recipient pattern must match too', [['a', 'drop', '*', 'bob@example.com']], undefined],
  [
    'one of several patterns is enough',
    [['a', 'drop', 'x@y.example mail.example.net', 'example.org example.com']],
    'a',
  ],
  [
    'Sender is matched first',
    [
      ['bySender', 'drop', 'bot.example', '*'],
      ['byFrom', 'drop', 'ann@mail.example.net', '*'],
    ],
    'bySender',
    { sender: 'x@bot.example' },
  ],
  ['From is used when there is no Sender', [['byFrom', 'drop', 'mail.example.net', '*']], 'byFrom'],
  [
    'From is used when Sender matches no rule',
    [['byFrom', 'drop', 'mail.example.net', '*']],
    'byFrom',
    { sender: 'x@bot.example' },
  ],
  [
    'Sender matching counts for the recipient at hand',
    [
      ['other', 'drop', 'bot.example', 'bob@example.com'],
      ['byFrom', 'drop', 'mail.example.net', '*'],
    ],
    'byFrom',
    { sender: 'x@bot.example' },
  ],
  [
    'an address goes over a domain',
    [
      ['domain', 'drop', 'mail.example.net', '*'],
      ['address', 'default', 'ann@mail.example.net', '*'],
    ],
    'address',
  ],
  [
    'a domain goes over one with subdomains',
    [
      ['wide', 'drop', '*.example.net', '*'],
      ['domain', 'default', 'mail.example.net', '*'],
    ],
    'domain',
  ],
  [
    'anything goes over "*"',
    [
      ['all', 'drop', '*', '*'],
      ['wide', 'neverJunk', '*.example.net', '*'],
    ],
    'wide',
  ],
  [
    'the recipient decides when the senders tie',
    [
      ['all', 'drop', '*', '*'],
      ['one', 'default', '*', 'alice@example.com'],
    ],
    'one',
  ],
  [
    'the sender weighs more than the recipient',
    [
      ['recipient', 'drop', '*', 'alice@example.com'],
      ['sender', 'default', 'ann@mail.example.net', '*'],
    ],
    'sender',
  ],
  [
    'the best pattern of a rule counts',
    [
      ['one', 'default', '* ann@mail.example.net', '*'],
      ['two', 'drop', 'mail.example.net', '*'],
    ],
    'one',
  ],
  [
    'on a full tie the first in the file acts',
    [
      ['one', 'drop', '*', '*'],
      ['two', 'drop', '*', '*'],
    ],
    'one',
  ],
  [
    'two functions: the first in the file acts',
    [
      ['one', 'async', '*', '*'],
      ['two', 'runLambda', '*', '*'],
    ],
    'one',
  ],
];

test.each(rows)('%s', (_sentence, rules, acts, more) => {
  expect(choose(rules, more).acting[0]?.name).toBe(acts);
});

describe('on a tie the most restrictive acts, in the printed order', () => {
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

describe('pairing "both"', () => {
  const both = { pairing: 'both' } as const;
  test('lets a synchronous and an asynchronous function of equal specificity act', () => {
    const choice = choose(
      [
        ['s', 'runLambda', '*', '*'],
        ['a', 'async', '*', '*'],
      ],
      both,
    );
    expect(choice.acting.map((acting) => acting.name)).toEqual(['s', 'a']);
    expect(choice.losers).toEqual([]);
  });
  test('but not a less specific one', () => {
    const choice = choose(
      [
        ['s', 'runLambda', 'mail.example.net', '*'],
        ['a', 'async', '*', '*'],
      ],
      both,
    );
    expect(choice.acting.map((acting) => acting.name)).toEqual(['s']);
  });
  test('and not beside a rule that is no function', () => {
    const choice = choose(
      [
        ['d', 'drop', '*', '*'],
        ['a', 'async', '*', '*'],
      ],
      both,
    );
    expect(choice.acting.map((acting) => acting.name)).toEqual(['d']);
  });
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
    wide: 'less specific than "acts"',
    other: 'no sender pattern matches',
    bob: 'no recipient pattern matches',
    byFrom: 'matches the From header only, and another rule matches the Sender header',
    tie: 'ties with "acts" in everything; the first in the file acts',
  });
});
