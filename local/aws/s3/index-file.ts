/**
 * What a bucket holds: in memory, and as a log of changes in `~index.jsonl` in the bucket's folder. A log, and not a file
 * beside each object, because making a file costs the disk several times what a line does.
 *
 * A delete becomes true with its line. A put becomes true with its bytes, which get their name after the line: a line
 * whose file is not there says nothing. So a kill in between leaves no bytes without what is known of them.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LogFile, openLogFile } from './log-file.ts';
import { keyOfPath, keyPath } from './names.ts';
import { isRecord, isVersion, type ObjectVersion } from './version.ts';

const INDEX_FILE = '~index.jsonl';
/** A log is written anew at the start when it has this many lines that say nothing any more. */
const MAX_DEAD_LINES = 10_000;

/** Versions of one key, newest first. */
export interface Entry {
  readonly key: string;
  readonly versions: readonly ObjectVersion[];
}

export interface Index {
  /** Empty when the key does not exist. */
  versions(key: string): readonly ObjectVersion[];
  entries(): Iterable<Entry>;
  isEmpty(): boolean;
  /**
   * Puts a version in front; instead of the one with the same id, if there is one (`null`). `arrive` gives its bytes
   * their name; when it throws, everything is as before.
   */
  put(key: string, version: ObjectVersion, arrive?: () => void): void;
  /** Puts what is now known of a version (its lock, its tags) where it was. */
  update(key: string, version: ObjectVersion): void;
  remove(key: string, versionId: string): void;
  close(): void;
}

type Change =
  | { readonly key: string; readonly put: ObjectVersion }
  | { readonly key: string; readonly update: ObjectVersion }
  | { readonly key: string; readonly remove: string };

type Keys = Map<string, readonly ObjectVersion[]>;

function parseChange(line: string): Change | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || typeof value['key'] !== 'string') return undefined;
  const { key, put, update, remove } = value;
  if (typeof remove === 'string') return { key, remove };
  if (isVersion(update)) return { key, update };
  return isVersion(put) ? { key, put } : undefined;
}

function apply(keys: Keys, change: Change): void {
  if ('update' in change) {
    const { key, update } = change;
    const now = keys.get(key) ?? [];
    keys.set(
      key,
      now.map((version) => (version.versionId === update.versionId ? update : version)),
    );
    return;
  }
  const id = 'put' in change ? change.put.versionId : change.remove;
  const file = 'put' in change ? change.put.file : undefined;
  // No two versions have one file: when a put failed, the next one may have taken the name.
  const others = (keys.get(change.key) ?? []).filter(
    (version) => version.versionId !== id && (file === undefined || version.file !== file),
  );
  const versions = 'put' in change ? [change.put, ...others] : others;
  if (versions.length === 0) keys.delete(change.key);
  else keys.set(change.key, versions);
}

/** Paths of all files of a bucket, relative to its folder. */
function* filesOf(folder: string): Generator<string> {
  const waiting: (readonly string[])[] = [[]];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop())
    for (const entry of readdirSync(join(folder, ...at), { withFileTypes: true })) {
      const pieces = [...at, entry.name];
      if (entry.isDirectory()) waiting.push(pieces);
      else if (!(at.length === 0 && entry.name.startsWith('~'))) yield pieces.join('/');
    }
}

function pathOf(key: string, file: string): string {
  return [...keyPath(key).folders, file].join('/');
}

function pathsInUse(keys: Keys): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const [key, versions] of keys)
    for (const { file } of versions) if (file !== undefined) paths.add(pathOf(key, file));
  return paths;
}

function describeFile(path: string, file: string): ObjectVersion {
  const bytes = readFileSync(path);
  const etag = createHash('md5').update(bytes).digest('hex');
  const modifiedMs = Math.floor(statSync(path).mtimeMs);
  const headers = { 'content-type': 'binary/octet-stream' };
  return { versionId: 'null', file, bytes: bytes.length, etag, modifiedMs, headers };
}

/**
 * Files that the log does not know. After a power cut the bytes of an object, which were flushed, may be there without
 * its line: then the object is made from them. Bytes of a version that was removed or replaced just before a kill go.
 */
function reconcile(
  folder: string,
  files: Iterable<string>,
  keys: Keys,
  mentioned: ReadonlySet<string>,
  log: LogFile,
): void {
  const used = pathsInUse(keys);
  for (const file of files) {
    if (used.has(file)) continue;
    const path = join(folder, file);
    const pieces = file.split('/');
    const name = pieces.at(-1) ?? '';
    const key = keyOfPath(pieces);
    if (key !== undefined && !mentioned.has(key)) {
      const change = { key, put: describeFile(path, name) };
      log.append(JSON.stringify(change));
      apply(keys, change);
    } else if (key !== undefined || /~[0-9a-f]{32}$/.test(name)) unlinkSync(path);
  }
}

/** Is the file there that a put names? */
function hasArrived(change: Change, files: ReadonlySet<string>): boolean {
  if (!('put' in change) || change.put.file === undefined) return true;
  return files.has(pathOf(change.key, change.put.file));
}

/** The same keys in the fewest lines. */
function rewrite(path: string, keys: Keys): void {
  const lines: string[] = [];
  for (const [key, versions] of keys)
    for (const put of versions.toReversed()) lines.push(`${JSON.stringify({ key, put })}\n`);
  writeFileSync(`${path}~new`, lines.join(''));
  renameSync(`${path}~new`, path);
}

/** Opens (or makes) the index of the bucket in `folder`. */
export function openIndex(folder: string): Index {
  const path = join(folder, INDEX_FILE);
  const keys: Keys = new Map();
  const mentioned = new Set<string>();
  let { file, lines } = openLogFile(path);
  const files = new Set(filesOf(folder));
  for (const line of lines) {
    const change = parseChange(line);
    if (change === undefined) continue;
    mentioned.add(change.key);
    if (hasArrived(change, files)) apply(keys, change);
  }
  reconcile(folder, files, keys, mentioned, file);
  if (lines.length > keys.size + MAX_DEAD_LINES) {
    file.close();
    rewrite(path, keys);
    ({ file, lines } = openLogFile(path));
  }
  const record = (change: Change, arrive?: () => void): void => {
    file.append(JSON.stringify(change));
    arrive?.();
    apply(keys, change);
  };
  return {
    versions: (key) => keys.get(key) ?? [],
    *entries() {
      for (const [key, versions] of keys) yield { key, versions };
    },
    isEmpty: () => keys.size === 0,
    put: (key, put, arrive) => record({ key, put }, arrive),
    update: (key, update) => record({ key, update }),
    remove: (key, remove) => record({ key, remove }),
    close: () => file.close(),
  };
}
