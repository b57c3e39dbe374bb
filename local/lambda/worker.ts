/** One process of a function: started once, given one event at a time, killed when it overruns its time or memory. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import type { FunctionConfig } from '../types.ts';
import { type FunctionPlace, functionEnvironment } from './environment.ts';
import type { Guard } from './guard.ts';
import { residentMb } from './memory.ts';
import type { InitReport, Job, JobReport } from './messages.ts';
import { createOutput, type LogRecordOut, type Output } from './output.ts';
import { type RuntimeApi, startRuntimeApi } from './runtime-api.ts';

const BOOTSTRAP = join(import.meta.dirname, 'bootstrap.mjs');
/** Lambda Developer Guide: "The Init phase is limited to 10 seconds." */
const INIT_TIMEOUT_MS = 10_000;
/** How often the memory of a working process is looked at. */
const MEMORY_INTERVAL_MS = 50;
/** A process that was killed has its last lines in the pipe; nobody waits longer for them than this. */
const CLOSE_GRACE_MS = 1_000;
/** The share of the memory that V8 may use for its heap: message bytes lie outside of it. */
const HEAP_SHARE = 0.75;
/** Node's own last words tell why it ended; a few lines of them are enough. */
const MAX_LAST_WORDS_CHARS = 16 * 1024;

export type Ending = { readonly kind: 'timeout' } | { readonly kind: 'crash'; readonly why: string };

export interface Worker {
  /** How loading the bundle ended. */
  readonly ready: Promise<InitReport | Ending>;
  /** Resolves when the function has answered and its output is complete. One at a time. */
  run(job: Job, timeoutMs: number): Promise<JobReport | Ending>;
  /** What was written since the last call. */
  takeLogs(): readonly LogRecordOut[];
  alive(): boolean;
  /** Resolves when the process is gone. */
  kill(): Promise<void>;
  /** Resolves when the process is gone, however it ended. */
  readonly closed: Promise<unknown>;
}

/** The process, its Runtime API and its output. */
interface Line {
  readonly api: RuntimeApi;
  readonly child: ChildProcess;
  /** What the function writes. */
  readonly output: Output;
  /** What Node itself writes; apart, because the two come in pieces that would mix. */
  readonly lastWords: Output;
  /** Set once it is decided to kill the process: why. */
  verdict: Ending | undefined;
  /** Resolves when the process is gone and its output read. */
  readonly closed: Promise<Ending>;
  /** How the process ended, once it did. */
  ending: Ending | undefined;
  /** Told how the process ended: whoever waits for a report. */
  ended: ((ending: Ending) => void) | undefined;
}

function endingOf(
  code: number | null,
  signal: NodeJS.Signals | null,
  config: FunctionConfig,
  text: string,
): Ending {
  if (text.includes('heap out of memory'))
    return { kind: 'crash', why: `out of memory: the limit is ${config.memoryMb} MB` };
  const how = signal === null ? `exit status ${code ?? 0}` : `signal ${signal}`;
  return { kind: 'crash', why: `the process ended before it answered: ${how}` };
}

