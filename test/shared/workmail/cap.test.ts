import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CapAnswer,
  type CapEvent,
  type CapTimezone,
  decodeCapRequest,
  encodeCapResponse,
  encodeTimezone,
  MAX_CAP_EVENTS_PER_MAILBOX,
  MAX_CAP_MAILBOXES,
  MAX_CAP_RESPONSE_BYTES,
  parseTimestamp,
} from '../../../shared/workmail/cap.ts';

const RUNS = { numRuns: 300, seed: 20_210_504 };

const GUIDE = {
  requester: {
    email: 'user1@internal.example.com',
    userName: 'user1',
    organization: 'm-0123456789abcdef0123456789abcdef',
    userId: 'S-1-5-18',
    origin: '127.0.0.1',
  },
  mailboxes: ['user2@external.example.com', 'unknown@internal.example.com'],
  window: { startDate: '2021-05-04T00:00:00.000Z', endDate: '2021-05-06T00:00:00.000Z' },
};

function requestOf(change: Record<string, unknown>) {
  const decoded = decodeCapRequest({ ...GUIDE, ...change });
  if (decoded.kind !== 'request') throw new Error(decoded.problems.join('; '));
  return decoded.request;
}

describe('decodeCapRequest', () => {
  it("reads the guide's sample", () => {
    expect(decodeCapRequest(GUIDE)).toEqual({
      kind: 'request',
      notes: [],
      request: {
        requester: GUIDE.requester,
        mailboxes: GUIDE.mailboxes,
        window: { startMs: Date.UTC(2021, 4, 4), endMs: Date.UTC(2021, 4, 6) },
      },
    });
  });

  it('reads a comma-separated list, and each spelling once', () => {
    expect(requestOf({ mailboxes: ' a@x.example, B@x.example ,,a@x.example' }).mailboxes).toEqual([
      'a@x.example',
      'B@x.example',
    ]);
  });

  it.each([
    ['2021-05-04T00:00:00+00:00', Date.UTC(2021, 4, 4)],
    ['2021-05-04T02:00:00.5+02:00', Date.UTC(2021, 4, 4, 0, 0, 0, 500)],
    ['2021-05-03t19:00:00.123456789-05:00', Date.UTC(2021, 4, 4, 0, 0, 0, 123)],
    ['2021-05-04 00:00:00Z', Date.UTC(2021, 4, 4)],
    ['2021-05-04T00:00:00+0530', Date.UTC(2021, 4, 3, 18, 30)],
    ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1)],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
  ])('reads %s', (text, time) => {
    expect(parseTimestamp(text)).toBe(time);
  });

  it.each([
    '',
    '2021-05-04',
    '2021-05-04T00:00:00',
    '2021-02-29T00:00:00Z',
    '2021-13-01T00:00:00Z',
    '2021-05-04T24:00:00Z',
    '2021-05-04T00:00:00+24:00',
    '2021-05-04T00:00:00Zx',
    '٢٠٢١-05-04T00:00:00Z',
  ])('does not guess at %j', (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });

  it.each([undefined, null, 'x', 7, [], {}, { test: true }, { mailboxes: null }, { mailboxes: [] }])(
    'gives a value for %j that is answered with no mailboxes',
    (event) => {
      const decoded = decodeCapRequest(event);
      expect(decoded.kind).toBe('unreadable');
      if (decoded.kind !== 'unreadable') return;
      expect(encodeCapResponse(decoded, new Map()).response).toEqual({ mailboxes: [] });
      expect(decoded.problems.length).toBeGreaterThan(0);
    },
  );

  it.each([
    [{ window: null }],
    [{ window: { startDate: '2021-05-04T00:00:00Z', endDate: 'soon' } }],
    [{ window: { startDate: '2021-05-06T00:00:00Z', endDate: '2021-05-04T00:00:00Z' } }],
    [{ window: { startDate: '0001-01-01T00:00:00Z', endDate: '9999-01-01T00:00:00Z' } }],
  ])('keeps the mailboxes when the window is no window: %j', (change) => {
    const decoded = decodeCapRequest({ ...GUIDE, ...change });
    expect(decoded.kind).toBe('unreadable');
    if (decoded.kind !== 'unreadable') return;
    expect(encodeCapResponse(decoded, new Map()).response.mailboxes).toEqual(
      GUIDE.mailboxes.map((mailbox) => ({ mailbox, error: 'ErrorFreeBusyGenerationFailed' })),
    );
  });

  it('passes over what names no mailbox', () => {
    expect(requestOf({ mailboxes: [1, 'a@x.example', null, '', 'a@x.example'] }).mailboxes).toEqual([
      'a@x.example',
    ]);
  });

  it('keeps every mailbox to be answered when there are too many to work on', () => {
    const many = Array.from({ length: 1_000 }, (_, index) => `${index}@x.example`);
    const decoded = decodeCapRequest({ ...GUIDE, mailboxes: many });
    expect(decoded.kind).toBe('unreadable');
    if (decoded.kind !== 'unreadable') return;
    expect(encodeCapResponse(decoded, new Map()).response.mailboxes).toEqual(
      many.map((mailbox) => ({ mailbox, error: 'ErrorFreeBusyGenerationFailed' })),
    );
    expect(decodeCapRequest({ ...GUIDE, mailboxes: many.slice(0, MAX_CAP_MAILBOXES) }).kind).toBe('request');
  });

  it('answers a list that no answer can hold without breaking off', () => {
    const mailboxes = Array.from({ length: 300_000 }, (_, index) => `${index}`);
    expect(encodeCapResponse({ mailboxes }, new Map()).response.mailboxes).toHaveLength(mailboxes.length);
  });

  it('keeps a mailbox that is longer than any address: it fails alone', () => {
    const mailboxes = ['a@x.example', `${'y'.repeat(400)}@x.example`];
    expect(requestOf({ mailboxes }).mailboxes).toEqual(mailboxes);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.anything({ maxDepth: 4 }),
        fc.constantFrom('requester', 'mailboxes', 'window'),
        (value, name) => {
          decodeCapRequest(value);
          decodeCapRequest({ ...GUIDE, [name]: value });
        },
      ),
      RUNS,
    );
    fc.assert(
      fc.property(
        fc.date({
          noInvalidDate: true,
          min: new Date('0000-01-01T00:00:00Z'),
          max: new Date('9999-12-31T23:59:59Z'),
        }),
        (date) => {
          expect(parseTimestamp(date.toISOString())).toBe(date.getTime());
        },
      ),
      RUNS,
    );
  });
});

