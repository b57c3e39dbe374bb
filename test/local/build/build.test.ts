import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BuildFailed, build } from '../../../local/build.ts';

const ROOT = resolve(import.meta.dirname, '..', '..', '..');
const run = promisify(execFile);
let folder: string;
let handlersDir: string;
let distDir: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailroom-build-'));
  handlersDir = join(folder, 'handlers');
  distDir = join(folder, 'dist');
  await mkdir(handlersDir);
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function handler(name: string, source: string): Promise<void> {
  await mkdir(join(handlersDir, name), { recursive: true });
  const path = join(handlersDir, name, 'index.ts');
  await writeFile(path, source);
  // As if it had been edited a while ago: what is written during a build counts as edited meanwhile.
  const before = new Date(Date.now() - 5000);
  await utimes(path, before, before);
}

const make = (handlers: readonly string[], clean = false) => build({ handlersDir, distDir, handlers, clean });

/** What the bundle's handler answers, in a process that has no other modules around. */
async function answerOf(name: string): Promise<unknown> {
  const url = pathToFileURL(join(distDir, name, 'index.mjs')).href;
  const script = `const { handler } = await import(${JSON.stringify(url)}); console.log(JSON.stringify(await handler()))`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]);
  return JSON.parse(stdout);
}

describe('a bundle', () => {
  test('runs, with CommonJS packages that require modules of Node', async () => {
    await handler(
      'yaml',
      "import { parse } from 'yaml';\nexport const handler = async (): Promise<unknown> => parse('a: [1, b]');\n",
    );
    await make(['yaml']);
    expect(await answerOf('yaml')).toEqual({ a: [1, 'b'] });
  });

  test('loads SDK clients only when they are used', async () => {
    await handler(
      'sdk',
      `export const handler = async (): Promise<unknown> => {
        const { S3Client } = await import('@aws-sdk/client-s3');
        return typeof S3Client;
      };\n`,
    );
    const { handlers } = await make(['sdk']);
    expect(handlers[0]?.startBytes).toBeLessThan(2000);
    expect(handlers[0]?.laterBytes).toBeGreaterThan(100_000);
    expect(await answerOf('sdk')).toBe('function');
    expect((await readdir(join(distDir, 'sdk'))).sort()).toEqual([...(handlers[0]?.files ?? [])].sort());
  });

  test('keeps the start in one file, whatever of it is asked for later', async () => {
    await handler(
      'parts',
      `import { a } from './a.ts';
      import { b } from './b.ts';
      export const handler = async (): Promise<unknown> => {
        const both = [await import('./later-a.ts'), await import('./later-b.ts')];
        return [a === both[0]?.it, b === both[1]?.it];
      };\n`,
    );
    for (const name of ['a', 'b']) {
      await writeFile(join(handlersDir, 'parts', `${name}.ts`), `export const ${name} = { ${name}: 1 };\n`);
      const later = `export { ${name} as it } from './${name}.ts';\n`;
      await writeFile(join(handlersDir, 'parts', `later-${name}.ts`), later);
    }
    const { handlers } = await make(['parts']);
    // The entry, the start, and one for each that comes later.
    expect(handlers[0]?.files).toHaveLength(4);
    expect(await answerOf('parts')).toEqual([true, true]);
  });

  test('of a rule starts with what every message needs', async () => {
    const { handlers } = await build();
    const sizes = new Map(handlers.map(({ name, startBytes }) => [name, startBytes / 1024]));
    // What changes content, opens attachments or reads the policy is a multiple of what is free here.
    // Signatures are verified for every message: that, the evidence and the decision are a third of it.
    expect(sizes.get('mailflow')).toBeLessThan(215);
    expect(sizes.get('dmarc')).toBeLessThan(160);
    expect(sizes.get('journal')).toBeLessThan(35);
  }, 60_000);

  test('has its source maps apart', async () => {
    await handler('map', 'export const handler = async (): Promise<number> => 1;\n');
    await make(['map']);
    expect(await readdir(join(distDir, 'map'))).toEqual(['index.mjs']);
    const map: unknown = JSON.parse(await readFile(join(distDir, 'maps', 'map', 'index.mjs.map'), 'utf8'));
    expect(map).toMatchObject({ version: 3 });
  });

  test('a client that is no dependency is an error', async () => {
    await handler('foreign', "import '@aws-sdk/client-ec2';\nexport const handler = 1;\n");
    await expect(make(['foreign'])).rejects.toThrow('@aws-sdk/client-ec2 is not among the dependencies');
  });

  test('sources that do not bundle are an error with file and line; what was there stays', async () => {
    await handler('breaks', 'export const handler = async (): Promise<string> => "first";\n');
    await make(['breaks']);
    await handler('breaks', 'export const handler = async () => {;;\n\nconst = 1;\n');
    await expect(make(['breaks'])).rejects.toThrow(BuildFailed);
    await expect(make(['breaks'])).rejects.toThrow(/index\.ts:3:7: Expected identifier/);
    expect(await answerOf('breaks')).toBe('first');
  });
});

