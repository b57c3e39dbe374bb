/** Waiting: for one's turn, and for a time. A flow that stops ends both with `Stopped`. */

/** The flow was stopped; what was under way goes on from the journal at the next start. */
export class Stopped extends Error {}

/**
 * Lets at most `limit` tasks run at once, in the order in which they came. `ahead`: before those that wait, for a task
 * that ends what an earlier one began; behind them it would wait until all of them are half done.
 */
export type Turns = <T>(task: () => Promise<T>, ahead?: boolean) => Promise<T>;

export function createTurns(limit: number, signal: AbortSignal): Turns {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task, ahead = false) => {
    if (running < limit) running++;
    else
      await new Promise<void>((resolve) => {
        if (ahead) waiting.unshift(resolve);
        else waiting.push(resolve);
      });
    try {
      if (signal.aborted) throw new Stopped();
      return await task();
    } finally {
      const next = waiting.shift();
      // The place is handed on, not given back.
      if (next === undefined) running--;
      else next();
    }
  };
}

/** Resolves after `ms`, at once when it is not positive; rejects with Stopped when `signal` is aborted first. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new Stopped());
      return;
    }
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(new Stopped());
    };
    const timer = setTimeout(
      () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      },
      Math.max(0, ms),
    );
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** Doubling from `firstMs`, at most `maxMs`. @param count failures so far, from 1. */
export function backOff(count: number, firstMs: number, maxMs: number): number {
  return Math.min(firstMs * 2 ** Math.min(count - 1, 30), maxMs);
}
