/** What a reader is told first of what the functions logged. */
import { expect, test } from 'vitest';
import { decisionSentences, heldRecipients, notableTexts, whyTexts } from '../../local/decisions.ts';

const text = 'DMARC failed; the domain in From asks for rejection.';
/** The same as half a sentence, with the code that the docs explain. */
const because = 'DMARC failed; the domain in From asks for rejection (fail-reject)';

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
    `dmarc: let through, enforcing would do: junk \u2014 ${because}`,
  ]);
});

test('of what was enforced, what was done', () => {
  expect(told({ outcome: 'junk', wouldBe: 'junk' })).toEqual([`dmarc: junk \u2014 ${because}`]);
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
    reason: 'fail-reject',
    text,
  };
  const asked = (record: Readonly<Record<string, unknown>>) =>
    whyTexts([{ time: '', kind: 'invoke', text: '', data: { logs: [{ ...decision, ...record }] } }]);
  expect(asked({})).toEqual([`dmarc: let through \u2014 ${because}`]);
  expect(asked({ exception: 'their letters', owner: 'Carol', recipients: [1] })).toEqual([
    `dmarc: let through for [1] \u2014 ${because}; exception “their letters”, of Carol`,
  ]);
  expect(
    asked({ disagreement: 'ses-fail-own-pass', hints: ['look-alike letters', 'first-contact'] }),
  ).toEqual([
    `dmarc: let through \u2014 ${because}; SES says fail; hints: look-alike letters, first-contact`,
  ]);
  expect(asked({ wouldBe: 'junk', notEnforced: 'ramp', expired: 'old' })).toEqual([
    `dmarc: let through, enforcing would do: junk \u2014 ${because}; the exception “old” has expired; its domain is outside the share that is acted on`,
  ]);
  expect(asked({ outcome: 'as-before' })).toEqual([]);
});

test('of mail that did not pass, that it names a list, signed or not', () => {
  const listed = (record: Readonly<Record<string, unknown>>) => told({ outcome: 'junk', ...record }).join();
  expect(listed({ dmarc: 'fail', list: 'unsigned' })).toBe(
    `dmarc: junk \u2014 ${because}; it names a mailing list, and no signature of the list passes`,
  );
  expect(listed({ dmarc: 'fail', list: 'signed' })).toContain(
    'it came through a mailing list, which signed it',
  );
  expect(listed({ dmarc: 'pass', list: 'signed' })).not.toContain('list');
  expect(listed({ dmarc: 'fail', list: 'signed', reason: 'mailing-list', text: 'A list.' })).toBe(
    'dmarc: junk \u2014 A list (mailing-list)',
  );
});

test('of a reason with more in brackets, the code behind it', () => {
  expect(told({ outcome: 'junk', reason: 'author-none', text: 'From names no author. (missing)' })).toEqual([
    'dmarc: junk \u2014 From names no author (missing) (author-none)',
  ]);
});

test('of rules, what they do for whom, by number', () => {
  const rule = { step: 'rules', rule: 'no programs', reason: 'quarantine', text: undefined };
  expect(told({ ...rule, outcome: 'quarantine', recipients: [0, 2] })).toEqual([
    'rule “no programs”: quarantine for [0], [2]',
  ]);
  const watched = { ...rule, outcome: 'default', wouldBe: 'drop', recipients: [0] };
  expect(told({ ...watched, reason: 'monitor' })).toEqual([
    'rule “no programs”: let through for [0], enforcing would do: drop \u2014 monitor',
  ]);
});

test('of rules, for whom by name where the call tells, at most ten', () => {
  const address = (index: number) => ({ address: `u${index}@x.example` });
  const event = { envelope: { recipients: Array.from({ length: 12 }, (_, index) => address(index)) } };
  const by = (recipients: readonly number[]) => {
    const logs = [{ event: 'decision', step: 'rules', rule: 'r', outcome: 'drop', recipients }];
    return notableTexts([{ time: '', kind: 'invoke', text: '', data: { logs, event } }]).join();
  };
  expect(by([1, 3])).toBe('rule “r”: drop for u1@x.example, u3@x.example');
  expect(by([99])).toBe('rule “r”: drop for [99]');
  expect(by(Array.from({ length: 12 }, (_, index) => index))).toMatch(
    /u8@x\.example, u9@x\.example and 2 more$/,
  );
});

test('of a step that had nothing to do, why', () => {
  const logs = ['not-in-policy', 'too-large'].map((reason) => ({ event: 'skip', step: 'capture', reason }));
  const entry = { time: '', kind: 'invoke', text: '', data: { logs } } as const;
  expect(decisionSentences(entry).map(({ text: said }) => said)).toEqual([
    'capture: nothing to do, the policy does not ask for it',
    'capture: left alone \u2014 too-large',
  ]);
});

test('of a step that asks for another call, why, once', () => {
  const failed = { level: 'warn', event: 'failure', step: 'capture', reason: 's3 503', action: 'retry' };
  const thrown = { level: 'error', event: 'failure', errorMessage: 's3 503' };
  const of = (...logs: object[]) => notableTexts([{ time: '', kind: 'invoke', text: '', data: { logs } }]);
  expect(of(failed, thrown)).toEqual(['capture: failure \u2014 s3 503; WorkMail is to call again']);
  expect(of(failed, { ...thrown, errorMessage: 'other' })).toHaveLength(2);
});

test('of a rule whose time-out is over, that its fallback acted', () => {
  const data = { rule: 'mailflow', fallback: 'junk', tries: 12 };
  expect(notableTexts([{ time: '', kind: 'fallback', text: '', data }])).toEqual([
    'the time-out of rule “mailflow” was over after 12 tries, so its fallback acted: junk',
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
    { level: 'warn', step: 'dmarc', reason: 'dmarc: unknown-temperror', action: 'retry' },
    'dmarc: failure \u2014 DMARC could not be decided because of a temporary error (unknown-temperror); WorkMail is to call again',
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
