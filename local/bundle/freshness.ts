/**
 * Whether the bundles of the last build are what a build would make now. It depends on nothing but the contents of the
 * source files that went in (relative imports name their file in full, so a new file cannot take the place of another),
 * on which packages are installed, and on the builder. All of that is compared by hash, and so is each entry that was
 * put in place; chunks are named by their hash.
 */
import { createHash } from 'node:crypto';
import { access, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { BuildReport } from '../build.ts';
import { type Bundle, ENTRY } from './handler.ts';
import { bundleFolder, entryPath, replaceFile } from './install.ts';

const RECORD = 'build.json';

/** Beside the sources: the packages as npm installed them, the compiler options that esbuild reads, the builder itself. */
const SURROUNDINGS = [
  'package.json',
  'tsconfig.json',
  'node_modules/.package-lock.json',
  'local/bundle/clients.ts',
  'local/bundle/esbuild.ts',
  'local/bundle/handler.ts',
  'local/bundle/install.ts',
];

interface BuildRecord {
  /** Source path (relative to the root) to its hash; empty for a file that was not there. */
  readonly inputs: Readonly<{ [path: string]: string }>;
  /** Handler to the hash of its entry. */
  readonly entries: Readonly<{ [name: string]: string }>;
  readonly report: BuildReport;
}

const hashOf = (contents: Uint8Array): string => createHash('sha256').update(contents).digest('hex');

async function hashFile(path: string): Promise<string> {
  return readFile(path).then(hashOf, () => '');
}

async function hashFiles(root: string, paths: readonly string[]): Promise<{ [path: string]: string }> {
  const pairs = await Promise.all(
    paths.map(async (path) => [path, await hashFile(resolve(root, path))] as const),
  );
  return Object.fromEntries(pairs);
}

function isRecord(value: unknown): value is BuildRecord {
  if (typeof value !== 'object' || value === null) return false;
  return 'inputs' in value && 'entries' in value && 'report' in value;
}

async function readRecord(distDir: string): Promise<BuildRecord | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(join(distDir, RECORD), 'utf8'));
    return isRecord(value) ? value : undefined;
  } catch {
    // No build yet, or a file that is no record: a build makes both good.
    return undefined;
  }
}

/** Is every file of the handlers there, with the entries as they were built? */
async function isInPlace(distDir: string, record: BuildRecord, names: readonly string[]): Promise<boolean> {
  const checks = names.map(async (name) => {
    const handler = record.report.handlers.find((one) => one.name === name);
    if (handler === undefined || record.entries[name] !== (await hashFile(entryPath(distDir, name))))
      return false;
    const files = handler.files.map((file) => access(join(bundleFolder(distDir, name), file)));
    return Promise.all(files).then(
      () => true,
      () => false,
    );
  });
  return (await Promise.all(checks)).every(Boolean);
}

/** The report of the last build, when building these handlers again would give the same files. */
export async function freshReport(
  root: string,
  distDir: string,
  names: readonly string[],
): Promise<BuildReport | undefined> {
  const record = await readRecord(distDir);
  if (record === undefined || !(await isInPlace(distDir, record, names))) return undefined;
  const now = await hashFiles(root, Object.keys(record.inputs));
  const same = Object.entries(record.inputs).every(([path, hash]) => now[path] === hash);
  return same ? record.report : undefined;
}

/** Was a file written so late that the build may have read it before? */
async function isNewer(path: string, sinceMs: number): Promise<boolean> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs >= sinceMs,
    () => false,
  );
}

/** Remembers a build that began at `begunMs` (since 1970); not when a source was edited meanwhile. */
export async function recordBuild(
  root: string,
  distDir: string,
  bundles: readonly Bundle[],
  report: BuildReport,
  begunMs: number,
): Promise<void> {
  const paths = [...new Set([...SURROUNDINGS, ...bundles.flatMap((bundle) => bundle.inputs)])];
  const inputs = await hashFiles(root, paths);
  const edited = await Promise.all(paths.map((path) => isNewer(resolve(root, path), begunMs)));
  if (edited.includes(true)) return;
  const entries = Object.fromEntries(
    bundles.map((bundle) => [bundle.name, hashOf(bundle.files.get(ENTRY) ?? new Uint8Array())]),
  );
  const record: BuildRecord = { inputs, entries, report };
  await replaceFile(join(distDir, RECORD), JSON.stringify(record));
}
