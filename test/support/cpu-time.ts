/** Time that this process computed: under load the clock on the wall says nothing about the code. */

/** Milliseconds of CPU time that the work takes. */
export function cpuTime(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** Milliseconds of CPU time since the process began: for a limit on what stands between two calls. */
export function cpuNow(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
