import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBudget } from '../../../shared/calendar/budget.ts';
import { dateOf, dayOf, weekdayOf } from '../../../shared/calendar/civil.ts';
import { recur } from '../../../shared/calendar/recurrence.ts';
import type { Frequency, Rule } from '../../../shared/calendar/rule.ts';
import { parseRule } from '../../../shared/calendar/rule.ts';
import { naiveInstances } from './naive-recurrence.ts';

const DAY = 86_400;
const START_DAY = dayOf(2023, 12, 20);

function rule(text: string): Rule {
  const parsed = parseRule(text);
  if (parsed.kind !== 'rule') throw new Error(parsed.why);
  return parsed.rule;
}

const list = (low: number, high: number, maxLength: number): fc.Arbitrary<readonly number[]> =>
  fc.uniqueArray(
    fc.integer({ min: low, max: high }).filter((value) => value !== 0 || low === 0),
    { maxLength },
  );

const part = (name: string, values: fc.Arbitrary<readonly (number | string)[]>): fc.Arbitrary<string> =>
  values.map((found) => (found.length === 0 ? '' : `;${name}=${found.join(',')}`));

const weekdays = (ordinal: number): fc.Arbitrary<readonly string[]> =>
  fc.uniqueArray(
    fc
      .tuple(
        fc.integer({ min: -ordinal, max: ordinal }),
        fc.constantFrom('MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'),
      )
      .map(([number, day]) => `${number === 0 ? '' : number}${day}`),
    { maxLength: 3 },
  );

const none = fc.constant<readonly number[]>([]);
const sometimes = (values: fc.Arbitrary<readonly number[]>): fc.Arbitrary<readonly number[]> =>
  fc.oneof({ arbitrary: none, weight: 3 }, { arbitrary: values, weight: 1 });

// RFC 5545 §3.3.10 forbids it in rules of days, weeks and months.
const byYearDay = part('BYYEARDAY', sometimes(list(-366, 366, 4)));

const shared = (ordinal: number): readonly fc.Arbitrary<string>[] => [
  part('BYMONTH', sometimes(list(1, 12, 3))),
  part('BYMONTHDAY', sometimes(list(-31, 31, 4))),
  fc.oneof(fc.constant(''), part('BYDAY', weekdays(ordinal))),
  fc.constantFrom('', ';WKST=SU', ';WKST=TH'),
  fc.constantFrom('', ';COUNT=1', ';COUNT=7', ';COUNT=100'),
  part('BYSETPOS', sometimes(list(-3, 3, 2))),
];

function ruleText(
  frequency: Frequency,
  maxInterval: number,
  parts: readonly fc.Arbitrary<string>[],
): fc.Arbitrary<string> {
  return fc
    .tuple(fc.integer({ min: 1, max: maxInterval }), ...parts)
    .map(([interval, ...rest]) => `FREQ=${frequency};INTERVAL=${interval}${rest.join('')}`);
}

const byDay: fc.Arbitrary<string> = fc.oneof(
  ruleText('YEARLY', 3, [
    ...shared(5),
    byYearDay,
    part('BYWEEKNO', sometimes(list(-53, 53, 3))),
    part('BYHOUR', sometimes(list(0, 23, 2))),
  ]),
  ruleText('MONTHLY', 5, [...shared(3), part('BYMINUTE', sometimes(list(0, 59, 2)))]),
  ruleText('WEEKLY', 4, [...shared(0), part('BYHOUR', sometimes(list(0, 23, 2)))]),
  ruleText('DAILY', 10, [...shared(0), part('BYHOUR', sometimes(list(0, 23, 2)))]),
);

const byClock: fc.Arbitrary<string> = fc.oneof(
  ruleText('HOURLY', 30, [
    ...shared(0),
    byYearDay,
    part('BYHOUR', sometimes(list(0, 23, 6))),
    part('BYMINUTE', sometimes(list(0, 59, 3))),
  ]),
  ruleText('MINUTELY', 90, [
    ...shared(0),
    part('BYHOUR', sometimes(list(0, 23, 6))),
    part('BYMINUTE', sometimes(list(0, 59, 8))),
  ]),
  ruleText('SECONDLY', 90, [
    part('BYMINUTE', sometimes(list(0, 59, 8))),
    part('BYSECOND', sometimes(list(0, 59, 8))),
  ]),
);

