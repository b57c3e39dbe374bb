/** Keeps the message as it came in, before anything is decided. */
import { PermanentError } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import type { Fetched, FetchedMessage, Invocation } from '../invocation.ts';
import { type RecordedContent, type RecordOutcome, recordExists, recordId, writeRecord } from '../record.ts';
import { type Settled, settle } from './settle.ts';
import { logDecision, logNoMessage, NO_OPINION, type Step } from './step.ts';

/**
 * Of the time that is left, when mail may go on without a record: a journal bucket that hangs must leave the other steps
 * time for theirs, or their `retry` would hold back what `deliver` lets go.
 */
const PART_WHEN_NOT_NEEDED = 0.5;

type CaptureOutcome = RecordOutcome | Exclude<Fetched['kind'], 'found'>;

export const capture: Step = {
  name: 'capture',

  idle({ policy }) {
    return policy.journal?.capture === true ? undefined : 'not-in-policy';
  },

  async run(invocation) {
    const { journal } = invocation.policy;
    const onError = {
      onTimeout: journal?.onTimeout ?? 'retry',
      onTemporaryError: journal?.onTemporaryError ?? 'retry',
      onPermanentError: 'deliver',
    } as const;
    const signal = timeFor(invocation, onError.onTimeout);
    const settled = await settle(invocation, 'capture', onError, () => captureOnce(invocation, signal));
    if (settled.kind === 'done' && isThere(settled.value)) {
      const how = settled.value === 'stored' ? 'captured' : 'captured-before';
      logDecision(invocation, 'capture', settled.value, how);
      return NO_OPINION;
    }
    logDecision(invocation, 'capture', 'not-captured', whyNot(invocation, settled));
    return { ...NO_OPINION, recordMissing: true };
  },
};

function timeFor({ deadline }: Invocation, onTimeout: 'retry' | 'deliver'): AbortSignal {
  if (onTimeout === 'retry') return deadline.signal;
  const part = AbortSignal.timeout(Math.floor(deadline.remaining() * PART_WHEN_NOT_NEEDED));
  return AbortSignal.any([deadline.signal, part]);
}

function isThere(outcome: CaptureOutcome): outcome is RecordOutcome {
  return outcome === 'stored' || outcome === 'already-stored';
}

function whyNot(invocation: Invocation, settled: Settled<CaptureOutcome, 'deliver'>): string {
  if (settled.kind === 'failed') return 'permanent-error';
  if (settled.kind === 'settled') return settled.reason;
  if (!isThere(settled.value)) logNoMessage(invocation, 'capture', settled.value, 'deliver');
  return settled.value;
}

async function captureOnce(invocation: Invocation, signal: AbortSignal): Promise<CaptureOutcome> {
  const { ports, event, rawEvent } = invocation;
  const { objectStore, organizationId } = ports;
  const message = await invocation.message();
  if (message.kind !== 'found') return message.kind;
  const bucket = ports.journalBucket;
  if (bucket === undefined) throw new PermanentError('MAILROOM_JOURNAL_BUCKET is not set');
  const log: Log = (record) => invocation.log({ ...record, step: 'capture' });
  const id = recordId(event);
  const content = await contentOf(invocation, message);
  // A copy that may be our own rewrite comes from a retry. The first call wrote the record before it changed anything.
  if (content !== 'original' && (await recordExists(objectStore, bucket, id, log, signal))) {
    return 'already-stored';
  }
  const input = { id, rawEvent, bytes: message.bytes, content, organizationId, bucket };
  const outcome = await writeRecord(objectStore, input, log, signal);
  if (content === 'rewritten' && outcome === 'stored') {
    // The first call was allowed to go on without capture. What is left is kept, under its true name.
    log({ level: 'error', event: 'failure', kind: 'original-gone', reason: 'original-gone' });
  }
  return outcome;
}

async function contentOf(invocation: Invocation, message: FetchedMessage): Promise<RecordedContent> {
  // A key that cannot be had must not stop the capture: then nothing tells, as without a key.
  const { state } = await invocation.rewriteState(message).catch((error: unknown) => {
    if (error instanceof PermanentError) return { state: 'no-key' } as const;
    throw error;
  });
  if (state === 'no-key') return 'as-fetched';
  return state === 'same-rules' || state === 'other-rules' ? 'rewritten' : 'original';
}
