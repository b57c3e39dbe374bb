/** What a reader is told first of what the functions logged. */
import { expect, test } from 'vitest';
import { notableTexts } from '../../local/decisions.ts';

const text = 'DMARC failed; the domain in From asks for rejection.';

function told(record: Readonly<Record<string, unknown>>): readonly string[] {
  const decision = {
    level: 'info',
    event: 'decision',
    step: 'dmarc',
    reason: 'fail-reject',
    text,
    ...record,
  };
  return notableTexts([{ time: '', kind: 'invoke', text: '', data: { logs: [decision] } }]);
}

test('in a week of monitoring, what enforcing would do', () => {
  expect(told({ outcome: 'default', wouldBe: 'junk' })).toEqual([
    `dmarc: default, enforcing would do: junk \u2014 ${text}`,
  ]);
});

test('of what was enforced, what was done', () => {
  expect(told({ outcome: 'junk', wouldBe: 'junk' })).toEqual([`dmarc: junk \u2014 ${text}`]);
});

test('of mail that is delivered either way, nothing', () => {
  expect(told({ outcome: 'default', wouldBe: 'default' })).toEqual([]);
});

test('of rules, what they do for whom, by number', () => {
  const rule = { step: 'rules', rule: 'no programs', reason: 'quarantine', text: undefined };
  expect(told({ ...rule, outcome: 'quarantine', recipients: [0, 2] })).toEqual([
    'rule “no programs”: quarantine for [0] [2] \u2014 quarantine',
  ]);
  expect(told({ ...rule, outcome: 'default', wouldBe: 'drop', recipients: [0] })).toEqual([
    'rule “no programs”: default for [0], enforcing would do: drop \u2014 quarantine',
  ]);
});
