import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailroom } from './run.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailroom-package-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('mailroom package', () => {
  it('writes the folder and prints the two commands that come next', async () => {
    const out = join(folder, "it's here");
    const ran = await mailroom(['package', '--out', out, '--bucket', 'example-code', '--prefix', 'a/b']);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    const quoted = `'${out.replace("'", "'\\''")}`;
    expect(ran.stdout).toContain(
      `  aws s3 cp ${quoted}' s3://example-code/a/b/ --recursive --exclude "*" --include "*.zip"\n`,
    );
    expect(ran.stdout).toContain(`--template-file ${quoted}/template.yaml'`);
    expect(ran.stdout).toContain('--capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND');
    // A stack that is there keeps the old value of a parameter that is not named, whatever the template's default.
    expect(ran.stdout).toContain('    CodeBucket=example-code CodePrefix=a/b/ OrganizationId=');
    const names = (await readdir(out)).map((name) => name.replace(/-[0-9a-f]{16}/, '')).sort();
    expect(names).toEqual([
      'availability.zip',
      'dmarc.zip',
      'journal.zip',
      'mailflow.zip',
      'manifest.json',
      'reports.zip',
      'rewrite.zip',
      'template.yaml',
    ]);
  });

  it.each([
    [['--bucket', 's3://mine'], `--bucket: a bucket's name has 3 to 63 lower-case letters`],
    [['--bucket', 'Has.Dots'], 'got "Has.Dots"'],
    [['--prefix', '/a'], '--prefix: expected letters'],
    [['--nonsense'], "Unknown option '--nonsense'"],
    [['more'], "Unexpected argument 'more'"],
  ])('%j is wrong use', async (args, message) => {
    const ran = await mailroom(['package', ...args]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(message);
    expect(ran.stdout).toBe('');
  });

  it('says so when it cannot write', async () => {
    await writeFile(join(folder, 'file'), '');
    const ran = await mailroom(['package', '--out', join(folder, 'file', 'below')]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(/^mailroom package: cannot write to .*below: ENOTDIR/);
  });

  it('tells what it does', async () => {
    expect((await mailroom(['package', '--help'])).stdout).toMatch(/^Usage: mailroom package/);
  });
});
