/**
 * What the rules say: a message that an administrator released passes; for any other it is looked up what the rules ask,
 * decided, kept what is to be kept, the content changed by one Put, told who is to be told, and said what becomes of each
 * recipient's copy. One Put changes the copy of every recipient. A copy that carries our mark was rewritten by an earlier
 * call: its content is left as it is, and what becomes of it is what was decided then.
 *
 * What most messages do not need is loaded when one does: the code that changes content, that keeps and that tells.
 */
import { decide } from '../../../shared/policy/decide.ts';
import type { Decision, Effect } from '../../../shared/policy/decision.ts';
import type { MessageFacts } from '../../../shared/policy/message-facts.ts';
import { noticeText } from '../../../shared/policy/variable-values.ts';
import type { FetchedMessage, Invocation } from '../invocation.ts';
import type { KeepResult } from '../keep/keeping.ts';
import { releaseState } from '../keep/release.ts';
import type { Consequence } from './content-plan.ts';
import { type Outcome, readDecision, readDecisionFor, toKeep } from './kept-decision.ts';
import { factsOf, factsWithout } from './lookups.ts';
import { answerOf, DESTROYING, logOutcomes, sparing } from './recipients.ts';
import { logRules } from './rules-log.ts';
import { onErrorOf, reasonOf, settle } from './settle.ts';
import {
  DELIVER,
  logDecision,
  logNoMessage,
  logSkip,
  NO_OPINION,
  type SoFar,
  type Step,
  type StepResult,
  spared,
} from './step.ts';

/** Afterwards nobody of ours has it: neither a person nor the quarantine. */
const GONE_FOR_GOOD: ReadonlySet<string> = new Set(['deleteMessage', 'rejectMessage', 'removed']);

interface Decided {
  readonly message: FetchedMessage;
  readonly facts: MessageFacts;
  readonly decision: Pick<Decision, 'changes' | 'recipients' | 'added' | 'effects'>;
  readonly strangeMark: boolean;
  readonly authField: string | undefined;
}

type Judged =
  | { readonly kind: 'leave'; readonly reason: string }
  | ({ readonly kind: 'decided' } & Decided)
  /** By an earlier call, which did all but answer. */
  | { readonly kind: 'before'; readonly message: FetchedMessage; readonly outcome: Outcome };

export const rules: Step = {
  name: 'rewrite',

  idle({ policy }) {
    return policy.rules.length === 0 && policy.dmarc?.header !== true ? 'no-rules' : undefined;
  },

  async run(invocation, soFar) {
    const anyRule = onErrorOf(invocation, invocation.policy.rules);
    const judged = await settle(invocation, 'rewrite', anyRule, () => judge(invocation, soFar));
    if (judged.kind !== 'done') return unchanged(invocation, reasonOf(judged));
    if (judged.value.kind === 'leave') return unchanged(invocation, judged.value.reason);
    if (judged.value.kind === 'decided') return carryOut(invocation, judged.value, soFar);
    const { message, outcome } = judged.value;
    logDecision(invocation, 'rewrite', 'unchanged', 'already-rewritten');
    if (invocation.mode === 'monitor') return NO_OPINION;
    await tell(invocation, message, () => factsWithout(invocation, message), outcome.effects);
    // It holds as it was: what had no record then was spared then.
    return answerOf(invocation, outcome, false);
  },
};

function unchanged(invocation: Invocation, reason: string): StepResult {
  logDecision(invocation, 'rewrite', 'unchanged', reason);
  return NO_OPINION;
}

async function judge(invocation: Invocation, soFar: SoFar): Promise<Judged> {
  const message = await invocation.message();
  if (message.kind !== 'found') {
    logNoMessage(invocation, 'rewrite', message.kind, 'deliverUnchanged');
    return { kind: 'leave', reason: message.kind };
  }
  if ((await releaseState(invocation, message)) === 'released') return { kind: 'leave', reason: 'released' };
  const { state, decision: marked } = await invocation.rewriteState(message);
  if (state === 'no-key') return withoutKey(invocation, message, soFar);
  if (state !== 'same-rules' && state !== 'other-rules')
    return decideOn(invocation, message, soFar, state === 'not-ours');
  logSkip(invocation, 'rewrite', 'already-rewritten', { mark: state });
  if (marked === undefined) return { kind: 'leave', reason: 'already-rewritten' };
  return asBefore(invocation, message, soFar, marked);
}

