/**
 * Fuzzes the calendar reader: raw characters, iCalendar's own alphabet, and right calendars that were damaged. Whatever
 * the text is, there is an answer, it lies in the window, and a second reading gives the same.
 */
import fc from 'fast-check';
import { busyTimes, coarsen, mergeBusy } from '../../shared/calendar/index.ts';
import { readMultistatus } from '../../shared/calendar/multistatus.ts';
import { parseRule } from '../../shared/calendar/rule.ts';
import { calendar, event } from '../shared/calendar/support.ts';

/** Inputs between two looks at the clock. */
const BATCH = 100;
/** No text of the sizes below may take longer, even on a machine that is busy with something else. */
const PATIENCE_MS = 5_000;

const window = { windowStartMs: Date.UTC(2026, 2, 1), windowEndMs: Date.UTC(2026, 4, 1) };

const NAMES = [
  'DTSTART',
  'DTEND',
  'DURATION',
  'RRULE',
  'EXRULE',
  'RDATE',
  'EXDATE',
  'RECURRENCE-ID',
  'UID',
  'SEQUENCE',
];
const MORE = [
  'STATUS',
  'TRANSP',
  'CLASS',
  'SUMMARY',
  'ATTENDEE',
  'FREEBUSY',
  'TZID',
  'TZOFFSETFROM',
  'TZOFFSETTO',
];
const PARAMETERS = [
  '',
  ';TZID=Europe/Berlin',
  ';TZID=X',
  ';VALUE=DATE',
  ';VALUE=PERIOD',
  ';RANGE=THISANDFUTURE',
  ';A="b:c"',
  ';',
];
const VALUES = [
  '20260310T090000Z',
  '20260329T023000',
  '20260310',
  '00010101T000000Z',
  '99991231T235959',
  '20260310T090000Z/PT1H',
  'PT1H',
  'P1D',
  '-P1W',
  'P999999999D',
  '+0100',
  '-1259',
  'CANCELLED',
  'one@example.com',
  '',
];
const COMPONENTS = ['VEVENT', 'VTIMEZONE', 'STANDARD', 'DAYLIGHT', 'VFREEBUSY', 'VALARM', 'VCALENDAR'];
const FREQUENCIES = ['SECONDLY', 'MINUTELY', 'HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'];
const LISTS = [
  'BYSECOND',
  'BYMINUTE',
  'BYHOUR',
  'BYMONTHDAY',
  'BYYEARDAY',
  'BYWEEKNO',
  'BYMONTH',
  'BYSETPOS',
];
const SIGNS = [
  '\r\n',
  '\n',
  '\r',
  '\r\n ',
  ':',
  ';',
  '=',
  '"',
  ',',
  '\\',
  '\u0000',
  '\ufeff',
  '\ud800',
  'é',
  '^n',
];

const part = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(...LISTS),
      fc.array(fc.integer({ min: -60, max: 60 }), { minLength: 1, maxLength: 5 }),
    )
    .map(([name, values]) => `${name}=${values.join(',')}`),
  fc
    .tuple(fc.integer({ min: -53, max: 53 }), fc.constantFrom('MO', 'SU'))
    .map(([number, day]) => `BYDAY=${number === 0 ? '' : number}${day}`),
  fc.constantFrom(
    'COUNT=5',
    'COUNT=999999999',
    'INTERVAL=7',
    'INTERVAL=99999999',
    'UNTIL=20260401T000000Z',
    'UNTIL=20260401',
    'WKST=SU',
  ),
);
const rule = fc
  .tuple(fc.constantFrom(...FREQUENCIES), fc.array(part, { maxLength: 4 }))
  .map(([frequency, parts]) => `FREQ=${frequency};${parts.join(';')}`);

const line = fc
  .tuple(
    fc.constantFrom(...NAMES, ...MORE),
    fc.constantFrom(...PARAMETERS),
    fc.oneof(fc.constantFrom(...VALUES), rule),
  )
  .map(([name, parameter, value]) => `${name}${parameter}:${value}`);
const bracket = fc
  .tuple(fc.constantFrom('BEGIN', 'END'), fc.constantFrom(...COMPONENTS))
  .map(([word, name]) => `${word}:${name}`);
const grammar = fc
  .array(fc.oneof({ arbitrary: line, weight: 5 }, { arbitrary: bracket, weight: 2 }), { maxLength: 40 })
  .map((lines) => calendar(...lines));

/** A right series with exceptions, its lines from the alphabet. */
const series = fc
  .tuple(rule, fc.array(line, { maxLength: 5 }), fc.array(line, { maxLength: 4 }))
  .map(([text, first, second]) =>
    calendar(
      event('DTSTART;TZID=Europe/Berlin:20240105T093000', 'DURATION:PT1H', `RRULE:${text}`, ...first),
      event('DTSTART:20260310T090000Z', ...second),
    ),
  );

const damaged = fc
  .tuple(
    fc.oneof(grammar, series),
    fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom(...SIGNS)), { maxLength: 4 }),
  )
  .map(([text, damages]) => {
    let changed = text;
    for (const [at, removed, inserted] of damages) {
      const start = at % (changed.length + 1);
      changed = changed.slice(0, start) + inserted + changed.slice(start + removed);
    }
    return changed;
  });

const inputs = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), grammar, series, damaged);

/** What must be true whatever the text is. */
function check(text: string): void {
  const options = { ...window, defaultZone: 'Europe/Berlin', self: 'one@example.com' };
  const start = performance.now();
  const result = busyTimes([text], options);
  if (performance.now() - start > PATIENCE_MS) throw new Error('too slow');
  parseRule(text);
  readMultistatus(text);
  if (result.kind !== 'busy') return;
  for (const { startMs, endMs } of result.events) {
    if (!(startMs < endMs && startMs < window.windowEndMs && endMs > window.windowStartMs))
      throw new Error('an event outside of the window');
  }
  if (coarsen(mergeBusy(result.events), 5).length > 5) throw new Error('more than were asked for');
  const again = busyTimes([text.replaceAll('\r\n', '\n')], options);
  if (again.kind === 'busy' && !text.includes('\r\r') && JSON.stringify(again) !== JSON.stringify(result))
    throw new Error('line ends make a difference');
}

/** Runs for about `seconds`; throws with the smallest failing input and the seed. */
export async function fuzz(seconds: number, seed: number): Promise<{ runs: number }> {
  const until = performance.now() + seconds * 1_000;
  let runs = 0;
  while (performance.now() < until) {
    fc.assert(fc.property(inputs, check), { numRuns: BATCH, seed: seed + runs });
    runs += BATCH;
  }
  return { runs };
}
