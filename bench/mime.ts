/**
 * Readers of mail beside each other: ours parses, puts a banner in and writes; mailsplit passes the same message through;
 * mailparser and postal-mime only parse; Python's email does what AWS's samples do with it. Each measurement is of a fresh
 * process, and the readers take turns, so that whatever else the machine does falls on all of them alike. "Writes" is the same
 * for ours and for mailsplit: what comes out goes through a stream to a sink that counts its octets. Ours hands on slices of the
 * message that came in, which is what it is built for; the row "one buffer" is with a copy of the whole at the end, as Python's is.
 *
 *   first   the first call of a process, its code not yet compiled by use: what a function does after a cold start
 *   warm    the further calls of that process
 *   peak    the most memory that the process had by the end of its first call, less what one has that reads nothing
 *
 * Hostile messages are measured by their first call only, the peers' once. There ours is the whole step: evidence of who sent
 * it, the facts, twenty rules that ask for everything, and every change that a body can get.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { runEsbuild } from '../local/bundle/esbuild.ts';
import { ROOT } from '../local/options.ts';
import { HOSTILE } from './mime-hostile.ts';
import { MESSAGES, type Measured } from './mime-messages.ts';
import { median } from './statistics.ts';

const run = promisify(execFile);
const RUNNER = join(import.meta.dirname, 'mime-run.mjs');
/** The one that Debian and macOS bring. */
const PYTHON = '/usr/bin/python3';
const PYTHON_READER = join(import.meta.dirname, 'peers', 'python_email.py');

/** Some readers take minutes for a hostile message; nobody waits for that. */
export const LIMIT_MS = 20_000;
const WARM_CALLS = 50;
const WARM_BUDGET_MS = 1_000;

/** What reads a message in a process of its own. The first of a list is the measure of the others. */
export interface Reader {
  readonly name: string;
  readonly kind: 'ours' | 'peer' | 'python';
  /** For the runner: a module's URL. Nothing for Python. */
  readonly url: string;
}

/** Medians; or why there are none. */
export type Reading =
  | {
      readonly kind: 'read';
      readonly firstMs: number;
      /** Undefined where only first calls were measured. */
      readonly warmMs: number | undefined;
      readonly peakBytes: number;
      /** Of ours: `edited`, or why the message was left as it is. */
      readonly banner: string | undefined;
    }
  | { readonly kind: 'refused' | 'too-slow' };

export interface MimeResult {
  readonly message: string;
  readonly bytes: number;
  readonly readings: readonly { readonly reader: Reader; readonly reading: Reading }[];
}

export interface MimeFigures {
  readonly messages: readonly MimeResult[];
  readonly hostile: readonly MimeResult[];
  /** A thousand rules against the first message. */
  readonly rules: readonly MimeResult[];
  readonly hasPython: boolean;
}

interface Report {
  readonly timesMs: readonly number[];
  readonly peakBytes: number;
  readonly result: unknown;
}

type Outcome = { readonly kind: 'read'; readonly report: Report } | { readonly kind: 'refused' | 'too-slow' };

function isReport(value: unknown): value is Report {
  return typeof value === 'object' && value !== null && 'timesMs' in value && 'peakBytes' in value;
}

function wasKilled(error: unknown): boolean {
  return error instanceof Error && 'killed' in error && error.killed === true;
}

function callOf({ kind, url }: Reader, file: string, calls: number): readonly [string, ...string[]] {
  const limits = [file, String(calls), String(WARM_BUDGET_MS)];
  return kind === 'python'
    ? [PYTHON, '-I', '-B', PYTHON_READER, ...limits]
    : [process.execPath, RUNNER, url, ...limits];
}

async function readOnce(reader: Reader, file: string, calls: number): Promise<Outcome> {
  const [command, ...args] = callOf(reader, file, calls);
  const ended = await run(command, args, { timeout: LIMIT_MS }).catch((error: unknown) => ({ error }));
  if ('stdout' in ended) {
    const report: unknown = JSON.parse(ended.stdout);
    if (isReport(report)) return { kind: 'read', report };
    throw new Error(`${reader.name} left no report: ${ended.stdout}`);
  }
  if (wasKilled(ended.error)) return { kind: 'too-slow' };
  // Peers throw at what they do not take; we never may.
  if (reader.kind === 'ours') throw ended.error;
  return { kind: 'refused' };
}

/** Peak of a process that reads nothing, in bytes: of Node, and of Python where it is. */
async function emptyPeak(reader: Reader): Promise<number> {
  const [command, ...args] = callOf(reader, '', 0);
  const { stdout } = await run(command, args);
  const empty: unknown = JSON.parse(stdout);
  if (typeof empty === 'object' && empty !== null && 'peakBytes' in empty) return Number(empty.peakBytes);
  throw new Error(`an empty process of ${reader.name} told no peak: ${stdout}`);
}

function bannerOf(result: unknown): string | undefined {
  return typeof result === 'object' && result !== null && 'banner' in result
    ? String(result.banner)
    : undefined;
}

