/** Put, Get, Head and Delete of one object (Amazon S3 API Reference, the operations of these names). */
import { type Answer, type Exchange, header } from '../exchange.ts';
import { s3Error } from './errors.ts';
import type { Ground } from './ground.ts';
import { stagingPath } from './ground.ts';
import { checksumHeaders, isLocked, readObjectHeaders, versionHeaders } from './headers.ts';
import { openVersion } from './open-version.ts';
import { readPrecondition, writePrecondition } from './preconditions.ts';
import { parseRange } from './range.ts';
import { stageBody } from './staging.ts';
import { type FindOutcome, findObject, type PutOutcome, putObject, removeObject } from './store.ts';
import type { ObjectVersion } from './version.ts';
import { element } from './xml.ts';

export interface Target {
  readonly bucket: string;
  readonly key: string;
}

function preconditionFailed(condition: string): Answer {
  return s3Error('PreconditionFailed', { elements: [element('Condition', condition)] });
}

function noSuchKey(key: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return s3Error('NoSuchKey', { headers, elements: [element('Key', key)] });
}

function putAnswer(exchange: Exchange, target: Target, outcome: PutOutcome): Answer {
  switch (outcome.kind) {
    case 'no-bucket':
      return s3Error('NoSuchBucket');
    case 'missing':
      return noSuchKey(target.key);
    case 'failed':
      return preconditionFailed(header(exchange, 'if-match') === undefined ? 'If-None-Match' : 'If-Match');
    case 'stored': {
      const { version } = outcome;
      const encryption = Object.entries(version.headers).filter(([name]) =>
        name.startsWith('x-amz-server-side-encryption'),
      );
      const headers = {
        etag: `"${version.etag}"`,
        ...versionHeaders(version, outcome.versioned),
        ...checksumHeaders(version),
        ...Object.fromEntries(encryption),
      };
      return { status: 200, headers };
    }
  }
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
  const headers = readObjectHeaders(exchange, bucket.objectLock, ground.now());
  if (isProblem(headers)) return s3Error(headers.code, { message: headers.message });
  const now = findObject(ground, target.bucket, target.key);
  const early = precondition(now.kind === 'found' ? now.version : undefined);
  if (early !== 'go') return putAnswer(exchange, target, { kind: early });
  const staging = await stageBody(exchange, stagingPath(ground));
  if (staging.kind === 'refused') return s3Error(staging.code, { message: staging.message });
  return putAnswer(exchange, target, putObject(ground, target, staging.body, headers, precondition));
}

function isProblem(
  value: ReturnType<typeof readObjectHeaders>,
): value is Exclude<ReturnType<typeof readObjectHeaders>, Readonly<Record<string, string>>> {
  return 'code' in value && 'message' in value;
}

function readFailure(
  outcome: Exclude<FindOutcome, { kind: 'found' }>,
  target: Target,
  named: boolean,
): Answer {
  switch (outcome.kind) {
    case 'no-bucket':
      return s3Error('NoSuchBucket');
    case 'no-key':
      return noSuchKey(target.key);
    case 'no-version':
      return s3Error('NoSuchVersion', { elements: [element('Key', target.key)] });
    case 'marker': {
      const headers = {
        'x-amz-delete-marker': 'true',
        'x-amz-version-id': outcome.version.versionId,
      };
      // Amazon S3 User Guide, "Working with delete markers": 404 for the key, 405 for the marker's own version.
      return named
        ? s3Error('MethodNotAllowed', { headers: { ...headers, allow: 'DELETE' } })
        : noSuchKey(target.key, headers);
    }
  }
}

function objectHeaders(exchange: Exchange, version: ObjectVersion, versioned: boolean, whole: boolean) {
  const wantsChecksum = whole && header(exchange, 'x-amz-checksum-mode')?.toUpperCase() === 'ENABLED';
  return {
    ...version.headers,
    ...(wantsChecksum ? checksumHeaders(version) : {}),
    ...versionHeaders(version, versioned),
    'accept-ranges': 'bytes',
    etag: `"${version.etag}"`,
    'last-modified': new Date(version.modifiedMs).toUTCString(),
  };
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
  const range = parseRange(header(exchange, 'range'), version.bytes);
  if (range === 'unsatisfiable')
    return s3Error('InvalidRange', { headers: { 'content-range': `bytes */${version.bytes}` } });
  const piece = range === 'whole' ? { start: 0, length: version.bytes } : range;
  const headers: Record<string, string> = objectHeaders(exchange, version, versioned, range === 'whole');
  headers['content-length'] = String(piece.length);
  if (range !== 'whole')
    headers['content-range'] = `bytes ${piece.start}-${piece.start + piece.length - 1}/${version.bytes}`;
  const status = range === 'whole' ? 200 : 206;
  if (exchange.method === 'HEAD') return { status, headers };
  const handle = await openVersion(found.path);
  if (handle === undefined) return noSuchKey(target.key);
  return { status, headers, body: { handle, ...piece } };
}

/** DeleteObject. */
export async function handleDelete(ground: Ground, exchange: Exchange, target: Target): Promise<Answer> {
  if (exchange.headers['if-match'] !== undefined)
    return s3Error('NotImplemented', { message: 'The stand-in does not implement conditional deletes.' });
  const versionId = exchange.query.get('versionId') ?? undefined;
  const bypass = header(exchange, 'x-amz-bypass-governance-retention')?.toLowerCase() === 'true';
  const outcome = removeObject(
    ground,
    { ...target, versionId },
    (version) => !isLocked(version, bypass, ground.now()),
  );
  if (outcome.kind === 'no-bucket') return s3Error('NoSuchBucket');
  if (outcome.kind === 'locked') return s3Error('AccessDenied');
  const { version } = outcome;
  const headers: Record<string, string> =
    version === undefined ? {} : versionHeaders(version, outcome.versioned);
  if (version !== undefined && version.file === undefined) headers['x-amz-delete-marker'] = 'true';
  return { status: 204, headers };
}
