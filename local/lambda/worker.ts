/** One process of a function: started once, given one event at a time, killed when it overruns its time or memory. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FunctionConfig } from '../types.ts';
import { type FunctionPlace, functionEnvironment } from './environment.ts';
import type { Guard } from './guard.ts';
import { residentMb } from './memory.ts';
import { type InitReport, isReport, type Job, type JobReport, type Report } from './messages.ts';
import { createOutput, type LogRecordOut, type Output } from './output.ts';

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
}

/** The process with its one listener: whoever waits for the next report or the end. */
interface Line {
  readonly child: ChildProcess;
  /** What the function writes. */
  readonly output: Output;
  /** What Node itself writes; apart, because the two come in pieces that would mix. */
  readonly lastWords: Output;
  onReport: (report: Report) => void;
  /** Set once it is decided to kill the process: why. */
  verdict: Ending | undefined;
  /** Resolves when the process is gone and its output read. */
  readonly closed: Promise<Ending>;
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

function start(config: FunctionConfig, place: FunctionPlace): ChildProcess {
  const heapMb = Math.max(16, Math.floor(config.memoryMb * HEAP_SHARE));
  const args = [`--max-old-space-size=${heapMb}`, BOOTSTRAP, join(place.taskRoot, 'index.mjs')];
  return spawn(process.execPath, args, {
    cwd: place.taskRoot,
    env: functionEnvironment(config, place),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
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

function open(config: FunctionConfig, place: FunctionPlace, guard: Guard): Line {
  const child = start(config, place);
  guard.watch(child);
  const output = createOutput();
  const lastWords = createOutput();
  child.stdout?.setEncoding('utf8').on('data', (text: string) => output.take(text));
  const line: Line = {
    child,
    output,
    lastWords,
    onReport: () => undefined,
    verdict: undefined,
    closed: waitForEnd(child, config, place, lastWords),
  };
  child.on('message', (message: unknown) => {
    if (isReport(message)) line.onReport(message);
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

/** The next report, or how the process ended instead; killed when neither comes within `timeoutMs`. */
async function nextReport(
  line: Line,
  limits: { readonly timeoutMs: number; readonly memoryMb: number },
  begin: (arrived: (report: Report) => void) => void,
): Promise<Report | Ending> {
  const timer = setTimeout(() => kill(line, { kind: 'timeout' }), limits.timeoutMs);
  const stopWatching = watchMemory(line, limits.memoryMb);
  try {
    const report = new Promise<Report>((resolve) => begin(resolve));
    const ended = line.closed.then((ending) => line.verdict ?? ending);
    return await Promise.race([report, ended]);
  } finally {
    clearTimeout(timer);
    stopWatching();
  }
}

async function runJob(
  line: Line,
  job: Job,
  limits: { timeoutMs: number; memoryMb: number },
): Promise<JobReport | Ending> {
  const result = await nextReport(line, limits, (resolve) => {
    let report: Report | undefined;
    let outputEnded = false;
    const arrived = (): void => {
      if (outputEnded && report !== undefined) resolve(report);
    };
    line.onReport = (message) => {
      report = message;
      arrived();
    };
    line.output.expect(job.endMark, () => {
      outputEnded = true;
      arrived();
    });
    // A channel that is closed already means that the process is ending, which is waited for as well.
    line.child.send(job, () => undefined);
  });
  if (result.kind === 'ready' || result.kind === 'init-failed') {
    kill(line, { kind: 'crash', why: 'the process broke the protocol' });
    return { kind: 'crash', why: 'the process broke the protocol' };
  }
  return result;
}

async function waitForInit(line: Line, memoryMb: number): Promise<InitReport | Ending> {
  const result = await nextReport(line, { timeoutMs: INIT_TIMEOUT_MS, memoryMb }, (resolve) => {
    line.onReport = resolve;
  });
  if (result.kind !== 'answer' && result.kind !== 'error') return result;
  kill(line, { kind: 'crash', why: 'the process broke the protocol' });
  return { kind: 'crash', why: 'the process broke the protocol' };
}

/** Starts a process for the function. Never throws: what goes wrong shows in `ready`. */
export function startWorker(config: FunctionConfig, place: FunctionPlace, guard: Guard): Worker {
  const line = open(config, place, guard);
  return {
    ready: waitForInit(line, config.memoryMb),
    run: (job, timeoutMs) => runJob(line, job, { timeoutMs, memoryMb: config.memoryMb }),
    takeLogs: () => [...line.output.drain(), ...line.lastWords.drain()],
    alive: () =>
      line.verdict === undefined &&
      line.child.exitCode === null &&
      line.child.signalCode === null &&
      line.child.connected,
    kill: async () => {
      kill(line, { kind: 'crash', why: 'the host was closed' });
      await line.closed;
    },
  };
}
