/** CreateMultipartUpload, UploadPart, UploadPartCopy, AbortMultipartUpload (Amazon S3 User Guide, "Multipart upload"). */
import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Answer, type Exchange, header } from '../exchange.ts';
import { xmlAnswer } from './answers.ts';
import { copyResult, findSource, readAlgorithm, sourceHeaders, stageSource } from './copy.ts';
import { s3Error } from './errors.ts';
import { dropUpload, type Ground, stagingPath, uploadFolder } from './ground.ts';
import { checksumHeaders, encryptionHeaders, isProblem, readObjectHeaders } from './headers.ts';
import { noSuchKey, type Target } from './read-failure.ts';
import { type StagedBody, type Staging, stageBody } from './staging.ts';
import { dropStaged } from './store.ts';
import {
  type Part,
  partFile,
  UPLOAD_FILE,
  type Upload,
  type UploadChecksum,
  type UploadPlan,
} from './uploads.ts';
import { element } from './xml.ts';

/** S3: "Maximum number of parts per upload: 10,000". */
export const MAX_PARTS = 10_000;
/** An upload may be larger than one put, and must not fill the disk of the machine. */
export const MAX_UPLOAD_BYTES = 1024 * 1024 * 1024;
/** Uploads under way. Against: a client that begins one after the other and ends none. */
const MAX_UPLOADS = 1000;

/** CRC-64/NVME is only ever of the whole, the two hashes never (Amazon S3 User Guide, "Checksums for multipart uploads"). */
function checksumPlan(exchange: Exchange): UploadChecksum | undefined | 'invalid' {
  const name = header(exchange, 'x-amz-checksum-algorithm');
  const asked = header(exchange, 'x-amz-checksum-type')?.toUpperCase();
  if (asked !== undefined && asked !== 'COMPOSITE' && asked !== 'FULL_OBJECT') return 'invalid';
  if (name === undefined) return asked === undefined ? undefined : 'invalid';
  const algorithm = readAlgorithm(name);
  if (algorithm === undefined) return 'invalid';
  const only =
    algorithm === 'crc64nvme' ? 'FULL_OBJECT' : algorithm.startsWith('sha') ? 'COMPOSITE' : undefined;
  if (only !== undefined && asked !== undefined && asked !== only) return 'invalid';
  return { algorithm, type: only ?? asked ?? 'COMPOSITE' };
}

function savePlan(ground: Ground, plan: UploadPlan): Upload {
  const id = randomUUID().replaceAll('-', '');
  const folder = uploadFolder(ground, id);
  mkdirSync(folder, { recursive: true });
  const temporary = stagingPath(ground);
  writeFileSync(temporary, JSON.stringify(plan));
  renameSync(temporary, join(folder, UPLOAD_FILE));
  const upload = { ...plan, id, parts: new Map<number, Part>() };
  ground.uploads.set(id, upload);
  return upload;
}

/** CreateMultipartUpload. */
export function handleCreateUpload(ground: Ground, exchange: Exchange, target: Target): Answer {
  const bucket = ground.buckets.get(target.bucket);
  if (bucket === undefined) return s3Error('NoSuchBucket');
  if (ground.uploads.size >= MAX_UPLOADS)
    return s3Error('SlowDown', { message: `The stand-in keeps ${MAX_UPLOADS} uploads under way.` });
  const checksum = checksumPlan(exchange);
  if (checksum === 'invalid')
    return s3Error('InvalidRequest', {
      message: 'The checksum type does not go with this checksum algorithm.',
    });
  const object = readObjectHeaders(exchange, bucket, ground.now());
  if (isProblem(object)) return s3Error(object.code, { message: object.message });
  const plan = { ...target, ...object, startedMs: ground.now() };
  const upload = savePlan(ground, checksum === undefined ? plan : { ...plan, checksum });
  const headers = {
    ...encryptionHeaders(upload.headers),
    ...(checksum === undefined
      ? {}
      : {
          'x-amz-checksum-algorithm': checksum.algorithm.toUpperCase(),
          'x-amz-checksum-type': checksum.type,
        }),
  };
  const content = [
    element('Bucket', target.bucket),
    element('Key', target.key),
    element('UploadId', upload.id),
  ];
  return xmlAnswer('InitiateMultipartUploadResult', content, headers);
}