const meeting: CapEvent = {
  startMs: Date.UTC(2021, 4, 3, 23),
  endMs: Date.UTC(2021, 4, 4, 3),
  busyType: 'BUSY',
  details: {
    subject: 'Late meeting',
    location: 'Chime',
    instanceType: 'SINGLE_INSTANCE',
    isMeeting: true,
    isReminderSet: true,
    isPrivate: false,
  },
};

const events = (...list: CapEvent[]): CapAnswer => ({ kind: 'events', events: list });

describe('encodeCapResponse', () => {
  it("writes the guide's sample, its time zone aside", () => {
    const answers = new Map<string, CapAnswer>([
      ['user2@external.example.com', events(meeting)],
      ['unknown@internal.example.com', { kind: 'error', error: 'MailboxNotFound' }],
    ]);
    expect(encodeCapResponse(GUIDE, answers)).toEqual({
      adjustments: [],
      response: {
        mailboxes: [
          {
            mailbox: 'user2@external.example.com',
            events: [
              {
                startTime: '2021-05-03T23:00:00.000Z',
                endTime: '2021-05-04T03:00:00.000Z',
                busyType: 'BUSY',
                details: meeting.details,
              },
            ],
          },
          { mailbox: 'unknown@internal.example.com', error: 'MailboxNotFound' },
        ],
      },
    });
  });

  it('answers every mailbox once, in its own spelling', () => {
    const { response, adjustments } = encodeCapResponse(
      { mailboxes: ['A@x.example', 'missing@x.example'] },
      new Map([
        ['a@x.example', events()],
        ['nobody-asked@x.example', events()],
      ]),
    );
    expect(response.mailboxes).toEqual([
      { mailbox: 'A@x.example', events: [] },
      { mailbox: 'missing@x.example', error: 'ErrorFreeBusyGenerationFailed' },
    ]);
    expect(adjustments).toEqual(['mailboxes[1]: no answer was given']);
  });

  it.each([
    ['a time that is none', events({ ...meeting, startMs: Number.NaN })],
    ['an end before the start', events({ ...meeting, endMs: meeting.startMs - 1 })],
    ['too many events', events(...Array.from({ length: MAX_CAP_EVENTS_PER_MAILBOX + 1 }, () => meeting))],
  ])('never shows busy time as free: %s', (_name, answer) => {
    const { response } = encodeCapResponse(
      { mailboxes: ['a@x.example'] },
      new Map([['a@x.example', answer]]),
    );
    expect(response.mailboxes).toEqual([{ mailbox: 'a@x.example', error: 'ErrorFreeBusyGenerationFailed' }]);
  });

  it('keeps a hostile subject to one short line, and years to four digits', () => {
    const details = { ...meeting.details, subject: `a\r\nb\u0000${'x'.repeat(9_999)}`, location: '\ud800' };
    const hostile = { ...meeting, startMs: -8e15, endMs: 8e15, details } as CapEvent;
    const { response } = encodeCapResponse({ mailboxes: ['a'] }, new Map([['a', events(hostile)]]));
    const [entry] = response.mailboxes;
    const event = entry !== undefined && 'events' in entry ? entry.events[0] : undefined;
    expect(event?.startTime).toBe('0000-01-01T00:00:00.000Z');
    expect(event?.endTime).toBe('9999-12-31T23:59:59.999Z');
    expect(event?.details?.subject).toMatch(/^a b x{250}$/);
    expect(event?.details?.location).toBe('\ufffd');
  });

  it('gives up details first, then whole mailboxes, to stay under the limit', () => {
    const subject = 'é'.repeat(255);
    const details = { ...meeting.details, subject, location: subject } as NonNullable<CapEvent['details']>;
    const long = Array.from({ length: 9_000 }, () => ({ ...meeting, details }));
    const mailboxes = Array.from({ length: 8 }, (_, index) => `${index}`);
    const answers = new Map(mailboxes.map((name, index) => [name, events(...long.slice(index * 100))]));
    const { response, adjustments } = encodeCapResponse({ mailboxes }, answers);
    expect(Buffer.byteLength(JSON.stringify(response))).toBeLessThanOrEqual(MAX_CAP_RESPONSE_BYTES + 100);
    const failed = response.mailboxes.filter((entry) => 'error' in entry).map((entry) => entry.mailbox);
    expect(failed.length).toBeGreaterThan(0);
    expect(failed).toEqual(mailboxes.slice(0, failed.length));
    for (const entry of response.mailboxes) {
      if ('events' in entry) expect(entry.events.length).toBe(9_000 - Number(entry.mailbox) * 100);
    }
    expect(adjustments[0]).toContain('details');
  });
});

