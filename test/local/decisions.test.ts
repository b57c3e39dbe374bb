/** What a reader is told first of what the functions logged. */
import { expect, test } from 'vitest';
import { heldRecipients, notableTexts, whyTexts } from '../../local/decisions.ts';

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

test('of mail that DMARC let through, why, for whoever asks about it', () => {
  const decision = {
    level: 'info',
    event: 'decision',
    step: 'dmarc',
    outcome: 'default',
    wouldBe: 'default',
    text,
  };
  const asked = (record: Readonly<Record<string, unknown>>) =>
    whyTexts([{ time: '', kind: 'invoke', text: '', data: { logs: [{ ...decision, ...record }] } }]);
  expect(asked({})).toEqual([`dmarc: default \u2014 ${text}`]);
  expect(asked({ exception: 'their letters', owner: 'Carol', recipients: [1] })).toEqual([
    `dmarc: default for [1] \u2014 ${text}; exception “their letters”, of Carol`,
  ]);
  expect(
    asked({ disagreement: 'ses-fail-own-pass', hints: ['look-alike letters', 'first-contact'] }),
  ).toEqual([`dmarc: default \u2014 ${text}; SES says fail; signs: look-alike letters, first-contact`]);
  expect(asked({ wouldBe: 'junk', notEnforced: 'ramp', expired: 'old' })).toEqual([
    `dmarc: default, enforcing would do: junk \u2014 ${text}; the exception “old” has expired; its domain is outside the share that is acted on`,
  ]);
  expect(asked({ outcome: 'as-before' })).toEqual([]);
});

test('of rules, what they do for whom, by number', () => {
  const rule = { step: 'rules', rule: 'no programs', reason: 'quarantine', text: undefined };
  expect(told({ ...rule, outcome: 'quarantine', recipients: [0, 2] })).toEqual([
    'rule “no programs”: quarantine for [0] [2]',
  ]);
  const watched = { ...rule, outcome: 'default', wouldBe: 'drop', recipients: [0] };
  expect(told({ ...watched, reason: 'monitor' })).toEqual([
    'rule “no programs”: default for [0], enforcing would do: drop \u2014 monitor',
  ]);
});

test('of held mail, where it is', () => {
  const record = { level: 'info', event: 'quarantine', rule: 'no programs', id: 'ab12' };
  const trace = [{ time: '', kind: 'invoke', text: '', data: { logs: [record] } }] as const;
  expect(notableTexts(trace)).toEqual(['held in quarantine, id ab12, rule “no programs”']);
});

test('of held mail, whose copies: of several that are dropped those alone', () => {
  const of = (outcome: string, recipients: readonly number[]) => ({
    event: 'decision',
    step: 'rules',
    outcome,
    recipients,
  });
  const names = ['a@x.example', 'b@x.example', 'c@x.example'];
  expect([...heldRecipients([of('drop', [0]), of('quarantine', [2, 9])], names)]).toEqual(['c@x.example']);
  expect(heldRecipients([{ ...of('default', [0]), wouldBe: 'quarantine' }], names).size).toBe(0);
});

test('of mail that was changed, by which rules', () => {
  const record = { step: 'rewrite', reason: 'rules-matched', text: undefined, rules: ['banner', 'links'] };
  expect(told({ ...record, outcome: 'rewritten' })).toEqual([
    'rewrite: rewritten by rule “banner”, rule “links”',
  ]);
  expect(told({ ...record, outcome: 'unchanged', wouldBe: 'rewritten' })).toEqual([
    'rewrite: unchanged, enforcing would do: rewritten by rule “banner”, rule “links”',
  ]);
});

test.each([
  [
    { level: 'warn', step: 'rewrite', kind: 'temporary-error', reason: 's3 503', action: 'deliverUnchanged' },
    'rewrite: failure \u2014 s3 503; rules are not applied to it',
  ],
  [
    { level: 'warn', step: 'capture', kind: 'timeout', reason: 'too late', action: 'retry' },
    'capture: failure \u2014 too late; WorkMail is to call again',
  ],
  [
    { level: 'error', kind: 'not-kept', rule: 'copies', action: 'nothing-stopped' },
    'failure of rule “copies” \u2014 not-kept; the message goes on without it',
  ],
  [
    { level: 'error', errorType: 'TemporaryError', errorMessage: 's3 503' },
    'failure \u2014 s3 503; WorkMail is to call again',
  ],
])('of a failure, where, why, and what follows: %j', (record, expected) => {
  expect(told({ event: 'failure', reason: undefined, text: undefined, step: undefined, ...record })).toEqual([
    expected,
  ]);
});