function summarize(outcomes: readonly Outcome[], emptyBytes: number): Reading {
  const failed = outcomes.find((outcome) => outcome.kind !== 'read');
  if (failed !== undefined) return { kind: failed.kind };
  const reports = outcomes.flatMap((outcome) => (outcome.kind === 'read' ? [outcome.report] : []));
  const warm = reports.flatMap(({ timesMs }) => timesMs.slice(1));
  return {
    kind: 'read',
    firstMs: median(reports.flatMap(({ timesMs }) => timesMs.slice(0, 1))),
    warmMs: warm.length === 0 ? undefined : median(warm),
    peakBytes: median(reports.map(({ peakBytes }) => peakBytes)) - emptyBytes,
    banner: bannerOf(reports[0]?.result),
  };
}

interface Plan {
  readonly runs: number;
  readonly peerRuns: number;
  readonly calls: number;
  readonly folder: string;
  /** Of a process that reads nothing, by kind of reader. */
  readonly empty: ReadonlyMap<Reader['kind'], number>;
}

async function measureMessage(
  { name, make }: Measured,
  readers: readonly Reader[],
  { runs, peerRuns, calls, folder, empty }: Plan,
): Promise<MimeResult> {
  const file = join(folder, 'message.eml');
  const bytes = await writeMessage(file, make());
  const outcomes = new Map<Reader, Outcome[]>(readers.map((reader) => [reader, []]));
  for (let round = 0; round < runs; round++)
    // Whoever gave up once does so again.
    for (const [reader, known] of outcomes)
      if (round < (reader.kind === 'ours' ? runs : peerRuns) && known.every(({ kind }) => kind === 'read'))
        known.push(await readOnce(reader, file, calls));
  await rm(file);
  const readings = [...outcomes].map(([reader, known]) => ({
    reader,
    reading: summarize(known, empty.get(reader.kind) ?? 0),
  }));
  return { message: name, bytes, readings };
}

async function writeMessage(file: string, message: Buffer): Promise<number> {
  await writeFile(file, message);
  return message.length;
}

async function bundleReader(folder: string, name: string, source: string): Promise<string> {
  const { files } = await runEsbuild(ROOT, { index: source }, { entryNames: '[name]' });
  const target = join(folder, name);
  await mkdir(target, { recursive: true });
  for (const [file, contents] of files) await writeFile(join(target, file), contents);
  return pathToFileURL(join(target, 'index.mjs')).href;
}

const PEERS = ['mailsplit', 'mailparser', 'postal-mime'] as const;

async function ourReader(folder: string, name: string, source: string): Promise<Reader> {
  return { name, kind: 'ours', url: await bundleReader(folder, source, join('bench', `${source}.ts`)) };
}

/** Bundled by the same bundler with the same settings, as functions are. */
async function peerReaders(folder: string): Promise<readonly Reader[]> {
  const readers: Reader[] = [];
  for (const name of PEERS) {
    const url = await bundleReader(folder, name, join('bench', 'peers', `${name}.ts`));
    readers.push({ name, kind: 'peer', url });
  }
  if (existsSync(PYTHON)) readers.push({ name: 'python', kind: 'python', url: '' });
  return readers;
}

async function emptyPeaks(readers: readonly Reader[]): Promise<ReadonlyMap<Reader['kind'], number>> {
  const peaks = new Map<Reader['kind'], number>();
  for (const reader of readers) if (!peaks.has(reader.kind)) peaks.set(reader.kind, await emptyPeak(reader));
  return peaks;
}

/** A figure is worth something only if the work was done. */
function requireBanner({ message, readings }: MimeResult): void {
  for (const { reader, reading } of readings)
    if (reader.kind === 'ours' && (reading.kind !== 'read' || reading.banner !== 'edited'))
      throw new Error(`no banner in the message of ${message}`);
}

async function measureAll(messages: readonly Measured[], readers: readonly Reader[], plan: Plan) {
  const results: MimeResult[] = [];
  for (const message of messages) results.push(await measureMessage(message, readers, plan));
  return results;
}

/** Measures each message with each reader in `runs` fresh processes. `folder` takes bundles and messages. */
export async function measureMime(options: {
  readonly runs: number;
  readonly folder: string;
}): Promise<MimeFigures> {
  const { runs } = options;
  const folder = join(options.folder, 'mime');
  const [streamed, whole, step, rules] = [
    await ourReader(folder, 'mailroom', 'mime-ours'),
    await ourReader(folder, 'mailroom, one buffer', 'mime-buffer'),
    await ourReader(folder, 'mailroom', 'mime-step'),
    await ourReader(folder, 'mailroom', 'mime-rules'),
  ];
  const peers = await peerReaders(folder);
  const plan: Plan = {
    runs,
    peerRuns: runs,
    calls: WARM_CALLS,
    folder,
    empty: await emptyPeaks([streamed, ...peers]),
  };
  const messages = await measureAll(MESSAGES, [streamed, whole, ...peers], plan);
  for (const result of messages) requireBanner(result);
  return {
    messages,
    hostile: await measureAll(HOSTILE, [step, ...peers], { ...plan, peerRuns: 1, calls: 1 }),
    rules: await measureAll(MESSAGES.slice(0, 1), [rules], plan),
    hasPython: peers.some(({ kind }) => kind === 'python'),
  };
}
