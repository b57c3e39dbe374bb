/** Keeps two processes from working on one data directory: the queue's file has one writer. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { PermanentError } from '../../shared/errors.ts';
import { hasCode } from './error-code.ts';
import { linkFile } from './link.ts';

/**
 * Takes the lock file `path`, and gives the way to let it go. A lock whose process has ended, killed perhaps, is
 * taken over. Of processes that try at the same time one gets it.
 * @throws PermanentError when another process holds it.
 */
export function takeLock(path: string): () => void {
  const own = describe(process.pid);
  // It gets its name with its content in it: no other process may find it empty and take it for a dead one's.
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, own);
  try {
    while (!linkFile(mine, path)) {
      const holder = contentOf(path);
      if (holder === undefined) continue;
      const pid = Number(holder.split(' ')[0]);
      if (pid !== process.pid && isRunning(pid) && describe(pid) === holder) throw heldBy(pid);
      removeIf(path, holder);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return () => rmSync(path, { force: true });
}

function heldBy(pid: number): PermanentError {
  return new PermanentError(
    `another mailroom (process ${pid}) uses this data directory; stop it, or choose another with --data`,
  );
}

/** Undefined when it has just gone. */
function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Removes the lock of a dead process; the one that another process has put there meanwhile goes back. */
function removeIf(path: string, content: string): void {
  const aside = `${path}.${process.pid}.old`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  if (readFileSync(aside, 'utf8') !== content) linkFile(aside, path);
  rmSync(aside, { force: true });
}

/** The process id and, where the system tells, when it began: ids are used again, soonest in containers. */
function describe(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // proc(5): the 22nd field; the second is a name in parentheses that may hold anything.
    return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return `${pid} `;
    throw error;
  }
}

function isRunning(pid: number): boolean {
  try {
    return Number.isInteger(pid) && pid > 0 && process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, as another user.
    return hasCode(error, 'EPERM');
  }
}
