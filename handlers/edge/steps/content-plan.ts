/**
 * What the rules' changes make of a message, before anything is done: pure, so that `explain` shows the same. Three
 * forms, one after the other: as the rules ask; with what WorkMail would refuse repaired; and the whole message wrapped.
 */
import { rewriteContent } from '../../../shared/mime/rewrite.ts';
import { type TransitProblem, transitProblems } from '../../../shared/mime/transit.ts';
import type {
  ChangeOutcome,
  ContentChange,
  Edit,
  Message,
  Repair,
  RewriteResult,
  UntouchableReason,
  Untouched,
} from '../../../shared/mime/types.ts';
import { whyNotAnswered } from '../../../shared/policy/answerable.ts';
import { toContentChanges } from '../../../shared/policy/content-changes.ts';
import type { PlannedChange } from '../../../shared/policy/decision.ts';
import type { MessageFacts } from '../../../shared/policy/message-facts.ts';
import { AUTH_FIELD, authChanges, bringsAuthField, strangersOut } from './auth-field.ts';

export interface ContentInput {
  readonly message: Message;
  /** Of the rules that act, in their order. */
  readonly planned: readonly PlannedChange[];
  readonly facts: MessageFacts;
  /** Where kept attachments can be had, by path. */
  readonly links?: ReadonlyMap<string, string>;
  /** The field that says that the message was rewritten; undefined where nothing could tell it from a forged one. */
  readonly mark?: { readonly name: string; readonly value: string } | undefined;
  /** The value of the field that says what DMARC decided; undefined where the policy wants none. */
  readonly authField?: string | undefined;
  /** Whether a text that stands at its place already is not added again. */
  readonly skipIfPresent: boolean;
}

/** What became of one change that a rule wants. */
export interface PlannedOutcome {
  readonly planned: PlannedChange;
  readonly outcome: ChangeOutcome;
}

/** What a rule wants for a message that cannot have its change, where it is not simply delivered. */
export interface Consequence {
  readonly kind: 'reject' | 'junk';
  readonly rule: string;
  readonly reason: 'untouchable' | 'rejected';
}

export interface ContentPlan {
  readonly form: 'asked' | 'repaired' | 'wrapped';
  /** For `applyEdits`; empty: nothing is put. */
  readonly edits: readonly Edit[];
  readonly outcomes: readonly PlannedOutcome[];
  readonly repaired: readonly Repair[];
  /** Why WorkMail may not take it, or will not (`isCertain`). */
  readonly problems: readonly TransitProblem[];
  readonly consequence: Consequence | undefined;
}

/** Of a wrapped message where no rule has a text for it. */
const WRAPPED_TEXT = 'The original message is attached.';

const UNTOUCHABLE: ReadonlySet<string> = new Set<UntouchableReason>([
  'signed',
  'encrypted',
  'report',
  'calendar',
  'tnef',
  'partial',
  'no-displayable-part',
  'undecodable',
  'too-large',
  'malformed',
]);

/** Limits that are documented to the octet. Of the other criteria AWS does not say all: what may be taken is tried. */
const CERTAIN: ReadonlySet<string> = new Set<TransitProblem['kind']>(['too-large', 'long-line']);

/** Whether WorkMail is known to refuse this. */
export function isCertain({ kind }: TransitProblem): boolean {
  return CERTAIN.has(kind);
}

/** The first form that can be put, with what the rules want besides. Without edits there is none, or nothing to do. */
export function planContent(input: ContentInput): ContentPlan {
  const plan = answerUntouchable(input, asAsked(input));
  return plan.problems.some(isCertain) ? planAfterRejection(input, plan) : plan;
}

/**
 * What to try after WorkMail refused `plan`, or would: the repair if there was none, then what the rules say for this.
 * Without edits: nothing more can be put.
 */
export function planAfterRejection(input: ContentInput, plan: ContentPlan): ContentPlan {
  const rules = contributing(plan);
  const forged = input.authField !== undefined && bringsAuthField(input.message);
  // Parts are not written anew for a field in the header alone, unless a sender would make it stay by that.
  if (plan.form === 'asked' && (forged || rules.length > 0) && rules.every(({ repair }) => repair)) {
    const repaired = withConsequence(asAsked(input, true), plan.consequence);
    if (repaired.repaired.length > 0 && canBePut(repaired)) return repaired;
  }
  const { wrap, consequence } = wishes(input, rules, (planned) => planned.ifRejected, 'rejected');
  if (wrap.length > 0 && consequence === undefined && plan.form !== 'wrapped') {
    const wrapped = withConsequence(asWrapped(input, wrap), plan.consequence);
    if (canBePut(wrapped)) return wrapped;
  }
  const end = strictest(plan.consequence, consequence);
  return { ...plan, edits: [], consequence: end ?? (forged ? FORGED_STAYS : undefined) };
}

/** Nobody honest writes this field for us, and it would be read as ours. */
const FORGED_STAYS: Consequence = { kind: 'junk', rule: AUTH_FIELD, reason: 'rejected' };

function canBePut({ edits, problems }: ContentPlan): boolean {
  return edits.length > 0 && !problems.some(isCertain);
}

function contributing(plan: ContentPlan): readonly PlannedChange[] {
  return plan.outcomes.filter(({ outcome }) => outcome.kind === 'edited').map(({ planned }) => planned);
}

function withConsequence(plan: ContentPlan, consequence: Consequence | undefined): ContentPlan {
  return { ...plan, consequence: strictest(plan.consequence, consequence) };
}