/** The engine's answer for a window, with DTSTART only if the rule makes it, and that it is a complete one. */
function engine(text: string, start: number, from: number, to: number): readonly number[] {
  const found = recur(
    rule(text),
    { start, from, to, gaps: [], includeStart: false },
    createBudget(2_000_000),
  );
  expect(found.unknownFrom).toBeUndefined();
  return found.times;
}

function compare(text: string, start: number, from: number, to: number): void {
  const expected = naiveInstances(rule(text), start, to).filter((time) => time >= from);
  expect(engine(text, start, from, to), text).toEqual(expected);
}

describe('against a plain implementation', () => {
  test('rules of days, weeks, months and years', () => {
    fc.assert(
      fc.property(byDay, fc.nat(400), fc.nat(1_439), fc.nat(900), (text, offset, minute, later) => {
        const start = (START_DAY + offset) * DAY + minute * 60;
        const from = start + later * DAY;
        compare(text, start, from, from + 400 * DAY);
      }),
      { numRuns: 150 },
    );
  });

  test('rules of hours, minutes and seconds', () => {
    fc.assert(
      fc.property(byClock, fc.nat(400), fc.nat(86_399), fc.nat(30), (text, offset, second, later) => {
        const start = (START_DAY + offset) * DAY + second;
        const from = start + later * 3_000;
        compare(text, start, from, from + (text.includes('SECONDLY') ? 2_000 : 40_000));
      }),
      { numRuns: 150 },
    );
  });

  test('a window gives the same as the whole, cut (COUNT, entered anywhere)', () => {
    fc.assert(
      fc.property(byDay, fc.nat(3_000), fc.integer({ min: 1, max: 2_000 }), (text, later, count) => {
        const counted = `${text.replace(/;COUNT=\d+/, '')};COUNT=${count}`;
        const start = START_DAY * DAY + 9 * 3_600;
        const [from, to] = [start + later * DAY, start + (later + 300) * DAY];
        const whole = engine(counted, start, start, to).filter((time) => time >= from);
        expect(engine(counted, start, from, to), counted).toEqual(whole);
      }),
      { numRuns: 200 },
    );
  });

  test('gaps are left out and not counted, wherever the window begins', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          ['DAILY', [DAY]] as const,
          ['HOURLY', [3_600]] as const,
          ['MINUTELY;INTERVAL=20', [1_200]] as const,
          ['WEEKLY;BYDAY=WE,SU', [4 * DAY, 3 * DAY]] as const,
        ),
        fc.integer({ min: 1, max: 3_000 }),
        fc.nat(500),
        ([frequency, steps], count, later) => {
          const start = START_DAY * DAY + 2 * 3_600 + 1_800;
          const gaps = [39, 130, 404].map((day) => ({
            from: (START_DAY + day) * DAY + 7_200,
            to: (START_DAY + day) * DAY + 10_800,
          }));
          const [from, to] = [start + later * DAY, start + (later + 60) * DAY];
          const expected: number[] = [];
          let counted = 0;
          for (let time = start, index = 0; time <= to && counted < count; index += 1) {
            if (!gaps.some((gap) => time >= gap.from && time < gap.to)) {
              counted += 1;
              if (time >= from) expected.push(time);
            }
            time += steps[index % steps.length] ?? 1;
          }
          const query = { start, from, to, gaps, includeStart: true };
          const found = recur(rule(`FREQ=${frequency};COUNT=${count}`), query, createBudget(2_000_000));
          expect(found.times).toEqual(expected);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('skipping ahead', () => {
  const window = { from: dayOf(2026, 3, 1) * DAY, to: dayOf(2026, 4, 1) * DAY };

  test.each([
    ['FREQ=DAILY', 31],
    ['FREQ=DAILY;COUNT=999999999', 31],
    ['FREQ=SECONDLY;INTERVAL=7201;COUNT=999999999', 372],
    ['FREQ=MINUTELY;INTERVAL=1441', 31],
    ['FREQ=MONTHLY;COUNT=99999', 1],
    ['FREQ=YEARLY;BYDAY=20MO', 0],
  ])('%s from the year 1 costs next to nothing', (text, instances) => {
    const start = dayOf(1, 1, 1) * DAY + 1;
    const found = recur(rule(text), { start, ...window, gaps: [], includeStart: true }, createBudget(5_000));
    expect(found.unknownFrom).toBeUndefined();
    expect(found.times).toHaveLength(instances);
  });

  test.each([
    'FREQ=SECONDLY',
    'FREQ=SECONDLY;BYHOUR=1,2,3;COUNT=999999999',
    'FREQ=MINUTELY;BYDAY=MO;COUNT=999999999',
    'FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23;BYMINUTE=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29;BYSECOND=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20',
  ])('%s is given up, and says from when on', (text) => {
    const start = dayOf(1980, 1, 1) * DAY;
    const budget = createBudget(200_000);
    const found = recur(rule(text), { start, ...window, gaps: [], includeStart: true }, budget);
    expect(found.unknownFrom).toBeGreaterThanOrEqual(window.from);
    expect(found.times.length).toBeLessThanOrEqual(10_001);
  });

  test('a rule that matches nothing ends', () => {
    const start = dayOf(1980, 1, 1) * DAY;
    const query = { start, from: start, to: dayOf(9_999, 12, 31) * DAY, gaps: [], includeStart: false };
    const found = recur(rule('FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30'), query, createBudget(5_000_000));
    expect(found.times).toEqual([]);
  });
});

describe('reading rules', () => {
  test.each([
    '',
    'FREQ=FORTNIGHTLY',
    'FREQ=DAILY;FREQ=DAILY',
    'FREQ=DAILY;COUNT=0',
    'FREQ=DAILY;INTERVAL=0',
    'FREQ=DAILY;INTERVAL=-1',
    'FREQ=DAILY;COUNT=9999999999',
    'FREQ=DAILY;BYHOUR=24',
    'FREQ=DAILY;BYMONTH=0',
    'FREQ=MONTHLY;BYMONTHDAY=0',
    'FREQ=MONTHLY;BYMONTHDAY=32',
    'FREQ=MONTHLY;BYDAY=0MO',
    'FREQ=MONTHLY;BYDAY=54MO',
    'FREQ=MONTHLY;BYDAY=XX',
    'FREQ=DAILY;UNTIL=20260230',
    'FREQ=DAILY;WKST=XX',
    'FREQ=DAILY;FOO=1',
    'FREQ=YEARLY;RSCALE=CHINESE',
    'FREQ=MONTHLY;RSCALE=GREGORIAN;SKIP=FORWARD',
    `FREQ=DAILY;BYHOUR=${'1,'.repeat(5_000)}1`,
    `FREQ=DAILY;BYHOUR=${'1,'.repeat(1_500)}1`,
  ])('%s is refused', (text) => {
    expect(parseRule(text).kind).toBe('unreadable');
  });

  test.each([
    ['freq=daily', 'DAILY'],
    ['FREQ=WEEKLY;', 'WEEKLY'],
    ['FREQ=YEARLY;RSCALE=GREGORIAN;SKIP=OMIT', 'YEARLY'],
    ['FREQ=YEARLY;X-FOO=1', 'YEARLY'],
  ])('%s is read', (text, frequency) => {
    expect(rule(text).frequency).toBe(frequency);
  });
});

describe('civil dates', () => {
  test('agree with JavaScript from the year 1 to 9999', () => {
    fc.assert(
      fc.property(fc.integer({ min: -719_162, max: 2_932_896 }), (day) => {
        const { year, month, day: dayOfMonth } = dateOf(day);
        const date = new Date(day * DAY * 1_000);
        expect([year, month, dayOfMonth]).toEqual([
          date.getUTCFullYear(),
          date.getUTCMonth() + 1,
          date.getUTCDate(),
        ]);
        expect(dayOf(year, month, dayOfMonth)).toBe(day);
        expect(weekdayOf(day)).toBe(date.getUTCDay());
      }),
      { numRuns: 2_000 },
    );
  });
});
