/** The code that is compared with: what a build made, or what the manifest of `mailroom package` says of its zips. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PermanentError } from '../../shared/errors.ts';
import { isJsonObject, parseJson } from '../aws/json.ts';
import { hasCode } from '../flow/error-code.ts';
import { MANIFEST_FILE, readManifest } from '../package/manifest.ts';

/** SHA-256 of each file of a function, in hexadecimal, by its name. */
export type FileHashes = ReadonlyMap<string, string>;

export interface BuiltCode {
  readonly files: FileHashes;
  /** Of the zip, as Lambda tells it; only a package has one. */
  readonly codeSha256?: string;
}

export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What `read` gives; undefined where there is no such file or folder. */
async function ifThere<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** The files of each handler, as the build has listed them: older ones may lie beside them. */
async function readListed(distDir: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const text = await ifThere(readFile(join(distDir, 'build.json'), 'utf8'));
  const record = parseJson(text ?? '');
  const report = isJsonObject(record) ? record['report'] : undefined;
  const handlers: unknown = isJsonObject(report) ? report['handlers'] : undefined;
  const all: readonly unknown[] = Array.isArray(handlers) ? handlers : [];
  return new Map(
    all.flatMap((one) =>
      isJsonObject(one) && typeof one['name'] === 'string' && Array.isArray(one['files'])
        ? [[one['name'], one['files'].map(String)] as const]
        : [],
    ),
  );
}

async function hashFiles(folder: string, names: readonly string[]): Promise<FileHashes> {
  const hashed = names.map(async (name) => [name, hashOf(await readFile(join(folder, name)))] as const);
  return new Map(await Promise.all(hashed));
}

/** The folder of a package, or one that holds it under its usual name. */
async function packagedCode(distDir: string, handler: string): Promise<BuiltCode | undefined> {
  for (const folder of [distDir, join(distDir, 'package')]) {
    const text = await ifThere(readFile(join(folder, MANIFEST_FILE), 'utf8'));
    const packaged = text === undefined ? undefined : readManifest(text).handlers[handler];
    if (packaged === undefined) continue;
    return { files: new Map(Object.entries(packaged.files)), codeSha256: packaged.codeSha256 };
  }
  return undefined;
}

/**
 * What a function should have, by the name of its handler. The bundles count where they are; else a manifest.
 * It rejects when there is neither.
 */
export function builtCode(distDir: string): (handler: string) => Promise<BuiltCode> {
  const listed = readListed(distDir);
  // Whoever asks for a handler hears of the failure.
  listed.catch(() => undefined);
  return async (handler) => {
    const folder = join(distDir, handler);
    const present = await ifThere(readdir(folder));
    if (present !== undefined)
      return { files: await hashFiles(folder, (await listed).get(handler) ?? present) };
    const packaged = await packagedCode(distDir, handler);
    if (packaged !== undefined) return packaged;
    throw new PermanentError(`${distDir} has neither the bundle of ${handler} nor a ${MANIFEST_FILE}`);
  };
}
