import { describe, expect, test } from 'vitest';
import { busyTimes } from '../../../shared/calendar/index.ts';
import { busy, calendar, event, spans, WINDOW } from './support.ts';

const HOUR = 'DURATION:PT1H';
const BERLIN = 'DTSTART;TZID=Europe/Berlin:';

describe('when an event is', () => {
  test('an event in UTC, and one in a zone', () => {
    expect(spans(calendar(event('DTSTART:20260316T090000Z', 'DTEND:20260316T100000Z')))).toEqual([
      '0316T0900Z/1000Z',
    ]);
    expect(spans(calendar(event(`${BERLIN}20260316T090000`, HOUR)))).toEqual(['0316T0800Z/0900Z']);
  });

  test('events are not cut to the window, and those outside are left out', () => {
    const inside = event('DTSTART:20260228T230000Z', 'DTEND:20260301T010000Z');
    expect(spans(calendar(inside))).toEqual(['0228T2300Z/0301T0100Z']);
    expect(spans(calendar(event('DTSTART:20260228T230000Z', 'DTEND:20260301T000000Z')))).toEqual([]);
    expect(spans(calendar(event('DTSTART:20260501T000000Z', HOUR)))).toEqual([]);
  });

  test('a date is a day of the mailbox, whatever zone the process is in', () => {
    const text = calendar(event('DTSTART;VALUE=DATE:20260310'));
    expect(spans(text)).toEqual(['0309T2300Z/0310T2300Z']);
    expect(spans(text, { defaultZone: 'America/New_York' })).toEqual(['0310T0400Z/0311T0400Z']);
  });

  test('a day on which the clock changes has 23 hours', () => {
    expect(spans(calendar(event('DTSTART;VALUE=DATE:20260329')))).toEqual(['0328T2300Z/0329T2200Z']);
  });

  test('a date with an end, without one, and with an end that equals it', () => {
    expect(spans(calendar(event('DTSTART;VALUE=DATE:20260310', 'DTEND;VALUE=DATE:20260312')))).toEqual([
      '0309T2300Z/0311T2300Z',
    ]);
    expect(spans(calendar(event('DTSTART;VALUE=DATE:20260310', 'DTEND;VALUE=DATE:20260310')))).toHaveLength(
      1,
    );
    expect(spans(calendar(event('DTSTART;VALUE=DATE:20260310', 'DURATION:P2D')))).toEqual([
      '0309T2300Z/0311T2300Z',
    ]);
    // VALUE=DATE forgotten.
    expect(spans(calendar(event('DTSTART:20260310')))).toEqual(['0309T2300Z/0310T2300Z']);
  });

  test('a time without an end takes no time (RFC 5545 §3.6.1)', () => {
    expect(spans(calendar(event('DTSTART:20260310T090000Z')))).toEqual([]);
    expect(spans(calendar(event('DTSTART:20260310T090000Z', 'DTEND:20260310T090000Z')))).toEqual([]);
  });

  test('an end before the start is noted and not used', () => {
    const result = busy(calendar(event('DTSTART:20260310T090000Z', 'DTEND:20260310T080000Z')));
    expect(result.events).toEqual([]);
    expect(result.notes).toEqual(['end before start']);
    expect(busy(calendar(event('DTSTART:20260310T090000Z', 'DURATION:-PT1H'))).notes).toEqual([
      'end before start',
    ]);
    const days = busy(calendar(event('DTSTART;VALUE=DATE:20260310', 'DTEND;VALUE=DATE:20260301')));
    expect(days.events).toHaveLength(1);
    expect(days.notes).toEqual(['end before start']);
  });

  test('P1D is a local day, PT24H is 24 hours (RFC 5545 §3.3.6)', () => {
    expect(spans(calendar(event(`${BERLIN}20260328T120000`, 'DURATION:P1D')))).toEqual([
      '0328T1100Z/0329T1000Z',
    ]);
    expect(spans(calendar(event(`${BERLIN}20260328T120000`, 'DURATION:PT24H')))).toEqual([
      '0328T1100Z/0329T1100Z',
    ]);
  });

  test('DTEND gives every instance the same exact length (RFC 5545 §3.8.5.3)', () => {
    const text = calendar(
      event(
        `${BERLIN}20260327T230000`,
        'DTEND;TZID=Europe/Berlin:20260328T070000',
        'RRULE:FREQ=DAILY;COUNT=2',
      ),
    );
    expect(spans(text)).toEqual(['0327T2200Z/0328T0600Z', '0328T2200Z/0329T0600Z']);
  });

  test('start and end in different zones (a flight)', () => {
    const text = calendar(event(`${BERLIN}20260310T100000`, 'DTEND;TZID=America/New_York:20260310T130000'));
    expect(spans(text)).toEqual(['0310T0900Z/1700Z']);
  });

  test('a time that does not exist is read with the offset before the gap (RFC 5545 §3.3.5)', () => {
    expect(spans(calendar(event(`${BERLIN}20260329T023000`, HOUR)))).toEqual(['0329T0130Z/0230Z']);
  });

  test('a time that occurs twice is the first of the two (RFC 5545 §3.3.5)', () => {
    const october = { windowStartMs: Date.UTC(2026, 9, 1), windowEndMs: Date.UTC(2026, 10, 1) };
    expect(spans(calendar(event(`${BERLIN}20261025T023000`, HOUR)), october)).toEqual(['1025T0030Z/0130Z']);
  });

  test('an event without a readable start is noted', () => {
    const result = busy(calendar(event('SUMMARY:?'), event('DTSTART:20260230T090000Z', HOUR)));
    expect(result.events).toEqual([]);
    expect(result.notes).toEqual(['event without a readable start (2)']);
  });
});

