/** What a writer may say about an object in headers, what is kept of it, and what a reader gets back. */
import { type Exchange, header } from '../exchange.ts';
import { defaultEncryption } from './configuration.ts';
import type { S3ErrorCode } from './errors.ts';
import type { Bucket } from './ground.ts';
import { newLock } from './lock.ts';
import { parseTaggingHeader } from './tags.ts';
import type { ObjectVersion, Tags } from './version.ts';

/** S3: "the user-defined metadata is limited to 2 KB in size". */
const MAX_METADATA_BYTES = 2048;
const METADATA_PREFIX = 'x-amz-meta-';
const ENCRYPTION = 'x-amz-server-side-encryption';

/** What describes the bytes; `content-encoding` is read on its own. */
const DESCRIPTION = new Set([
  'cache-control',
  'content-disposition',
  'content-language',
  'content-type',
  'expires',
]);

/** Said so, rather than ignored: a caller that relies on them must not believe that they worked. */
const UNSUPPORTED = [
  'x-amz-server-side-encryption-customer-algorithm',
  'x-amz-write-offset-bytes',
  'x-amz-website-redirect-location',
];

const ENCRYPTIONS = new Set(['AES256', 'aws:kms', 'aws:kms:dsse']);

export interface HeaderProblem {
  readonly code: S3ErrorCode;
  readonly message: string;
}

export interface ObjectHeaders {
  readonly headers: Readonly<Record<string, string>>;
  readonly tags?: Tags;
}

export function isProblem(value: object): value is HeaderProblem {
  return 'code' in value && 'message' in value;
}

/** `aws-chunked` is the framing of the transfer, not of the object. */
function contentEncoding(exchange: Exchange): string | undefined {
  const kept = (header(exchange, 'content-encoding') ?? '')
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'aws-chunked');
  return kept.length === 0 ? undefined : kept.join(',');
}

/** Content type and the like, and the writer's own metadata. */
function readDescription(exchange: Exchange): Record<string, string> | HeaderProblem {
  const kept: Record<string, string> = { 'content-type': 'binary/octet-stream' };
  let metadataBytes = 0;
  for (const name of Object.keys(exchange.headers)) {
    const value = header(exchange, name);
    if (value === undefined) continue;
    const isMetadata = name.startsWith(METADATA_PREFIX);
    if (isMetadata) metadataBytes += name.length - METADATA_PREFIX.length + value.length;
    if (isMetadata || DESCRIPTION.has(name)) kept[name] = value;
  }
  if (metadataBytes > MAX_METADATA_BYTES)
    return { code: 'MetadataTooLarge', message: 'Your metadata headers exceed the maximum allowed size' };
  const encoding = contentEncoding(exchange);
  if (encoding !== undefined) kept['content-encoding'] = encoding;
  return kept;
}

/** The description of an object that was written before, for a copy. */
export function descriptionOf(version: ObjectVersion): Record<string, string> {
  const kept = Object.entries(version.headers).filter(
    ([name]) => name.startsWith(METADATA_PREFIX) || DESCRIPTION.has(name) || name === 'content-encoding',
  );
  return Object.fromEntries(kept);
}

/** What the writer asks for, else what the bucket gives. */
function readEncryption(
  exchange: Exchange,
  bucket: Bucket,
): Readonly<Record<string, string>> | HeaderProblem {
  const algorithm = header(exchange, ENCRYPTION);
  if (algorithm === undefined) return defaultEncryption(bucket);
  if (!ENCRYPTIONS.has(algorithm))
    return { code: 'InvalidArgument', message: 'The encryption method specified is not supported' };
  const kept: Record<string, string> = { [ENCRYPTION]: algorithm };
  for (const name of [`${ENCRYPTION}-aws-kms-key-id`, `${ENCRYPTION}-bucket-key-enabled`]) {
    const value = header(exchange, name);
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

/** Amazon S3 User Guide, "Controlling ownership of objects": without access lists, only these two say nothing new. */
function refusesAccessList(exchange: Exchange, bucket: Bucket): boolean {
  const acl = header(exchange, 'x-amz-acl');
  const enforced = bucket.configuration.ownershipControls?.includes('BucketOwnerEnforced') === true;
  return enforced && acl !== undefined && acl !== 'private' && acl !== 'bucket-owner-full-control';
}

/**
 * The headers and tags to keep with a new object, or why it is refused.
 * @param description instead of what the request says, for a copy
 */
export function readObjectHeaders(
  exchange: Exchange,
  bucket: Bucket,
  nowMs: number,
  description: Record<string, string> | HeaderProblem = readDescription(exchange),
): ObjectHeaders | HeaderProblem {
  const unsupported = UNSUPPORTED.find((name) => exchange.headers[name] !== undefined);
  if (unsupported !== undefined)
    return { code: 'NotImplemented', message: `The stand-in does not implement ${unsupported}.` };
  if (refusesAccessList(exchange, bucket))
    return { code: 'AccessControlListNotSupported', message: 'The bucket does not allow ACLs' };
  if (isProblem(description)) return description;
  const lock = newLock(exchange, bucket, nowMs);
  if (isProblem(lock)) return lock;
  const encryption = readEncryption(exchange, bucket);
  if (isProblem(encryption)) return encryption;
  const storageClass = header(exchange, 'x-amz-storage-class');
  const headers = {
    ...description,
    ...encryption,
    ...lock,
    ...(storageClass === undefined ? {} : { 'x-amz-storage-class': storageClass }),
  };
  const tagging = header(exchange, 'x-amz-tagging');
  const tags = tagging === undefined ? undefined : parseTaggingHeader(tagging);
  if (typeof tags === 'string') return { code: 'InvalidTag', message: tags };
  return tags === undefined ? { headers } : { headers, tags };
}

/** `x-amz-version-id` where the bucket keeps versions. */
export function versionHeaders(version: ObjectVersion, versioned: boolean): Record<string, string> {
  return versioned ? { 'x-amz-version-id': version.versionId } : {};
}

/** How a version is encrypted, of all that is kept with it. */
export function encryptionHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith(ENCRYPTION)));
}

export function checksumHeaders(version: Pick<ObjectVersion, 'checksum'>): Record<string, string> {
  if (version.checksum === undefined) return {};
  return {
    [`x-amz-checksum-${version.checksum.algorithm}`]: version.checksum.value,
    'x-amz-checksum-type': version.checksum.composite === true ? 'COMPOSITE' : 'FULL_OBJECT',
  };
}
