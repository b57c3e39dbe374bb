/** How much memory a process has in use, as the kernel counts it. */
import { readFileSync } from 'node:fs';

/**
 * Resident set of a process in MB; undefined where the kernel does not tell in a file (then only the heap limit that
 * Node is started with holds).
 */
export function residentMb(pid: number): number | undefined {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    // No such process any more, or no such file system.
    return undefined;
  }
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
}
