/**
 * Calls of functions. A synchronous one that fails is called again with growing pauses until the rule timeout; then
 * the fallback acts. An asynchronous one is called up to three times, as Lambda does for events, and then given up.
 */
import { heldRecipients } from '../decisions.ts';
import type { InvokeOutcome } from '../types.ts';
import { readAnswer } from './answer.ts';
import type { Plan, Settled } from './decide.ts';
import { type Engine, stateOf, type Work } from './engine.ts';
import { buildRuleEvent } from './rule-event.ts';
import { backOff, sleep } from './turns.ts';
import type { AsyncCall, Attempts, Entry, LambdaRule } from './types.ts';

/** The guide says that pauses grow exponentially, not from where: these are ours. */
const FIRST_PAUSE_MS = 10_000;
const MAX_PAUSE_MS = 600_000;
/** Lambda's pauses before the second and the third try of an event. */
const ASYNC_PAUSES_MS = [60_000, 120_000] as const;
/** Log records of one call that the trace keeps; a function that logs without end must not fill the disk. */
const MAX_TRACED_LOGS = 1_000;

/** Asks until there is an answer or the rule timeout is over. Tries and times survive a restart. */
export async function ask(engine: Engine, work: Work, question: Plan['questions'][number]): Promise<Settled> {
  for (;;) {
    const { rule } = question;
    const before = stateOf(engine, work.entry).attempts.get(rule.name);
    if (before !== undefined) await sleep(before.nextAt - engine.deps.now(), engine.stopping);
    const asked = await engine.messageTurns(() => askOnce(engine, work, question, before));
    if (asked !== undefined) return asked;
  }
}

async function askOnce(
  engine: Engine,
  work: Work,
  { rule, recipients }: Plan['questions'][number],
  before: Attempts | undefined,
): Promise<Settled | undefined> {
  const { entry, facts } = work;
  const { deps, archive } = engine;
  const firstAt = before?.firstAt ?? deps.now();
  const count = (before?.count ?? 0) + 1;
  const { nullSender } = deps.organization.assumptions;
  const event = buildRuleEvent({ entry, facts, rule: rule.name, recipients, nullSender });
  archive.flush(entry.id);
  const outcome = await deps.lambda.invoke(rule.function, event);
  const answer = readAnswer(outcome, {
    direction: entry.direction,
    recipients,
    knows: (address) => deps.organization.knows(address),
  });
  const said = answer.kind === 'answer' ? 'it answered' : answer.why;
  const text = `Rule "${rule.name}" called ${rule.function} (try ${count}): ${said}, after ${ms(outcome)}.`;
  const call = describeCall(rule.name, rule.function, count, outcome);
  archive.tell(entry.id, 'invoke', text, { ...call, event });
  if (answer.kind === 'failed') return afterFailure(engine, entry, rule, { count, firstAt, why: answer.why });
  for (const note of answer.notes) {
    archive.tell(entry.id, 'disposition', `Of the answer: ${note}.`, { rule: rule.name });
  }
  return { ...answer, held: heldRecipients(outcome.logs, recipients) };
}

/** Puts the next try on record, or gives up. */
async function afterFailure(
  engine: Engine,
  entry: Entry,
  rule: LambdaRule,
  failure: { readonly count: number; readonly firstAt: number; readonly why: string },
): Promise<Settled | undefined> {
  const { deps, archive, journal } = engine;
  const { count, firstAt, why } = failure;
  const now = deps.now();
  const deadline = firstAt + rule.ruleTimeoutMs * deps.timeScale;
  if (now >= deadline) {
    const text = `The rule timeout is over: the fallback of "${rule.name}", ${rule.fallback}, acts for everyone.`;
    archive.tell(entry.id, 'fallback', text, { rule: rule.name, fallback: rule.fallback, tries: count });
    return { kind: 'fallback', why: `the function failed: ${why}` };
  }
  const pause = backOff(count, FIRST_PAUSE_MS, MAX_PAUSE_MS) * deps.timeScale;
  // The last try is at the deadline, so that an outage that ends just before it does no harm.
  const nextAt = Math.min(now + pause, deadline);
  await journal.append({
    op: 'attempt',
    id: entry.id,
    rule: rule.name,
    attempts: { count, firstAt, nextAt },
  });
  tellRetry(engine, entry, rule.function, { nextAt, now, tries: count, why });
  return undefined;
}

