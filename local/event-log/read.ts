/** Reads the event log of a data folder. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PermanentError } from '../../shared/errors.ts';
import { hasCode } from '../flow/error-code.ts';
import { parseJson } from '../json.ts';
import type { LoggedEvent } from './events.ts';

export const EVENTS_FILE = 'events.jsonl';
/** A file that is none of ours must not fill the memory with one line; ours has 500 recipients and a subject at most. */
const MAX_LINE_BYTES = 1024 * 1024;
const LF = 0x0a;

export interface ReadEventsOptions {
  /** Unix time in ms; older events are left out. */
  readonly sinceMs?: number;
}

/**
 * The events of a data folder, oldest first; none when the log was never written. A line that is none of ours (a crash
 * may have cut one short) is left out.
 * @throws PermanentError when the file cannot be read.
 */
export async function readEvents(
  dataDir: string,
  options: ReadEventsOptions = {},
): Promise<readonly LoggedEvent[]> {
  const path = join(dataDir, EVENTS_FILE);
  const { sinceMs = Number.NEGATIVE_INFINITY } = options;
  const events: LoggedEvent[] = [];
  try {
    await stat(path);
    for await (const line of linesOf(createReadStream(path))) {
      const event = parseEvent(line);
      if (event !== undefined && event.timeMs >= sinceMs) events.push(event);
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw new PermanentError(`the event log cannot be read: ${String(error)}`);
  }
  return events;
}

/**
 * The lines of the file, without those that are too long. Not by `node:readline`: it also ends a line at U+2028, which
 * JSON leaves as it is, and a sender with one in the subject would not be in the log.
 */
async function* linesOf(chunks: AsyncIterable<unknown>): AsyncGenerator<string> {
  let begun: Buffer[] = [];
  let length = 0;
  const add = (piece: Buffer): void => {
    length += piece.length;
    if (length <= MAX_LINE_BYTES) begun.push(piece);
    else begun = [];
  };
  const end = (): string => {
    const line = Buffer.concat(begun).toString('utf8');
    begun = [];
    length = 0;
    return line;
  };
  for await (const chunk of chunks) {
    if (!Buffer.isBuffer(chunk)) continue;
    let at = 0;
    for (let lf = chunk.indexOf(LF); lf !== -1; lf = chunk.indexOf(LF, at)) {
      add(chunk.subarray(at, lf));
      yield end();
      at = lf + 1;
    }
    add(chunk.subarray(at));
  }
  yield end();
}

/**
 * One line of the log, or undefined when it is none.
 * @param timeMs when CloudWatch has the time beside the line and not in it
 */
export function parseEvent(line: string, timeMs?: number): LoggedEvent | undefined {
  if (line.length > MAX_LINE_BYTES) return undefined;
  const value = parseJson(line);
  if (!isObject(value)) return undefined;
  const { traceId, event } = value;
  if (!isObject(event) || typeof event['eventName'] !== 'string' || typeof traceId !== 'string')
    return undefined;
  const at = timeMs ?? Date.parse(String(value['@timestamp']));
  if (!Number.isFinite(at)) return undefined;
  return { timeMs: at, traceId, eventName: event['eventName'], event };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