const berlin: CapTimezone = {
  name: 'W. Europe Standard Time',
  offsetMinutes: 60,
  transitions: {
    standard: { offsetMinutes: 60, time: '03:00:00', month: 'OCT', week: 'LAST', dayOfWeek: 'SUN' },
    daylight: { offsetMinutes: 120, time: '02:00:00', month: 'MAR', week: 'LAST', dayOfWeek: 'SUN' },
  },
};

describe('encodeTimezone', () => {
  it('counts as EWS does: UTC = local + bias', () => {
    const zone = encodeTimezone(berlin, 'ews');
    expect(zone).toMatchObject({ bias: -60, standardTime: { offset: 0 }, daylightTime: { offset: -60 } });
    const newYork = encodeTimezone({ name: 'Eastern Standard Time', offsetMinutes: -300 }, 'ews');
    expect(newYork).toEqual({ name: 'Eastern Standard Time', bias: 300 });
  });

  it('counts as the guide reads: local - UTC', () => {
    const zone = encodeTimezone(berlin, 'utc-offset');
    expect(zone).toMatchObject({ bias: 60, standardTime: { offset: 0 }, daylightTime: { offset: 60 } });
  });

  it('gives the full offset of a season as bias + offset, in both', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -840, max: 840 }),
        fc.integer({ min: -120, max: 120 }),
        (standard, saving) => {
          const transition = { ...berlin.transitions?.standard, offsetMinutes: standard };
          const zone = {
            name: 'x',
            offsetMinutes: standard,
            transitions: {
              standard: transition,
              daylight: { ...transition, offsetMinutes: standard + saving },
            },
          } as CapTimezone;
          for (const [convention, sign] of [
            ['ews', -1],
            ['utc-offset', 1],
          ] as const) {
            const { bias, daylightTime } = encodeTimezone(zone, convention);
            expect((bias + (daylightTime?.offset ?? Number.NaN)) * sign).toBeCloseTo(standard + saving);
          }
        },
      ),
      RUNS,
    );
  });
});
