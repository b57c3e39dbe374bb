/** `mailroom log why`, where the functions' own log knows more than the events. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { run } from '../../../local/cli/log.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { delivered, logOf, received, ruleApplied } from '../event-log/world.ts';

const A = 'ann@good.example';
const B = 'bob@example.com';
const TRACE = '01a1f866-0d8a-7b15-99aa-70a5500c476f';

/** What the command prints of that folder. */
async function why(data: string, ...more: readonly string[]): Promise<string> {
  const out: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
  try {
    expect(await run(['why', '--from', A, '--to', B, '--data', data, ...more])).toBe(0);
  } finally {
    spy.mockRestore();
  }
  return out.join('');
}

/** A folder with one message, what became of it, and its trace. */
async function folderWith(lines: Parameters<typeof logOf>, trace: readonly object[]): Promise<string> {
  const folder = await temporaryFolder('told');
  const events = logOf(...lines).map(({ timeMs, traceId, event }) =>
    JSON.stringify({ '@timestamp': new Date(timeMs).toISOString(), traceId, event }),
  );
  await writeFile(join(folder, 'events.jsonl'), `${events.join('\n')}\n`);
  await mkdir(join(folder, 'messages', TRACE), { recursive: true });
  const told = trace.map((entry) => JSON.stringify({ time: '', text: '', ...entry }));
  await writeFile(join(folder, 'messages', TRACE, 'trace.jsonl'), `${told.join('\n')}\n`);
  return folder;
}

test('of held mail first that it is held, and only then that WorkMail dropped it', async () => {
  const logs = [
    { event: 'quarantine', rule: 'programs', id: 'ab12' },
    { event: 'decision', step: 'rules', rule: 'programs', outcome: 'quarantine', recipients: [0] },
  ];
  const event = { envelope: { recipients: [{ address: B }] } };
  const folder = await folderWith(
    [
      [TRACE, received(A, [B])],
      [TRACE, ruleApplied('mailflow', 'DROP', [B])],
    ],
    [{ kind: 'invoke', data: { logs, event } }],
  );
  const text = await why(folder);
  expect(text.split('\n')[1]).toBe(
    '  It was held in quarantine with the id ab12, by the rule "programs". "mailroom quarantine" shows it and releases it; for WorkMail it is dropped.',
  );
  expect(JSON.parse(await why(folder, '--json'))).toMatchObject([{ outcome: 'held' }]);
});

test('of a rule whose time-out was over, that its fallback acted', async () => {
  const folder = await folderWith(
    [
      [TRACE, received(A, [B])],
      [TRACE, ruleApplied('mailflow', 'MOVE_TO_JUNK', [B])],
      [TRACE, delivered(B, 'Junk')],
    ],
    [
      { kind: 'fallback', data: { rule: 'mailflow', fallback: 'junk', tries: 10 } },
      { kind: 'disposition', data: { recipient: B, rule: 'mailflow' } },
    ],
  );
  const text = await why(folder);
  expect(text).toContain('the rule "mailflow" moved it there. This was the fallback of "mailflow"');
  expect(text).toContain('Mailroom: the time-out of rule “mailflow” was over after 10 tries');
});
