/**
 * A disk in memory that loses what a real one may lose. Bytes and names are kept twice: as processes see them, and as
 * they are on the platter. A killed process leaves what processes see; a power cut leaves the platter.
 */
import { dirname } from 'node:path';
import type { Disk } from '../../../local/flow/disk.ts';

interface FileNode {
  seen: Buffer;
  kept: Buffer;
}

type Names = Map<string, FileNode | 'directory'>;

export interface MemoryDisk {
  readonly disk: Disk;
  /** The process ends before the operation that is `operations` from now; every later one has no effect. */
  dieBefore(operations: number, torn: boolean): void;
  readonly died: boolean;
  readonly operations: number;
  /** What a new process finds. */
  afterCrash(kind: 'kill' | 'power'): MemoryDisk;
  /** Paths of files below a directory, with their bytes. */
  files(directory: string): { path: string; content: string }[];
  move(from: string, to: string): void;
}

export function createMemoryDisk(seen: Names = new Map(), kept: Names = new Map()): MemoryDisk {
  let operations = 0;
  let deadline = Number.POSITIVE_INFINITY;
  let torn = false;
  const isDead = (): boolean => operations >= deadline;
  /** Counts; a dead process does nothing, and what it waits for never comes. */
  const later = async <T>(lastWords: () => void, operation: () => T): Promise<T> => {
    await Promise.resolve();
    if (isDead()) return new Promise<never>(() => undefined);
    operations++;
    if (!isDead()) return operation();
    if (torn) lastWords();
    return new Promise<never>(() => undefined);
  };
  const now = <T>(dead: T, operation: () => T): T => {
    if (isDead()) return dead;
    operations++;
    return isDead() ? dead : operation();
  };
  const fileAt = (path: string): FileNode | undefined => {
    const node = seen.get(path);
    return node === 'directory' ? undefined : node;
  };
  const put = (path: string, node: FileNode | 'directory'): void => {
    if (seen.get(dirname(path)) !== 'directory' && dirname(path) !== path) throw missing(path);
    seen.set(path, node);
  };
  const writeAt = (path: string, text: string): void => {
    const node = fileAt(path);
    if (node === undefined) put(path, { seen: Buffer.from(text), kept: Buffer.alloc(0) });
    else node.seen = Buffer.concat([node.seen, Buffer.from(text)]);
  };
  seen.set('/', 'directory');
  kept.set('/', 'directory');

  const disk: Disk = {
    create: (path, bytes) => {
      const write = (part: Buffer): void => put(path, { seen: part, kept: part });
      const all = Buffer.from(bytes);
      return later(
        () => write(all.subarray(0, all.length >> 1)),
        () => write(all),
      );
    },
    syncDirectory: (path) =>
      later(
        () => undefined,
        () => {
          if (seen.get(path) !== 'directory') throw missing(path);
          for (const name of kept.keys()) if (dirname(name) === path && !seen.has(name)) kept.delete(name);
          for (const [name, node] of seen) if (dirname(name) === path) kept.set(name, node);
        },
      ),
    async openLog(path) {
      return {
        append: (text) => {
          const write = (part: string): void => {
            writeAt(path, part);
            const node = fileAt(path);
            if (node !== undefined) node.kept = node.seen;
          };
          return later(
            () => write(text.slice(0, text.length >> 1)),
            () => write(text),
          );
        },
        close: () => Promise.resolve(),
      };
    },
    read: (path) => (isDead() ? new Promise(() => undefined) : Promise.resolve(fileAt(path)?.seen)),
    makeDirectories: (path) =>
      now(false, () => {
        const missingOnes: string[] = [];
        for (let at = path; !seen.has(at); at = dirname(at)) missingOnes.push(at);
        for (const at of missingOnes) seen.set(at, 'directory');
        return missingOnes.length > 0;
      }),
    lock: () => () => undefined,
    link: (from, to) =>
      now(true, () => {
        if (seen.has(to)) return false;
        const node = fileAt(from);
        if (node === undefined) throw missing(from);
        put(to, node);
        return true;
      }),
    rename: (from, to) =>
      now(undefined, () => {
        const node = fileAt(from);
        if (node === undefined) throw missing(from);
        put(to, node);
        seen.delete(from);
      }),
    append: (path, text) => now(undefined, () => writeAt(path, text)),
    replace: (path, text) =>
      now(undefined, () => put(path, { seen: Buffer.from(text), kept: Buffer.alloc(0) })),
    remove: (path) =>
      now(undefined, () => {
        for (const name of seen.keys()) if (name === path || name.startsWith(`${path}/`)) seen.delete(name);
      }),
    size: (path) => fileAt(path)?.seen.length,
    exists: (path) => seen.has(path),
    list: (path) =>
      [...seen.keys()].filter((name) => dirname(name) === path).map((name) => name.slice(path.length + 1)),
  };
  return {
    disk,
    dieBefore(from, tear) {
      deadline = operations + from + 1;
      torn = tear;
    },
    get died() {
      return isDead();
    },
    get operations() {
      return operations;
    },
    afterCrash(kind) {
      const names = kind === 'kill' ? seen : reachable(kept);
      const copies = new Map<FileNode, FileNode>();
      const copy = (node: FileNode): FileNode => {
        const bytes = kind === 'kill' ? node.seen : node.kept;
        const known = copies.get(node) ?? { seen: bytes, kept: kind === 'kill' ? node.kept : bytes };
        copies.set(node, known);
        return known;
      };
      const copied = (from: Names): Names =>
        new Map([...from].map(([name, node]) => [name, node === 'directory' ? node : copy(node)]));
      return createMemoryDisk(copied(names), copied(kind === 'kill' ? kept : names));
    },
    files: (directory) =>
      [...seen].flatMap(([path, node]) =>
        node !== 'directory' && path.startsWith(`${directory}/`)
          ? [{ path, content: node.seen.toString('latin1') }]
          : [],
      ),
    move(from, to) {
      const node = seen.get(from);
      if (node === undefined) throw missing(from);
      seen.delete(from);
      seen.set(to, node);
      kept.delete(from);
      kept.set(to, node);
    },
  };
}

/** A name is found only when the names of all directories above it are. */
function reachable(names: Names): Names {
  const found = new Map([...names].filter(([name]) => isReachable(names, name)));
  return found;
}

function isReachable(names: Names, name: string): boolean {
  for (let at = name; at !== '/'; at = dirname(at)) if (!names.has(at)) return false;
  return true;
}

function missing(path: string): Error {
  return Object.assign(new Error(`ENOENT ${path}`), { code: 'ENOENT' });
}
