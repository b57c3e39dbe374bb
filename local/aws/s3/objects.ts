/** Put, Get and Head of one object (Amazon S3 API Reference, the operations of these names). */
import { type Answer, type Exchange, header } from '../exchange.ts';
import { withAttempt } from './attempt.ts';
import { s3Error } from './errors.ts';
import { type Ground, stagingPath } from './ground.ts';
import {
  checksumHeaders,
  encryptionHeaders,
  isProblem,
  readObjectHeaders,
  versionHeaders,
} from './headers.ts';
import { lacksDigest } from './lock.ts';
import { openVersion } from './open-version.ts';
import { conditionOf, readPrecondition, writePrecondition } from './preconditions.ts';
import { parseRange } from './range.ts';
import { noSuchKey, preconditionFailed, readFailure, type Target } from './read-failure.ts';
import { stageBody } from './staging.ts';
import { findObject, type PutOutcome, putObject } from './store.ts';
import type { ObjectVersion } from './version.ts';

/** The answer to a write that did not happen. */
export function writeFailure(
  exchange: Exchange,
  target: Target,
  kind: Exclude<PutOutcome['kind'], 'stored'>,
): Answer {
  switch (kind) {
    case 'no-bucket':
      return s3Error('NoSuchBucket');
    case 'missing':
      return noSuchKey(target.key);
    case 'conflict':
      return s3Error('ConditionalRequestConflict');
    case 'failed':
      return preconditionFailed(conditionOf(exchange));
  }
}

/** What the answer to a write says of the new version. */
export function writtenHeaders(version: ObjectVersion, versioned: boolean): Record<string, string> {
  return {
    etag: `"${version.etag}"`,
    ...versionHeaders(version, versioned),
    ...checksumHeaders(version),
    ...encryptionHeaders(version.headers),
  };
}

/** PutObject. The preconditions are looked at before the body (to spare it) and again when it is complete (to be right). */
export async function handlePut(ground: Ground, exchange: Exchange, target: Target): Promise<Answer> {
  const bucket = ground.buckets.get(target.bucket);
  if (bucket === undefined) return s3Error('NoSuchBucket');
  const precondition = writePrecondition(exchange);
  if (precondition === 'unsupported')
    return s3Error('NotImplemented', {
      message: 'Only If-None-Match: * is implemented, and not with If-Match.',
    });
  const object = readObjectHeaders(exchange, bucket, ground.now());
  if (isProblem(object)) return s3Error(object.code, { message: object.message });
  if (lacksDigest(exchange, object.headers))
    return s3Error('InvalidRequest', {
      message:
        'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters',
    });
  const now = findObject(ground, target.bucket, target.key);
  const early = precondition(now.kind === 'found' ? now.version : undefined);
  if (early !== 'go') return writeFailure(exchange, target, early);
  const isConditional = conditionOf(exchange) !== '';
  return withAttempt(ground, target, isConditional, async (attempt) => {
    const staging = await stageBody(exchange, stagingPath(ground));
    if (staging.kind === 'refused') return s3Error(staging.code, { message: staging.message });
    const condition = attempt.overtaken ? 'overtaken' : precondition;
    const outcome = putObject(ground, target, staging.body, object, condition);
    if (outcome.kind !== 'stored') return writeFailure(exchange, target, outcome.kind);
    return { status: 200, headers: writtenHeaders(outcome.version, outcome.versioned) };
  });
}

/** What a presigned link may say about its answer (Amazon S3 API Reference, GetObject, "Overriding response header values"). */
const OVERRIDES = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
];

function overrides(query: URLSearchParams): Record<string, string> {
  const given = OVERRIDES.flatMap((name) => {
    const value = query.get(`response-${name}`);
    // A value that HTTP cannot carry in a header could end it.
    return value === null || !/^[\t -~]*$/.test(value) ? [] : [[name, value]];
  });
  return Object.fromEntries(given);
}

function objectHeaders(exchange: Exchange, version: ObjectVersion, versioned: boolean, whole: boolean) {
  const wantsChecksum = whole && header(exchange, 'x-amz-checksum-mode')?.toUpperCase() === 'ENABLED';
  const tags = Object.keys(version.tags ?? {}).length;
  return {
    ...version.headers,
    ...(wantsChecksum ? checksumHeaders(version) : {}),
    ...versionHeaders(version, versioned),
    ...(tags === 0 ? {} : { 'x-amz-tagging-count': String(tags) }),
    'accept-ranges': 'bytes',
    etag: `"${version.etag}"`,
    'last-modified': new Date(version.modifiedMs).toUTCString(),
    ...overrides(exchange.query),
  };
}

type Piece = { readonly start: number; readonly length: number; readonly parts?: number };

/** The bytes of one part; an object that was not put together has one. */
function partOf(version: ObjectVersion, text: string): Piece | 'invalid' | 'unsatisfiable' {
  if (!/^[1-9]\d{0,4}$/.test(text)) return 'invalid';
  const sizes = version.parts ?? [version.bytes];
  const length = sizes[Number(text) - 1];
  if (length === undefined) return 'unsatisfiable';
  const start = sizes.slice(0, Number(text) - 1).reduce((sum, bytes) => sum + bytes, 0);
  return { start, length, ...(version.parts === undefined ? {} : { parts: sizes.length }) };
}

function pieceOf(exchange: Exchange, version: ObjectVersion): Piece | 'whole' | 'invalid' | 'unsatisfiable' {
  const part = exchange.query.get('partNumber');
  const range = header(exchange, 'range');
  if (part === null) return parseRange(range, version.bytes);
  return range === undefined ? partOf(version, part) : 'invalid';
}

/** The status, headers and piece of a read whose conditions hold. */
function readAnswer(exchange: Exchange, version: ObjectVersion, versioned: boolean) {
  const piece = pieceOf(exchange, version);
  if (piece === 'invalid')
    return s3Error('InvalidRequest', { message: 'Cannot specify both Range header and partNumber query.' });
  if (piece === 'unsatisfiable')
    return s3Error('InvalidRange', { headers: { 'content-range': `bytes */${version.bytes}` } });
  const { start, length } = piece === 'whole' ? { start: 0, length: version.bytes } : piece;
  const headers: Record<string, string> = objectHeaders(exchange, version, versioned, piece === 'whole');
  headers['content-length'] = String(length);
  if (piece === 'whole') return { status: 200, headers, piece: { start, length } };
  if (length > 0) headers['content-range'] = `bytes ${start}-${start + length - 1}/${version.bytes}`;
  if (piece.parts !== undefined) headers['x-amz-mp-parts-count'] = String(piece.parts);
  return { status: 206, headers, piece: { start, length } };
}

/** GetObject and HeadObject: the same answer, once without its body. */
export async function handleRead(ground: Ground, exchange: Exchange, target: Target): Promise<Answer> {
  const versionId = exchange.query.get('versionId') ?? undefined;
  const found = findObject(ground, target.bucket, target.key, versionId);
  if (found.kind !== 'found') return readFailure(found, target, versionId !== undefined);
  const { version, versioned } = found;
  const condition = readPrecondition(exchange, version);
  if (condition === 'failed') return preconditionFailed('If-Match');
  if (condition === 'not-modified')
    return { status: 304, headers: { etag: `"${version.etag}"`, ...versionHeaders(version, versioned) } };
  const answer = readAnswer(exchange, version, versioned);
  if (!('piece' in answer)) return answer;
  const { status, headers, piece } = answer;
  if (exchange.method === 'HEAD') return { status, headers };
  const handle = await openVersion(found.path);
  return handle === undefined ? noSuchKey(target.key) : { status, headers, body: { handle, ...piece } };
}
