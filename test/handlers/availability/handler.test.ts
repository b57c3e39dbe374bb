import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAvailabilityHandler } from '../../../handlers/availability/handler.ts';
import type { CalendarPorts } from '../../../handlers/availability/ports.ts';
import { calendarIo } from '../../../handlers/availability/ports.ts';
import { measured } from '../../../handlers/edge/metrics.ts';
import { createObjectStore } from '../../../handlers/edge/object-store.ts';
import { createParameterStore } from '../../../handlers/edge/parameters.ts';
import { createResourceReader } from '../../../handlers/edge/resource.ts';
import { PermanentError, TemporaryError } from '../../../shared/errors.ts';
import type { LogRecord } from '../../../shared/log.ts';
import type { MailboxSource, Policy } from '../../../shared/policy/types.ts';
import { calendar, event } from '../../shared/calendar/support.ts';

const CONTEXT = { getRemainingTimeInMillis: () => 25_000 };
const REQUEST = {
  requester: {
    email: 'alice@example.com',
    userName: 'alice',
    organization: 'm-1',
    userId: 'S-1',
    origin: '127.0.0.1',
  },
  mailboxes: ['Dave@partner.example', 'nobody@partner.example'],
  window: { startDate: '2026-03-09T00:00:00.000Z', endDate: '2026-03-14T00:00:00+00:00' },
};
const dave: MailboxSource = {
  calendars: [{ kind: 'file', location: 'dave.ics' }],
  workingHours: { days: ['MON', 'FRI'], startMinutes: 480, endMinutes: 1_020 },
};
const POLICY: Policy = {
  version: 1,
  organization: { domains: ['example.com'], trustSesHeaders: 'auto' },
  rules: [],
  lists: new Map(),
  availability: {
    show: 'details',
    timezone: 'Europe/Berlin',
    biasConvention: 'ews',
    requesters: [],
    mailboxes: new Map([['dave@partner.example', dave]]),
  },
};

