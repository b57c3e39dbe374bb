/** The directions of the house hold only as long as the lint rule that says them works. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const BIOME = join(ROOT, 'node_modules/@biomejs/biome/bin/biome');

const REFUSED = [
  ['shared/mime/a.ts', '../../handlers/edge/log.ts', 'nothing in it points back'],
  ['shared/policy/b.ts', '../workmail/index.ts', 'Only shared/workmail/ knows AWS and WorkMail'],
  ['shared/auth/dmarc/c.ts', '@aws-sdk/client-s3', 'Only shared/workmail/ knows AWS and WorkMail'],
  ['shared/calendar/d.ts', 'node:dns/promises', 'enter the library as functions'],
  ['shared/workmail/e.ts', '../../local/types.ts', 'nothing in it points back'],
  ['handlers/mailflow/f.ts', '../../local/types.ts', 'may import shared/ only'],
  ['handlers/mailflow/j.ts', '../../shared/mime/index.ts', 'import the module'],
  ['shared/policy/k.ts', '../mime/index.ts', 'import the module'],
  ['shared/workmail/l.ts', 'node:http', 'load all of its fetch'],
  ['handlers/edge/m.ts', 'node:http', 'load all of its fetch'],
] as const;

const ALLOWED = [
  ['shared/workmail/g.ts', '../mime/index.ts'],
  ['handlers/mailflow/h.ts', '../../shared/mime/scan.ts'],
  ['local/flow/i.ts', '../../handlers/edge/log.ts'],
] as const;

let folder: string;
let findings: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mailroom-lint-'));
  const rules = readFileSync(join(ROOT, 'biome.json'), 'utf8').replace('"enabled": true', '"enabled": false');
  writeFileSync(join(folder, 'biome.json'), rules);
  for (const [file, source] of [...REFUSED, ...ALLOWED]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(
      join(folder, file),
      `import { something } from '${source}';\n\nexport const used = something;\n`,
    );
  }
  const args = [
    BIOME,
    'lint',
    '--only=style/noRestrictedImports',
    '--colors=off',
    '--max-diagnostics=100',
    '.',
  ];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  findings = stdout + stderr;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The finding about one file, or nothing. */
function about(file: string): string {
  const start = findings.indexOf(`${file}:`);
  return start === -1 ? '' : findings.slice(start, start + 600);
}

test.each(REFUSED)('%s must not import %s', (file, _source, reason) => {
  expect(about(file)).toContain('noRestrictedImports');
  expect(about(file)).toContain(reason);
});

test.each(ALLOWED)('%s may import %s', (file) => {
  expect(about(file)).toBe('');
});