/**
 * What was decided before our Put. Where that cannot be read the rules are asked again, about a message that they have
 * changed: nobody's copy is destroyed on that, for what they find may be our own words.
 */
async function asBefore(
  invocation: Invocation,
  message: FetchedMessage,
  soFar: SoFar,
  marked: string,
): Promise<Judged> {
  const outcome = await keptOutcome(invocation, () => readDecision(invocation, marked));
  if (outcome !== undefined) return { kind: 'before', message, outcome };
  const again = await decideOn(invocation, message, { ...soFar, authField: undefined }, false);
  if (again.kind === 'leave') return again;
  const recipients = sparing(
    invocation,
    again.decision.recipients,
    ({ outcome: wanted }) => GONE_FOR_GOOD.has(wanted),
    'decision-gone',
  );
  return { ...again, decision: { ...again.decision, recipients, changes: [] } };
}

/** Asked before the rules: they may not hold any more for what they changed. */
async function withoutKey(invocation: Invocation, message: FetchedMessage, soFar: SoFar): Promise<Judged> {
  const outcome = await keptOutcome(invocation, () => readDecisionFor(invocation, message));
  if (outcome === undefined) return decideOn(invocation, message, soFar, false);
  logSkip(invocation, 'rewrite', 'already-rewritten', { mark: 'no-key' });
  return { kind: 'before', message, outcome };
}

/** Undefined also where S3 does not tell now, and no rule wants mail to wait for that. */
async function keptOutcome(
  invocation: Invocation,
  read: () => Promise<Outcome | undefined>,
): Promise<Outcome | undefined> {
  const onError = onErrorOf(invocation, invocation.policy.rules);
  const kept = await settle(invocation, 'rewrite', onError, read);
  return kept.kind === 'done' ? kept.value : undefined;
}

async function decideOn(
  invocation: Invocation,
  message: FetchedMessage,
  soFar: SoFar,
  strangeMark: boolean,
): Promise<Exclude<Judged, { kind: 'before' }>> {
  const { authField } = soFar;
  const facts = await factsOf(invocation, message, soFar);
  const decision = decide(invocation.policy, facts);
  if (invocation.policy.rules.length > 0) logRules(invocation, decision.rules);
  const nothing =
    authField === undefined &&
    decision.changes.length === 0 &&
    toKeep({ ...decision, consequence: undefined }) === undefined;
  if (nothing) return { kind: 'leave', reason: 'no-rule-matched' };
  return { kind: 'decided', message, facts, decision, strangeMark, authField };
}

async function carryOut(invocation: Invocation, decided: Decided, soFar: SoFar): Promise<StepResult> {
  const { message, facts, strangeMark, authField } = decided;
  const watching = invocation.mode === 'monitor';
  const { decision, links } = watching
    ? { decision: decided.decision, links: new Map<string, string>() }
    : await keep(invocation, message, recordedOnly(invocation, decided.decision, soFar));
  const { changes: planned, recipients, added, effects } = decision;
  const outcome = { recipients, added, effects, ...saidBefore(soFar) };
  let consequence: Consequence | undefined;
  if (isGone(outcome)) logDecision(invocation, 'rewrite', 'unchanged', 'not-delivered');
  else if (planned.length === 0 && authField === undefined)
    logDecision(invocation, 'rewrite', 'unchanged', 'nothing-to-edit');
  else {
    const input = { message: message.parsed(), planned, facts, links, authField };
    const gathered = () => invocation.gathered(message);
    const { changeContent } = await import('./content.ts');
    consequence = await changeContent(invocation, { input, outcome, strangeMark, gathered });
  }
  if (watching) {
    logOutcomes(invocation, { ...outcome, consequence });
    return NO_OPINION;
  }
  await tell(invocation, message, () => facts, effects);
  return answerOf(invocation, { ...outcome, consequence }, soFar.recordMissing);
}

