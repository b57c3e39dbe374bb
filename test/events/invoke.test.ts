/** Every event answered by the built bundle through `mailroom invoke`, as somebody who tries a function calls it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build } from '../../local/build.ts';
import { readAnswer } from '../../local/flow/answer.ts';
import { decodeRuleEvent } from '../../shared/workmail/index.ts';
import { mailroom, type Ran } from '../local/cli/run.ts';
import { EVENT_NAMES, readEvent } from './read.ts';

/** Processes at a time: each starts another one. */
const CONCURRENCY = 2;
const ALL_TIMEOUT_MS = 180_000;

type ActionType = 'DEFAULT' | 'DROP' | 'BOUNCE' | 'MOVE_TO_JUNK' | 'BYPASS_SPAM_CHECK';

/** What the sample policy makes of each message: the action for every recipient, and whether its content changes. */
const MAILFLOW: Readonly<Record<string, readonly [ActionType, 'rewritten' | 'unchanged']>> = {
  inbound: ['DEFAULT', 'rewritten'],
  'inbound-html': ['DEFAULT', 'rewritten'],
  'inbound-dmarc-reject': ['MOVE_TO_JUNK', 'rewritten'],
  'inbound-spoofed-own-domain': ['MOVE_TO_JUNK', 'rewritten'],
  'inbound-mailing-list': ['MOVE_TO_JUNK', 'rewritten'],
  'inbound-signed-smime': ['DEFAULT', 'unchanged'],
  'inbound-meeting': ['DEFAULT', 'unchanged'],
  internal: ['DEFAULT', 'unchanged'],
  'many-recipients': ['DEFAULT', 'rewritten'],
  'null-sender': ['DEFAULT', 'unchanged'],
  'null-sender-missing': ['DEFAULT', 'unchanged'],
  'on-behalf-of': ['DEFAULT', 'rewritten'],
  'subject-null': ['DEFAULT', 'rewritten'],
  'subject-long': ['DEFAULT', 'rewritten'],
  outbound: ['DEFAULT', 'rewritten'],
  'outbound-to-colleague': ['DEFAULT', 'unchanged'],
  'outbound-mixed': ['DEFAULT', 'rewritten'],
  // Which way it goes is unknown, so no rule with `direction` acts.
  'older-shape': ['DEFAULT', 'unchanged'],
  'summary-version-2019-07-28': ['DEFAULT', 'rewritten'],
  truncated: ['DEFAULT', 'rewritten'],
  documented: ['DEFAULT', 'rewritten'],
};

/** The same messages by handlers that do one job. */
const SINGLE: readonly (readonly [string, string, ActionType, 'rewritten' | 'unchanged'])[] = [
  ['dmarc', 'inbound-dmarc-reject', 'MOVE_TO_JUNK', 'unchanged'],
  ['dmarc', 'older-shape', 'DEFAULT', 'unchanged'],
  ['rewrite', 'inbound-dmarc-reject', 'DEFAULT', 'rewritten'],
  ['rewrite', 'inbound-signed-smime', 'DEFAULT', 'unchanged'],
];

const RECORDED = ['inbound-signed-smime', 'null-sender-missing'] as const;

const STAND_UP = ['16', '17', '18', '19'].map(
  (day) => `2026-03-${day}T08:15:00.000Z 2026-03-${day}T08:30:00.000Z BUSY`,
);
const ERIN = [
  '2026-03-17T10:00:00.000Z 2026-03-17T11:00:00.000Z TENTATIVE',
  '2026-03-19T14:00:00.000Z 2026-03-19T15:00:00.000Z BUSY',
];

/** Busy times of each mailbox in the order of the request, or its error. */
const BUSY: Readonly<Record<string, readonly (readonly [string, string | readonly string[]])[]>> = {
  'availability-known': [
    ['dave@partner.example', [...STAND_UP, '2026-03-19T09:00:00.000Z 2026-03-19T10:30:00.000Z BUSY']],
    ['erin@partner.example', ERIN],
  ],
  'availability-unknown': [
    ['nobody@partner.example', 'MailboxNotFound'],
    ['erin@partner.example', ERIN],
  ],
  'availability-documented': [
    ['user2@external.example.com', 'MailboxNotFound'],
    ['unknown@internal.example.com', 'MailboxNotFound'],
  ],
  'availability-one-string': [
    ['dave@partner.example', STAND_UP.slice(0, 1)],
    ['nobody@partner.example', 'MailboxNotFound'],
  ],
  'availability-empty': [],
  'availability-nobody': [],
};

function isWithRecipients(
  value: unknown,
): value is { readonly envelope: { readonly recipients: readonly unknown[] } } {
  if (typeof value !== 'object' || value === null || !('envelope' in value)) return false;
  const { envelope } = value;
  return (
    typeof envelope === 'object' &&
    envelope !== null &&
    'recipients' in envelope &&
    Array.isArray(envelope.recipients)
  );
}

function inboundEvent() {
  const event = readEvent('inbound');
  if (!isWithRecipients(event)) throw new Error('events/inbound.json is no event');
  return event;
}

const INBOUND = inboundEvent();

/** Not events: what is wrong, and what is said of it. */
const WRONG: Readonly<Record<string, readonly [unknown, string]>> = {
  'a number for an address': [
    {
      ...INBOUND,
      envelope: { ...INBOUND.envelope, recipients: [...INBOUND.envelope.recipients, { address: 7 }] },
    },
    'envelope.recipients[1].address: expected a string, got number',
  ],
  'no envelope': [{ ...INBOUND, envelope: undefined }, 'envelope: expected an object, got nothing'],
  'an array': [[INBOUND], 'expected the event as an object, got array'],
};

