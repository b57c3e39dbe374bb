import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AnswerContext, readAnswer } from '../../../local/flow/answer.ts';
import { act, answered, OUTCOME } from './support.ts';

const INBOUND: AnswerContext = {
  direction: 'inbound',
  recipients: ['a@example.com', 'B@example.com'],
  knows: (address) => address.toLowerCase().endsWith('@example.com'),
};
const OUTBOUND: AnswerContext = { ...INBOUND, direction: 'outbound' };

function read(payload: unknown, context = INBOUND): ReturnType<typeof readAnswer> {
  return readAnswer(answered(payload), context);
}

function actions(payload: unknown, context = INBOUND): Record<string, string> {
  const answer = read(payload, context);
  if (answer.kind !== 'answer') throw new Error(answer.why);
  return Object.fromEntries([...answer.actions].map(([recipient, action]) => [recipient, action.type]));
}

const all = (type: string): unknown => ({ action: { type }, allRecipients: true });

describe('a sound answer', () => {
  test.each<[string, unknown, Record<string, string>]>([
    ['for all', { actions: [all('DEFAULT')] }, { 'a@example.com': 'DEFAULT', 'B@example.com': 'DEFAULT' }],
    [
      'one named goes before all',
      { actions: [all('DEFAULT'), act('DROP', 'a@example.com')] },
      { 'a@example.com': 'DROP', 'B@example.com': 'DEFAULT' },
    ],
    [
      'in any case',
      { actions: [act('DROP', 'A@EXAMPLE.COM', 'b@example.com')] },
      { 'a@example.com': 'DROP', 'B@example.com': 'DROP' },
    ],
    ['left out', { actions: [act('DROP', 'a@example.com')] }, { 'a@example.com': 'DROP' }],
    [
      'named twice: the first',
      { actions: [act('DROP', 'a@example.com'), act('DEFAULT', 'a@example.com')] },
      { 'a@example.com': 'DROP' },
    ],
    ['nobody', { actions: [] }, {}],
    [
      'unknown keys pass',
      { actions: [{ ...Object(all('DROP')), x: 1 }], y: 2 },
      { 'a@example.com': 'DROP', 'B@example.com': 'DROP' },
    ],
    [
      'null for absent',
      { actions: [{ action: { type: 'DROP', parameters: null }, recipients: null, allRecipients: true }] },
      { 'a@example.com': 'DROP', 'B@example.com': 'DROP' },
    ],
  ])('%s', (_name, payload, expected) => {
    expect(actions(payload)).toEqual(expected);
  });

  test('carries the bounce message', () => {
    const payload = {
      actions: [{ action: { type: 'BOUNCE', parameters: { bounceMessage: 'no' } }, allRecipients: true }],
    };
    const answer = read(payload);
    expect(answer.kind === 'answer' && answer.actions.get('a@example.com')).toEqual({
      type: 'BOUNCE',
      bounceMessage: 'no',
    });
  });
});

describe('[L23] an answer that counts as a failed call', () => {
  test.each<[string, unknown, AnswerContext?]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'x'],
    ['a list', []],
    ['no actions', {}],
    ['actions not a list', { actions: {} }],
    ['an action that is none', { actions: [3] }],
    ['no inner action', { actions: [{ allRecipients: true }] }],
    ['an unknown type', { actions: [all('SMTP_GATEWAY')] }],
    ['a type in lower case', { actions: [all('default')] }],
    ['"true" for true', { actions: [{ action: { type: 'DEFAULT' }, allRecipients: 'true' }] }],
    ['recipients not a list', { actions: [{ action: { type: 'DROP' }, recipients: 'a@example.com' }] }],
    ['a recipient that is no address', { actions: [act('DROP', 'a')] }],
    ['a recipient with a line end', { actions: [act('DROP', 'a@example.com\r\nX: y')] }],
    [
      'a bounce message that is no text',
      { actions: [{ action: { type: 'BOUNCE', parameters: { bounceMessage: 1 } } }] },
    ],
    ['MOVE_TO_JUNK outbound', { actions: [all('MOVE_TO_JUNK')] }, OUTBOUND],
    ['BYPASS_SPAM_CHECK outbound', { actions: [all('BYPASS_SPAM_CHECK')] }, OUTBOUND],
    ['[L12] over 256 KB', { actions: [], padding: 'x'.repeat(256 * 1024) }],
    [
      '[L14] over 500 recipients outbound',
      { actions: [act('DEFAULT', ...Array.from({ length: 499 }, (_, index) => `x${index}@w.example`))] },
      OUTBOUND,
    ],
  ])('%s', (_name, payload, context) => {
    expect(read(payload, context).kind).toBe('failed');
  });

  test.each([
    { ...OUTCOME, kind: 'timeout' } as const,
    { ...OUTCOME, kind: 'crash', why: 'memory' } as const,
    { ...OUTCOME, kind: 'error', errorType: 'Error', errorMessage: 'x' } as const,
  ])('%o', (outcome) => {
    expect(readAnswer(outcome, INBOUND).kind).toBe('failed');
  });
});

