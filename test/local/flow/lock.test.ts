import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { takeLock } from '../../../local/flow/lock.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mailroom-lock-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const lockFile = (): string => join(directory, 'lock');

/** Another process that holds the lock and waits. */
async function holder(): Promise<{ kill(): Promise<void> }> {
  const module = new URL('../../../local/flow/lock.ts', import.meta.url).href;
  const code = `const { takeLock } = await import(${JSON.stringify(module)}); takeLock(process.argv[1]); console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, lockFile()], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return {
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

describe('the lock of a data directory', () => {
  test('keeps a second process out while the first runs, and not after it was killed', async () => {
    const other = await holder();
    try {
      expect(() => takeLock(lockFile())).toThrow(/another mailroom \(process \d+\)/);
    } finally {
      await other.kill();
    }
    const release = takeLock(lockFile());
    release();
    expect(readdirSync(directory)).toEqual([]);
  });

  test.each(['', '0 0', '-1 5', 'nonsense', '1 1'])('is taken over from %j', (content) => {
    writeFileSync(lockFile(), content);
    expect(() => takeLock(lockFile())).not.toThrow();
  });
});
