/** A log as a table: events in order, a second apart. */
import { type EventDatabase, openEventDatabase } from '../../../local/event-log/database.ts';
import type { LoggedEvent, MailEvent } from '../../../local/event-log/events.ts';

export const START = Date.parse('2026-11-20T10:00:00Z');

export type Line = readonly [traceId: string, event: MailEvent];

export function logOf(...lines: Line[]): LoggedEvent[] {
  return lines.map(([traceId, event], index) => ({
    timeMs: START + index * 1000,
    traceId,
    eventName: event.eventName,
    event: { ...event },
  }));
}

export function databaseOf(...lines: Line[]): EventDatabase {
  return openEventDatabase(logOf(...lines));
}

export function received(from: string, recipients: string[], more: object = {}): MailEvent {
  return {
    eventName: 'ORGANIZATION_EMAIL_RECEIVED',
    recipients,
    from,
    subject: 'Hello',
    messageId: `<${from}>`,
    spamVerdict: 'PASS',
    dkimVerdict: 'PASS',
    dmarcVerdict: 'PASS',
    spfVerdict: 'PASS',
    messageTimestamp: '2026-11-20T10:00:00.000Z',
    ...more,
  };
}

export function submitted(from: string, recipients: string[]): MailEvent {
  return { eventName: 'OUTGOING_EMAIL_SUBMITTED', recipients, from, subject: 'Offer' };
}

export function sent(from: string, recipient: string, messageId = `<${from}>`): MailEvent {
  return { eventName: 'OUTGOING_EMAIL_SENT', recipient, from, messageId };
}

export function delivered(recipient: string, folder = 'Inbox'): MailEvent {
  return { eventName: 'MAILBOX_EMAIL_DELIVERED', recipient, folder };
}

export function ruleApplied(
  ruleName: string,
  action: string,
  recipients: string[],
  ruleType: 'INBOUND_RULE' | 'OUTBOUND_RULE' = 'INBOUND_RULE',
): MailEvent {
  return { eventName: 'RULE_APPLIED', ruleName, ruleType, ruleActions: [{ action, recipients }] };
}

export function redirected(ruleName: string, mailbox: string, targetRecipient: string): MailEvent {
  const ruleActions = [{ action: 'REDIRECT', recipients: [mailbox] }];
  return { eventName: 'RULE_APPLIED', ruleName, ruleType: 'MAILBOX_RULE', ruleActions, targetRecipient };
}

export function bouncedIn(
  emailAddress: string,
  status = '5.2.2',
  reason = 'The mailbox is full.',
): MailEvent {
  return { eventName: 'INCOMING_EMAIL_BOUNCED', bouncedRecipient: { emailAddress, reason, status } };
}

export function bouncedOut(destination: string, reason: string): MailEvent {
  const bouncedRecipient = { emailAddress: destination, reason, status: '5.7.1' };
  return { eventName: 'OUTGOING_EMAIL_BOUNCED', bouncedRecipient, destination, reason };
}

export function dmarcApplied(from: string, recipients: string[], policy: 'QUARANTINE' | 'REJECT'): MailEvent {
  return { eventName: 'DMARC_POLICY_APPLIED', from, recipients, policy };
}
