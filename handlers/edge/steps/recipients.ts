/** What becomes of each recipient's copy: the outcomes of the rules in WorkMail's words. */
import type { RecipientOutcome } from '../../../shared/policy/decision.ts';
import { combined } from '../../../shared/workmail/disposition.ts';
import { admitAdded } from '../../../shared/workmail/response.ts';
import type { Disposition, RuleEvent } from '../../../shared/workmail/types.ts';
import type { Invocation } from '../invocation.ts';
import type { Consequence } from './content-plan.ts';
import type { Outcome } from './kept-decision.ts';
import { DELIVER, logDecision, type StepResult, spared } from './step.ts';

/** Says nothing that only the recipient should know. */
const REJECTED_TEXT = "This message was refused by the recipient organization's mail policy.";

/** How each outcome is told in the log; `deliver` is not. */
const WORDS: Readonly<Record<Exclude<RecipientOutcome['outcome'], 'deliver'>, string>> = {
  quarantine: 'quarantine',
  deleteMessage: 'drop',
  rejectMessage: 'bounce',
  redirectTo: 'redirect',
  removed: 'remove',
  useFallback: 'fallback',
  moveToJunk: 'junk',
  bypassSpamCheck: 'bypass',
};

/** After these nobody has the message any more but whoever keeps a record of it. */
export const DESTROYING: ReadonlySet<RecipientOutcome['outcome']> = new Set([
  'quarantine',
  'deleteMessage',
  'rejectMessage',
]);

/** What `spares` picks goes to the junk folder, where there is one, and is not destroyed. */
export function sparing(
  { event }: Invocation,
  recipients: readonly RecipientOutcome[],
  spares: (recipient: RecipientOutcome) => boolean,
  why: string,
): readonly RecipientOutcome[] {
  const outcome = event.flowDirection === 'INBOUND' ? 'moveToJunk' : 'deliver';
  return recipients.map((each) => (spares(each) ? { ...each, outcome, why } : each));
}

/** What the rules want for each recipient, and who is added. */
export function answerOf(invocation: Invocation, outcome: Outcome, recordMissing: boolean): StepResult {
  logOutcomes(invocation, outcome);
  const instead =
    recordMissing && outcome.consequence?.kind === 'reject' ? spared(invocation, 'rules') : undefined;
  const { event, policy } = invocation;
  const way = { ...event, organizationDomains: policy.organization.domains };
  const { dispositions, stranded } = dispositionsOf(way, outcome, instead);
  for (const index of stranded) {
    const kind = 'redirect-refused';
    const failure = { step: 'rules', kind, reason: kind, action: 'default' };
    invocation.log({ level: 'error', event: 'failure', ...failure, recipients: [index] });
  }
  return { dispositions, added: addedOf(outcome) };
}

/** Whom the message is for, and which way it goes. */
export interface Way extends Pick<RuleEvent, 'recipients' | 'flowDirection'> {
  readonly organizationDomains: readonly string[];
}

export interface WantedDispositions {
  /** One for each recipient. */
  readonly dispositions: readonly Disposition[];
  /** Recipients who keep the message, because nobody gets it in their place. */
  readonly stranded: readonly number[];
}

/** The outcomes in WorkMail's words; `instead` takes the place of the bounce of a message that could not be changed. Pure. */
export function dispositionsOf(
  way: Way,
  outcome: Omit<Outcome, 'effects'>,
  instead?: Disposition,
): WantedDispositions {
  const { recipients, consequence } = outcome;
  const after = consequence === undefined ? DELIVER : dispositionAfter(consequence, instead);
  const stranded = strandedOf(way, outcome);
  const dispositions = recipients.map((each, index) =>
    combined(stranded.has(index) ? DELIVER : dispositionOf(each), after),
  );
  return { dispositions, stranded: [...stranded] };
}

