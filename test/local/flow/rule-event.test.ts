import { describe, expect, test } from 'vitest';
import { readHeaderFacts } from '../../../local/flow/facts.ts';
import { childId, invocationId, isMessageId, messageId } from '../../../local/flow/ids.ts';
import { buildRuleEvent, MAX_EVENT_BYTES, type SentRuleEvent } from '../../../local/flow/rule-event.ts';
import type { Entry } from '../../../local/flow/types.ts';
import { decodeRuleEvent } from '../../../shared/workmail/event.ts';

const ID = messageId(Date.parse('2026-11-20T10:00:00Z'), new Uint8Array(16).fill(7));

function eventOf(
  header: string,
  more: {
    mailFrom?: string;
    recipients?: readonly string[];
    rule?: string;
    nullSender?: 'empty' | 'absent';
  } = {},
): SentRuleEvent {
  const {
    mailFrom = 'bounces@good.example',
    recipients = ['alice@example.com'],
    rule = 'ask',
    nullSender = 'empty',
  } = more;
  const entry: Entry = {
    id: ID,
    traceId: ID,
    receivedAt: 0,
    direction: 'outbound',
    origin: 'submission',
    mailFrom,
    returnPath: mailFrom,
    recipients,
    client: { address: '127.0.0.1', name: 'x', helo: 'x' },
    bytes: 1,
  };
  return buildRuleEvent({
    entry,
    facts: readHeaderFacts(Buffer.from(`${header}\r\n\r\n`)),
    rule,
    recipients,
    nullSender,
  });
}

describe('the rule event', () => {
  test('is one that our own handlers take', () => {
    const decoded = decodeRuleEvent(JSON.parse(JSON.stringify(eventOf('From: a@example.com\r\nSubject: x'))));
    expect(decoded).toMatchObject({
      ok: true,
      notes: [],
      event: { messageId: ID, flowDirection: 'OUTBOUND' },
    });
  });

  test.each([
    ['the author', 'From: Ann <ann@example.com>', 'ann@example.com', undefined],
    [
      'the one on whose behalf',
      'From: ann@example.com\r\nSender: bob@example.com',
      'ann@example.com',
      'bob@example.com',
    ],
    [
      'no sender when it is the author',
      'From: ann@example.com\r\nSender: ANN@example.com',
      'ann@example.com',
      undefined,
    ],
    ['the envelope sender without a From', 'Subject: x', 'bounces@good.example', undefined],
    ['the first of several', 'From: a@example.com, b@example.com', 'a@example.com', undefined],
  ])('[L16] mailFrom and sender: %s', (_name, header, mailFrom, sender) => {
    const event = eventOf(header);
    expect(event.envelope.mailFrom?.address).toBe(mailFrom);
    expect(event.sender?.address).toBe(sender);
  });

  test('[L20] cuts the subject at 256 characters, and none of them in halves', () => {
    const smiling = eventOf(`From: a@b.example\r\nSubject: ${'x'.repeat(255)}😀`).subject;
    expect(smiling).toBe('x'.repeat(255));
    expect(eventOf(`From: a@b.example\r\nSubject: ${'x'.repeat(254)}😀y`).subject).toBe(
      `${'x'.repeat(254)}😀`,
    );
    expect(eventOf(`From: a@b.example\r\nSubject: ${'ä'.repeat(300)}`).subject).toHaveLength(256);
    expect(eventOf('From: a@b.example').subject).toBeNull();
  });

  test('[L21] leaves out recipients beyond 128 KB and says so', () => {
    // Short and many, so that a miscount of an octet for each would show.
    const recipients = Array.from({ length: 5_000 }, (_, index) => `${'x'.repeat(20)}${index}@example.com`);
    const event = eventOf('From: a@b.example', { recipients });
    const size = Buffer.byteLength(JSON.stringify(event));
    expect(event.truncated).toBe(true);
    expect(size).toBeLessThanOrEqual(MAX_EVENT_BYTES);
    const next = { address: recipients[event.envelope.recipients.length] };
    // And a comma, and "false" for "true".
    expect(size + Buffer.byteLength(JSON.stringify(next)) + 2).toBeGreaterThan(MAX_EVENT_BYTES);
    expect(event.envelope.recipients.map((item) => item.address)).toEqual(
      recipients.slice(0, event.envelope.recipients.length),
    );
  });

  test('[L21] leaves out nobody of an event that has 128 KB', () => {
    const names = Array.from({ length: 380 }, (_, index) => `${'x'.repeat(300)}${index}@example.com`);
    const room =
      MAX_EVENT_BYTES - Buffer.byteLength(JSON.stringify(eventOf('From: a@b', { recipients: names })));
    const filled = [`${'y'.repeat(room)}${names[0]}`, ...names.slice(1)];
    const event = eventOf('From: a@b', { recipients: filled });
    expect(Buffer.byteLength(JSON.stringify(event))).toBe(MAX_EVENT_BYTES);
    expect(event).toMatchObject({ truncated: false, envelope: { recipients: { length: 380 } } });
    const larger = eventOf('From: a@b', { recipients: [`y${filled[0]}`, ...filled.slice(1)] });
    expect(larger).toMatchObject({ truncated: true, envelope: { recipients: { length: 379 } } });
  });

  test('names its call by message and rule', () => {
    expect(eventOf('From: a@b.example').invocationId).toBe(invocationId(ID, 'ask'));
    expect(invocationId(ID, 'ask')).not.toBe(invocationId(ID, 'other'));
    expect(invocationId(ID, 'ask')).toMatch(/^[0-9a-f]{40}$/);
  });
});

describe('ids', () => {
  test('are UUIDs that sort by time', () => {
    const early = messageId(1_000, new Uint8Array(16).fill(255));
    const late = messageId(2_000, new Uint8Array(16));
    expect(early).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(early < late).toBe(true);
  });

  test('of children are computed, differ by role, and sort with the parent', () => {
    expect(childId(ID, 'forward')).toBe(childId(ID, 'forward'));
    expect(childId(ID, 'forward')).not.toBe(childId(ID, 'bounce'));
    expect(childId(ID, 'forward').slice(0, 13)).toBe(ID.slice(0, 13));
    expect(isMessageId(childId(ID, 'forward'))).toBe(true);
  });

  test.each(['', '..', `../${ID}`, `${ID}/x`, ID.toUpperCase(), `${ID}\n`])('%j is none', (text) => {
    expect(isMessageId(text)).toBe(false);
  });
});
