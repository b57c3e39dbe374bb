/** Events and messages as files: every event can be read, every message fits its event and is what was sent. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadFixtures } from '../../local/fixtures.ts';
import { readHeaderFacts } from '../../local/flow/facts.ts';
import { decodeCapRequest, decodeRuleEvent } from '../../shared/workmail/index.ts';
import { EVENT_NAMES, EVENTS, MESSAGE_NAMES, readEvent, readMessage, readSent, SENT_NAMES } from './read.ts';

interface Expected {
  readonly direction?: 'INBOUND' | 'OUTBOUND';
  readonly from: string;
  readonly sender?: string;
  readonly to: readonly string[];
  /** The result that SES wrote; absent where SES wrote no block. */
  readonly dmarc?: 'pass' | 'fail' | 'none';
  /** The message of `sent/` at the end of the content; absent where SES changed it on its way out. */
  readonly sent?: string;
}

const ALICE = ['alice@example.com'];
const FIVE = [
  'alice@example.com',
  'alice.liddell@example.com',
  'bob@example.com',
  'carol@example.com',
  'staff@example.com',
];
const IN = { direction: 'INBOUND', to: ALICE } as const;
const OUT = { direction: 'OUTBOUND', from: 'alice@example.com' } as const;

const RULE_EVENTS: Readonly<Record<string, Expected>> = {
  inbound: { ...IN, from: 'ann@good.example', dmarc: 'pass', sent: 'inbound' },
  'inbound-html': { ...IN, from: 'news@good.example', dmarc: 'pass', sent: 'inbound-html' },
  'inbound-dmarc-reject': {
    ...IN,
    from: 'security@bank.example',
    dmarc: 'fail',
    sent: 'inbound-dmarc-reject',
  },
  'inbound-spoofed-own-domain': {
    ...IN,
    from: 'carol@example.com',
    dmarc: 'fail',
    sent: 'inbound-spoofed-own-domain',
  },
  'inbound-mailing-list': { ...IN, from: 'bert@bank.example', dmarc: 'fail', sent: 'inbound-mailing-list' },
  'inbound-signed-smime': { ...IN, from: 'ann@good.example', dmarc: 'pass', sent: 'inbound-signed-smime' },
  'inbound-meeting': { ...IN, from: 'dave@partner.example', dmarc: 'pass', sent: 'inbound-meeting' },
  internal: { direction: 'INBOUND', to: ['bob@example.com'], from: 'alice@example.com', dmarc: 'pass' },
  'many-recipients': {
    direction: 'INBOUND',
    to: FIVE,
    from: 'ann@good.example',
    dmarc: 'pass',
    sent: 'many-recipients',
  },
  'null-sender': { ...IN, from: '', dmarc: 'none', sent: 'null-sender' },
  'on-behalf-of': {
    ...IN,
    from: 'frank@good.example',
    sender: 'ann@good.example',
    dmarc: 'pass',
    sent: 'on-behalf-of',
  },
  'subject-null': { ...IN, from: 'ann@good.example', dmarc: 'pass', sent: 'subject-null' },
  'subject-long': { ...IN, from: 'ann@good.example', dmarc: 'pass', sent: 'subject-long' },
  outbound: { ...OUT, to: ['ann@good.example'], sent: 'outbound' },
  'outbound-to-colleague': { ...OUT, to: ['bob@example.com'], sent: 'outbound-to-colleague' },
  'outbound-mixed': { ...OUT, to: ['ann@good.example', 'bob@example.com'], sent: 'outbound-mixed' },
  'older-shape': { to: ALICE, from: 'ann@good.example', dmarc: 'pass', sent: 'inbound' },
  'summary-version-2019-07-28': { ...OUT, to: ['ann@good.example'], sent: 'outbound' },
  truncated: {
    direction: 'INBOUND',
    to: FIVE.slice(0, 2),
    from: 'ann@good.example',
    dmarc: 'pass',
    sent: 'many-recipients',
  },
  'null-sender-missing': { ...IN, from: '', dmarc: 'none', sent: 'null-sender' },
  documented: {
    direction: 'INBOUND',
    to: ['recipient1@example.com', 'recipient2@example.com'],
    from: 'from@example.com',
    sender: 'sender@example.com',
    sent: 'documented',
  },
};

/** Of each request: the mailboxes it asks for, or what is wrong with it. */
const REQUESTS: Readonly<Record<string, readonly string[] | string>> = {
  'availability-known': ['dave@partner.example', 'erin@partner.example'],
  'availability-unknown': ['nobody@partner.example', 'erin@partner.example'],
  'availability-documented': ['user2@external.example.com', 'unknown@internal.example.com'],
  'availability-one-string': ['dave@partner.example', 'nobody@partner.example'],
  'availability-empty': 'mailboxes: expected an array or a comma-separated string, got nothing',
  'availability-nobody': 'mailboxes: none',
};

