import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createBudget } from '../../../shared/calendar/budget.ts';
import { dateOf, dayOfLocal, secondOfLocal } from '../../../shared/calendar/civil.ts';
import { recur } from '../../../shared/calendar/recurrence.ts';
import { parseRule } from '../../../shared/calendar/rule.ts';
import type { DateValue } from '../../../shared/calendar/values.ts';
import { parseDateValue } from '../../../shared/calendar/values.ts';

/** libical's table of rules and the instances that it expects, in the folder that MAILROOM_CORPORA names. */
const corpora = process.env['MAILROOM_CORPORA'];

/**
 * Where we differ on purpose, by rule and DTSTART, and the reason. With BYWEEKNO a period is the year that the weeks
 * belong to; for two cases the table counts INTERVAL from the calendar year of a DTSTART that the rule does not make,
 * and in others of the same kind from the year of its week, as we do in all.
 */
const ACCEPTED_DEVIATIONS: ReadonlyMap<string, string> = new Map([
  [
    'FREQ=YEARLY;BYWEEKNO=53;INTERVAL=6;BYDAY=TH;COUNT=1 20270103T000000Z',
    'the period of DTSTART is week year 2026',
  ],
  [
    'FREQ=YEARLY;BYWEEKNO=53;INTERVAL=5;BYDAY=TH;COUNT=1 20270103T000000Z',
    'the period of DTSTART is week year 2026',
  ],
  [
    'FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=30;BYWEEKNO=1;UNTIL=20320101 20241230',
    'libical does not implement it',
  ],
]);

interface Case {
  readonly title: string;
  readonly rule: string;
  readonly start: string;
  readonly startAt: string | undefined;
  readonly instances: string;
}

function casesOf(text: string): readonly Case[] {
  const cases: Case[] = [];
  for (const block of text.split(/\n\s*\n/)) {
    const lines = block.split('\n').map((line) => line.trim());
    const field = (name: string): string | undefined =>
      lines
        .find((line) => line.startsWith(`${name}:`))
        ?.slice(name.length + 1)
        .trim();
    const rule = field('RRULE');
    const start = field('DTSTART');
    if (rule === undefined || start === undefined) continue;
    const title = lines
      .filter((line) => line.startsWith('#'))
      .map((line) => line.slice(1).trim())
      .join(' ');
    cases.push({
      title: `${title} [${rule}] ${start}`,
      rule,
      start,
      startAt: field('START-AT'),
      instances: field('INSTANCES') ?? '',
    });
  }
  return cases;
}

function localOf(value: DateValue): number {
  if (value.kind === 'date') return value.day * 86_400;
  return value.kind === 'utc' ? value.utc : value.local;
}

function format(local: number, like: string): string {
  const { year, month, day } = dateOf(dayOfLocal(local));
  const digits = (value: number, size: number): string => String(value).padStart(size, '0');
  const date = `${digits(year, 4)}${digits(month, 2)}${digits(day, 2)}`;
  if (!like.includes('T')) return date;
  const second = secondOfLocal(local);
  const time = [Math.floor(second / 3_600), Math.floor(second / 60) % 60, second % 60].map((part) =>
    digits(part, 2),
  );
  return `${date}T${time.join('')}${like.endsWith('Z') ? 'Z' : ''}`;
}

/** What we make of a case, from `from` on: the instances as the table writes them, or `refused`. */
function answer({ rule: text, start }: Case, from: number | undefined): string {
  const parsed = parseRule(text);
  const value = parseDateValue(start);
  if (parsed.kind !== 'rule' || value === undefined) return 'refused';
  const dateOnly = value.kind === 'date';
  const rule = dateOnly ? { ...parsed.rule, byHour: [], byMinute: [], bySecond: [] } : parsed.rule;
  const until =
    rule.until === undefined
      ? {}
      : {
          until:
            rule.until.kind === 'date'
              ? rule.until.day * 86_400 + (dateOnly ? 0 : 86_399)
              : localOf(rule.until),
        };
  const local = localOf(value);
  const to = local + 110 * 366 * 86_400;
  const found = recur(
    rule,
    { start: local, from: from ?? local, to, gaps: [], includeStart: false, ...until },
    createBudget(1_000_000),
  );
  return found.times.map((time) => format(time, start)).join(',');
}

describe.skipIf(corpora === undefined)(
  `libical icalrecur_test${corpora === undefined ? ' (skipped: MAILROOM_CORPORA is not set)' : ''}`,
  () => {
    const folder = join(corpora ?? '', 'calendar', 'libical-recur');
    const cases =
      corpora === undefined ? [] : casesOf(readFileSync(join(folder, 'icalrecur_test.txt'), 'utf8'));

    test('the table has its cases, those that we do not follow among them', () => {
      expect(cases.length).toBeGreaterThan(140);
      const names = new Set(cases.map(({ rule, start }) => `${rule} ${start}`));
      expect([...ACCEPTED_DEVIATIONS.keys()].filter((name) => !names.has(name))).toEqual([]);
    });

    test.each(cases)('$title', (testCase) => {
      const expected = testCase.instances.startsWith('***') ? 'refused' : testCase.instances;
      if (ACCEPTED_DEVIATIONS.has(`${testCase.rule} ${testCase.start}`)) {
        expect(answer(testCase, undefined)).not.toBe(expected);
        return;
      }
      expect(answer(testCase, undefined)).toBe(expected);
    });

    test.each(cases)('entered in the middle: $title', (testCase) => {
      const all = answer(testCase, undefined).split(',');
      const middle = all[Math.floor(all.length / 2)] ?? '';
      const value = parseDateValue(middle);
      if (value === undefined) return;
      expect(answer(testCase, localOf(value))).toBe(all.slice(all.indexOf(middle)).join(','));
    });

    test('rules of RFC 7529 (other calendars, SKIP) are refused, not half understood', () => {
      const others = casesOf(readFileSync(join(folder, 'icalrecur_test_rscale.txt'), 'utf8'));
      expect(others.length).toBeGreaterThan(10);
      for (const testCase of others) {
        const expected = /RSCALE=(?!GREGORIAN)|SKIP=(?!OMIT)/.test(testCase.rule)
          ? 'refused'
          : testCase.instances;
        expect(answer(testCase, undefined), testCase.title).toBe(expected);
      }
    });
  },
);
