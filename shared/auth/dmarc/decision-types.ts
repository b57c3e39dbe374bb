/** What is decided about one message, and what that is decided from beside the evidence and the policy. */
import type {
  AddressPattern,
  DmarcAction,
  DmarcException,
  DmarcPolicy,
  OrganizationPolicy,
} from '../../policy/types.ts';
import type { Evidence } from '../evidence-types.ts';
import type { Hint } from '../look-alike/hints.ts';
import type { DmarcReason } from './reasons.ts';
import type { PublishedPolicy } from './record.ts';

/** Why mail is handled otherwise than its domain asks, in a report's words (aggregate-reporting-32, "Policy Override Reason"). */
export type Override = 'trusted_forwarder' | 'mailing_list' | 'local_policy' | 'policy_test_mode' | 'other';

/** The exception that was applied, as the policy file has it. */
export type AppliedException = Pick<DmarcException, 'reason' | 'owner' | 'expires'>;

export interface DmarcContext {
  readonly organization: OrganizationPolicy;
  /** Envelope recipients, lower case. */
  readonly recipients: readonly string[];
  /** The lists of the policy file, for `list:NAME`. */
  readonly lists?: ReadonlyMap<string, readonly AddressPattern[]>;
  /** The groups that a recipient is in, of those that the policy names. Absent: none is known, and no entry for a group holds. */
  readonly groupsOf?: (recipient: string) => readonly string[];
  /** The addresses in Reply-To. */
  readonly replyTo?: readonly string[];
  /** Whether the author never wrote to the recipient before; undefined where nobody knows. Absent: nobody asked. */
  readonly firstContact?: (recipient: string) => boolean | undefined;
  /** Milliseconds since 1970 UTC. */
  readonly nowMs: number;
}

/** Everything that the decision is made of. */
export interface Case {
  readonly evidence: Evidence;
  readonly policy: DmarcPolicy;
  readonly context: DmarcContext;
}

export interface RecipientDecision {
  readonly recipient: string;
  /** What to do; `default` in monitor mode and outside the share of a ramp. */
  readonly action: DmarcAction;
  /** What enforcing would do. */
  readonly wouldBe: DmarcAction;
}

export interface DmarcDecision {
  /** The strictest among the recipients. */
  readonly action: DmarcAction;
  readonly wouldBe: DmarcAction;
  readonly recipients: readonly RecipientDecision[];
  /** Of the recipient for whom enforcing would be strictest. */
  readonly reason: DmarcReason;
  /** One sentence for a person; no address and no domain in it. */
  readonly text: string;
  readonly hints: readonly Hint[];
  /** What the author's domain asks for, where it was looked up. */
  readonly published?: PublishedPolicy;
  readonly override?: Override;
  readonly exception?: AppliedException;
  /** An exception that would have held, had it not expired. */
  readonly expired?: AppliedException;
  /** Why nothing is done although something would be: the policy only watches, or the domain is outside the share. */
  readonly notEnforced?: 'monitor' | 'ramp';
  /** Trying again may decide more: apply `policy.onTemporaryError` instead of `action`. Never set where nothing is enforced. */
  readonly temporary?: true;
}
