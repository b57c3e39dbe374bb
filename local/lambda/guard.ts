/**
 * Sees to it that no function outlives its host. A process hears that its host is gone by the channel that closes, but
 * one that never yields hears nothing, and would keep a processor busy for ever after a `kill -9` of the host. So a
 * shell, the smallest process there is, reads from a pipe which functions run; the pipe ends with the host, however
 * that ends, and the shell then kills those that are left.
 */
import { type ChildProcess, spawn } from 'node:child_process';

export interface Guard {
  /** Watches a process until it ends. */
  watch(child: ChildProcess): void;
  close(): void;
}

const SCRIPT = `pids=
while read -r verb pid; do
  left=
  for one in $pids; do [ "$one" = "$pid" ] || left="$left $one"; done
  [ "$verb" = runs ] && left="$left $pid"
  pids=$left
done
[ -z "$pids" ] || kill -9 $pids`;

/** Starts the shell with the first process. Without a shell functions run unguarded. */
export function createGuard(): Guard {
  let shell: ChildProcess | undefined;
  const start = (): ChildProcess => {
    // In a group of its own: Ctrl-C ends the host and must not end the guard before.
    const child = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    child.on('error', () => undefined);
    child.stdin?.on('error', () => undefined);
    child.unref();
    // Nor does the pipe keep the host's process from ending.
    if (child.stdin !== null && 'unref' in child.stdin && typeof child.stdin.unref === 'function')
      child.stdin.unref();
    return child;
  };
  return {
    watch(child) {
      const { pid } = child;
      if (pid === undefined) return;
      shell ??= start();
      const { stdin } = shell;
      stdin?.write(`runs ${pid}\n`);
      child.once('exit', () => {
        if (stdin?.writable === true) stdin.write(`ended ${pid}\n`);
      });
    },
    close() {
      shell?.stdin?.end();
      shell = undefined;
    },
  };
}
