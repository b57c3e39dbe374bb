/** The folders of a store and its buckets: what every operation stands on. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Index, openIndex } from './index-file.ts';
import { isBucketName } from './names.ts';
import { isMissing, isRecord } from './version.ts';

const BUCKET_FILE = '~bucket.json';
/** No bucket name begins with a dot. */
const STAGING_FOLDER = '.staging';

export interface Bucket {
  readonly name: string;
  readonly createdMs: number;
  /** Absent until it is first switched on. */
  readonly versioning?: 'Enabled' | 'Suspended';
  readonly objectLock: boolean;
  readonly index: Index;
}

export interface Ground {
  readonly root: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly buckets: Map<string, Bucket>;
}

function readBucketFile(root: string, name: string): Bucket | undefined {
  let text: string;
  try {
    text = readFileSync(join(root, name, BUCKET_FILE), 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  const value: unknown = JSON.parse(text);
  if (!isRecord(value)) return undefined;
  const { createdMs, versioning, objectLock } = value;
  return {
    name,
    createdMs: typeof createdMs === 'number' ? createdMs : 0,
    ...(versioning === 'Enabled' || versioning === 'Suspended' ? { versioning } : {}),
    objectLock: objectLock === true,
    index: openIndex(join(root, name)),
  };
}

/** Opens (or makes) the folders. What a killed process left half-written is removed. */
export function openGround(root: string, now: () => number): Ground {
  const staging = join(root, STAGING_FOLDER);
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  const buckets = new Map<string, Bucket>();
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    const bucket = entry.isDirectory() ? readBucketFile(root, entry.name) : undefined;
    if (bucket !== undefined) buckets.set(bucket.name, bucket);
  }
  return { root, now, buckets };
}

/** A path for something that is not yet true. */
export function stagingPath(ground: Ground): string {
  return join(ground.root, STAGING_FOLDER, randomUUID());
}

export function closeGround(ground: Ground): void {
  for (const bucket of ground.buckets.values()) bucket.index.close();
}

function saveBucket(ground: Ground, bucket: Bucket): void {
  const temporary = stagingPath(ground);
  const { name, createdMs, versioning, objectLock } = bucket;
  writeFileSync(temporary, JSON.stringify({ name, createdMs, versioning, objectLock }));
  renameSync(temporary, join(ground.root, bucket.name, BUCKET_FILE));
  ground.buckets.set(bucket.name, bucket);
}

export interface BucketOptions {
  readonly versioned?: boolean;
  readonly objectLock?: boolean;
}

export function createBucket(
  ground: Ground,
  name: string,
  options: BucketOptions,
): 'created' | 'exists' | 'bad-name' {
  if (!isBucketName(name)) return 'bad-name';
  if (ground.buckets.has(name)) return 'exists';
  const folder = join(ground.root, name);
  mkdirSync(folder, { recursive: true });
  const objectLock = options.objectLock === true;
  // Amazon S3 User Guide, "Object Lock considerations": a bucket with Object Lock keeps versions, and cannot stop to.
  const versioned = objectLock || options.versioned === true;
  const createdMs = ground.now();
  const versioning = versioned ? { versioning: 'Enabled' as const } : {};
  saveBucket(ground, { name, createdMs, objectLock, index: openIndex(folder), ...versioning });
  return 'created';
}

export function setVersioning(
  ground: Ground,
  name: string,
  versioning: 'Enabled' | 'Suspended',
): 'set' | 'no-bucket' | 'locked' {
  const bucket = ground.buckets.get(name);
  if (bucket === undefined) return 'no-bucket';
  if (bucket.objectLock && versioning === 'Suspended') return 'locked';
  saveBucket(ground, { ...bucket, versioning });
  return 'set';
}

/** Only an empty bucket goes. */
export function deleteBucket(ground: Ground, name: string): 'deleted' | 'no-bucket' | 'not-empty' {
  const bucket = ground.buckets.get(name);
  if (bucket === undefined) return 'no-bucket';
  if (!bucket.index.isEmpty()) return 'not-empty';
  ground.buckets.delete(name);
  bucket.index.close();
  rmSync(join(ground.root, name), { recursive: true });
  return 'deleted';
}
