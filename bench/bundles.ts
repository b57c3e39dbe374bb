/** The bundles that are compared: ours as they are deployed, the peers by the same bundler with the same settings. */
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuiltHandler, build } from '../local/build.ts';
import { type Bundled, runEsbuild } from '../local/bundle/esbuild.ts';
import { ROOT } from '../local/options.ts';

/** The first is the measure of the others. */
export const PEERS = ['sdk-pair', 'mailparser', 'mailauth', 'postal-mime'] as const;
/** The two clients of `sdk-pair`, as the chunks of ours are called. */
const PAIR_CHUNK = /^chunk-client-(s3|workmailmessageflow)-[A-Z0-9]{8}\.mjs$/;

/** One bundle, with a `handler`, in a folder of its own. */
export interface Subject {
  readonly name: string;
  readonly kind: 'ours' | 'peer';
  /** Holds `NAME/index.mjs`. */
  readonly distDir: string;
  /** Size of what every cold start reads. */
  readonly startBytes: number;
  /** URLs: the entry, then the two SDK clients if they are loaded later. */
  readonly modules: readonly string[];
}

function subjectOf(distDir: string, { name, startBytes, files }: BuiltHandler): Subject {
  const modules = ['index.mjs', ...files.filter((file) => PAIR_CHUNK.test(file))];
  const urls = modules.map((file) => pathToFileURL(join(distDir, name, file)).href);
  return { name, kind: 'ours', distDir, startBytes, modules: urls };
}

/** Size of the entry and of what it imports statically. */
function startOf({ files, imports }: Bundled): number {
  const found = new Set(['index.mjs']);
  // A set grows while it is walked.
  for (const file of found)
    for (const { path, kind } of imports.get(file) ?? [])
      if (kind === 'import-statement' && files.has(basename(path))) found.add(basename(path));
  return [...found].reduce((sum, file) => sum + (files.get(file)?.length ?? 0), 0);
}

async function bundlePeer(distDir: string, name: string): Promise<Subject> {
  const bundled = await runEsbuild(
    ROOT,
    { index: join('bench', 'peers', `${name}.ts`) },
    { entryNames: '[name]' },
  );
  const folder = join(distDir, name);
  await mkdir(folder, { recursive: true });
  for (const [file, contents] of bundled.files) await writeFile(join(folder, file), contents);
  const startBytes = startOf(bundled);
  const modules = [pathToFileURL(join(folder, 'index.mjs')).href];
  return { name, kind: 'peer', distDir, startBytes, modules };
}

/** Bundles everything into `folder`. The first subject is the one that ratios are to. Throws BuildFailed. */
export async function bundleAll(folder: string): Promise<readonly Subject[]> {
  const peers: Subject[] = [];
  for (const name of PEERS) peers.push(await bundlePeer(join(folder, 'peers'), name));
  const ours = await bundleOurs(folder);
  const [pair, ...others] = peers;
  return [...(pair === undefined ? [] : [pair]), ...ours, ...others];
}

/** Where `bundleOurs` puts the handlers. */
export function ourDist(folder: string): string {
  return join(folder, 'handlers');
}

/** Bundles the handlers afresh, apart from `dist/`, which somebody may be building meanwhile. Throws BuildFailed. */
export async function bundleOurs(folder: string): Promise<readonly Subject[]> {
  const distDir = ourDist(folder);
  const { handlers } = await build({ distDir, clean: true });
  return handlers.map((handler) => subjectOf(distDir, handler));
}
