import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailroom, ROOT } from './run.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mailroom-check-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('mailroom check', () => {
  it('finds nothing wrong with the sample policy', async () => {
    const ran = await mailroom(['check', 'local/sample/policy.yaml']);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toContain(
      'local/sample/policy.yaml: fine: 2 rules, DMARC enforce, journal on, availability of 2 mailboxes\n',
    );
    expect(ran.stdout).not.toMatch(/error|warning/);
  });

  it('names file, line and column of each error, and answers 1', async () => {
    const file = 'test/fixtures/policy/bad/unknown-keys.yaml';
    const ran = await mailroom(['check', file]);
    const expected = readFileSync(join(ROOT, file.replace('.yaml', '.txt')), 'utf8');
    expect(ran).toMatchObject({ code: 1, stderr: '' });
    expect(ran.stdout).toBe(`${expected.replaceAll(/^policy\.yaml/gm, file)}${file}: 9 errors\n`);
  });

  it('shows warnings and answers 0', async () => {
    const ran = await mailroom(['check', 'test/fixtures/policy/warned/dead-rules.yaml']);
    expect(ran.code).toBe(0);
    expect(ran.stdout.match(/: warning: /g)).toHaveLength(5);
    expect(ran.stdout).toMatch(/fine: 3 rules, no DMARC enforcement, no journal, no availability\n$/);
  });

  it('misses calendars that are not beside the policy', async () => {
    const policy = join(folder, 'policy.yaml');
    await mkdir(join(folder, 'calendars'));
    await writeFile(join(folder, 'calendars', 'here.ics'), '');
    await writeFile(
      policy,
      `version: 1
organization: { domains: example.com }
availability:
  timezone: UTC
  mailboxes:
    dave@partner.example:
      calendars: [{ file: calendars/here.ics }, { file: calendars/gone.ics }, { file: s3://bucket/a.ics }]
`,
    );
    const ran = await mailroom(['check', policy]);
    expect(ran.code).toBe(0);
    expect(ran.stdout.split('\n')[0]).toBe(
      `${policy}: warning: availability.mailboxes["dave@partner.example"].calendars[1]: calendars/gone.ics is not there`,
    );
    expect(ran.stdout).not.toContain('here.ics is');
  });

  it('says that bytes are not UTF-8', async () => {
    const policy = join(folder, 'latin1.yaml');
    await writeFile(
      policy,
      Buffer.from('version: 1\norganization: { domains: b\xfccher.example }\n', 'latin1'),
    );
    const ran = await mailroom(['check', policy]);
    expect(ran.code).toBe(1);
    expect(ran.stdout).toContain(`${policy}:2:27: error: a character that does not belong into a text file`);
  });

  it.each(['README.md', 'events/inbound.json', 'events/inbound.eml'])(
    'says that %s is no policy',
    async (file) => {
      const ran = await mailroom(['check', file]);
      expect(ran.code).toBe(1);
      expect(ran.stdout.split('\n')[0]).toContain(
        `${file}:1:1: error: this is not a policy: none of its keys (`,
      );
      const published: unknown = JSON.parse(
        readFileSync(join(ROOT, 'shared/policy/policy.schema.json'), 'utf8'),
      );
      const keys = Object.keys(Object(Object(published).properties)).join(', ');
      expect(ran.stdout).toContain(`(${keys})`);
    },
  );

  it('prints JSON for other programs', async () => {
    const ran = await mailroom(['check', '--json', 'test/fixtures/policy/bad/rule-names.yaml']);
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      ok: false,
      problems: [{ line: 6, column: 7, path: 'rules[2].name', severity: 'error' }],
    });
  });
});

describe('mailroom schema', () => {
  it('prints the schema that the repository publishes', async () => {
    const ran = await mailroom(['schema']);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    const published: unknown = JSON.parse(
      readFileSync(join(ROOT, 'shared/policy/policy.schema.json'), 'utf8'),
    );
    expect(JSON.parse(ran.stdout)).toEqual(published);
  });
});
