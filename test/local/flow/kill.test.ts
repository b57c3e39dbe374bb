/** A real process on a real disk, killed with SIGKILL at any moment, again and again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';

const PROGRAM = new URL('./kill-program.ts', import.meta.url).pathname;
const MESSAGES_A_RUN = 15;

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'mailroom-kill-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

/** Runs the program, which says `accepted N` after each 250; kills it after so many of them and a pause. */
async function run(
  first: number,
  count: number,
  killAfter: number | undefined,
  accepted: Set<string>,
): Promise<void> {
  const child: ChildProcess = spawn(process.execPath, [PROGRAM, dataDir, String(first), String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.stdout === null) throw new Error('no stdout');
  const exited = once(child, 'exit');
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [, number] = /^accepted (\d+)$/.exec(line) ?? [];
    if (number === undefined) continue;
    accepted.add(number);
    if (++seen === killAfter) setTimeout(() => child.kill('SIGKILL'), (killAfter * 7) % 12);
  }
  await exited;
}

function names(directory: string): string[] {
  return readdirSync(directory).filter((name) => !name.endsWith('.json'));
}

function countOf(directories: readonly string[], number: string): number {
  const marks = directories.flatMap((directory) =>
    names(directory).filter((name) =>
      readFileSync(join(directory, name), 'latin1').includes(`Subject: n${number}.\r\n`),
    ),
  );
  return marks.length;
}

/** A record repeats the subject, in its own header, its text and the message. */
function recordsOf(directories: readonly string[], number: string): number {
  return directories
    .flatMap((directory) => names(directory).map((name) => readFileSync(join(directory, name), 'latin1')))
    .filter((record) => record.split(`Subject: n${number}.\r\n`).length === 4).length;
}

test('what got its 250 is delivered, and sent, and journaled, exactly once', async () => {
  const accepted = new Set<string>();
  let first = 0;
  for (const killAfter of [1, 6, 11, 15]) {
    await run(first, MESSAGES_A_RUN, killAfter, accepted);
    first += MESSAGES_A_RUN;
  }
  await run(first, 0, undefined, accepted);
  expect(accepted.size).toBeGreaterThanOrEqual(1 + 6 + 11 + 15);
  const inboxOf = (user: string): string[] =>
    ['new', 'cur'].map((part) => join(dataDir, `mailboxes/${user}@example.com/Inbox`, part));
  for (let number = 0; number < first; number++) {
    const found = {
      delivered: countOf(inboxOf('bob'), String(number)),
      sent: countOf([join(dataDir, 'sent')], String(number)),
      journaled: recordsOf(inboxOf('carol'), String(number)),
    };
    for (const count of Object.values(found)) {
      if (accepted.has(String(number))) expect(count, `message ${number}`).toBe(1);
      else expect(count, `message ${number}`).toBeLessThanOrEqual(1);
    }
  }
});
