/**
 * `npm test`: builds the bundles, runs every suite under the loopback guard, and closes with one plain line. With
 * MAILROOM_CORPORA set, nothing may be skipped.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { seedOfRun } from './support/seed.ts';

const root = dirname(import.meta.dirname);
const LAMBDA_MAJOR = '24';

interface Counts {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
}

function isCounts(value: unknown): value is Counts {
  return (
    typeof value === 'object' && value !== null && 'numPassedTests' in value && 'numFailedTests' in value
  );
}

function run(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', env: environment });
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

function readCounts(file: string): Counts | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isCounts(value) ? value : undefined;
  } catch (error) {
    process.stderr.write(`The test run left no report: ${String(error)}\n`);
    return undefined;
  }
}

/** Everything that turns a run with green tests into a failure all the same. */
function objections(counts: Counts, skipped: number, networkLog: string): string[] {
  const found: string[] = [];
  if (networkLog !== '') found.push(`Something reached for more than loopback:\n${networkLog}`);
  if (counts.numPassedTests === 0) found.push('No test passed.');
  if (process.env['MAILROOM_CORPORA'] !== undefined && skipped > 0) {
    found.push(
      `${skipped} tests were skipped although MAILROOM_CORPORA is set: something that they need is not installed.`,
    );
  }
  return found;
}

async function main(): Promise<number> {
  if (process.versions.node.split('.')[0] !== LAMBDA_MAJOR) {
    process.stderr.write(
      `Tests run on Node ${LAMBDA_MAJOR}, as Lambda does; this is ${process.versions.node}. Run "npm ci" first.\n`,
    );
    return 2;
  }
  const work = mkdtempSync(join(tmpdir(), 'mailroom-test-'));
  const report = join(work, 'report.json');
  const networkLog = join(work, 'network.log');
  writeFileSync(networkLog, '');
  const guard = pathToFileURL(join(root, 'test/support/loopback-only.ts')).href;
  const seed = String(seedOfRun());
  process.stdout.write(`seed ${seed} (set MAILROOM_SEED to repeat a run)\n`);
  try {
    const built = await run(['local/launch.mjs', 'build'], process.env);
    if (built !== 0) return built;
    const code = await run(
      [
        'node_modules/vitest/vitest.mjs',
        'run',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${report}`,
        ...process.argv.slice(2),
      ],
      {
        ...process.env,
        MAILROOM_NETWORK_LOG: networkLog,
        MAILROOM_SEED: seed,
        NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import=${guard}`.trim(),
      },
    );
    const counts = readCounts(report);
    if (counts === undefined) return code === 0 ? 1 : code;
    const skipped = counts.numPendingTests + counts.numTodoTests;
    const objected = objections(counts, skipped, readFileSync(networkLog, 'utf8'));
    for (const objection of objected) process.stderr.write(`${objection}\n`);
    if (skipped > 0) process.stdout.write(`${skipped} skipped\n`);
    process.stdout.write(`${counts.numPassedTests} passed, ${counts.numFailedTests} failed\n`);
    return code !== 0 ? code : objected.length > 0 ? 1 : 0;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

process.exitCode = await main();
