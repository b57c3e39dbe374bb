import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { offsetMinutesAt, offsetText } from '../../../local/availability/zone.ts';
import { encodeTimezone } from '../../../shared/workmail/cap.ts';

const BERLIN = {
  name: 'W. Europe Standard Time',
  offsetMinutes: 60,
  transitions: {
    standard: { offsetMinutes: 60, time: '03:00:00', month: 'OCT', week: 'LAST', dayOfWeek: 'SUN' },
    daylight: { offsetMinutes: 120, time: '02:00:00', month: 'MAR', week: 'LAST', dayOfWeek: 'SUN' },
  },
} as const;
const SYDNEY = {
  name: 'AUS Eastern Standard Time',
  offsetMinutes: 600,
  transitions: {
    standard: { offsetMinutes: 600, time: '03:00:00', month: 'APR', week: 'FIRST', dayOfWeek: 'SUN' },
    daylight: { offsetMinutes: 660, time: '02:00:00', month: 'OCT', week: 'FIRST', dayOfWeek: 'SUN' },
  },
} as const;
const KOLKATA = { name: 'India Standard Time', offsetMinutes: 330 } as const;

/** Local minus UTC in minutes, by ICU. */
function icuOffset(timeZone: string, ms: number): number {
  const name = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
    .formatToParts(ms)
    .find(({ type }) => type === 'timeZoneName')?.value;
  const [, sign, hours = '0', minutes = '0'] = /^GMT(?:([+-])(\d\d):(\d\d))?$/.exec(name ?? '') ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

describe.each(['ews', 'utc-offset'] as const)('[A10] with the bias counted as %s', (convention) => {
  it.each([
    ['Europe/Berlin', BERLIN],
    ['Australia/Sydney', SYDNEY],
    ['Asia/Kolkata', KOLKATA],
  ])('property: an answer in that convention gives the local time of %s', (zone, known) => {
    const sent = encodeTimezone(known, convention);
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(2009, 0), max: Date.UTC(2036, 0) }), (ms) => {
        // ICU counts whole seconds.
        const second = ms - (ms % 1000);
        expect(offsetMinutesAt(sent, second, convention)).toBe(icuOffset(zone, second));
      }),
    );
  });
});

it.each([
  ['Europe/Berlin', BERLIN, '2026-03-29T01:00:00Z'],
  ['Europe/Berlin', BERLIN, '2026-10-25T01:00:00Z'],
  ['Australia/Sydney', SYDNEY, '2026-04-04T16:00:00Z'],
  ['Australia/Sydney', SYDNEY, '2026-10-03T16:00:00Z'],
])('the clock of %s changes at the very second', (zone, known, change) => {
  const sent = encodeTimezone(known, 'ews');
  for (const ms of [Date.parse(change) - 1000, Date.parse(change)])
    expect(offsetMinutesAt(sent, ms, 'ews')).toBe(icuOffset(zone, ms));
  expect(icuOffset(zone, Date.parse(change) - 1000)).not.toBe(icuOffset(zone, Date.parse(change)));
});

it('[A10] an answer in the other convention is an hour off the other way: the guide cannot mean both', () => {
  const winter = Date.UTC(2026, 0, 15);
  expect(offsetMinutesAt(encodeTimezone(BERLIN, 'ews'), winter, 'utc-offset')).toBe(-60);
  expect(offsetMinutesAt(encodeTimezone(BERLIN, 'utc-offset'), winter, 'ews')).toBe(-60);
});

it.each([
  [60, 'UTC+01:00'],
  [-210, 'UTC-03:30'],
  [0, 'UTC+00:00'],
])('%i minutes are %s', (minutes, text) => {
  expect(offsetText(minutes)).toBe(text);
});
