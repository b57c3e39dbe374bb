import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRuleEvent, MAX_EVENT_RECIPIENTS } from '../../../shared/workmail/event.ts';

const RUNS = { numRuns: 300, seed: 20_181_010 };

/** The sample of the Administrator Guide. */
function guideEvent(): Record<string, unknown> {
  return {
    summaryVersion: '2018-10-10',
    envelope: {
      mailFrom: { address: 'from@example.com' },
      recipients: [{ address: 'recipient1@example.com' }, { address: 'recipient2@example.com' }],
    },
    sender: { address: 'sender@example.com' },
    subject: 'Hello From Amazon WorkMail!',
    messageId: '00000000-0000-0000-0000-000000000000',
    invocationId: '00000000000000000000000000000000',
    flowDirection: 'INBOUND',
    truncated: false,
  };
}

function decoded(change: Record<string, unknown>) {
  const result = decodeRuleEvent({ ...guideEvent(), ...change });
  if (!result.ok) throw new Error(result.problems.join('; '));
  return result;
}

function problems(change: Record<string, unknown>): readonly string[] {
  const result = decodeRuleEvent({ ...guideEvent(), ...change });
  return result.ok ? [] : result.problems;
}

describe('decodeRuleEvent', () => {
  it("reads the guide's sample", () => {
    expect(decoded({})).toEqual({
      ok: true,
      notes: [],
      event: {
        summaryVersion: '2018-10-10',
        mailFrom: 'from@example.com',
        recipients: ['recipient1@example.com', 'recipient2@example.com'],
        sender: 'sender@example.com',
        subject: 'Hello From Amazon WorkMail!',
        messageId: '00000000-0000-0000-0000-000000000000',
        invocationId: '00000000000000000000000000000000',
        flowDirection: 'INBOUND',
        truncated: false,
      },
    });
  });

  it('takes both versions, and another one with a note', () => {
    expect(decoded({ summaryVersion: '2019-07-28' }).notes).toEqual([]);
    expect(decoded({ summaryVersion: '2027-01-01' }).notes).toEqual(['summaryVersion: not seen before']);
  });

  it('takes the older shape without invocationId and flowDirection', () => {
    const { invocationId: _, flowDirection: __, ...older } = guideEvent();
    const result = decodeRuleEvent(older);
    expect(result.ok && result.event.invocationId).toBeUndefined();
    expect(result.ok && result.event.flowDirection).toBeUndefined();
    expect(result.ok && result.notes).toHaveLength(2);
  });

  it.each([
    ['sender null', { sender: null }, 'sender'],
    ['sender missing', { sender: undefined }, 'sender'],
    ['sender with an empty address', { sender: { address: '' } }, 'sender'],
    ['subject null', { subject: null }, 'subject'],
    ['subject missing', { subject: undefined }, 'subject'],
  ] as const)('takes %s as none', (_name, change, field) => {
    expect(decoded(change).event[field]).toBeUndefined();
  });

  it.each([
    ['empty', { address: '' }],
    ['null', { address: null }],
    ['missing', {}],
  ])('takes a null sender whose address is %s', (_name, mailFrom) => {
    const envelope = { mailFrom, recipients: [{ address: 'a@example.com' }] };
    expect(decoded({ envelope }).event.mailFrom).toBe('');
    expect(decoded({ envelope: { recipients: envelope.recipients } }).event.mailFrom).toBe('');
  });

  it('reads a missing truncated as false, and lets unknown fields pass', () => {
    expect(decoded({ truncated: undefined, spamVerdict: 'PASS', x: { y: 1 } }).event.truncated).toBe(false);
  });

  it('cuts a subject that is longer than the guide says', () => {
    expect(decoded({ subject: 'x'.repeat(5_000) }).event.subject).toHaveLength(256);
  });

  const recipients = (entries: unknown) => ({
    envelope: { mailFrom: { address: 'a@b' }, recipients: entries },
  });
  it.each([
    [
      recipients([{ address: 'a@b' }, { address: 7 }]),
      'envelope.recipients[1].address: expected a string, got number',
    ],
    [recipients([{ address: 'a@b' }, {}]), 'envelope.recipients[1].address: expected a string, got nothing'],
    [recipients(['a@b']), 'envelope.recipients[0]: expected an object, got string'],
    [recipients('a@b'), 'envelope.recipients: expected an array, got string'],
    [recipients([]), 'envelope.recipients: expected at least one recipient, got none'],
    [{ envelope: null }, 'envelope: expected an object, got null'],
    [
      { envelope: { mailFrom: 'a@b', recipients: [{ address: 'a@b' }] } },
      'envelope.mailFrom: expected an object, got string',
    ],
    [{ sender: { address: ['a'] } }, 'sender.address: expected a string, got array'],
    [{ summaryVersion: 1 }, 'summaryVersion: expected a string, got number'],
    [{ summaryVersion: undefined }, 'summaryVersion: expected a string, got nothing'],
    [{ messageId: undefined }, 'messageId: expected a string, got nothing'],
    [{ messageId: '../x' }, 'messageId: expected 1 to 120 of a-z, 0-9 and "-", got other characters'],
    [{ invocationId: 5 }, 'invocationId: expected a string or null, got number'],
    [{ flowDirection: 'SIDEWAYS' }, 'flowDirection: expected "INBOUND" or "OUTBOUND", got another word'],
    [{ truncated: 'false' }, 'truncated: expected true or false, got string'],
    [{ subject: {} }, 'subject: expected a string or null, got object'],
  ])('names the wrong field: %j', (change, message) => {
    expect(problems(change)).toEqual([message]);
  });

  it('tells several problems, but not a thousand', () => {
    const many = recipients(Array.from({ length: 1_000 }, () => ({ address: 1 })));
    expect(problems({ ...many, truncated: 1 })).toHaveLength(20);
    expect(
      problems(recipients(Array.from({ length: MAX_EVENT_RECIPIENTS + 1 }, () => ({ address: 'a@b' })))),
    ).toEqual([
      `envelope.recipients: expected at most ${MAX_EVENT_RECIPIENTS} recipients, got ${MAX_EVENT_RECIPIENTS + 1}`,
    ]);
  });

  it('never throws, and never repeats what it was given', () => {
    const secret = 'qzsecretqz';
    const value = fc.anything({ maxDepth: 4, withBigInt: false });
    const field = fc.constantFrom(...Object.keys(guideEvent()));
    fc.assert(
      fc.property(value, field, (random, name) => {
        decodeRuleEvent(random);
        const result = decodeRuleEvent({ ...guideEvent(), [name]: random });
        if (!result.ok) expect(result.problems.length).toBeGreaterThan(0);
      }),
      RUNS,
    );
    for (const name of Object.keys(guideEvent())) {
      for (const wrong of [secret, [secret], { [secret]: secret }, { address: [secret] }]) {
        expect(problems({ [name]: wrong }).join()).not.toContain(secret);
      }
    }
  });
});
