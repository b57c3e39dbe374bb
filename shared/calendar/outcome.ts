/** Why there is no answer about a mailbox. The words are ours; an edge translates them into its own. */

export type FailureReason =
  /** The mailbox, or the calendar that it points to, does not exist. */
  | 'not-found'
  /** The policy has no free/busy, or names a file or a secret that is not there. */
  | 'no-configuration'
  /** The other side asks to come back later. */
  | 'busy'
  /** The time for the answer is over. */
  | 'timeout'
  /** What came back is not a calendar, or not all of it. */
  | 'unreadable'
  /** Not allowed to ask, refused by the other side, not reachable, or anything else. */
  | 'failed';

export interface Failure {
  readonly kind: 'failure';
  readonly reason: FailureReason;
  /** Fixed words and numbers: fit for a log. */
  readonly why: string;
}

export function failure(reason: FailureReason, why: string): Failure {
  return { kind: 'failure', reason, why };
}
