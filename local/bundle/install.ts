/** Puts a bundle in place such that whoever reads meanwhile, a function that starts or a second build, finds a complete one. */
import { randomUUID } from 'node:crypto';
import { access, mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bundle, ENTRY } from './handler.ts';

/** Source maps lie apart, because they would be zipped with the function. */
const MAPS = 'maps';
/** A function that still runs from an earlier build may import its chunks this long after the last build that had them. */
const KEEP_CHUNKS_MS = 24 * 60 * 60 * 1000;

const TEMPORARY = '.tmp';

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** In one step, so that whoever reads finds the old file or the new one. */
export async function replaceFile(path: string, contents: Uint8Array | string): Promise<void> {
  const temporary = `${path}.${randomUUID()}${TEMPORARY}`;
  await writeFile(temporary, contents);
  await rename(temporary, path);
}

/** 0 when another build has just removed it. */
async function ageMs(path: string): Promise<number> {
  try {
    return Date.now() - (await stat(path)).mtimeMs;
  } catch {
    return 0;
  }
}

/** Removes what earlier builds left: at once, or when no build had it for a day. */
async function removeStale(folder: string, keep: (name: string) => boolean, prune: boolean): Promise<void> {
  const stale = (await readdir(folder)).filter((name) => !keep(name));
  const remove = async (path: string): Promise<void> => {
    // Another build may be writing it just now.
    const atOnce = prune && !path.endsWith(TEMPORARY);
    if (atOnce || (await ageMs(path)) > KEEP_CHUNKS_MS) await rm(path, { recursive: true, force: true });
  };
  await Promise.all(stale.map((name) => remove(join(folder, name))));
}

/** A chunk's name is a hash of what it holds: if it is there, it is right. */
async function placeChunk(path: string, contents: Uint8Array, now: Date): Promise<void> {
  if (await exists(path)) await utimes(path, now, now);
  else await replaceFile(path, contents);
}

async function placeFiles(
  folder: string,
  files: ReadonlyMap<string, Uint8Array>,
  prune: boolean,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const now = new Date();
  const isChunk = (name: string): boolean => name.startsWith('chunk-');
  const all = [...files];
  const chunks = all.filter(([name]) => isChunk(name));
  await Promise.all(chunks.map(([name, contents]) => placeChunk(join(folder, name), contents, now)));
  // The entry comes after everything that it names.
  for (const [name, contents] of all) if (!isChunk(name)) await replaceFile(join(folder, name), contents);
  await removeStale(folder, (name) => files.has(name), prune);
}

export function bundleFolder(distDir: string, name: string): string {
  return join(distDir, name);
}

/** `prune`: what this build did not make goes at once, rather than a day later. */
export async function installBundle(distDir: string, bundle: Bundle, prune: boolean): Promise<void> {
  await placeFiles(bundleFolder(distDir, bundle.name), bundle.files, prune);
  await placeFiles(join(distDir, MAPS, bundle.name), bundle.maps, prune);
}

/** Where a function's entry lies. */
export function entryPath(distDir: string, name: string): string {
  return join(bundleFolder(distDir, name), ENTRY);
}
