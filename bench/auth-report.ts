/** The figures of `auth.ts` as a person reads them. */
import { type AuthFigures, type AuthReading, LIMIT_MS } from './auth.ts';
import { formatTable, ratio, tenths, whole } from './table.ts';

const MEGABYTE = 1024 * 1024;
const KILOBYTE = 1024;

function cells(reading: AuthReading | undefined, measure: AuthReading | undefined): string[] {
  if (reading === undefined) return ['-', `above ${whole(LIMIT_MS)}`];
  const { firstMs, warmMs, peakBytes, answer } = reading;
  return [
    measure === undefined ? '-' : ratio(warmMs / measure.warmMs),
    tenths(firstMs),
    tenths(warmMs),
    whole(answer.queries),
    tenths(peakBytes / MEGABYTE),
    `${answer.dmarc}, ${answer.passing}`,
  ];
}

/** The last reader is the measure of the others. */
export function authReport({ imports, messages }: AuthFigures, runs: number): string {
  const head = ['', '', 'ratio', 'first', 'warm', 'DNS', 'peak', 'says'];
  const units = ['', 'KB', 'warm', 'ms', 'ms', 'asked', 'MB', 'DMARC, signatures'];
  const rows = messages.flatMap(({ message, bytes, readings }) =>
    readings.map(({ reader, reading }, index) => [
      `${index === 0 ? message.name : ''}  ${reader}`,
      index === 0 ? whole(bytes / KILOBYTE) : '',
      ...cells(reading, readings.at(-1)?.reading),
    ]),
  );
  const imported = imports.map(({ reader, importMs, bytes }) => [
    reader,
    tenths(importMs),
    whole(bytes / KILOBYTE),
  ]);
  return (
    `Who sent it: medians of ${runs} fresh processes. The aim: 50 KB at most as long as mailauth, import within 25 ms,\n` +
    'no message made to take long above 50 ms or 20 questions.\n\n' +
    `${formatTable([head, units, ...rows])}\n${formatTable([['', 'import ms', 'entry KB'], ...imported])}`
  );
}
