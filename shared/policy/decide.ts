/**
 * What a policy decides about a message. Rules want different things; this is how it is settled, in the words that
 * `explain` prints (`CONFLICT_ORDER`):
 *
 * 1. Rules are asked by priority, the lower number first, equals in the order of the file. A rule that acts and has
 *    stopProcessing ends them, for the whole message. A rule in test mode decides and is reported; it changes nothing and
 *    stops nothing.
 * 2. Changes to the content of all rules that act are made, in their order, and everybody who gets the message gets them:
 *    a message has one content. (What goes first within one body says `shared/mime/rewrite.ts`.)
 * 3. What becomes of the message is settled for each recipient apart. A rule speaks for the recipients for whom it matches
 *    by itself; removeRecipients for those that it names. Where its `unless` holds because of some recipients, it speaks for
 *    the others all the same, and does nothing else; it does not end the rules then.
 * 4. Of several wishes for one recipient the strictest holds (`OUTCOMES`); of equal ones that of the earlier rule.
 *    Quarantine goes before deletion: the recipient sees the same, and nothing is lost. "Deliver" stands for no wish, so
 *    bypassSpamCheck, the last, holds only where no rule wants more than delivery.
 * 5. A redirect takes the message from those for whom it holds, and gives it to its addresses, unless they have it anyway.
 *    Recipients are added where anybody gets the message at all.
 * 6. rejectMessage for inbound mail that must not be answered becomes moveToJunk: no proved envelope sender, a null sender,
 *    a report, an automatic answer, list mail (RFC 3834 §2).
 * 7. DMARC and the journal are settled afterwards, by the edge: the stricter of DMARC's result and the rules' holds.
 */
import type { Action } from './action-types.ts';
import { ACTIONS } from './actions/index.ts';
import type { AddressMatcher } from './address-items.ts';
import { whyNotAnswered } from './answerable.ts';
import { chosenAttachments } from './attachment-choice.ts';
import type {
  AddedRecipient,
  Decision,
  Effect,
  PlannedChange,
  RecipientOutcome,
  RuleMatch,
} from './decision.ts';
import { OUTCOMES, type Outcome, outcomeOf } from './decision.ts';
import { addressesOf, type MatchOptions, matchRules } from './match.ts';
import type { MessageFacts } from './message-facts.ts';
import { normalAddress } from './pattern.ts';
import type { Policy, Rule } from './types.ts';
import { variablesOf } from './variable-values.ts';
import { expandVariables } from './variables.ts';

/** The order above, a line each, for people. */
export const CONFLICT_ORDER: readonly string[] = [
  'Rules are asked by priority (lower first), then in the order of the file; an acting rule with stopProcessing ends them. Rules in test mode change nothing and stop nothing.',
  'Changes to the content of all acting rules are made, in their order, and everybody who gets the message gets them.',
  'What becomes of the message is settled for each recipient: a rule speaks for those for whom it matches by itself, removeRecipients for those that it names. Recipients for whom "unless" holds do not spare the others.',
  `Of several wishes for one recipient the first of these holds, of equal ones that of the earlier rule: ${OUTCOMES.join(', ')}.`,
  'A redirect gives the message to its addresses, unless they have it anyway. Recipients are added where anybody gets the message at all.',
  'rejectMessage for inbound mail that must not be answered becomes moveToJunk.',
  "Of DMARC's result and the rules' the stricter one holds.",
];

/** The recipients whose copy nobody gets. */
const GONE: ReadonlySet<Outcome> = new Set(['quarantine', 'deleteMessage', 'rejectMessage']);

interface Wish extends RecipientOutcome {
  readonly rule: string;
}

interface Asked {
  readonly facts: MessageFacts;
  readonly addresses: AddressMatcher;
}

/** What the action of an acting rule wants for one recipient. */
function wishOf(
  action: Action,
  { rule, recipients, matched }: RuleMatch,
  index: number,
  { facts, addresses }: Asked,
): Wish | undefined {
  const outcome = outcomeOf(action);
  if (outcome === undefined) return undefined;
  const address = facts.recipients[index] ?? '';
  if (action.kind === 'removeRecipients') {
    const normal = normalAddress(address);
    const meant = matched && action.patterns.some((item) => addresses.matches(item, normal) === 'yes');
    return meant ? { outcome, rule: rule.name } : undefined;
  }
  if (recipients[index]?.matched !== true) return undefined;
  // Whoever a redirect leads to keeps the message.
  if (action.kind === 'redirectTo' && action.addresses.includes(normalAddress(address))) return undefined;
  return action.kind === 'rejectMessage' ? rejection(action, rule, facts) : { outcome, rule: rule.name };
}

