import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mergeBusy } from '../../../shared/calendar/index.ts';
import { denseCalendar } from './dense-calendar.ts';
import { busy, spans } from './support.ts';

const fixture = (name: string): string => readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8');
const sample = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../../local/sample/calendars', name), 'utf8');

describe('calendars as they are found', () => {
  test('the answer of a good CalDAV server (Cyrus 3.6.1) to the same calendar', () => {
    const window = { windowStartMs: Date.UTC(2026, 2, 16), windowEndMs: Date.UTC(2026, 3, 15) };
    expect(
      spans(fixture('weekly-moved-tentative.ics'), window).filter((span) => !span.endsWith('FREE')),
    ).toEqual([
      '0316T0900Z/1000Z',
      '0325T0800Z/0900Z TENTATIVE',
      '0330T0800Z/0900Z',
      '0407T1200Z/1300Z',
      '0413T0800Z/0900Z',
    ]);
  });

  test('an Outlook series in a zone of its own, in both line ends', () => {
    const text = fixture('outlook-series.ics');
    for (const form of [text, text.replaceAll('\r\n', '\n')]) {
      expect(spans(form)).toEqual([
        '0316T0900Z/0930Z TENTATIVE',
        '0323T0900Z/0930Z TENTATIVE',
        '0330T0800Z/0830Z TENTATIVE',
        '0406T0800Z/0830Z TENTATIVE',
      ]);
    }
    expect(busy(text).notes).toEqual([]);
    expect(busy(text).events[0]?.details).toMatchObject({ subject: 'Besprechung', isReminderSet: true });
  });

  test('the sample calendars', () => {
    const week = { windowStartMs: Date.UTC(2026, 2, 16), windowEndMs: Date.UTC(2026, 2, 21) };
    const dave = { ...week, self: 'dave@partner.example' };
    expect(spans(sample('dave.ics'), dave)).toEqual([
      '0316T0815Z/0830Z',
      '0317T0815Z/0830Z',
      '0318T0815Z/0830Z',
      '0319T0815Z/0830Z',
      '0319T0900Z/1030Z',
      '0320T0815Z/0830Z',
    ]);
    expect(busy(sample('dave.ics'), dave).notes).toEqual([]);
    const erin = { ...week, self: 'erin@partner.example' };
    expect(spans(sample('erin.ics'), erin)).toEqual(['0317T1000Z/1100Z TENTATIVE', '0319T1400Z/1500Z']);
    expect(busy(sample('erin.ics')).notes).toEqual([]);
  });

  test('ten years of a busy person: as many stretches as ical.js finds', () => {
    const result = busy(denseCalendar());
    expect(mergeBusy(result.events)).toHaveLength(197);
    expect(result.notes).toEqual(['start is not part of its recurrence (121)']);
  });
});
