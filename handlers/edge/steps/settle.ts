/**
 * What a step does when it could not decide. In a synchronous rule a permanent error is answered, because WorkMail
 * would call again for the whole rule timeout to no avail; a temporary one is thrown, or settled as the policy says.
 */
import { DeadlineError, PermanentError, TemporaryError } from '../../../shared/errors.ts';
import type { RetryOr, Rule } from '../../../shared/policy/types.ts';
import type { Invocation } from '../invocation.ts';
import type { LogStep } from './step.ts';

/** Less than this is not enough to begin something that has an effect. */
const LEAST_TIME_MS = 200;

export interface OnError<A extends string> {
  readonly onTimeout: RetryOr<A>;
  readonly onTemporaryError: RetryOr<A>;
  /** What the step answers when trying again cannot help. */
  readonly onPermanentError: A;
}

export type Settled<T, A extends string> =
  | { readonly kind: 'done'; readonly value: T }
  /** Temporary, and the policy names an action. */
  | { readonly kind: 'settled'; readonly action: A; readonly reason: 'timeout' | 'temporary-error' }
  /** Permanent: a missing permission or setting, or a fault of ours. */
  | { readonly kind: 'failed' };

/** Runs `work`; throws only what the policy wants WorkMail to see, so that it calls again. */
export async function settle<T, A extends string>(
  invocation: Invocation,
  step: LogStep,
  onError: OnError<A>,
  work: () => Promise<T>,
): Promise<Settled<T, A>> {
  try {
    invocation.deadline.check(LEAST_TIME_MS);
    return { kind: 'done', value: await work() };
  } catch (error) {
    if (!(error instanceof TemporaryError)) {
      logFailure(invocation, step, error, onError.onPermanentError);
      return { kind: 'failed' };
    }
    const timedOut = error instanceof DeadlineError || invocation.deadline.signal.aborted;
    const action = timedOut ? onError.onTimeout : onError.onTemporaryError;
    const reason = timedOut ? 'timeout' : 'temporary-error';
    invocation.log({ level: 'warn', event: 'failure', step, kind: reason, reason: error.message, action });
    if (action === 'retry') throw error;
    return { kind: 'settled', action, reason };
  }
}

export type NotDone = Exclude<Settled<unknown, string>, { kind: 'done' }>;

/** Why a step ended without a result, in one word. */
export function reasonOf(settled: NotDone): string {
  return settled.kind === 'failed' ? 'permanent-error' : settled.reason;
}

/** What is answered for a message that rules concern wherever it cannot be changed. */
export const UNCHANGED = 'deliverUnchanged';

/** The strictest wish of the rules that are concerned: one that wants a retry gets it, unless we only watch. */
export function onErrorOf({ mode }: Invocation, rules: readonly Rule[]): OnError<typeof UNCHANGED> {
  const strictest = (choices: readonly Rule['onTimeout'][]) =>
    mode === 'enforce' && choices.includes('retry') ? 'retry' : UNCHANGED;
  return {
    onTimeout: strictest(rules.map((rule) => rule.onTimeout)),
    onTemporaryError: strictest(rules.map((rule) => rule.onTemporaryError)),
    onPermanentError: UNCHANGED,
  };
}

function logFailure(invocation: Invocation, step: LogStep, error: unknown, action: string): void {
  const kind = error instanceof PermanentError ? 'permanent-error' : 'fault';
  invocation.log({ level: 'error', event: 'failure', step, kind, reason: describe(error), action });
}

/** Our own errors say what they know; another error's text may repeat the message, so only its place is told. */
function describe(error: unknown): string {
  if (error instanceof PermanentError) return error.message;
  if (!(error instanceof Error)) return 'unknown';
  const frames = (error.stack ?? '').replace(error.message, '').split('\n').slice(1);
  const place = /([^\s(/]+:\d+:\d+)\)?$/.exec(frames[0] ?? '');
  return `${error.name} at ${place?.[1] ?? 'unknown place'}`;
}