function rejection(
  { text, status }: Extract<Action, { kind: 'rejectMessage' }>,
  rule: Rule,
  facts: MessageFacts,
): Wish {
  const why = whyNotAnswered(facts);
  if (why !== undefined) return { outcome: 'moveToJunk', rule: rule.name, why };
  const read = expandVariables(text, variablesOf(facts, { ...rule, do: [] }), 'text');
  return {
    outcome: 'rejectMessage',
    rule: rule.name,
    text: status === undefined ? read : `${status} ${read}`,
  };
}

function strictness(outcome: Outcome): number {
  return OUTCOMES.indexOf(outcome);
}

/** The strictest wish for one recipient, the earlier of equal ones; `deliver` where no rule wants anything. */
function outcomeFor(index: number, acting: readonly RuleMatch[], asked: Asked): RecipientOutcome {
  let best: RecipientOutcome = { outcome: 'deliver' };
  let bypass: RecipientOutcome | undefined;
  for (const match of acting) {
    for (const action of match.rule.do) {
      const wish = wishOf(action, match, index, asked);
      if (wish?.outcome === 'bypassSpamCheck') bypass ??= wish;
      else if (wish !== undefined && strictness(wish.outcome) < strictness(best.outcome)) best = wish;
    }
  }
  return best.outcome === 'deliver' && bypass !== undefined ? bypass : best;
}

function addedBy(
  acting: readonly RuleMatch[],
  outcomes: readonly RecipientOutcome[],
  facts: MessageFacts,
): readonly AddedRecipient[] {
  const having = new Set(
    facts.recipients.filter((_, index) => keeps(outcomes[index]?.outcome)).map(normalAddress),
  );
  const anybody = outcomes.some(({ outcome }) => !GONE.has(outcome));
  const added = new Map<string, AddedRecipient>();
  for (const { rule, matched } of acting) {
    for (const action of rule.do) {
      if (action.kind !== 'redirectTo' && action.kind !== 'addRecipients') continue;
      const asked =
        action.kind === 'addRecipients'
          ? matched && anybody
          : outcomes.some((one) => one.outcome === 'redirectTo' && one.rule === rule.name);
      for (const address of asked ? action.addresses : []) {
        if (!having.has(address) && !added.has(address))
          added.set(address, { address, rule: rule.name, why: action.kind });
      }
    }
  }
  return [...added.values()];
}

/** Whether a recipient with this outcome has a copy in its mailbox. */
function keeps(outcome: Outcome | undefined): boolean {
  return outcome === 'deliver' || outcome === 'moveToJunk' || outcome === 'bypassSpamCheck';
}

function plannedBy({ rule }: RuleMatch): readonly PlannedChange[] {
  const { name, reason, ifUntouchable, ifRejected, repair } = rule;
  return rule.do.flatMap((change) =>
    isContent(change)
      ? [
          {
            rule: name,
            ...(reason === undefined ? {} : { reason }),
            change,
            ifUntouchable,
            ifRejected,
            repair,
          },
        ]
      : [],
  );
}

/** The entry of each action says what it does; the type cannot. */
function isContent(action: Action): action is PlannedChange['change'] {
  return ACTIONS[action.kind].does === 'content';
}

function effectsOf(
  { rule, matched }: RuleMatch,
  outcomes: readonly RecipientOutcome[],
  facts: MessageFacts,
): readonly Effect[] {
  const { name } = rule;
  return rule.do.flatMap((action): Effect[] => {
    if (action.kind === 'saveCopy' || action.kind === 'notify')
      return matched ? [{ ...action, rule: name }] : [];
    if (action.kind === 'quarantine') {
      const held = outcomes.flatMap((one, index) =>
        one.outcome === 'quarantine' && one.rule === name ? [index] : [],
      );
      return held.length === 0
        ? []
        : [{ kind: 'quarantine', rule: name, recipients: held, notify: action.notify }];
    }
    if (!matched || action.kind !== 'replaceAttachments' || action.link === undefined) return [];
    const paths = chosenAttachments(action.where, facts).map(({ path }) => path);
    return paths.length === 0 ? [] : [{ kind: 'saveAttachments', rule: name, paths, link: action.link }];
  });
}

/** Everything that the policy wants for the message. Pure; the same facts give the same decision. */
export function decide(policy: Policy, facts: MessageFacts, options: MatchOptions = {}): Decision {
  const rules = matchRules(policy, facts, options);
  const acting = rules.filter(({ state }) => state === 'acts');
  const asked = { facts, addresses: addressesOf(policy, facts) };
  const recipients = facts.recipients.map((_, index) => outcomeFor(index, acting, asked));
  return {
    rules,
    changes: acting.filter(({ matched }) => matched).flatMap(plannedBy),
    recipients,
    added: addedBy(acting, recipients, facts),
    effects: acting.flatMap((match) => effectsOf(match, recipients, facts)),
  };
}
