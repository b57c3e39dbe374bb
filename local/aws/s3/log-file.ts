/**
 * A file of lines that only grows. A line is in it whole or not at all: what a killed process or a full disk left of one
 * is cut off. Lines go to the page cache, which a killed process does not take with it; only the power cut does.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';

export interface LogFile {
  /** Throws when the disk is full; the file is then as before. */
  append(line: string): void;
  close(): void;
}

const LF = 10;

/** Opens (or makes) the file; `lines` are those that it holds. */
export function openLogFile(path: string): { readonly file: LogFile; readonly lines: readonly string[] } {
  const fd = openSync(path, 'a+');
  const bytes = readFileSync(fd);
  let size = bytes.lastIndexOf(LF) + 1;
  if (size !== fstatSync(fd).size) ftruncateSync(fd, size);
  const lines = bytes.subarray(0, size).toString().split('\n');
  lines.pop();
  let open = true;
  const file: LogFile = {
    append: (line) => {
      // The number of a closed file may belong to another one by now.
      if (!open) throw new Error('the log is closed');
      const entry = Buffer.from(`${line}\n`);
      try {
        for (let at = 0; at < entry.length; ) at += writeSync(fd, entry, at);
      } catch (error) {
        ftruncateSync(fd, size);
        throw error;
      }
      size += entry.length;
    },
    close: () => {
      if (open) closeSync(fd);
      open = false;
    },
  };
  return { file, lines };
}
