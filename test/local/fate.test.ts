/** What the trace knows of a message's fate. */
import { expect, test } from 'vitest';
import { fallbackText, heldText } from '../../local/fate.ts';
import type { TraceEntry } from '../../local/types.ts';

const A = 'alice@example.com';
const B = 'bob@example.com';

function entry(kind: TraceEntry['kind'], data: TraceEntry['data']): TraceEntry {
  return { time: '', kind, text: '', data };
}

test('of several copies, which is held, by which rule, under which id', () => {
  const decided = (rule: string, outcome: string, recipients: readonly number[]) => ({
    event: 'decision',
    step: 'rules',
    rule,
    outcome,
    recipients,
  });
  const logs = [
    { event: 'quarantine', rule: 'other', id: 'a1' },
    { event: 'quarantine', rule: 'programs', id: 'b2' },
    decided('programs', 'quarantine', [1]),
    decided('never', 'drop', [0]),
  ];
  const event = { envelope: { recipients: [{ address: A }, { address: 'Bob@example.com' }] } };
  const trace = [entry('invoke', { logs: [] }), entry('invoke', { logs, event })];
  expect(heldText(trace, B)).toMatch(/^It was held in quarantine with the id b2, by the rule "programs"\. /);
  expect(heldText(trace, A)).toBeUndefined();
});

test("that a rule's fallback acted, on whom it did", () => {
  const trace = [
    entry('fallback', { rule: 'mailflow', fallback: 'junk', tries: 12 }),
    entry('disposition', { recipient: A, rule: 'mailflow' }),
    entry('disposition', { recipient: B, rule: 'news' }),
  ];
  const said =
    'This was the fallback of "mailflow": the function failed until the time-out of the rule was over (12 tries).';
  expect(fallbackText(trace, 'ALICE@example.com')).toBe(said);
  expect(fallbackText(trace, B)).toBeUndefined();
  expect(fallbackText(trace, 'member@example.com')).toBe(said);
  expect(fallbackText(trace.slice(1), A)).toBeUndefined();
});
