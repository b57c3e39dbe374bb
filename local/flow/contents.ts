/**
 * The bytes of messages: `messages/ID/original.eml` as accepted; `updated.eml` what a function put in its place in
 * time, `late.eml` what one put there too late, which Get shows and nobody receives; `final.eml` what was delivered
 * or sent. Files are hard links where their bytes are the same, so the data directory needs a file system that has
 * them. No file changes once it has its name.
 */
import type { Disk } from './disk.ts';

/** Contents of messages in transit that are kept in memory, so that Get need not read what was just written. */
const MAX_CACHED_BYTES = 64 * 1024 * 1024;
const MAX_CACHED_MESSAGE_BYTES = 1024 * 1024;

export interface Contents {
  /** Stores a new message; resolves when it would survive a power cut. */
  storeOriginal(id: string, bytes: Uint8Array): Promise<void>;
  /** Stores what a function put; `late` when the message is decided already. As durable. */
  storeUpdate(id: string, bytes: Uint8Array, late: boolean): Promise<void>;
  original(id: string): Promise<Uint8Array | undefined>;
  /** What is to be delivered: the update, or else the original. */
  current(id: string): Promise<Uint8Array | undefined>;
  /** Its file. */
  currentPath(id: string): string;
  /** What Get shows: the newest of all. */
  latest(id: string): Promise<Uint8Array | undefined>;
  /** Makes `final.eml` out of what is current; gives its path. */
  finish(id: string): string;
  /** Makes `final.eml` out of what `make` returns, unless it is there already; gives its path and bytes. As durable. */
  finishWith(
    id: string,
    make: () => Promise<Uint8Array>,
  ): Promise<{ readonly path: string; readonly bytes: Uint8Array }>;
  archived(id: string, which: 'original' | 'final'): Promise<Uint8Array | undefined>;
  /** Forgets a message that was not taken in after all. */
  discard(id: string): void;
  /** The message is done: what is kept in memory may go. */
  release(id: string): void;
}

interface Cached {
  readonly original: Uint8Array;
  updated: Uint8Array | undefined;
}

/** @param directory `messages`. */
export function createContents(disk: Disk, directory: string): Contents {
  const cache = new Map<string, Cached>();
  let cachedBytes = 0;
  const path = (id: string, name: string): string => `${directory}/${id}/${name}.eml`;
  const currentName = (id: string): string => (disk.exists(path(id, 'updated')) ? 'updated' : 'original');
  const keep = (id: string, bytes: Uint8Array): void => {
    if (bytes.length > MAX_CACHED_MESSAGE_BYTES || cachedBytes + bytes.length > MAX_CACHED_BYTES) return;
    cachedBytes += bytes.length;
    cache.set(id, { original: bytes, updated: undefined });
  };
  const release = (id: string): void => {
    const cached = cache.get(id);
    if (cached === undefined) return;
    cachedBytes -= cached.original.length + (cached.updated?.length ?? 0);
    cache.delete(id);
  };
  /** Written beside, named when whole: no reader and no crash sees half a file. */
  const store = async (id: string, name: string, bytes: Uint8Array): Promise<void> => {
    await disk.create(`${path(id, name)}.tmp`, bytes);
    disk.rename(`${path(id, name)}.tmp`, path(id, name));
    await disk.syncDirectory(`${directory}/${id}`);
  };
  const original = async (id: string) => cache.get(id)?.original ?? disk.read(path(id, 'original'));
  const current = async (id: string) => {
    const cached = cache.get(id);
    if (cached !== undefined) return cached.updated ?? cached.original;
    return disk.read(path(id, currentName(id)));
  };

  return {
    async storeOriginal(id, bytes) {
      disk.makeDirectories(`${directory}/${id}`);
      await disk.create(path(id, 'original'), bytes);
      await Promise.all([disk.syncDirectory(`${directory}/${id}`), disk.syncDirectory(directory)]);
      keep(id, bytes);
    },
    async storeUpdate(id, bytes, late) {
      if (late) return store(id, 'late', bytes);
      await store(id, 'updated', bytes);
      const cached = cache.get(id);
      if (cached === undefined) return;
      cachedBytes += bytes.length - (cached.updated?.length ?? 0);
      cached.updated = bytes;
      if (bytes.length > MAX_CACHED_MESSAGE_BYTES) release(id);
    },
    original,
    current,
    currentPath: (id) => path(id, currentName(id)),
    async latest(id) {
      if (disk.exists(path(id, 'late'))) return disk.read(path(id, 'late'));
      return current(id);
    },
    finish(id) {
      disk.link(path(id, currentName(id)), path(id, 'final'));
      return path(id, 'final');
    },
    async finishWith(id, make) {
      const there = await disk.read(path(id, 'final'));
      if (there !== undefined) return { path: path(id, 'final'), bytes: there };
      const bytes = await make();
      await store(id, 'final', bytes);
      return { path: path(id, 'final'), bytes };
    },
    archived: (id, which) => (which === 'original' ? original(id) : disk.read(path(id, 'final'))),
    discard(id) {
      release(id);
      disk.remove(`${directory}/${id}`);
    },
    release,
  };
}
