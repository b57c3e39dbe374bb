/**
 * Asynchronous rule: every message as a compliance record. Only "stored" and "already stored" are success; whatever
 * else happens is thrown, a message that is gone included, so that Lambda tries again and then hands the event to the
 * function's on-failure destination. Nothing is parsed here: what cannot be parsed is kept all the same. Nor is the policy
 * read, or the mode: that the rule exists says that records are wanted, and losing one is worse than keeping one too many.
 */
import { PermanentError } from '../../shared/errors.ts';
import { ANSWER_MARGIN_MS } from '../../shared/workmail/deadline.ts';
import type { LambdaContext } from './lambda.ts';
import { whyOf, withFields } from './log.ts';
import { lambdaPorts, type Ports } from './ports.ts';
import { type RecordOutcome, recordExists, recordId, writeRecord } from './record.ts';
import { idFields, requireEvent } from './rule-event.ts';
import { watched } from './watch.ts';

/** Nobody waits for an asynchronous rule. */
const NO_LIMIT = { limitMs: Number.POSITIVE_INFINITY, marginMs: ANSWER_MARGIN_MS };

export interface JournalAnswer {
  readonly outcome: RecordOutcome;
}

export type JournalHandler = (rawEvent: unknown, context: LambdaContext) => Promise<JournalAnswer>;

/** Makes the handler. WorkMail ignores its answer; a person who invokes it does not. */
export function createJournalHandler(ports: () => Ports = lambdaPorts): JournalHandler {
  return async (rawEvent, context) => {
    const edge = ports();
    const event = requireEvent(rawEvent);
    const log = withFields(edge.log, { ...idFields(event), step: 'journal' });
    return watched({ context, ...NO_LIMIT, now: edge.now, log }, async ({ signal }) => {
      try {
        const outcome = await record(edge, recordId(event), rawEvent, event.messageId, signal, log);
        log({ level: 'info', event: 'decision', outcome, reason: 'captured' });
        return { outcome };
      } catch (error) {
        log({ level: 'error', event: 'failure', kind: 'not-recorded', reason: whyOf(error) });
        throw error;
      }
    });
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
