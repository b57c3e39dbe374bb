/**
 * Multipart uploads under way, as folders: `.uploads/ID/~upload.json` says what it will be, beside it lie the parts. What
 * is known of a part stands in the name of its file, so that one rename makes it true. They outlive the process.
 */
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm } from './checksums.ts';
import { isMissing, isRecord, isTexts, type ObjectChecksum, type Tags } from './version.ts';

export const UPLOAD_FILE = '~upload.json';

export interface Part {
  readonly number: number;
  readonly bytes: number;
  /** Hexadecimal MD5. */
  readonly etag: string;
  readonly checksum?: ObjectChecksum;
  readonly modifiedMs: number;
  /** Its name in the folder of the upload. */
  readonly file: string;
}

/** What the one who began the upload said about the checksum of the whole. */
export interface UploadChecksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly type: 'COMPOSITE' | 'FULL_OBJECT';
}

export interface UploadPlan {
  readonly bucket: string;
  readonly key: string;
  readonly startedMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly tags?: Tags;
  readonly checksum?: UploadChecksum;
}

export interface Upload extends UploadPlan {
  readonly id: string;
  readonly parts: Map<number, Part>;
}

const PART_FILE = /^(\d{1,5})~([0-9a-f]{32})(?:~([a-z0-9]+)~([A-Za-z0-9_-]+))?~[0-9a-f]{32}$/;

/** `nonce` keeps a part that is sent again from taking the name of the one it replaces. */
export function partFile(part: Pick<Part, 'number' | 'etag' | 'checksum'>, nonce: string): string {
  const { checksum } = part;
  const value = checksum === undefined ? '' : Buffer.from(checksum.value, 'base64').toString('base64url');
  return `${part.number}~${part.etag}${checksum === undefined ? '' : `~${checksum.algorithm}~${value}`}~${nonce}`;
}

function readPart(folder: string, file: string): Part | undefined {
  const match = PART_FILE.exec(file);
  if (match === null) return undefined;
  const { size, mtimeMs } = statSync(join(folder, file));
  const algorithm = CHECKSUM_ALGORITHMS.find((each) => each === match[3]);
  const value = Buffer.from(match[4] ?? '', 'base64url').toString('base64');
  return {
    number: Number(match[1]),
    bytes: size,
    etag: match[2] ?? '',
    modifiedMs: Math.floor(mtimeMs),
    file,
    ...(algorithm === undefined ? {} : { checksum: { algorithm, value } }),
  };
}

function readPlan(folder: string): UploadPlan | undefined {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(join(folder, UPLOAD_FILE), 'utf8'));
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (!isRecord(value)) return undefined;
  const { bucket, key, startedMs, headers, tags, checksum } = value;
  if (typeof bucket !== 'string' || typeof key !== 'string' || typeof startedMs !== 'number')
    return undefined;
  if (!isTexts(headers)) return undefined;
  const algorithm = isRecord(checksum)
    ? CHECKSUM_ALGORITHMS.find((each) => each === checksum['algorithm'])
    : undefined;
  const type = isRecord(checksum) && checksum['type'] === 'FULL_OBJECT' ? 'FULL_OBJECT' : 'COMPOSITE';
  return {
    bucket,
    key,
    startedMs,
    headers,
    ...(isTexts(tags) ? { tags } : {}),
    ...(algorithm === undefined ? {} : { checksum: { algorithm, type } }),
  };
}

/** The uploads in a folder; one that a kill left without its plan was never answered for, and goes. */
export function loadUploads(root: string): Map<string, Upload> {
  const uploads = new Map<string, Upload>();
  for (const id of listFolder(root)) {
    const folder = join(root, id);
    const plan = readPlan(folder);
    if (plan === undefined) {
      rmSync(folder, { recursive: true, force: true });
      continue;
    }
    const parts = new Map<number, Part>();
    for (const file of listFolder(folder)) {
      const part = readPart(folder, file);
      const other = part === undefined ? undefined : parts.get(part.number);
      // A kill between a part's coming and the removal of the one before it leaves both.
      if (part !== undefined && (other === undefined || part.modifiedMs >= other.modifiedMs))
        parts.set(part.number, part);
    }
    uploads.set(id, { ...plan, id, parts });
  }
  return uploads;
}

function listFolder(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
