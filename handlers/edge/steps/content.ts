/** Changes the content as planned: an object in S3, what was decided beside it, and a Put; again where WorkMail refuses. */
import type { Evidence } from '../../../shared/auth/evidence-types.ts';
import { applyEdits } from '../../../shared/mime/edits.ts';
import type { Rule } from '../../../shared/policy/types.ts';
import { MARK_HEADER } from '../../../shared/workmail/mark.ts';
import type { PutResult } from '../../../shared/workmail/message-flow.ts';
import type { Invocation } from '../invocation.ts';
import { digestOf } from '../object-stream.ts';
import {
  type Consequence,
  type ContentInput,
  type ContentPlan,
  isCertain,
  planAfterRejection,
  planContent,
} from './content-plan.ts';
import { keepDecision, type Outcome, toKeep } from './kept-decision.ts';
import { discard, replace, store } from './replace.ts';
import { logPlan } from './rules-log.ts';
import { type NotDone, type OnError, onErrorOf, reasonOf, settle, UNCHANGED } from './settle.ts';
import { logDecision, logSkip } from './step.ts';

/** As asked with its seal, without it, repaired, wrapped. */
const MAX_PUTS = 4;

/** What the rules want besides, because the content could not be changed; undefined when they want nothing. */
export type ContentEnd = Consequence | undefined;

export interface ContentJob {
  readonly input: Omit<ContentInput, 'mark' | 'skipIfPresent'>;
  /** What becomes of the recipients, apart from what comes of the content. */
  readonly outcome: Omit<Outcome, 'consequence'>;
  /** What is known about the sender, for a seal; asked where there is to be one. */
  readonly gathered: () => Promise<Evidence>;
  /** Whether marks are there that are none of ours: after a change of the key one of them may have been. */
  readonly strangeMark: boolean;
}

/** Plans the changes and carries them out. Throws only what the rules want to be tried again. */
export async function changeContent(invocation: Invocation, job: ContentJob): Promise<ContentEnd> {
  const onError = onErrorOf(invocation, rulesOf(invocation, job));
  const planned = await settle(invocation, 'rewrite', onError, () => plan(invocation, job));
  if (planned.kind !== 'done') return unchanged(invocation, reasonOf(planned));
  let current: Current = { ...planned.value, sealing: invocation.event.flowDirection !== 'OUTBOUND' };
  for (let puts = 1; ; puts += 1) {
    logPlan(invocation, current.plan);
    if (current.plan.edits.length === 0) return unchanged(invocation, whyNothing(current.plan), current.plan);
    if (invocation.mode === 'monitor') return watched(invocation, current.plan);
    const content = await contentOf(invocation, job, current);
    const put = await putOnce(invocation, job, { ...current, slices: content.slices }, onError);
    if (put === 'ended') return current.plan.consequence;
    if (put.kind === 'stored') return rewritten(invocation, current.plan, content.sealed);
    if (put.kind !== 'rejected') return refused(invocation, put, current.plan);
    if (puts === MAX_PUTS) return refused(invocation, put, current.plan);
    // What our own seal brought about must not cost the sender's message more than that.
    const next = content.sealed ? current.plan : planAfterRejection(current.input, current.plan);
    if (next.edits.length === 0) return refused(invocation, put, next);
    logAgain(invocation, put.reason, content.sealed ? 'unsealed' : next.form);
    current = { ...current, plan: next, sealing: false };
  }
}

interface Planned {
  readonly input: ContentInput;
  readonly plan: ContentPlan;
}

interface Current extends Planned {
  /** Whether the content is to be sealed, where the policy wants that. */
  readonly sealing: boolean;
}

function logAgain(invocation: Invocation, reason: string, form: string): void {
  invocation.log({ level: 'warn', event: 'again', step: 'rewrite', kind: 'rejected', reason, form });
}

/** The new content, with its seal where the policy wants one and it can be had. */
async function contentOf(
  invocation: Invocation,
  { gathered }: ContentJob,
  { input, plan: { edits }, sealing }: Current,
): Promise<{ readonly slices: readonly Uint8Array[]; readonly sealed: boolean }> {
  const slices = applyEdits(input.message.bytes, edits);
  const policy = invocation.policy.dmarc?.seal;
  if (!sealing || policy === undefined) return { slices, sealed: false };
  const { sealedContent } = await import('./seal.ts');
  const content = await sealedContent(invocation, policy, gathered, slices);
  return { slices: content ?? slices, sealed: content !== undefined };
}

function rulesOf({ policy }: Invocation, { input }: ContentJob): readonly Rule[] {
  const names = new Set(input.planned.map(({ rule }) => rule));
  return policy.rules.filter(({ name }) => names.has(name));
}

/**
 * The mark holds the fingerprint of the decision, and a consequence of the content is part of that. So where there is one
 * it is planned again; what is planned does not depend on the mark.
 */
