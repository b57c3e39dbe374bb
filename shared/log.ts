/**
 * What a handler says while it works. Records hold ids, sizes, reasons and timings; never an address, a subject,
 * a body, a secret or the environment. Recipients are named by their index in the event.
 */

/** A JSON value that may stand in a log record. */
export type LogValue =
  | string
  | number
  | boolean
  | null
  | readonly LogValue[]
  | { readonly [key: string]: LogValue };

/** One record. `event` is a fixed word (`decision`, `edit`, `skip`, `effect`, `policy`, `failure`); the rest depends on it. */
export interface LogRecord {
  readonly level: 'info' | 'warn' | 'error';
  readonly event: string;
  readonly [key: string]: LogValue;
}

/** Takes one record; at the edge it writes one JSON line. */
export type Log = (record: LogRecord) => void;
