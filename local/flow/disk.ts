/**
 * The few things that the flow does to the disk. They enter the rest as one value, so that a test can stop the world
 * after any of them. What must survive a power cut is written with `create`, `syncDirectory` or a log; the plain
 * writes are for what can be told again (traces, summaries). Those and the renames are synchronous calls: each takes
 * microseconds, and less than handing it to a thread and back.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from './error-code.ts';
import { linkFile } from './link.ts';
import { takeLock } from './lock.ts';

/** A file that only grows; see `journal.ts`. */
export interface LogFile {
  /** Appends and waits until it is on the disk. */
  append(text: string): Promise<void>;
  close(): Promise<void>;
}

export interface Disk {
  /** Writes a whole file, replacing what is there, and waits until its bytes are on the disk (its name may not be). */
  create(path: string, bytes: Uint8Array): Promise<void>;
  /** Waits until the names in a directory are on the disk. Callers at the same time share one call of the system. */
  syncDirectory(path: string): Promise<void>;
  openLog(path: string): Promise<LogFile>;
  /** Undefined when there is no such file. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Makes a directory and those above it. False when it was there. Names are durable after `makeDurableDirectory`. */
  makeDirectories(path: string): boolean;
  /** Takes the file `path` as the sign that one process works here; gives the way to let go. @throws PermanentError */
  lock(path: string): () => void;
  /** A second name for a file. False when that name is taken. */
  link(from: string, to: string): boolean;
  /** Replaces `to` in one step. */
  rename(from: string, to: string): void;
  append(path: string, text: string): void;
  /** Writes beside and renames, so that readers see the old or the new text. */
  replace(path: string, text: string): void;
  /** Removes a file, or a directory with all that is in it; neither need be there. */
  remove(path: string): void;
  exists(path: string): boolean;
  /** In bytes; undefined when there is no such file. */
  size(path: string): number | undefined;
  /** Names in a directory; none when it is missing. */
  list(path: string): readonly string[];
}

/** The real disk. */
export function createDisk(): Disk {
  return {
    create: createFile,
    syncDirectory: sharingCalls(syncDirectory),
    openLog,
    read,
    makeDirectories: (path) => mkdirSync(path, { recursive: true }) !== undefined,
    lock: takeLock,
    link: linkFile,
    rename: renameSync,
    append: appendWhole,
    replace(path, text) {
      writeFileSync(`${path}.tmp`, text);
      renameSync(`${path}.tmp`, path);
    },
    remove: (path) => rmSync(path, { recursive: true, force: true }),
    exists: existsSync,
    size: (path) => statSync(path, { throwIfNoEntry: false })?.size,
    list(path) {
      try {
        return readdirSync(path);
      } catch (error) {
        if (hasCode(error, 'ENOENT')) return [];
        throw error;
      }
    },
  };
}

/**
 * Makes `path`, an absolute one, `root` or below it, and resolves when the names on the way to it would survive a power cut:
 * its own, those above it, and that of `root`.
 */
export async function makeDurableDirectory(disk: Disk, root: string, path: string): Promise<void> {
  if (!disk.makeDirectories(path)) return;
  const top = dirname(root);
  for (let at = path; at !== top; ) {
    at = dirname(at);
    await disk.syncDirectory(at);
  }
}

async function createFile(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await writeAll(file, bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** All of it or, on a disk that is full, nothing: half a line would spoil the one that comes after it. */
function appendWhole(path: string, text: string): void {
  const bytes = Buffer.from(text);
  const fd = openSync(path, 'a');
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(fd, bytes, written);
  } catch (error) {
    if (written > 0) ftruncateSync(fd, fstatSync(fd).size - written);
    throw error;
  } finally {
    closeSync(fd);
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written);
    written += bytesWritten;
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function read(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function openLog(path: string): Promise<LogFile> {
  const file = await open(path, 'a', 0o600);
  let length = (await file.stat()).size;
  let broken: unknown;
  return {
    async append(text) {
      // After a failed fsync nobody knows what the disk holds; only reading it anew, after a restart, tells.
      if (broken !== undefined) throw broken;
      const bytes = Buffer.from(text);
      try {
        await writeAll(file, bytes).catch(async (error: unknown) => {
          // A full disk may have taken half of it: what is not whole must not stay before what comes next.
          await file.truncate(length);
          throw new LogNotWritten('the log could not be written', { cause: error });
        });
        await file.datasync();
        length += bytes.length;
      } catch (error) {
        if (!(error instanceof LogNotWritten)) broken = error;
        throw error;
      }
    },
    close: () => file.close(),
  };
}

/** The log is as it was before; a later append may succeed. */
class LogNotWritten extends Error {}

/**
 * One call at a time for each argument; all who ask while it runs share the next one. They may not share the one that
 * runs: it began before their change.
 */
function sharingCalls(call: (key: string) => Promise<void>): (key: string) => Promise<void> {
  const running = new Map<string, Promise<void>>();
  const waiting = new Map<string, Promise<void>>();
  const begin = (key: string): Promise<void> => {
    const promise = call(key).finally(() => running.delete(key));
    running.set(key, promise);
    return promise;
  };
  return (key) => {
    const current = running.get(key);
    if (current === undefined) return begin(key);
    const shared = waiting.get(key);
    if (shared !== undefined) return shared;
    const next = current
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        waiting.delete(key);
        return begin(key);
      });
    waiting.set(key, next);
    return next;
  };
}