function start(config: FunctionConfig, place: FunctionPlace, runtimeApi: string): ChildProcess {
  const heapMb = Math.max(16, Math.floor(config.memoryMb * HEAP_SHARE));
  return spawn(process.execPath, [`--max-old-space-size=${heapMb}`, BOOTSTRAP], {
    cwd: place.taskRoot,
    env: functionEnvironment(config, place, runtimeApi),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function waitForEnd(child: ChildProcess, config: FunctionConfig, place: FunctionPlace, lastWords: Output) {
  let last = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    last = (last + text).slice(-MAX_LAST_WORDS_CHARS);
    lastWords.take(text);
  });
  return new Promise<Ending>((resolve) => {
    child.on('error', (error) => {
      // spawn reports a missing working folder as if Node were missing.
      const why = existsSync(place.taskRoot) ? error.message : `there is no bundle in ${place.taskRoot}`;
      resolve({ kind: 'crash', why: `the process could not be started: ${why}` });
    });
    child.once('close', (code, signal) => resolve(endingOf(code, signal, config, last)));
    child.once('exit', (code, signal) => {
      setTimeout(() => resolve(endingOf(code, signal, config, last)), CLOSE_GRACE_MS).unref();
    });
  });
}

async function open(config: FunctionConfig, place: FunctionPlace, guard: Guard): Promise<Line> {
  const api = await startRuntimeApi();
  const child = start(config, place, api.address);
  guard.watch(child);
  const output = createOutput();
  const lastWords = createOutput();
  child.stdout?.setEncoding('utf8').on('data', (text: string) => output.take(text));
  const closed = waitForEnd(child, config, place, lastWords);
  const line: Line = {
    api,
    child,
    output,
    lastWords,
    verdict: undefined,
    closed,
    ending: undefined,
    ended: undefined,
  };
  void closed.then((ending) => {
    api.close();
    line.ending = line.verdict ?? ending;
    line.ended?.(line.ending);
  });
  return line;
}

function kill(line: Line, verdict: Ending): void {
  line.verdict ??= verdict;
  line.child.kill('SIGKILL');
}

/** Kills the process when it outgrows its memory; returns the way to stop looking. */
function watchMemory(line: Line, limitMb: number): () => void {
  const timer = setInterval(() => {
    const { pid } = line.child;
    const usedMb = pid === undefined ? undefined : residentMb(pid);
    if (usedMb !== undefined && usedMb > limitMb)
      kill(line, {
        kind: 'crash',
        why: `out of memory: ${Math.ceil(usedMb)} MB used, the limit is ${limitMb} MB`,
      });
  }, MEMORY_INTERVAL_MS);
  return () => clearInterval(timer);
}

/**
 * What the runtime wrote before it sent its report lies in the pipes when the report is here: one round of the event
 * loop reads it. Immediates run after a round's reading, so the second comes after a whole round.
 */
async function pipesAreRead(): Promise<void> {
  await immediate();
  await immediate();
}

/**
 * The report, or how the process ended instead; killed when neither comes within `timeoutMs`. Not `Promise.race` with
 * `closed`: a promise keeps what it settles for as long as one that it waits for, and a warm process has not ended yet,
 * so every answer would be kept.
 */
async function within<T>(
  line: Line,
  limits: { readonly timeoutMs: number; readonly memoryMb: number },
  report: Promise<T>,
): Promise<T | Ending> {
  const timer = setTimeout(() => kill(line, { kind: 'timeout' }), limits.timeoutMs);
  const stopWatching = watchMemory(line, limits.memoryMb);
  try {
    const result = await new Promise<T | Ending>((resolve, reject) => {
      line.ended = resolve;
      report.then(resolve, reject);
      if (line.ending !== undefined) resolve(line.ending);
    });
    await pipesAreRead();
    return result;
  } finally {
    line.ended = undefined;
    clearTimeout(timer);
    stopWatching();
  }
}

/**
 * Starts a process for the function, with a Runtime API of its own. What goes wrong with the process shows in `ready`;
 * rejects when this machine has no port left.
 */
export async function startWorker(
  config: FunctionConfig,
  place: FunctionPlace,
  guard: Guard,
): Promise<Worker> {
  const line = await open(config, place, guard);
  const { memoryMb } = config;
  return {
    ready: within(line, { timeoutMs: INIT_TIMEOUT_MS, memoryMb }, line.api.ready),
    run: (job, timeoutMs) => within(line, { timeoutMs, memoryMb }, line.api.run(job)),
    takeLogs: () => [...line.output.drain(), ...line.lastWords.drain()],
    alive: () => line.verdict === undefined && line.child.exitCode === null && line.child.signalCode === null,
    kill: async () => {
      kill(line, { kind: 'crash', why: 'the host was closed' });
      await line.closed;
    },
    closed: line.closed,
  };
}
