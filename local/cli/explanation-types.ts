/** What `mailroom explain` finds out, as values; `--json` prints them. */
import type { ContentPlan } from '../../handlers/edge/steps/content-plan.ts';
import type { DmarcDecision } from '../../shared/auth/dmarc/decision-types.ts';
import type { LookupDns } from '../../shared/auth/dns/types.ts';
import type { AuthorDomain, SesEvidence } from '../../shared/auth/index.ts';
import type { ChangeOutcome } from '../../shared/mime/index.ts';
import type {
  AddedRecipient,
  ConditionResult,
  Effect,
  RecipientOutcome,
  RuleState,
} from '../../shared/policy/decision.ts';
import type { DmarcPolicy, MessageFacts, Policy } from '../../shared/policy/index.ts';
import type { Disposition } from '../../shared/workmail/types.ts';
import type { PartDiff } from './diff.ts';

export interface ExplainInput {
  readonly policy: Policy;
  readonly bytes: Uint8Array;
  readonly direction: 'inbound' | 'outbound';
  /** Envelope sender, if it was given; empty for the null sender. */
  readonly sender: string | undefined;
  /** Envelope recipients; empty: those of To and Cc. */
  readonly recipients: readonly string[];
  /** Absent: nothing is looked up, neither published policies nor keys. */
  readonly lookupDns: LookupDns | undefined;
  /** Whether the functions have a key for their mark; without one a disclaimer that is there is not added again. */
  readonly withKey: boolean;
  /** When the message comes, in milliseconds since 1970 UTC; absent: now. */
  readonly at?: number;
  /** Members of directory groups, by the name that the policy uses. Others are not known. */
  readonly groups?: ReadonlyMap<string, ReadonlySet<string>>;
  /** Whether no recipient ever had mail of the author; absent: not known. */
  readonly firstContact?: boolean;
  /** Whether texts before and after are compared. */
  readonly diff?: boolean;
}

export interface ExplainedRule {
  readonly name: string;
  readonly state: RuleState;
  /** Why it was not asked, or changes nothing. */
  readonly why?: string;
  /** The reason that the policy gives for the rule. */
  readonly reason?: string;
  /** Whether it acts: `state` is "acts". */
  readonly acts: boolean;
  readonly conditions: readonly ConditionResult[];
  readonly changes: readonly { readonly change: string; readonly outcome: ChangeOutcome }[];
  /** Indexes of recipients who get a change without matching by themselves. */
  readonly alsoFor: readonly number[];
  /** Indexes of recipients who match by themselves while the rule does not act. */
  readonly notFor: readonly number[];
}

export type ExplainedDmarc =
  | { readonly kind: 'off' | 'not-inbound' }
  /** It failed, and what follows depends on the published policy, which was not looked up. */
  | {
      readonly kind: 'not-looked-up';
      readonly mode: DmarcPolicy['mode'];
      readonly actions: DmarcPolicy['actions'];
    }
  /** DNS could not tell the published policy: what is done then. */
  | {
      readonly kind: 'undecided';
      readonly mode: DmarcPolicy['mode'];
      readonly action: DmarcPolicy['onTemporaryError'];
    }
  | {
      readonly kind: 'decided';
      readonly mode: DmarcPolicy['mode'];
      readonly decision: DmarcDecision;
      /** Keys or published policies were wanted and not looked up, so that the outcome may be another. */
      readonly notCertain?: true;
    };

/** What becomes of one recipient's copy, as the function answers it. */
export interface ExplainedResult {
  readonly result: Disposition['type'];
  /** Why it is not what the rules' outcome says: nothing where it is. */
  readonly because: readonly ('redirect-refused' | 'consequence' | 'dmarc' | 'inbound-only')[];
}

export interface ExplainedPart {
  readonly path: string;
  readonly mediaType: string;
  /** Byte range of the body. */
  readonly start: number;
  readonly end: number;
  /** Whether a rule changes it; see also `refused`. */
  readonly edited: boolean;
  /** Why nothing is changed in it. */
  readonly untouched?: string;
}

/** Criteria of WorkMail's that AWS does not tell in full: the message is given to it, and it may say no. */
export interface Doubts {
  readonly problems: readonly string[];
  /** What is tried next: `unchanged` is the message as it came. */
  readonly next: ContentPlan['form'] | 'unchanged';
  readonly consequence?: NonNullable<ContentPlan['consequence']>;
}

export interface Explanation {
  readonly direction: 'inbound' | 'outbound';
  readonly envelopeSender: string | undefined;
  readonly recipients: readonly (ExplainedResult & {
    readonly address: string;
    readonly scope: 'inside' | 'outside';
    /** What the rules make of it. */
    readonly outcome: RecipientOutcome;
  })[];
  readonly recipientsFrom: 'arguments' | 'header';
  /** Who gets it besides. */
  readonly added: readonly AddedRecipient[];
  /** What is kept or told. Said, not done. */
  readonly effects: readonly Effect[];
  /** What rules ask for and neither the file nor the options tell. */
  readonly unknown: readonly string[];
  readonly author: AuthorDomain;
  readonly senderScope: MessageFacts['senderScope'];
  readonly evidence: SesEvidence;
  readonly journal: boolean;
  readonly dmarc: ExplainedDmarc;
  /** The value of the header field that says what DMARC decided, where one is added. */
  readonly authField?: string;
  /** Nobody gets the message, so no rule changes it. */
  readonly gone: boolean;
  readonly rules: readonly ExplainedRule[];
  readonly parts: readonly ExplainedPart[];
  readonly defects: readonly string[];
  readonly edits: number;
  /** As the rules ask, with what WorkMail would refuse repaired, or wrapped. */
  readonly form: ContentPlan['form'];
  readonly repaired: ContentPlan['repaired'];
  /** What becomes of a message that cannot have its change. */
  readonly consequence?: NonNullable<ContentPlan['consequence']>;
  readonly bytesBefore: number;
  /** With the edits, and without the mark header. */
  readonly bytesAfter: number;
  /** A mark header is added at the top of the changed message. */
  readonly markHeader: boolean;
  /** Why WorkMail would refuse the changed message; then its content stays as it came. */
  readonly refused?: string;
  /** Why it could refuse it, and what would follow. */
  readonly doubts?: Doubts;
  /** Absent where it was not asked for. */
  readonly diff?: readonly PartDiff[];
  /** The order that settles what happens where rules want different things. */
  readonly conflictOrder: readonly string[];
}
