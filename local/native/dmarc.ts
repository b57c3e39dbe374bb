/**
 * WorkMail's own DMARC enforcement: a switch of the organization. While it is on, mail that fails DMARC is treated as
 * the author's domain asks, before any flow rule: `reject` is dropped and nobody told, `quarantine` goes to Junk.
 */
import type { MailEvent } from '../event-log/events.ts';
import type { HeaderFacts } from '../flow/facts.ts';
import type { ActionWord, Decision, Entry, Target } from '../flow/types.ts';
import type { Organization } from '../organization.ts';

/** What takes the message away from the rules, or undefined when they are asked. */
export function enforceDmarc(entry: Entry, organization: Organization): Decision | undefined {
  const policy = appliedPolicy(entry, organization);
  if (policy === undefined || policy === 'NONE') return undefined;
  const [to, action]: [Target, ActionWord] =
    policy === 'REJECT' ? ['drop', 'DROP'] : ['junk', 'MOVE_TO_JUNK'];
  const why = `WorkMail's own DMARC enforcement: the author's domain asks for ${policy.toLowerCase()}`;
  const mailboxes = new Set(entry.recipients.flatMap((recipient) => organization.expand(recipient)));
  return {
    recipients: entry.recipients.map((recipient) => ({ recipient, to, action, why })),
    deliveries: to === 'drop' ? [] : [...mailboxes].map((mailbox) => ({ mailbox, folder: 'Junk' })),
    asyncCalls: [],
  };
}

/** DMARC_POLICY_APPLIED, also for a policy that asks for nothing. */
export function dmarcEvent(
  entry: Entry,
  facts: HeaderFacts,
  organization: Organization,
): MailEvent | undefined {
  const policy = appliedPolicy(entry, organization);
  if (policy === undefined) return undefined;
  const from = facts.from ?? entry.mailFrom;
  return { eventName: 'DMARC_POLICY_APPLIED', from, recipients: entry.recipients, policy };
}

function appliedPolicy({ direction, verdicts }: Entry, { native }: Organization) {
  if (native.dmarcEnforcement === 'off' || direction === 'outbound') return undefined;
  return verdicts?.dmarc === 'FAIL' ? verdicts.dmarcPolicy : undefined;
}
