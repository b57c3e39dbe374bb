/**
 * A calendar as large as a busy person's of ten years: 2,000 UIDs, of which 1,500 single events and 125 each of daily,
 * weekly, monthly and yearly series, with EXDATEs and exceptions, in three zones. The same text every time.
 */

const ZONES = ['Europe/Berlin', 'America/New_York', 'Asia/Kolkata'] as const;
const DAYS = ['MO', 'TU', 'WE', 'TH', 'FR'] as const;

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function stamp(year: number, month: number, day: number, hour: number, minute: number): string {
  return `${year}${two(month)}${two(day)}T${two(hour)}${two(minute)}00`;
}

/** A linear congruential generator: the bench must not change from run to run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

function event(uid: string, zone: string, start: string, extra: readonly string[]): readonly string[] {
  return [
    'BEGIN:VEVENT',
    `UID:${uid}@bench.example`,
    'DTSTAMP:20250101T000000Z',
    `DTSTART;TZID=${zone}:${start}`,
    'DURATION:PT45M',
    `SUMMARY:Meeting ${uid}`,
    'LOCATION:Room 1',
    ...extra,
    'END:VEVENT',
  ];
}

function weekly(uid: string, zone: string, next: (below: number) => number): readonly string[] {
  const day = DAYS[next(5)] ?? 'MO';
  const hour = 8 + next(9);
  const start = stamp(2016, 1, 4, hour, 0);
  const exdates = Array.from({ length: 50 }, (_, index) =>
    stamp(2016, 1 + (index % 12), 1 + (index % 28), hour, 0),
  );
  const moved = Array.from({ length: 42 }, (_, index) => {
    const instance = stamp(2017 + (index % 10), 1 + (index % 12), 2 + (index % 26), hour, 0);
    return event(uid, zone, instance.replace('00', '30'), [`RECURRENCE-ID;TZID=${zone}:${instance}`]);
  });
  const rule = `RRULE:FREQ=WEEKLY;INTERVAL=${1 + next(2)};BYDAY=MO,${day}`;
  return [
    ...event(uid, zone, start, [rule, `EXDATE;TZID=${zone}:${exdates.join(',')}`]),
    ...moved.slice(0, next(2) === 0 ? 1 : 0).flat(),
  ];
}

/** `share` of it, from above 0 to 1. */
export function denseCalendar(share = 1): string {
  const next = numbers(20_260_301);
  const lines: string[] = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//bench//EN'];
  for (let index = 0; index < 1_500 * share; index += 1) {
    const start = stamp(2016 + next(11), 1 + next(12), 1 + next(28), 7 + next(12), 15 * next(4));
    lines.push(...event(`single-${index}`, ZONES[index % 3] ?? 'UTC', start, []));
  }
  for (let index = 0; index < 125 * share; index += 1) {
    const zone = ZONES[index % 3] ?? 'UTC';
    const time = (day: number): string => stamp(2016, 1 + next(12), day, 7 + next(12), 15 * next(4));
    const end = ['UNTIL=20261231T000000Z', 'COUNT=3650', 'INTERVAL=1'][index % 3] ?? '';
    lines.push(...event(`daily-${index}`, zone, time(1 + next(28)), [`RRULE:FREQ=DAILY;${end}`]));
    lines.push(...weekly(`weekly-${index}`, zone, next));
    const rule = 'RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=';
    lines.push(...event(`monthly-${index}`, zone, time(1 + next(28)), [`${rule}${1 + next(10)}`]));
    lines.push(...event(`yearly-${index}`, zone, time(1 + next(28)), ['RRULE:FREQ=YEARLY']));
  }
  lines.push('END:VCALENDAR', '');
  return lines.join('\r\n');
}
