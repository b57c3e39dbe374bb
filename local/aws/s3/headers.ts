/** What a writer may say about an object in headers, what is kept of it, and what a reader gets back. */
import { type Exchange, header } from '../exchange.ts';
import type { S3ErrorCode } from './errors.ts';
import type { ObjectVersion } from './version.ts';

/** S3: "the user-defined metadata is limited to 2 KB in size". */
const MAX_METADATA_BYTES = 2048;

const KEPT = new Set([
  'cache-control',
  'content-disposition',
  'content-language',
  'content-type',
  'expires',
  'x-amz-object-lock-legal-hold',
  'x-amz-object-lock-mode',
  'x-amz-object-lock-retain-until-date',
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-server-side-encryption-bucket-key-enabled',
  'x-amz-storage-class',
]);

/** Said so, rather than ignored: a caller that relies on them must not believe that they worked. */
const UNSUPPORTED = [
  'x-amz-copy-source',
  'x-amz-tagging',
  'x-amz-server-side-encryption-customer-algorithm',
  'x-amz-write-offset-bytes',
  'x-amz-website-redirect-location',
];

export interface HeaderProblem {
  readonly code: S3ErrorCode;
  readonly message: string;
}

/** `aws-chunked` is the framing of the transfer, not of the object. */
function contentEncoding(exchange: Exchange): string | undefined {
  const kept = (header(exchange, 'content-encoding') ?? '')
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'aws-chunked');
  return kept.length === 0 ? undefined : kept.join(',');
}

/** Amazon S3 User Guide, "Object Lock": mode and date come together, on a bucket that was made for it. */
function lockProblem(exchange: Exchange, objectLock: boolean, nowMs: number): HeaderProblem | undefined {
  const mode = header(exchange, 'x-amz-object-lock-mode');
  const until = header(exchange, 'x-amz-object-lock-retain-until-date');
  const hold = header(exchange, 'x-amz-object-lock-legal-hold');
  if (mode === undefined && until === undefined && hold === undefined) return undefined;
  if (!objectLock) return { code: 'InvalidRequest', message: 'Bucket is missing Object Lock Configuration' };
  if ((mode === undefined) !== (until === undefined))
    return {
      code: 'InvalidArgument',
      message: 'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied',
    };
  if (mode !== undefined && mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE')
    return { code: 'InvalidArgument', message: 'Unknown wormMode directive.' };
  if (hold !== undefined && hold !== 'ON' && hold !== 'OFF')
    return { code: 'InvalidArgument', message: 'Legal Hold must be either of "ON" or "OFF"' };
  if (until !== undefined && !(Date.parse(until) > nowMs))
    return { code: 'InvalidArgument', message: 'The retain until date must be in the future!' };
  return undefined;
}

/** The headers to keep with a new object, or why it is refused. */
export function readObjectHeaders(
  exchange: Exchange,
  objectLock: boolean,
  nowMs: number,
): Readonly<Record<string, string>> | HeaderProblem {
  const unsupported = UNSUPPORTED.find((name) => exchange.headers[name] !== undefined);
  if (unsupported !== undefined)
    return { code: 'NotImplemented', message: `The stand-in does not implement ${unsupported}.` };
  const problem = lockProblem(exchange, objectLock, nowMs);
  if (problem !== undefined) return problem;
  const kept: Record<string, string> = { 'content-type': 'binary/octet-stream' };
  let metadataBytes = 0;
  for (const name of Object.keys(exchange.headers)) {
    const value = header(exchange, name);
    if (value === undefined) continue;
    const isMetadata = name.startsWith('x-amz-meta-');
    if (isMetadata) metadataBytes += name.length - 'x-amz-meta-'.length + value.length;
    if (isMetadata || KEPT.has(name)) kept[name] = value;
  }
  if (metadataBytes > MAX_METADATA_BYTES)
    return { code: 'MetadataTooLarge', message: 'Your metadata headers exceed the maximum allowed size' };
  const encoding = contentEncoding(exchange);
  if (encoding !== undefined) kept['content-encoding'] = encoding;
  return kept;
}

/** Retention that a delete of this version has to respect. */
export function isLocked(version: ObjectVersion, bypassGovernance: boolean, nowMs: number): boolean {
  const { headers } = version;
  if (headers['x-amz-object-lock-legal-hold'] === 'ON') return true;
  const until = Date.parse(headers['x-amz-object-lock-retain-until-date'] ?? '');
  if (!(until > nowMs)) return false;
  return headers['x-amz-object-lock-mode'] === 'COMPLIANCE' || !bypassGovernance;
}

/** `x-amz-version-id` where the bucket keeps versions. */
export function versionHeaders(version: ObjectVersion, versioned: boolean): Record<string, string> {
  return versioned ? { 'x-amz-version-id': version.versionId } : {};
}

export function checksumHeaders(version: ObjectVersion): Record<string, string> {
  if (version.checksum === undefined) return {};
  return {
    [`x-amz-checksum-${version.checksum.algorithm}`]: version.checksum.value,
    'x-amz-checksum-type': 'FULL_OBJECT',
  };
}
