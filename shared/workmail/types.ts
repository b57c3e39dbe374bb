/**
 * WorkMail's Run Lambda contract as types (Administrator Guide, "Configuring AWS Lambda for Amazon WorkMail").
 * `event.ts` decodes the event, `response.ts` builds the answer.
 */

export interface RuleEvent {
  readonly summaryVersion: string;
  /** Author as WorkMail gives it: the From, or the one on whose behalf. Empty for a null sender (bounces). */
  readonly mailFrom: string;
  /** In the event's own spelling and order. Cut when `truncated`. */
  readonly recipients: readonly string[];
  /** The real user when sent on behalf of another. */
  readonly sender: string | undefined;
  /** At most 256 characters of it: never write it back. */
  readonly subject: string | undefined;
  readonly messageId: string;
  /** The same over retries. Absent in the older event shape. */
  readonly invocationId: string | undefined;
  /** Absent in the older event shape. */
  readonly flowDirection: 'INBOUND' | 'OUTBOUND' | undefined;
  readonly truncated: boolean;
}

/** What happens to one recipient's copy. `fallback`: left out of the answer on purpose, so that the rule's fallback acts. */
export type Disposition =
  | { readonly type: 'DEFAULT' | 'DROP' | 'MOVE_TO_JUNK' | 'BYPASS_SPAM_CHECK' | 'fallback' }
  | { readonly type: 'BOUNCE'; readonly bounceMessage: string };

/** The answer of a synchronous rule, as it is sent. */
export interface RuleResponse {
  readonly actions: readonly RuleResponseAction[];
}

export interface RuleResponseAction {
  readonly action: {
    readonly type: 'BOUNCE' | 'DROP' | 'DEFAULT' | 'BYPASS_SPAM_CHECK' | 'MOVE_TO_JUNK';
    readonly parameters?: { readonly bounceMessage: string };
  };
  readonly recipients?: readonly string[];
  readonly allRecipients?: true;
}
