/** What a policy decides about one message: a value. `decide.ts` makes it; the edge performs it, `explain` shows it. */
import type { Action, ContentAction, QuarantineNotice } from './action-types.ts';
import type { Condition } from './conditions/index.ts';
import type { Rule } from './types.ts';

/** One condition of a rule and whether it held. */
export interface ConditionResult {
  readonly clause: 'when' | 'unless';
  /** Which exception of a rule that has several; counts from 1. */
  readonly exception?: number;
  readonly key: keyof Condition;
  readonly held: boolean;
  readonly why: string;
  /** Not asked, because it costs much and the clause had failed already. */
  readonly skipped?: true;
}

/**
 * `acts`: it does what it says, where `matched` is false only what becomes of some recipients' copies. `test`: its conditions hold, and it changes nothing. `no-match`: its conditions do not
 * hold. `inactive`: before `activateOn` or after `expireOn`. `stopped`: an earlier rule ended the rules.
 */
export type RuleState = 'acts' | 'test' | 'no-match' | 'inactive' | 'stopped';

export interface RuleMatch {
  readonly rule: Rule;
  readonly state: RuleState;
  /** Why the rule was not asked, or changes nothing although it matched; absent where the conditions say it all. */
  readonly why?: string;
  /**
   * Whether the conditions hold for the message as a whole: then its content is changed, and it is kept and told. True only
   * for `acts` and `test`, and false for them only where `unless` holds because of other recipients.
   */
  readonly matched: boolean;
  /** Every condition of `when`, then of each exception; none for a rule that was not asked. */
  readonly conditions: readonly ConditionResult[];
  /** For each recipient: whether the rule would act on a message for this recipient alone. */
  readonly recipients: readonly { readonly index: number; readonly matched: boolean }[];
}

/** One change to the content, and the rule that wants it. */
export interface PlannedChange {
  readonly rule: string;
  readonly reason?: string;
  readonly change: ContentAction;
  readonly ifUntouchable: Rule['ifUntouchable'];
  readonly ifRejected: Rule['ifRejected'];
  readonly repair: boolean;
}

/** From the strictest to the least: the first one that a rule wants for a recipient is what happens to it. */
export const OUTCOMES = [
  'quarantine',
  'deleteMessage',
  'rejectMessage',
  'redirectTo',
  'removed',
  'useFallback',
  'moveToJunk',
  'deliver',
  'bypassSpamCheck',
] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** What actions want for recipients. */
const WISHES: { readonly [K in Action['kind']]?: Outcome } = {
  quarantine: 'quarantine',
  deleteMessage: 'deleteMessage',
  rejectMessage: 'rejectMessage',
  redirectTo: 'redirectTo',
  removeRecipients: 'removed',
  useFallback: 'useFallback',
  moveToJunk: 'moveToJunk',
  bypassSpamCheck: 'bypassSpamCheck',
};

/** What an action wants for recipients; undefined where it wants nothing for them. */
export function outcomeOf({ kind }: Action): Outcome | undefined {
  return WISHES[kind];
}

export interface RecipientOutcome {
  readonly outcome: Outcome;
  /** The rule that wants it; absent for `deliver` where no rule says anything. */
  readonly rule?: string;
  /** Of `rejectMessage`: what the sender reads, with the status before it. */
  readonly text?: string;
  /** Why it is not what the rule asks for. */
  readonly why?: string;
}

export interface AddedRecipient {
  readonly address: string;
  readonly rule: string;
  readonly why: 'redirectTo' | 'addRecipients';
}

/** What is kept or told. Texts have their variables still: the links are not known yet (`variables.ts`). */
export type Effect =
  | {
      readonly kind: 'quarantine';
      readonly rule: string;
      /** Indexes. */
      readonly recipients: readonly number[];
      readonly notify: QuarantineNotice;
    }
  | { readonly kind: 'saveCopy'; readonly rule: string; readonly folder: string }
  | {
      readonly kind: 'notify';
      readonly rule: string;
      readonly to: readonly string[];
      readonly subject: string;
      readonly text: string;
      readonly includeHeader: boolean;
    }
  | {
      readonly kind: 'saveAttachments';
      readonly rule: string;
      /** Part paths of `listAttachments`. */
      readonly paths: readonly string[];
      /** Prefix of the links. */
      readonly link: string;
    };

export interface Decision {
  /** Every rule of the policy, in the order in which they are asked. */
  readonly rules: readonly RuleMatch[];
  /** Of the rules that act, in their order. */
  readonly changes: readonly PlannedChange[];
  /** One per recipient index. */
  readonly recipients: readonly RecipientOutcome[];
  readonly added: readonly AddedRecipient[];
  readonly effects: readonly Effect[];
}
