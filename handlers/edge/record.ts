/**
 * The compliance record of one message: its bytes under `raw/SHA256.eml`, then the event under `event/ID.json`, which
 * names them. Both are written only where nothing is, under keys that a retry makes again, so a repeated call changes
 * nothing; and the event comes last, so an event that is there says that its bytes are.
 */
import { createHash } from 'node:crypto';
import { PermanentError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { RuleEvent } from '../../shared/workmail/types.ts';
import type { ObjectStore } from './object-store.ts';

/** Whose bytes they are. After a Put of ours a retry gets the rewritten copy, which must not pass for the original. */
export type RecordedContent =
  /** As it came in: no rewrite of ours is in it. */
  | 'original'
  /** It carries our mark, and no earlier record of this invocation exists. */
  | 'rewritten'
  /** As Get returned it; nothing told whether it was rewritten. */
  | 'as-fetched';

export interface RecordInput {
  /** From `recordId`. */
  readonly id: string;
  readonly rawEvent: unknown;
  readonly bytes: Uint8Array;
  readonly content: RecordedContent;
  readonly organizationId: string | undefined;
  readonly bucket: string;
}

/** `stored` when this call completed the record, `already-stored` when it was complete before. */
export type RecordOutcome = 'stored' | 'already-stored';

/**
 * The name of the invocation's journal record. The invocationId is the same over retries; the older event has none,
 * and the messageId stands in. An id with other characters than a key should have is hashed.
 */
export function recordId(event: RuleEvent): string {
  const id = event.invocationId ?? `message-${event.messageId}`;
  return /^[A-Za-z0-9-]{1,200}$/.test(id) ? id : createHash('sha256').update(id).digest('hex');
}

/**
 * Whether the record of this invocation is known to be complete. False also when S3 does not tell: the writes are
 * conditional, so asking spares work and decides nothing, and a missing right to ask must not cost the record.
 */
export async function recordExists(
  store: ObjectStore,
  bucket: string,
  id: string,
  log: Log,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return await store.exists(bucket, eventKey(id), signal);
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    log({ level: 'warn', event: 'failure', kind: 'record-unseen', reason: error.message });
    return false;
  }
}

/** Writes the record. Throws TemporaryError or PermanentError; then nothing, or the bytes alone, are there. */
export async function writeRecord(
  store: ObjectStore,
  input: RecordInput,
  log: Log,
  signal: AbortSignal,
): Promise<RecordOutcome> {
  const { bucket, bytes } = input;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const rawKey = `raw/${sha256}.eml`;
  const raw = await store.putIfAbsent(
    { bucket, key: rawKey, body: bytes, contentType: 'message/rfc822' },
    signal,
  );
  log({
    level: 'info',
    event: 'effect',
    effect: 'journal-raw',
    result: raw,
    key: rawKey,
    bytes: bytes.length,
  });
  const record = {
    version: 1,
    ...(input.organizationId === undefined ? {} : { organization: input.organizationId }),
    event: input.rawEvent,
    raw: { key: rawKey, sha256, size: bytes.length, content: input.content },
  };
  const key = eventKey(input.id);
  const body = Buffer.from(JSON.stringify(record));
  const stored = await store.putIfAbsent({ bucket, key, body, contentType: 'application/json' }, signal);
  log({ level: 'info', event: 'effect', effect: 'journal-event', result: stored, key });
  return stored === 'stored' ? 'stored' : 'already-stored';
}

function eventKey(id: string): string {
  return `event/${id}.json`;
}
