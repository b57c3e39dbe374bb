import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkAnswer } from '../../../local/availability/answer.ts';
import { encodeCapResponse } from '../../../shared/workmail/cap.ts';

const MAILBOX = 'user2@external.example.com';

/** The guide's own sample. */
const documented = () => ({
  mailboxes: [
    {
      mailbox: MAILBOX,
      events: [
        {
          startTime: '2021-05-03T23:00:00.000Z',
          endTime: '2021-05-04T03:00:00.000Z',
          busyType: 'BUSY',
          details: {
            subject: 'Late meeting',
            location: 'Chime',
            instanceType: 'SINGLE_INSTANCE',
            isMeeting: true,
            isReminderSet: true,
            isPrivate: false,
          },
        },
      ],
      workingHours: {
        timezone: {
          name: 'W. Europe Standard Time',
          bias: 60,
          standardTime: { offset: 60, time: '02:00:00', month: 'OCT', week: 'LAST', dayOfWeek: 'SUN' },
          daylightTime: { offset: 0, time: '03:00:00', month: 'MAR', week: 'LAST', dayOfWeek: 'SUN' },
        },
        workingPeriods: [{ startMinutes: 480, endMinutes: 1040, days: ['MON', 'TUE', 'WED', 'THU', 'FRI'] }],
      },
    },
    { mailbox: 'unknown@internal.example.com', error: 'MailboxNotFound' },
  ],
});

/** The sample with one member, `mailboxes.0.events.0.…`, set to another value; undefined takes it away. */
function changed(path: string, value: unknown): unknown {
  const answer: unknown = structuredClone(documented());
  const names = path.split('.');
  const last = names.pop() ?? '';
  let at: object = Object(answer);
  for (const name of names) at = Object(Reflect.get(at, name));
  if (value === undefined) Reflect.deleteProperty(at, last);
  else Reflect.set(at, last, value);
  return answer;
}

it("takes the guide's own sample, and an error beside it", () => {
  const answers = checkAnswer([MAILBOX, 'unknown@internal.example.com'], documented());
  expect(answers.get(MAILBOX)).toMatchObject({ kind: 'events', events: [{ busyType: 'BUSY' }] });
  expect(answers.get('unknown@internal.example.com')).toEqual({ kind: 'error', word: 'MailboxNotFound' });
});

describe('what may be left out', () => {
  it.each([
    ['details', 'mailboxes.0.events.0.details', undefined],
    ['working hours', 'mailboxes.0.workingHours', undefined],
    ['events', 'mailboxes.0.events', []],
    ['another spelling of the mailbox', 'mailboxes.0.mailbox', 'USER2@external.example.com'],
    ['no hour of the day', 'mailboxes.0.workingHours.workingPeriods.0.endMinutes', 1440],
    ['no length of time', 'mailboxes.0.events.0.endTime', '2021-05-03T23:00:00.000Z'],
    ['members that nobody knows', 'mailboxes.0.events.0.colour', 'red'],
  ])('%s', (_, path, value) => {
    expect(checkAnswer([MAILBOX], changed(path, value)).get(MAILBOX)).toMatchObject({ kind: 'events' });
  });

  it('both changes of clock', () => {
    const answer = documented();
    const zone = { name: 'UTC', bias: 0 };
    Reflect.set(Object(answer.mailboxes[0]?.workingHours), 'timezone', zone);
    expect(checkAnswer([MAILBOX], answer).get(MAILBOX)).toMatchObject({ kind: 'events' });
  });
});

