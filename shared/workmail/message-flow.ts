/**
 * WorkMail's Message Flow API: fetch the raw content of a message in transit, and replace it by an object in S3.
 * A retried invocation gets what the last Put stored. Every documented exception is a value here; what is thrown is
 * a TemporaryError (throttling, 5xx, time-out), its DeadlineError, or a PermanentError (no permission).
 */
import { Readable } from 'node:stream';
import type {
  WorkMailMessageFlowClient,
  WorkMailMessageFlowClientConfig,
} from '@aws-sdk/client-workmailmessageflow';
import {
  awsErrorName,
  decideAwsError,
  SDK_MAX_ATTEMPTS,
  SDK_REQUEST_HANDLER,
  withSignal,
} from './aws-errors.ts';
import { isRecord } from './json.ts';

/** WorkMail takes 40 MB of MIME; the rest is room for the headers of transport. More would fill the function's memory. */
export const MAX_MESSAGE_BYTES = 42 * 1024 * 1024;
/** Where the answer does not say how long it is: most messages are smaller, so that most need no further buffer. */
const FIRST_BUFFER_BYTES = 64 * 1024;
/** The text of a rejection goes to the log: a copied header must not fill it. */
const MAX_REASON_LENGTH = 300;

/** The API's own patterns. No dot in either: `raw/x.eml` is not a legal key here, nor `my.bucket` a bucket. */
const MESSAGE_ID = /^[a-z0-9-]{1,120}$/;
const BUCKET = /^[a-z0-9][a-z0-9-]{2,62}$/;
const KEY = /^[a-zA-Z0-9\-/]{1,1024}$/;
const OBJECT_VERSION = /^.{1,1024}$/;

export type GetResult =
  /** The content as it is now: the original, or what the last Put stored. */
  | { readonly kind: 'found'; readonly bytes: Uint8Array }
  /** Not in transit any more (24 h), not in transit yet, or not this account's. Asking again does not help. */
  | { readonly kind: 'not-found' }
  /** Longer than the cap; nothing of it is kept. */
  | { readonly kind: 'too-large'; readonly limitBytes: number };

export type PutResult =
  | { readonly kind: 'stored' }
  /** MessageFrozen: it can no longer be changed, usually because it was redirected. */
  | { readonly kind: 'frozen' }
  /** MessageRejected: WorkMail does not take this content (MIME error, attachment type, line over 1,000, a header). */
  | { readonly kind: 'rejected'; readonly reason: string }
  /** InvalidContentLocation: bucket in another region or account, or its policy does not let WorkMail read; or a name that the API's patterns forbid. */
  | { readonly kind: 'invalid-location'; readonly reason: string }
  /** As for Get. */
  | { readonly kind: 'not-found' };

export interface ContentLocation {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string | undefined;
}

export interface MessageFlow {
  get(messageId: string, signal: AbortSignal): Promise<GetResult>;
  put(messageId: string, location: ContentLocation, signal: AbortSignal): Promise<PutResult>;
}

export interface MessageFlowOptions {
  /** Added to the client's configuration: endpoint, region. Otherwise the SDK reads `AWS_*`. */
  readonly client?: WorkMailMessageFlowClientConfig;
  readonly maxBytes?: number;
}

/** The client is imported and made at the first call: a function that needs no content never loads it. */
export function createMessageFlow(options: MessageFlowOptions = {}): MessageFlow {
  const maxBytes = options.maxBytes ?? MAX_MESSAGE_BYTES;
  let loading: Promise<LoadedClient> | undefined;
  const load = (): Promise<LoadedClient> => {
    loading ??= loadClient(options.client ?? {});
    return loading;
  };
  return {
    get: (messageId, signal) => getContent(load, messageId, maxBytes, signal),
    put: (messageId, location, signal) => putContent(load, messageId, location, signal),
  };
}

interface LoadedClient {
  readonly sdk: typeof import('@aws-sdk/client-workmailmessageflow');
  readonly client: WorkMailMessageFlowClient;
}

async function loadClient(config: WorkMailMessageFlowClientConfig): Promise<LoadedClient> {
  const sdk = await import('@aws-sdk/client-workmailmessageflow');
  const client = new sdk.WorkMailMessageFlowClient({
    maxAttempts: SDK_MAX_ATTEMPTS,
    requestHandler: SDK_REQUEST_HANDLER,
    ...config,
  });
  return { sdk, client };
}

