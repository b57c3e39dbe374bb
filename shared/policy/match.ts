/**
 * Which rules act on a message, and why. The answer names every condition, the failed ones too: what `explain` shows.
 * Its words hold patterns and words of the policy and recipients by index, never anything of the message.
 */
import { matchesNormal, normalAddress } from './pattern.ts';
import type { Action, AddressPattern, Condition, Policy, Rule } from './types.ts';

/** What the conditions of a policy may ask about one message. `facts.ts` makes it. */
export interface MessageFacts {
  /** Undefined where the event does not tell: then no condition on it holds. */
  readonly direction: 'inbound' | 'outbound' | undefined;
  readonly senderScope: { readonly scope: 'inside' | 'outside'; readonly why: string };
  /** Addresses of the authors (From header). A claim. */
  readonly from: readonly string[];
  readonly recipients: readonly string[];
  /** One for each recipient. */
  readonly recipientScopes: readonly ('inside' | 'outside')[];
  /** Decoded. */
  readonly subject: string;
  /** The decoded values of every field of this name (any case). */
  header(name: string): readonly string[];
}

/** One condition of a rule and whether it held. */
export interface ConditionResult {
  readonly clause: 'when' | 'unless';
  readonly key: keyof Condition;
  readonly held: boolean;
  readonly why: string;
}

export interface RuleMatch {
  readonly rule: Rule;
  /** Whether the rule acts. */
  readonly matched: boolean;
  /** Every condition of `when`, then of `unless`. */
  readonly conditions: readonly ConditionResult[];
  /** For each recipient: whether the rule would act on a message for this recipient alone. */
  readonly recipients: readonly { readonly index: number; readonly matched: boolean }[];
}

/** One change to the content, and the rule that wants it. */
export interface PlannedChange {
  readonly rule: string;
  readonly change: Action;
}

interface ClauseResult {
  readonly held: boolean;
  readonly conditions: readonly ConditionResult[];
  /** Whether it would hold for each recipient alone. */
  readonly alone: readonly boolean[];
}

type Held = { readonly held: boolean; readonly why: string };
type Add = (key: keyof Condition, result: Held) => void;
type Fold = (text: string) => string;

/**
 * A run of combining marks is put into order in quadratic time; UAX #15 §13 takes 30 for the most that text needs. The two
 * half-width marks become combining ones.
 */
const LONG_MARKS = /([\p{M}\uff9e\uff9f]{30})[\p{M}\uff9e\uff9f]+/gu;

/** The form in which texts are compared: case and compatibility variants (Unicode NFKC) make no difference. */
function folded(text: string): string {
  return text.replace(LONG_MARKS, '$1').normalize('NFKC').toLowerCase();
}

/** `folded`, each text once: hundreds of rules may ask for the same megabytes. */
function createFold(): Fold {
  const known = new Map<string, string>();
  return (text) => {
    const found = known.get(text) ?? folded(text);
    known.set(text, found);
    return found;
  };
}

/** The first of `words` that stands in one of `texts`. */
function firstWord(words: readonly string[], texts: readonly string[], fold: Fold): string | undefined {
  const haystacks = texts.map(fold);
  return words.find((word) => haystacks.some((text) => text.includes(fold(word))));
}

function contains(what: string, words: readonly string[], texts: readonly string[], fold: Fold): Held {
  const word = firstWord(words, texts, fold);
  if (word !== undefined) return { held: true, why: `${what} contains ${JSON.stringify(word)}` };
  const whose = words.length === 1 ? JSON.stringify(words[0]) : `any of the ${words.length} words`;
  return { held: false, why: `${what} does not contain ${whose}` };
}

