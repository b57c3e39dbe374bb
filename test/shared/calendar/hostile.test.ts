import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { busyTimes } from '../../../shared/calendar/index.ts';
import { busy, calendar, event, spans, WINDOW } from './support.ts';

/** What the worst input may take here; the slowest of them takes a tenth of it on an idle machine. */
const PATIENCE_MS = 5_000;
const corpora = process.env['MAILROOM_CORPORA'];

function timed<T>(work: () => T): T {
  const start = performance.now();
  const result = work();
  expect(performance.now() - start).toBeLessThan(PATIENCE_MS);
  return result;
}

const repeat = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => make(i)).join('\r\n');

describe('dear series become one block, never free time', () => {
  test.each([
    'FREQ=SECONDLY',
    'FREQ=SECONDLY;BYHOUR=9,10,11;COUNT=999999999',
    'FREQ=MINUTELY;BYDAY=MO,TU,WE,TH,FR;COUNT=999999999',
  ])('%s', (rule) => {
    const text = calendar(event('DTSTART:19800101T000000Z', 'DURATION:PT1S', `RRULE:${rule}`));
    const result = timed(() => busy(text));
    expect(result.notes).toContain('recurrence too dear, shown as one block');
    expect(result.events.at(-1)?.endMs).toBe(WINDOW.windowEndMs);
  });

  test('thousands of them draw on one budget', () => {
    const text = calendar(
      repeat(3_000, (index) =>
        event(
          'DTSTART:19000101T000000Z',
          'DURATION:PT1S',
          'RRULE:FREQ=MINUTELY;BYHOUR=3;COUNT=99999999',
        ).replace('one@', `${index}@`),
      ),
    );
    const result = timed(() => busy(text));
    expect(result.events.length).toBeGreaterThanOrEqual(3_000);
  });

  test('more events than anyone has are an error', () => {
    const text = calendar(
      repeat(20, (index) =>
        event('DTSTART:20260301T000000Z', 'DURATION:PT1S', 'RRULE:FREQ=SECONDLY;INTERVAL=500').replace(
          'one@',
          `${index}@`,
        ),
      ),
    );
    expect(timed(() => busyTimes([text], WINDOW))).toMatchObject({
      kind: 'unreadable',
      why: 'too many events',
    });
  });
});

describe('time', () => {
  test('work ends when it is late, at any moment', () => {
    const text = calendar(
      repeat(50, (index) =>
        event('DTSTART:20200101T090000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY').replace('one@', `${index}@`),
      ),
    );
    for (const patience of [0, 1, 10, 51, 60, 101]) {
      let asked = 0;
      const isLate = (): boolean => {
        asked += 1;
        return asked > patience;
      };
      expect(busyTimes([text], { ...WINDOW, isLate }).kind).toBe('late');
    }
  });
});

describe('bounds', () => {
  test.each([
    ['nested components', `${'BEGIN:VEVENT\r\n'.repeat(50_000)}${'END:VEVENT\r\n'.repeat(50_000)}`],
    ['a million END lines', 'END:VEVENT\r\n'.repeat(500_000)],
    ['one endless line', `SUMMARY:${'a'.repeat(4_000_000)}`],
    ['one line folded for ever', `SUMMARY:x\r\n${' y\r\n'.repeat(800_000)}`],
    ['a line of colons and semicolons', event(`DTSTART${';:="'.repeat(10_000)}`)],
    ['a line of parameters', event(`DTSTART${';A=1'.repeat(10_000)}:20260310T090000Z`)],
    ['an attachment', event(`ATTACH;ENCODING=BASE64;VALUE=BINARY:${'QUJD'.repeat(500_000)}`)],
    [
      'RDATEs in one line',
      event(
        'DTSTART:20260301T000000Z',
        'DURATION:PT1H',
        `RDATE:${'20260310T090000Z,'.repeat(3_000)}20260311T090000Z`,
      ),
    ],
    ['twins', repeat(20_000, () => event('DTSTART:20260310T090000Z', 'DURATION:PT1H'))],
    [
      'THISANDFUTURE',
      `${event('DTSTART:20200101T000000Z', 'DURATION:PT1H', 'RRULE:FREQ=HOURLY')}\r\n${repeat(3_000, (i) => event(`RECURRENCE-ID;RANGE=THISANDFUTURE:${20_200_101 + (i % 28)}T${String(i % 24).padStart(2, '0')}0000Z`, 'DTSTART:20260301T000000Z', `SEQUENCE:${i}`))}`,
    ],
    [
      'zones',
      repeat(20_000, (i) =>
        event(`DTSTART;TZID=Zone ${i}:20260310T090000`, 'DURATION:PT1H').replace('one@', `${i}@`),
      ),
    ],
    [
      'observances that recur every second',
      `BEGIN:VTIMEZONE\r\nTZID:X\r\n${repeat(500, () => 'BEGIN:STANDARD\r\nDTSTART:19000101T000000\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=SECONDLY\r\nEND:STANDARD')}\r\nEND:VTIMEZONE\r\n${event('DTSTART;TZID=X:20260310T090000', 'DURATION:PT1H')}`,
    ],
  ])('%s', (_, content) => {
    timed(() => busyTimes([calendar(content)], WINDOW));
  });

  test('nested components do not hide what follows', () => {
    const deep = `${'BEGIN:X\r\n'.repeat(1_000)}${'END:X\r\n'.repeat(1_000)}`.trimEnd();
    expect(spans(calendar(deep, event('DTSTART:20260310T090000Z', 'DURATION:PT1H')))).toEqual([
      '0310T0900Z/1000Z',
    ]);
  });

  test.each([
    ['too large', `X:${'a'.repeat(17 * 1024 * 1024)}`],
    ['too many components', 'BEGIN:A\r\nEND:A\r\n'.repeat(100_001)],
    [
      'too many lines in one event',
      `BEGIN:VEVENT\r\n${'RDATE:20260310T090000Z\r\n'.repeat(10_001)}END:VEVENT`,
    ],
  ])('%s is unreadable, not half read', (_, content) => {
    expect(timed(() => busyTimes([calendar(content)], WINDOW)).kind).toBe('unreadable');
  });
});

describe.skipIf(corpora === undefined)(
  `files of other projects${corpora === undefined ? ' (skipped: MAILROOM_CORPORA is not set)' : ''}`,
  () => {
    const folder = join(corpora ?? '', 'calendar');
    const files = existsSync(folder)
      ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
          (name) => !name.includes('zoneinfo') && statSync(join(folder, name)).isFile(),
        )
      : [];

    test('there are some', () => {
      expect(files.length).toBeGreaterThan(100);
    });

    test.each(files)('%s neither breaks nor hangs', (name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      for (const year of [1997, 2012, 2026]) {
        const window = { windowStartMs: Date.UTC(year, 0, 1), windowEndMs: Date.UTC(year + 1, 0, 1) };
        timed(() => busyTimes([text], { ...WINDOW, ...window }));
      }
    });
  },
);
