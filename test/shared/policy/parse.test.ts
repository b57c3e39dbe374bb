import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatProblem, type ParsedPolicy, parsePolicy, readPolicy } from '../../../shared/policy/index.ts';
import { loadPatternEngine } from '../../../shared/policy/text-pattern.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/policy');

function fixtures(kind: string): readonly string[] {
  return readdirSync(join(FIXTURES, kind))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length));
}

function read(kind: string, name: string): string {
  return readFileSync(join(FIXTURES, kind, name), 'utf8');
}

const options = { patternEngine: await loadPatternEngine(), now: Date.UTC(2026, 10, 20) };
const parse = (text: string): ParsedPolicy => parsePolicy(text, 'policy.yaml', options);
const crlf = (text: string): string => text.replaceAll('\n', '\r\n');

function problemsOf(text: string): string {
  const parsed = parse(text);
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
    const parsed = parse(read('warned', `${name}.yaml`));
    expect(parsed.ok && `${parsed.warnings.map(formatProblem).join('\n')}\n`).toBe(
      read('warned', `${name}.txt`),
    );
  });
});

describe('right policies', () => {
  it.each(fixtures('good'))('%s', (name) => {
    const expected: unknown = JSON.parse(read('good', `${name}.json`));
    const text = read('good', `${name}.yaml`);
    expect(plain(parse(text))).toEqual(expected);
    expect(plain(parse(crlf(text)))).toEqual(expected);
  });

  it('accepts the sample without a warning', () => {
    const sample = readFileSync(join(import.meta.dirname, '../../../local/sample/policy.yaml'), 'utf8');
    expect(parse(sample)).toMatchObject({ ok: true, warnings: [] });
  });
});

describe('limits', () => {
  const head = 'version: 1\norganization:\n  domains: example.com\n';

  it('refuses a file over 256 K characters, and reads one just below', () => {
    expect(problemsOf(head + '#'.repeat(256 * 1024))).toBe(
      'policy.yaml:1:1: error: larger than 256 K characters\n',
    );
    expect(parse(head + '#'.repeat(256 * 1024 - head.length)).ok).toBe(true);
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
    expect(parse(text).ok).toBe(false);
  });

  it('refuses patterns that are too large together, and takes as many as come near', () => {
    const list = (count: number): string => Array<string>(count).fill('"[a-z]{600}"').join(', ');
    // 602 steps each, of 50,000.
    const patterns = (count: number): string =>
      `${head}rules:\n  - { name: a, when: { subjectMatches: [${list(50)}] }, do: [{ prependSubject: x }] }\n  - { name: b, when: { bodyMatches: [${list(count)}] }, do: [{ prependSubject: x }] }\n`;
    expect(parse(patterns(33)).ok).toBe(true);
    expect(problemsOf(patterns(34))).toMatch(
      /^policy\.yaml:6:\d+: error: rules\[1\]\.when\.bodyMatches\[33\]: with this pattern all of the policy together are too large: over 50000 steps\n$/,
    );
  });

  it('does not take a key for a member of Object.prototype', () => {
    expect(problemsOf(`${head}__proto__: 1\nconstructor: 1\ntoString: 1\n`)).toMatch(
      /unknown key "__proto__".*\n.*unknown key "constructor".*\n.*unknown key "toString"/,
    );
  });
});

describe('the engine for patterns', () => {
  const text = `version: 1
organization: { domains: example.com }
rules: [{ name: a, when: { subjectMatches: "a\\\\d" }, do: [{ prependSubject: x }] }]
`;

  it('is there when the text has a pattern', async () => {
    expect(await readPolicy(text, 'policy.yaml')).toMatchObject({ ok: true });
  });

  it('is not asked for silently: without it a pattern is a problem', () => {
    expect(parsePolicy(text, 'policy.yaml')).toMatchObject({ ok: false });
  });

  it('is named where the key hides behind escapes', async () => {
    const hidden = text.replace('subjectMatches', '"subject\\x4datches"');
    const parsed = await readPolicy(hidden, 'policy.yaml');
    expect(!parsed.ok && parsed.problems[0]?.message).toMatch(/without escapes/);
  });
});

describe('the order of rules', () => {
  it('is by priority, then that of the file', () => {
    const rules = ['b', 'a', 'd', 'c'].map(
      (name, index) =>
        `{ name: ${name}, priority: ${[2, 1, 2, -3][index]}, when: {}, do: [{ prependSubject: x }] }`,
    );
    const parsed = parse(
      `version: 1\norganization: { domains: example.com }\nrules: [${rules.join(', ')}]\n`,
    );
    expect(parsed.ok && parsed.policy.rules.map(({ name }) => name)).toEqual(['c', 'a', 'b', 'd']);
  });
});
