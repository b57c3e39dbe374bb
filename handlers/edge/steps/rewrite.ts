/**
 * Changes the content as the rules say: at most one object in S3 and one Put. One Put changes the copy of every
 * recipient. A copy that carries our mark was rewritten by an earlier call and is left as it is.
 */
import {
  applyEdits,
  type ChangeOutcome,
  type ContentChange,
  concatSlices,
  rewriteContent,
} from '../../../shared/mime/index.ts';
import { messageFacts } from '../../../shared/policy/facts.ts';
import {
  type ConditionResult,
  matchRules,
  type PlannedChange,
  plannedChanges,
  type RuleMatch,
} from '../../../shared/policy/match.ts';
import type { Rule } from '../../../shared/policy/types.ts';
import { MARK_HEADER } from '../../../shared/workmail/mark.ts';
import type { PutResult } from '../../../shared/workmail/message-flow.ts';
import type { FetchedMessage, Invocation } from '../invocation.ts';
import { discard, replace, store } from './replace.ts';
import { type OnError, type Settled, settle } from './settle.ts';
import { DELIVER, logDecision, logNoMessage, logSkip, type Step } from './step.ts';

/** A policy of hundreds of rules must not write hundreds of names for every message. */
const MAX_LOGGED_RULES = 50;

/** What is answered for the message wherever it cannot be changed. */
const UNCHANGED = 'deliverUnchanged';

/** What the rules make of the message, before anything is done. */
type Plan =
  | { readonly kind: 'leave'; readonly reason: string }
  | { readonly kind: 'replace'; readonly content: Uint8Array; readonly rules: readonly Rule[] };

export const rewrite: Step = {
  name: 'rewrite',

  idle({ policy }) {
    return policy.rules.length === 0 ? 'no-rules' : undefined;
  },

  async run(invocation) {
    const anyRule = onErrorOf(invocation, invocation.policy.rules);
    const planned = await settle(invocation, 'rewrite', anyRule, () => plan(invocation));
    if (planned.kind !== 'done') return unchanged(invocation, reasonOf(planned));
    if (planned.value.kind === 'leave') return unchanged(invocation, planned.value.reason);
    const { content, rules } = planned.value;
    const names = rules.map((rule) => rule.name);
    if (invocation.mode === 'monitor') {
      return unchanged(invocation, 'monitor', { wouldBe: 'rewritten', rules: names });
    }
    const onError = onErrorOf(invocation, rules);
    const stored = await settle(invocation, 'rewrite', onError, () => store(invocation, content));
    if (stored.kind !== 'done') return unchanged(invocation, reasonOf(stored));
    const put = await settle(invocation, 'rewrite', onError, () => replace(invocation, stored.value));
    if (put.kind !== 'done') return unconfirmed(invocation, put);
    // After any answer WorkMail is done with the object: it has read it, or never will.
    await discard(invocation, stored.value);
    if (put.value.kind !== 'stored') return refused(invocation, put.value);
    logDecision(invocation, 'rewrite', 'rewritten', 'rules-matched', { rules: names });
    return DELIVER;
  },
};

/** The strictest wish of the rules that are concerned: one that wants a retry gets it, unless we only watch. */
function onErrorOf({ mode }: Invocation, rules: readonly Rule[]): OnError<typeof UNCHANGED> {
  const strictest = (choices: readonly Rule['onTimeout'][]) =>
    mode === 'enforce' && choices.includes('retry') ? 'retry' : UNCHANGED;
  return {
    onTimeout: strictest(rules.map((rule) => rule.onTimeout)),
    onTemporaryError: strictest(rules.map((rule) => rule.onTemporaryError)),
    onPermanentError: UNCHANGED,
  };
}

type NotDone = Exclude<Settled<unknown, string>, { kind: 'done' }>;

function reasonOf(settled: NotDone): string {
  return settled.kind === 'failed' ? 'permanent-error' : settled.reason;
}

/** The call was under way when it ended: WorkMail may have the new content or not. A retry would know it by its mark. */
function unconfirmed(invocation: Invocation, settled: NotDone) {
  if (settled.kind === 'failed') return unchanged(invocation, reasonOf(settled));
  logDecision(invocation, 'rewrite', 'unconfirmed', settled.reason);
  return DELIVER;
}

function unchanged(invocation: Invocation, reason: string, more?: Parameters<typeof logDecision>[4]) {
  logDecision(invocation, 'rewrite', 'unchanged', reason, more);
  return DELIVER;
}

/**
 * WorkMail did not take the new content: a stated answer, since asking again would end the same. A frozen message is no
 * failure: users redirect mail every day, and nobody can change what is redirected.
 */
