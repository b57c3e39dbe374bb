/**
 * Objects in S3. The client is imported at the first call. Documented outcomes are values; throttling, 5xx and
 * time-outs are thrown as TemporaryError (the deadline as DeadlineError), the rest as PermanentError.
 */
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { PermanentError, TemporaryError } from '../../shared/errors.ts';
import {
  awsErrorName,
  awsStatus,
  decideAwsError,
  SDK_MAX_ATTEMPTS,
  SDK_REQUEST_HANDLER,
  withSignal,
} from '../../shared/workmail/aws-errors.ts';
import { readCapped } from '../../shared/workmail/message-flow.ts';
import { type SlicedObject, streamedInput, tryAgain } from './object-stream.ts';

/** S3 answers 409 while another conditional write to the key is under way. */
const MAX_CONFLICT_TRIES = 4;
const CONFLICT_WAIT_MS = 50;

export interface StoredObject {
  readonly bucket: string;
  readonly key: string;
  readonly body: Uint8Array;
  readonly contentType: string;
}

export interface ObjectStore {
  /** Writes, over whatever is there. `versionId` where the bucket keeps versions. */
  put(object: StoredObject, signal: AbortSignal): Promise<{ readonly versionId: string | undefined }>;
  /** The same, from slices, which are not joined. */
  putSlices(object: SlicedObject, signal: AbortSignal): Promise<{ readonly versionId: string | undefined }>;
  /** Writes under a key that nothing has; `already-there` leaves what is there untouched, and is a success. */
  putIfAbsent(object: StoredObject, signal: AbortSignal): Promise<'stored' | 'already-there'>;
  /** A PermanentError when S3 does not tell: without s3:ListBucket a missing key is 403. */
  exists(bucket: string, key: string, signal: AbortSignal): Promise<boolean>;
  /** Deletes this one version for good; other versions of the key stay. */
  deleteVersion(bucket: string, key: string, versionId: string, signal: AbortSignal): Promise<void>;
  /** Undefined when there is no such object; a PermanentError when it is longer than `maxBytes`. */
  get(bucket: string, key: string, maxBytes: number, signal: AbortSignal): Promise<Uint8Array | undefined>;
}

export interface ObjectStoreOptions {
  /** For endpoints that know buckets only in the path. */
  readonly pathStyle: boolean;
  /** Added to the client's configuration. */
  readonly client?: S3ClientConfig;
}

export interface LoadedClient {
  readonly sdk: typeof import('@aws-sdk/client-s3');
  readonly client: S3Client;
}

type Load = () => Promise<LoadedClient>;

export function createObjectStore(options: ObjectStoreOptions): ObjectStore {
  let loading: Promise<LoadedClient> | undefined;
  const load: Load = () => {
    loading ??= loadClient(options);
    return loading;
  };
  return {
    put: (object, signal) => put(load, object, signal),
    putSlices: (object, signal) => putSlices(load, object, signal),
    putIfAbsent: (object, signal) => putIfAbsent(load, object, signal),
    exists: (bucket, key, signal) => exists(load, bucket, key, signal),
    deleteVersion: (bucket, key, versionId, signal) => deleteVersion(load, bucket, key, versionId, signal),
    get: (bucket, key, maxBytes, signal) => get(load, bucket, key, maxBytes, signal),
  };
}

const nothing = (): void => undefined;
/** The SDK says to the console, in words of its own, that it does not repeat a stream; we do, and lines here are JSON. */
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Made when it is first needed. */
export async function loadClient(options: ObjectStoreOptions): Promise<LoadedClient> {
  const sdk = await import('@aws-sdk/client-s3');
  const client = new sdk.S3Client({
    logger: SILENT,
    maxAttempts: SDK_MAX_ATTEMPTS,
    requestHandler: SDK_REQUEST_HANDLER,
    forcePathStyle: options.pathStyle,
    ...options.client,
  });
  return { sdk, client };
}

