/** One invocation under its deadline, with one record at its end: how it ended and how long it took. */
import type { Log } from '../../shared/log.ts';
import { createDeadline, type Deadline } from '../../shared/workmail/deadline.ts';
import type { LambdaContext } from './lambda.ts';

export interface WatchOptions {
  readonly context: LambdaContext;
  /** What the caller waits; `Number.POSITIVE_INFINITY` when nobody waits. */
  readonly limitMs: number;
  readonly marginMs: number;
  /** Milliseconds. */
  readonly now: () => number;
  readonly log: Log;
}

/** Does `work`, and gives or throws what it does. Lambda's start of the process is not in the duration. */
export async function watched<T>(
  options: WatchOptions,
  work: (deadline: Deadline) => Promise<T>,
): Promise<T> {
  const { context, limitMs, marginMs, now, log } = options;
  const startedAt = now();
  const remainingMs = () => context.getRemainingTimeInMillis();
  const deadline = createDeadline({ remainingMs, limitMs, marginMs, now });
  let outcome = 'thrown';
  try {
    const answer = await work(deadline);
    outcome = 'answered';
    return answer;
  } finally {
    deadline.dispose();
    log({
      level: 'info',
      event: 'invocation',
      outcome,
      durationMs: Math.round(now() - startedAt),
      ...(Number.isFinite(limitMs) ? { limitMs } : {}),
      deadlinePassed: deadline.signal.aborted,
    });
  }
}