test('[L11] an answer after more than 15 s comes too late', () => {
  const answer = answered({ actions: [all('DEFAULT')] });
  expect(readAnswer({ ...answer, durationMs: 15_000 }, INBOUND).kind).toBe('answer');
  expect(readAnswer({ ...answer, durationMs: 15_001 }, INBOUND)).toEqual({
    kind: 'failed',
    why: 'it answered after 15001 ms; WorkMail waits 15000',
  });
});

test('[L12] an answer may have 256 KB', () => {
  const answer = { ...OUTCOME, kind: 'answer', payload: { actions: [all('DEFAULT')] } } as const;
  expect(readAnswer({ ...answer, bytes: 256 * 1024 }, INBOUND).kind).toBe('answer');
  expect(readAnswer({ ...answer, bytes: 256 * 1024 + 1 }, INBOUND).kind).toBe('failed');
});

test('[L14] an outbound answer may lead to 500 recipients', () => {
  const added = Array.from({ length: 498 }, (_, index) => `x${index}@w.example`);
  expect(read({ actions: [act('DEFAULT', ...added)] }, OUTBOUND).kind).toBe('answer');
});

describe('limits that do not fail the answer', () => {
  test('[L13] more than ten different actions: the rest gets the fallback', () => {
    const recipients = Array.from({ length: 12 }, (_, index) => `r${index}@example.com`);
    const context = { ...INBOUND, recipients: [...recipients, 'unnamed@example.com'] };
    const bounce = (recipient: string, index: number): unknown => ({
      action: { type: 'BOUNCE', parameters: { bounceMessage: `no ${index}` } },
      recipients: [recipient],
    });
    const answer = read({ actions: [...recipients.map(bounce), all('DEFAULT')] }, context);
    if (answer.kind !== 'answer') throw new Error(answer.why);
    expect([...answer.actions.keys()]).toEqual(recipients.slice(0, 10));
    expect(answer.notes).toHaveLength(1);
  });

  test('the same action ten times over is one', () => {
    const many = Array.from({ length: 12 }, () => act('DROP', 'a@example.com'));
    expect(actions({ actions: [...many, act('DEFAULT', 'B@example.com')] })).toEqual({
      'a@example.com': 'DROP',
      'B@example.com': 'DEFAULT',
    });
  });

  test('[L15] added recipients: inbound of the organization only', () => {
    const payload = { actions: [act('DEFAULT', 'c@example.com', 'C@example.com', 'x@w.example')] };
    const added = (context: AnswerContext): unknown => {
      const answer = read(payload, context);
      return answer.kind === 'answer' ? answer.added.map(({ recipient }) => recipient) : answer;
    };
    expect(added(INBOUND)).toEqual(['c@example.com']);
    expect(added(OUTBOUND)).toEqual(['c@example.com', 'x@w.example']);
  });
});

test('never throws, and never names anyone whom nobody named', () => {
  const word = fc.constantFrom(
    'actions',
    'action',
    'type',
    'DEFAULT',
    'DROP',
    'BOUNCE',
    'recipients',
    'allRecipients',
    'a@example.com',
  );
  const value = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 5 },
      word,
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('node'), { maxLength: 4 }),
      fc.dictionary(word, tie('node'), { maxKeys: 4 }),
    ),
  })).node;
  fc.assert(
    fc.property(fc.oneof(value, fc.anything()), (payload) => {
      const answer = readAnswer({ ...OUTCOME, kind: 'answer', payload, bytes: 10 }, INBOUND);
      if (answer.kind !== 'answer') return;
      for (const recipient of answer.actions.keys()) expect(INBOUND.recipients).toContain(recipient);
    }),
    { numRuns: 1000 },
  );
});
