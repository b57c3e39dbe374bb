/** Whoever follows the docs from the first page to the last meets no command that fails: every shell block is run here. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Block, readBlocks, shellKind } from './support/blocks.ts';
import { openWorkspace, type Workspace } from './support/workspace.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGES = [
  'README.md',
  'SECURITY.md',
  'events/README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
/** What a block that is not for a shell may be. */
const OTHER = new Set(['yaml', 'js', 'ts', 'json', 'text', 'toml']);
const BLOCK_TIMEOUT_MS = 40_000;

function works(name: string): boolean {
  try {
    execFileSync('bash', ['-c', `command -v ${name}`]);
    return true;
  } catch {
    return false;
  }
}

const TOOLS = ['swaks', 'aws', 'curl'] as const;
const missing = TOOLS.filter((tool) => !works(tool));

function needsMissing(block: Block): boolean {
  return missing.some((tool) => new RegExp(`^\\s*${tool}\\b`, 'm').test(block.text));
}

describe.each(PAGES)('%s', (page) => {
  const blocks = readBlocks(join(ROOT, page));
  const shell = blocks.filter((block) => shellKind(block) !== undefined);
  let workspace: Workspace;
  beforeAll(() => {
    workspace = openWorkspace();
  });
  afterAll(() => workspace.close());

  test('says of every block what it is', () => {
    const unknown = blocks.filter((block) => shellKind(block) === undefined && !OTHER.has(block.info));
    expect(unknown.map((block) => `line ${block.line}: "${block.info}"`)).toEqual([]);
  });

  test.each(shell.map((block) => [block.line, block] as const))(
    'line %i is a command that works',
    async (_line, block) => {
      execFileSync('bash', ['-n', '-c', block.text]);
      if (shellKind(block) !== 'run') return;
      if (needsMissing(block)) {
        expect(process.env['CI'], `install ${missing.join(', ')} to run this`).toBeUndefined();
        return;
      }
      const { code, output } = await workspace.run(block.text);
      expect(code, output).toBe(0);
    },
    BLOCK_TIMEOUT_MS,
  );
});
