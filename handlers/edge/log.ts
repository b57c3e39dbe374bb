/** Log records as JSON lines on standard output: CloudWatch takes one event a line. */
import type { Log, LogRecord, LogValue } from '../../shared/log.ts';

const LEVELS = ['info', 'warn', 'error'] as const;

/** Writes records of `least` level and above, one JSON line each. */
export function createLog(least: LogRecord['level'], write = writeLine): Log {
  const floor = LEVELS.indexOf(least);
  return (record) => {
    if (LEVELS.indexOf(record.level) >= floor) write(JSON.stringify(record));
  };
}

/** The same log with members that every record carries. */
export function withFields(log: Log, fields: { readonly [key: string]: LogValue }): Log {
  return (record) => log({ ...record, ...fields });
}

function writeLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
