import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ASSUMPTIONS, DEFAULT_ASSUMPTIONS } from '../../../local/assumptions.ts';
import { chooseRule, isLambda, type RuleAssumptions } from '../../../local/flow/rules.ts';
import { type Region, shadowsOf } from '../../../local/flow/shadows.ts';
import type { Direction, FlowRule } from '../../../local/flow/types.ts';
import { matchesPattern } from '../../../shared/policy/pattern.ts';
import type { CaseRule } from '../../fixtures/flow/rule-cases.ts';
import { ruleSetOf } from './rule-case-file.ts';

const MAILROOM: CaseRule = ['mailroom', 'ask', '*'];

function shadows(
  rules: readonly CaseRule[],
  assumptions: Partial<RuleAssumptions> = {},
  direction: Direction = 'inbound',
) {
  const parsed = ruleSetOf({
    title: '',
    rules,
    acts: [],
    action: '',
    ...(direction === 'outbound' ? { direction } : {}),
  }).rules[direction];
  const target = parsed.find((rule) => rule.name === 'mailroom');
  if (target === undefined) throw new Error('no such rule');
  return shadowsOf(target, parsed, direction, { ...DEFAULT_ASSUMPTIONS, ...assumptions });
}

function regions(...args: Parameters<typeof shadows>): Record<string, readonly Region[]> {
  return Object.fromEntries(shadows(...args).map((shadow) => [shadow.rule.name, shadow.regions]));
}

describe('the rules that take mail from a function', () => {
  test('nothing is taken from a rule that is alone', () => {
    expect(regions([MAILROOM])).toEqual({});
  });

  test('[R34] a more specific sender, a more specific recipient, and any action on the same patterns', () => {
    const rules: CaseRule[] = [
      MAILROOM,
      ['partner', 'default', 'partner.example *.list.example'],
      ['bob', 'neverJunk', '*', 'bob@example.com'],
      ['all', 'junk', '*'],
      ['second', 'ask', '*'],
    ];
    expect(regions(rules)).toEqual({
      partner: [
        { senders: '*.list.example', recipients: '*' },
        { senders: 'partner.example', recipients: '*' },
      ],
      bob: [{ senders: '*', recipients: 'bob@example.com' }],
      all: [{ senders: '*', recipients: '*' }],
    });
    expect(shadows(rules).map((shadow) => shadow.why)).toEqual([
      'its sender pattern * is less specific than *.list.example of "partner"',
      'its recipient pattern * is less specific than bob@example.com of "bob"',
      'as specific as "all", but runLambda is less restrictive than junk',
    ]);
  });

  test('of two functions on the same patterns the first in the file', () => {
    expect(regions([['journal', 'watch', '*'], MAILROOM])).toEqual({
      journal: [{ senders: '*', recipients: '*' }],
    });
    expect(regions([['journal', 'watch', '*'], MAILROOM], { lambdaPair: 'both' })).toEqual({});
    expect(regions([['other', 'ask', '*'], MAILROOM], { lambdaPair: 'both' })).toEqual({
      other: [{ senders: '*', recipients: '*' }],
    });
  });

  test('a part of a wide rule, where only a narrow pattern of it is the more specific', () => {
    const rules: CaseRule[] = [
      ['mailroom', 'ask', 'good.example'],
      ['mixed', 'watch', '* ann@good.example'],
    ];
    expect(regions(rules)).toEqual({ mixed: [{ senders: 'ann@good.example', recipients: '*' }] });
  });

  test('the two orders of outbound default and of sender and recipient', () => {
    const rules: CaseRule[] = [
      ['mailroom', 'ask', 'example.com'],
      ['boss', 'default', '*', 'boss@world.example'],
    ];
    // By the Sender header alone.
    expect(regions(rules, {}, 'outbound')).toEqual({ boss: [] });
    expect(regions(rules, { weigh: 'recipient-first' }, 'outbound')).toEqual({
      boss: [{ senders: 'example.com', recipients: 'boss@world.example' }],
    });
  });

  test('a rule that matches the Sender header of mail that is ours by From', () => {
    const rules: CaseRule[] = [
      ['mailroom', 'ask', 'good.example'],
      ['bot', 'junk', 'bot.example'],
    ];
    expect(shadows(rules)).toMatchObject([{ regions: [], bySenderHeader: true }]);
    expect(shadows([...rules.slice(0, 1), ['bot', 'junk', 'bot.example', 'bob@example.com']])).toHaveLength(
      1,
    );
    expect(shadows([MAILROOM, ['bot', 'junk', 'bot.example']])[0]?.bySenderHeader).toBe(false);
  });
});