describe('building again', () => {
  const entry = () => readFile(join(distDir, 'again', 'index.mjs'), 'utf8');

  test('is spared when nothing changed', async () => {
    await handler('again', 'export const handler = async (): Promise<number> => 1;\n');
    const first = await make(['again']);
    expect(await make(['again'])).toEqual(first);
    expect((await make(['again'], true)).durationMs).not.toBe(first.durationMs);
  });

  test.each([
    ['a source changed', () => handler('again', 'export const handler = async (): Promise<number> => 2;\n')],
    [
      'the bundle was changed',
      () => writeFile(join(distDir, 'again', 'index.mjs'), 'export const handler = 0;'),
    ],
    ['the bundle is gone', () => rm(join(distDir, 'again'), { recursive: true })],
    ['the record is nonsense', () => writeFile(join(distDir, 'build.json'), '{"inputs":')],
  ])('happens when %s', async (_, change) => {
    await handler('again', 'export const handler = async (): Promise<number> => 1;\n');
    const before = await make(['again']);
    await change();
    const after = await make(['again']);
    expect(after.durationMs).not.toBe(before.durationMs);
    expect([1, 2]).toContain(await answerOf('again'));
  });

  test('happens when a source was edited during the build', async () => {
    await handler('again', 'export const handler = async (): Promise<number> => 1;\n');
    const path = join(handlersDir, 'again', 'index.ts');
    await rm(join(distDir, 'build.json'));
    const soon = new Date(Date.now() + 5000);
    await utimes(path, soon, soon);
    await make(['again']);
    await expect(readFile(join(distDir, 'build.json'))).rejects.toThrow('ENOENT');
  });

  test('two at once leave a complete bundle, and no temporary files', async () => {
    await handler(
      'again',
      "export const handler = async (): Promise<string> => (await import('yaml')).default.stringify({ a: 3 });\n",
    );
    await Promise.all([make(['again'], true), make(['again'], true), make(['again'], true)]);
    expect(await answerOf('again')).toBe('a: 3\n');
    const names = (await readdir(distDir, { recursive: true })).filter((name) => name.includes('.tmp'));
    expect(names).toEqual([]);
  });

  test('keeps chunks of the build before for whoever still runs it; a clean one does not', async () => {
    const source = (value: number) =>
      handler(
        'again',
        `export const handler = async (): Promise<string> => (await import('yaml')).default.stringify(${value});\n`,
      );
    await source(4);
    await make(['again'], true);
    const before = await readdir(join(distDir, 'again'));
    await handler('again', 'export const handler = async (): Promise<number> => 5;\n');
    await make(['again']);
    expect((await readdir(join(distDir, 'again'))).sort()).toEqual(before.sort());
    const old = new Date(Date.now() - 25 * 60 * 60 * 1000);
    for (const name of before) await utimes(join(distDir, 'again', name), old, old);
    await handler('again', 'export const handler = async (): Promise<number> => 6;\n');
    await make(['again']);
    expect(await readdir(join(distDir, 'again'))).toEqual(['index.mjs']);
    expect(await entry()).toContain('6');
  });
});
