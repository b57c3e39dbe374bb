import { describe, expect, test } from 'vitest';
import { workingTimeOf } from '../../../shared/calendar/index.ts';
import type { WorkingHours } from '../../../shared/policy/types.ts';

const hours: WorkingHours = { days: ['MON', 'TUE'], startMinutes: 540, endMinutes: 1_020 };

function zone(name: string, from: string, to: string) {
  const window = { startMs: Date.parse(`${from}T00:00:00Z`), endMs: Date.parse(`${to}T00:00:00Z`) };
  return workingTimeOf(hours, name, window)?.timezone;
}

describe('the zone of working hours', () => {
  test('Berlin: standard 03:00 and daylight 02:00, on the clock before the change', () => {
    const berlin = {
      name: 'W. Europe Standard Time',
      offsetMinutes: 60,
      transitions: {
        standard: { offsetMinutes: 60, time: '03:00:00', month: 'OCT', week: 'LAST', dayOfWeek: 'SUN' },
        daylight: { offsetMinutes: 120, time: '02:00:00', month: 'MAR', week: 'LAST', dayOfWeek: 'SUN' },
      },
    };
    expect(zone('Europe/Berlin', '2026-03-01', '2026-05-01')).toEqual(berlin);
    expect(zone('Europe/Berlin', '2026-12-01', '2027-02-01')).toEqual(berlin);
    // In 2027 both changes fall on a fourth Sunday or a fifth: other years tell which.
    expect(zone('Europe/Berlin', '2027-03-01', '2027-05-01')).toEqual(berlin);
    expect(zone('W. Europe Standard Time', '2026-03-01', '2026-05-01')?.offsetMinutes).toBe(60);
  });

  test('New York: second and first Sunday', () => {
    expect(zone('America/New_York', '2026-03-01', '2026-05-01')).toMatchObject({
      name: 'Eastern Standard Time',
      offsetMinutes: -300,
      transitions: {
        standard: { offsetMinutes: -300, time: '02:00:00', month: 'NOV', week: 'FIRST', dayOfWeek: 'SUN' },
        daylight: { offsetMinutes: -240, time: '02:00:00', month: 'MAR', week: 'SECOND', dayOfWeek: 'SUN' },
      },
    });
  });

  test('the southern hemisphere, half an hour of summer time', () => {
    expect(zone('Australia/Lord_Howe', '2026-03-01', '2026-05-01')).toMatchObject({
      name: 'Lord Howe Standard Time',
      offsetMinutes: 630,
      transitions: {
        standard: { offsetMinutes: 630, time: '02:00:00', month: 'APR', week: 'FIRST', dayOfWeek: 'SUN' },
        daylight: { offsetMinutes: 660, time: '02:00:00', month: 'OCT', week: 'FIRST', dayOfWeek: 'SUN' },
      },
    });
  });

  test.each([
    ['Asia/Kolkata', 'India Standard Time', 330],
    ['Europe/Moscow', 'Russian Standard Time', 180],
    ['UTC', 'UTC', 0],
  ])('%s has no transitions', (name, windows, offsetMinutes) => {
    expect(zone(name, '2026-03-01', '2026-05-01')).toEqual({ name: windows, offsetMinutes });
  });

  test('a zone that does not have the form gets the offset of the window alone', () => {
    // Morocco takes its summer time back for Ramadan: 2026-02-15 to 2026-03-22.
    expect(zone('Africa/Casablanca', '2026-03-01', '2026-03-10')).toEqual({
      name: 'Morocco Standard Time',
      offsetMinutes: 0,
    });
    expect(zone('Africa/Casablanca', '2026-05-01', '2026-05-10')).toEqual({
      name: 'Morocco Standard Time',
      offsetMinutes: 60,
    });
  });

  test('a window over a year in which the rules changed has no transitions', () => {
    // Turkey stayed on summer time in 2016.
    expect(zone('Europe/Istanbul', '2015-12-01', '2016-12-30')?.transitions).toBeUndefined();
  });

  test('every transition that is told is true, for all zones and several years', () => {
    let told = 0;
    for (const name of Intl.supportedValuesOf('timeZone')) {
      for (const year of ['2024', '2026'])
        if (zone(name, `${year}-03-01`, `${year}-04-15`)?.transitions) told += 1;
    }
    expect(told).toBeGreaterThan(100);
  });

  test('a zone that is not known gives nothing', () => {
    expect(zone('Nowhere/City', '2026-03-01', '2026-05-01')).toBeUndefined();
  });
});
