/**
 * CompleteMultipartUpload: the parts become one file, which becomes the object as that of a put does. A client that got no
 * answer may ask again: the version remembers its upload, so the second answer is the first.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { type Answer, type Exchange, header } from '../exchange.ts';
import { xmlAnswer } from './answers.ts';
import { withAttempt } from './attempt.ts';
import { CHECKSUM_ALGORITHMS, createChecksum } from './checksums.ts';
import { s3Error } from './errors.ts';
import { dropUpload, type Ground, stagingPath, uploadFolder } from './ground.ts';
import { findUpload, MAX_PARTS, MAX_UPLOAD_BYTES } from './multipart.ts';
import { writeFailure, writtenHeaders } from './objects.ts';
import { conditionOf, writePrecondition } from './preconditions.ts';
import type { Target } from './read-failure.ts';
import { readVerifiedBody, type StagedBody, stageBytes } from './staging.ts';
import { dropStaged, type Precondition, putObject } from './store.ts';
import type { Part, Upload } from './uploads.ts';
import { isMissing, type ObjectChecksum, type ObjectVersion } from './version.ts';
import { element } from './xml.ts';
import { childrenOf, parseXml, textAt, type XmlNode } from './xml-reader.ts';

/** S3: "Part size: 5 MiB to 5 GiB. There is no minimum size limit on the last part". */
const MIN_PART_BYTES = 5 * 1024 * 1024;
/** 10,000 parts with a checksum each. Against: a body that fills the memory. */
const MAX_COMPLETE_BYTES = 4 * 1024 * 1024;

/** The kept part that an entry of the request names, or why there is none. */
function chosenPart(upload: Upload, entry: XmlNode): Part | Answer {
  const number = textAt(entry, 'PartNumber') ?? '';
  const part = /^\d{1,5}$/.test(number) ? upload.parts.get(Number(number)) : undefined;
  const etag = (textAt(entry, 'ETag') ?? '').replaceAll('"', '');
  if (part === undefined || part.etag !== etag) return s3Error('InvalidPart');
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const said = textAt(entry, `Checksum${algorithm.toUpperCase()}`);
    const differs = part.checksum?.algorithm !== algorithm || part.checksum.value !== said;
    if (said !== undefined && differs) return s3Error('InvalidPart');
    if (
      said === undefined &&
      upload.checksum?.type === 'COMPOSITE' &&
      upload.checksum.algorithm === algorithm
    )
      return s3Error('InvalidRequest', {
        message: `The upload was created using a ${algorithm} checksum. The complete request must include the checksum for each part. It was missing for part ${number} in the request.`,
      });
  }
  return part;
}

function chooseParts(upload: Upload, text: string): readonly Part[] | Answer {
  const root = parseXml(text);
  const entries = root?.name === 'CompleteMultipartUpload' ? childrenOf(root, 'Part') : [];
  if (entries.length === 0 || entries.length > MAX_PARTS) return s3Error('MalformedXML');
  const parts: Part[] = [];
  for (const entry of entries) {
    const part = chosenPart(upload, entry);
    if ('status' in part) return part;
    if (part.number <= (parts.at(-1)?.number ?? 0)) return s3Error('InvalidPartOrder');
    parts.push(part);
  }
  const isSmall = parts.slice(0, -1).some((part) => part.bytes < MIN_PART_BYTES);
  return isSmall ? s3Error('EntityTooSmall') : parts;
}

/** MD5 of the parts' MD5s, and how many there are. */
function compositeEtag(parts: readonly Part[]): string {
  const hash = createHash('md5');
  for (const part of parts) hash.update(Buffer.from(part.etag, 'hex'));
  return `${hash.digest('hex')}-${parts.length}`;
}

/** Made from the parts' checksums, or (of the whole) what was computed while they were put together. */
function wholeChecksum(
  upload: Upload,
  parts: readonly Part[],
  staged: StagedBody,
): ObjectChecksum | undefined {
  if (upload.checksum?.type !== 'COMPOSITE') return staged.checksum;
  const { algorithm } = upload.checksum;
  const checksum = createChecksum(algorithm);
  for (const part of parts) checksum.update(Buffer.from(part.checksum?.value ?? '', 'base64'));
  return { algorithm, value: `${checksum.digest()}-${parts.length}`, composite: true };
}

/** What the request says about the whole. */
function disagreement(
  exchange: Exchange,
  bytes: number,
  checksum: ObjectChecksum | undefined,
): Answer | undefined {
  const size = header(exchange, 'x-amz-mp-object-size');
  if (size !== undefined && size !== String(bytes))
    return s3Error('InvalidRequest', {
      message: `The provided 'x-amz-mp-object-size' header does not match what was computed.`,
    });
  const type = header(exchange, 'x-amz-checksum-type');
  if (
    type !== undefined &&
    checksum !== undefined &&
    (type === 'COMPOSITE') !== (checksum.composite === true)
  )
    return s3Error('InvalidRequest', { message: 'The checksum type is not that of the upload.' });
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const said = header(exchange, `x-amz-checksum-${algorithm}`);
    if (said === undefined) continue;
    if (checksum?.algorithm !== algorithm || checksum.value !== said)
      return s3Error('BadDigest', {
        message: `The ${algorithm} you specified did not match the calculated checksum.`,
      });
  }
  return undefined;
}

