import { describe, expect, test } from 'vitest';
import type { AvailabilityPorts, CalendarIo } from '../../../shared/calendar/index.ts';
import { answerMailboxes } from '../../../shared/calendar/index.ts';
import { TemporaryError } from '../../../shared/errors.ts';
import type { LogRecord } from '../../../shared/log.ts';
import type { AvailabilityPolicy, MailboxSource } from '../../../shared/policy/types.ts';
import { calendar, event } from './support.ts';

const WINDOW = { startMs: Date.UTC(2026, 2, 9), endMs: Date.UTC(2026, 2, 14) };
const file = (location: string): MailboxSource => ({ calendars: [{ kind: 'file', location }] });
const FILES: Readonly<Record<string, string>> = {
  'dave.ics': calendar(
    event('DTSTART:20260310T090000Z', 'DURATION:PT1H', 'SUMMARY:Plan', 'LOCATION:Room'),
    event('DTSTART:20260310T093000Z', 'DURATION:PT1H', 'SUMMARY:Secret', 'CLASS:PRIVATE').replace(
      'one@',
      'two@',
    ),
    event('DTSTART:20260311T090000Z', 'DURATION:PT1H', 'TRANSP:TRANSPARENT').replace('one@', 'three@'),
  ),
  'day.ics': calendar(event('DTSTART;VALUE=DATE:20260310')),
  'broken.ics': '<html>',
};

const POLICY: AvailabilityPolicy = {
  show: 'busy',
  timezone: 'Europe/Berlin',
  biasConvention: 'ews',
  requesters: [],
  mailboxes: new Map<string, MailboxSource>([
    ['dave@partner.example', file('dave.ics')],
    ['day@partner.example', file('day.ics')],
    ['tokyo@partner.example', { ...file('day.ics'), timezone: 'Asia/Tokyo' }],
    ['broken@partner.example', file('broken.ics')],
    ['half@partner.example', { calendars: [...file('dave.ics').calendars, ...file('later.ics').calendars] }],
    ['slow@partner.example', file('slow.ics')],
    [
      'worker@partner.example',
      { ...file('day.ics'), workingHours: { days: ['MON'], startMinutes: 480, endMinutes: 960 } },
    ],
  ]),
};

interface World {
  readonly ports: AvailabilityPorts;
  readonly records: LogRecord[];
  readonly read: string[];
  readonly deadline: AbortController;
}

function world(): World {
  const records: LogRecord[] = [];
  const read: string[] = [];
  const deadline = new AbortController();
  const io: CalendarIo = {
    fetch: () => Promise.reject(new Error('not asked')),
    readSecret: () => Promise.reject(new Error('not asked')),
    readCalendar: (location) => {
      read.push(location);
      if (location === 'slow.ics') return new Promise(() => undefined);
      const text = FILES[location];
      return text === undefined ? Promise.reject(new TemporaryError('later')) : Promise.resolve(text);
    },
  };
  const ports: AvailabilityPorts = {
    io,
    log: (record) => records.push(record),
    deadline: { signal: deadline.signal, remaining: () => (deadline.signal.aborted ? 0 : 1_000) },
  };
  return { ports, records, read, deadline };
}

const ask = (
  mailboxes: readonly string[],
  here: World,
  policy: AvailabilityPolicy | undefined = POLICY,
  requester?: string,
) =>
  answerMailboxes(
    { requester: requester ?? 'alice@example.com', mailboxes, window: WINDOW },
    policy,
    here.ports,
  );

const at = (day: number, hour: number, minute = 0): number => Date.UTC(2026, 2, day, hour, minute);

describe('what is told', () => {
  test('busy: merged times and nothing else', async () => {
    const answers = await ask(['dave@partner.example'], world());
    expect(answers.get('dave@partner.example')).toEqual({
      kind: 'events',
      events: [{ startMs: at(10, 9), endMs: at(10, 10, 30), busyType: 'BUSY' }],
    });
  });

  test('details: every event, private ones without subject and place', async () => {
    const answers = await ask(['dave@partner.example'], world(), { ...POLICY, show: 'details' });
    const answer = answers.get('dave@partner.example');
    const told =
      answer?.kind === 'events'
        ? answer.events.map((one) => [one.busyType, one.details?.subject, one.details?.isPrivate])
        : [];
    expect(told).toEqual([
      ['BUSY', 'Plan', false],
      ['BUSY', '', true],
      ['FREE', '', false],
    ]);
  });

  test('days are those of the mailbox', async () => {
    const answers = await ask(['day@partner.example', 'tokyo@partner.example'], world());
    expect(answers.get('day@partner.example')).toMatchObject({ events: [{ startMs: at(9, 23) }] });
    expect(answers.get('tokyo@partner.example')).toMatchObject({ events: [{ startMs: at(9, 15) }] });
  });

  test('working hours come from the policy, with their zone', async () => {
    const answers = await ask(['worker@partner.example', 'day@partner.example'], world());
    expect(answers.get('worker@partner.example')).toMatchObject({
      workingTime: {
        timezone: { name: 'W. Europe Standard Time', offsetMinutes: 60 },
        periods: [{ days: ['MON'] }],
      },
    });
    expect(answers.get('day@partner.example')).not.toHaveProperty('workingTime');
  });

  test('mailboxes are found in any case, answered in their own, and worked on once', async () => {
    const here = world();
    const spellings = ['Dave@Partner.Example', 'dave@partner.example'];
    const answers = await ask(spellings, here);
    expect([...answers.keys()]).toEqual(spellings);
    expect(answers.get('Dave@Partner.Example')).toEqual(answers.get('dave@partner.example'));
    expect(here.read).toEqual(['dave.ics']);
  });
});

