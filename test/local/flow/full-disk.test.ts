/** A disk that takes no more: what was refused leaves nothing, and what was written stays readable. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createDisk, type Disk } from '../../../local/flow/disk.ts';
import { ASK_INBOUND, asRecord, createWorld, deliverAll, inbound, people, type World } from './support.ts';

const ALICE = 'alice@example.com';

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

/** The real disk, whose journal refuses the records that `refuse` picks. */
function diskWith(refuse: (line: string) => boolean): Disk {
  const disk = createDisk();
  return {
    ...disk,
    async openLog(path) {
      const log = await disk.openLog(path);
      return {
        ...log,
        append: (text) => (refuse(text) ? Promise.reject(new Error('ENOSPC')) : log.append(text)),
      };
    },
  };
}

test('a message that could not be entered in the journal leaves nothing', async () => {
  let full = true;
  world = await createWorld({ organization: people(''), disk: diskWith(() => full) });
  await expect(world.flow.spool.accept(inbound([ALICE]))).rejects.toThrow('ENOSPC');
  expect(readdirSync(join(world.dataDir, 'messages'))).toEqual([]);
  full = false;
  await world.run(inbound([ALICE]));
  expect(world.mailbox(ALICE)).toHaveLength(1);
});

test('a decision that could not be entered is taken again, and a Put has its say in it', async () => {
  let full = true;
  let calls = 0;
  world = await createWorld({
    organization: people(ASK_INBOUND),
    disk: diskWith((line) => full && line.includes('"op":"decide"')),
    behave: async (call, flow) => {
      calls += 1;
      if (calls > 1) {
        full = false;
        const bytes = Buffer.from('From: w@good.example\r\n\r\nreplaced\r\n');
        expect(await flow().inTransit.put(String(asRecord(call.event)['messageId']), bytes)).toBe('stored');
      }
      return deliverAll();
    },
  });
  await world.run(inbound([ALICE]));
  expect(calls).toBe(2);
  expect(world.mailbox(ALICE)[0]).toContain('replaced');
});

test('half a line is taken back, so that the next one is whole', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mailroom-full-'));
  const path = join(directory, 'log');
  const code = `const { createDisk } = await import(${JSON.stringify(new URL('../../../local/flow/disk.ts', import.meta.url).href)});
    const disk = createDisk();
    disk.append(process.argv[1], 'first\\n');
    try { disk.append(process.argv[1], 'x'.repeat(5000) + '\\n'); console.log('written'); } catch { console.log('full'); }
    disk.append(process.argv[1], 'last\\n');`;
  try {
    // A limit on the size of files stands for the full disk: 2 KB, in units of 1,024 bytes as bash has them.
    const script = 'trap "" XFSZ; ulimit -f 2; exec "$0" --input-type=module -e "$1" "$2"';
    const said = execFileSync('bash', ['-c', script, process.execPath, code, path], { encoding: 'utf8' });
    expect(said).toBe('full\n');
    expect(readFileSync(path, 'utf8')).toBe('first\nlast\n');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
