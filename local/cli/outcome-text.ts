/** What becomes of a message, in words: for each recipient, who gets it besides, what is kept and who is told. */
import type { AddedRecipient, Effect, RecipientOutcome } from '../../shared/policy/decision.ts';
import type { ExplainedRule, Explanation } from './explanation-types.ts';

const OUTCOME: Readonly<Record<RecipientOutcome['outcome'], string>> = {
  quarantine: 'held in quarantine',
  deleteMessage: 'not delivered, and nobody is told',
  rejectMessage: 'refused',
  redirectTo: 'not delivered here, but to whom the rule names',
  removed: 'not delivered, the rule takes the recipient off',
  useFallback: "left to the fallback of WorkMail's flow rule",
  moveToJunk: 'to Junk',
  deliver: 'delivered',
  bypassSpamCheck: 'to the inbox, whatever the spam check says',
};

const STATE: Readonly<Record<ExplainedRule['state'], string>> = {
  acts: 'acts',
  test: 'would act, but is in test mode and changes nothing',
  'no-match': 'does not act',
  inactive: 'is not active',
  stopped: 'is not asked',
};

/** `does not act`, and why where neither a condition nor the state says it. */
export function ruleState({ state, why }: Pick<ExplainedRule, 'state' | 'why'>): string {
  return why === undefined || state === 'test' ? STATE[state] : `${STATE[state]}: ${why}`;
}

const byRule = (rule: string | undefined): string =>
  rule === undefined ? '' : ` (rule ${JSON.stringify(rule)})`;

type ExplainedRecipient = Explanation['recipients'][number];

const RESULT: Readonly<Record<ExplainedRecipient['result'], string>> = {
  DROP: 'not delivered',
  BOUNCE: 'refused',
  MOVE_TO_JUNK: OUTCOME.moveToJunk,
  DEFAULT: OUTCOME.deliver,
  BYPASS_SPAM_CHECK: OUTCOME.bypassSpamCheck,
  fallback: OUTCOME.useFallback,
};

const BECAUSE: Readonly<Record<ExplainedRecipient['because'][number], string>> = {
  'redirect-refused': 'nobody whom the rule names can get it instead',
  consequence: 'because its change cannot be made',
  dmarc: 'as DMARC asks',
  'inbound-only': 'WorkMail knows Junk and the spam check for inbound mail only',
};

/**
 * `alice@example.com: to Junk (rule "gray is junk")`; where something else decides than the rules' outcome,
 * `alice@example.com: to Junk, as DMARC asks; the rules say: delivered`.
 */
export function recipientLine({ address, outcome, result, because }: ExplainedRecipient): string {
  if (because.length === 0) return `${address}: ${outcomeText(outcome)}`;
  const why = because.map((one) => BECAUSE[one]).join('; ');
  return `${address}: ${RESULT[result]}, ${why}; the rules say: ${outcomeText(outcome)}`;
}

function outcomeText(outcome: RecipientOutcome): string {
  const text = outcome.text === undefined ? '' : `, the sender reads: ${outcome.text}`;
  const why = outcome.why === undefined ? '' : `; ${outcome.why}`;
  return `${OUTCOME[outcome.outcome]}${text}${byRule(outcome.rule)}${why}`;
}

/** Who gets it besides, what would be kept, and who would be told. */
export function effectLines({
  added,
  effects,
  recipients,
  direction,
}: Pick<Explanation, 'added' | 'effects' | 'recipients' | 'direction'>): string[] {
  // Strangers to whom a user writes are not told.
  const told = recipients.map(({ scope, address }) =>
    direction === 'inbound' || scope === 'inside' ? address : undefined,
  );
  return [
    ...added.map(addedLine),
    ...effects.map((effect) => `${effectText(effect, told)}${byRule(effect.rule)}`),
  ];
}

function addedLine({ address, rule, why }: AddedRecipient): string {
  return `${address}: gets it ${why === 'redirectTo' ? 'instead' : 'too'}${byRule(rule)}`;
}

/** `addresses` are those of recipients who may be told, by their index. */
function effectText(effect: Effect, addresses: readonly (string | undefined)[]): string {
  switch (effect.kind) {
    case 'quarantine': {
      const { notify } = effect;
      const told =
        notify === 'recipient' ? effect.recipients.flatMap((index) => addresses[index] ?? []) : notify;
      const whom =
        told === 'none' || told.length === 0 ? 'nobody is told' : `a notice goes to ${told.join(', ')}`;
      return `would be kept in quarantine, and ${whom}`;
    }
    case 'saveCopy':
      return `would be kept: a copy in ${JSON.stringify(effect.folder)}`;
    case 'saveAttachments': {
      const count = effect.paths.length;
      return `would be kept: ${count} ${count === 1 ? 'attachment' : 'attachments'}, with links under ${effect.link}`;
    }
    case 'notify':
      return `would be told: ${effect.to.join(', ')}, ${JSON.stringify(effect.subject)}`;
  }
}
