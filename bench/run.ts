/**
 * `npm run bench`: cold start and first answer of every function beside its peers, then messages per second through the
 * whole flow with the p99, then the MIME library and authentication beside their own, in one run. It states times and never fails because of them: they are of the machine and of
 * what else it does, so read the ratios.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, readArguments, WrongUse } from '../local/cli/usage.ts';
import { measureAuth } from './auth.ts';
import { authReport } from './auth-report.ts';
import { bundleAll, bundleOurs, ourDist } from './bundles.ts';
import { measureCold } from './cold.ts';
import { type FlowLoad, measureFlow } from './flow.ts';
import { measureMime } from './mime.ts';
import { mimeReport } from './mime-report.ts';
import { coldReport, flowReport } from './report.ts';

const COLD_MESSAGE_BYTES = 20_000;
const FLOW_MESSAGE_BYTES = 4_000;
/** Messages a second at which the waiting time says something about the flow and not about the length of a queue. */
const STEADY_PER_SECOND = 25;

const PARTS = ['cold', 'flow', 'mime', 'auth'] as const;
type BenchPart = (typeof PARTS)[number];

const USAGE = `bench: cold starts, the flow, the MIME library and authentication, beside peers

  --quick               few runs and messages, for a look
  --only cold|flow|mime|auth  one of the four
  --runs N              fresh processes for each bundle      (15; quick: 3; mime, auth: 3; quick: 1)
  --messages N          through the flow, as fast as it goes (2000; quick: 300)
  --connections N       SMTP sessions of the sender          (8)

Everything is written below the system's folder for temporary files (TMPDIR), on whose disk the flow's figures depend.
`;

interface Settings {
  readonly only: BenchPart | undefined;
  readonly runs: number;
  /** Fewer: there are some forty messages and five readers. */
  readonly mimeRuns: number;
  readonly messages: number;
  readonly connections: number;
}

function count(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new WrongUse(`--${name} takes a number from 1, not "${text}"`);
  return value;
}

function onlyOf(text: string | undefined): Settings['only'] {
  const part = PARTS.find((each) => each === text);
  if (text === undefined || part !== undefined) return part;
  throw new WrongUse(`--only takes ${PARTS.join(', ')}, not "${text}"`);
}

function readSettings(args: readonly string[]): Settings | 'help' {
  const { values } = readArguments({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      runs: { type: 'string' },
      messages: { type: 'string' },
      connections: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    only: onlyOf(values.only),
    runs: count('runs', values.runs, values.quick ? 3 : 15),
    mimeRuns: count('runs', values.runs, values.quick ? 1 : 3),
    messages: count('messages', values.messages, values.quick ? 300 : 2_000),
    connections: count('connections', values.connections, 8),
  };
}

function machine(): string {
  const all = cpus();
  const model = all[0]?.model ?? 'unknown processor';
  return `${all.length} cores (${model}), Node ${process.versions.node}, ${process.platform} ${process.arch}`;
}

const load = (): string => `load average ${(loadavg()[0] ?? 0).toFixed(1)}`;

function loadsOf({ messages, connections }: Settings): readonly FlowLoad[] {
  const common = { connections, messageBytes: FLOW_MESSAGE_BYTES };
  return [
    { ...common, messages, perSecond: 0 },
    { ...common, messages: Math.ceil(messages / 4), perSecond: STEADY_PER_SECOND },
  ];
}

async function bench(settings: Settings, folder: string): Promise<void> {
  const { only, runs, mimeRuns } = settings;
  const wants = (part: BenchPart): boolean => only === undefined || only === part;
  process.stdout.write(`${machine()}; ${load()} before\n`);
  if (wants('cold')) {
    const subjects = await bundleAll(folder);
    const results = await measureCold(subjects, { runs, messageBytes: COLD_MESSAGE_BYTES, folder });
    process.stdout.write(`\n${coldReport(results, { runs, messageBytes: COLD_MESSAGE_BYTES })}`);
  }
  if (wants('flow')) {
    if (!wants('cold')) await bundleOurs(folder);
    const options = { data: join(folder, 'data'), dist: ourDist(folder) };
    process.stdout.write(`\n${flowReport(await measureFlow(loadsOf(settings), options))}`);
  }
  if (wants('mime')) {
    const figures = await measureMime({ runs: mimeRuns, folder });
    process.stdout.write(`\n${mimeReport(figures, mimeRuns)}`);
  }
  if (wants('auth')) {
    const figures = await measureAuth({ runs: mimeRuns, folder });
    process.stdout.write(`\n${authReport(figures, mimeRuns)}`);
  }
  process.stdout.write(`\n${load()} after\n`);
}

async function main(args: readonly string[]): Promise<number> {
  const settings = readSettings(args);
  if (settings === 'help') {
    process.stdout.write(USAGE);
    return EXIT.fine;
  }
  const folder = mkdtempSync(join(tmpdir(), 'mailroom-bench-'));
  try {
    await bench(settings, folder);
    return EXIT.fine;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof WrongUse)) throw error;
  process.stderr.write(`bench: ${error.message}\n${USAGE}`);
  process.exitCode = EXIT.wrongUse;
}
