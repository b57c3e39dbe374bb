/** The command as a person calls it: through the launcher, in a process of its own. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../../local/cli/invoke.ts';
import { WrongUse } from '../../../local/cli/usage.ts';
import { stand } from '../aws/stand.ts';

const ROOT = resolve(import.meta.dirname, '..', '..', '..');
const RULE_EVENT = {
  summaryVersion: '2018-10-10',
  envelope: { mailFrom: { address: 'ann@good.example' }, recipients: [{ address: 'alice@example.com' }] },
  sender: null,
  subject: 'Hello',
  messageId: '00000000-0000-0000-0000-000000000001',
  invocationId: '0'.repeat(40),
  flowDirection: 'INBOUND',
  truncated: false,
};
const MESSAGE = [
  'From: Ann <ann@good.example>',
  'To: alice@example.com',
  'Subject: Hello',
  'Date: Mon, 02 Nov 2026 10:00:00 +0000',
  'Message-ID: <1@good.example>',
  '',
  'Hello',
  '',
].join('\r\n');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailroom-invoke-test-'));
  await writeFile(join(folder, 'event.json'), JSON.stringify(RULE_EVENT));
  await writeFile(join(folder, 'event.eml'), MESSAGE);
  await writeFile(join(folder, 'alone.json'), JSON.stringify(RULE_EVENT));
  await writeFile(
    join(folder, 'wrong.json'),
    JSON.stringify({ ...RULE_EVENT, envelope: { recipients: 'x' } }),
  );
  await writeFile(join(folder, 'text.json'), 'no JSON');
  await writeFile(join(folder, 'cap.json'), '{}');
  await writeFile(join(folder, 'request.json'), JSON.stringify({ mailboxes: [], window: {} }));
  await writeFile(join(folder, 'bad-policy.yaml'), 'version: 1\nnonsense: true\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function invoke(...args: string[]): Promise<Ran> {
  const temporary = join(folder, 'tmp');
  const child = spawn(process.execPath, [join(ROOT, 'local', 'launch.mjs'), 'invoke', ...args], {
    cwd: folder,
    env: { ...process.env, TMPDIR: temporary },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((done) => child.on('close', (code) => done({ code, stdout, stderr })));
}

describe('mailroom invoke', () => {
  beforeAll(async () => {
    await mkdir(join(folder, 'tmp'));
  });

  test('answers with one line on stdout; the message beside the event is in transit', async () => {
    const { code, stdout, stderr } = await invoke('mailflow', 'event.json');
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout.trimEnd()).not.toContain('\n');
    expect(JSON.parse(stdout)).toMatchObject({
      actions: [{ action: { type: 'DEFAULT' }, allRecipients: true }],
    });
    expect(stderr).toContain(`the function replaced the message: ${MESSAGE.length} bytes before`);
    expect(stderr).not.toContain('ann@good.example');
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  test('without a message it says so', async () => {
    const { code, stderr } = await invoke('mailflow', join(folder, 'alone.json'));
    expect(code).toBe(0);
    expect(stderr).toContain('no message is in transit');
  });

  test('--message names one', async () => {
    const { code, stderr } = await invoke('journal', 'alone.json', '--message', 'event.eml');
    expect(code).toBe(0);
    expect(stderr).toContain(`"bytes":${MESSAGE.length}`);
  });

  test('the availability provider', async () => {
    const { code, stdout } = await invoke('availability', 'cap.json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ mailboxes: [] });
  });

  test.each([
    ['availability', 'event.json', 0, 'the event is not an availability request'],
    ['mailflow', 'request.json', 1, 'the event is not one of a mail-flow rule'],
  ])('%s with the event of the other kind', async (handler, event, exit, says) => {
    const { code, stderr } = await invoke(handler, event);
    expect(code).toBe(exit);
    expect(stderr.split('\n')[0]).toContain(says);
    expect(stderr).not.toMatch(/--message|"stack"|index\.mjs/);
  });

  test('a wrong event: the function fails and names the field', async () => {
    const { code, stdout, stderr } = await invoke('mailflow', 'wrong.json');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('envelope.recipients: expected an array');
  });

  test('--aws-endpoint: S3 and the message are those of a stand-in that runs', async () => {
    const inTransit = {
      get: async (id: string) => (id === RULE_EVENT.messageId ? Buffer.from(MESSAGE) : undefined),
      put: async () => 'stored' as const,
    };
    const here = await stand({ inTransit, buckets: ['mailroom-journal', 'mailroom-rewrite'] });
    const { code } = await invoke('journal', 'alone.json', '--aws-endpoint', here.server.url);
    const Key = `event/${RULE_EVENT.invocationId}.json`;
    const record = await here.s3.send(new GetObjectCommand({ Bucket: 'mailroom-journal', Key }));
    const raw = await readdir(join(here.dataDir, 's3', 'mailroom-journal', 'raw'));
    const stored = raw[0] ?? '';
    const bytes = await readFile(join(here.dataDir, 's3', 'mailroom-journal', 'raw', stored), 'utf8');
    await here.close();
    expect(code).toBe(0);
    expect(record.ContentLength).toBeGreaterThan(0);
    expect(bytes).toBe(MESSAGE);
  });

  test('a time-out', async () => {
    const { code, stderr } = await invoke('mailflow', 'event.json', '--timeout', '0.001');
    expect(code).toBe(1);
    expect(stderr).toContain('the function had not answered after 0.001 s');
  });

  test('a policy with errors', async () => {
    const { code, stderr } = await invoke('mailflow', 'event.json', '--policy', 'bad-policy.yaml');
    expect(code).toBe(1);
    expect(stderr).toContain('nonsense');
  });

  test.each([
    ['no arguments', [], 'give a handler and an event file'],
    ['an unknown handler', ['nobody', 'event.json'], 'there is no handler "nobody"'],
    ['no such event', ['mailflow', 'missing.json'], 'missing.json'],
    ['an event that is not JSON', ['mailflow', 'text.json'], 'is not JSON'],
    ['no such message', ['mailflow', 'event.json', '--message', 'missing.eml'], 'missing.eml'],
    ['a time-out that is none', ['mailflow', 'event.json', '--timeout', 'soon'], '--timeout takes seconds'],
    [
      'an endpoint that is none',
      ['mailflow', 'event.json', '--aws-endpoint', 'here'],
      '--aws-endpoint takes a URL',
    ],
    ['an unknown flag', ['mailflow', 'event.json', '--nonsense'], '--nonsense'],
  ])('wrong use: %s', async (_, args, says) => {
    await expect(
      run(args.map((arg) => (/\.(json|eml)$/.test(arg) ? join(folder, arg) : arg))),
    ).rejects.toThrow(new RegExp(says));
    await expect(run(args)).rejects.toBeInstanceOf(WrongUse);
  });

  test('wrong use is exit code 2 with one line and the usage', async () => {
    const { code, stdout, stderr } = await invoke('nobody', 'event.json');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('there is no handler "nobody"');
  });
});
