/** Log records as JSON lines on standard output: CloudWatch takes one event a line. */
import type { Log, LogRecord, LogValue } from '../../shared/log.ts';
import { measured } from './metrics.ts';

const LEVELS = ['info', 'warn', 'error'] as const;

export interface LogOptions {
  /** Records below this level are not written. */
  readonly least: LogRecord['level'];
  /** The dimension of the metrics. */
  readonly functionName: string;
  readonly write?: (line: string) => void;
  /** Unix time in ms. */
  readonly now?: () => number;
}

/** Writes one JSON line a record, with its measurement where it counts for a metric. */
export function createLog({ least, functionName, write = writeLine, now = Date.now }: LogOptions): Log {
  const floor = LEVELS.indexOf(least);
  return (record) => {
    if (LEVELS.indexOf(record.level) >= floor) write(JSON.stringify(measured(record, functionName, now())));
  };
}

/** The same log with members that every record carries. */
export function withFields(log: Log, fields: { readonly [key: string]: LogValue }): Log {
  return (record) => log({ ...record, ...fields });
}

function writeLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
