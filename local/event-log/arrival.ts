/** The first event of a message: it came in, or a user submitted it. */
import type { HeaderFacts } from '../flow/facts.ts';
import type { Entry } from '../flow/types.ts';
import { type MailEvent, onBehalf } from './events.ts';

export function arrivalEvent(entry: Entry, facts: HeaderFacts): MailEvent {
  const from = facts.from ?? entry.mailFrom;
  const subject = facts.subject ?? '';
  const { recipients, verdicts } = entry;
  if (entry.direction === 'outbound') {
    return {
      eventName: 'OUTGOING_EMAIL_SUBMITTED',
      recipients,
      ...onBehalf(facts.sender, from),
      from,
      subject,
    };
  }
  const isFailing = verdicts?.dmarc === 'FAIL' && verdicts.dmarcPolicy !== undefined;
  return {
    eventName: 'ORGANIZATION_EMAIL_RECEIVED',
    recipients,
    ...onBehalf(facts.sender, from),
    from,
    subject,
    messageId: facts.messageIdHeader ?? '',
    spamVerdict: facts.isSpam ? 'FAIL' : 'PASS',
    dkimVerdict: verdicts?.dkim ?? 'GRAY',
    dmarcVerdict: verdicts?.dmarc ?? 'GRAY',
    ...(isFailing ? { dmarcPolicy: verdicts.dmarcPolicy } : {}),
    spfVerdict: verdicts?.spf ?? 'GRAY',
    messageTimestamp: new Date(entry.receivedAt).toISOString(),
  };
}
