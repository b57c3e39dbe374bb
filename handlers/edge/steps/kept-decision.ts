/**
 * What was decided for a message before it was rewritten. A retry gets the rewritten message, on which conditions may
 * hold that did not hold before, our own banner and tag among them. So what becomes of each recipient's copy, who is
 * added and what is told is kept beside the new content before WorkMail takes that, and the mark holds its fingerprint.
 * The key holds it too: of two tries at once, or under two policies, each keeps its own, and the mark says which counts.
 * A decision that leaves everything to WorkMail is not kept: the mark says so.
 *
 * Without a key there is no mark. Then each decision is kept, with the digest of the new content: a message with that very
 * content is our own rewrite.
 */
import { PermanentError } from '../../../shared/errors.ts';
import type { Decision } from '../../../shared/policy/decision.ts';
import { isRecord } from '../../../shared/workmail/json.ts';
import { fingerprint } from '../../../shared/workmail/mark.ts';
import type { FetchedMessage, Invocation } from '../invocation.ts';
import { whyOf } from '../log.ts';
import type { Consequence } from './content-plan.ts';
import type { Judgement } from './step.ts';

const DECISIONS_PREFIX = 'decisions/';
/** 500 recipients with a text each, and as many added ones; more was not written by us. */
const MAX_DECISION_BYTES = 4 * 1024 * 1024;

/** All of a decision that is not content. */
export interface Outcome extends Pick<Decision, 'recipients' | 'added' | 'effects'> {
  /** What the rules want because the content could not be changed. */
  readonly consequence: Consequence | undefined;
  /** What DMARC said, unless that leaves every copy alone: the new content has no signature that could tell it again. */
  readonly dmarc?: Judgement;
}

export interface KeptDecision {
  readonly fingerprint: string;
  /** Of what it is found by: the fingerprint, or the digest of the new content. */
  readonly name: string;
  readonly body: Buffer;
}

/**
 * The decision as it is kept; undefined when there is nothing in it that a retry would have to know. `content`: digest of
 * the new content where no mark tells that it is ours.
 */
export function toKeep(outcome: Outcome, content?: string): KeptDecision | undefined {
  const { recipients, added, effects, consequence, dmarc } = outcome;
  const leavesAll =
    recipients.every((recipient) => recipient.outcome === 'deliver') &&
    added.length + effects.length === 0 &&
    consequence === undefined &&
    dmarc === undefined;
  if (leavesAll && content === undefined) return undefined;
  const kept = { version: 1, content, recipients, added, effects, consequence, dmarc };
  const body = Buffer.from(JSON.stringify(kept));
  const own = fingerprint(body);
  return { fingerprint: own, name: content ?? own, body };
}

/** Writes it, over what an earlier try may have written. Throws TemporaryError or PermanentError. */
export async function keepDecision(invocation: Invocation, { name, body }: KeptDecision): Promise<void> {
  const { ports, deadline, log } = invocation;
  const object = {
    bucket: bucketOf(invocation),
    key: keyOf(invocation, name),
    body,
    contentType: 'application/json',
  };
  await ports.objectStore.put(object, deadline.signal);
  log({
    level: 'info',
    event: 'effect',
    step: 'rewrite',
    effect: 'decision',
    result: 'stored',
    bytes: body.length,
  });
}

type Reading = Promise<Outcome | undefined>;

const readings = new WeakMap<Invocation, Map<string, Reading>>();

/** What is asked twice in one invocation, by DMARC and by the rules, is read once. */
function readOnce(invocation: Invocation, name: string, read: () => Reading): Reading {
  const known = readings.get(invocation) ?? new Map<string, Reading>();
  readings.set(invocation, known);
  const reading = known.get(name) ?? read();
  known.set(name, reading);
  return reading;
}

/**
 * What an earlier call decided, where this message is its rewrite. `plain`: it left what becomes of it to WorkMail. `gone`:
 * nobody knows any more. Throws TemporaryError or PermanentError when the key or S3 does not say.
 */
export type Earlier =
  | { readonly kind: 'none' | 'plain' | 'gone' }
  | { readonly kind: 'kept'; readonly outcome: Outcome };

export async function earlierCall(invocation: Invocation, message: FetchedMessage): Promise<Earlier> {
  // Without a place for new content there was none.
  if (invocation.ports.rewriteBucket === undefined) return { kind: 'none' };
  const { state, decision } = await invocation.rewriteState(message);
  if (state === 'no-key') {
    const outcome = await readDecisionFor(invocation, message);
    return outcome === undefined ? { kind: 'none' } : { kind: 'kept', outcome };
  }
  if (state !== 'same-rules' && state !== 'other-rules') return { kind: 'none' };
  if (decision === undefined) return { kind: 'plain' };
  const outcome = await readDecision(invocation, decision);
  return outcome === undefined ? { kind: 'gone' } : { kind: 'kept', outcome };
}

/**
 * The decision that the mark speaks of; undefined when it is not there any more, which the log tells. Throws
 * TemporaryError when S3 does not say.
 */
export function readDecision(invocation: Invocation, marked: string): Reading {
  return readOnce(invocation, marked, () => readMarked(invocation, marked));
}

async function readMarked(invocation: Invocation, marked: string): Reading {
  const { ports, deadline } = invocation;
  try {
    const { signal } = deadline;
    const body = await ports.objectStore.get(
      bucketOf(invocation),
      keyOf(invocation, marked),
      MAX_DECISION_BYTES,
      signal,
    );
    if (body === undefined) throw new PermanentError('the kept decision is gone');
    if (fingerprint(body) !== marked) throw new PermanentError('the kept decision is another one');
    return decode(body);
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    const failure = { step: 'rewrite', kind: 'decision-gone', reason: whyOf(error) } as const;
    invocation.log({ level: 'error', event: 'failure', ...failure });
    return undefined;
  }
}

/** The decision that goes with this content; undefined when it is not a rewrite of ours, as far as S3 tells. */
export function readDecisionFor(invocation: Invocation, message: FetchedMessage): Reading {
  const content = message.sha256();
  return readOnce(invocation, content, () => readByContent(invocation, content));
}

async function readByContent(invocation: Invocation, content: string): Reading {
  const { ports, deadline } = invocation;
  if (ports.rewriteBucket === undefined) return undefined;
  try {
    const { signal } = deadline;
    const body = await ports.objectStore.get(
      ports.rewriteBucket,
      keyOf(invocation, content),
      MAX_DECISION_BYTES,
      signal,
    );
    const found = body === undefined ? undefined : decode(body);
    return found?.content === content ? found : undefined;
  } catch (error) {
    // Without the right to list the bucket, S3 says 403 of what is not there.
    if (error instanceof PermanentError) return undefined;
    throw error;
  }
}

function bucketOf({ ports }: Invocation): string {
  if (ports.rewriteBucket === undefined) throw new PermanentError('MAILROOM_REWRITE_BUCKET is not set');
  return ports.rewriteBucket;
}

function keyOf({ event }: Invocation, name: string): string {
  return `${DECISIONS_PREFIX}${event.messageId}/${name}`;
}

/** Nobody else may write there, so only another version of the code could have made another form. */
function decode(body: Uint8Array): Outcome & { readonly content: unknown } {
  const value = parsed(body);
  if (!isRecord(value) || value['version'] !== 1)
    throw new PermanentError('the kept decision is of another version');
  const { recipients, added, effects, consequence, dmarc } = value as unknown as Outcome;
  const judged = dmarc === undefined ? {} : { dmarc };
  return { content: value['content'], recipients, added, effects, consequence, ...judged };
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    throw new PermanentError('the kept decision is no JSON');
  }
}
