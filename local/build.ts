/**
 * Bundles the functions for Lambda: `dist/HANDLER/index.mjs` and its chunks, one folder a function, ready to be zipped
 * or to be run by `local/lambda`. What a handler imports dynamically (the SDK clients) becomes a chunk of its own, so
 * that a cold start loads only what the event needs. Everything is bundled, the SDK too: Lambda's own copy changes
 * without notice.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import manifest from '../package.json' with { type: 'json' };
import { sdkClients } from './bundle/clients.ts';
import { BuildFailed } from './bundle/esbuild.ts';
import { freshReport, recordBuild } from './bundle/freshness.ts';
import { type Bundle, bundleHandler } from './bundle/handler.ts';
import { bundleFolder, installBundle } from './bundle/install.ts';
import { readArguments } from './cli/usage.ts';

export { BuildFailed } from './bundle/esbuild.ts';

const ROOT = join(import.meta.dirname, '..');

/** Where the bundles are unless told otherwise. */
export const DIST = join(ROOT, 'dist');

export const HANDLERS = ['mailflow', 'rewrite', 'dmarc', 'journal', 'availability', 'reports'] as const;

export interface BuildOptions {
  /** Holds `NAME/index.ts` for every handler; `handlers/` of this repository by default. */
  readonly handlersDir?: string;
  readonly handlers?: readonly string[];
  /** `dist/` of this repository by default. */
  readonly distDir?: string;
  /** Build even if nothing changed, and leave only what this build made. */
  readonly clean?: boolean;
}

/** One bundle; sizes in bytes. */
export interface BuiltHandler {
  readonly name: string;
  /** The entry and what it imports statically: read at every cold start. */
  readonly startBytes: number;
  /** What is read when it is first needed. */
  readonly laterBytes: number;
  readonly files: readonly string[];
}

export interface BuildReport {
  readonly handlers: readonly BuiltHandler[];
  /** esbuild's warnings, one a line. */
  readonly warnings: readonly string[];
  /** Of the build that made the files; an earlier one when nothing changed since. */
  readonly durationMs: number;
}

function describe(bundle: Bundle): BuiltHandler {
  let startBytes = 0;
  let laterBytes = 0;
  for (const [name, { length }] of bundle.files) {
    if (bundle.start.has(name)) startBytes += length;
    else laterBytes += length;
  }
  return { name: bundle.name, startBytes, laterBytes, files: [...bundle.files.keys()] };
}

/**
 * Bundles the handlers, unless the bundles that are there are what would come out. Throws BuildFailed when the sources
 * do not bundle; what was there before then stays.
 */
export async function build(options: BuildOptions = {}): Promise<BuildReport> {
  const {
    distDir = DIST,
    handlersDir = join(ROOT, 'handlers'),
    handlers = HANDLERS,
    clean = false,
  } = options;
  const fresh = clean ? undefined : await freshReport(ROOT, distDir, handlers);
  if (fresh !== undefined) return fresh;
  const begunMs = Date.now();
  const begun = performance.now();
  const clients = sdkClients(ROOT, Object.keys(manifest.dependencies));
  const bundles = await Promise.all(handlers.map((name) => bundleHandler(ROOT, handlersDir, name, clients)));
  await Promise.all(bundles.map((bundle) => installBundle(distDir, bundle, clean)));
  const report = {
    handlers: bundles.map(describe),
    warnings: [...new Set(bundles.flatMap((bundle) => bundle.warnings))],
    durationMs: performance.now() - begun,
  };
  await recordBuild(ROOT, distDir, bundles, report, begunMs);
  return report;
}

const kilobytes = (bytes: number): string => (bytes / 1024).toFixed(0).padStart(8);

async function compressedBytes(handler: BuiltHandler): Promise<number> {
  const compress = promisify(gzip);
  const folder = bundleFolder(DIST, handler.name);
  const sizes = handler.files.map(
    async (file) => (await compress(await readFile(join(folder, file)))).length,
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function table(report: BuildReport): Promise<string> {
  const lines = ['KB              start   later    gzip   files'];
  for (const handler of report.handlers) {
    const numbers = [handler.startBytes, handler.laterBytes, await compressedBytes(handler)].map(kilobytes);
    lines.push(`${handler.name.padEnd(13)}${numbers.join('')}${String(handler.files.length).padStart(8)}`);
  }
  return `${lines.join('\n')}\nbuilt in ${Math.round(report.durationMs)} ms\n`;
}

const USAGE = `mailroom build: bundles the functions into dist/HANDLER/index.mjs

In the table "start" is what every cold start reads, "later" what is read when it is first needed.
`;

/** `mailroom build`. */
export async function run(args: readonly string[]): Promise<number> {
  const { values } = readArguments({ args: [...args], options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  try {
    const report = await build({ clean: true });
    for (const warning of report.warnings) process.stderr.write(`warning: ${warning}\n`);
    process.stdout.write(await table(report));
    return 0;
  } catch (error) {
    if (!(error instanceof BuildFailed)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}
