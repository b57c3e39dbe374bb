/**
 * Objects as plain files: `ROOT/BUCKET/raw/HASH.eml` holds the bytes of the key `raw/HASH.eml`; what S3 knows of them
 * stands in the bucket's index. The bytes of a version are never changed after they got their name, and they get it
 * when the index has its line; so a kill at any moment leaves the object that was or the object that comes. The bytes are
 * flushed before, the line is not: after a power cut a new object may have lost its headers, and one that was overwritten
 * in a bucket without versions may be gone.
 *
 * One process owns a root at a time. Changes are synchronous, so that they cannot overtake each other; what may wait for
 * the disk, taking in the bytes, comes before.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Bucket, Ground } from './ground.ts';
import { keyPath } from './names.ts';
import type { StagedBody } from './staging.ts';
import { isMissing, type ObjectVersion } from './version.ts';

/** What the current object has to be for a write to happen; `missing`: If-Match without an object. */
export type Precondition = (current: ObjectVersion | undefined) => 'go' | 'failed' | 'missing';

export type PutOutcome =
  | { readonly kind: 'stored'; readonly version: ObjectVersion; readonly versioned: boolean }
  /** `conflict`: a delete came between the beginning and the end of a conditional write. */
  | { readonly kind: 'failed' | 'missing' | 'conflict' | 'no-bucket' };

/** What a new object has beside its bytes. */
export type NewObject = Pick<ObjectVersion, 'headers' | 'tags' | 'parts' | 'uploadId'>;

export type FindOutcome =
  | {
      readonly kind: 'found';
      readonly version: ObjectVersion;
      /** Where the bytes are. */
      readonly path: string;
      readonly versioned: boolean;
    }
  | { readonly kind: 'marker'; readonly version: ObjectVersion }
  | { readonly kind: 'no-bucket' | 'no-key' | 'no-version' };

export type DeleteOutcome =
  /** `version`: the marker that was put on top, or the version that went. */
  | { readonly kind: 'deleted'; readonly version?: ObjectVersion; readonly versioned: boolean }
  | { readonly kind: 'no-bucket' | 'locked' | 'failed' };

interface Place {
  readonly folder: string;
  /** The plain file name of the key. */
  readonly file: string;
}

function placeOf(ground: Ground, bucket: string, key: string): Place {
  const { folders, file } = keyPath(key);
  const folder = join(ground.root, bucket, ...folders);
  return { folder, file };
}

function newVersionId(bucket: Bucket): string {
  return bucket.versioning === 'Enabled' ? randomUUID().replaceAll('-', '') : 'null';
}

