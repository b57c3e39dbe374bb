/** CopyObject, and the reading of a copy's source for UploadPartCopy. */
import { type Answer, decodePathPiece, type Exchange, header } from '../exchange.ts';
import { xmlAnswer } from './answers.ts';
import { withAttempt } from './attempt.ts';
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm } from './checksums.ts';
import { s3Error } from './errors.ts';
import { type Ground, stagingPath } from './ground.ts';
import { descriptionOf, isProblem, readObjectHeaders } from './headers.ts';
import { isKey } from './names.ts';
import { writeFailure, writtenHeaders } from './objects.ts';
import { openVersion } from './open-version.ts';
import { conditionOf, readPrecondition, writePrecondition } from './preconditions.ts';
import { parseRange } from './range.ts';
import { noSuchKey, preconditionFailed, readFailure, type Target } from './read-failure.ts';
import { type Staging, stageBytes } from './staging.ts';
import { type FindOutcome, findObject, putObject } from './store.ts';
import type { ObjectVersion } from './version.ts';
import { element } from './xml.ts';

/** Of what one copy may hold: as much as one upload may put together. */
const MAX_COPY_BYTES = 1024 * 1024 * 1024;

export type Source = FindOutcome & { readonly kind: 'found' };

/** `/BUCKET/KEY?versionId=ID`, percent-encoded, the first slash optional. */
function readSource(text: string): (Target & { readonly versionId: string | undefined }) | undefined {
  const [path = '', query] = text.split('?', 2);
  const decoded = decodePathPiece(path.replace(/^\//, ''));
  const slash = decoded?.indexOf('/') ?? -1;
  if (decoded === undefined || slash < 1) return undefined;
  const key = decoded.slice(slash + 1);
  if (!isKey(key)) return undefined;
  const versionId = new URLSearchParams(query ?? '').get('versionId') ?? undefined;
  return { bucket: decoded.slice(0, slash), key, versionId };
}

/** What `x-amz-copy-source` names, when it is there and its conditions hold. */
export function findSource(ground: Ground, exchange: Exchange): Source | Answer {
  const source = readSource(header(exchange, 'x-amz-copy-source') ?? '');
  if (source === undefined)
    return s3Error('InvalidArgument', { message: 'Copy Source must mention the source bucket and key' });
  const found = findObject(ground, source.bucket, source.key, source.versionId);
  if (found.kind === 'marker' && source.versionId !== undefined)
    return s3Error('InvalidRequest', {
      message: 'The source of a copy request may not specifically refer to a delete marker by version id.',
    });
  if (found.kind !== 'found') return readFailure(found, source, source.versionId !== undefined);
  return readPrecondition(exchange, found.version, 'x-amz-copy-source-') === 'go'
    ? found
    : preconditionFailed('x-amz-copy-source-If-');
}

/** The bytes of the source (or of a range of it) as a staged file; undefined when they went in between. */
export async function stageSource(
  ground: Ground,
  source: Source,
  algorithm: ChecksumAlgorithm | undefined,
  range?: string,
): Promise<Staging | undefined | 'unsatisfiable'> {
  const piece = parseRange(range, source.version.bytes);
  if (piece === 'unsatisfiable') return piece;
  const handle = await openVersion(source.path);
  if (handle === undefined) return undefined;
  const { start, length } = piece === 'whole' ? { start: 0, length: source.version.bytes } : piece;
  try {
    const bytes =
      length === 0 ? [] : handle.createReadStream({ start, end: start + length - 1, autoClose: false });
    return await stageBytes(toAsync(bytes), stagingPath(ground), MAX_COPY_BYTES, algorithm);
  } finally {
    await handle.close();
  }
}

async function* toAsync(bytes: AsyncIterable<Uint8Array> | readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* bytes;
}

/** A checksum algorithm by the name that requests give it; undefined for others. */
export function readAlgorithm(text: string | undefined): ChecksumAlgorithm | undefined {
  return CHECKSUM_ALGORITHMS.find((algorithm) => algorithm === text?.toLowerCase());
}

/** The answer of both kinds of copy. */
export function copyResult(name: string, version: Pick<ObjectVersion, 'etag' | 'modifiedMs' | 'checksum'>) {
  const { checksum } = version;
  return xmlAnswer(name, [
    element('LastModified', new Date(version.modifiedMs).toISOString()),
    element('ETag', `"${version.etag}"`),
    ...(checksum === undefined
      ? []
      : [element(`Checksum${checksum.algorithm.toUpperCase()}`, checksum.value)]),
  ]);
}

/** Which version was copied, where its bucket keeps versions. */
export function sourceHeaders(source: Source): Record<string, string> {
  return source.versioned ? { 'x-amz-copy-source-version-id': source.version.versionId } : {};
}

/** S3 refuses a copy onto itself that changes nothing. */
function changesNothing(exchange: Exchange, target: Target): boolean {
  const source = readSource(header(exchange, 'x-amz-copy-source') ?? '');
  return (
    source?.bucket === target.bucket &&
    source.key === target.key &&
    source.versionId === undefined &&
    header(exchange, 'x-amz-metadata-directive') !== 'REPLACE' &&
    header(exchange, 'x-amz-server-side-encryption') === undefined &&
    header(exchange, 'x-amz-storage-class') === undefined
  );
}

/** CopyObject: the bytes and (unless REPLACE says otherwise) description and tags; never lock and encryption. */
export async function handleCopy(ground: Ground, exchange: Exchange, target: Target): Promise<Answer> {
  const bucket = ground.buckets.get(target.bucket);
  if (bucket === undefined) return s3Error('NoSuchBucket');
  const precondition = writePrecondition(exchange);
  if (precondition === 'unsupported') return s3Error('NotImplemented');
  if (changesNothing(exchange, target))
    return s3Error('InvalidRequest', {
      message:
        "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    });
  const source = findSource(ground, exchange);
  if ('status' in source) return source;
  const replaces = header(exchange, 'x-amz-metadata-directive') === 'REPLACE';
  const described = replaces ? undefined : descriptionOf(source.version);
  const object = readObjectHeaders(exchange, bucket, ground.now(), described);
  if (isProblem(object)) return s3Error(object.code, { message: object.message });
  const tags = header(exchange, 'x-amz-tagging-directive') === 'REPLACE' ? object.tags : source.version.tags;
  const algorithm =
    readAlgorithm(header(exchange, 'x-amz-checksum-algorithm')) ?? source.version.checksum?.algorithm;
  return withAttempt(ground, target, conditionOf(exchange) !== '', async (attempt) => {
    const staging = await stageSource(ground, source, algorithm);
    if (staging === undefined || staging === 'unsatisfiable') return noSuchKey(target.key);
    if (staging.kind === 'refused') return s3Error(staging.code, { message: staging.message });
    const condition = attempt.overtaken ? 'overtaken' : precondition;
    const { headers } = object;
    const made = { headers, ...(tags === undefined ? {} : { tags }) };
    const outcome = putObject(ground, target, staging.body, made, condition);
    if (outcome.kind !== 'stored') return writeFailure(exchange, target, outcome.kind);
    const { etag: _, ...written } = writtenHeaders(outcome.version, outcome.versioned);
    const answer = copyResult('CopyObjectResult', outcome.version);
    return { ...answer, headers: { ...answer.headers, ...written, ...sourceHeaders(source) } };
  });
}
