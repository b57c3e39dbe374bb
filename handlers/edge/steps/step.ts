import type { LogValue } from '../../../shared/log.ts';
import type { Disposition } from '../../../shared/workmail/types.ts';
import type { Fetched, Invocation } from '../invocation.ts';

/** One job of a synchronous rule. Steps run in the order of the handler, on one invocation. */
export interface Step {
  readonly name: 'capture' | 'dmarc' | 'rewrite';
  /** Why there is nothing to do for this message, in one word with dashes; undefined when there is. */
  idle(invocation: Invocation): string | undefined;
  /**
   * Does the job and says what should become of the message, for every recipient. Throws a TemporaryError when the
   * policy says `retry`; everything else is settled and logged.
   */
  run(invocation: Invocation): Promise<Disposition>;
}

export const DELIVER: Disposition = { type: 'DEFAULT' };

/** Writes what a step decided, and why. `outcome` and `reason` are fixed words. */
export function logDecision(
  invocation: Invocation,
  step: Step['name'],
  outcome: string,
  reason: string,
  more: { readonly [key: string]: LogValue } = {},
): void {
  invocation.log({ level: 'info', event: 'decision', step, outcome, reason, ...more });
}

/**
 * Writes that there was no message to decide on, and what is answered instead. In a call of WorkMail's own that should
 * not be (it waits with the message in its hands), so it is an error and counts as a failure.
 */
export function logNoMessage(
  invocation: Invocation,
  step: Step['name'],
  kind: Exclude<Fetched['kind'], 'found'>,
  action: string,
): void {
  invocation.log({ level: 'error', event: 'failure', step, kind, reason: kind, action });
}

/** Writes that a step left something alone, and why. */
export function logSkip(
  invocation: Invocation,
  step: Step['name'],
  reason: string,
  more: { readonly [key: string]: LogValue } = {},
): void {
  invocation.log({ level: 'info', event: 'skip', step, reason, ...more });
}