/** What a retry has to be told of DMARC: nothing where it leaves every copy alone. */
function saidBefore({ dmarc }: SoFar): Pick<Outcome, 'dmarc'> {
  if (dmarc === undefined) return {};
  const { dispositions, rest = DELIVER } = dmarc;
  const each = 'type' in dispositions ? [dispositions] : [...dispositions, rest];
  return each.every(({ type }) => type === 'DEFAULT') ? {} : { dmarc };
}

/** Nobody gets it, so its content does not matter. A truncated event may show nobody, and yet somebody gets it. */
function isGone({ recipients, added }: Omit<Outcome, 'consequence'>): boolean {
  return (
    recipients.length > 0 && added.length === 0 && recipients.every(({ outcome }) => DESTROYING.has(outcome))
  );
}

/** Without a record that is wanted nobody's copy is destroyed or held back; what is kept for a retry says so, too. */
function recordedOnly(
  invocation: Invocation,
  decision: Decided['decision'],
  { recordMissing }: SoFar,
): Decided['decision'] {
  if (!recordMissing || !decision.recipients.some(({ outcome }) => DESTROYING.has(outcome))) return decision;
  spared(invocation, 'rules');
  return {
    ...decision,
    recipients: sparing(
      invocation,
      decision.recipients,
      ({ outcome }) => DESTROYING.has(outcome),
      'record-missing',
    ),
    effects: decision.effects.filter(({ kind }) => kind !== 'quarantine'),
  };
}

interface Kept {
  readonly decision: Decided['decision'];
  readonly links: KeepResult['links'];
}

/** Keeps what is to be kept. What cannot be kept is not stopped, and its attachments are not taken out. */
async function keep(
  invocation: Invocation,
  message: FetchedMessage,
  decision: Decided['decision'],
): Promise<Kept> {
  const { effects } = decision;
  if (effects.length === 0) return { decision, links: new Map() };
  const names = new Set(effects.map(({ rule }) => rule));
  const onError = onErrorOf(
    invocation,
    invocation.policy.rules.filter(({ name }) => names.has(name)),
  );
  let result: KeepResult = { links: new Map(), failed: effects };
  await settle(invocation, 'rewrite', onError, async () => {
    const { performKeeping } = await import('../keep/keeping.ts');
    result = await performKeeping(invocation, message, effects);
    // What was kept all the same counts, where the rules do not want all of it tried again.
    if (result.temporary !== undefined) throw result.temporary;
  });
  const { links, failed } = result;
  return { decision: without(invocation, decision, failed), links };
}

function without(
  invocation: Invocation,
  decision: Decided['decision'],
  failed: readonly Effect[],
): Decided['decision'] {
  const failedFor = (kind: Effect['kind']) =>
    new Set(failed.filter((effect) => effect.kind === kind).map(({ rule }) => rule));
  const notHeld = failedFor('quarantine');
  const notSaved = failedFor('saveAttachments');
  return {
    ...decision,
    effects: decision.effects.filter((effect) => effect.kind === 'notify' || !failed.includes(effect)),
    changes: decision.changes.filter(
      ({ rule, change }) => change.kind !== 'replaceAttachments' || !notSaved.has(rule),
    ),
    recipients: sparing(
      invocation,
      decision.recipients,
      ({ outcome, rule }) => outcome === 'quarantine' && notHeld.has(rule ?? ''),
      'not-kept',
    ),
  };
}

async function tell(
  invocation: Invocation,
  message: FetchedMessage,
  factsOfIt: () => MessageFacts | Promise<MessageFacts>,
  effects: readonly Effect[],
): Promise<void> {
  if (effects.length === 0) return;
  const { sendNotices } = await import('../keep/notices.ts');
  const facts = await factsOfIt();
  const reasonFor = (name: string) => invocation.policy.rules.find((rule) => rule.name === name)?.reason;
  return sendNotices(invocation, message, effects, (rule, text) =>
    noticeText(text, facts, { rule, reason: reasonFor(rule) }),
  );
}
