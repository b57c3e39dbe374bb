/** Whether a message is one that an administrator released: it passes the rules, this once. */
import { PermanentError } from '../../../shared/errors.ts';
import { headerField } from '../../../shared/mime/header.ts';
import { RELEASE_HEADER, verifyRelease } from '../../../shared/notice/release.ts';
import { isRecord } from '../../../shared/workmail/json.ts';
import type { FetchedMessage, Invocation } from '../invocation.ts';

export type ReleaseState =
  /** Ours, in time, and not used by another message: no rule is asked. */
  | 'released'
  /** It says nothing of a release. */
  | 'none'
  | 'expired'
  /** Another message came in with the same release. */
  | 'used'
  /** Made up, changed, or made for somebody else. */
  | 'not-ours';

/** Of the record of a use: one id. */
const MAX_USE_BYTES = 4_096;

/**
 * Reads the release of the message, and enters its use before it says `released`, so that it holds once; a retry of the
 * same message holds again. Throws TemporaryError when the key or the bucket cannot be had now. What cannot be looked at
 * for good is no release: anybody can write the field, and must not get past the rules with it.
 */
export async function releaseState(invocation: Invocation, message: FetchedMessage): Promise<ReleaseState> {
  const parsed = message.parsed();
  // Nearly every message: neither a key nor a bucket is needed for it.
  if (headerField(parsed.root.header, RELEASE_HEADER) === undefined) return 'none';
  const state = await stateOf(invocation, message).catch((error: unknown) => {
    if (!(error instanceof PermanentError)) throw error;
    const failure = { step: 'rewrite', kind: 'release-unread', reason: error.message } as const;
    invocation.log({ level: 'error', event: 'failure', ...failure });
    return 'not-ours' as const;
  });
  invocation.log({ level: 'info', event: 'release', step: 'rewrite', outcome: state });
  return state;
}

async function stateOf(invocation: Invocation, message: FetchedMessage): Promise<ReleaseState> {
  const { event, ports, deadline } = invocation;
  const { markKey, keepBucket } = ports;
  const [recipient, ...others] = event.recipients;
  // A release is for one recipient, and comes as a message of its own.
  if (recipient === undefined || others.length > 0 || event.truncated) return 'not-ours';
  if (markKey === undefined) throw new PermanentError('MAILROOM_MARK_KEY_URI is not set: no release holds');
  if (keepBucket === undefined) throw new PermanentError('MAILROOM_KEEP_BUCKET is not set: no release holds');
  const keys = await markKey.load(deadline.signal);
  const release = await verifyRelease(message.parsed(), recipient, keys, deadline.signal);
  if (release.kind !== 'ours') return release.kind;
  const isLate = ports.now() > release.expires * 1_000;
  return used(invocation, keepBucket, `released/${release.id}`, isLate);
}

async function used(
  { event, ports, deadline, mode }: Invocation,
  bucket: string,
  key: string,
  isLate: boolean,
): Promise<ReleaseState> {
  const { objectStore } = ports;
  const { signal } = deadline;
  if (!isLate && mode === 'enforce') {
    const body = Buffer.from(JSON.stringify({ messageId: event.messageId }));
    const entered = await objectStore.putIfAbsent(
      { bucket, key, body, contentType: 'application/json' },
      signal,
    );
    if (entered === 'stored') return 'released';
  }
  const bytes = await objectStore.get(bucket, key, MAX_USE_BYTES, signal);
  if (bytes === undefined) return isLate ? 'expired' : 'released';
  const use: unknown = JSON.parse(Buffer.from(bytes).toString());
  return isRecord(use) && use['messageId'] === event.messageId ? 'released' : 'used';
}
