/** What the page says of one message. */
import { expect, test } from 'vitest';
import { messageView } from '../../../local/page/message-view.ts';
import type { MessageSummary, TraceEntry } from '../../../local/types.ts';

const SUMMARY: MessageSummary = {
  id: '01a1f866-0d8a-7b15-99aa-70a5500c476f',
  time: '2026-11-21T09:30:00.000Z',
  direction: 'inbound',
  origin: 'world',
  mailFrom: 'ann@good.example',
  recipients: ['alice@example.com'],
  subject: 'a program',
  bytes: 10,
  state: 'done',
  outcomes: [],
};
const NO_CONTENT = { original: undefined, final: undefined };

function shown(outcome: string, ...logs: readonly Readonly<Record<string, string>>[]): string {
  const entry: TraceEntry = { time: SUMMARY.time, kind: 'invoke', text: '', data: { logs } };
  const outcomes = [{ recipient: 'alice@example.com', outcome }];
  return messageView({ ...SUMMARY, outcomes }, [entry], NO_CONTENT).text;
}

test('of mail that a rule holds, that it is not lost and where it is', () => {
  const held = shown('held', { level: 'info', event: 'quarantine', rule: 'no programs', id: 'ab12' });
  expect(held).toContain('in quarantine (see below), so WorkMail was told to drop it');
  expect(held).toContain('held in quarantine, id ab12, rule “no programs”');
});

test('whose mail it says it is, and the envelope where that is another', () => {
  const headOf = (summary: Partial<MessageSummary>): string =>
    messageView({ ...SUMMARY, ...summary }, [], NO_CONTENT).text.split('from outside')[0] ?? '';
  expect(headOf({ from: 'Ann@Good.example' })).toContain('From Ann@Good.example · ');
  expect(headOf({ from: 'boss@example.com' })).toContain(
    'From boss@example.com (envelope: ann@good.example) · ',
  );
  expect(headOf({ from: 'boss@example.com', mailFrom: '' })).toContain(
    'From boss@example.com (envelope: &lt;&gt; (null sender)) · ',
  );
  expect(headOf({})).toContain('Envelope sender ann@good.example · ');
});

test('of mail that is dropped, no word of a quarantine', () => {
  expect(shown('dropped', { level: 'info', event: 'policy', outcome: 'loaded' })).not.toContain('quarantine');
});
