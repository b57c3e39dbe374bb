/** The functions as the stand-in calls them: set once they are open, and watched for what the page must say. */
import type { InvokeOutcome, LambdaInvoker } from './types.ts';

export interface WatchedInvoker {
  readonly lambda: LambdaInvoker;
  readonly setInvoker: (invoker: LambdaInvoker) => void;
  /** What is wrong now, in sentences. */
  readonly notices: () => readonly string[];
}

const NOT_OPEN: InvokeOutcome = {
  durationMs: 0,
  coldStart: false,
  logs: [],
  kind: 'crash',
  why: 'the functions are not open yet',
};

/** Why the policy in force is not the newest, when a function said so. */
function stalePolicy(outcome: InvokeOutcome): string | undefined {
  const record = outcome.logs.find((log) => log['event'] === 'policy' && log['level'] !== 'info');
  return record === undefined ? undefined : String(record['reason'] ?? 'unknown reason');
}

/** A function that answers without complaint takes its notice away again. */
export function watchedInvoker(): WatchedInvoker {
  let invoker: LambdaInvoker | undefined;
  const stale = new Map<string, string>();
  return {
    lambda: {
      async invoke(name, event) {
        if (invoker === undefined) return NOT_OPEN;
        const outcome = await invoker.invoke(name, event);
        const why = stalePolicy(outcome);
        if (why === undefined) stale.delete(name);
        else stale.set(name, why);
        return outcome;
      },
    },
    setInvoker(opened) {
      invoker = opened;
    },
    notices: () => [...stale].map(([name, why]) => `${name} keeps the last good policy: ${why}.`),
  };
}