const ADDRESSES = ['a@x.example', 'b@x.example', 'a@s.x.example', 'a@t.s.x.example', 'a@y.example'] as const;
const PATTERNS = ['*', '*.x.example', '*.s.x.example', 'x.example', 's.x.example', 'y.example', ...ADDRESSES];
const ACTIONS = ['drop', 'default', 'ask', 'watch'] as const;

const patterns = fc.uniqueArray(fc.constantFrom(...PATTERNS), { minLength: 1, maxLength: 4 });
const anyRule = fc.record({ action: fc.constantFrom(...ACTIONS), senders: patterns, recipients: patterns });
const assumptions = fc.record({
  lambdaPair: fc.constantFrom(...ASSUMPTIONS.lambdaPair),
  outboundDefault: fc.constantFrom(...ASSUMPTIONS.outboundDefault),
  weigh: fc.constantFrom(...ASSUMPTIONS.weigh),
});

function flowRule(
  name: string,
  written: { action: string; senders: string[]; recipients: string[] },
): FlowRule {
  const { action, senders, recipients } = written;
  const match = { name, senders, recipients };
  if (action === 'drop' || action === 'default') return { ...match, action };
  const mode = action === 'ask' ? 'synchronous' : 'asynchronous';
  return { ...match, action: 'runLambda', function: 'f', mode, fallback: 'default', ruleTimeoutMs: 0 };
}

test('a message is taken exactly when a region says so, or the Sender header does', () => {
  const address = fc.constantFrom(...ADDRESSES);
  const direction = fc.constantFrom<Direction>('inbound', 'outbound');
  fc.assert(
    fc.property(
      anyRule,
      anyRule,
      fc.boolean(),
      direction,
      assumptions,
      fc.option(address, { nil: undefined }),
      address,
      address,
      (ours, theirs, first, way, switches, sender, from, recipient) => {
        const mine = flowRule('mine', ours);
        const other = flowRule('other', theirs);
        const rules = first ? [mine, other] : [other, mine];
        const question = { direction: way, sender, from, recipient, assumptions: switches };
        const alone = chooseRule({ ...question, rules: [mine] }).acting.length > 0;
        const taken = alone && !chooseRule({ ...question, rules }).acting.includes(mine);
        const [shadow] = shadowsOf(mine, rules, way, switches);
        const inRegion = (author: string): boolean =>
          (shadow?.regions ?? []).some(
            ({ senders, recipients }) =>
              matchesPattern(senders, author) && matchesPattern(recipients, recipient),
          );
        const said = inRegion(sender ?? '') || inRegion(from) || shadow?.bySenderHeader === true;
        if (taken) expect(sender === undefined ? inRegion(from) : said).toBe(true);
        // Nothing is said without mail that proves it.
        if (shadow === undefined) expect(taken).toBe(false);
        else expect(proven(mine, rules, way, switches, shadow.bySenderHeader)).toBe(true);
        for (const region of shadow?.regions ?? [])
          expect(proven(mine, rules, way, switches, false, region)).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});

/** Whether some mail between the addresses of this world, or beside them, is taken; `within` a region of them. */
function proven(
  mine: FlowRule,
  rules: readonly FlowRule[],
  direction: Direction,
  switches: RuleAssumptions,
  senderToo: boolean,
  within: Region = { senders: '*', recipients: '*' },
): boolean {
  const world = [
    ...ADDRESSES,
    'other@x.example',
    'other@s.x.example',
    'other@u.x.example',
    'other@v.s.x.example',
    'other@y.example',
    'z@z.example',
  ];
  const senders = senderToo ? [undefined, ...world] : [undefined];
  return senders.some((sender) =>
    world.some((from) =>
      world.some((recipient) => {
        if (!matchesPattern(within.senders, from) || !matchesPattern(within.recipients, recipient))
          return false;
        const question = { direction, sender, from, recipient, assumptions: switches };
        if (chooseRule({ ...question, rules: [mine] }).acting.length === 0) return false;
        return !chooseRule({ ...question, rules }).acting.includes(mine);
      }),
    ),
  );
}

test('two rules of 250 patterns on each side are compared in no time', () => {
  const many = (letter: string): string =>
    Array.from({ length: 250 }, (_, index) => `${letter}${index}@d${index}.example`).join(' ');
  const started = performance.now();
  const [shadow] = shadows([
    ['mailroom', 'ask', '*'],
    ['many', 'drop', many('a'), many('b')],
  ]);
  expect(shadow?.regions).toHaveLength(100);
  expect(shadow === undefined ? true : isLambda(shadow.rule)).toBe(false);
  expect(performance.now() - started).toBeLessThan(5_000);
});
