/** The files that a person names, and those in the folders that he names. */
import { type Dirent, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Folders in folders; a Maildir has two. Against: folders without end. */
const MAX_FOLDERS = 8;

export interface FoundFile {
  readonly file: string;
  /** In a folder that was given, and not given itself. */
  readonly inFolder: boolean;
}

/**
 * The file, or every file below the folder in the order of their names. Links in a folder are not followed.
 *
 * @throws Error of node:fs, with a `path`, where a file or folder cannot be read.
 */
export function filesAt(path: string): FoundFile[] {
  if (!statSync(path).isDirectory()) return [{ file: path, inFolder: false }];
  return filesBelow(path, 0).map((file) => ({ file, inFolder: true }));
}

function filesBelow(folder: string, depth: number): string[] {
  if (depth > MAX_FOLDERS) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.sort(byName).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path, depth + 1);
    return entry.isFile() ? [path] : [];
  });
}

function byName(one: Dirent, other: Dirent): number {
  return one.name < other.name ? -1 : 1;
}