function refused(invocation: Invocation, result: Exclude<PutResult, { kind: 'stored' }>) {
  if (result.kind === 'frozen') {
    logSkip(invocation, 'rewrite', 'frozen');
    return unchanged(invocation, 'frozen');
  }
  const reason = 'reason' in result ? result.reason : result.kind;
  const failure = { step: 'rewrite', kind: result.kind, reason, action: UNCHANGED } as const;
  invocation.log({ level: 'error', event: 'failure', ...failure });
  return unchanged(invocation, result.kind);
}

async function plan(invocation: Invocation): Promise<Plan> {
  const message = await invocation.message();
  if (message.kind !== 'found') {
    logNoMessage(invocation, 'rewrite', message.kind, UNCHANGED);
    return { kind: 'leave', reason: message.kind };
  }
  const state = await invocation.rewriteState(message);
  if (state === 'same-rules' || state === 'other-rules') {
    logSkip(invocation, 'rewrite', 'already-rewritten', { mark: state });
    return { kind: 'leave', reason: 'already-rewritten' };
  }
  const matches = match(invocation, message);
  const changes = plannedChanges(matches);
  if (changes.length === 0) return { kind: 'leave', reason: 'no-rule-matched' };
  const content = await edit(invocation, message, changes);
  if (content === undefined) return { kind: 'leave', reason: 'nothing-to-edit' };
  return { kind: 'replace', content, rules: matches.filter((m) => m.matched).map((m) => m.rule) };
}

function match(invocation: Invocation, message: FetchedMessage): readonly RuleMatch[] {
  const { event, policy } = invocation;
  const direction =
    event.flowDirection === undefined
      ? undefined
      : event.flowDirection === 'INBOUND'
        ? 'inbound'
        : 'outbound';
  const facts = messageFacts({
    message: message.parsed(),
    direction,
    recipients: event.recipients,
    evidence: message.evidence(),
    author: message.author(),
    organization: policy.organization,
  });
  const matches = matchRules(policy, facts);
  logRules(invocation, matches);
  return matches;
}

/** Which rules act, and for which condition the others do not: one record, however many rules there are. */
function logRules(invocation: Invocation, matches: readonly RuleMatch[]): void {
  const acting = matches.filter(({ matched }) => matched);
  const others = matches.filter(({ matched }) => !matched).slice(0, MAX_LOGGED_RULES);
  invocation.log({
    level: 'info',
    event: 'rules',
    step: 'rewrite',
    matched: acting.map(({ rule, conditions, recipients }) => ({
      rule: rule.name,
      because: conditions.filter(({ clause }) => clause === 'when').map(because),
      // A change is for everyone: these get it although the rule is not about them.
      withoutMatching: recipients.filter((recipient) => !recipient.matched).map(({ index }) => index),
    })),
    notMatched: others.map(({ rule, conditions }) => ({
      rule: rule.name,
      because: conditions.filter(({ clause, held }) => held === (clause === 'unless')).map(because),
    })),
  });
}

/** The patterns and words of other conditions would show whom a message is from and what it speaks of. */
const TELLABLE: ReadonlySet<string> = new Set(['direction', 'senderScope', 'recipientScope']);

function because({ clause, key, why }: ConditionResult): string {
  return TELLABLE.has(key) ? `${clause} ${key}: ${why}` : `${clause} ${key}`;
}

/** The rewritten bytes, with the mark; undefined when no change could be made. */
async function edit(
  invocation: Invocation,
  message: FetchedMessage,
  planned: readonly PlannedChange[],
): Promise<Uint8Array | undefined> {
  const mark = await invocation.newMark();
  const changes: ContentChange[] = planned.map(({ change }) => change);
  if (mark === undefined) {
    invocation.log({
      level: 'warn',
      event: 'mark',
      step: 'rewrite',
      outcome: 'no-key',
      reason: 'compares-content',
    });
  } else {
    changes.push({ kind: 'addHeader', name: MARK_HEADER, value: mark });
  }
  const result = rewriteContent(message.parsed(), changes, { skipIfPresent: mark === undefined });
  const outcomes = result.outcomes.slice(0, planned.length);
  for (const [index, outcome] of outcomes.entries()) logOutcome(invocation, planned[index], outcome);
  // The mark alone is no reason for a Put.
  if (!outcomes.some((outcome) => outcome.kind === 'edited')) return undefined;
  return concatSlices(applyEdits(message.bytes, result.edits));
}

function logOutcome(
  invocation: Invocation,
  planned: PlannedChange | undefined,
  outcome: ChangeOutcome,
): void {
  const named = { rule: planned?.rule ?? '', change: planned?.change.kind ?? '' };
  if (outcome.kind === 'untouched') {
    const path = outcome.path === undefined ? {} : { path: outcome.path };
    logSkip(invocation, 'rewrite', outcome.reason, { ...named, ...path });
    return;
  }
  for (const { path, mediaType, bytesBefore, bytesAfter } of outcome.parts) {
    const part = { path, mediaType, bytesBefore, bytesAfter };
    invocation.log({ level: 'info', event: 'edit', step: 'rewrite', ...named, ...part });
  }
}