/** The plain name when no version uses it yet, else one of its own. */
function dataFileName(place: Place, versions: readonly ObjectVersion[]): string {
  const taken = versions.some((version) => version.file === place.file);
  return taken ? `${place.file}~${randomUUID().replaceAll('-', '')}` : place.file;
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Removes bytes that are not to become an object. */
export function dropStaged(staged: StagedBody): void {
  removeIfThere(staged.path);
}

/** Folders are made when they are first needed, and not looked for before. */
function moveInto(folder: string, from: string, file: string): void {
  try {
    renameSync(from, join(folder, file));
  } catch (error) {
    if (!isMissing(error)) throw error;
    mkdirSync(folder, { recursive: true });
    renameSync(from, join(folder, file));
  }
}

/**
 * Puts a version into the index and its bytes, if it has some, where they belong; then removes those that it replaces.
 * When that fails, what was staged is gone and everything else as before.
 */
function commit(
  bucket: Bucket,
  place: Place,
  key: string,
  version: ObjectVersion,
  staged?: StagedBody,
): void {
  const { file } = version;
  const replaced = bucket.index.versions(key).find((one) => one.versionId === version.versionId);
  try {
    bucket.index.put(key, version, () => {
      if (staged !== undefined && file !== undefined) moveInto(place.folder, staged.path, file);
    });
  } catch (error) {
    if (staged !== undefined) dropStaged(staged);
    throw error;
  }
  if (replaced?.file !== undefined) removeIfThere(join(place.folder, replaced.file));
}

/**
 * Makes a staged body the newest version of a key, if `precondition` holds at that moment: of writers that race, each
 * sees what the one before it left. Takes or removes the staged file.
 */
export function putObject(
  ground: Ground,
  target: { readonly bucket: string; readonly key: string },
  staged: StagedBody,
  object: NewObject,
  precondition: Precondition | 'overtaken',
): PutOutcome {
  const bucket = ground.buckets.get(target.bucket);
  const versions = bucket?.index.versions(target.key) ?? [];
  const newest = versions[0]?.file === undefined ? undefined : versions[0];
  const verdict = precondition === 'overtaken' ? 'conflict' : precondition(newest);
  if (bucket === undefined || verdict !== 'go') {
    dropStaged(staged);
    return { kind: verdict === 'go' || bucket === undefined ? 'no-bucket' : verdict };
  }
  const place = placeOf(ground, target.bucket, target.key);
  const file = dataFileName(place, versions);
  const version: ObjectVersion = {
    versionId: newVersionId(bucket),
    file,
    bytes: staged.bytes,
    etag: staged.etag,
    modifiedMs: ground.now(),
    ...object,
    ...(staged.checksum === undefined ? {} : { checksum: staged.checksum }),
  };
  commit(bucket, place, target.key, version, staged);
  return { kind: 'stored', version, versioned: bucket.versioning !== undefined };
}

/** The newest version of a key, or the one named. */
export function findObject(ground: Ground, bucketName: string, key: string, versionId?: string): FindOutcome {
  const bucket = ground.buckets.get(bucketName);
  if (bucket === undefined) return { kind: 'no-bucket' };
  const versions = bucket.index.versions(key);
  const version = versionId === undefined ? versions[0] : versions.find((one) => one.versionId === versionId);
  if (version === undefined) return { kind: versionId === undefined ? 'no-key' : 'no-version' };
  if (version.file === undefined) return { kind: 'marker', version };
  const path = join(placeOf(ground, bucketName, key).folder, version.file);
  return { kind: 'found', version, path, versioned: bucket.versioning !== undefined };
}

/** Keeps what is now known of a version that `findObject` gave. */
export function updateVersion(
  ground: Ground,
  target: { readonly bucket: string; readonly key: string },
  version: ObjectVersion,
): void {
  ground.buckets.get(target.bucket)?.index.update(target.key, version);
}

function dropVersion(bucket: Bucket, place: Place, key: string, version: ObjectVersion): void {
  bucket.index.remove(key, version.versionId);
  if (version.file !== undefined) removeIfThere(join(place.folder, version.file));
}

/** Without a version id: the key is gone, or (where versions are kept) a marker hides it. */
function removeNewest(ground: Ground, bucket: Bucket, key: string): DeleteOutcome {
  const place = placeOf(ground, bucket.name, key);
  if (bucket.versioning === undefined) {
    for (const version of bucket.index.versions(key)) dropVersion(bucket, place, key, version);
    return { kind: 'deleted', versioned: false };
  }
  const versionId = newVersionId(bucket);
  const marker: ObjectVersion = { versionId, bytes: 0, etag: '', modifiedMs: ground.now(), headers: {} };
  commit(bucket, place, key, marker);
  return { kind: 'deleted', versioned: true, version: marker };
}

/** Tells the conditional writes of this key that are under way. */
function overtake(ground: Ground, bucket: string, key: string): void {
  for (const attempt of ground.attempts)
    if (attempt.bucket === bucket && attempt.key === key) attempt.overtaken = true;
}

/** Who may remove what: the lock of a version, and what the current object has to be. */
export interface DeleteRules {
  readonly mayRemove: (version: ObjectVersion) => boolean;
  readonly isExpected: (version: ObjectVersion | undefined) => boolean;
}

export function removeObject(
  ground: Ground,
  target: { readonly bucket: string; readonly key: string; readonly versionId: string | undefined },
  { mayRemove, isExpected }: DeleteRules,
): DeleteOutcome {
  const bucket = ground.buckets.get(target.bucket);
  if (bucket === undefined) return { kind: 'no-bucket' };
  const { key, versionId } = target;
  if (versionId === undefined) {
    const newest = bucket.index.versions(key)[0];
    if (!isExpected(newest?.file === undefined ? undefined : newest)) return { kind: 'failed' };
    overtake(ground, bucket.name, key);
    return removeNewest(ground, bucket, key);
  }
  const versioned = bucket.versioning !== undefined;
  const version = bucket.index.versions(key).find((one) => one.versionId === versionId);
  // Amazon S3 API Reference, DeleteObject: what is not there counts as deleted.
  if (version === undefined) return { kind: 'deleted', versioned };
  if (!isExpected(version)) return { kind: 'failed' };
  if (!mayRemove(version)) return { kind: 'locked' };
  overtake(ground, bucket.name, key);
  dropVersion(bucket, placeOf(ground, bucket.name, key), key, version);
  return { kind: 'deleted', versioned, version };
}