describe('one mailbox fails alone', () => {
  test('each for its reason', async () => {
    const here = world();
    const names = ['nobody', 'broken', 'half', 'dave'].map((name) => `${name}@partner.example`);
    const answers = await ask(names, here);
    expect(names.map((name) => answers.get(name))).toMatchObject([
      { kind: 'failure', reason: 'not-found' },
      { kind: 'failure', reason: 'unreadable' },
      // One of its two calendars could not be read: what is in the other does not make an answer.
      { kind: 'failure', reason: 'busy' },
      { kind: 'events' },
    ]);
  });

  test('logs name mailboxes by their index only', async () => {
    const here = world();
    await ask(['nobody@partner.example', 'broken@partner.example'], here);
    // Anybody can ask about a mailbox that there is not: nothing failed then.
    expect(here.records.map((one) => [one.event, one['mailbox']])).toEqual([
      ['skip', 0],
      ['failure', 1],
    ]);
    expect(JSON.stringify(here.records)).not.toContain('@');
  });

  test('at the deadline the unfinished ones time out, the others are answered', async () => {
    const here = world();
    const asked = ask(['slow@partner.example', 'dave@partner.example'], here);
    setTimeout(() => here.deadline.abort(), 20);
    const answers = await asked;
    expect(answers.get('slow@partner.example')).toMatchObject({ kind: 'failure', reason: 'timeout' });
    expect(answers.get('dave@partner.example')).toMatchObject({ kind: 'events' });
  });

  test('after the deadline nothing is begun', async () => {
    const here = world();
    here.deadline.abort();
    const names = Array.from({ length: 50 }, (_, index) => `${index}@partner.example`);
    const answers = await ask([...names, 'dave@partner.example'], here);
    expect(answers.size).toBe(51);
    expect(answers.get('dave@partner.example')).toMatchObject({ reason: 'timeout' });
    expect(here.read).toEqual([]);
  });
});

describe('who may ask', () => {
  const policy: AvailabilityPolicy = { ...POLICY, requesters: ['example.com'] };

  test('a requester that the policy names', async () => {
    const answers = await ask(['dave@partner.example'], world(), policy, 'Alice@Example.com');
    expect(answers.get('dave@partner.example')?.kind).toBe('events');
  });

  test('anybody else cannot tell which mailboxes exist', async () => {
    const here = world();
    const answers = await ask(
      ['dave@partner.example', 'nobody@partner.example'],
      here,
      policy,
      'eve@elsewhere.example',
    );
    expect(answers.get('dave@partner.example')).toEqual(answers.get('nobody@partner.example'));
    expect(answers.get('dave@partner.example')).toMatchObject({ kind: 'failure', reason: 'failed' });
    expect(here.records).toMatchObject([{ event: 'skip' }]);
    expect(here.read).toEqual([]);
  });

  test('an unknown requester is nobody', async () => {
    const here = world();
    const question = { requester: undefined, mailboxes: ['dave@partner.example'], window: WINDOW };
    const answers = await answerMailboxes(question, policy, here.ports);
    expect(answers.get('dave@partner.example')).toMatchObject({ reason: 'failed' });
  });

  test('without a policy nothing is configured', async () => {
    const here = world();
    const question = { requester: undefined, mailboxes: ['dave@partner.example'], window: WINDOW };
    expect(
      (await answerMailboxes(question, undefined, here.ports)).get('dave@partner.example'),
    ).toMatchObject({
      reason: 'no-configuration',
    });
  });
});

describe('many events', () => {
  test('are merged, then coarsened, and never become free', async () => {
    const here = world();
    const text = calendar(event('DTSTART:20260301T000000Z', 'DURATION:PT30S', 'RRULE:FREQ=MINUTELY'));
    const io: CalendarIo = { ...here.ports.io, readCalendar: () => Promise.resolve(text) };
    const question = { requester: undefined, mailboxes: ['dave@partner.example'], window: WINDOW };
    const answers = await answerMailboxes(question, { ...POLICY, show: 'details' }, { ...here.ports, io });
    const answer = answers.get('dave@partner.example');
    const events = answer?.kind === 'events' ? answer.events : [];
    expect(events.length).toBe(2_000);
    expect(events.every((one) => one.details === undefined)).toBe(true);
    expect(events.at(-1)?.endMs).toBeGreaterThanOrEqual(WINDOW.endMs - 60_000);
  });
});
