/**
 * One deadline for one invocation. WorkMail waits 15 s for a synchronous rule and 25 s for free/busy; Lambda kills the
 * function at its own time-out. Whichever comes first, less a margin for the answer itself, is the time there is.
 */
import { DeadlineError } from '../errors.ts';

/** WorkMail gives a synchronous rule 15 s (Administrator Guide, "Synchronous Run Lambda rules"). */
export const SYNC_RULE_LIMIT_MS = 15_000;
/** WorkMail gives the custom availability provider 25 s. */
export const CAP_LIMIT_MS = 25_000;
/** Kept back for the answer's way home, and for the start of the function, which Lambda's own clock leaves out. */
export const ANSWER_MARGIN_MS = 2_000;
/** The margin never takes more than this part of the time, so that a function with a short time-out still works. */
const LARGEST_MARGIN_PART = 0.25;

export interface DeadlineOptions {
  /** Milliseconds until the runtime ends the function: Lambda's `context.getRemainingTimeInMillis`. */
  readonly remainingMs: () => number;
  /** What the caller waits; `Number.POSITIVE_INFINITY` when nobody waits. */
  readonly limitMs: number;
  readonly marginMs: number;
  /** Milliseconds, any origin. */
  readonly now: () => number;
}

export interface Deadline {
  /** Aborts when the time is over; its reason is a DeadlineError. */
  readonly signal: AbortSignal;
  /** Milliseconds left, never below 0. */
  remaining(): number;
  /** Throws the DeadlineError when less than `neededMs` is left. */
  check(neededMs: number): void;
  /** Stops the timer. To be called when the answer is ready. */
  dispose(): void;
}

/** Starts the clock. The budget is `min(limitMs, remainingMs())` less the margin (at most a quarter of it). */
export function createDeadline(options: DeadlineOptions): Deadline {
  const whole = Math.max(0, Math.min(options.limitMs, options.remainingMs()));
  const budgetMs = whole - Math.min(options.marginMs, whole * LARGEST_MARGIN_PART);
  const endsAt = options.now() + budgetMs;
  const controller = new AbortController();
  const remaining = (): number => Math.max(0, endsAt - options.now());
  const expire = (): void => controller.abort(new DeadlineError('the time for this invocation is over'));
  // setTimeout counts in 32 bits: a longer wait would fire at once.
  const timer = budgetMs <= 0 ? undefined : setTimeout(expire, Math.min(budgetMs, 0x7fff_ffff));
  if (timer === undefined) expire();
  else timer.unref();
  return {
    signal: controller.signal,
    remaining,
    check(neededMs) {
      if (controller.signal.aborted || remaining() < neededMs) {
        throw new DeadlineError('too little time is left in this invocation');
      }
    },
    dispose: () => clearTimeout(timer),
  };
}