describe('whether it takes time', () => {
  const at = 'DTSTART:20260310T090000Z';
  const kinds: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['opaque', ['TRANSP:OPAQUE'], ['']],
    ['transparent', ['TRANSP:TRANSPARENT'], [' FREE']],
    ['transparent but busy in Outlook', ['TRANSP:TRANSPARENT', 'X-MICROSOFT-CDO-BUSYSTATUS:BUSY'], ['']],
    ['out of office', ['X-MICROSOFT-CDO-BUSYSTATUS:OOF'], ['']],
    ['free in Outlook', ['X-MICROSOFT-CDO-BUSYSTATUS:FREE'], [' FREE']],
    ['working elsewhere', ['X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE'], [' FREE']],
    ['tentative in Outlook', ['X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE'], [' TENTATIVE']],
    ['intended status', ['X-MICROSOFT-CDO-INTENDEDSTATUS:TENTATIVE'], [' TENTATIVE']],
    ['tentative', ['STATUS:TENTATIVE'], [' TENTATIVE']],
    ['cancelled', ['STATUS:CANCELLED'], []],
    ['declined', ['ATTENDEE;PARTSTAT=DECLINED:MAILTO:Me@Example.com'], []],
    ['delegated', ['ATTENDEE;PARTSTAT=DELEGATED:mailto:me@example.com'], []],
    ['not answered', ['ATTENDEE:mailto:me@example.com'], [' TENTATIVE']],
    ['accepted', ['ATTENDEE;PARTSTAT=ACCEPTED:mailto:me@example.com'], ['']],
    [
      'accepted under another address',
      ['ATTENDEE;EMAIL=me@example.com;PARTSTAT=TENTATIVE:urn:uuid:1'],
      [' TENTATIVE'],
    ],
    ['declined by somebody else', ['ATTENDEE;PARTSTAT=DECLINED:mailto:other@example.com'], ['']],
    [
      'my own meeting',
      ['ORGANIZER:mailto:me@example.com', 'ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:me@example.com'],
      [''],
    ],
    [
      'a quoted name with a colon and a comma',
      ['ATTENDEE;CN="a: b, c;d";PARTSTAT=DECLINED:mailto:me@example.com'],
      [],
    ],
  ];

  test.each(kinds)('%s', (_, lines, expected) => {
    const text = calendar(event(at, HOUR, ...lines));
    expect(spans(text, { self: 'me@example.com' })).toEqual(
      expected.map((kind) => `0310T0900Z/1000Z${kind}`),
    );
  });

  test('METHOD:CANCEL cancels what it holds; a REPLY is no entry', () => {
    expect(spans(calendar('METHOD:CANCEL', event(at, HOUR)))).toEqual([]);
    expect(spans(calendar('METHOD:REPLY', event(at, HOUR)))).toEqual([]);
    expect(
      spans([calendar(event(at, HOUR)), calendar('METHOD:CANCEL', event(at, HOUR, 'SEQUENCE:1'))]),
    ).toEqual([]);
  });
});

describe('what is told about it', () => {
  test('details of a single event', () => {
    const text = calendar(
      event(
        'DTSTART:20260310T090000Z',
        HOUR,
        'SUMMARY:Plan\\, part 1\\nand 2',
        'LOCATION:Room\u202e 1',
        'ATTENDEE:mailto:a@example.com',
        'BEGIN:VALARM',
        'ACTION:DISPLAY',
        'END:VALARM',
      ),
    );
    expect(busy(text).events[0]?.details).toEqual({
      subject: 'Plan, part 1 and 2',
      location: 'Room  1',
      instanceType: 'SINGLE_INSTANCE',
      isMeeting: true,
      isReminderSet: true,
      isPrivate: false,
    });
  });

  test.each(['PRIVATE', 'CONFIDENTIAL', 'x-secret'])('CLASS:%s gives no subject and no place', (word) => {
    const text = calendar(
      event('DTSTART:20260310T090000Z', HOUR, `CLASS:${word}`, 'SUMMARY:Secret', 'LOCATION:There'),
    );
    expect(busy(text).events[0]?.details).toMatchObject({ subject: '', location: '', isPrivate: true });
  });

  test('a subject is cut, and stays well-formed', () => {
    const text = calendar(event('DTSTART:20260310T090000Z', HOUR, `SUMMARY:${'\u{1f4c5}'.repeat(400)}`));
    const subject = busy(text).events[0]?.details?.subject ?? '';
    expect(subject.length).toBeLessThanOrEqual(255);
    expect(subject.isWellFormed()).toBe(true);
  });
});

