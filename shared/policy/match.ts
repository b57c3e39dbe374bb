/**
 * Which rules match a message, and why. The answer names every condition that was asked, the failed ones too: what `explain`
 * shows. Its words hold patterns and words of the policy and recipients by index, never anything of the message.
 */
import { type AddressMatcher, addressMatcher } from './address-items.ts';
import type { Asked, ConditionEntry, Held, RecipientAnswers } from './conditions/entry.ts';
import { CONDITIONS, type Condition, type ConditionKey } from './conditions/index.ts';
import { type ConditionResult, outcomeOf, type RuleMatch } from './decision.ts';
import { folded, remembering, visibleForm } from './fold.ts';
import type { MessageFacts } from './message-facts.ts';
import { normalAddress } from './pattern.ts';
import { searchText } from './text-pattern.ts';
import type { Policy, Rule } from './types.ts';
import { wordSearch } from './word-search.ts';

export interface MatchOptions {
  /**
   * Ask every condition of every rule, for `explain`. Otherwise what decodes bodies and attachments is not asked once the
   * clause has failed. Which rules match does not depend on it.
   */
  readonly everyCondition?: boolean;
}

type Clause = ConditionResult['clause'];

interface ClauseResult {
  readonly held: boolean;
  readonly conditions: readonly ConditionResult[];
  /** Whether it would hold for each recipient alone. */
  readonly alone: readonly boolean[];
}

/** A condition of a clause on the message, bound to the value that the policy gives it. */
interface BoundToMessage {
  readonly key: ConditionKey;
  holds(asked: Asked): Held;
}

/** The same of a condition on each recipient. */
interface BoundToRecipients {
  readonly key: ConditionKey;
  each(asked: Asked): RecipientAnswers;
}

/** A clause's conditions in the order in which they are asked. */
interface Bound {
  readonly cheap: readonly BoundToMessage[];
  readonly recipients: readonly BoundToRecipients[];
  readonly costly: readonly BoundToMessage[];
}

/** Bound once for each policy. */
const boundClauses = new WeakMap<Condition, Bound>();

/** The keys of the registry, in its order. */
const KEYS = Object.keys(CONDITIONS) as ConditionKey[]; // the registry is a literal with exactly these keys

function boundOf(condition: Condition): Bound {
  const known = boundClauses.get(condition) ?? bind(condition);
  boundClauses.set(condition, known);
  return known;
}

function bind(condition: Condition): Bound {
  const cheap: BoundToMessage[] = [];
  const recipients: BoundToRecipients[] = [];
  const costly: BoundToMessage[] = [];
  for (const key of KEYS) {
    const value = condition[key];
    if (value === undefined) continue;
    // Which entry belongs to which value is known key by key, and lost over all of them: the parser paired them.
    const entry = CONDITIONS[key] as ConditionEntry<unknown>;
    if (entry.about === 'recipients') recipients.push({ key, each: (asked) => entry.each(value, asked) });
    else
      (entry.reads === 'content' ? costly : cheap).push({ key, holds: (asked) => entry.holds(value, asked) });
  }
  return { cheap, recipients, costly };
}

/** At most this many recipients are named in one sentence. */
const NAMED_RECIPIENTS = 5;

/** `[0] [3]`: the form in which `explain` lists the recipients. */
function recipientsText(indexes: readonly number[]): string {
  const named = indexes.slice(0, NAMED_RECIPIENTS).map((index) => `[${index}]`);
  if (indexes.length > NAMED_RECIPIENTS) named.push(`and ${indexes.length - NAMED_RECIPIENTS} more`);
  return named.join(' ');
}

/** Whether enough recipients satisfy a recipient condition. Without recipients nothing is known, so nothing holds. */
function enough(mode: 'any' | 'all', { each, what, unknown }: RecipientAnswers): Held {
  const yes = each.flatMap((held, index) => (held ? [index] : []));
  const no = each.flatMap((held, index) => (held ? [] : [index]));
  const note = unknown === undefined ? '' : `; ${unknown}`;
  if (each.length === 0) return { held: false, why: 'the recipients are not known' };
  if (yes.length === 0) return { held: false, why: `no recipient ${what}${note}` };
  if (no.length === 0) return { held: true, why: `every recipient ${what}` };
  if (mode === 'any') return { held: true, why: `a recipient ${what}: ${recipientsText(yes)}` };
  return { held: false, why: `not every recipient ${what}: not ${recipientsText(no)}${note}` };
}

