/** What functions write to their logs, for the groups `/aws/lambda/NAME`: of every call, whoever made it, since the start. */
import type { LambdaInvoker } from '../../types.ts';
import type { LogLine } from './logs.ts';

/** Kept of one function; the oldest lines go first. Against: a function that logs without end and fills the memory. */
const MAX_KEPT_CHARS = 4 * 1024 * 1024;

export interface FunctionLogs {
  /** Calls functions and listens to what they write. */
  readonly invoker: LambdaInvoker;
  /** Oldest first; none of a function that was never called. */
  read(name: string): readonly LogLine[];
}

interface Kept {
  lines: LogLine[];
  chars: number;
}

/** The line as it was written: a text, or a JSON object. */
function lineOf(record: Readonly<Record<string, unknown>>): string {
  const { message, ...others } = record;
  return typeof message === 'string' && Object.keys(others).length === 0 ? message : JSON.stringify(record);
}

function keep(kept: Kept, timeMs: number, messages: readonly string[]): void {
  for (const message of messages) {
    kept.lines.push({ timeMs, message });
    kept.chars += message.length;
  }
  let gone = 0;
  while (kept.chars > MAX_KEPT_CHARS) {
    kept.chars -= kept.lines[gone]?.message.length ?? 0;
    gone += 1;
  }
  if (gone > 0) kept.lines = kept.lines.slice(gone);
}

export function createFunctionLogs(invoker: LambdaInvoker, now: () => number): FunctionLogs {
  const all = new Map<string, Kept>();
  return {
    invoker: {
      async invoke(name, event) {
        const outcome = await invoker.invoke(name, event);
        const kept = all.get(name) ?? { lines: [], chars: 0 };
        all.set(name, kept);
        keep(kept, now(), outcome.logs.map(lineOf));
        return outcome;
      },
    },
    read: (name) => all.get(name)?.lines ?? [],
  };
}
