/** Whoever follows the docs from the first page to the last meets no command that fails: every shell block is run here. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readBlocks, type ShellKind, shellKind } from './support/blocks.ts';
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

/** What a test of a block shows. */
const SHOWN: Readonly<Record<ShellKind, string>> = {
  run: 'is a command that works',
  aws: 'is shell (parsed only: it needs an AWS account)',
  sam: 'is shell (parsed only: it needs SAM and Docker)',
  once: 'is shell (parsed only: every run of the suite has done it)',
};

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

  test.for(shell.map((block) => [block.line, SHOWN[shellKind(block) ?? 'run'], block] as const))(
    'line %i %s',
    { timeout: BLOCK_TIMEOUT_MS },
    async ([, , block], { skip }) => {
      execFileSync('bash', ['-n', '-c', block.text]);
      if (shellKind(block) !== 'run') return;
      const absent = missing.filter((tool) => new RegExp(`^\\s*${tool}\\b`, 'm').test(block.text));
      if (process.env['CI'] !== undefined) expect(absent, 'tools that CI has to install').toEqual([]);
      skip(absent.length > 0, `not run: ${absent.join(' and ')} not installed`);
      const { code, output } = await workspace.run(block.text);
      expect(code, output).toBe(0);
    },
  );
});
