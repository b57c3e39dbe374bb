import { type FileHandle, open } from 'node:fs/promises';
import { isMissing } from './version.ts';

/** Opens the bytes of a version; undefined when it was removed in between. Once open they stay readable. */
export async function openVersion(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