describe('what is wrong, with its place', () => {
  const EVENT = 'mailboxes.0.events.0';
  const HOURS = 'mailboxes.0.workingHours';
  it.each([
    ['mailboxes.0.events', undefined, 'mailboxes[0].events: '],
    ['mailboxes.0.events', {}, 'mailboxes[0].events: '],
    ['mailboxes.0.error', 'MailboxNotFound', 'mailboxes[0]: both'],
    ['mailboxes.0.mailbox', 7, 'leaves the mailbox out'],
    ['mailboxes.1.mailbox', MAILBOX, 'mailboxes[1]: the mailbox is there twice'],
    [EVENT, null, 'mailboxes[0].events[0]: '],
    [`${EVENT}.startTime`, '2021-05-03T23:00:00Z', '.startTime: '],
    [`${EVENT}.startTime`, '2021-05-03T23:00:00.000+02:00', '.startTime: '],
    [`${EVENT}.startTime`, 1620082800000, '.startTime: '],
    [`${EVENT}.endTime`, '2021-13-04T03:00:00.000Z', '.endTime: '],
    [`${EVENT}.endTime`, '2022-02-29T03:00:00.000Z', '.endTime: '],
    [`${EVENT}.endTime`, '2021-05-04T24:00:00.000Z', '.endTime: '],
    [`${EVENT}.endTime`, '2021-05-01T00:00:00.000Z', '.endTime: expected more than startTime'],
    [`${EVENT}.busyType`, 'Busy', '.busyType: expected one of BUSY, FREE, TENTATIVE'],
    [`${EVENT}.details.subject`, undefined, '.details.subject: '],
    [`${EVENT}.details.location`, undefined, '.details.location: '],
    [`${EVENT}.details.instanceType`, 'Single_Instance', '.details.instanceType: '],
    [`${EVENT}.details.isMeeting`, 'true', '.details.isMeeting: '],
    [`${EVENT}.details.isReminderSet`, undefined, '.details.isReminderSet: '],
    [`${EVENT}.details.isPrivate`, 0, '.details.isPrivate: '],
    [`${HOURS}.timezone`, undefined, '.timezone: '],
    [`${HOURS}.timezone.name`, 1, '.timezone.name: '],
    [`${HOURS}.timezone.bias`, '60', '.timezone.bias: '],
    [`${HOURS}.timezone.bias`, 3600, '.timezone.bias: '],
    [`${HOURS}.timezone.standardTime`, undefined, 'standardTime and daylightTime come together'],
    [`${HOURS}.timezone.daylightTime`, undefined, 'standardTime and daylightTime come together'],
    [`${HOURS}.timezone.daylightTime.month`, 'MARCH', '.daylightTime.month: '],
    [`${HOURS}.timezone.daylightTime.week`, 5, '.daylightTime.week: '],
    [`${HOURS}.timezone.standardTime.time`, '24:00:00', '.standardTime.time: '],
    [`${HOURS}.timezone.standardTime.dayOfWeek`, 'SUNDAY', '.standardTime.dayOfWeek: '],
    [`${HOURS}.timezone.standardTime.offset`, 0.5, '.standardTime.offset: '],
    [`${HOURS}.workingPeriods`, undefined, '.workingPeriods: '],
    [`${HOURS}.workingPeriods.0.startMinutes`, -1, '.startMinutes: '],
    [`${HOURS}.workingPeriods.0.endMinutes`, 480, '.endMinutes: expected more than startMinutes'],
    [`${HOURS}.workingPeriods.0.endMinutes`, 1441, '.endMinutes: '],
    [`${HOURS}.workingPeriods.0.days`, 'MON', '.days: '],
    [`${HOURS}.workingPeriods.0.days`, ['MO'], '.days[0]: '],
  ])('%s', (path, value, why) => {
    expect(checkAnswer([MAILBOX], changed(path, value)).get(MAILBOX)).toEqual({
      kind: 'wrong',
      why: expect.stringContaining(why),
    });
  });

  it.each([[null], ['text'], [[]], [{}], [{ mailboxes: {} }], [undefined]])(
    'an answer that is %j',
    (payload) => {
      expect(checkAnswer([MAILBOX], payload).get(MAILBOX)).toMatchObject({ kind: 'wrong' });
    },
  );

  it('[A3] what is wrong with one mailbox is not held against another', () => {
    const answer = changed('mailboxes.0.events.0.busyType', 'busy');
    const answers = checkAnswer([MAILBOX, 'unknown@internal.example.com', 'left@out.example'], answer);
    expect([...answers.values()].map(({ kind }) => kind)).toEqual(['wrong', 'error', 'wrong']);
  });
});

it('passes on the members that the guide names, and no others, however deep those are', () => {
  const depth = 100_000;
  const deep: unknown = JSON.parse('['.repeat(depth) + ']'.repeat(depth));
  const [mailbox] = documented().mailboxes;
  for (const path of [
    'mailboxes.0.events.0.more',
    'mailboxes.0.events.0.details.__proto__x',
    'mailboxes.0.workingHours.more',
    'mailboxes.0.workingHours.timezone.more',
    'mailboxes.0.workingHours.timezone.standardTime.more',
    'mailboxes.0.workingHours.workingPeriods.0.more',
  ]) {
    const answer = checkAnswer([MAILBOX], changed(path, deep)).get(MAILBOX);
    expect(JSON.parse(JSON.stringify(answer)), path).toEqual({
      kind: 'events',
      events: mailbox?.events,
      workingHours: mailbox?.workingHours,
    });
  }
});

it('property: never throws, and answers for each mailbox that was asked', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.emailAddress(), { maxLength: 5 }), fc.jsonValue(), (asked, payload) => {
      expect([...checkAnswer(asked, payload).keys()]).toEqual(asked);
      expect([
        ...checkAnswer(asked, { mailboxes: [payload, { mailbox: asked[0], events: payload }] }).keys(),
      ]).toEqual(asked);
    }),
  );
});

it('property: what our functions encode is what WorkMail takes', () => {
  const time = fc.integer({ min: 0, max: Date.UTC(2100, 0) });
  const event = fc.record({
    startMs: time,
    busyType: fc.constantFrom('BUSY' as const, 'FREE' as const, 'TENTATIVE' as const),
    details: fc.record({
      subject: fc.string({ unit: 'binary' }),
      location: fc.string(),
      instanceType: fc.constantFrom('SINGLE_INSTANCE' as const, 'EXCEPTION' as const),
      isMeeting: fc.boolean(),
      isReminderSet: fc.boolean(),
      isPrivate: fc.boolean(),
    }),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 5 }), fc.nat(86_400_000), (events, length) => {
      const timed = events.map((one) => ({ ...one, endMs: one.startMs + length }));
      const { response } = encodeCapResponse(
        { mailboxes: [MAILBOX, 'other@example.org'] },
        new Map([[MAILBOX, { kind: 'events', events: timed }]]),
      );
      const answers = checkAnswer([MAILBOX, 'other@example.org'], JSON.parse(JSON.stringify(response)));
      expect([...answers.values()].map(({ kind }) => kind)).toEqual(['events', 'error']);
    }),
  );
});
