/**
 * Lambda on one machine: every function runs as its built bundle in processes of its own, with Lambda's environment and
 * context, its time-out and its memory limit. A process works on one event at a time and stays warm between events; one
 * that was killed or crashed is replaced at the next event. Processes are not frozen between events, as Lambda's are.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { FunctionConfig, InvokeOutcome, LambdaInvoker } from '../types.ts';
import { type FunctionPlace, functionArn } from './environment.ts';
import { createGuard, type Guard } from './guard.ts';
import type { InitReport, JobReport } from './messages.ts';
import { type Ending, startWorker, type Worker } from './worker.ts';

/** Lambda quotas: 6 MB for a synchronous invocation, request and response each. */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

export interface LambdaHostOptions {
  readonly functions: readonly FunctionConfig[];
  /** Holds `HANDLER/index.mjs` for every function. */
  readonly distDir: string;
  /** For every function, above Lambda's own names. */
  readonly environment: Readonly<Record<string, string>>;
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
  readonly all: Set<Worker>;
  readonly waiting: (() => void)[];
  free: number;
  closed: boolean;
}

type Result = JobReport | InitReport | Ending;

/** An outcome without its common fields, distributed over the kinds. */
type Bare<T> = T extends unknown ? Omit<T, 'durationMs' | 'coldStart' | 'logs'> : never;

function outcomeOf(result: Result): Bare<InvokeOutcome> {
  switch (result.kind) {
    case 'answer': {
      const bytes = Buffer.byteLength(result.payload);
      if (bytes <= MAX_PAYLOAD_BYTES) return readPayload(result.payload, bytes);
      const errorMessage = `Response payload size exceeded maximum allowed payload size (${MAX_PAYLOAD_BYTES} bytes).`;
      return { kind: 'error', errorType: 'Function.ResponseSizeTooLarge', errorMessage };
    }
    case 'error':
    case 'init-failed':
      return { kind: 'error', errorType: result.errorType, errorMessage: result.errorMessage };
    case 'timeout':
    case 'crash':
      return result;
    case 'ready':
      return { kind: 'crash', why: 'the process broke the protocol' };
  }
}

/** A function can send over the channel whatever it likes; what Mailroom's side of it sends is JSON. */
function readPayload(text: string, bytes: number): Bare<InvokeOutcome> {
  try {
    return { kind: 'answer', payload: JSON.parse(text), bytes };
  } catch {
    return { kind: 'crash', why: 'the process broke the protocol' };
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
function takeWorker(pool: Pool): { readonly worker: Worker; readonly cold: boolean } {
  for (let worker = pool.idle.pop(); worker !== undefined; worker = pool.idle.pop()) {
    if (worker.alive()) return { worker, cold: false };
    pool.all.delete(worker);
  }
  const worker = startWorker(pool.config, pool.place, pool.guard);
  pool.all.add(worker);
  return { worker, cold: true };
}

async function giveBack(pool: Pool, worker: Worker): Promise<void> {
  if (worker.alive()) {
    pool.idle.push(worker);
    return;
  }
  pool.all.delete(worker);
  await worker.kill();
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
    event,
    endMark: randomUUID(),
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
    const { worker, cold } = takeWorker(pool);
    const result = await work(pool, worker, cold, text);
    const durationMs = performance.now() - begun;
    const logs = worker.takeLogs();
    await giveBack(pool, worker);
    return { durationMs, coldStart: cold, logs, ...outcomeOf(result) };
  } finally {
    release(pool);
  }
}

async function warm(pool: Pool): Promise<void> {
  await acquire(pool);
  try {
    if (pool.closed) return;
    const { worker, cold } = takeWorker(pool);
    const init = cold ? await worker.ready : { kind: 'ready' };
    if (init.kind !== 'ready') await worker.kill();
    await giveBack(pool, worker);
  } finally {
    release(pool);
  }
}

async function close(pool: Pool): Promise<void> {
  pool.closed = true;
  await Promise.all([...pool.all].map((worker) => worker.kill()));
  pool.all.clear();
  pool.idle.length = 0;
}

/** Offers the functions; no process is started before `warm` or the first event. */
export function createLambdaHost(options: LambdaHostOptions): LambdaHost {
  const guard = createGuard();
  const pools = new Map<string, Pool>();
  for (const config of options.functions) {
    const { region, account, environment } = options;
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
