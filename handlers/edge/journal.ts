/**
 * Asynchronous rule: every message as a compliance record. Only "stored" and "already stored" are success; whatever
 * else happens is thrown, a message that is gone included, so that Lambda tries again and then hands the event to the
 * function's on-failure destination. Nothing is parsed here: what cannot be parsed is kept all the same.
 */
import { PermanentError } from '../../shared/errors.ts';
import { ANSWER_MARGIN_MS, createDeadline } from '../../shared/workmail/deadline.ts';
import type { LambdaContext } from './lambda.ts';
import { withFields } from './log.ts';
import { lambdaPorts, type Ports } from './ports.ts';
import { type RecordOutcome, recordExists, recordId, writeRecord } from './record.ts';
import { idFields, requireEvent } from './rule-event.ts';

export interface JournalAnswer {
  readonly outcome: RecordOutcome;
}

export type JournalHandler = (rawEvent: unknown, context: LambdaContext) => Promise<JournalAnswer>;

/** Makes the handler. WorkMail ignores its answer; a person who invokes it does not. */
export function createJournalHandler(ports: () => Ports = lambdaPorts): JournalHandler {
  return async (rawEvent, context) => {
    const edge = ports();
    const event = requireEvent(rawEvent);
    const deadline = createDeadline({
      remainingMs: () => context.getRemainingTimeInMillis(),
      // Nobody waits for an asynchronous rule.
      limitMs: Number.POSITIVE_INFINITY,
      marginMs: ANSWER_MARGIN_MS,
      now: edge.now,
    });
    const log = withFields(edge.log, { ...idFields(event), step: 'journal' });
    try {
      const outcome = await record(edge, recordId(event), rawEvent, event.messageId, deadline.signal, log);
      log({ level: 'info', event: 'decision', outcome, reason: 'captured' });
      return { outcome };
    } catch (error) {
      const reason = error instanceof Error ? error.name : 'unknown';
      log({ level: 'error', event: 'failure', kind: 'not-recorded', reason });
      throw error;
    } finally {
      deadline.dispose();
    }
  };
}

async function record(
  edge: Ports,
  id: string,
  rawEvent: unknown,
  messageId: string,
  signal: AbortSignal,
  log: Ports['log'],
): Promise<RecordOutcome> {
  const bucket = edge.journalBucket;
  if (bucket === undefined) throw new PermanentError('MAILROOM_JOURNAL_BUCKET is not set');
  // Lambda may deliver an event twice, and between the two a synchronous rule may have changed the message.
  if (await recordExists(edge.objectStore, bucket, id, log, signal)) return 'already-stored';
  const got = await edge.messageFlow.get(messageId, signal);
  if (got.kind === 'not-found') {
    throw new PermanentError('the message is not there: not in transit yet, or longer than 24 hours ago');
  }
  if (got.kind === 'too-large')
    throw new PermanentError(`the message is longer than ${got.limitBytes} bytes`);
  const { organizationId } = edge;
  const input = { id, rawEvent, bytes: got.bytes, content: 'as-fetched', organizationId, bucket } as const;
  return writeRecord(edge.objectStore, input, log, signal);
}
