/**
 * WorkMail's email event log (Administrator Guide, "Monitoring Amazon WorkMail email event logs"), which it writes to
 * CloudWatch: here `events.jsonl`, a line for each event with the fields that the guide's queries read
 * (`event.eventName`, `traceId`, `@timestamp`). The events of a message, of its internal copy and of its bounce share
 * one `traceId`. After a crash an event may be there twice; none is missing for a message that is done.
 */
import type { Disk } from './flow/disk.ts';

interface BouncedRecipient {
  readonly emailAddress: string;
  readonly reason: string;
  readonly status: string;
}

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
      readonly dmarcPolicy?: 'NONE' | 'QUARANTINE' | 'REJECT';
      readonly spfVerdict: string;
      readonly messageTimestamp: string;
    }
  | { readonly eventName: 'MAILBOX_EMAIL_DELIVERED'; readonly recipient: string; readonly folder: string }
  | {
      readonly eventName: 'RULE_APPLIED';
      readonly ruleName: string;
      readonly ruleType: 'INBOUND_RULE' | 'OUTBOUND_RULE';
      readonly ruleActions: readonly { readonly action: string; readonly recipients: readonly string[] }[];
    }
  | { readonly eventName: 'INCOMING_EMAIL_BOUNCED'; readonly bouncedRecipient: BouncedRecipient }
  | {
      readonly eventName: 'OUTGOING_EMAIL_SUBMITTED';
      readonly recipients: readonly string[];
      readonly sender: string;
      readonly from: string;
      readonly subject: string;
    }
  | {
      readonly eventName: 'OUTGOING_EMAIL_SENT';
      readonly recipient: string;
      readonly sender: string;
      readonly from: string;
      readonly messageId: string;
    }
  | {
      readonly eventName: 'OUTGOING_EMAIL_BOUNCED';
      readonly bouncedRecipient: BouncedRecipient;
      readonly destination: string;
      readonly reason: string;
    };

export interface EventLog {
  write(traceId: string, event: MailEvent): void;
  /** Hands what was written to the system; a killed process loses nothing of it. */
  flush(): void;
}

/** @param now Unix time in ms. */
export function createEventLog(options: {
  readonly path: string;
  readonly disk: Disk;
  now(): number;
}): EventLog {
  let lines: string[] = [];
  return {
    write(traceId, event) {
      lines.push(
        `${JSON.stringify({ '@timestamp': new Date(options.now()).toISOString(), traceId, event })}\n`,
      );
    },
    flush() {
      if (lines.length === 0) return;
      options.disk.append(options.path, lines.join(''));
      lines = [];
    },
  };
}
