import { describe, expect, test } from 'vitest';
import { busy, calendar, event, spans } from './support.ts';

const HOUR = 'DURATION:PT1H';
const BERLIN = 'DTSTART;TZID=Europe/Berlin:';
const march = { windowStartMs: Date.UTC(2026, 2, 9), windowEndMs: Date.UTC(2026, 2, 14) };
const changeover = { windowStartMs: Date.UTC(2026, 2, 28), windowEndMs: Date.UTC(2026, 2, 31) };

describe('recurrence and the clock', () => {
  test('a daily series keeps its local time over the change', () => {
    expect(spans(calendar(event(`${BERLIN}20200101T090000`, HOUR, 'RRULE:FREQ=DAILY')), changeover)).toEqual([
      '0328T0800Z/0900Z',
      '0329T0700Z/0800Z',
      '0330T0700Z/0800Z',
    ]);
  });

  test('a time in the gap is left out, or kept when asked for (RFC 5545 §3.3.10)', () => {
    const text = calendar(event(`${BERLIN}20260301T023000`, HOUR, 'RRULE:FREQ=DAILY'));
    expect(spans(text, changeover)).toEqual(['0328T0130Z/0230Z', '0330T0030Z/0130Z']);
    expect(spans(text, { ...changeover, nonexistentTimes: 'shift' })).toEqual([
      '0328T0130Z/0230Z',
      '0329T0130Z/0230Z',
      '0330T0030Z/0130Z',
    ]);
  });

  test('a time in the gap is not counted', () => {
    const text = calendar(event(`${BERLIN}20260327T023000`, HOUR, 'RRULE:FREQ=DAILY;COUNT=4'));
    expect(spans(text)).toEqual([
      '0327T0130Z/0230Z',
      '0328T0130Z/0230Z',
      '0330T0030Z/0130Z',
      '0331T0030Z/0130Z',
    ]);
  });

  test('gaps of earlier years are not counted either', () => {
    // 11 March 2024 .. 9 March 2026 are 729 days, less the two gaps of 2024 and 2025.
    const rule = (count: number): string =>
      calendar(event(`${BERLIN}20240311T023000`, HOUR, `RRULE:FREQ=DAILY;COUNT=${count}`));
    expect(spans(rule(727), march)).toEqual(['0309T0130Z/0230Z']);
    expect(spans(rule(726), march)).toEqual([]);
  });

  test('a time that occurs twice is the first one', () => {
    const october = { windowStartMs: Date.UTC(2026, 9, 25), windowEndMs: Date.UTC(2026, 9, 26) };
    const text = calendar(event(`${BERLIN}20260301T023000`, HOUR, 'RRULE:FREQ=DAILY'));
    expect(spans(text, october)).toEqual(['1025T0030Z/0130Z']);
  });

  test('UNTIL within the hour that occurs twice is compared as an instant', () => {
    const october = { windowStartMs: Date.UTC(2026, 9, 25), windowEndMs: Date.UTC(2026, 9, 26) };
    const rule = (until: string): string =>
      calendar(event(`${BERLIN}20261024T024500`, 'DURATION:PT5M', `RRULE:FREQ=DAILY;UNTIL=${until}`));
    expect(spans(rule('20261025T004500Z'), october)).toEqual(['1025T0045Z/0050Z']);
    expect(spans(rule('20261025T013000Z'), october)).toEqual(['1025T0045Z/0050Z']);
    expect(spans(rule('20261025T004459Z'), october)).toEqual([]);
  });
});