/** The upload that a request names, for this very object. */
export function findUpload(ground: Ground, exchange: Exchange, target: Target): Upload | undefined {
  const upload = ground.uploads.get(exchange.query.get('uploadId') ?? '');
  return upload?.bucket === target.bucket && upload.key === target.key ? upload : undefined;
}

/** Makes staged bytes a part, in place of the one with its number. False when the upload has ended in between. */
function keepPart(
  ground: Ground,
  upload: Upload,
  number: number,
  staged: StagedBody,
): Part | 'gone' | 'too-large' {
  const before = upload.parts.get(number);
  const others = [...upload.parts.values()].reduce((sum, part) => sum + part.bytes, -(before?.bytes ?? 0));
  if (!ground.uploads.has(upload.id) || others + staged.bytes > MAX_UPLOAD_BYTES) {
    dropStaged(staged);
    return ground.uploads.has(upload.id) ? 'too-large' : 'gone';
  }
  const { bytes, etag, checksum } = staged;
  const known = {
    number,
    bytes,
    etag,
    modifiedMs: ground.now(),
    ...(checksum === undefined ? {} : { checksum }),
  };
  const part = { ...known, file: partFile(known, randomUUID().replaceAll('-', '')) };
  const folder = uploadFolder(ground, upload.id);
  renameSync(staged.path, join(folder, part.file));
  upload.parts.set(number, part);
  if (before !== undefined) unlinkSync(join(folder, before.file));
  return part;
}

function partNumber(exchange: Exchange): number | undefined {
  const text = exchange.query.get('partNumber') ?? '';
  const number = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= MAX_PARTS ? number : undefined;
}

function keptOrRefused(
  ground: Ground,
  upload: Upload,
  number: number,
  staging: Staging,
): { readonly part: Part } | Answer {
  if (staging.kind === 'refused') return s3Error(staging.code, { message: staging.message });
  const part = keepPart(ground, upload, number, staging.body);
  if (part === 'gone') return s3Error('NoSuchUpload');
  return part === 'too-large' ? s3Error('EntityTooLarge') : { part };
}

/** UploadPart, and UploadPartCopy when the request names a source. */
export async function handlePart(ground: Ground, exchange: Exchange, target: Target): Promise<Answer> {
  const upload = findUpload(ground, exchange, target);
  if (upload === undefined) return s3Error('NoSuchUpload');
  const number = partNumber(exchange);
  if (number === undefined)
    return s3Error('InvalidArgument', {
      message: 'Part number must be an integer between 1 and 10000, inclusive',
    });
  if (exchange.headers['x-amz-copy-source'] !== undefined) return copyPart(ground, exchange, upload, number);
  const staging = await stageBody(exchange, stagingPath(ground), upload.checksum?.algorithm);
  const kept = keptOrRefused(ground, upload, number, staging);
  if ('status' in kept) return kept;
  const { 'x-amz-checksum-type': _, ...checksum } = checksumHeaders(kept.part);
  const headers = { etag: `"${kept.part.etag}"`, ...checksum, ...encryptionHeaders(upload.headers) };
  return { status: 200, headers };
}

async function copyPart(ground: Ground, exchange: Exchange, upload: Upload, number: number): Promise<Answer> {
  const source = findSource(ground, exchange);
  if ('status' in source) return source;
  const range = header(exchange, 'x-amz-copy-source-range');
  const staging = await stageSource(ground, source, upload.checksum?.algorithm, range);
  if (staging === 'unsatisfiable') return s3Error('InvalidRange');
  if (staging === undefined) return noSuchKey(upload.key);
  const kept = keptOrRefused(ground, upload, number, staging);
  if ('status' in kept) return kept;
  const answer = copyResult('CopyPartResult', kept.part);
  return { ...answer, headers: { ...answer.headers, ...sourceHeaders(source) } };
}

/** AbortMultipartUpload. */
export function handleAbort(ground: Ground, exchange: Exchange, target: Target): Answer {
  const upload = findUpload(ground, exchange, target);
  if (upload === undefined) return s3Error('NoSuchUpload');
  dropUpload(ground, upload.id);
  return { status: 204, headers: {} };
}
