/**
 * From rules and answers to what happens with each recipient's copy. Pure: the same message, rules and answers give
 * the same decision.
 */
import { domainOf } from '../../shared/policy/pattern.ts';
import type { Organization } from '../organization.ts';
import type { AnswerAction, ReadAnswer } from './answer.ts';
import { redirectingMailbox } from './children.ts';
import type { HeaderFacts } from './facts.ts';
import { chooseRule, isLambda, type RuleChoice } from './rules.ts';
import type {
  ActionWord,
  AsyncCall,
  Decision,
  Entry,
  FlowRule,
  LambdaRule,
  PlainAction,
  RecipientDecision,
  Target,
} from './types.ts';

/** What the sender is told when a rule, or a function without words of its own, refuses a message. */
const REFUSED = 'The message was blocked by a mail flow rule that the administrator set.';
const UNKNOWN = 'There is no mailbox with this address.';

/** Which rules act for a message, before any function was called. */
export interface Plan {
  /** In the order of the message's recipients. */
  readonly choices: readonly { readonly recipient: string; readonly choice: RuleChoice }[];
  /** Synchronous functions to ask, with the recipients for whom they decide. */
  readonly questions: readonly { readonly rule: LambdaRule; readonly recipients: readonly string[] }[];
  readonly asyncCalls: readonly AsyncCall[];
}

/** What came of asking a function: its answer, or that the rule's fallback acts for all. */
export type Settled =
  | (Extract<ReadAnswer, { kind: 'answer' }> & {
      /** Whose copies the function holds in quarantine: WorkMail is told to drop them. */
      readonly held?: ReadonlySet<string>;
    })
  | { readonly kind: 'fallback'; readonly why: string };

/** Chooses the rules. A notification of our own passes no rule. */
export function planMessage(entry: Entry, facts: HeaderFacts, organization: Organization): Plan {
  const isOurs = entry.parent !== undefined && redirectingMailbox(entry) === undefined;
  const isNotice = isOurs && entry.parent?.role !== 'forward';
  const rules = isNotice ? [] : organization.rules[entry.direction];
  const choices = entry.recipients.map((recipient) => ({
    recipient,
    choice: chooseRule({
      direction: entry.direction,
      rules,
      sender: facts.sender,
      from: facts.from ?? '',
      recipient,
      assumptions: organization.assumptions,
    }),
  }));
  const recipientsOf = new Map<LambdaRule, string[]>();
  for (const { recipient, choice } of choices) {
    for (const rule of choice.acting.filter(isLambda)) {
      const recipients = recipientsOf.get(rule);
      if (recipients === undefined) recipientsOf.set(rule, [recipient]);
      else recipients.push(recipient);
    }
  }
  const called = [...recipientsOf].map(([rule, recipients]) => ({ rule, recipients }));
  return {
    choices,
    questions: called.filter(({ rule }) => rule.mode === 'synchronous'),
    asyncCalls: called
      .filter(({ rule }) => rule.mode === 'asynchronous')
      .map(({ rule, recipients }) => ({ rule: rule.name, function: rule.function, recipients })),
  };
}

/** @param settled by rule name; one for each question of the plan. */
export function decide(
  entry: Entry,
  facts: HeaderFacts,
  organization: Organization,
  plan: Plan,
  settled: ReadonlyMap<string, Settled>,
): Decision {
  const context: Context = { entry, facts, organization };
  const recipients = plan.choices.map(({ recipient, choice }) =>
    decideOne(context, recipient, choice, settled),
  );
  for (const { rule } of plan.questions) {
    const answer = settled.get(rule.name);
    if (answer?.kind !== 'answer') continue;
    for (const { recipient, action } of answer.added) {
      if (recipients.some((other) => other.recipient.toLowerCase() === recipient)) continue;
      const added = byAction(context, recipient, action, `added by "${rule.name}"`, rule.name);
      // Nobody wrote to this address: there is nothing to drop and nobody to tell.
      if (added.to !== 'drop' && added.to !== 'bounce') recipients.push(added);
    }
  }
  return { recipients, deliveries: deliveriesOf(recipients, organization), asyncCalls: plan.asyncCalls };
}

interface Context {
  readonly entry: Entry;
  readonly facts: HeaderFacts;
  readonly organization: Organization;
}

