/** `mailroom rules`, in this process for the table of cases and as a user calls it for the rest. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { run } from '../../../local/cli/rules.ts';
import { RULE_CASES } from '../../fixtures/flow/rule-cases.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { ruleFileOf } from '../flow/rule-case-file.ts';
import { mailroom, ROOT } from './run.ts';

const folder = temporaryFolder('rules');
const FILE = join(folder, 'rules.yaml');

afterEach(() => vi.restoreAllMocks());

async function json(args: readonly string[]): Promise<unknown> {
  let out = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  await run([...args, '--json']);
  return JSON.parse(out);
}

describe('[R33] rules test: a full sender and a full recipient, and the action', () => {
  test.each(RULE_CASES.map((each) => [each.title, each] as const))('%s', async (_title, each) => {
    writeFileSync(
      FILE,
      each.rules.length === 0 ? `domains: [example.com]\n${ruleFileOf(each)}` : ruleFileOf(each),
    );
    const { direction = 'inbound', from = 'ann@mail.good.example', to = 'alice@example.com' } = each;
    const sender = each.sender === undefined ? [] : ['--sender', each.sender];
    const answer = await json(['test', from, to, '--rules', FILE, '--direction', direction, ...sender]);
    expect(answer).toMatchObject({ results: [{ direction, action: each.action, rules: each.acts }] });
  });
});

const RULES = `domains: [example.com]
inbound:
  - {name: mailroom, action: runLambda, function: mailflow, mode: synchronous, senders: "*", recipients: "*", fallback: junk}
  - {name: newsletters, action: junk, senders: "*.news.example", recipients: "*"}
  - {name: boss, action: neverJunk, senders: "*", recipients: boss@example.com}
outbound:
  - {name: mailroomOut, action: runLambda, function: "arn:aws:lambda:us-east-1:123456789012:function:mailflow", mode: synchronous, senders: "*", recipients: "*", fallback: default, ruleTimeoutMinutes: 0}
`;

describe('in words', () => {
  test('which rule acts, which lost to it and why, and that it shadows a function', async () => {
    writeFileSync(FILE, RULES);
    const ran = await mailroom(['rules', 'test', 'a@x.news.example', 'alice@example.com', '--rules', FILE]);
    expect(ran).toEqual({
      code: 0,
      stderr: '',
      stdout: `inbound: junk (delivered to the junk folder)
  Rule "newsletters" acts, matched by the From header.
  "mailroom" does not: its sender pattern * is less specific than *.news.example of "newsletters".
  "boss" does not: no recipient pattern matches.
  So the function of "mailroom" does not see this mail: "newsletters" shadows it.
`,
    });
  });

  test('between users: outbound and inbound', async () => {
    const ran = await mailroom(['rules', 'test', 'bob@example.com', 'boss@example.com', '--rules', FILE]);
    expect(ran.stdout).toContain(
      'outbound: runLambda (asks arn:aws:lambda:us-east-1:123456789012:function:mailflow; if it fails once: default)',
    );
    expect(ran.stdout).toContain('inbound: neverJunk (delivered to the inbox, whatever the spam check says)');
  });

  test('the sample asks its function', async () => {
    const ran = await mailroom(['rules', 'test', 'ann@good.example', 'alice@example.com']);
    expect(ran.stdout).toBe(
      'inbound: runLambda (asks mailflow; if it fails for 60 min: junk)\n  Rule "mailflow" acts, matched by the From header.\n',
    );
  });

  test('shadows: for which mail', async () => {
    const ran = await mailroom(['rules', 'shadows', '--rules', FILE]);
    expect(ran).toEqual({
      code: 1,
      stderr: '',
      stdout: `inbound "mailroom": 2 rules take mail from it.
  "newsletters" (junk): its sender pattern * is less specific than *.news.example of "newsletters".
    from *.news.example to everyone
  "boss" (neverJunk): its recipient pattern * is less specific than boss@example.com of "boss".
    from everyone to boss@example.com

outbound "mailroomOut": no rule takes mail from it.
`,
    });
  });

  test('shadows of one rule, as JSON', async () => {
    writeFileSync(FILE, RULES);
    expect(await json(['shadows', 'boss', '--rules', FILE])).toMatchObject({
      rules: [
        {
          rule: 'boss',
          direction: 'inbound',
          shadows: [
            {
              rule: 'newsletters',
              action: 'junk',
              regions: [{ senders: '*.news.example', recipients: 'boss@example.com' }],
            },
          ],
        },
      ],
    });
  });
});

test('docs/flow-rules.md prints what the commands print', async () => {
  const page = readFileSync(join(ROOT, 'docs/flow-rules.md'), 'utf8');
  const [, rules = ''] = /<<'END'\n([\s\S]*?)END\n/.exec(page) ?? [];
  writeFileSync(FILE, rules);
  const shown = [...page.matchAll(/```text\n([\s\S]*?)```/g)].map(([, text = '']) => text);
  const ask = ['rules', 'test', 'letter@mail.news.example', 'alice@example.com', '--rules', FILE];
  expect((await mailroom(ask)).stdout).toBe(shown[0]);
  expect((await mailroom(['rules', 'shadows', '--rules', FILE])).stdout).toBe(shown[1]);
});

describe('called wrongly', () => {
  test.each<[string, readonly string[], string]>([
    ['nothing', [], 'say test or shadows'],
    ['another word', ['list'], 'there is no "rules list"'],
    ['one address', ['test', 'a@b.example'], 'give the address of the sender and that of the recipient'],
    ['three addresses', ['test', 'a@b.example', 'a@b.example', 'a@b.example'], 'give the address'],
    ['no full address', ['test', 'b.example', 'alice@example.com'], '"b.example" is no full address'],
    ['a bad Sender', ['test', 'a@b.example', 'alice@example.com', '--sender', 'x'], '"x" is no full address'],
    ['a pattern', ['test', '*@b.example', 'alice@example.com'], 'is no full address'],
    ['another direction', ['test', 'a@b.example', 'alice@example.com', '--direction', 'up'], 'not "up"'],
    ['strangers on both sides', ['test', 'a@b.example', 'c@d.example'], 'neither address is in example.com'],
    [
      'both files',
      ['test', 'a@b.example', 'alice@example.com', '--rules', 'x', '--organization', 'y'],
      'not both',
    ],
    [
      'a file that is not there',
      ['test', 'a@b.example', 'c@d.example', '--rules', 'no-such.yaml'],
      'there is no such file',
    ],
    ['an unknown rule', ['shadows', 'nobody'], 'there is no rule "nobody"'],
    ['an unknown option', ['test', '--loud'], "Unknown option '--loud'"],
  ])('%s', async (_name, args, message) => {
    await expect(run([...args])).rejects.toThrow(message);
  });

  test('a wrong rule file: every problem with its place, and exit code 1', async () => {
    const wrong = join(folder, 'wrong.yaml');
    writeFileSync(
      wrong,
      'inbound:\n  - {name: a, action: drop, senders: "a+b@c.example", recipients: "x.*.y"}\n',
    );
    const ran = await mailroom(['rules', 'test', 'a@b.example', 'c@d.example', '--rules', wrong]);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('wrong.yaml:2:');
    expect(ran.stderr).toContain('WorkMail does not allow "+" in a pattern');
    expect(ran.stderr).toContain('"*" stands alone or before a whole domain');
  });

  test('--help tells the options', async () => {
    const ran = await mailroom(['rules', '--help']);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain('--direction DIRECTION');
  });
});
