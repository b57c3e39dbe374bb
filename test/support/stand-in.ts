/** Starts the real stand-in as a user does, in a process of its own, on free ports and with a data folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { MessageSummary, TraceEntry } from '../../local/types.ts';
import { temporaryFolder } from './folders.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const START_TIMEOUT_MS = 20_000;
const SETTLE_TIMEOUT_MS = 20_000;
const POLL_MS = 20;

export interface Ports {
  readonly smtp: number;
  readonly submission: number;
  readonly http: number;
  readonly aws: number;
  readonly dns: number;
}

export interface RunningStandIn {
  readonly data: string;
  readonly ports: Ports;
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Ends it as Ctrl-C does and waits. */
  stop(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
}

function isPorts(value: unknown): value is Ports {
  return typeof value === 'object' && value !== null && 'smtp' in value && 'http' in value;
}

function readPorts(data: string): Ports | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(join(data, 'ports.json'), 'utf8'));
    return isPorts(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function delay(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** Polls until `probe` gives a value; rejects, naming `what`, when it never does. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  timeoutMs = SETTLE_TIMEOUT_MS,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await delay(POLL_MS);
  }
}

export function newDataFolder(): string {
  return temporaryFolder('data');
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** `args` are further flags of `mailroom start`; `environment` is added to the process's own. */
export async function startStandIn(
  data: string,
  args: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningStandIn> {
  rmSync(join(data, 'ports.json'), { force: true });
  const ports = ['smtp', 'submission', 'http', 'aws', 'dns'].flatMap((name) => [`--${name}-port`, '0']);
  const child = spawn(
    process.execPath,
    [
      join(ROOT, 'local/cli/main.ts'),
      'start',
      '--data',
      data,
      ...(args.includes('--dist') ? [] : ['--dist', join(ROOT, 'dist')]),
      ...ports,
      ...args,
    ],
    { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const found = await until(
    'the stand-in to start',
    () => {
      if (child.exitCode !== null) throw new Error(`the stand-in ended with ${child.exitCode}:\n${output}`);
      return readPorts(data);
    },
    START_TIMEOUT_MS,
  );
  return {
    data,
    ports: found,
    child,
    output: () => output,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

export interface StoredCopy {
  readonly file: string;
  readonly bytes: Buffer;
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** Every message in a Maildir folder of a mailbox, read or not. */
export async function mailIn(data: string, address: string, folder: 'Inbox' | 'Junk'): Promise<StoredCopy[]> {
  const base = join(data, 'mailboxes', address, folder);
  const files = [...(await filesIn(join(base, 'new'))), ...(await filesIn(join(base, 'cur')))];
  return Promise.all(files.map(async (file) => ({ file, bytes: await readFile(file) })));
}

export async function sentMail(data: string): Promise<StoredCopy[]> {
  const files = (await filesIn(join(data, 'sent'))).filter((file) => file.endsWith('.eml'));
  return Promise.all(files.map(async (file) => ({ file, bytes: await readFile(file) })));
}

export interface MessageReport {
  readonly summary: MessageSummary;
  readonly trace: readonly TraceEntry[];
}

function isReport(value: unknown): value is MessageReport {
  return typeof value === 'object' && value !== null && 'summary' in value && 'trace' in value;
}

function isSummaries(value: unknown): value is MessageSummary[] {
  return Array.isArray(value);
}

/** What the page's API says of the messages with this subject, once every one is done; newest first. */
export async function settled(standIn: RunningStandIn, subject: string, count = 1): Promise<MessageReport[]> {
  const base = `http://127.0.0.1:${standIn.ports.http}/api/messages`;
  return until(`${count} settled messages with subject "${subject}"\n${standIn.output()}`, async () => {
    const list: unknown = await (await fetch(base)).json();
    if (!isSummaries(list)) return undefined;
    const mine = list.filter((summary) => summary.subject.includes(subject));
    if (mine.length < count || mine.some((summary) => summary.state !== 'done')) return undefined;
    const reports = await Promise.all(
      mine.map(async (summary): Promise<unknown> => (await fetch(`${base}/${summary.id}`)).json()),
    );
    return reports.every(isReport) ? reports : undefined;
  });
}
