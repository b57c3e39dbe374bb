/**
 * `shared/auth` beside mailauth: the same messages, the same DNS, each measurement in a fresh process, in turns. Ours parses
 * the whole message and gathers all evidence; mailauth verifies DKIM and ARC and evaluates DMARC.
 *
 *   first    the first call of a process, its code not yet compiled by use: what a function does after a cold start
 *   warm     the further calls of that process
 *   peak     the most memory that the process had by the end of its first call, less what one has that reads nothing
 *   import   of the bundle, in a fresh process
 */
import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { runEsbuild } from '../local/bundle/esbuild.ts';
import { ROOT } from '../local/options.ts';
import { rsaKey, type TestKey } from '../test/shared/auth/dkim/support.ts';
import { AUTH_MESSAGES, type AuthMessage } from './auth-messages.ts';
import { type Authenticated, BENCH_KEY } from './auth-zone.ts';
import { median } from './statistics.ts';

const run = promisify(execFile);
const RUNNER = join(import.meta.dirname, 'mime-run.mjs');
const IMPORTER = join(import.meta.dirname, 'import.mjs');
/** An import is short and varies. */
const IMPORTS_A_RUN = 3;
const WARM_CALLS = 30;
const WARM_BUDGET_MS = 2_000;
/** Some messages take a peer minutes; nobody waits for that. */
export const LIMIT_MS = 20_000;

const OURS = 'mailroom';
const READERS = [
  { name: OURS, source: 'auth-ours.ts' },
  { name: 'mailauth', source: 'peers/mailauth-signatures.ts' },
] as const;

/** Medians. */
export interface AuthReading {
  readonly firstMs: number;
  readonly warmMs: number;
  readonly peakBytes: number;
  readonly answer: Authenticated;
}

export interface AuthFigures {
  readonly imports: readonly { readonly reader: string; readonly importMs: number; readonly bytes: number }[];
  readonly messages: readonly {
    readonly message: AuthMessage;
    readonly bytes: number;
    /** Undefined: it took longer than LIMIT_MS. */
    readonly readings: readonly { readonly reader: string; readonly reading: AuthReading | undefined }[];
  }[];
}

interface Bundle {
  readonly reader: string;
  readonly url: string;
  readonly bytes: number;
}

interface Report {
  readonly timesMs: readonly number[];
  readonly peakBytes: number;
  readonly result: Authenticated;
}

function isReport(value: unknown): value is Report {
  return typeof value === 'object' && value !== null && 'timesMs' in value && 'result' in value;
}

async function bundle(folder: string, { name, source }: (typeof READERS)[number]): Promise<Bundle> {
  const { files } = await runEsbuild(ROOT, { index: join('bench', source) }, { entryNames: '[name]' });
  const target = join(folder, name);
  await mkdir(target, { recursive: true });
  for (const [file, contents] of files) await writeFile(join(target, file), contents);
  return {
    reader: name,
    url: pathToFileURL(join(target, 'index.mjs')).href,
    bytes: files.get('index.mjs')?.length ?? 0,
  };
}

async function output(args: readonly string[], key: TestKey): Promise<unknown> {
  const env = { ...process.env, [BENCH_KEY]: key.published };
  const { stdout } = await run(process.execPath, args, { env, timeout: LIMIT_MS });
  return JSON.parse(stdout);
}

async function readOnce({ reader, url }: Bundle, file: string, key: TestKey): Promise<Report | 'too-slow'> {
  const args = [RUNNER, url, file, String(WARM_CALLS), String(WARM_BUDGET_MS)];
  const report = await output(args, key).catch((error: unknown) => {
    // Of peers only; ours may never take so long.
    if (reader !== OURS && error instanceof Error && 'killed' in error && error.killed === true)
      return 'too-slow';
    throw error;
  });
  if (report === 'too-slow' || isReport(report)) return report;
  throw new Error(`${reader} left no report`);
}

async function numberFrom(args: readonly string[], name: string, key: TestKey): Promise<number> {
  const told = await output(args, key);
  if (typeof told === 'object' && told !== null && name in told) return Number(Object(told)[name]);
  throw new Error(`${name} was not told`);
}

function summarize(outcomes: readonly (Report | 'too-slow')[], emptyBytes: number): AuthReading | undefined {
  const reports = outcomes.filter((outcome) => outcome !== 'too-slow');
  const [first] = reports;
  if (first === undefined || reports.length < outcomes.length) return undefined;
  const warm = reports.flatMap(({ timesMs }) => (timesMs.length > 1 ? timesMs.slice(1) : timesMs));
  return {
    firstMs: median(reports.flatMap(({ timesMs }) => timesMs.slice(0, 1))),
    warmMs: median(warm),
    peakBytes: median(reports.map(({ peakBytes }) => peakBytes)) - emptyBytes,
    answer: first.result,
  };
}

/** A figure is worth something only if the work was done. */
function requirePass({ message, readings }: AuthFigures['messages'][number]): void {
  for (const { reader, reading } of readings)
    if (!message.hostile && (reading?.answer.dmarc !== 'pass' || reading.answer.passing !== 1))
      throw new Error(`${reader} did not verify the message of ${message.name}`);
}

interface Plan {
  readonly runs: number;
  readonly folder: string;
  readonly key: TestKey;
  readonly bundles: readonly Bundle[];
  readonly emptyBytes: number;
}

async function measureMessage(message: AuthMessage, plan: Plan): Promise<AuthFigures['messages'][number]> {
  const { runs, folder, key, bundles, emptyBytes } = plan;
  const bytes = Buffer.from(message.make(key), 'latin1');
  const file = join(folder, 'message.eml');
  await writeFile(file, bytes);
  const outcomes = new Map<Bundle, (Report | 'too-slow')[]>(bundles.map((each) => [each, []]));
  for (let round = 0; round < runs; round++)
    // Whoever gave up once does so again.
    for (const [each, known] of outcomes)
      if (!known.includes('too-slow')) known.push(await readOnce(each, file, key));
  await rm(file);
  const readings = [...outcomes].map(([{ reader }, known]) => ({
    reader,
    reading: summarize(known, emptyBytes),
  }));
  const result = { message, bytes: bytes.length, readings };
  requirePass(result);
  return result;
}

async function measureImports({ runs, key, bundles }: Plan): Promise<AuthFigures['imports']> {
  const times = new Map<Bundle, number[]>(bundles.map((each) => [each, []]));
  for (let round = 0; round < runs * IMPORTS_A_RUN; round++)
    for (const [{ url }, known] of times) known.push(await numberFrom([IMPORTER, url], 'importMs', key));
  return [...times].map(([{ reader, bytes }, known]) => ({ reader, importMs: median(known), bytes }));
}

/** Measures in `runs` fresh processes each. `folder` takes bundles and messages. */
export async function measureAuth(options: {
  readonly runs: number;
  readonly folder: string;
}): Promise<AuthFigures> {
  const folder = join(options.folder, 'auth');
  const key = rsaKey(2048);
  const bundles: Bundle[] = [];
  for (const reader of READERS) bundles.push(await bundle(folder, reader));
  const emptyBytes = await numberFrom([RUNNER], 'peakBytes', key);
  const plan: Plan = { runs: options.runs, folder, key, bundles, emptyBytes };
  const messages: AuthFigures['messages'][number][] = [];
  for (const message of AUTH_MESSAGES) messages.push(await measureMessage(message, plan));
  return { imports: await measureImports(plan), messages };
}
