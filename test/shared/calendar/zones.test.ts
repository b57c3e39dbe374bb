import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBudget } from '../../../shared/calendar/budget.ts';
import { readComponents } from '../../../shared/calendar/component.ts';
import { intlZone } from '../../../shared/calendar/intl-zone.ts';
import { vtimezoneOf } from '../../../shared/calendar/vtimezone.ts';
import { ianaOfWindows, windowsOfIana } from '../../../shared/calendar/windows-zones.ts';
import type { Zone } from '../../../shared/calendar/zone.ts';
import { instantOf, localOf } from '../../../shared/calendar/zone.ts';
import { zoneOfName } from '../../../shared/calendar/zone-names.ts';
import { busy, calendar, event, spans } from './support.ts';

const corpora = process.env['MAILROOM_CORPORA'];
const YEAR = 366 * 86_400;
const NOW = Date.UTC(2026, 2, 1) / 1_000;

function zone(name: string): Zone {
  const found = zoneOfName(name);
  if (found === undefined) throw new Error(`no zone ${name}`);
  return found;
}

/** The offset as the runtime shows it on a clock, without any cache. */
function plainOffset(name: string, utc: number): number {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: name,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  const [date = '', time = ''] = format.format(utc * 1_000).split(', ');
  const [day = 0, month = 1, year = 0] = date.split('/').map(Number);
  const [hour = 0, minute = 0, second = 0] = time.split(':').map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1_000 - utc;
}

const names = fc.constantFrom(
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Africa/Casablanca',
  'Pacific/Apia',
  'America/Caracas',
  'Asia/Tehran',
  'Europe/Dublin',
  'America/Sao_Paulo',
);

describe('IANA zones', () => {
  test('offsets are those of the runtime', () => {
    fc.assert(
      fc.property(names, fc.integer({ min: 0, max: 2 ** 32 }), (name, utc) => {
        expect(zone(name).offsetAt(utc)).toBe(plainOffset(name, utc));
      }),
      { numRuns: 400 },
    );
  });

  test('a local time and its instant agree, outside of gaps', () => {
    fc.assert(
      fc.property(names, fc.integer({ min: 0, max: 2 ** 32 }), (name, local) => {
        const here = zone(name);
        const inGap = here.gaps(local, local).some((gap) => local >= gap.from && local < gap.to);
        const back = localOf(here, instantOf(here, local));
        if (inGap) expect(back).toBeGreaterThan(local);
        else expect(back).toBe(local);
      }),
      { numRuns: 2_000 },
    );
  });

  test('a day that a country skipped is a gap (Samoa, 30 December 2011)', () => {
    const local = Date.UTC(2011, 11, 30, 12) / 1_000;
    expect(zone('Pacific/Apia').gaps(local, local)).toEqual([{ from: local - 43_200, to: local + 43_200 }]);
    expect(instantOf(zone('Pacific/Apia'), local)).toBe(local + 10 * 3_600);
  });

  test('years beyond reach keep the offset at its border', () => {
    expect(zone('Europe/Berlin').offsetAt(Date.UTC(9_999, 6, 1) / 1_000)).toBeTypeOf('number');
    expect(zone('Europe/Berlin').offsetAt(-62_000_000_000)).toBeTypeOf('number');
    expect(zone('Europe/Berlin').gaps(-62_000_000_000, -61_000_000_000)).toEqual([]);
  });

  test.each(['', 'Nowhere/City', '+01:00', 'a'.repeat(1_000), '__proto__', 'constructor'])(
    '%s is none',
    (name) => {
      expect(intlZone(name)).toBeUndefined();
    },
  );
});

