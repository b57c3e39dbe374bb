/**
 * The files of one handler's folder: its own, and of the SDK clients (clients.ts) those that it asks for.
 */
import { basename, dirname, resolve } from 'node:path';
import type { Plugin } from 'esbuild';
import { type Clients, fileOf, SDK_CLIENT } from './clients.ts';
import { type Bundled, runEsbuild } from './esbuild.ts';

export const ENTRY = 'index.mjs';

export interface Bundle {
  readonly name: string;
  /** What goes into the function's folder, by file name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Source maps, by file name. */
  readonly maps: ReadonlyMap<string, Uint8Array>;
  /** Files that a cold start reads: the entry and what it imports statically. */
  readonly start: ReadonlySet<string>;
  /** Source files, relative to the root. */
  readonly inputs: readonly string[];
  readonly warnings: readonly string[];
}

/** Points the imports of SDK clients at their bundled files beside the entry. */
function clientImports(clients: Clients): Plugin {
  return {
    name: 'sdk-clients',
    setup: (build) => {
      build.onResolve({ filter: SDK_CLIENT }, async ({ path }) => {
        const file = fileOf(await clients(), basename(path));
        if (file === undefined) return { errors: [{ text: `${path} is not among the dependencies` }] };
        return { path: `./${file}`, external: true };
      });
    },
  };
}

/** Modules of ours that are imported dynamically, as they are seen by esbuild. */
const LATER = 'later';

/**
 * Keeps the start in one file. Esbuild makes a file of each set of modules that the same entries reach, and every dynamic
 * import is an entry: the start would fall apart by what each of them needs of it, and finding and linking a dozen files
 * takes longer than running them. So each of them is said to need all of the start, which is there when it is loaded.
 */
function startInOne(entry: string): Plugin {
  const resolving = Symbol('resolving');
  return {
    name: 'start-in-one',
    setup: (build) => {
      build.onResolve({ filter: /^\.\.?\// }, async ({ path, kind, resolveDir, importer, pluginData }) => {
        if (kind !== 'dynamic-import' || pluginData === resolving) return undefined;
        const found = await build.resolve(path, { kind, resolveDir, importer, pluginData: resolving });
        return found.errors.length > 0 ? found : { path: found.path, namespace: LATER };
      });
      build.onLoad({ filter: /.*/, namespace: LATER }, ({ path }) => ({
        contents: `import ${JSON.stringify(entry)}; export * from ${JSON.stringify(path)};`,
        resolveDir: dirname(path),
      }));
    },
  };
}

/** The files that can be reached from `entry`; by static imports alone where `dynamic` is false. */
function reachable(entry: string, bundles: readonly Bundled[], dynamic: boolean): ReadonlySet<string> {
  const found = new Set([entry]);
  // A set grows while it is walked.
  for (const file of found)
    for (const bundle of bundles)
      for (const { path, kind } of bundle.imports.get(file) ?? []) {
        const name = basename(path);
        if ((dynamic || kind === 'import-statement') && bundles.some((one) => one.files.has(name)))
          found.add(name);
      }
  return found;
}

function pick<T>(maps: readonly ReadonlyMap<string, T>[], names: Iterable<string>): ReadonlyMap<string, T> {
  const picked = new Map<string, T>();
  for (const name of names)
    for (const map of maps) {
      const value = map.get(name);
      if (value !== undefined) picked.set(name, value);
    }
  return picked;
}

/** Bundles `handlersDir/NAME/index.ts`. Throws BuildFailed. */
export async function bundleHandler(
  root: string,
  handlersDir: string,
  name: string,
  clients: Clients,
): Promise<Bundle> {
  const entry = resolve(root, handlersDir, name, 'index.ts');
  const plugins = [clientImports(clients), startInOne(entry)];
  const own = await runEsbuild(root, { index: entry }, { entryNames: '[name]', plugins });
  const usesClients = [...own.imports.values()].some((imports) =>
    imports.some((one) => one.external === true && one.path.startsWith('./chunk-')),
  );
  const bundles = usesClients ? [own, await clients()] : [own];
  const all = reachable(ENTRY, bundles, true);
  return {
    name,
    files: pick(
      bundles.map((bundle) => bundle.files),
      all,
    ),
    maps: pick(
      bundles.map((bundle) => bundle.maps),
      [...all].map((file) => `${file}.map`),
    ),
    start: reachable(ENTRY, bundles, false),
    inputs: bundles.flatMap((bundle) => bundle.inputs).filter((path) => !path.startsWith(`${LATER}:`)),
    warnings: bundles.flatMap((bundle) => bundle.warnings),
  };
}
