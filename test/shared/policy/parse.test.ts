import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatProblem, parsePolicy } from '../../../shared/policy/index.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/policy');

function fixtures(kind: string): readonly string[] {
  return readdirSync(join(FIXTURES, kind))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length));
}

function read(kind: string, name: string): string {
  return readFileSync(join(FIXTURES, kind, name), 'utf8');
}

const crlf = (text: string): string => text.replaceAll('\n', '\r\n');

function problemsOf(text: string): string {
  const parsed = parsePolicy(text, 'policy.yaml');
  expect(parsed.ok).toBe(false);
  return parsed.ok ? '' : `${parsed.problems.map(formatProblem).join('\n')}\n`;
}

/** Maps as objects, so that a JSON file can say them. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, member: unknown) =>
      member instanceof Map ? Object.fromEntries(member) : member,
    ),
  );
}

describe('wrong policies', () => {
  it('has a pair of files for each kind of mistake', () => {
    expect(fixtures('bad').length).toBeGreaterThanOrEqual(40);
  });
  it.each(fixtures('bad'))('%s', (name) => {
    expect(problemsOf(read('bad', `${name}.yaml`))).toBe(read('bad', `${name}.txt`));
  });
  it.each(fixtures('bad'))('%s, with CRLF line ends', (name) => {
    expect(problemsOf(crlf(read('bad', `${name}.yaml`)))).toBe(read('bad', `${name}.txt`));
  });
});

describe('policies that work and deserve a warning', () => {
  it.each(fixtures('warned'))('%s', (name) => {
    const parsed = parsePolicy(read('warned', `${name}.yaml`), 'policy.yaml');
    expect(parsed.ok && `${parsed.warnings.map(formatProblem).join('\n')}\n`).toBe(
      read('warned', `${name}.txt`),
    );
  });
});

describe('right policies', () => {
  it.each(fixtures('good'))('%s', (name) => {
    const expected: unknown = JSON.parse(read('good', `${name}.json`));
    const text = read('good', `${name}.yaml`);
    expect(plain(parsePolicy(text, 'policy.yaml'))).toEqual(expected);
    expect(plain(parsePolicy(crlf(text), 'policy.yaml'))).toEqual(expected);
  });

  it('accepts the sample without a warning', () => {
    const sample = readFileSync(join(import.meta.dirname, '../../../local/sample/policy.yaml'), 'utf8');
    expect(parsePolicy(sample, 'policy.yaml')).toMatchObject({ ok: true, warnings: [] });
  });
});

describe('limits', () => {
  const head = 'version: 1\norganization:\n  domains: example.com\n';

  it('refuses a file over 256 K characters, and reads one just below', () => {
    expect(problemsOf(head + '#'.repeat(256 * 1024))).toBe(
      'policy.yaml:1:1: error: larger than 256 K characters\n',
    );
    expect(parsePolicy(head + '#'.repeat(256 * 1024 - head.length), 'policy.yaml').ok).toBe(true);
  });

  it('tells at most 100 problems', () => {
    const keys = Array.from({ length: 500 }, (_, index) => `unknown${index}: 1\n`).join('');
    expect(
      problemsOf(head + keys)
        .trimEnd()
        .split('\n'),
    ).toHaveLength(100);
  });

  it.each([
    ['flow lists', '['.repeat(20_000)],
    ['flow maps', '{a: '.repeat(10_000)],
    ['block lists', '- '.repeat(20_000)],
    ['explicit keys', '? '.repeat(20_000)],
    ['quotes', '"'.repeat(20_000)],
    ['documents', '---\n'.repeat(10_000)],
    ['keys', Array.from({ length: 10_000 }, (_, index) => `k${index}: 1\n`).join('')],
  ])('answers a flood of %s with problems', (_, text) => {
    expect(parsePolicy(text, 'policy.yaml').ok).toBe(false);
  });

  it('does not take a key for a member of Object.prototype', () => {
    expect(problemsOf(`${head}__proto__: 1\nconstructor: 1\ntoString: 1\n`)).toMatch(
      /unknown key "__proto__".*\n.*unknown key "constructor".*\n.*unknown key "toString"/,
    );
  });
});
