/**
 * The whole flow: mail over SMTP, SPF and DMARC over DNS, the function in its own process over HTTP (capture into S3,
 * DMARC, the banner, Put), the copy in the Maildir, everything flushed to the disk. The stand-in is the real one, in a
 * process of its own as a user starts it; so is the sender, and both share the machine's cores with the functions.
 */
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type RunningStandIn, startStandIn, until } from '../test/support/stand-in.ts';
import type { LoadOrder, LoadReport } from './load.ts';
import { childrenOf, processorMs } from './processor.ts';
import { RECIPIENT } from './sample.ts';
import { quantile } from './statistics.ts';
import { type Passage, readPassages } from './traces.ts';

const run = promisify(execFile);
const SENDER = join(import.meta.dirname, 'load.ts');
/** Enough for the slowest machine that is worth a measurement. */
const MS_PER_MESSAGE = 200;
const LEAST_WAIT_MS = 20_000;

export type FlowLoad = Omit<LoadOrder, 'port' | 'name'>;

export interface FlowResult {
  readonly load: FlowLoad;
  /** From the first MAIL FROM to the last delivery. */
  readonly perSecond: number;
  /** From the acceptance of a message (it is on the disk, 250 follows) to its copy in the mailbox. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time for each message; of others than the sender's only where the kernel tells. */
  readonly cpuMs: { readonly standIn?: number; readonly functions?: number; readonly sender: number };
}

function isReport(value: unknown): value is LoadReport {
  return typeof value === 'object' && value !== null && 'begunMs' in value && 'cpuMs' in value;
}

async function sendAll(order: LoadOrder): Promise<LoadReport> {
  const { stdout } = await run(process.execPath, [SENDER, JSON.stringify(order)]);
  const report: unknown = JSON.parse(stdout);
  if (isReport(report)) return report;
  throw new Error(`the sender left no report: ${stdout}`);
}

/** Processor time so far of the stand-in and of its functions. */
function processorTimes(standIn: RunningStandIn): { standIn?: number; functions?: number } {
  const { pid } = standIn.child;
  const own = pid === undefined ? undefined : processorMs(pid);
  if (pid === undefined || own === undefined) return {};
  const functions = childrenOf(pid).reduce((sum, child) => sum + (processorMs(child) ?? 0), 0);
  return { standIn: own, functions };
}

function perMessage(
  before: number | undefined,
  after: number | undefined,
  messages: number,
): number | undefined {
  return before === undefined || after === undefined ? undefined : (after - before) / messages;
}

async function copiesIn(data: string): Promise<number> {
  const folder = join(data, 'mailboxes', RECIPIENT, 'Inbox', 'new');
  return (await readdir(folder).catch(() => [])).length;
}

/** Each message exactly once in the mailbox, and each with its banner. Throws when it is otherwise. */
function requireAll(passages: readonly Passage[], copies: number, expected: number): void {
  const once = passages.filter((passage) => passage.deliveredMs.length === 1).length;
  const rewritten = passages.filter((passage) => passage.rewritten).length;
  if (copies === expected && passages.length === expected && once === expected && rewritten === expected)
    return;
  throw new Error(
    `of ${expected} messages ${passages.length} were accepted, ${once} delivered once, ${rewritten} rewritten; ${copies} copies`,
  );
}

async function measure(standIn: RunningStandIn, load: FlowLoad, known: Set<string>): Promise<FlowResult> {
  const { messages } = load;
  const before = processorTimes(standIn);
  const copiesBefore = await copiesIn(standIn.data);
  const report = await sendAll({ ...load, port: standIn.ports.smtp, name: `bench-${known.size}` });
  await until(
    `${messages} deliveries\n${standIn.output()}`,
    async () => ((await copiesIn(standIn.data)) >= copiesBefore + messages ? true : undefined),
    LEAST_WAIT_MS + messages * MS_PER_MESSAGE,
  );
  const after = processorTimes(standIn);
  const passages = await settledPassages(standIn.data, known, messages);
  requireAll(passages, (await copiesIn(standIn.data)) - copiesBefore, messages);
  for (const { id } of passages) known.add(id);
  const waits = passages.flatMap((each) => each.deliveredMs.map((time) => time - each.acceptedMs));
  const lastMs = Math.max(...passages.flatMap((each) => each.deliveredMs));
  const ownMs = perMessage(before.standIn, after.standIn, messages);
  const functionsMs = perMessage(before.functions, after.functions, messages);
  return {
    load,
    perSecond: (messages * 1000) / (lastMs - report.begunMs),
    p50Ms: quantile(waits, 0.5),
    p99Ms: quantile(waits, 0.99),
    cpuMs: {
      ...(ownMs === undefined ? {} : { standIn: ownMs }),
      ...(functionsMs === undefined ? {} : { functions: functionsMs }),
      sender: report.cpuMs / messages,
    },
  };
}

/** The last line of a trace follows the copy by a moment. */
function settledPassages(data: string, known: ReadonlySet<string>, messages: number) {
  return until('the traces', async () => {
    const passages = await readPassages(data, known);
    const delivered = passages.filter((passage) => passage.deliveredMs.length > 0).length;
    return delivered >= messages ? passages : undefined;
  });
}

/** Measures one load after the other on one stand-in, which works with the bundles in `dist`. */
export async function measureFlow(
  loads: readonly FlowLoad[],
  options: { readonly data: string; readonly dist: string },
): Promise<readonly FlowResult[]> {
  const standIn = await startStandIn(options.data, ['--dist', options.dist]);
  try {
    const known = new Set<string>();
    const results: FlowResult[] = [];
    for (const load of loads) results.push(await measure(standIn, load, known));
    return results;
  } finally {
    await standIn.stop();
  }
}
