/**
 * Cold starts. Each time is that of a fresh process; the bundles take turns, so that whatever else the machine does
 * falls on all of them alike.
 *
 *   import         of the bundle's entry: what Lambda calls Init
 *   with the SDK   that, and the clients of S3 and Message Flow, which our functions load when they first use them
 *   first answer   from before the process is started to its answer, through the Lambda host: Node itself included
 *   second answer  of the same process to another event
 *
 * What the functions answer: our flow functions one event of a rule about a message, over HTTP and DNS with everything
 * that they store; availability a question about two mailboxes; the SDK pair one Get and one PutObject; the parsers and
 * mailauth one message of the same size from a file.
 *
 * Over plain HTTP, which only a stand-in speaks, the SDK imports `node:http` at its first request; as an ES module that
 * makes Node load all of its fetch. So each first answer with the SDK in it, the pair's too, holds some 40 ms that a
 * function on AWS does not spend.
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { InvokeOutcome, LambdaInvoker } from '../local/types.ts';
import type { Subject } from './bundles.ts';
import { AVAILABILITY_EVENT, ruleEvent, sampleMessage } from './sample.ts';
import { median } from './statistics.ts';
import { openWorld, type World } from './world.ts';

const run = promisify(execFile);
const IMPORTER = join(import.meta.dirname, 'import.mjs');

/** Medians in milliseconds. */
export interface ColdResult {
  readonly subject: Subject;
  readonly importMs: number;
  readonly withSdkMs: number;
  readonly firstMs: number;
  readonly secondMs: number;
}

export interface ColdOptions {
  readonly runs: number;
  readonly messageBytes: number;
  /** Takes what the functions store. */
  readonly folder: string;
}

interface ImportTimes {
  readonly importMs: number;
  readonly withLaterMs: number;
}

function isImportTimes(value: unknown): value is ImportTimes {
  return typeof value === 'object' && value !== null && 'importMs' in value && 'withLaterMs' in value;
}

async function timeImport(subject: Subject): Promise<ImportTimes> {
  const { stdout } = await run(process.execPath, [IMPORTER, ...subject.modules]);
  const times: unknown = JSON.parse(stdout);
  if (isImportTimes(times)) return times;
  throw new Error(`the import of ${subject.name} was not timed: ${stdout}`);
}

async function eventFor(subject: Subject, world: World, messageBytes: number, file: string) {
  if (subject.name === 'availability') return AVAILABILITY_EVENT;
  if (subject.kind === 'peer' && subject.name !== 'sdk-pair') return { file };
  const { messageId, subject: text } = await world.arrive(messageBytes);
  return ruleEvent(messageId, text);
}

/** A time is worth something only if the work was done. */
async function answer(
  invoker: LambdaInvoker,
  name: string,
  event: unknown,
): Promise<Extract<InvokeOutcome, { kind: 'answer' }>> {
  const outcome = await invoker.invoke(name, event);
  if (outcome.kind === 'answer') return outcome;
  throw new Error(`${name} did not answer: ${JSON.stringify(outcome)}`);
}

async function timeAnswers(subject: Subject, world: World, events: readonly unknown[]): Promise<number[]> {
  const host = world.host(subject.distDir, subject.name);
  try {
    const times: number[] = [];
    for (const event of events) {
      const { durationMs, coldStart } = await answer(host, subject.name, event);
      if (coldStart !== (times.length === 0)) throw new Error(`${subject.name} was started twice`);
      times.push(durationMs);
    }
    return times;
  } finally {
    await host.close();
  }
}

interface Samples {
  readonly subject: Subject;
  readonly imports: ImportTimes[];
  readonly answers: number[][];
}

function summarize({ subject, imports, answers }: Samples): ColdResult {
  return {
    subject,
    importMs: median(imports.map((times) => times.importMs)),
    withSdkMs: median(imports.map((times) => times.withLaterMs)),
    firstMs: median(answers.flatMap((times) => times.slice(0, 1))),
    secondMs: median(answers.flatMap((times) => times.slice(1, 2))),
  };
}

/** Measures every subject `runs` times, after one round that only warms the file cache. */
export async function measureCold(
  subjects: readonly Subject[],
  options: ColdOptions,
): Promise<readonly ColdResult[]> {
  const { runs, messageBytes, folder } = options;
  const file = join(folder, 'message.eml');
  await writeFile(file, sampleMessage('bench', messageBytes));
  const samples = subjects.map((subject): Samples => ({ subject, imports: [], answers: [] }));
  const world = await openWorld(folder);
  try {
    for (let round = 0; round <= runs; round++)
      for (const { subject, imports, answers } of samples) {
        const events = [
          await eventFor(subject, world, messageBytes, file),
          await eventFor(subject, world, messageBytes, file),
        ];
        const imported = await timeImport(subject);
        const answered = await timeAnswers(subject, world, events);
        if (round === 0) continue;
        imports.push(imported);
        answers.push(answered);
      }
    requireRewrites(samples, world, runs);
  } finally {
    await world.close();
  }
  return samples.map(summarize);
}

/** Two functions replace the message in each of their two answers; fewer replacements mean that work was left out. */
function requireRewrites(samples: readonly Samples[], world: World, runs: number): void {
  const rewriting = samples.filter(({ subject }) => ['mailflow', 'rewrite'].includes(subject.name)).length;
  const expected = rewriting * 2 * (runs + 1);
  if (world.replaced() !== expected)
    throw new Error(`${world.replaced()} messages were replaced where ${expected} should have been`);
}
