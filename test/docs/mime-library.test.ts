/**
 * The library stands alone: its page's examples run in a folder outside of this repository, from a bundle that holds nothing
 * but `shared/mime` and the one package that it names, and print what the page says.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readBlocks } from './support/blocks.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const blocks = readBlocks(join(ROOT, 'shared/mime/README.md'));

/** Each example with the output that follows it. */
const examples = blocks.flatMap((block, index) => {
  const printed = blocks[index + 1];
  return block.info === 'ts' && printed?.info === 'text'
    ? [{ line: block.line, code: block.text, printed: printed.text }]
    : [];
});

describe('shared/mime/README.md', () => {
  let folder: string;
  let metafile: Metafile;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mime-library-'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const library = join(folder, 'mime.js');
    ({ metafile } = await build({
      entryPoints: [join(ROOT, 'shared/mime/index.ts')],
      outfile: library,
      absWorkingDir: ROOT,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      metafile: true,
      logLevel: 'silent',
    }));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('has examples, each with its output', () => {
    expect(examples.length).toBeGreaterThanOrEqual(5);
    expect(blocks.filter(({ info }) => info === 'ts')).toHaveLength(examples.length);
    expect(blocks.every(({ info }) => info === 'ts' || info === 'text')).toBe(true);
  });

  test('names the one package that it needs', () => {
    const inputs = Object.keys(metafile.inputs);
    const own = inputs.filter((path) => path.startsWith('shared/'));
    expect(own.filter((path) => !path.startsWith('shared/mime/'))).toEqual([]);
    const packages = new Set(
      inputs.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
    );
    expect([...packages]).toEqual(['entities']);
  });

  test('asks Node for nothing that reaches the world', () => {
    const asked = new Set(
      Object.values(metafile.inputs).flatMap(({ imports }) =>
        imports.filter(({ external }) => external === true).map(({ path }) => path.replace(/^node:/, '')),
      ),
    );
    expect([...asked].every((name) => builtinModules.includes(name))).toBe(true);
    expect([...asked].filter((name) => !['util', 'zlib', 'crypto', 'buffer'].includes(name))).toEqual([]);
  });

  test.each(examples.map((example) => [example.line, example] as const))(
    'the example in line %i prints what it says',
    (line, { code, printed }) => {
      const script = join(folder, `example-${line}.ts`);
      writeFileSync(script, code.replace("'mailroom/mime'", "'./mime.js'"));
      const output = execFileSync(process.execPath, [script], { cwd: folder, encoding: 'utf8' });
      expect(output.trimEnd()).toBe(printed.trimEnd());
    },
  );

  test('a project that has this one as a dependency finds it by its name', () => {
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(ROOT, join(folder, 'node_modules/mailroom'));
    const [first] = examples;
    const script = join(folder, 'by-name.ts');
    writeFileSync(script, first?.code ?? '');
    const output = execFileSync(process.execPath, [script], { cwd: folder, encoding: 'utf8' });
    expect(output.trimEnd()).toBe(first?.printed.trimEnd());
  });
});
