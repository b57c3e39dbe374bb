import type { Evidence } from '../../../shared/auth/evidence-types.ts';
import type { DmarcReason } from '../../../shared/auth/index.ts';
import type { LogValue } from '../../../shared/log.ts';
import type { Disposition } from '../../../shared/workmail/types.ts';
import type { Fetched, Invocation } from '../invocation.ts';

/** One job of a synchronous rule. Steps run in the order of the handler, on one invocation. */
export interface Step {
  readonly name: 'capture' | 'dmarc' | 'rewrite';
  /** Why there is nothing to do for this message, in one word with dashes; undefined when there is. */
  idle(invocation: Invocation): string | undefined;
  /**
   * Does the job and says what should become of the message. Throws a TemporaryError when the policy says `retry`;
   * everything else is settled and logged.
   */
  run(invocation: Invocation, soFar: SoFar): Promise<StepResult>;
}

/** What one step wants. */
export interface StepResult {
  /** For everyone, or one for each recipient of the event. DEFAULT leaves it to the other steps. */
  readonly dispositions: Disposition | readonly Disposition[];
  /** For whom a truncated event does not show, and for who is added, where `dispositions` has one for each. */
  readonly rest?: Disposition;
  /** Addresses that are to get the message too. */
  readonly added?: readonly string[];
  /** A record of the message is wanted and could not be made. */
  readonly recordMissing?: true;
  /** What DMARC said, for a condition of the rules and for a retry. */
  readonly dmarc?: Judgement;
  /** What DMARC went by, for conditions of the rules. */
  readonly evidence?: Evidence;
  /** The value of the header field `X-Mailroom-Auth`, where the policy wants one. */
  readonly authField?: string;
}

/** What DMARC said. After a rewrite the signatures of the message do not hold any more, so a retry has to be told. */
export interface Judgement {
  /** Undefined where it could not decide. */
  readonly reason: DmarcReason | undefined;
  readonly dispositions: StepResult['dispositions'];
  readonly rest?: Disposition;
}

/** What the steps before want, together. */
export interface SoFar {
  /** One for each recipient of the event. */
  readonly dispositions: readonly Disposition[];
  /** What was wanted for the message as such: it holds also for who is added, or not shown by a truncated event. */
  readonly everyone: Disposition;
  /** Whether a step said what holds for those, other than for each that is shown. */
  readonly othersDiffer: boolean;
  readonly added: readonly string[];
  readonly recordMissing: boolean;
  /** Undefined where DMARC was not asked. */
  readonly dmarc: Judgement | undefined;
  readonly evidence: Evidence | undefined;
  readonly authField: string | undefined;
}

export const DELIVER: Disposition = { type: 'DEFAULT' };
export const NO_OPINION: StepResult = { dispositions: DELIVER };

/**
 * What is answered instead of destroying a message of which there is no record although one is wanted: nothing is lost
 * that nobody could find again. Junk where there is such a folder.
 */
export function spared(invocation: Invocation, step: LogStep): Disposition {
  const inbound = invocation.event.flowDirection === 'INBOUND';
  const failure = { kind: 'record-missing', reason: 'record-missing', action: inbound ? 'junk' : 'default' };
  invocation.log({ level: 'error', event: 'failure', step, ...failure });
  return inbound ? { type: 'MOVE_TO_JUNK' } : DELIVER;
}

/** Who speaks in the log: a step, or the rules, which `rewrite` asks also for what becomes of each recipient's copy. */
export type LogStep = Step['name'] | 'rules';

/** Writes what a step decided, and why. `outcome` and `reason` are fixed words. */
export function logDecision(
  invocation: Invocation,
  step: LogStep,
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
  step: LogStep,
  kind: Exclude<Fetched['kind'], 'found'>,
  action: string,
): void {
  invocation.log({ level: 'error', event: 'failure', step, kind, reason: kind, action });
}

/** Writes that a step left something alone, and why. */
export function logSkip(
  invocation: Invocation,
  step: LogStep,
  reason: string,
  more: { readonly [key: string]: LogValue } = {},
): void {
  invocation.log({ level: 'info', event: 'skip', step, reason, ...more });
}
