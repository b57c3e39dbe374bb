/**
 * The events of WorkMail's email event log and their fields (Administrator Guide, "Monitoring Amazon WorkMail email
 * event logs"). The guide has no words for the actions of a mailbox's own rules (MAILBOX_RULE): MOVE_TO_FOLDER and
 * REDIRECT are ours.
 */

export interface BouncedRecipient {
  readonly emailAddress: string;
  readonly reason: string;
  readonly status: string;
}

/** What the owner of the author's domain asks for when DMARC fails. */
export type DmarcPolicyWord = 'NONE' | 'QUARANTINE' | 'REJECT';

export type MailEvent =
  | {
      readonly eventName: 'ORGANIZATION_EMAIL_RECEIVED';
      readonly recipients: readonly string[];
      /** Only when sent on behalf of another. */
      readonly sender?: string;
      readonly from: string;
      readonly subject: string;
      readonly messageId: string;
      readonly spamVerdict: string;
      readonly dkimVerdict: string;
      readonly dmarcVerdict: string;
      /** Only when DMARC fails. */
      readonly dmarcPolicy?: DmarcPolicyWord;
      readonly spfVerdict: string;
      readonly messageTimestamp: string;
    }
  | { readonly eventName: 'MAILBOX_EMAIL_DELIVERED'; readonly recipient: string; readonly folder: string }
  | {
      readonly eventName: 'RULE_APPLIED';
      readonly ruleName: string;
      readonly ruleType: 'INBOUND_RULE' | 'OUTBOUND_RULE' | 'MAILBOX_RULE';
      readonly ruleActions: readonly { readonly action: string; readonly recipients: readonly string[] }[];
      readonly targetFolder?: string;
      readonly targetRecipient?: string;
    }
  | { readonly eventName: 'JOURNALING_INITIATED'; readonly journalingAddress: string }
  | { readonly eventName: 'INCOMING_EMAIL_BOUNCED'; readonly bouncedRecipient: BouncedRecipient }
  | {
      readonly eventName: 'OUTGOING_EMAIL_SUBMITTED';
      readonly recipients: readonly string[];
      readonly sender?: string;
      readonly from: string;
      readonly subject: string;
    }
  | {
      readonly eventName: 'OUTGOING_EMAIL_SENT';
      readonly recipient: string;
      readonly sender?: string;
      readonly from: string;
      readonly messageId: string;
    }
  | {
      readonly eventName: 'OUTGOING_EMAIL_BOUNCED';
      readonly bouncedRecipient: BouncedRecipient;
      readonly destination: string;
      readonly reason: string;
    }
  | {
      readonly eventName: 'DMARC_POLICY_APPLIED';
      readonly from: string;
      readonly recipients: readonly string[];
      readonly policy: DmarcPolicyWord;
    };

/** An event as it stands in a log: of ours, or of a real one, whose fields may be missing or more. */
export interface LoggedEvent {
  /** Unix time in ms. */
  readonly timeMs: number;
  readonly traceId: string;
  readonly eventName: string;
  readonly event: Readonly<Record<string, unknown>>;
}

/** The tail of a user's address that another wrote for: only then `sender` is there. */
export function onBehalf(sender: string | undefined, from: string): { readonly sender?: string } {
  return sender === undefined || sender.toLowerCase() === from.toLowerCase() ? {} : { sender };
}
