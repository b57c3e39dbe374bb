/** How esbuild is called, and what comes out of it, by file name. */
import { basename } from 'node:path';
import { type BuildOptions, type BuildResult, build, type Message, type Plugin } from 'esbuild';

/** CommonJS packages (yaml is one) ask for Node's own modules by `require`, which an ES module does not have. */
const BANNER =
  'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);';

/** The sources cannot be bundled; the message is esbuild's, one problem a line. */
export class BuildFailed extends Error {
  override readonly name = 'BuildFailed';
}

type Imports = BuildResult<{ metafile: true }>['metafile']['outputs'][string]['imports'];

/** What one run of esbuild makes. */
export interface Bundled {
  /** Modules, by file name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Source maps, by file name. */
  readonly maps: ReadonlyMap<string, Uint8Array>;
  /** What each module imports, by file name. */
  readonly imports: ReadonlyMap<string, Imports>;
  /** Source files, relative to the root. */
  readonly inputs: readonly string[];
  readonly warnings: readonly string[];
}

function wording(message: Message): string {
  const { location, text } = message;
  return location === null ? text : `${location.file}:${location.line}:${location.column + 1}: ${text}`;
}

function hasMessages(error: unknown): error is { readonly errors: readonly Message[] } {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors);
}

function settings(root: string) {
  return {
    absWorkingDir: root,
    outdir: 'out',
    chunkNames: 'chunk-[hash]',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    // Its build of ES modules, which for Node is not the one that is exported: what is not used is left out.
    alias: { yaml: './node_modules/yaml/browser/index.js' },
    minify: true,
    banner: { js: BANNER },
    sourcemap: 'external',
    legalComments: 'none',
    metafile: true,
    write: false,
    logLevel: 'silent',
  } as const satisfies BuildOptions;
}

/** Bundles modules for Lambda's Node, in memory. Throws BuildFailed. */
export async function runEsbuild(
  root: string,
  entryPoints: Readonly<Record<string, string>>,
  options: { readonly entryNames: string; readonly plugins?: Plugin[] },
): Promise<Bundled> {
  const result = await build({ ...settings(root), ...options, entryPoints }).catch((error: unknown) => {
    throw hasMessages(error) ? new BuildFailed(error.errors.map(wording).join('\n')) : error;
  });
  const byName = result.outputFiles.map((file) => [basename(file.path), file.contents] as const);
  return {
    files: new Map(byName.filter(([name]) => !name.endsWith('.map'))),
    maps: new Map(byName.filter(([name]) => name.endsWith('.map'))),
    imports: new Map(
      Object.entries(result.metafile.outputs).map(([path, { imports }]) => [basename(path), imports]),
    ),
    inputs: Object.keys(result.metafile.inputs),
    warnings: result.warnings.map(wording),
  };
}