/** One recipient's outcome alone. */
export function dispositionOf({ outcome, text }: RecipientOutcome): Disposition {
  switch (outcome) {
    case 'quarantine':
    case 'deleteMessage':
    case 'redirectTo':
    case 'removed':
      return { type: 'DROP' };
    case 'rejectMessage':
      return { type: 'BOUNCE', bounceMessage: text ?? REJECTED_TEXT };
    case 'useFallback':
      return { type: 'fallback' };
    case 'moveToJunk':
      return { type: 'MOVE_TO_JUNK' };
    case 'bypassSpamCheck':
      return { type: 'BYPASS_SPAM_CHECK' };
    case 'deliver':
      return DELIVER;
  }
}

function dispositionAfter({ kind }: Consequence, instead: Disposition | undefined): Disposition {
  if (kind === 'junk') return { type: 'MOVE_TO_JUNK' };
  return instead ?? { type: 'BOUNCE', bounceMessage: REJECTED_TEXT };
}

/** What is rejected goes to nobody, but to those who get it instead of somebody. */
function addedOf({ added, consequence }: Omit<Outcome, 'effects'>): readonly string[] {
  const kept = consequence?.kind === 'reject' ? added.filter(({ why }) => why === 'redirectTo') : added;
  return kept.map(({ address }) => address);
}

/**
 * Whose redirected message arrives nowhere: neither at somebody whom WorkMail lets us add, nor at one of the other
 * recipients who gets it anyway. They keep it, for else it would be lost.
 */
function strandedOf(way: Way, outcome: Omit<Outcome, 'effects'>): ReadonlySet<number> {
  const { recipients, added } = outcome;
  const redirected = [...recipients.keys()].filter((index) => recipients[index]?.outcome === 'redirectTo');
  if (redirected.length === 0) return new Set();
  const reached = way.recipients
    .filter((_, index) => keepsCopy(recipients[index]?.outcome))
    .concat(admitAdded(way, addedOf(outcome), way.organizationDomains))
    .map((address) => address.toLowerCase());
  const reaching = new Set(
    added
      .filter(({ address, why }) => why === 'redirectTo' && reached.includes(address.toLowerCase()))
      .map(({ rule }) => rule),
  );
  return new Set(redirected.filter((index) => !reaching.has(recipients[index]?.rule ?? '')));
}

function keepsCopy(outcome: RecipientOutcome['outcome'] | undefined): boolean {
  return (
    outcome !== undefined && outcome !== 'redirectTo' && outcome !== 'removed' && !DESTROYING.has(outcome)
  );
}

type LogFields = Readonly<Record<string, string | number | readonly number[]>>;

/** One record for each outcome and rule; recipients by number, for the log holds no address. */
export function logOutcomes(invocation: Invocation, { recipients, added, consequence }: Outcome): void {
  const groups = new Map<string, { readonly first: RecipientOutcome; readonly indexes: number[] }>();
  for (const [index, each] of recipients.entries()) {
    const key = `${each.outcome}\0${each.rule ?? ''}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { first: each, indexes: [index] });
    else group.indexes.push(index);
  }
  const log = (outcome: string, reason: string, more: LogFields) => {
    if (invocation.mode === 'monitor')
      logDecision(invocation, 'rules', 'default', 'monitor', { ...more, wouldBe: outcome });
    else logDecision(invocation, 'rules', outcome, reason, more);
  };
  for (const { first, indexes } of groups.values()) {
    const { outcome, rule = '', why } = first;
    if (outcome === 'deliver') continue;
    log(WORDS[outcome], why ?? outcome, { rule, recipients: indexes });
  }
  for (const rule of new Set(added.map((each) => each.rule))) {
    const addresses = added.filter((each) => each.rule === rule);
    log('added', addresses[0]?.why ?? 'addRecipients', { rule, count: addresses.length });
  }
  if (consequence !== undefined) {
    const { kind, rule, reason } = consequence;
    log(kind === 'reject' ? 'bounce' : 'junk', reason, { rule });
  }
}