describe('texts', () => {
  test.each([
    ['nothing', ''],
    ['HTML', '<!doctype html><title>Sign in</title>'],
    ['another component', 'BEGIN:VCARD\r\nEND:VCARD\r\n'],
    ['a cut calendar', calendar(event('DTSTART:20260310T090000Z', HOUR)).slice(0, -20)],
  ])('%s is unreadable', (_, text) => {
    expect(busyTimes([text], WINDOW).kind).toBe('unreadable');
  });

  test('one unreadable text makes the whole unreadable', () => {
    const good = calendar(event('DTSTART:20260310T090000Z', HOUR));
    expect(busyTimes([good, ''], WINDOW).kind).toBe('unreadable');
  });

  test('an empty calendar is free', () => {
    expect(spans(calendar())).toEqual([]);
  });

  test.each([
    ['LF', (text: string) => text.replaceAll('\r\n', '\n')],
    ['a byte order mark', (text: string) => `\u{feff}${text}`],
    [
      'folded in the middle of names and values',
      (text: string) => text.replaceAll('START', 'STA\r\n RT').replace('2026', '20\r\n\t26'),
    ],
    ['a line of rubbish', (text: string) => text.replace('BEGIN:VEVENT', 'BEGIN:VEVENT\r\nrubbish')],
    [
      'lower case',
      (text: string) => text.replace('DTSTART', 'dtstart').replace('BEGIN:VEVENT', 'begin:vevent'),
    ],
    ['an event that is not closed', (text: string) => text.replace('END:VEVENT\r\n', '')],
  ])('%s makes no difference', (_, change) => {
    expect(spans(change(calendar(event('DTSTART:20260310T090000Z', HOUR))))).toEqual(['0310T0900Z/1000Z']);
  });

  test('events without a UID stand each for themselves', () => {
    const anonymous = (time: string): string =>
      event(`DTSTART:${time}`, HOUR).replace('UID:one@example.com\r\n', '');
    const text = calendar(anonymous('20260310T090000Z'), anonymous('20260311T090000Z'));
    expect(spans(text)).toEqual(['0310T0900Z/1000Z', '0311T0900Z/1000Z']);
  });
});

describe('VFREEBUSY', () => {
  const freebusy = (...lines: readonly string[]): string =>
    calendar(
      'BEGIN:VFREEBUSY',
      'DTSTART:20260301T000000Z',
      'DTEND:20260401T000000Z',
      ...lines,
      'END:VFREEBUSY',
    );

  test('lines with periods', () => {
    const text = freebusy(
      'FREEBUSY:20260316T090000Z/20260316T100000Z,20260317T090000Z/PT30M',
      'FREEBUSY;FBTYPE=BUSY-TENTATIVE:20260318T090000Z/20260318T100000Z',
      'FREEBUSY;FBTYPE=FREE:20260319T090000Z/20260319T100000Z',
      'FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20260320T090000Z/20260320T100000Z',
    );
    expect(spans(text)).toEqual([
      '0316T0900Z/1000Z',
      '0317T0900Z/0930Z',
      '0318T0900Z/1000Z TENTATIVE',
      '0319T0900Z/1000Z FREE',
      '0320T0900Z/1000Z',
    ]);
  });

  test('one component for each stretch', () => {
    const one = (day: string, type: string): readonly string[] => [
      'BEGIN:VFREEBUSY',
      `DTSTART:202603${day}T090000Z`,
      `DTEND:202603${day}T100000Z`,
      `FBTYPE:${type}`,
      'END:VFREEBUSY',
    ];
    const text = calendar(...one('16', 'BUSY'), ...one('17', 'BUSY-TENTATIVE'));
    expect(spans(text)).toEqual(['0316T0900Z/1000Z', '0317T0900Z/1000Z TENTATIVE']);
  });

  test('no lines and no type: nothing is taken', () => {
    expect(spans(freebusy())).toEqual([]);
  });

  test('a question (METHOD:REQUEST) is no answer', () => {
    const text = freebusy('FREEBUSY:20260316T090000Z/PT1H').replace('VERSION', 'METHOD:REQUEST\r\nVERSION');
    expect(spans(text)).toEqual([]);
  });
});
