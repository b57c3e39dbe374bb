/** Plays a fault around a call: before it, or after it had its effect. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Strike } from './faults.ts';

/** How a call ended: with its answer, whole or cut in the middle, or without one. */
export type Played<T> =
  | { readonly kind: 'answer' | 'cut-within'; readonly answer: T }
  | { readonly kind: 'cut' | 'hang' };

export interface Failures<T> {
  denied(): T;
  throttled(): T;
  broken(): T;
  /** Gives back what an answer holds that nobody gets. */
  discard(answer: T): Promise<void> | void;
}

/** Carries a call out as the fault wants it. Rejects when the call does. */
export async function play<T>(
  strike: Strike,
  failures: Failures<T>,
  call: () => Promise<T> | T,
): Promise<Played<T>> {
  if (strike.delayMs > 0) await wait(strike.delayMs);
  switch (strike.kind) {
    case undefined:
      return { kind: 'answer', answer: await call() };
    case 'denied':
      return { kind: 'answer', answer: failures.denied() };
    case 'throttle':
      return { kind: 'answer', answer: failures.throttled() };
    case '5xx':
      return { kind: 'answer', answer: failures.broken() };
    case 'cut':
    case 'hang':
      return { kind: strike.kind };
    case 'cut-within':
      return { kind: 'cut-within', answer: await call() };
    case '5xx-after':
      await failures.discard(await call());
      return { kind: 'answer', answer: failures.broken() };
    case 'cut-after':
    case 'hang-after':
      await failures.discard(await call());
      return { kind: strike.kind === 'cut-after' ? 'cut' : 'hang' };
  }
}
