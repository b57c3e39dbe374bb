/** Temporary folders that are gone when the test process ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made: string[] = [];

export function temporaryFolder(purpose: string): string {
  const folder = mkdtempSync(join(tmpdir(), `mailroom-${purpose}-`));
  if (made.length === 0)
    process.once('exit', () => {
      for (const each of made) rmSync(each, { recursive: true, force: true });
    });
  made.push(folder);
  return folder;
}
