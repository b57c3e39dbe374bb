/** The folders of a store and its buckets: what every operation stands on. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONFIGURATION_KINDS, type Configuration, DEFAULT_CONFIGURATION } from './configuration-kinds.ts';
import { type Index, openIndex } from './index-file.ts';
import { isBucketName } from './names.ts';
import { loadUploads, type Upload } from './uploads.ts';
import { isMissing, isRecord } from './version.ts';

const BUCKET_FILE = '~bucket.json';
/** No bucket name begins with a dot. */
const STAGING_FOLDER = '.staging';
const UPLOADS_FOLDER = '.uploads';

/** Whose a bucket is and where it lies. */
export interface Owner {
  readonly account: string;
  readonly region: string;
}

export interface Bucket extends Owner {
  readonly name: string;
  readonly createdMs: number;
  /** Absent until it is first switched on. */
  readonly versioning?: 'Enabled' | 'Suspended';
  readonly objectLock: boolean;
  readonly configuration: Configuration;
  readonly index: Index;
}

/** A conditional write that is taking in its bytes, and whether a delete of its key came in between. */
export interface Attempt {
  readonly bucket: string;
  readonly key: string;
  overtaken: boolean;
}

export interface Ground extends Owner {
  readonly root: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly buckets: Map<string, Bucket>;
  /** Multipart uploads under way, by their id. */
  readonly uploads: Map<string, Upload>;
  readonly attempts: Set<Attempt>;
}

function readConfiguration(value: unknown): Configuration {
  // A bucket of before there was a configuration has what a new one has.
  if (!isRecord(value)) return DEFAULT_CONFIGURATION;
  return Object.fromEntries(
    CONFIGURATION_KINDS.flatMap((kind) => {
      const text = value[kind];
      return typeof text === 'string' ? [[kind, text]] : [];
    }),
  );
}

function readBucketFile(root: string, name: string, owner: Owner): Bucket | undefined {
  let text: string;
  try {
    text = readFileSync(join(root, name, BUCKET_FILE), 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  const value: unknown = JSON.parse(text);
  if (!isRecord(value)) return undefined;
  const { createdMs, versioning, objectLock, account, region } = value;
  return {
    name,
    createdMs: typeof createdMs === 'number' ? createdMs : 0,
    ...(versioning === 'Enabled' || versioning === 'Suspended' ? { versioning } : {}),
    objectLock: objectLock === true,
    account: typeof account === 'string' ? account : owner.account,
    region: typeof region === 'string' ? region : owner.region,
    configuration: readConfiguration(value['configuration']),
    index: openIndex(join(root, name)),
  };
}

/**
 * Opens (or makes) the folders. What a killed process left half-written is removed. `owner` has the buckets that are
 * made without one.
 */
export function openGround(root: string, now: () => number, owner: Owner): Ground {
  const staging = join(root, STAGING_FOLDER);
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  const buckets = new Map<string, Bucket>();
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    const bucket = entry.isDirectory() ? readBucketFile(root, entry.name, owner) : undefined;
    if (bucket !== undefined) buckets.set(bucket.name, bucket);
  }
  const { account, region } = owner;
  const uploads = loadUploads(join(root, UPLOADS_FOLDER));
  const ground: Ground = { root, now, account, region, buckets, uploads, attempts: new Set() };
  // A kill may come between the object and the end of its upload, or between the end of a bucket and that of its uploads.
  for (const upload of uploads.values()) {
    const versions = buckets.get(upload.bucket)?.index.versions(upload.key);
    const isOver = versions === undefined || versions.some(({ uploadId }) => uploadId === upload.id);
    if (isOver) dropUpload(ground, upload.id);
  }
  return ground;
}

/** A path for something that is not yet true. */
export function stagingPath(ground: Ground): string {
  return join(ground.root, STAGING_FOLDER, randomUUID());
}

/** The folder of one multipart upload. */
export function uploadFolder(ground: Ground, id: string): string {
  return join(ground.root, UPLOADS_FOLDER, id);
}

export function closeGround(ground: Ground): void {
  for (const bucket of ground.buckets.values()) bucket.index.close();
}

/** Makes a changed bucket the true one, in memory and on disk. */
export function saveBucket(ground: Ground, bucket: Bucket): void {
  const temporary = stagingPath(ground);
  const { index: _, ...saved } = bucket;
  writeFileSync(temporary, JSON.stringify(saved));
  renameSync(temporary, join(ground.root, bucket.name, BUCKET_FILE));
  ground.buckets.set(bucket.name, bucket);
}

export interface BucketOptions extends Partial<Owner> {
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
  const bucket: Bucket = {
    name,
    createdMs: ground.now(),
    objectLock,
    account: options.account ?? ground.account,
    region: options.region ?? ground.region,
    configuration: DEFAULT_CONFIGURATION,
    index: openIndex(folder),
    ...(versioned ? { versioning: 'Enabled' as const } : {}),
  };
  saveBucket(ground, bucket);
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

/** Only an empty bucket goes; the uploads into it go with it. */
export function deleteBucket(ground: Ground, name: string): 'deleted' | 'no-bucket' | 'not-empty' {
  const bucket = ground.buckets.get(name);
  if (bucket === undefined) return 'no-bucket';
  if (!bucket.index.isEmpty()) return 'not-empty';
  ground.buckets.delete(name);
  bucket.index.close();
  rmSync(join(ground.root, name), { recursive: true });
  for (const upload of ground.uploads.values()) if (upload.bucket === name) dropUpload(ground, upload.id);
  return 'deleted';
}

/** Forgets an upload and removes what came of it. */
export function dropUpload(ground: Ground, id: string): void {
  ground.uploads.delete(id);
  rmSync(uploadFolder(ground, id), { recursive: true, force: true });
}
