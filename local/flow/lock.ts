/** Keeps two processes from working on one data directory: the queue's file has one writer. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { PermanentError } from '../../shared/errors.ts';
import { hasCode } from './error-code.ts';

/**
 * Takes the lock file `path`, and gives the way to let it go. A lock whose process has ended, killed perhaps, is
 * taken over.
 * @throws PermanentError when another process holds it.
 */
export function takeLock(path: string): () => void {
  const own = describe(process.pid);
  try {
    writeFileSync(path, own, { flag: 'wx' });
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    const holder = readFileSync(path, 'utf8');
    const pid = Number(holder.split(' ')[0]);
    if (pid !== process.pid && isRunning(pid) && describe(pid) === holder) {
      throw new PermanentError(
        `another mailroom (process ${pid}) uses this data directory; stop it, or choose another`,
      );
    }
    writeFileSync(path, own);
  }
  return () => rmSync(path, { force: true });
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
