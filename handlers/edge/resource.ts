/** Small things that a function is configured with: `s3://BUCKET/KEY`, `ssm://NAME`, `file:…`, or a path. */
import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PermanentError } from '../../shared/errors.ts';
import type { ObjectStore } from './object-store.ts';
import type { ParameterStore } from './parameters.ts';

export interface ResourceReader {
  /**
   * The bytes at `uri`, at most `maxBytes`. Throws TemporaryError, or PermanentError when there is nothing, too much,
   * or no permission. `what` is what the error calls it: the environment variable, not the value.
   */
  read(uri: string, what: string, maxBytes: number, signal: AbortSignal): Promise<Uint8Array>;
}

export interface ResourceOptions {
  readonly objectStore: ObjectStore;
  readonly parameters: ParameterStore;
  /** Folder from which relative paths count. */
  readonly folder: string;
}

export function createResourceReader(options: ResourceOptions): ResourceReader {
  return {
    async read(uri, what, maxBytes, signal) {
      const bytes = await readFrom(options, uri, what, maxBytes, signal);
      if (bytes.length > maxBytes) throw new PermanentError(`${what}: longer than ${maxBytes} bytes`);
      return bytes;
    },
  };
}

async function readFrom(
  options: ResourceOptions,
  uri: string,
  what: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const s3 = parseS3Uri(uri);
  if (s3 !== undefined) {
    const bytes = await options.objectStore.get(s3.bucket, s3.key, maxBytes, signal);
    if (bytes === undefined) throw new PermanentError(`${what}: there is no such object`);
    return bytes;
  }
  if (uri.startsWith('ssm://')) {
    return Buffer.from(await options.parameters.get(uri.slice('ssm://'.length), signal));
  }
  return readLocal(pathOf(uri, options.folder), what, maxBytes);
}

/** `s3://BUCKET/KEY` in its two parts; undefined for anything else. */
export function parseS3Uri(uri: string): { readonly bucket: string; readonly key: string } | undefined {
  const match = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri);
  const [, bucket, key] = match ?? [];
  return bucket === undefined || key === undefined ? undefined : { bucket, key };
}

/** The file that `file:…` or a path names; relative ones count from `folder`. */
export function pathOf(uri: string, folder: string): string {
  if (uri.startsWith('file:///')) return fileURLToPath(uri);
  const path = uri.startsWith('file:') ? uri.slice('file:'.length) : uri;
  return isAbsolute(path) ? path : join(folder, path);
}

async function readLocal(path: string, what: string, maxBytes: number): Promise<Uint8Array> {
  try {
    // The size first: a file of gigabytes must not be read to be refused.
    const { size } = await stat(path);
    if (size > maxBytes) throw new PermanentError(`${what}: longer than ${maxBytes} bytes`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof PermanentError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new PermanentError(`${what}: the file cannot be read (${code})`);
  }
}
