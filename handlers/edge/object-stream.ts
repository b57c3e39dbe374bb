/**
 * Writes the slices of a message to S3 as they lie in memory: joined first, a message of 40 MB would be there once more.
 * The SDK cannot rewind a stream, so it makes one try (Amazon S3 answers "non-retryable streaming request"); the further
 * tries are made here, each with a stream of its own.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import { DeadlineError, TemporaryError } from '../../shared/errors.ts';
import { decideAwsError, SDK_MAX_ATTEMPTS } from '../../shared/workmail/aws-errors.ts';

/** What is handed to the socket at once: TLS makes a copy of each piece, so a slice of 38 MB would be there twice. */
const PIECE_BYTES = 256 * 1024;
/** Doubled from try to try, and up to half of it left out by chance, so that functions do not come back all together. */
const RETRY_WAIT_MS = 100;

/** What is written, in order, with its digest: S3 refuses what does not come in whole. */
export interface SlicedObject {
  readonly bucket: string;
  readonly key: string;
  readonly slices: readonly Uint8Array[];
  readonly digest: SlicesDigest;
  readonly contentType: string;
}

export interface SlicesDigest {
  readonly sha256: Buffer;
  readonly bytes: number;
}

/** SHA-256 and length of slices, without joining them. */
export function digestOf(slices: readonly Uint8Array[]): SlicesDigest {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const slice of slices) {
    hash.update(slice);
    bytes += slice.length;
  }
  return { sha256: hash.digest(), bytes };
}

/** The SDK's input for one try. With the digest given, the SDK neither reads the body before nor wraps it. */
export function streamedInput(object: SlicedObject): PutObjectCommandInput {
  return {
    Bucket: object.bucket,
    Key: object.key,
    Body: Readable.from(pieces(object.slices), { objectMode: false, highWaterMark: PIECE_BYTES }),
    ContentLength: object.digest.bytes,
    ChecksumSHA256: object.digest.sha256.toString('base64'),
    ContentType: object.contentType,
  };
}

/**
 * Runs `attempt` until it works, for a permanent error, or the SDK's number of tries. Throws what the last one threw, as
 * `decideAwsError` has it.
 */
export async function tryAgain<T>(attempt: () => Promise<T>, what: string, signal: AbortSignal): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await attempt();
    } catch (thrown) {
      const error = decideAwsError(thrown, what, signal);
      const passes = error instanceof TemporaryError && !(error instanceof DeadlineError);
      if (!passes || tried >= SDK_MAX_ATTEMPTS) throw error;
    }
    const pauseMs = RETRY_WAIT_MS * 2 ** (tried - 1) * (1 - Math.random() / 2);
    await wait(pauseMs, undefined, { signal }).catch((error: unknown) => {
      throw decideAwsError(error, what, signal);
    });
  }
}

function* pieces(slices: readonly Uint8Array[]): Generator<Uint8Array> {
  for (const slice of slices)
    for (let at = 0; at < slice.length; at += PIECE_BYTES) yield slice.subarray(at, at + PIECE_BYTES);
}