describe('the recurrence set', () => {
  test('UNTIL as a date includes its whole day', () => {
    const text = calendar(event(`${BERLIN}20260309T200000`, HOUR, 'RRULE:FREQ=DAILY;UNTIL=20260310'));
    expect(spans(text)).toEqual(['0309T1900Z/2000Z', '0310T1900Z/2000Z']);
  });

  test('UNTIL of dates, as a date and as the instant of a midnight', () => {
    for (const until of ['20260310', '20260309T230000Z']) {
      const text = calendar(event('DTSTART;VALUE=DATE:20260309', `RRULE:FREQ=DAILY;UNTIL=${until}`));
      expect(spans(text)).toEqual(['0308T2300Z/0309T2300Z', '0309T2300Z/0310T2300Z']);
    }
  });

  test('a start that the rule does not make is an instance and counts', () => {
    const result = busy(
      calendar(event('DTSTART:20260310T090000Z', HOUR, 'RRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=2')),
    );
    expect(result.events.map(({ startMs }) => new Date(startMs).getUTCDate())).toEqual([10, 11]);
    expect(result.notes).toEqual(['start is not part of its recurrence']);
  });

  test('EXDATE as local time, in UTC, and as a date', () => {
    for (const exdate of [
      'EXDATE;TZID=Europe/Berlin:20260310T090000',
      'EXDATE:20260310T080000Z',
      'EXDATE;VALUE=DATE:20260310',
      // Without the TZID of its DTSTART.
      'EXDATE:20260310T090000',
      'EXDATE;TZID=America/New_York:20260310T040000',
    ]) {
      const text = calendar(event(`${BERLIN}20260309T090000`, HOUR, 'RRULE:FREQ=DAILY;COUNT=3', exdate));
      expect(spans(text), exdate).toEqual(['0309T0800Z/0900Z', '0311T0800Z/0900Z']);
    }
  });

  test('EXDATE may take the start away', () => {
    const text = calendar(
      event('DTSTART:20260309T090000Z', HOUR, 'RRULE:FREQ=DAILY;COUNT=2', 'EXDATE:20260309T090000Z'),
    );
    expect(spans(text)).toEqual(['0310T0900Z/1000Z']);
  });

  test('RDATE as time, date list and PERIOD with its own length', () => {
    const text = calendar(
      event(
        'DTSTART:20260309T090000Z',
        HOUR,
        'RDATE:20260310T090000Z,20260311T090000Z',
        'RDATE;VALUE=PERIOD:20260312T090000Z/PT3H,20260313T090000Z/20260313T093000Z',
      ),
    );
    expect(spans(text)).toEqual([
      '0309T0900Z/1000Z',
      '0310T0900Z/1000Z',
      '0311T0900Z/1000Z',
      '0312T0900Z/1200Z',
      '0313T0900Z/0930Z',
    ]);
  });

  test('two rules make each time once; an EXRULE takes away', () => {
    const text = calendar(
      event(
        'DTSTART:20260309T090000Z',
        HOUR,
        'RRULE:FREQ=DAILY;UNTIL=20260312T090000Z',
        'RRULE:FREQ=DAILY;INTERVAL=2;UNTIL=20260313T090000Z',
        'EXRULE:FREQ=DAILY;INTERVAL=3;UNTIL=20260312T090000Z',
      ),
    );
    expect(spans(text)).toEqual(['0310T0900Z/1000Z', '0311T0900Z/1000Z', '0313T0900Z/1000Z']);
  });

  test('an unreadable rule leaves the start, and a note', () => {
    const result = busy(calendar(event('DTSTART:20260309T090000Z', HOUR, 'RRULE:FREQ=SOMETIMES')));
    expect(result.events).toHaveLength(1);
    expect(result.notes).toEqual(['unreadable recurrence rule']);
  });

  test('a long event that began before the window is found', () => {
    const text = calendar(
      event('DTSTART:20250101T000000Z', 'DURATION:P40D', 'RRULE:FREQ=MONTHLY;INTERVAL=2'),
    );
    expect(spans(text, march)).toEqual(['0301T0000Z/0410T0000Z']);
  });
});