function strictest(first: Consequence | undefined, second: Consequence | undefined): Consequence | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return first.kind === 'junk' && second.kind === 'reject' ? second : first;
}

function asAsked(input: ContentInput, repair = false): ContentPlan {
  const { message, planned, facts, links, skipIfPresent } = input;
  const owned = planned.flatMap((each) =>
    toContentChanges([each], facts, links).map((change) => ({ planned: each, change })),
  );
  const changes = [...owned.map(({ change }) => change), ...authChanges(input.authField), ...markOf(input)];
  const rewrite = rewriteContent(message, changes, { skipIfPresent, repair });
  const result =
    input.authField === undefined ? rewrite : { ...rewrite, edits: strangersOut(message, rewrite) };
  const outcomes = owned.flatMap(({ planned: each }, index) => outcomeOf(each, result.outcomes[index]));
  return planOf(input, repair ? 'repaired' : 'asked', result, outcomes);
}

/** The texts of the changes that could not be made stand in the notice; nothing else is changed then. */
function asWrapped(input: ContentInput, wrap: readonly PlannedChange[]): ContentPlan {
  const { message, facts, links, skipIfPresent } = input;
  const notice = noticeFor(toContentChanges(wrap, facts, links));
  const changes = [notice, ...authChanges(input.authField), ...markOf(input)];
  const result = rewriteContent(message, changes, { skipIfPresent });
  const outcomes = wrap.flatMap((each) => outcomeOf(each, result.outcomes[0]));
  return planOf(input, 'wrapped', result, outcomes);
}

function noticeFor(changes: readonly ContentChange[]): ContentChange {
  const texts = changes.flatMap((change) =>
    change.kind === 'prependDisclaimer' || change.kind === 'appendDisclaimer' ? [change] : [],
  );
  if (texts.length === 0) return { kind: 'wrap', text: WRAPPED_TEXT };
  const html = texts.every((text) => text.html !== undefined)
    ? { html: texts.map((text) => text.html ?? '').join('\n') }
    : {};
  return { kind: 'wrap', text: texts.map(({ text }) => text).join('\n\n'), ...html };
}

function markOf({ mark }: ContentInput): ContentChange[] {
  return mark === undefined ? [] : [{ kind: 'addHeader', ...mark }];
}

function outcomeOf(planned: PlannedChange, outcome: ChangeOutcome | undefined): PlannedOutcome[] {
  return outcome === undefined ? [] : [{ planned, outcome }];
}

function planOf(
  { message, authField }: ContentInput,
  form: ContentPlan['form'],
  { edits, repaired }: RewriteResult,
  outcomes: readonly PlannedOutcome[],
): ContentPlan {
  // The mark alone is no reason for a Put, nor is the repair.
  const changed = authField !== undefined || outcomes.some(({ outcome }) => outcome.kind === 'edited');
  if (!changed) return { form, edits: [], outcomes, repaired: [], problems: [], consequence: undefined };
  const problems = transitProblems(message, edits);
  return { form, edits, outcomes, repaired, problems, consequence: undefined };
}

/** What the rules say for a message that they may not touch. */
function answerUntouchable(input: ContentInput, plan: ContentPlan): ContentPlan {
  const unmade = plan.outcomes.flatMap(unmadeOf);
  const refused = unmade
    .filter(({ outcome }) => UNTOUCHABLE.has(outcome.reason))
    .map(({ planned }) => planned);
  const { wrap, consequence } = wishes(input, refused, (planned) => planned.ifUntouchable, 'untouchable');
  // Of what is rejected nobody sees the content.
  if (consequence?.kind === 'reject') return { ...plan, edits: [], problems: [], consequence };
  if (consequence !== undefined) return { ...plan, consequence };
  if (wrap.length === 0) return plan;
  const wrapped = asWrapped(input, wrap);
  if (!canBePut(wrapped)) return plan;
  // What the rules could not do is in the log all the same, beside what was done instead.
  return { ...wrapped, outcomes: [...unmade, ...wrapped.outcomes] };
}

/**
 * A change that could not be made in all the message, or not in one of its parts: that another part can have it is no way
 * around what the rule says of those that cannot.
 */
function unmadeOf({
  planned,
  outcome,
}: PlannedOutcome): { readonly planned: PlannedChange; readonly outcome: Untouched }[] {
  if (outcome.kind === 'untouched') return [{ planned, outcome }];
  const left = outcome.left?.find(({ reason }) => UNTOUCHABLE.has(reason));
  return left === undefined ? [] : [{ planned, outcome: { kind: 'untouched', ...left } }];
}

interface Wishes {
  readonly wrap: readonly PlannedChange[];
  readonly consequence: Consequence | undefined;
}

/**
 * The strictest of what the rules concerned want: reject before junk before wrap. Inbound mail that must not be answered
 * goes to the junk folder instead of being rejected.
 */
function wishes(
  { facts }: ContentInput,
  concerned: readonly PlannedChange[],
  wishOf: (planned: PlannedChange) => PlannedChange['ifUntouchable'],
  reason: Consequence['reason'],
): Wishes {
  const first = (wish: 'reject' | 'junk') => concerned.find((planned) => wishOf(planned) === wish);
  const wrap = concerned.filter((planned) => wishOf(planned) === 'wrap');
  for (const kind of ['reject', 'junk'] as const) {
    const planned = first(kind);
    if (planned === undefined) continue;
    const mayReject = facts.direction === 'outbound' || whyNotAnswered(facts) === undefined;
    return { wrap, consequence: { kind: mayReject ? kind : 'junk', rule: planned.rule, reason } };
  }
  return { wrap, consequence: undefined };
}