/** Makes one asynchronous call, trying again as Lambda does; delivery does not wait for it. */
export async function callBeside(engine: Engine, work: Work, call: AsyncCall): Promise<void> {
  for (;;) {
    const before = stateOf(engine, work.entry).attempts.get(call.rule);
    if (before !== undefined) await sleep(before.nextAt - engine.deps.now(), engine.stopping);
    if (await engine.callTurns(() => callOnce(engine, work, call, before))) return;
  }
}

/** Whether the call is over, well or not. */
async function callOnce(
  engine: Engine,
  work: Work,
  call: AsyncCall,
  before: Attempts | undefined,
): Promise<boolean> {
  const { entry, facts } = work;
  const { deps, archive, journal } = engine;
  const firstAt = before?.firstAt ?? deps.now();
  const count = (before?.count ?? 0) + 1;
  const { nullSender } = deps.organization.assumptions;
  const event = buildRuleEvent({ entry, facts, rule: call.rule, recipients: call.recipients, nullSender });
  const outcome = await deps.lambda.invoke(call.function, event);
  const pause = ASYNC_PAUSES_MS[count - 1];
  const over = outcome.kind === 'answer' || pause === undefined;
  const said =
    outcome.kind === 'answer'
      ? 'it succeeded'
      : `it failed (${outcome.kind})${over ? ' and is given up' : ''}`;
  const text = `Beside the delivery, rule "${call.rule}" called ${call.function} (try ${count}): ${said}.`;
  archive.tell(entry.id, 'invoke', text, {
    ...describeCall(call.rule, call.function, count, outcome),
    event,
  });
  if (over) {
    await journal.append({ op: 'called', id: entry.id, rule: call.rule });
    return true;
  }
  const now = deps.now();
  const nextAt = now + pause * deps.timeScale;
  await journal.append({
    op: 'attempt',
    id: entry.id,
    rule: call.rule,
    attempts: { count, firstAt, nextAt },
  });
  tellRetry(engine, entry, call.function, { nextAt, now });
  return false;
}

interface NextTry {
  readonly nextAt: number;
  readonly now: number;
  /** Of a call that decides about the message: how often it failed, and why the last time. */
  readonly tries?: number;
  readonly why?: string;
}

function tellRetry(engine: Engine, entry: Entry, functionName: string, next: NextTry): void {
  const { nextAt, now, ...failed } = next;
  const text = `Will call ${functionName} again in ${seconds(nextAt - now)}.`;
  engine.archive.tell(entry.id, 'retry', text, {
    function: functionName,
    nextAt: new Date(nextAt).toISOString(),
    ...failed,
  });
  engine.archive.flush(entry.id);
  // Whoever asks for the message meanwhile finds that it came in.
  engine.events.flush();
}

function describeCall(
  rule: string,
  functionName: string,
  count: number,
  outcome: InvokeOutcome,
): Record<string, unknown> {
  const { durationMs, coldStart, kind } = outcome;
  const logs = outcome.logs.slice(0, MAX_TRACED_LOGS);
  const common = { rule, function: functionName, try: count, outcome: kind, durationMs, coldStart, logs };
  if (outcome.kind === 'answer') return { ...common, answer: outcome.payload };
  if (outcome.kind === 'error')
    return { ...common, errorType: outcome.errorType, errorMessage: outcome.errorMessage };
  return outcome.kind === 'crash' ? { ...common, why: outcome.why } : common;
}

function ms(outcome: InvokeOutcome): string {
  return `${Math.round(outcome.durationMs)} ms${outcome.coldStart ? ' (cold start)' : ''}`;
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(durationMs < 10_000 ? 1 : 0)} s`;
}