function fromHolds(patterns: readonly AddressPattern[], from: readonly string[]): Held {
  const authors = from.map(normalAddress);
  const pattern = patterns.find((candidate) => authors.some((author) => matchesNormal(candidate, author)));
  if (pattern !== undefined) return { held: true, why: `the author matches ${JSON.stringify(pattern)}` };
  if (authors.length === 0) return { held: false, why: 'the message names no author' };
  const whose =
    patterns.length === 1 ? JSON.stringify(patterns[0]) : `any of the ${patterns.length} patterns`;
  return { held: false, why: `the author does not match ${whose}` };
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
function enough(mode: 'any' | 'all', each: readonly boolean[], what: string): Held {
  const yes = each.flatMap((held, index) => (held ? [index] : []));
  const no = each.flatMap((held, index) => (held ? [] : [index]));
  if (each.length === 0) return { held: false, why: 'the recipients are not known' };
  if (yes.length === 0) return { held: false, why: `no recipient ${what}` };
  if (no.length === 0) return { held: true, why: `every recipient ${what}` };
  if (mode === 'any') return { held: true, why: `a recipient ${what}: ${recipientsText(yes)}` };
  return { held: false, why: `not every recipient ${what}: not ${recipientsText(no)}` };
}

/** Adds the recipient conditions; answers, for each recipient, whether it satisfies all of them. */
function addRecipientConditions(
  condition: Condition,
  facts: MessageFacts,
  recipients: readonly string[],
  add: Add,
): readonly boolean[] {
  const { recipientScope, sentTo, recipientMatch } = condition;
  const inScope = recipients.map(
    (_, index) => recipientScope === undefined || facts.recipientScopes[index] === recipientScope,
  );
  const addressed = recipients.map(
    (recipient) => sentTo === undefined || sentTo.some((pattern) => matchesNormal(pattern, recipient)),
  );
  if (recipientScope !== undefined)
    add('recipientScope', enough(recipientMatch, inScope, `is ${recipientScope}`));
  if (sentTo !== undefined) {
    const what =
      sentTo.length === 1
        ? `matches ${JSON.stringify(sentTo[0])}`
        : `matches one of the ${sentTo.length} patterns`;
    add('sentTo', enough(recipientMatch, addressed, what));
  }
  const both = inScope.map((held, index) => held && addressed[index] === true);
  if (recipientScope !== undefined && sentTo !== undefined) {
    add('recipientMatch', enough(recipientMatch, both, 'satisfies both recipientScope and sentTo'));
  }
  return both;
}

/** What all rules share. */
interface Prepared {
  /** Normal addresses. */
  readonly recipients: readonly string[];
  readonly fold: Fold;
}

function evaluate(
  clause: 'when' | 'unless',
  condition: Condition,
  facts: MessageFacts,
  { recipients, fold }: Prepared,
): ClauseResult {
  const conditions: ConditionResult[] = [];
  const add: Add = (key, result) => conditions.push({ clause, key, ...result });
  const { direction, senderScope, from, subjectContains, headerContains } = condition;
  if (direction !== undefined) {
    const why =
      facts.direction === undefined ? 'the direction is not known' : `the message is ${facts.direction}`;
    add('direction', { held: facts.direction === direction, why });
  }
  if (senderScope !== undefined) {
    const { scope, why } = facts.senderScope;
    add('senderScope', { held: scope === senderScope, why: `the sender is ${scope}: ${why}` });
  }
  if (from !== undefined) add('from', fromHolds(from, facts.from));
  if (subjectContains !== undefined)
    add('subjectContains', contains('the subject', subjectContains, [facts.subject], fold));
  if (headerContains !== undefined) {
    const { name, words } = headerContains;
    const values = facts.header(name);
    const absent = { held: false, why: `there is no ${name} header` };
    add('headerContains', values.length === 0 ? absent : contains(`the ${name} header`, words, values, fold));
  }
  const rest = conditions.every((result) => result.held);
  const alone = addRecipientConditions(condition, facts, recipients, add).map((held) => held && rest);
  return { held: conditions.every((result) => result.held), conditions, alone };
}

function matchRule(rule: Rule, facts: MessageFacts, prepared: Prepared): RuleMatch {
  const when = evaluate('when', rule.when, facts, prepared);
  const unless = rule.unless === undefined ? undefined : evaluate('unless', rule.unless, facts, prepared);
  return {
    rule,
    matched: when.held && unless?.held !== true,
    conditions: [...when.conditions, ...(unless?.conditions ?? [])],
    recipients: when.alone.map((held, index) => ({ index, matched: held && unless?.alone[index] !== true })),
  };
}

/** Holds every rule of the policy against the message, in file order. */
export function matchRules(policy: Policy, facts: MessageFacts): readonly RuleMatch[] {
  const prepared = { recipients: facts.recipients.map(normalAddress), fold: createFold() };
  return policy.rules.map((rule) => matchRule(rule, facts, prepared));
}

/** The changes of the rules that act, in the order in which they act. */
export function plannedChanges(matches: readonly RuleMatch[]): readonly PlannedChange[] {
  return matches
    .filter((match) => match.matched)
    .flatMap(({ rule }) => rule.do.map((change) => ({ rule: rule.name, change })));
}
