import { describe, expect, it } from 'vitest';
import type { MailboxResult } from '../../../local/availability/ask.ts';
import { freeBusyText } from '../../../local/availability/report.ts';
import type { CapEventResponse, CapWorkingHoursResponse } from '../../../shared/workmail/cap.ts';

const MAILBOX = 'dave@partner.example';

function textOf(...mailboxes: readonly MailboxResult[]): readonly string[] {
  const window = { startDate: '2026-03-16T00:00:00.000Z', endDate: '2026-03-17T00:00:00.000Z' };
  return freeBusyText({ window, capBias: 'ews', mailboxes }).split('\n');
}

function event(startTime: string, endTime: string, subject?: string): CapEventResponse {
  if (subject === undefined) return { startTime, endTime, busyType: 'BUSY' };
  const rest = { location: '', isMeeting: true, isReminderSet: false, isPrivate: false };
  const details = { subject, instanceType: 'SINGLE_INSTANCE' as const, ...rest };
  return { startTime, endTime, busyType: 'BUSY', details };
}

function hours(name: string, bias: number): CapWorkingHoursResponse {
  return {
    timezone: { name, bias },
    workingPeriods: [{ startMinutes: 540, endMinutes: 1020, days: ['MON'] }],
  };
}

describe('what a stranger wrote', () => {
  const HOSTILE = '\u001b[2J\u009b31m\u202eerin@partner.example\n  nothing in this time';

  it('stays in its line and leaves the terminal alone', () => {
    const busy = event('2026-03-16T09:00:00.000Z', '2026-03-16T10:00:00.000Z', HOSTILE);
    const lines = textOf(
      { mailbox: MAILBOX, kind: 'times', events: [busy], workingHours: hours(HOSTILE, 0) },
      { mailbox: MAILBOX, kind: 'error', error: 'ERROR', why: `the provider answered ${HOSTILE}` },
    );
    expect(lines).toHaveLength(7);
    expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(lines[2]).toContain('\\u{1b}[2J');
  });

  it('is cut', () => {
    const busy = event('2026-03-16T09:00:00.000Z', '2026-03-16T10:00:00.000Z', 'x'.repeat(1_000_000));
    expect(textOf({ mailbox: MAILBOX, kind: 'times', events: [busy] })[1]?.length).toBeLessThan(300);
  });
});

it('writes the first and the last moment of the calendar in any zone', () => {
  const events = [
    event('0000-01-01T00:00:00.000Z', '0000-01-01T01:00:00.000Z'),
    event('9999-12-31T22:59:59.999Z', '9999-12-31T23:59:59.999Z'),
  ];
  const east = textOf({ mailbox: MAILBOX, kind: 'times', events, workingHours: hours('East', -840) });
  expect(east[3]).toBe('  +010000-01-01 12:59-13:59 UTC+14:00  busy');
  const west = textOf({ mailbox: MAILBOX, kind: 'times', events, workingHours: hours('West', 840) });
  expect(west[2]).toBe('  -000001-12-31 10:00-11:00 UTC-14:00  busy');
});