function parameters(object: StoredObject) {
  return { Bucket: object.bucket, Key: object.key, Body: object.body, ContentType: object.contentType };
}

async function put(load: Load, object: StoredObject, signal: AbortSignal) {
  try {
    const { sdk, client } = await load();
    const command = new sdk.PutObjectCommand(parameters(object));
    const answer = await withSignal(client.send(command, { abortSignal: signal }), signal);
    return { versionId: answer.VersionId };
  } catch (error) {
    throw decideAwsError(error, 's3 PutObject', signal);
  }
}

async function putSlices(load: Load, object: SlicedObject, signal: AbortSignal) {
  const attempt = async () => {
    const { sdk, client } = await load();
    const command = new sdk.PutObjectCommand(streamedInput(object));
    const answer = await withSignal(client.send(command, { abortSignal: signal }), signal);
    return { versionId: answer.VersionId };
  };
  return tryAgain(attempt, 's3 PutObject', signal);
}

async function putIfAbsent(load: Load, object: StoredObject, signal: AbortSignal) {
  for (let tried = 1; ; tried += 1) {
    try {
      const { sdk, client } = await load();
      const command = new sdk.PutObjectCommand({ ...parameters(object), IfNoneMatch: '*' });
      await withSignal(client.send(command, { abortSignal: signal }), signal);
      return 'stored';
    } catch (error) {
      // Amazon S3 User Guide, "conditional writes": 412 = the key is taken, 409 = a racing write, to be tried again.
      if (awsStatus(error) === 412) return 'already-there';
      if (awsStatus(error) !== 409) throw decideAwsError(error, 's3 PutObject', signal);
      if (tried >= MAX_CONFLICT_TRIES) throw new TemporaryError('s3 PutObject: racing writes to one key');
    }
    await wait(CONFLICT_WAIT_MS * tried, undefined, { signal }).catch((error: unknown) => {
      throw decideAwsError(error, 's3 PutObject', signal);
    });
  }
}

async function exists(load: Load, bucket: string, key: string, signal: AbortSignal): Promise<boolean> {
  try {
    const { sdk, client } = await load();
    const command = new sdk.HeadObjectCommand({ Bucket: bucket, Key: key });
    await withSignal(client.send(command, { abortSignal: signal }), signal);
    return true;
  } catch (error) {
    if (awsStatus(error) === 404 && awsErrorName(error) !== 'NoSuchBucket') return false;
    // Amazon S3 API Reference, HeadObject: who may not list the bucket gets 403 for a key that is not there.
    if (awsStatus(error) === 403) {
      throw new PermanentError('s3 HeadObject: 403, s3:GetObject or s3:ListBucket is missing');
    }
    throw decideAwsError(error, 's3 HeadObject', signal);
  }
}

async function deleteVersion(
  load: Load,
  bucket: string,
  key: string,
  versionId: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    const { sdk, client } = await load();
    const command = new sdk.DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId });
    await withSignal(client.send(command, { abortSignal: signal }), signal);
  } catch (error) {
    throw decideAwsError(error, 's3 DeleteObject', signal);
  }
}

async function get(load: Load, bucket: string, key: string, maxBytes: number, signal: AbortSignal) {
  try {
    const { sdk, client } = await load();
    const command = new sdk.GetObjectCommand({ Bucket: bucket, Key: key });
    const answer = await withSignal(client.send(command, { abortSignal: signal }), signal);
    if (!(answer.Body instanceof Readable)) throw new TypeError('the answer carries no stream');
    return await withSignal(readAll(answer.Body, maxBytes, answer.ContentLength), signal);
  } catch (error) {
    if (awsErrorName(error) === 'NoSuchKey') return undefined;
    throw decideAwsError(error, 's3 GetObject', signal);
  }
}

async function readAll(stream: Readable, maxBytes: number, length?: number): Promise<Uint8Array> {
  const read = await readCapped(stream, maxBytes, length);
  if (read.kind === 'found') return read.bytes;
  throw new RangeError('the object is too long');
}