/** The recipient conditions of a clause; `both`: which recipients satisfy all of them. */
function askRecipients(
  bound: readonly BoundToRecipients[],
  mode: 'any' | 'all',
  asked: Asked,
): {
  readonly results: readonly (Held & { readonly key: keyof Condition })[];
  readonly both: readonly boolean[];
} {
  const answers = bound.map((one) => ({ key: one.key, answers: one.each(asked) }));
  const results = answers.map((one) => ({ key: one.key, ...enough(mode, one.answers) }));
  const both = asked.recipients.map((_, index) => answers.every((one) => one.answers.each[index] === true));
  if (answers.length < 2) return { results, both };
  const names = answers.map((one) => one.key);
  const what = `satisfies ${names.length === 2 ? 'both ' : ''}${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  return { results: [...results, { key: 'recipientMatch', ...enough(mode, { each: both, what }) }], both };
}

const SKIPPED = {
  held: false,
  why: 'not asked: the message would have to be opened for it',
  skipped: true,
} as const;

function evaluate(clause: Clause, condition: Condition, asked: Asked, everyCondition: boolean): ClauseResult {
  const bound = boundOf(condition);
  const ask = ({ key, holds }: BoundToMessage): ConditionResult => {
    const { held, why } = holds(asked);
    return { clause, key, held, why };
  };
  const cheap = bound.cheap.map(ask);
  const { results, both } = askRecipients(bound.recipients, condition.recipientMatch, asked);
  const hopeless = cheap.some(({ held }) => !held) || (results.length > 0 && !both.includes(true));
  let failed = hopeless && !everyCondition;
  const costly = bound.costly.map((one): ConditionResult => {
    if (failed) return { clause, key: one.key, ...SKIPPED };
    const result = ask(one);
    failed = !result.held && !everyCondition;
    return result;
  });
  const rest = [...cheap, ...costly].every(({ held }) => held);
  const conditions = [...cheap, ...results.map((one) => ({ clause, ...one })), ...costly];
  return {
    held: conditions.every(({ held }) => held),
    conditions,
    alone: both.map((held) => held && rest),
  };
}

/** Holds one rule against the message. */
function matchRule(rule: Rule, asked: Asked, everyCondition: boolean): RuleMatch {
  const when = evaluate('when', rule.when, asked, everyCondition);
  const hopeless = !when.held && !when.alone.includes(true);
  const asks = hopeless && !everyCondition ? [] : (rule.unless ?? []);
  const exceptions = asks.map((one) => evaluate('unless', one, asked, everyCondition));
  const matched = when.held && !exceptions.some(({ held }) => held);
  const recipients = when.alone.map((held, index) => ({
    index,
    matched: held && !exceptions.some(({ alone }) => alone[index]),
  }));
  // Who is excepted must not spare the others: a sender could name one in every message.
  const forSome = when.held && !matched && speaksForEach(rule) && recipients.some((one) => one.matched);
  const acts = rule.mode === 'test' ? 'test' : 'acts';
  const why = [
    ...(acts === 'test' ? ['the rule is in test mode'] : []),
    ...(forSome ? ['"unless" holds for other recipients, so only the copies of the rest are meant'] : []),
  ];
  return {
    rule,
    state: matched || forSome ? acts : 'no-match',
    ...((matched || forSome) && why.length > 0 ? { why: why.join('; ') } : {}),
    matched,
    conditions: [
      ...when.conditions,
      ...exceptions.flatMap(({ conditions }, index) =>
        exceptions.length === 1 ? conditions : conditions.map((one) => ({ ...one, exception: index + 1 })),
      ),
    ],
    recipients,
  };
}

/** Whether the rule wants something for the recipients for whom it matches by itself. */
function speaksForEach(rule: Rule): boolean {
  return rule.do.some((action) => {
    const outcome = outcomeOf(action);
    return outcome !== undefined && outcome !== 'removed';
  });
}

/** Asks patterns, lists and groups as the policy and the directory have them. */
export function addressesOf(policy: Policy, facts: MessageFacts): AddressMatcher {
  const ownDomains = policy.organization.domains;
  return addressMatcher({ ownDomains, lists: policy.lists, groups: facts.lookups.groups });
}

/** What every rule of the policy may look at. */
function prepareMatching(policy: Policy, facts: MessageFacts): Asked {
  return {
    facts,
    recipients: facts.recipients.map(normalAddress),
    authors: facts.from.map(normalAddress),
    addresses: addressesOf(policy, facts),
    fold: remembering(folded),
    words: remembering((text) => wordSearch(folded(text))),
    searched: remembering((text) => searchText(visibleForm(text))),
  };
}

/** Why a rule is not asked at this time; undefined where it is. */
function whyInactive({ activateOn, expireOn }: Rule, now: number): string | undefined {
  const day = (ms: number): string => new Date(ms).toISOString().replace(/(?::00)?\.000Z$/, 'Z');
  if (activateOn !== undefined && now < activateOn) return `not before ${day(activateOn)}`;
  return expireOn !== undefined && now >= expireOn ? `expired ${day(expireOn)}` : undefined;
}

/** Holds the rules of the policy against the message, in their order, up to one that acts and ends them. */
export function matchRules(
  policy: Policy,
  facts: MessageFacts,
  options: MatchOptions = {},
): readonly RuleMatch[] {
  const asked = prepareMatching(policy, facts);
  let stoppedBy: string | undefined;
  return policy.rules.map((rule): RuleMatch => {
    const notAsked = { rule, matched: false, conditions: [], recipients: [] } as const;
    if (stoppedBy !== undefined) return { ...notAsked, state: 'stopped', why: stoppedBy };
    const inactive = whyInactive(rule, facts.now);
    if (inactive !== undefined) return { ...notAsked, state: 'inactive', why: inactive };
    const match = matchRule(rule, asked, options.everyCondition === true);
    if (match.state === 'acts' && match.matched && rule.stopProcessing)
      stoppedBy = `the rule ${JSON.stringify(rule.name)} ended the rules`;
    return match;
  });
}