let folder = '';
const records: LogRecord[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mailroom-availability-'));
  records.length = 0;
  const text = calendar(
    event('DTSTART;TZID=Europe/Berlin:20260310T100000', 'DURATION:PT1H', 'SUMMARY:Plan', 'LOCATION:Room'),
  );
  writeFileSync(join(folder, 'dave.ics'), text);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function ports(loadPolicy: () => Promise<Policy> = async () => POLICY): () => CalendarPorts {
  const resources = createResourceReader({
    objectStore: createObjectStore({ pathStyle: true }),
    parameters: createParameterStore(),
    folder,
  });
  const io = calendarIo(resources, (location) => join(folder, location));
  const policySaved = async () => undefined;
  return () => ({ io, loadPolicy, policySaved, log: (record) => records.push(record), now: Date.now });
}

/** The metrics that the log counts. */
const counted = () =>
  records.flatMap((record) => {
    const metrics = measured(record, 'availability', 0)?.['_aws'];
    return metrics === undefined
      ? []
      : [[...JSON.stringify(metrics).matchAll(/"Name":"(\w+)"/g)].map((m) => m[1])];
  });

describe('the availability provider', () => {
  test('answers every mailbox, in its own spelling, as WorkMail wants it', async () => {
    const answer = await createAvailabilityHandler(ports())(REQUEST, CONTEXT);
    expect(answer).toEqual({
      mailboxes: [
        {
          mailbox: 'Dave@partner.example',
          events: [
            {
              startTime: '2026-03-10T09:00:00.000Z',
              endTime: '2026-03-10T10:00:00.000Z',
              busyType: 'BUSY',
              details: {
                subject: 'Plan',
                location: 'Room',
                instanceType: 'SINGLE_INSTANCE',
                isMeeting: false,
                isReminderSet: false,
                isPrivate: false,
              },
            },
          ],
          workingHours: {
            timezone: {
              name: 'W. Europe Standard Time',
              bias: -60,
              standardTime: { offset: 0, time: '03:00:00', month: 'OCT', week: 'LAST', dayOfWeek: 'SUN' },
              daylightTime: { offset: -60, time: '02:00:00', month: 'MAR', week: 'LAST', dayOfWeek: 'SUN' },
            },
            workingPeriods: [{ startMinutes: 480, endMinutes: 1_020, days: ['MON', 'FRI'] }],
          },
        },
        { mailbox: 'nobody@partner.example', error: 'MailboxNotFound' },
      ],
    });
    expect(JSON.stringify(records)).not.toMatch(/@|Plan|Room/);
  });

  test.each([
    ['nothing', undefined],
    ['an empty object', {}],
    ['text', 'test'],
    ['no mailboxes', { ...REQUEST, mailboxes: [] }],
  ])('%s gets an empty answer', async (_, input) => {
    expect(await createAvailabilityHandler(ports())(input, CONTEXT)).toEqual({ mailboxes: [] });
    expect(counted()).toEqual([]);
  });

  test('a mailbox that nobody named counts for no metric, a calendar that is not there does', async () => {
    await createAvailabilityHandler(ports())(REQUEST, CONTEXT);
    expect(counted()).toEqual([]);
    rmSync(join(folder, 'dave.ics'));
    await createAvailabilityHandler(ports())(REQUEST, CONTEXT);
    expect(counted()).toEqual([['StepFailures']]);
  });

  test('a mailbox that is longer than any address fails alone', async () => {
    const mailboxes = ['Dave@partner.example', `${'y'.repeat(5_000)}@partner.example`];
    const answer = await createAvailabilityHandler(ports())({ ...REQUEST, mailboxes }, CONTEXT);
    expect(answer.mailboxes).toMatchObject([
      { mailbox: mailboxes[0], events: [{ busyType: 'BUSY' }] },
      { mailbox: mailboxes[1], error: 'MailboxNotFound' },
    ]);
  });

  test('mailboxes without a window get errors', async () => {
    const answer = await createAvailabilityHandler(ports())({ mailboxes: ['a@b.example'] }, CONTEXT);
    expect(answer).toEqual({
      mailboxes: [{ mailbox: 'a@b.example', error: 'ErrorFreeBusyGenerationFailed' }],
    });
    expect(counted()).toEqual([['StepFailures']]);
  });

  test.each([
    [
      'no availability in the policy',
      async () => ({ version: 1, organization: POLICY.organization, rules: [], lists: new Map() }) as const,
      'ErrorAvailabilityConfigNotFound',
    ],
    [
      'a policy that is wrong',
      () => Promise.reject(new PermanentError('wrong')),
      'ErrorFreeBusyGenerationFailed',
    ],
    [
      'a policy that cannot be had now',
      () => Promise.reject(new TemporaryError('later')),
      'ErrorFreeBusyGenerationFailed',
    ],
    [
      'something else',
      () => Promise.reject(new TypeError('alice@example.com')),
      'ErrorFreeBusyGenerationFailed',
    ],
  ])('%s', async (_, loadPolicy, error) => {
    const answer = await createAvailabilityHandler(ports(loadPolicy))(REQUEST, CONTEXT);
    expect(answer).toEqual({ mailboxes: REQUEST.mailboxes.map((mailbox) => ({ mailbox, error })) });
    expect(JSON.stringify(records)).not.toContain('@');
  });

  test('a policy that never comes is a time-out', async () => {
    const handler = createAvailabilityHandler(ports(() => new Promise(() => undefined)));
    const answer = await handler(REQUEST, { getRemainingTimeInMillis: () => 200 });
    expect(answer.mailboxes).toMatchObject([
      { error: 'ErrorTimeoutExpired' },
      { error: 'ErrorTimeoutExpired' },
    ]);
  });

  test('a wrong environment is answered too', async () => {
    const handler = createAvailabilityHandler(() => {
      throw new PermanentError('environment: POLICY_URI: expected a path');
    });
    const answer = await handler(REQUEST, CONTEXT);
    expect(answer.mailboxes).toMatchObject([
      { error: 'ErrorAvailabilityConfigNotFound' },
      { error: 'ErrorAvailabilityConfigNotFound' },
    ]);
  });

  test('a calendar that is not there is an error of its mailbox', async () => {
    rmSync(join(folder, 'dave.ics'));
    const answer = await createAvailabilityHandler(ports())(REQUEST, CONTEXT);
    expect(answer.mailboxes[0]).toEqual({
      mailbox: 'Dave@partner.example',
      error: 'ErrorAvailabilityConfigNotFound',
    });
  });
});
