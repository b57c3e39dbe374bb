/** The code of a function as Lambda keeps it: one zip of its folder under `dist/`, and the hash that Lambda tells of it. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeSha256, zipFiles } from '../../package/zip.ts';

export interface FunctionCode {
  readonly zip: Uint8Array;
  /** As CodeSha256 has it. */
  readonly sha256: string;
}

interface Kept {
  /** Names, sizes and times of the files that were zipped. */
  readonly state: string;
  readonly code: FunctionCode;
}

async function stateOf(folder: string, names: readonly string[]): Promise<string> {
  const all = names.map(async (name) => {
    const { size, mtimeMs } = await stat(join(folder, name));
    return `${name} ${size} ${mtimeMs}`;
  });
  return (await Promise.all(all)).join('\n');
}

/** Zips folders without folders in them; one that has not changed is zipped once. It rejects when there is none. */
export function createCodeStore(): (folder: string) => Promise<FunctionCode> {
  const kept = new Map<string, Kept>();
  return async (folder) => {
    const names = (await readdir(folder)).sort();
    const state = await stateOf(folder, names);
    const known = kept.get(folder);
    if (known?.state === state) return known.code;
    const files = await Promise.all(
      names.map(async (name) => [name, await readFile(join(folder, name))] as const),
    );
    const zip = zipFiles(new Map(files));
    const code = { zip, sha256: codeSha256(zip) };
    kept.set(folder, { state, code });
    return code;
  };
}
