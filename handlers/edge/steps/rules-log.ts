/** What the rules found and did, as records: names of rules and kinds of conditions, nothing of the message. */
import type { ConditionResult, RuleMatch } from '../../../shared/policy/decision.ts';
import type { Invocation } from '../invocation.ts';
import type { ContentPlan, PlannedOutcome } from './content-plan.ts';
import { logSkip } from './step.ts';

/** A policy of hundreds of rules must not write hundreds of names for every message. */
const MAX_LOGGED_RULES = 50;
/** A change of links may touch thousands of places; the records of one message must fit into the log. */
const MAX_LOGGED_EDITS = 20;

/** The patterns and words of other conditions would show whom a message is from and what it speaks of. */
const TELLABLE: ReadonlySet<string> = new Set(['direction', 'senderScope', 'recipientScope']);

/** Which rules act, and for which condition the others do not: one record, however many rules there are. */
export function logRules(invocation: Invocation, matches: readonly RuleMatch[]): void {
  const matched = matches.filter((match) => match.matched);
  const others = matches.filter((match) => !match.matched).slice(0, MAX_LOGGED_RULES);
  invocation.log({
    level: 'info',
    event: 'rules',
    step: 'rewrite',
    matched: matched.map(({ rule, state, conditions, recipients }) => ({
      rule: rule.name,
      ...(state === 'acts' ? {} : { state }),
      ...(rule.reason === undefined ? {} : { reason: rule.reason }),
      because: conditions.filter(({ clause }) => clause === 'when').map(because),
      // A change is for everyone: these get it although the rule is not about them.
      withoutMatching: recipients.filter((recipient) => !recipient.matched).map(({ index }) => index),
    })),
    notMatched: others.map(({ rule, state, conditions }) => ({
      rule: rule.name,
      ...(state === 'no-match' ? {} : { state }),
      because: conditions.filter(({ clause, held }) => held === (clause === 'unless')).map(because),
    })),
  });
}

function because({ clause, key, why }: ConditionResult): string {
  return TELLABLE.has(key) ? `${clause} ${key}: ${why}` : `${clause} ${key}`;
}

/** What became of each change; what was repaired; why WorkMail would not take it. */
export function logPlan(invocation: Invocation, { outcomes, repaired, problems, form }: ContentPlan): void {
  let logged = 0;
  for (const outcome of outcomes) logged += logOutcome(invocation, outcome, MAX_LOGGED_EDITS - logged);
  for (const { kind, path } of repaired.slice(0, MAX_LOGGED_EDITS))
    invocation.log({ level: 'info', event: 'repair', step: 'rewrite', kind, path });
  for (const { kind } of problems.slice(0, MAX_LOGGED_EDITS))
    invocation.log({ level: 'warn', event: 'transit', step: 'rewrite', form, problem: kind });
}

/** How many records were written. */
function logOutcome(invocation: Invocation, { planned, outcome }: PlannedOutcome, atMost: number): number {
  const named = { rule: planned.rule, change: planned.change.kind };
  if (outcome.kind === 'untouched') {
    const path = outcome.path === undefined ? {} : { path: outcome.path };
    logSkip(invocation, 'rewrite', outcome.reason, { ...named, ...path });
    return 1;
  }
  const parts = outcome.parts.slice(0, Math.max(1, atMost));
  for (const { path, mediaType, bytesBefore, bytesAfter } of parts) {
    const part = { path, mediaType, bytesBefore, bytesAfter };
    invocation.log({ level: 'info', event: 'edit', step: 'rewrite', ...named, ...part });
  }
  const left = outcome.left?.slice(0, Math.max(1, atMost - parts.length)) ?? [];
  for (const { path, reason } of left) logSkip(invocation, 'rewrite', reason, { ...named, path });
  return parts.length + left.length;
}