async function getContent(
  load: () => Promise<LoadedClient>,
  messageId: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<GetResult> {
  if (!MESSAGE_ID.test(messageId)) return { kind: 'not-found' };
  try {
    const { sdk, client } = await load();
    const command = new sdk.GetRawMessageContentCommand({ messageId });
    const answer = await withSignal(client.send(command, { abortSignal: signal }), signal);
    const { messageContent } = answer;
    if (!(messageContent instanceof Readable)) throw new TypeError('the answer carries no stream');
    return await withSignal(readCapped(messageContent, maxBytes, announcedLength(messageContent)), signal);
  } catch (error) {
    if (awsErrorName(error) === 'ResourceNotFoundException') return { kind: 'not-found' };
    throw decideAwsError(error, 'GetRawMessageContent', signal);
  }
}

/** The answer's `Content-Length`; undefined where it has none. */
function announcedLength(stream: Readable): number | undefined {
  // An `IncomingMessage`; importing node:http to ask for that would cost more than the rest of a cold start.
  const headers = 'headers' in stream ? stream.headers : undefined;
  const length = Number(isRecord(headers) ? headers['content-length'] : Number.NaN);
  return Number.isSafeInteger(length) && length > 0 ? length : undefined;
}

/**
 * Reads a stream into one buffer, and stops and closes it beyond `maxBytes`. The buffer has the announced length, or
 * doubles as it fills: then a message of 40 MB is there twice for a moment.
 */
export async function readCapped(
  stream: Readable,
  maxBytes: number,
  announcedBytes: number = FIRST_BUFFER_BYTES,
): Promise<GetResult> {
  let buffer = Buffer.allocUnsafe(Math.min(announcedBytes, maxBytes));
  let length = 0;
  for await (const chunk of stream) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('the stream carries no bytes');
    const needed = length + chunk.length;
    if (needed > maxBytes) {
      stream.destroy();
      return { kind: 'too-large', limitBytes: maxBytes };
    }
    if (needed > buffer.length) {
      const grown = Buffer.allocUnsafe(Math.min(maxBytes, Math.max(needed, buffer.length * 2)));
      buffer.copy(grown, 0, 0, length);
      buffer = grown;
    }
    buffer.set(chunk, length);
    length = needed;
  }
  return { kind: 'found', bytes: buffer.subarray(0, length) };
}

async function putContent(
  load: () => Promise<LoadedClient>,
  messageId: string,
  location: ContentLocation,
  signal: AbortSignal,
): Promise<PutResult> {
  const wrong = wrongName(location);
  if (wrong !== undefined) return { kind: 'invalid-location', reason: wrong };
  if (!MESSAGE_ID.test(messageId)) return { kind: 'not-found' };
  const { bucket, key, versionId } = location;
  const s3Reference = { bucket, key, ...(versionId === undefined ? {} : { objectVersion: versionId }) };
  try {
    const { sdk, client } = await load();
    const command = new sdk.PutRawMessageContentCommand({ messageId, content: { s3Reference } });
    await withSignal(client.send(command, { abortSignal: signal }), signal);
    return { kind: 'stored' };
  } catch (error) {
    return refusal(error) ?? Promise.reject(decideAwsError(error, 'PutRawMessageContent', signal));
  }
}

function refusal(error: unknown): PutResult | undefined {
  switch (awsErrorName(error)) {
    case 'MessageFrozen':
      return { kind: 'frozen' };
    case 'MessageRejected':
      return { kind: 'rejected', reason: reasonOf(error) };
    case 'InvalidContentLocation':
      return { kind: 'invalid-location', reason: reasonOf(error) };
    case 'ResourceNotFoundException':
      return { kind: 'not-found' };
    default:
      return undefined;
  }
}

function wrongName({ bucket, key, versionId }: ContentLocation): string | undefined {
  if (!BUCKET.test(bucket)) return 'bucket: expected 3 to 63 of a-z, 0-9 and "-" (no dots)';
  if (!KEY.test(key)) return 'key: expected 1 to 1024 of a-z, A-Z, 0-9, "-" and "/" (no dots)';
  if (versionId !== undefined && !OBJECT_VERSION.test(versionId)) return 'version: expected one line';
  return undefined;
}

/** What WorkMail says, on one line and without addresses. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  return message
    .slice(0, MAX_REASON_LENGTH)
    .replace(/\p{Cc}+/gu, ' ')
    .split(' ')
    .map((word) => (word.includes('@') ? '[address]' : word))
    .join(' ');
}
