/**
 * Lambda on one machine: every function runs as its built bundle in processes of its own, with Lambda's environment and
 * context, its time-out and its memory limit. A process works on one event at a time and stays warm between events; one
 * that was killed or crashed is replaced at the next event. Processes are not frozen between events, as Lambda's are.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { FunctionConfig, InvokeOutcome, LambdaInvoker } from '../types.ts';
import { type FunctionPlace, functionArn } from './environment.ts';
import { createGuard, type Guard } from './guard.ts';
import { type InitReport, type JobReport, MAX_PAYLOAD_BYTES } from './messages.ts';
import { type Ending, startWorker, type Worker } from './worker.ts';

export interface LambdaHostOptions {
  readonly functions: readonly FunctionConfig[];
  /** Holds `HANDLER/index.mjs` for every function. */
  readonly distDir: string;
  /** Of a function, by its name: above Lambda's own names. Asked once for each. */
  readonly environmentOf: (name: string) => Readonly<Record<string, string>>;
  readonly region: string;
  readonly account: string;
  /** Processes per function; events beyond wait in a row. */
  readonly concurrency: number;
}

export interface LambdaHost extends LambdaInvoker {
  /** Starts a process for each function, so that the first event finds it loaded. */
  warm(): Promise<void>;
  /** Kills every process; events that wait or run end as `crash`. */
  close(): Promise<void>;
}

/** The processes of one function and who waits for one. */
interface Pool {
  readonly config: FunctionConfig;
  readonly place: FunctionPlace;
  readonly guard: Guard;
  readonly idle: Worker[];
  /** Those that are still being started too. */
  readonly all: Set<Promise<Worker>>;
  readonly waiting: (() => void)[];
  free: number;
  closed: boolean;
}

type Result = JobReport | Exclude<InitReport, { kind: 'ready' }> | Ending;

/** An outcome without its common fields, distributed over the kinds. */
type Bare<T> = T extends unknown ? Omit<T, 'durationMs' | 'coldStart' | 'logs'> : never;

function outcomeOf(result: Result): Bare<InvokeOutcome> {
  switch (result.kind) {
    case 'answer':
      return readPayload(result.payload);
    case 'too-large': {
      const errorMessage = `Response payload size exceeded maximum allowed payload size (${MAX_PAYLOAD_BYTES} bytes).`;
      return { kind: 'error', errorType: 'Function.ResponseSizeTooLarge', errorMessage };
    }
    case 'error':
    case 'init-failed':
      return { kind: 'error', errorType: result.errorType, errorMessage: result.errorMessage };
    case 'timeout':
    case 'crash':
      return result;
  }
}

/** A function can post whatever it likes to the Runtime API; what our runtime posts is JSON. */
function readPayload(text: string): Bare<InvokeOutcome> {
  try {
    return { kind: 'answer', payload: JSON.parse(text), bytes: Buffer.byteLength(text) };
  } catch {
    return { kind: 'crash', why: 'the answer is not JSON' };
  }
}

function refused(errorType: string, errorMessage: string): InvokeOutcome {
  return { durationMs: 0, coldStart: false, logs: [], kind: 'error', errorType, errorMessage };
}

/** The event as it would go over the wire, or why it cannot. */
function encodeEvent(event: unknown): string | InvokeOutcome {
  let text: string;
  try {
    text = JSON.stringify(event) ?? 'null';
  } catch (error) {
    return refused('InvalidRequestContentException', error instanceof Error ? error.message : String(error));
  }
  if (Buffer.byteLength(text) <= MAX_PAYLOAD_BYTES) return text;
  return refused('RequestTooLargeException', `Request must be smaller than ${MAX_PAYLOAD_BYTES} bytes`);
}

async function acquire(pool: Pool): Promise<void> {
  if (pool.free > 0) {
    pool.free -= 1;
    return;
  }
  await new Promise<void>((resolve) => pool.waiting.push(resolve));
}

function release(pool: Pool): void {
  const next = pool.waiting.shift();
  if (next === undefined) pool.free += 1;
  else next();
}

