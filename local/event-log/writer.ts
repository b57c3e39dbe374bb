/**
 * Writes the email event log, which WorkMail writes to CloudWatch: here `events.jsonl`, a line for each event with the
 * fields that the guide's queries read (`event.eventName`, `traceId`, `@timestamp`). The events of a message, of its
 * internal copy, its bounce and its journal record share one `traceId`. After a crash an event may be there twice;
 * none is missing for a message that is done.
 */
import type { Disk } from '../flow/disk.ts';
import type { MailEvent } from './events.ts';

export interface EventLog {
  write(traceId: string, event: MailEvent): void;
  /** Hands what was written to the system; a killed process loses nothing of it. */
  flush(): void;
}

/** @param now Unix time in ms. */
export function createEventLog(options: {
  readonly path: string;
  readonly disk: Disk;
  now(): number;
}): EventLog {
  let lines: string[] = [];
  return {
    write(traceId, event) {
      lines.push(
        `${JSON.stringify({ '@timestamp': new Date(options.now()).toISOString(), traceId, event })}\n`,
      );
    },
    flush() {
      if (lines.length === 0) return;
      options.disk.append(options.path, lines.join(''));
      lines = [];
    },
  };
}

/** The log of an organization that has it switched off. */
export const NO_EVENT_LOG: EventLog = { write: () => undefined, flush: () => undefined };
