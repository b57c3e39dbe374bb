/**
 * The rules that users have in their mailboxes. In plain words: what is on its way to an inbox is looked at by the
 * rules of that mailbox, in their order, and the first that matches acts. They see the message as it is delivered, so a
 * tag that a function put before the subject counts. What goes to the junk folder they do not see.
 */
import { headerFields, parseMessage, rawHeaderText } from '../../shared/mime/index.ts';
import { matchesPattern, normalAddress } from '../../shared/policy/pattern.ts';
import type { Organization } from '../organization.ts';
import { contentOf, isJournalMail } from './children.ts';
import type { Engine, Work } from './engine.ts';
import { type HeaderFacts, readHeaderFacts } from './facts.ts';
import type { MailboxAction, MailboxRule } from './mailbox-rule-shape.ts';
import type { Decision, RecipientDecision } from './types.ts';

/** What the rules see of a message. */
export interface Delivered {
  readonly facts: Pick<HeaderFacts, 'from' | 'subject'>;
  /** Mailboxes that have sent this message on already. */
  readonly redirectedBy: ReadonlySet<string>;
}

/** The decision with what the mailboxes' own rules make of its deliveries. */
export async function applyMailboxRules(
  engine: Engine,
  { entry }: Work,
  decision: Decision,
): Promise<Decision> {
  const { organization } = engine.deps;
  const isAsked = decision.deliveries.some(({ mailbox }) => organization.mailboxRules(mailbox).length > 0);
  if (!isAsked || isJournalMail(entry)) return decision;
  const bytes = await contentOf(engine, entry);
  const redirectedBy = new Set([...(entry.redirectedBy ?? []), ...deliveredTo(bytes)]);
  return sortByRules(decision, organization, { facts: readHeaderFacts(bytes), redirectedBy });
}

/**
 * Who had the message before, by its own header: RFC 9228 has Delivered-To so that a loop is seen, also one that leads
 * through another server. Whoever forges it keeps a copy from being sent on, and no more.
 */
function deliveredTo(bytes: Uint8Array): readonly string[] {
  const message = parseMessage(bytes);
  const fields = headerFields(message.root.header, 'delivered-to');
  return fields.map((field) => normalAddress(rawHeaderText(message, field).trim()));
}

/** Pure: the same message and rules give the same decision. */
export function sortByRules(
  decision: Decision,
  organization: Pick<Organization, 'mailboxRules' | 'expand' | 'isGroup'>,
  message: Delivered,
): Decision {
  const acting = new Map<string, MailboxRule>();
  for (const { mailbox, folder } of decision.deliveries) {
    const rules = folder === 'Inbox' ? organization.mailboxRules(mailbox) : [];
    const rule = rules.find((each) => acts(each, mailbox, message));
    if (rule !== undefined) acting.set(mailbox, rule);
  }
  if (acting.size === 0) return decision;
  const actionFor = (mailbox: string) => acting.get(mailbox)?.do;
  return {
    ...decision,
    recipients: decision.recipients.map((item) => withOutcome(item, organization, actionFor)),
    deliveries: decision.deliveries.flatMap((delivery) => {
      const rule = acting.get(delivery.mailbox);
      if (rule === undefined) return [delivery];
      return rule.do.kind === 'moveTo' ? [{ ...delivery, folder: rule.do.folder, rule: rule.name }] : [];
    }),
    redirects: [...acting].flatMap(([mailbox, rule]) =>
      rule.do.kind === 'redirectTo' ? [{ mailbox, rule: rule.name, to: rule.do.address }] : [],
    ),
  };
}

function acts(rule: MailboxRule, mailbox: string, { facts, redirectedBy }: Delivered): boolean {
  // Sent on once by this mailbox, it came back: it stays, or two mailboxes would send it to each other for ever.
  if (rule.do.kind === 'redirectTo' && redirectedBy.has(mailbox)) return false;
  const subject = (facts.subject ?? '').toLowerCase();
  const words = rule.subjectContains;
  return (
    rule.from.some((pattern) => matchesPattern(pattern, facts.from ?? '')) &&
    (words === undefined || words.some((each) => subject.includes(each.toLowerCase())))
  );
}

/** Of a group each member has rules of the own, so the group keeps its word. */
function withOutcome(
  item: RecipientDecision,
  organization: Pick<Organization, 'expand' | 'isGroup'>,
  actionFor: (mailbox: string) => MailboxAction | undefined,
): RecipientDecision {
  const [mailbox] = organization.isGroup(item.recipient) ? [] : organization.expand(item.recipient);
  const action = mailbox === undefined ? undefined : actionFor(mailbox);
  if (action === undefined || item.to !== 'inbox') return item;
  return { ...item, outcome: action.kind === 'moveTo' ? action.folder : 'redirected' };
}