/** A process that waits, or a new one; `cold` when it has to load first. */
async function takeWorker(pool: Pool): Promise<{ readonly worker: Worker; readonly cold: boolean }> {
  for (let worker = pool.idle.pop(); worker !== undefined; worker = pool.idle.pop())
    if (worker.alive()) return { worker, cold: false };
  const starting = startWorker(pool.config, pool.place, pool.guard);
  pool.all.add(starting);
  try {
    const worker = await starting;
    void worker.closed.then(() => pool.all.delete(starting));
    return { worker, cold: true };
  } catch (error) {
    pool.all.delete(starting);
    throw error;
  }
}

async function giveBack(pool: Pool, worker: Worker): Promise<void> {
  if (worker.alive()) pool.idle.push(worker);
  else await worker.kill();
}

/** As X-Ray writes it: the time and 96 random bits; not sampled. */
function traceId(): string {
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  return `Root=1-${seconds}-${randomBytes(12).toString('hex')};Parent=${randomBytes(8).toString('hex')};Sampled=0`;
}

async function work(pool: Pool, worker: Worker, cold: boolean, event: string): Promise<Result> {
  if (cold) {
    const init = await worker.ready;
    if (init.kind !== 'ready') {
      await worker.kill();
      return init;
    }
  }
  const { timeoutMs, name } = pool.config;
  const job = {
    requestId: randomUUID(),
    functionArn: functionArn(pool.place, name),
    deadlineMs: Date.now() + timeoutMs,
    traceId: traceId(),
    event,
  };
  return worker.run(job, timeoutMs);
}

const CLOSED: InvokeOutcome = {
  durationMs: 0,
  coldStart: false,
  logs: [],
  kind: 'crash',
  why: 'the host was closed',
};

async function invoke(pool: Pool, event: unknown): Promise<InvokeOutcome> {
  const text = encodeEvent(event);
  if (typeof text !== 'string') return text;
  await acquire(pool);
  try {
    if (pool.closed) return CLOSED;
    const begun = performance.now();
    const { worker, cold } = await takeWorker(pool);
    const result = await work(pool, worker, cold, text);
    const durationMs = performance.now() - begun;
    const logs = worker.takeLogs();
    await giveBack(pool, worker);
    return { durationMs, coldStart: cold, logs, ...outcomeOf(result) };
  } catch (error) {
    // Neither a process nor its port could be had.
    const why = `the process could not be started: ${error instanceof Error ? error.message : String(error)}`;
    return { durationMs: 0, coldStart: true, logs: [], kind: 'crash', why };
  } finally {
    release(pool);
  }
}

async function warm(pool: Pool): Promise<void> {
  await acquire(pool);
  try {
    if (pool.closed) return;
    const { worker, cold } = await takeWorker(pool);
    const init = cold ? await worker.ready : { kind: 'ready' };
    if (init.kind !== 'ready') await worker.kill();
    await giveBack(pool, worker);
  } finally {
    release(pool);
  }
}

async function close(pool: Pool): Promise<void> {
  pool.closed = true;
  // One that could not be started leaves nothing behind.
  await Promise.allSettled([...pool.all].map(async (starting) => (await starting).kill()));
  pool.idle.length = 0;
}

/** Offers the functions; no process is started before `warm` or the first event. */
export function createLambdaHost(options: LambdaHostOptions): LambdaHost {
  const guard = createGuard();
  const pools = new Map<string, Pool>();
  for (const config of options.functions) {
    const { region, account } = options;
    const environment = options.environmentOf(config.name);
    const taskRoot = join(options.distDir, config.handler);
    pools.set(config.name, {
      config,
      place: { region, account, environment, taskRoot },
      guard,
      idle: [],
      all: new Set(),
      waiting: [],
      free: options.concurrency,
      closed: false,
    });
  }
  return {
    invoke: async (name, event) => {
      const pool = pools.get(name);
      return pool === undefined
        ? refused('ResourceNotFoundException', `Function not found: ${name}`)
        : invoke(pool, event);
    },
    warm: async () => {
      await Promise.all([...pools.values()].map(warm));
    },
    close: async () => {
      await Promise.all([...pools.values()].map(close));
      guard.close();
    },
  };
}
