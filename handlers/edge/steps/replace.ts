/** The effects of a rewrite: one object in S3, one Put, and where it is wanted the end of the object. */
import { PermanentError } from '../../../shared/errors.ts';
import type { ContentLocation, PutResult } from '../../../shared/workmail/message-flow.ts';
import type { Invocation } from '../invocation.ts';
import { whyOf } from '../log.ts';
import type { SlicesDigest } from '../object-stream.ts';

/** A deletion that hangs must not hold the answer until the deadline. */
const DELETE_TIMEOUT_MS = 2_000;

/** Puts the new content where WorkMail can read it. */
export async function store(
  invocation: Invocation,
  slices: readonly Uint8Array[],
  digest: SlicesDigest,
): Promise<ContentLocation> {
  const { ports, deadline, event, log } = invocation;
  const bucket = ports.rewriteBucket;
  if (bucket === undefined) throw new PermanentError('MAILROOM_REWRITE_BUCKET is not set');
  // The same content has the same key, so a retry writes the same object. No dot: the API takes none.
  const key = `rewritten/${event.messageId}/${digest.sha256.toString('hex').slice(0, 32)}`;
  const object = { bucket, key, slices, digest, contentType: 'message/rfc822' };
  const { versionId } = await ports.objectStore.putSlices(object, deadline.signal);
  const { bytes } = digest;
  log({ level: 'info', event: 'effect', step: 'rewrite', effect: 's3-put', result: 'stored', key, bytes });
  return { bucket, key, versionId };
}

/** Tells WorkMail to take it. */
export async function replace(invocation: Invocation, location: ContentLocation): Promise<PutResult> {
  const { ports, deadline, event, log } = invocation;
  const put = await ports.messageFlow.put(event.messageId, location, deadline.signal);
  log({
    level: 'info',
    event: 'effect',
    step: 'rewrite',
    effect: 'put',
    result: put.kind,
    key: location.key,
  });
  return put;
}

/**
 * Deletes the very version that was put, where that is switched on. The mail does not depend on it: a failure is told,
 * and the bucket's lifecycle ends the object a day later. Without a version nothing is deleted, because a retry may be
 * writing the same key.
 */
export async function discard(invocation: Invocation, location: ContentLocation): Promise<void> {
  const { ports, deadline, log } = invocation;
  const { bucket, key, versionId } = location;
  if (!ports.deleteAfterPut) return;
  const effect = { event: 'effect', step: 'rewrite', effect: 's3-delete', key } as const;
  if (versionId === undefined) {
    log({ level: 'warn', ...effect, result: 'kept', reason: 'the bucket keeps no versions' });
    return;
  }
  const signal = AbortSignal.any([deadline.signal, AbortSignal.timeout(DELETE_TIMEOUT_MS)]);
  try {
    await ports.objectStore.deleteVersion(bucket, key, versionId, signal);
    log({ level: 'info', ...effect, result: 'deleted' });
  } catch (error) {
    log({ level: 'warn', ...effect, result: 'kept', reason: whyOf(error) });
  }
}