const results = new Map<string, Ran>();
let folder: string;

function ran(...args: readonly string[]): Ran {
  const result = results.get(args.join(' '));
  if (result === undefined) throw new Error(`not run: ${args.join(' ')}`);
  return result;
}

function wrongFile(name: string): string {
  return join(folder, `${name.replaceAll(' ', '-')}.json`);
}

async function runAll(calls: readonly (readonly string[])[]): Promise<void> {
  const waiting = [...calls];
  const work = async (): Promise<void> => {
    for (let call = waiting.shift(); call !== undefined; call = waiting.shift())
      results.set(call.join(' '), await mailroom(['invoke', ...call]));
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mailroom-events-test-'));
  for (const [name, [event]] of Object.entries(WRONG)) writeFileSync(wrongFile(name), JSON.stringify(event));
  await build();
  await runAll([
    ...Object.keys(MAILFLOW).map((name) => ['mailflow', `events/${name}.json`]),
    ...Object.keys(BUSY).map((name) => ['availability', `events/${name}.json`]),
    ...SINGLE.map(([handler, name]) => [handler, `events/${name}.json`]),
    ...RECORDED.map((name) => ['journal', `events/${name}.json`]),
    ...Object.keys(WRONG).map((name) => ['mailflow', wrongFile(name)]),
  ]);
}, ALL_TIMEOUT_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Reads the answer as strictly as WorkMail does; the action for each recipient of the event. */
function actionsOf(name: string, { stdout }: Ran): readonly (string | undefined)[] {
  const decoded = decodeRuleEvent(readEvent(name));
  if (!decoded.ok) throw new Error(decoded.problems.join('; '));
  const { recipients, flowDirection } = decoded.event;
  const answer = readAnswer(
    {
      kind: 'answer',
      payload: JSON.parse(stdout),
      bytes: Buffer.byteLength(stdout),
      durationMs: 0,
      coldStart: true,
      logs: [],
    },
    { direction: flowDirection === 'OUTBOUND' ? 'outbound' : 'inbound', recipients, knows: () => true },
  );
  if (answer.kind === 'failed') throw new Error(answer.why);
  expect(answer).toMatchObject({ added: [], notes: [] });
  return recipients.map((recipient) => answer.actions.get(recipient)?.type);
}

function contentOf({ stderr }: Ran): 'rewritten' | 'unchanged' {
  return stderr.includes('the function replaced the message') ? 'rewritten' : 'unchanged';
}

function expectActions(handler: string, name: string, type: ActionType, content: string): void {
  const result = ran(handler, `events/${name}.json`);
  expect(result, result.stderr).toMatchObject({ code: 0 });
  const actions = actionsOf(name, result);
  expect(actions.length).toBeGreaterThan(0);
  expect({ actions, content: contentOf(result) }).toEqual({ actions: actions.map(() => type), content });
}

test('every event has an expected answer', () => {
  expect([...Object.keys(MAILFLOW), ...Object.keys(BUSY)].sort()).toEqual(EVENT_NAMES);
});

describe('a rule event', () => {
  test.each(Object.entries(MAILFLOW))('mailflow answers %s', (name, [type, content]) => {
    expectActions('mailflow', name, type, content);
  });

  test.each(SINGLE)('%s answers %s', (handler, name, type, content) => {
    expectActions(handler, name, type, content);
  });

  test.each(RECORDED)('journal keeps %s', (name) => {
    const result = ran('journal', `events/${name}.json`);
    expect(result, result.stderr).toMatchObject({ code: 0, stdout: '{"outcome":"stored"}\n' });
  });

  test.each(Object.entries(WRONG))('with %s fails and names the field', (name, [, problem]) => {
    const { code, stdout, stderr } = ran('mailflow', wrongFile(name));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(problem);
  });
});

interface Mailbox {
  readonly mailbox: string;
  readonly error?: string;
  readonly events?: readonly {
    readonly startTime: string;
    readonly endTime: string;
    readonly busyType: string;
  }[];
}

function isAnswer(value: unknown): value is { readonly mailboxes: readonly Mailbox[] } {
  return (
    typeof value === 'object' && value !== null && 'mailboxes' in value && Array.isArray(value.mailboxes)
  );
}

describe('a request for availability', () => {
  test.each(Object.entries(BUSY))('%s', (name, expected) => {
    const result = ran('availability', `events/${name}.json`);
    expect(result, result.stderr).toMatchObject({ code: 0 });
    const answer: unknown = JSON.parse(result.stdout);
    if (!isAnswer(answer)) throw new Error(result.stdout);
    const told = answer.mailboxes.map(({ mailbox, error, events }) => [
      mailbox,
      error ?? events?.map((event) => `${event.startTime} ${event.endTime} ${event.busyType}`),
    ]);
    expect(told).toEqual(expected);
  });

  test('availability-known: the times only, and when Dave works', () => {
    const { stdout } = ran('availability', 'events/availability-known.json');
    expect(stdout).not.toMatch(/details|subject|Review/);
    expect(JSON.parse(stdout)).toMatchObject({
      mailboxes: [
        {
          workingHours: {
            timezone: { name: 'W. Europe Standard Time', bias: -60 },
            workingPeriods: [
              { startMinutes: 540, endMinutes: 1020, days: ['MON', 'TUE', 'WED', 'THU', 'FRI'] },
            ],
          },
        },
        {},
      ],
    });
  });
});