describe('exceptions', () => {
  const series = event(`${BERLIN}20260309T090000`, HOUR, 'RRULE:FREQ=DAILY;COUNT=4', 'SUMMARY:Series');

  test('an instance that was moved, named in any zone', () => {
    for (const id of [
      'RECURRENCE-ID;TZID=Europe/Berlin:20260310T090000',
      'RECURRENCE-ID:20260310T080000Z',
      'RECURRENCE-ID;VALUE=DATE:20260310',
      'RECURRENCE-ID;TZID=America/New_York:20260310T040000',
    ]) {
      const moved = event(id, `${BERLIN}20260310T150000`, 'DURATION:PT2H');
      expect(spans(calendar(series, moved)), id).toEqual([
        '0309T0800Z/0900Z',
        '0310T1400Z/1600Z',
        '0311T0800Z/0900Z',
        '0312T0800Z/0900Z',
      ]);
    }
  });

  test('instance types', () => {
    const moved = event('RECURRENCE-ID:20260310T080000Z', `${BERLIN}20260310T150000`, HOUR);
    const types = busy(calendar(series, moved)).events.map((one) => one.details?.instanceType);
    expect(types).toEqual(['RECURRING_INSTANCE', 'EXCEPTION', 'RECURRING_INSTANCE', 'RECURRING_INSTANCE']);
  });

  test('an instance that was cancelled', () => {
    const gone = event(
      'RECURRENCE-ID:20260310T080000Z',
      `${BERLIN}20260310T090000`,
      HOUR,
      'STATUS:CANCELLED',
    );
    expect(spans(calendar(series, gone))).toHaveLength(3);
  });

  test('an instance moved into the window, and one moved out of it', () => {
    const far = event(`${BERLIN}20251201T090000`, HOUR, 'RRULE:FREQ=MONTHLY');
    const into = event('RECURRENCE-ID;TZID=Europe/Berlin:20251201T090000', `${BERLIN}20260311T090000`, HOUR);
    const out = event('RECURRENCE-ID;TZID=Europe/Berlin:20260401T090000', `${BERLIN}20270401T090000`, HOUR);
    expect(spans(calendar(far, into, out))).toEqual(['0301T0800Z/0900Z', '0311T0800Z/0900Z']);
  });

  test('the highest SEQUENCE counts, then the latest DTSTAMP, in any order', () => {
    const old = event('RECURRENCE-ID:20260310T080000Z', `${BERLIN}20260310T150000`, HOUR);
    const newer = event('RECURRENCE-ID:20260310T080000Z', `${BERLIN}20260310T170000`, HOUR, 'SEQUENCE:2');
    const expected = ['0309T0800Z/0900Z', '0310T1600Z/1700Z', '0311T0800Z/0900Z', '0312T0800Z/0900Z'];
    expect(spans(calendar(series, old, newer))).toEqual(expected);
    expect(spans(calendar(newer, old, series))).toEqual(expected);
    const early = event(`${BERLIN}20260309T070000`, HOUR).replace('20260101T000000Z', '20260102T000000Z');
    expect(spans(calendar(series, early))).toEqual(['0309T0600Z/0700Z']);
  });

  test('different events that share a UID by mistake all count', () => {
    const text = calendar(event('DTSTART:20260309T090000Z', HOUR), event('DTSTART:20260310T090000Z', HOUR));
    expect(spans(text)).toHaveLength(2);
  });

  test('an exception without its series counts', () => {
    const alone = event('RECURRENCE-ID:20260310T080000Z', `${BERLIN}20260310T150000`, HOUR);
    expect(spans(calendar(alone))).toEqual(['0310T1400Z/1500Z']);
  });

  test('a cancelled series takes its exceptions along', () => {
    const moved = event('RECURRENCE-ID:20260310T080000Z', `${BERLIN}20260310T150000`, HOUR);
    expect(spans(calendar(series.replace('SUMMARY', 'STATUS:CANCELLED\r\nSUMMARY'), moved))).toEqual([]);
  });

  test('a declined series leaves the instance that was accepted', () => {
    const declined = series.replace('SUMMARY', 'ATTENDEE;PARTSTAT=DECLINED:mailto:me@example.com\r\nSUMMARY');
    const accepted = event(
      'RECURRENCE-ID:20260310T080000Z',
      `${BERLIN}20260310T090000`,
      HOUR,
      'ATTENDEE;PARTSTAT=ACCEPTED:mailto:me@example.com',
    );
    expect(spans(calendar(declined, accepted), { self: 'me@example.com' })).toEqual(['0310T0800Z/0900Z']);
  });

  test('THISANDFUTURE moves what follows', () => {
    const from = event(
      'RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260311T090000',
      `${BERLIN}20260311T140000`,
      'DURATION:PT30M',
    );
    expect(spans(calendar(series, from))).toEqual([
      '0309T0800Z/0900Z',
      '0310T0800Z/0900Z',
      '0311T1300Z/1330Z',
      '0312T1300Z/1330Z',
    ]);
  });

  test('THISANDFUTURE into the window from far outside', () => {
    const weekly = event(`${BERLIN}20260105T090000`, HOUR, 'RRULE:FREQ=WEEKLY');
    const from = event(
      'RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260112T090000',
      `${BERLIN}20260312T090000`,
      HOUR,
    );
    expect(spans(calendar(weekly, from), march)).toEqual(['0312T0800Z/0900Z']);
  });

  test('THISANDFUTURE that cancels ends the series', () => {
    const from = event(
      'RECURRENCE-ID;RANGE=THISANDFUTURE:20260311T080000Z',
      `${BERLIN}20260311T090000`,
      HOUR,
      'STATUS:CANCELLED',
    );
    expect(spans(calendar(series, from))).toEqual(['0309T0800Z/0900Z', '0310T0800Z/0900Z']);
  });

  test('a series of dates is excepted by times too', () => {
    const days = event('DTSTART;VALUE=DATE:20260309', 'RRULE:FREQ=DAILY;COUNT=3');
    for (const id of [
      'RECURRENCE-ID;VALUE=DATE:20260310',
      'RECURRENCE-ID;TZID=America/New_York:20260310T000000',
      'RECURRENCE-ID:20260309T230000Z',
    ]) {
      const gone = event(id, 'DTSTART;VALUE=DATE:20260310', 'STATUS:CANCELLED');
      expect(spans(calendar(days, gone)), id).toEqual(['0308T2300Z/0309T2300Z', '0310T2300Z/0311T2300Z']);
    }
  });

  test('exceptions may stand in another text than their series', () => {
    const moved = event('RECURRENCE-ID:20260310T080000Z', `${BERLIN}20260310T150000`, HOUR);
    expect(spans([calendar(moved), calendar(series)])).toHaveLength(4);
  });
});