function decideOne(
  context: Context,
  recipient: string,
  choice: RuleChoice,
  settled: ReadonlyMap<string, Settled>,
): RecipientDecision {
  const rule = actingOnDelivery(choice.acting);
  if (rule === undefined) return byAction(context, recipient, { type: 'DEFAULT' }, 'no rule decides');
  if (!isLambda(rule))
    return byAction(context, recipient, plainAction(rule.action), `rule "${rule.name}"`, rule.name);
  const answer = settled.get(rule.name);
  const action = answer?.kind === 'answer' ? answer.actions.get(recipient) : undefined;
  if (action !== undefined) {
    const decided = byAction(context, recipient, action, `answer to "${rule.name}"`, rule.name);
    const isHeld = decided.to === 'drop' && answer?.kind === 'answer' && answer.held?.has(recipient) === true;
    return isHeld ? { ...decided, outcome: 'held' } : decided;
  }
  const why = answer?.kind === 'fallback' ? answer.why : 'the answer does not decide for this recipient';
  return byAction(
    context,
    recipient,
    plainAction(rule.fallback),
    `fallback of "${rule.name}": ${why}`,
    rule.name,
  );
}

/** An asynchronous function has no say in delivery. */
function actingOnDelivery(acting: readonly FlowRule[]): FlowRule | undefined {
  return acting.find((rule) => !isLambda(rule) || rule.mode === 'synchronous');
}

type AnyAction = AnswerAction | { readonly type: 'SMTP_GATEWAY' };

function plainAction(action: PlainAction): AnyAction {
  const types: Readonly<Record<PlainAction, ActionWord>> = {
    default: 'DEFAULT',
    drop: 'DROP',
    bounce: 'BOUNCE',
    junk: 'MOVE_TO_JUNK',
    neverJunk: 'BYPASS_SPAM_CHECK',
    smtpGateway: 'SMTP_GATEWAY',
  };
  return { type: types[action] };
}

function byAction(
  context: Context,
  recipient: string,
  action: AnyAction,
  why: string,
  rule?: string,
): RecipientDecision {
  const base = { recipient, action: action.type, why, ...(rule === undefined ? {} : { rule }) };
  if (action.type === 'DROP') return { ...base, to: 'drop' };
  if (action.type === 'BOUNCE') {
    return { ...base, to: 'bounce', notice: refusal(action.bounceMessage ?? REFUSED) };
  }
  if (action.type === 'SMTP_GATEWAY') return { ...base, to: 'gateway' };
  if (isUnknownHere(context, recipient)) {
    // RFC 3463 §3.2: X.1.1, bad destination mailbox address.
    return {
      ...base,
      to: 'bounce',
      why: 'no such address in the organization',
      notice: { text: UNKNOWN, status: '5.1.1' },
    };
  }
  return { ...base, to: context.entry.direction === 'outbound' ? 'send' : folderFor(context, action.type) };
}

/** A text that begins with a status code of its own (RFC 3463 §2) is told with that, once. */
function refusal(bounceMessage: string): NonNullable<RecipientDecision['notice']> {
  const [, status, text] = /^(5\.\d{1,3}\.\d{1,3})\s+(\S.*)$/s.exec(bounceMessage) ?? [];
  // RFC 3463 §3.8: X.7.1, delivery not authorized, message refused.
  return status === undefined || text === undefined
    ? { text: bounceMessage, status: '5.7.1' }
    : { text, status };
}

function isUnknownHere({ entry, organization }: Context, recipient: string): boolean {
  const ours = entry.direction === 'inbound' || organization.domains.includes(domainOf(recipient));
  return ours && !organization.knows(recipient);
}

/** The guide: DEFAULT is junk or inbox as the spam check says; a notification of our own goes to the inbox. */
function folderFor({ facts }: Context, type: AnswerAction['type']): Target {
  if (type === 'MOVE_TO_JUNK') return 'junk';
  return facts.isSpam && type === 'DEFAULT' ? 'junk' : 'inbox';
}

/** One copy for each mailbox. What was decided for its own address goes before what came through a group. */
function deliveriesOf(
  recipients: readonly RecipientDecision[],
  organization: Organization,
): Decision['deliveries'] {
  const folders = new Map<string, 'Inbox' | 'Junk'>();
  const ordered = recipients.toSorted(
    (a, b) => Number(organization.isGroup(a.recipient)) - Number(organization.isGroup(b.recipient)),
  );
  for (const { recipient, to } of ordered) {
    if (to !== 'inbox' && to !== 'junk') continue;
    for (const mailbox of organization.expand(recipient)) {
      if (!folders.has(mailbox)) folders.set(mailbox, to === 'junk' ? 'Junk' : 'Inbox');
    }
  }
  return [...folders].map(([mailbox, folder]) => ({ mailbox, folder }));
}