describe('names', () => {
  test('every zone of the Windows table is known to the runtime', () => {
    for (const windows of [
      'W. Europe Standard Time',
      'w. europe standard time',
      'UTC-11',
      'Mid-Atlantic Standard Time',
    ]) {
      expect(intlZone(ianaOfWindows(windows) ?? ''), windows).toBeDefined();
    }
    for (const iana of [
      'Europe/Kyiv',
      'Europe/Kiev',
      'Asia/Kolkata',
      'Asia/Calcutta',
      'America/Nuuk',
      'America/Ciudad_Juarez',
    ]) {
      expect(ianaOfWindows(windowsOfIana(iana) ?? ''), iana).toBeDefined();
    }
  });

  const vtimezone = (tzid: string, ...more: readonly string[]): readonly string[] => [
    'BEGIN:VTIMEZONE',
    `TZID:${tzid}`,
    ...more,
    'BEGIN:STANDARD',
    'DTSTART:16010101T030000',
    'TZOFFSETFROM:+0500',
    'TZOFFSETTO:+0400',
    'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10',
    'END:STANDARD',
    'BEGIN:DAYLIGHT',
    'DTSTART:16010101T020000',
    'TZOFFSETFROM:+0400',
    'TZOFFSETTO:+0500',
    'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3',
    'END:DAYLIGHT',
    'END:VTIMEZONE',
  ];
  const at = (tzid: string): string => event(`DTSTART;TZID=${tzid}:20260310T120000`, 'DURATION:PT1H');

  test.each([
    ['Europe/Berlin', '0310T1100Z'],
    ['europe/berlin', '0310T1100Z'],
    ['W. Europe Standard Time', '0310T1100Z'],
    ['"W. Europe Standard Time"', '0310T1100Z'],
    ['/freeassociation.sourceforge.net/Europe/Berlin', '0310T1100Z'],
    ['/example.org/20070129_1/America/Argentina/Ushuaia', '0310T1500Z'],
    ['"(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna"', '0310T1100Z'],
    ['"(GMT-05:00) Eastern Time (US & Canada)"', '0310T1600Z'],
    ['Eastern Time (US & Canada)', '0310T1600Z'],
    ['"(UTC+05:45) Kathmandu"', '0310T0615Z'],
    ['GMT+0300', '0310T0900Z'],
    // Nothing is known: the default zone, Berlin.
    ['My Zone', '0310T1100Z'],
  ])('TZID=%s', (tzid, start) => {
    expect(spans(calendar(at(tzid)))[0]?.slice(0, 10)).toBe(start);
  });

  test('what was guessed or not known is noted', () => {
    expect(busy(calendar(at('"(UTC+01:00) Amsterdam, Berlin"'))).notes).toEqual([
      'time zone guessed from its name',
    ]);
    expect(busy(calendar(at('My Zone'))).notes).toEqual(['time zone not known, default used']);
    expect(busy(calendar(at('Europe/Berlin'))).notes).toEqual([]);
  });

  test('a VTIMEZONE is used for a name that is not known, not for one that is', () => {
    expect(spans(calendar(...vtimezone('My Zone'), at('My Zone')))[0]?.slice(0, 10)).toBe('0310T0800Z');
    expect(spans(calendar(...vtimezone('Europe/Berlin'), at('Europe/Berlin')))[0]?.slice(0, 10)).toBe(
      '0310T1100Z',
    );
  });

  test('X-LIC-LOCATION is believed more than the rules beside it', () => {
    const text = calendar(...vtimezone('My Zone', 'X-LIC-LOCATION:America/New_York'), at('My Zone'));
    expect(spans(text)[0]?.slice(0, 10)).toBe('0310T1600Z');
  });

  test('a VTIMEZONE of the calendar has gaps and folds', () => {
    const lines = vtimezone('My Zone');
    const daily = event('DTSTART;TZID=My Zone:20260328T023000', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;COUNT=2');
    expect(spans(calendar(...lines, daily))).toEqual(['0327T2230Z/2330Z', '0329T2130Z/2230Z']);
  });

  test('times without a zone are of the calendar (X-WR-TIMEZONE), else of the mailbox', () => {
    const floating = event('DTSTART:20260310T120000', 'DURATION:PT1H');
    expect(spans(calendar(floating))).toEqual(['0310T1100Z/1200Z']);
    expect(spans(calendar('X-WR-TIMEZONE:America/New_York', floating))).toEqual(['0310T1600Z/1700Z']);
    const day = event('DTSTART;VALUE=DATE:20260310');
    expect(spans(calendar('X-WR-TIMEZONE:America/New_York', day))).toEqual(['0309T2300Z/0310T2300Z']);
  });
});

function icsFiles(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ics'));
}

describe.skipIf(corpora === undefined)(
  // Later years depend on the version of the runtime's data: Moldova, Morocco and Canada have changed since.
  `VTIMEZONE of libical against Intl${corpora === undefined ? ' (skipped: MAILROOM_CORPORA is not set)' : ''}`,
  () => {
    test('every zone has the offsets of the runtime, 2000 .. 2021', () => {
      const folder = join(corpora ?? '', 'calendar', 'libical', 'zoneinfo2025c-pure');
      const files = icsFiles(folder);
      expect(files.length).toBeGreaterThan(100);
      const wrong: string[] = [];
      for (const file of files) {
        const name = file.slice(0, -4);
        const known = intlZone(name);
        const read = readComponents(readFileSync(join(folder, file), 'utf8'), () => undefined);
        const component = read.kind === 'calendars' ? read.calendars[0]?.children[0] : undefined;
        if (known === undefined || component === undefined) continue;
        const made = vtimezoneOf(component, NOW + 5 * YEAR, createBudget(1_000_000))?.zone;
        const differs = (utc: number): boolean => made?.offsetAt(utc) !== known.offsetAt(utc);
        const probes = Array.from(
          { length: 22 * 24 },
          (_, index) => NOW - 26 * YEAR + index * 15.25 * 86_400,
        );
        const at = probes.find((utc) => differs(Math.floor(utc)));
        if (at !== undefined) wrong.push(`${name} ${new Date(at * 1_000).toISOString()}`);
      }
      expect(wrong).toEqual([]);
    });
  },
);
