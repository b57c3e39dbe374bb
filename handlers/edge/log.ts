/** Log records as JSON lines on standard output: CloudWatch takes one event a line. */
import { PermanentError, TemporaryError } from '../../shared/errors.ts';
import type { Log, LogRecord, LogValue } from '../../shared/log.ts';
import { functionName } from './environment.ts';
import { measured } from './metrics.ts';

const LEVELS = ['info', 'warn', 'error'] as const;

export interface LogOptions {
  /** Records below this level are not written, unless they count for a metric: alarms must not depend on it. */
  readonly least: LogRecord['level'];
  /** The dimension of the metrics. */
  readonly functionName: string;
  readonly write?: (line: string) => void;
  /** Unix time in ms. */
  readonly now?: () => number;
}

/** Writes one JSON line a record, with its measurements where it counts for metrics. */
export function createLog({ least, functionName, write = writeLine, now = Date.now }: LogOptions): Log {
  const floor = LEVELS.indexOf(least);
  return (record) => {
    const counted = measured(record, functionName, now());
    if (counted !== undefined || LEVELS.indexOf(record.level) >= floor) {
      write(JSON.stringify(counted ?? record));
    }
  };
}

/** The same log with members that every record carries. */
export function withFields(log: Log, fields: { readonly [key: string]: LogValue }): Log {
  return (record) => log({ ...record, ...fields });
}

/** The log of the ports; one with defaults where the ports cannot be had, because the environment is what is wrong. */
export function logOf(ports: () => { readonly log: Log }): Log {
  try {
    return ports().log;
  } catch {
    return createLog({ least: 'info', functionName: functionName() });
  }
}

/** Messages of our own errors are made for logs; of others only the name is. */
export function whyOf(error: unknown): string {
  if (error instanceof TemporaryError || error instanceof PermanentError) return error.message;
  return error instanceof Error ? error.name : 'unknown';
}

function writeLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