function decoded(name: string) {
  const result = decodeRuleEvent(readEvent(name));
  if (!result.ok) throw new Error(result.problems.join('; '));
  return result;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('the folder', () => {
  test('holds these events, and beside every event of a rule its message', () => {
    expect(EVENT_NAMES).toEqual([...Object.keys(RULE_EVENTS), ...Object.keys(REQUESTS)].sort());
    expect(MESSAGE_NAMES).toEqual(Object.keys(RULE_EVENTS).sort());
  });

  test('holds no message that was sent for nothing', () => {
    const used = Object.entries(RULE_EVENTS).map(([name, { sent }]) => sent ?? name);
    // `internal` is the colleague's copy of `outbound-to-colleague`.
    expect(SENT_NAMES).toEqual([...new Set(used)].filter((name) => name !== 'internal').sort());
  });

  test('says of every event in its README where it comes from', () => {
    const readme = readFileSync(join(EVENTS, 'README.md'), 'utf8');
    const rows = readme.split('\n').flatMap((line) => /^\| `([a-z0-9-]+)\.json` \|/.exec(line)?.[1] ?? []);
    expect(rows.toSorted()).toEqual(EVENT_NAMES);
  });

  test('gives every event an id of its own, under which --fixtures serves its message', async () => {
    const names = Object.keys(RULE_EVENTS);
    const ids = names.map((name) => decoded(name).event.messageId);
    expect(new Set(ids).size).toBe(ids.length);
    const inTransit = await loadFixtures(EVENTS);
    for (const [index, name] of names.entries()) {
      const served = await inTransit.get(ids[index] ?? '');
      expect(served, name).toEqual(readMessage(name));
    }
  });
});

describe.each(Object.entries(RULE_EVENTS))('%s', (name, expected) => {
  const { event, notes } = decoded(name);
  const message = readMessage(name);
  const text = message.toString('latin1');

  test('is an event with these values', () => {
    expect({
      direction: event.flowDirection,
      from: event.mailFrom,
      sender: event.sender,
      to: event.recipients,
      truncated: event.truncated,
      summaryVersion: event.summaryVersion,
    }).toEqual({
      direction: expected.direction,
      from: expected.from,
      sender: expected.sender,
      to: expected.to,
      truncated: name === 'truncated',
      summaryVersion: name === 'summary-version-2019-07-28' ? '2019-07-28' : '2018-10-10',
    });
    expect(notes).toHaveLength(name === 'older-shape' ? 2 : 0);
  });

  test('speaks of the message beside it', () => {
    const facts = readHeaderFacts(message);
    if (expected.from !== '') expect(facts.from).toBe(event.mailFrom);
    expect(facts.sender).toBe(event.sender);
    expect(facts.subject?.slice(0, 256)).toBe(event.subject);
  });

  test('has a message with the line ends of SMTP and no line that is too long', () => {
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(text.endsWith('\r\n')).toBe(true);
    expect(Math.max(...text.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998);
  });

  test("has SES's block above the message where there should be one", () => {
    const block = /^Return-Path: <[^>]*>\r\nReceived: from [\s\S]*?\r\nX-SES-DKIM-SIGNATURE: [^\r]*\r\n/.exec(
      text,
    );
    expect(block === null).toBe(expected.dmarc === undefined);
    if (block !== null) {
      const results = [...block[0].matchAll(/^ dmarc=([a-z]+)/gm)].map((match) => match[1]);
      expect(results).toEqual([expected.dmarc]);
    }
    if (expected.sent === undefined) return;
    expect(sha256(message.subarray(block?.[0].length ?? 0))).toBe(sha256(readSent(expected.sent)));
  });
});

test('internal is the copy of outbound-to-colleague that SES signed and received', () => {
  const text = readMessage('internal').toString('latin1');
  expect(text).toContain('\r\n dkim=pass header.i=@example.com;');
  expect(text.split('\r\n\r\n').slice(1)).toEqual(
    readSent('outbound-to-colleague').toString('latin1').split('\r\n\r\n').slice(1),
  );
});

test('subject-null and subject-long: no subject, and the first 256 characters of a longer one', () => {
  expect(readEvent('subject-null')).toMatchObject({ subject: null });
  expect(decoded('subject-long').event.subject).toHaveLength(256);
  expect(readHeaderFacts(readMessage('subject-long')).subject?.length).toBeGreaterThan(256);
});

test('the shapes that differ are in the files and not only in what is read of them', () => {
  expect(readEvent('older-shape')).not.toHaveProperty('invocationId');
  expect(readEvent('older-shape')).not.toHaveProperty('flowDirection');
  expect(readEvent('null-sender')).toMatchObject({ envelope: { mailFrom: { address: '' } } });
  expect(readEvent('null-sender-missing')).toMatchObject({ envelope: { mailFrom: null }, sender: null });
  expect(readEvent('inbound')).not.toHaveProperty('sender');
});

test.each(Object.entries(REQUESTS))('%s', (name, expected) => {
  const request = decodeCapRequest(readEvent(name));
  if (typeof expected === 'string') {
    expect(request).toMatchObject({ kind: 'unreadable', mailboxes: [] });
    expect(request.kind === 'unreadable' && request.problems).toContain(expected);
  } else {
    expect(request).toMatchObject({ kind: 'request', request: { mailboxes: expected }, notes: [] });
  }
});
