/** `mailroom quarantine`: what it refuses, and what it says of a stack or a bucket that has nothing. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { AboutHeld } from '../../../handlers/edge/keep/about.ts';
import { run } from '../../../local/cli/quarantine.ts';
import { WrongUse } from '../../../local/cli/usage.ts';
import { PermanentError } from '../../../shared/errors.ts';
import { parseMessage } from '../../../shared/mime/index.ts';
import { type TestAccount, testAccount } from '../aws/control/account.ts';

const ID = '0123456789abcdef'.repeat(2);
const MESSAGE = 'From: Bob <b@x.example>\r\nSubject: Pay\u001b[31m now\r\nX: y\r\n\r\nbody\r\n';
const SHA256 = '4f0b0cbf6f6e1b3f0ba6cf3a4a5d2b1f0ba6cf3a4a5d2b1f0ba6cf3a4a5d2b1f';
const ABOUT: AboutHeld = {
  version: 1,
  id: ID,
  rule: 'no programs',
  reason: 'they harm',
  direction: 'inbound',
  recipients: ['alice@example.com'],
  author: 'b@x.example',
  subject: 'Pay\u001b[31m now',
  heldAt: '2026-11-21T09:30:00.000Z',
  messageId: '5bb5a1a0-0000-4000-8000-000000000001',
  bytes: MESSAGE.length,
  sha256: SHA256,
};

let account: TestAccount;
beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'any');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'any');
  vi.stubEnv('AWS_REGION', 'us-east-1');
  account = await testAccount({ environment: { MAILROOM_KEEP_BUCKET: 'mailroom-keep' } });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await account?.close();
});

async function ask(...args: string[]): Promise<string> {
  const out: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
  try {
    expect(await run([...args, '--endpoint', account.stand.server.url])).toBe(0);
  } finally {
    spy.mockRestore();
  }
  return out.join('');
}

async function hold(about: Partial<AboutHeld> = {}): Promise<void> {
  const sha256 = createHash('sha256').update(MESSAGE).digest('hex');
  for (const [name, Body] of [
    ['message.eml', MESSAGE],
    ['about.json', JSON.stringify({ ...ABOUT, sha256, ...about })],
  ] as const)
    await account.stand.s3.send(
      new PutObjectCommand({ Bucket: 'mailroom-keep', Key: `quarantine/${ID}/${name}`, Body }),
    );
}

describe('held mail', () => {
  test('is listed, shown and deleted; nothing of it repaints the terminal', async () => {
    expect(await ask('list')).toBe('Nothing is held.\n');
    expect(await ask('list', '--json')).toBe('[]\n');
    await hold();
    const listed = await ask('list');
    expect(listed).toMatch(/no programs +b@x\.example +alice@example\.com +Pay/);
    expect(JSON.parse(await ask('list', '--json'))).toMatchObject([{ id: ID, recipients: ABOUT.recipients }]);
    const file = join(mkdtempSync(join(tmpdir(), 'mailroom-held-')), 'held.eml');
    const shown = await ask('show', ID, '--out', file);
    expect(shown).toContain('rule      no programs (they harm)\n');
    expect(shown).toContain('\nSubject: Pay\\u{1b}[31m now\nX: y\n');
    expect(shown).not.toContain('body');
    expect(`${listed}${shown}`).not.toContain('\u001b');
    expect(readFileSync(file, 'utf8')).toBe(MESSAGE);
    expect(statSync(file).mode & 0o077).toBe(0);
    await expect(ask('show', ID, '--out', file)).rejects.toThrow('cannot write');
    expect(await ask('delete', ID)).toBe(`${ID} is deleted.\n`);
    expect(await ask('list')).toBe('Nothing is held.\n');
    await expect(ask('delete', ID)).rejects.toThrow(`nothing is held under ${ID}`);
  });

  test('is not given out when it is not the one that was held', async () => {
    await hold({ sha256: SHA256 });
    await expect(ask('show', ID)).rejects.toThrow('is not the one that was held');
    await expect(ask('release', ID)).rejects.toThrow('is not the one that was held');
    expect(account.sent).toEqual([]);
  });

  test('is listed although another one cannot be read', async () => {
    const Key = `quarantine/${'f'.repeat(32)}/about.json`;
    await hold();
    await account.stand.s3.send(
      new PutObjectCommand({ Bucket: 'mailroom-keep', Key, Body: '{"version":2}' }),
    );
    const errors = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const listed = await ask('list');
    expect(errors.mock.calls).toEqual([['1 could not be read, or went in this moment.\n']]);
    errors.mockRestore();
    expect(listed).toContain(ID);
    await account.stand.s3.send(new DeleteObjectCommand({ Bucket: 'mailroom-keep', Key }));
  });

  test('says that it is held for more people than are named', async () => {
    await hold({ recipientsCut: true });
    for (const shown of [await ask('list'), await ask('show', ID)])
      expect(shown).toContain('alice@example.com, and others whom WorkMail did not name');
  });

  test('is not released without a key', async () => {
    await hold();
    await expect(ask('release', ID)).rejects.toThrow('the functions have no mark key');
  });
});

test('a release goes to everybody whom it can reach, and says whom it did not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailroom-key-'));
  writeFileSync(join(folder, 'key'), 'k'.repeat(43));
  const environment = {
    MAILROOM_KEEP_BUCKET: 'mailroom-keep',
    MAILROOM_MARK_KEY_URI: join(folder, 'key'),
  };
  const before = account;
  account = await testAccount({ environment });
  const recipients = ['"a b"@example.com', 'carol@example.com', 'wendy@good.example'];
  await hold({ direction: 'outbound', author: 'alice@example.com', recipients, recipientsCut: true });
  const lines: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  const asked = run([
    'release',
    ID,
    '--from',
    'mailroom@example.com',
    '--endpoint',
    account.stand.server.url,
  ]);
  await expect(asked).rejects.toThrow(
    'not sent to "a b"@example.com: the release cannot be addressed\nnot sent to wendy@good.example: ses SendEmail',
  );
  spy.mockRestore();
  expect(lines.join('')).toMatch(/^Sent to carol@example\.com\. [^\n]*\nIt is held for others too/);
  // Whoever has it gets it no second time by mistake; the mark is shown, and goes with the message.
  const again = ['--to', 'Carol@example.com', '--from', 'mailroom@example.com'];
  await expect(ask('release', ID, ...again)).rejects.toThrow(
    'it was released to carol@example.com before, last at ',
  );
  expect(account.sent).toHaveLength(1);
  expect(await ask('list')).toMatch(/ \d{4}-\d\d-\d\dT\d\d:\d\d to carol@example\.com\n/);
  expect(await ask('show', ID)).toMatch(/\nreleased {2}\S+ to carol@example\.com\n/);
  expect(JSON.parse(await ask('list', '--json'))).toMatchObject([
    { released: { to: ['carol@example.com'] } },
  ]);
  expect(await ask('release', ID, ...again, '--again')).toMatch(/^Sent to carol@example\.com\. /);
  await ask('delete', ID);
  await hold();
  expect(await ask('show', ID)).not.toContain('released');
  // A colleague gets it attached, for SES changes what it sends, and the release would not fit.
  const mails = account.sent.map(({ bytes }) => parseMessage(bytes).root);
  expect(mails.map(({ children }) => children[1]?.contentType.mediaType)).toEqual([
    'message/rfc822',
    'message/rfc822',
  ]);
  await account.close();
  account = before;
});

test('a stack that is not there, or keeps nothing, is said', async () => {
  await expect(ask('list', '--stack', 'other')).rejects.toThrow(
    'the stack other cannot be read: there is none of this name',
  );
  const nobody = run(['list', '--endpoint', 'http://127.0.0.1:9']);
  await expect(nobody).rejects.toThrow('cannot be read: cloudformation:DescribeStacks: ECONNREFUSED');
  const bare = await testAccount();
  const asked = run(['list', '--endpoint', bare.stand.server.url]);
  await expect(asked).rejects.toThrow(PermanentError);
  await expect(asked).rejects.toThrow('its parameter is UseKeep=yes');
  await bare.close();
});

test.each([
  [[], 'say what to do'],
  [['frob'], 'say what to do'],
  [['list', 'x'], '"x" is too much'],
  [['show'], '"show" takes the id'],
  [['show', '../x'], '"show" takes the id'],
  [['release', ID, 'more'], '"more" is too much'],
  [['show', ID, '--to', 'a@b.example'], '--to goes with "release"'],
  [['show', ID, '--again'], '--again goes with "release"'],
  [['list', '--out', 'x'], '--out goes with "show"'],
  [['release', ID, '--to', 'a b@c'], 'no plain mail address'],
  [['release', ID, '--hours', '0'], '--hours takes'],
  [['release', ID, '--hours', '169'], '--hours takes'],
  [['release', ID, '--smtp', 'host'], '--smtp takes HOST:PORT'],
  [['release', ID, '--smtp', 'host:25', '--from', 'a@b.example'], '--from goes with SES'],
  [['list', '--region', 'x'], '--region takes'],
  [['list', '--endpoint', 'x'], '--endpoint takes a URL'],
  [['list', '--frob'], "Unknown option '--frob'"],
])('%s is wrong use', async (args, message) => {
  const error = await run(args).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(WrongUse);
  expect(String(error)).toContain(message);
});

test('--help tells what it can do', async () => {
  const help = await ask('--help');
  for (const word of ['list', 'show ID', 'release ID', 'delete ID', '--smtp']) expect(help).toContain(word);
});
