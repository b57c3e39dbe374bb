import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { takeLock } from '../../../local/flow/lock.ts';

const MODULE = new URL('../../../local/flow/lock.ts', import.meta.url).href;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mailroom-lock-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const lockFile = (): string => join(directory, 'lock');

/** Another process that holds the lock and waits. */
async function holder(): Promise<{ kill(): Promise<void> }> {
  const code = `const { takeLock } = await import(${JSON.stringify(MODULE)}); takeLock(process.argv[1]); console.log('held'); setInterval(() => {}, 1000);`;
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
      expect(() => takeLock(lockFile())).toThrow(/another mailroom \(process \d+\).* with --data$/);
    } finally {
      await other.kill();
    }
    const release = takeLock(lockFile());
    release();
    expect(readdirSync(directory)).toEqual([]);
  });

  test.each([
    ['no lock', undefined],
    ['the lock of a dead process', '999999 5'],
  ])(
    'of processes that find %s at the same time, one gets it',
    { timeout: 20_000 },
    async (_found, content) => {
      if (content !== undefined) writeFileSync(lockFile(), content);
      const at = Date.now() + 600;
      const code = `const { takeLock } = await import(${JSON.stringify(MODULE)});
      while (Date.now() < ${at});
      try { takeLock(process.argv[1]); console.log('held'); } catch { console.log('kept out'); }
      process.stdin.resume().on('end', () => process.exit());`;
      const children = Array.from({ length: 4 }, () =>
        spawn(process.execPath, ['--input-type=module', '-e', code, lockFile()], {
          stdio: ['pipe', 'pipe', 'inherit'],
        }),
      );
      const said = await Promise.all(
        children.map(async (child) => String((await once(child.stdout, 'data'))[0])),
      );
      for (const child of children) child.stdin.end();
      await Promise.all(children.map((child) => once(child, 'exit')));
      expect(said.filter((word) => word === 'held\n')).toHaveLength(1);
      expect(readdirSync(directory)).toEqual(['lock']);
    },
  );

  test.each(['', '0 0', '-1 5', 'nonsense', '1 1'])('is taken over from %j', (content) => {
    writeFileSync(lockFile(), content);
    expect(() => takeLock(lockFile())).not.toThrow();
  });
});