async function plan(invocation: Invocation, job: ContentJob): Promise<Planned> {
  const first = await planMarked(invocation, job, undefined);
  const { consequence } = first.plan;
  return consequence === undefined || first.plan.edits.length === 0
    ? first
    : planMarked(invocation, job, consequence);
}

async function planMarked(
  invocation: Invocation,
  { input, outcome, strangeMark }: ContentJob,
  consequence: Consequence | undefined,
): Promise<Planned> {
  const value = await invocation.newMark(toKeep({ ...outcome, consequence })?.fingerprint);
  if (value === undefined) tellNoKey(invocation);
  const mark = value === undefined ? undefined : { name: MARK_HEADER, value };
  const whole = { ...input, mark, skipIfPresent: mark === undefined || strangeMark };
  return { input: whole, plan: planContent(whole) };
}

const told = new WeakSet<Invocation['ports']>();

/** Once for each process: it is so for every message until a person acts. */
function tellNoKey({ ports, log }: Invocation): void {
  if (told.has(ports)) return;
  told.add(ports);
  log({ level: 'warn', event: 'mark', step: 'rewrite', outcome: 'no-key', reason: 'compares-content' });
}

/** `ended`: it was settled without an answer of WorkMail's, and told. */
async function putOnce(
  invocation: Invocation,
  job: ContentJob,
  { input, plan: { consequence }, slices }: Planned & { readonly slices: readonly Uint8Array[] },
  onError: OnError<typeof UNCHANGED>,
): Promise<PutResult | 'ended'> {
  const digest = digestOf(slices);
  const content = input.mark === undefined ? digest.sha256.toString('hex') : undefined;
  const kept = toKeep({ ...job.outcome, consequence }, content);
  const stored = await settle(invocation, 'rewrite', onError, async () => {
    if (kept !== undefined) await keepDecision(invocation, kept);
    return store(invocation, slices, digest);
  });
  if (stored.kind !== 'done') {
    unchanged(invocation, reasonOf(stored));
    return 'ended';
  }
  const put = await settle(invocation, 'rewrite', onError, () => replace(invocation, stored.value));
  if (put.kind !== 'done') {
    unconfirmed(invocation, put);
    return 'ended';
  }
  // After any answer WorkMail is done with the object: it has read it, or never will.
  await discard(invocation, stored.value);
  return put.value;
}

/** The call was under way when it ended: WorkMail may have the new content or not. A retry would know it by its mark. */
function unconfirmed(invocation: Invocation, settled: NotDone): void {
  if (settled.kind === 'failed') unchanged(invocation, reasonOf(settled));
  else logDecision(invocation, 'rewrite', 'unconfirmed', settled.reason);
}

function unchanged(invocation: Invocation, reason: string, plan?: ContentPlan): ContentEnd {
  logDecision(invocation, 'rewrite', 'unchanged', reason);
  return plan?.consequence;
}

function whyNothing({ problems }: ContentPlan): string {
  return problems.some(isCertain) ? 'not-transmissible' : 'nothing-to-edit';
}

function watched(invocation: Invocation, { outcomes }: ContentPlan): ContentEnd {
  logDecision(invocation, 'rewrite', 'unchanged', 'monitor', {
    wouldBe: 'rewritten',
    rules: editing(outcomes),
  });
  return undefined;
}

function rewritten(
  invocation: Invocation,
  { outcomes, form, consequence }: ContentPlan,
  sealed: boolean,
): ContentEnd {
  const how = { ...(form === 'asked' ? {} : { form }), ...(sealed ? { sealed } : {}) };
  const rules = editing(outcomes);
  // Without a rule it is the field that says what DMARC decided.
  const why = rules.length === 0 ? 'auth-field' : 'rules-matched';
  logDecision(invocation, 'rewrite', 'rewritten', why, { rules, ...how });
  return consequence;
}

function editing(outcomes: ContentPlan['outcomes']): readonly string[] {
  const edited = outcomes.filter(({ outcome }) => outcome.kind === 'edited');
  return [...new Set(edited.map(({ planned }) => planned.rule))];
}

/**
 * WorkMail did not take the new content: a stated answer, since asking again would end the same. A frozen message is no
 * failure: users redirect mail every day, and nobody can change what is redirected.
 */
function refused(
  invocation: Invocation,
  result: Exclude<PutResult, { kind: 'stored' }>,
  plan: ContentPlan,
): ContentEnd {
  if (result.kind === 'frozen') {
    logSkip(invocation, 'rewrite', 'frozen');
    return unchanged(invocation, 'frozen');
  }
  const reason = 'reason' in result ? result.reason : result.kind;
  const consequence = result.kind === 'rejected' ? plan.consequence : undefined;
  const failure = {
    step: 'rewrite',
    kind: result.kind,
    reason,
    action: consequence?.kind ?? UNCHANGED,
  } as const;
  invocation.log({ level: 'error', event: 'failure', ...failure });
  unchanged(invocation, result.kind);
  return consequence;
}