async function* bytesOf(folder: string, parts: readonly Part[]): AsyncIterable<Uint8Array> {
  for (const part of parts) yield* createReadStream(join(folder, part.file));
}

async function assemble(
  ground: Ground,
  upload: Upload,
  parts: readonly Part[],
): Promise<StagedBody | Answer> {
  const whole = upload.checksum?.type === 'FULL_OBJECT' ? upload.checksum.algorithm : undefined;
  const bytes = bytesOf(uploadFolder(ground, upload.id), parts);
  try {
    const staging = await stageBytes(bytes, stagingPath(ground), MAX_UPLOAD_BYTES, whole);
    return staging.kind === 'staged' ? staging.body : s3Error(staging.code, { message: staging.message });
  } catch (error) {
    // Aborted, or a part sent again, while it was read.
    if (isMissing(error)) return s3Error('NoSuchUpload');
    throw error;
  }
}

function completeAnswer(target: Target, version: ObjectVersion, versioned: boolean): Answer {
  const { etag: _, ...headers } = writtenHeaders(version, versioned);
  const { checksum } = version;
  const content = [
    element('Location', `/${target.bucket}/${target.key}`),
    element('Bucket', target.bucket),
    element('Key', target.key),
    element('ETag', `"${version.etag}"`),
  ];
  if (checksum !== undefined)
    content.push(
      element(`Checksum${checksum.algorithm.toUpperCase()}`, checksum.value),
      element('ChecksumType', checksum.composite === true ? 'COMPOSITE' : 'FULL_OBJECT'),
    );
  return xmlAnswer('CompleteMultipartUploadResult', content, headers);
}

/** The answer for an upload that was completed before; undefined when it never was, or its version is gone. */
function completedBefore(ground: Ground, exchange: Exchange, target: Target): Answer | undefined {
  const bucket = ground.buckets.get(target.bucket);
  const id = exchange.query.get('uploadId');
  const version = bucket?.index
    .versions(target.key)
    .find((one) => one.uploadId !== undefined && one.uploadId === id);
  return version === undefined
    ? undefined
    : completeAnswer(target, version, bucket?.versioning !== undefined);
}

async function complete(
  ground: Ground,
  exchange: Exchange,
  upload: Upload,
  parts: readonly Part[],
  precondition: Precondition,
): Promise<Answer> {
  return withAttempt(ground, upload, conditionOf(exchange) !== '', async (attempt) => {
    const staged = await assemble(ground, upload, parts);
    if ('status' in staged) return staged;
    const checksum = wholeChecksum(upload, parts, staged);
    const { path, bytes } = staged;
    const body = { path, bytes, etag: compositeEtag(parts), ...(checksum === undefined ? {} : { checksum }) };
    const { headers, tags, id: uploadId } = upload;
    const object = {
      headers,
      parts: parts.map((part) => part.bytes),
      uploadId,
      ...(tags === undefined ? {} : { tags }),
    };
    // Another request with the same id may have come first, or wants it gone.
    const isOpen = ground.uploads.has(upload.id);
    const wrong = isOpen ? disagreement(exchange, bytes, checksum) : undefined;
    if (wrong !== undefined || !isOpen) {
      dropStaged(staged);
      return wrong ?? completedBefore(ground, exchange, upload) ?? s3Error('NoSuchUpload');
    }
    const outcome = putObject(ground, upload, body, object, attempt.overtaken ? 'overtaken' : precondition);
    if (outcome.kind !== 'stored') return writeFailure(exchange, upload, outcome.kind);
    dropUpload(ground, upload.id);
    return completeAnswer(upload, outcome.version, outcome.versioned);
  });
}

/** CompleteMultipartUpload. */
export async function handleComplete(ground: Ground, exchange: Exchange, target: Target): Promise<Answer> {
  const precondition = writePrecondition(exchange);
  if (precondition === 'unsupported') return s3Error('NotImplemented');
  const body = await readVerifiedBody(
    { ...exchange, headers: withoutObjectChecksums(exchange.headers) },
    MAX_COMPLETE_BYTES,
  );
  if ('kind' in body) return s3Error(body.code, { message: body.message });
  const bucket = ground.buckets.get(target.bucket);
  if (bucket === undefined) return s3Error('NoSuchBucket');
  const upload = findUpload(ground, exchange, target);
  if (upload === undefined) return completedBefore(ground, exchange, target) ?? s3Error('NoSuchUpload');
  const parts = chooseParts(upload, body.bytes.toString());
  if ('status' in parts) return parts;
  const current = bucket.index.versions(target.key)[0];
  const early = precondition(current?.file === undefined ? undefined : current);
  if (early !== 'go') return writeFailure(exchange, target, early);
  return complete(ground, exchange, upload, parts, precondition);
}

/** Here these headers speak of the object and not of the body of the request. */
function withoutObjectChecksums(headers: Exchange['headers']): Exchange['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('x-amz-checksum-')));
}
