/**
 * The SDK clients, bundled apart from the handlers and once for all of them: they are nine tenths of the work and the
 * same for every one. A client imports a dozen things dynamically that a function on Lambda never asks for (profiles,
 * single sign-on). If esbuild split the two together, what they share would fall into some twenty small files, and
 * finding and linking those takes a third of the import. So what is imported dynamically is bundled by itself: its
 * code is there twice, and a client is two or three files.
 */
import { isBuiltin } from 'node:module';
import { basename } from 'node:path';
import type { Plugin } from 'esbuild';
import { type Bundled, runEsbuild } from './esbuild.ts';

export const SDK_CLIENT = /^@aws-sdk\/client-[a-z0-9-]+$/;

/** The clients, bundled when the first handler asks for one. */
export type Clients = () => Promise<Bundled>;

/** Esbuild's hash follows the name: `client-s3` must not find `client-s3-control`. */
export function fileOf(bundled: Bundled, name: string): string | undefined {
  const prefix = `chunk-${name}-`;
  return [...bundled.files.keys()].find((file) => /^[A-Z0-9]{8}\.mjs$/.test(file.replace(prefix, '')));
}

/** Leaves dynamic imports out of the bundle; `nameOf` says as which file, by the absolute path of the source. */
function dynamicImports(nameOf: (path: string) => string): Plugin {
  const resolving = Symbol('resolving');
  return {
    name: 'dynamic-imports',
    setup: (build) => {
      build.onResolve({ filter: /.*/ }, async ({ path, kind, resolveDir, importer, pluginData }) => {
        if (kind !== 'dynamic-import' || pluginData === resolving || isBuiltin(path)) return undefined;
        const found = await build.resolve(path, { kind, resolveDir, importer, pluginData: resolving });
        if (found.errors.length > 0 || found.external) return found;
        return { path: `./${nameOf(found.path)}`, external: true };
      });
    },
  };
}

/** Absolute paths of what the entries import dynamically, in a fixed order. */
async function findDynamic(root: string, entries: Readonly<Record<string, string>>): Promise<string[]> {
  const found = new Set<string>();
  const note = (path: string): string => {
    found.add(path);
    return basename(path);
  };
  await runEsbuild(root, entries, { entryNames: '[name]', plugins: [dynamicImports(note)] });
  return [...found].sort();
}

async function bundleClients(root: string, packages: readonly string[]): Promise<Bundled> {
  // Named like chunks: the hash says what they hold.
  const entryNames = 'chunk-[name]-[hash]';
  const entries = Object.fromEntries(packages.map((name) => [basename(name), name]));
  const paths = await findDynamic(root, entries);
  const laterName = (path: string): string => `later-${paths.indexOf(path)}`;
  const later = await runEsbuild(root, Object.fromEntries(paths.map((path) => [laterName(path), path])), {
    entryNames,
  });
  const nameOf = (path: string): string => fileOf(later, laterName(path)) ?? path;
  const clients = await runEsbuild(root, entries, { entryNames, plugins: [dynamicImports(nameOf)] });
  return {
    files: new Map([...later.files, ...clients.files]),
    maps: new Map([...later.maps, ...clients.maps]),
    imports: new Map([...later.imports, ...clients.imports]),
    inputs: [...new Set([...later.inputs, ...clients.inputs])],
    warnings: [...later.warnings, ...clients.warnings],
  };
}

export function sdkClients(root: string, packages: readonly string[]): Clients {
  let running: Promise<Bundled> | undefined;
  return () => {
    running ??= bundleClients(
      root,
      packages.filter((name) => SDK_CLIENT.test(name)),
    );
    return running;
  };
}
