/** What S3 knows of one version of an object. */
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm } from './checksums.ts';

/** One version of an object, or a delete marker. */
export interface ObjectVersion {
  /** `null` when it was written while the bucket kept no versions. */
  readonly versionId: string;
  /** Name of the file with the bytes, in the folder of the key; absent for a delete marker. */
  readonly file?: string;
  readonly bytes: number;
  /** Hexadecimal MD5 of the bytes, without quotes. */
  readonly etag: string;
  readonly modifiedMs: number;
  /** What the writer said and a reader gets back: content-type, x-amz-meta-*, encryption, object lock. */
  readonly headers: Readonly<Record<string, string>>;
  readonly checksum?: ObjectChecksum;
  readonly tags?: Tags;
  /** Bytes of each part, when it was put together from parts. */
  readonly parts?: readonly number[];
  /** The upload that it was put together from. */
  readonly uploadId?: string;
}

export interface ObjectChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly value: string;
  /** The value is made from those of the parts; otherwise from the bytes. */
  readonly composite?: true;
}

export type Tags = Readonly<Record<string, string>>;

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isChecksum(value: unknown): value is ObjectChecksum {
  if (!isRecord(value) || typeof value['value'] !== 'string') return false;
  return CHECKSUM_ALGORITHMS.some((algorithm) => algorithm === value['algorithm']);
}

export function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isRecord(value) && Object.values(value).every((one) => typeof one === 'string');
}

function isSizes(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'number');
}

export function isVersion(value: unknown): value is ObjectVersion {
  if (!isRecord(value) || !isTexts(value['headers'])) return false;
  return (
    typeof value['versionId'] === 'string' &&
    typeof value['bytes'] === 'number' &&
    typeof value['etag'] === 'string' &&
    typeof value['modifiedMs'] === 'number' &&
    (value['file'] === undefined || typeof value['file'] === 'string') &&
    (value['checksum'] === undefined || isChecksum(value['checksum'])) &&
    (value['tags'] === undefined || isTexts(value['tags'])) &&
    (value['parts'] === undefined || isSizes(value['parts'])) &&
    (value['uploadId'] === undefined || typeof value['uploadId'] === 'string')
  );
}

/** Is it the error of a file that is not there? */
export function isMissing(error: unknown): boolean {
  return isRecord(error) && (error['code'] === 'ENOENT' || error['code'] === 'ENOTDIR');
}
