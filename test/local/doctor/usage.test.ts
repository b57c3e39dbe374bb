/** What is wrong use of `mailroom doctor`, what a run comes to, and that docs/doctor.md says what there is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../../../local/cli/doctor.ts';
import { WrongUse } from '../../../local/cli/usage.ts';
import { CHECKS, type FindingId } from '../../../local/doctor/catalogue.ts';
import { type Finding, fail, ok, unknown, warn } from '../../../local/doctor/finding.ts';
import { reportText, type Verdict, verdictOf } from '../../../local/doctor/report.ts';
import { parseRuleFile } from '../../../local/flow/rule-file.ts';
import { ORGANIZATION, ROOT } from './world.ts';

describe('mailroom doctor', () => {
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
});

describe('what the findings come to', () => {
  const known = (id: FindingId): Finding => ok(id, 'x', '');
  const notKnown = (id: FindingId): Finding => unknown(id, 'x', '', '');
  const CASES: readonly (readonly [string, readonly Finding[], Verdict, string])[] = [
    ['nothing but ok', [known('stack')], 'fine', 'Connected: 1 fine'],
    [
      'something to look at',
      [known('stack'), warn('function-mode', 'x', '', '')],
      'fine',
      'Connected: 1 fine, 1 to',
    ],
    ['rules that are not known', [notKnown('rules-known')], 'fine', 'Nothing wrong was found, and not all'],
    ['no credentials', [notKnown('credentials'), known('stack')], 'undecided', 'Nothing can be said'],
    ['an unknown organization', [notKnown('organization')], 'undecided', 'Nothing can be said'],
    ['an unknown stack', [notKnown('stack'), known('credentials')], 'undecided', 'Nothing can be said'],
    ['a failure', [fail('builtin-dmarc', 'x', '', ''), notKnown('stack')], 'failed', 'Not connected'],
  ];
  test.each(CASES)('%s', (_, findings, verdict, sentence) => {
    expect(verdictOf(findings)).toBe(verdict);
    expect(reportText(findings)).toContain(`\n${sentence}`);
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
