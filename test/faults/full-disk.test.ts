/**
 * The stand-in on a disk that is full: a file system in memory of its own process alone, which is gone with it. Where the
 * kernel gives none to an ordinary user, there is nothing to test with.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../support/folders.ts';
import { type SmtpReply, sendMail } from '../support/smtp-client.ts';
import { delay, mailIn, type Ports, until } from '../support/stand-in.ts';
import { BANNER } from './world.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const MOUNT = 'mount -t tmpfs -o size=16m none "$0"';
const ALICE = 'alice@example.com';
const START_TIMEOUT_MS = 30_000;
/** The function is called so much later than the message is accepted: time to fill the disk. */
const LATENCY_MS = 1_500;

/** Runs a program in a place where the folder is a small file system. */
const inSmallPlace = (folder: string, command: readonly string[]) =>
  [['-Urm', 'sh', '-c', `${MOUNT} && exec "$@"`, folder, ...command], { stdio: 'ignore' }] as const;

const CAN_MOUNT = spawnSync('unshare', ...inSmallPlace(temporaryFolder('no-space'), ['true'])).status === 0;

function start(folder: string): ChildProcess {
  const ports = ['smtp', 'submission', 'http', 'aws', 'dns'].flatMap((name) => [`--${name}-port`, '0']);
  const flags = ['--data', folder, '--dist', join(ROOT, 'dist'), '--time-scale', '100', ...ports];
  const latency = ['--fault', `lambda:Invoke latency=${LATENCY_MS}ms`];
  const command = [process.execPath, join(ROOT, 'local/cli/main.ts'), 'start', ...flags, ...latency];
  const child = spawn('unshare', ...inSmallPlace(folder, command));
  onTestFinished(async () => {
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await ended;
  });
  return child;
}

function send(ports: Ports, subject: string): Promise<SmtpReply> {
  return sendMail({
    port: ports.smtp,
    mailFrom: 'ann@good.example',
    recipients: [ALICE],
    client: { address: '203.0.113.10', name: 'mail.good.example' },
    data: `From: ann@good.example\r\nTo: ${ALICE}\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@test>\r\n\r\nHi there.\r\n`,
  });
}

/** Writes until there is no space, to the last byte. */
function fill(file: string): void {
  const handle = openSync(file, 'w');
  for (let size = 1024 * 1024; size >= 1; size = Math.floor(size / 2))
    try {
      for (;;) writeSync(handle, Buffer.alloc(size));
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' });
    }
  closeSync(handle);
}

test.skipIf(!CAN_MOUNT)(
  'a full disk: what comes is refused for now, and what was accepted arrives when there is space, once',
  { timeout: 60_000 },
  async () => {
    const folder = temporaryFolder('full-disk');
    const child = start(folder);
    const data = `/proc/${child.pid}/root${folder}`;
    const ports: Ports = await until(
      'the stand-in to start',
      () => {
        const file = join(data, 'ports.json');
        return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
      },
      START_TIMEOUT_MS,
    );
    expect((await send(ports, 'before')).code).toBe(250);
    fill(join(data, 'filler'));
    expect(String((await send(ports, 'meanwhile')).code)).toMatch(/^4/);
    await delay(2 * LATENCY_MS);
    expect(child.exitCode).toBeNull();
    expect(await mailIn(data, ALICE, 'Inbox')).toEqual([]);

    rmSync(join(data, 'filler'));
    const copies = () => mailIn(data, ALICE, 'Inbox');
    await until('the mail', async () => ((await copies()).length > 0 ? true : undefined));
    expect((await send(ports, 'after')).code).toBe(250);
    await until('the next mail', async () => ((await copies()).length > 1 ? true : undefined));

    const texts = (await copies()).map(({ bytes }) => bytes.toString());
    const [before = '', ...more] = texts.filter((text) => text.includes('Subject: before'));
    expect(more).toEqual([]);
    expect(before.split(BANNER)).toHaveLength(2);
    expect(texts.filter((text) => text.includes('Subject: meanwhile'))).toEqual([]);
    expect(
      readdirSync(join(data, 's3/mailroom-journal/event')).filter((name) => name.endsWith('.json')),
    ).toHaveLength(2);
  },
);
