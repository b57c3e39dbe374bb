/** `mailroom doctor` as it is typed: what it prints, how it ends, and what it says of wrong use. */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../../local/cli/doctor.ts';
import { WrongUse } from '../../../local/cli/usage.ts';
import { CHECKS } from '../../../local/doctor/catalogue.ts';
import { parseRuleFile } from '../../../local/flow/rule-file.ts';
import {
  mailIn,
  newDataFolder,
  type RunningStandIn,
  removeFolder,
  startStandIn,
} from '../../support/stand-in.ts';
import { ORGANIZATION, rulesText, sendBothWays } from './world.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

let standIn: RunningStandIn;
let common: readonly string[];
let rulesFile: string;

beforeAll(async () => {
  standIn = await startStandIn(newDataFolder(), ['--concurrency', '1']);
  rulesFile = join(standIn.data, 'rules.yaml');
  writeFileSync(rulesFile, rulesText());
  const endpoint = `http://127.0.0.1:${standIn.ports.aws}`;
  common = [
    '--organization-id',
    ORGANIZATION,
    '--region',
    'us-east-1',
    '--endpoint',
    endpoint,
    '--dist',
    join(ROOT, 'dist'),
  ];
  await sendBothWays(standIn);
});
afterAll(async () => {
  await standIn?.stop();
  removeFolder(standIn.data);
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function doctor(...args: readonly string[]): Promise<Ended> {
  const environment = {
    ...process.env,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: '',
  };
  const child = spawn(process.execPath, [join(ROOT, 'local/cli/main.ts'), 'doctor', ...args], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  return new Promise((done) => child.once('close', (code) => done({ code, out, err })));
}

describe('mailroom doctor', () => {
  test('says Connected and ends with 0', async () => {
    const { code, out } = await doctor(...common, '--rules', rulesFile);
    expect(out).toMatch(/\nConnected: \d+ fine, 0 to look at, 0 wrong, 0 not known\.\n$/);
    expect(out).toContain('\nFunctions\n');
    expect(code).toBe(0);
  });

  test('prints the steps through the console, filled in, for whoever has not told the rules', async () => {
    const { code, out } = await doctor(...common);
    expect(out).toContain('Nothing wrong was found, and not all could be looked at');
    expect(out).toContain('arn:aws:lambda:us-east-1:123456789012:function:mailflow');
    expect(out).toMatch(/Inbound rules, Create:[\s\S]*Deliver to junk folder[\s\S]*Outbound rules, Create:/);
    expect(code).toBe(0);
  });

  test('--json has the same findings, and a failure ends with 1', async () => {
    const shadowed = join(standIn.data, 'shadowed.yaml');
    writeFileSync(
      shadowed,
      rulesText({ inbound: '  - { name: trap, action: drop, senders: "*", recipients: "*" }' }),
    );
    const { code, out } = await doctor(...common, '--rules', shadowed, '--json');
    const report: unknown = JSON.parse(out);
    expect(report).toMatchObject({
      summary: { fail: 1, warn: 0, unknown: 0 },
      findings: expect.arrayContaining([
        expect.objectContaining({ id: 'rule-shadowed', level: 'fail', mend: expect.any(String) }),
      ]),
    });
    expect(code).toBe(1);
  });

  test('--probe sends one message and follows it to the rule and to the mailbox', async () => {
    const smtp = `127.0.0.1:${standIn.ports.smtp}`;
    const flags = [
      '--probe',
      '--yes',
      '--smtp',
      smtp,
      '--to',
      'bob@example.com',
      '--from',
      'ann@good.example',
    ];
    const { code, out } = await doctor(...common, '--rules', rulesFile, ...flags);
    expect(out).toMatch(/ok {3}probe-arrived \(bob@example\.com\): It came, and is in the folder/);
    expect(out).toContain('ok   probe-rule (bob@example.com): The rule "mailflow" acted on the probe.');
    expect(code).toBe(0);
    const copies = [
      ...(await mailIn(standIn.data, 'bob@example.com', 'Inbox')),
      ...(await mailIn(standIn.data, 'bob@example.com', 'Junk')),
    ];
    expect(copies.filter(({ bytes }) => bytes.includes('Mailroom probe'))).toHaveLength(1);
  });

  test('--probe sends nothing when nobody says yes, and says so of a server that is not there', async () => {
    const flags = ['--probe', '--to', 'bob@example.com', '--from', 'ann@good.example'];
    const unasked = await doctor(
      ...common,
      '--rules',
      rulesFile,
      ...flags,
      '--smtp',
      `127.0.0.1:${standIn.ports.smtp}`,
    );
    expect(unasked.out).toContain('?    probe-arrived (bob@example.com): Nothing was sent.');
    const nobody = await doctor(...common, '--rules', rulesFile, ...flags, '--yes', '--smtp', '127.0.0.1:1');
    expect(nobody.out).toMatch(/probe-arrived .*could not be handed over to 127\.0\.0\.1:1/);
    expect(nobody.code).toBe(0);
  });

  const WRONG: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['without an organization', ['--region', 'us-east-1'], /--organization-id takes m- and 32/],
    [
      'with a region that is none',
      ['--organization-id', ORGANIZATION, '--region', 'here'],
      /--region takes the region/,
    ],
    [
      'with an endpoint that is none',
      ['--organization-id', ORGANIZATION, '--region', 'us-east-1', '--endpoint', 'nowhere'],
      /--endpoint takes a URL/,
    ],
    [
      'with rules that are not there',
      ['--organization-id', ORGANIZATION, '--region', 'us-east-1', '--rules', '/nowhere.yaml'],
      /there is no such file/,
    ],
    ['with an unknown flag', ['--organisation-id', ORGANIZATION], /Unknown option/],
    [
      'with a probe that lacks a mailbox',
      ['--organization-id', ORGANIZATION, '--region', 'us-east-1', '--probe', '--smtp', '127.0.0.1:25'],
      /--probe needs --to/,
    ],
    [
      'with a probe that lacks a server',
      ['--organization-id', ORGANIZATION, '--region', 'us-east-1', '--probe'],
      /--probe needs --smtp/,
    ],
  ];
  for (const [name, args, message] of WRONG)
    test(`is wrong use ${name}`, async () => {
      await expect(run([...args])).rejects.toThrow(message);
      await expect(run([...args])).rejects.toBeInstanceOf(WrongUse);
    });

  test('ends with 2 after wrong use', async () => {
    const { code, err } = await doctor('--organization-id', 'example');
    expect(err).toContain('--organization-id takes m- and 32');
    expect(code).toBe(2);
  });
});

test('docs/doctor.md has a section for every finding, and none for another', () => {
  const text = readFileSync(join(ROOT, 'docs/doctor.md'), 'utf8');
  const sections = [...text.matchAll(/^### `([a-z-]+)`$/gm)].map((match) => match[1]);
  expect(sections).toEqual(Object.keys(CHECKS));
});

test('the rules in docs/doctor.md are rules that WorkMail takes', () => {
  const text = readFileSync(join(ROOT, 'docs/doctor.md'), 'utf8');
  const example = /```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
  expect(parseRuleFile(example, 'rules.yaml')).toMatchObject({
    ok: true,
    ruleSet: { rules: { inbound: [{ fallback: 'junk' }], outbound: [{ fallback: 'default' }] } },
  });
});
