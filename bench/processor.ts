/** Processor time of other processes, from the kernel's own count (proc(5)); nothing where there is no such file system. */
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second in `/proc`: 100 on every Linux that Node runs on. */
const MS_PER_TICK = 10;

/** Fields of `/proc/PID/stat` after the name, which may hold anything: proc(5) counts them from 3. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    // The process has ended, or there is no /proc.
    return undefined;
  }
}

/** User and system time of a process so far, in milliseconds. */
export function processorMs(pid: number): number | undefined {
  const stat = statOf(pid);
  // utime and stime are the 14th and the 15th field.
  return stat === undefined ? undefined : (Number(stat[11]) + Number(stat[12])) * MS_PER_TICK;
}

/** The processes that `pid` started and that still run. */
export function childrenOf(pid: number): readonly number[] {
  try {
    const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
    return pids.filter((each) => Number(statOf(each)?.[1]) === pid);
  } catch {
    return [];
  }
}
