import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadOrganization, type Organization, parseOrganization } from '../../../local/organization.ts';
import { people } from './support.ts';

const FIXTURES = new URL('../../fixtures/flow/organization/', import.meta.url).pathname;
const SAMPLE = new URL('../../../local/sample/organization.yaml', import.meta.url).pathname;

describe('a wrong file', () => {
  const names = readdirSync(FIXTURES).filter((name) => name.endsWith('.yaml'));
  test.each(names)('%s: every problem with its line', async (name) => {
    const parsed = parseOrganization(readFileSync(join(FIXTURES, name), 'utf8'), name);
    if (parsed.ok) throw new Error('it was taken');
    const lines = parsed.problems.map(({ line, path, message }) => `${line} ${path}: ${message}`);
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(
      join(FIXTURES, name.replace('.yaml', '.problems.txt')),
    );
  });

  test('is refused by load with every problem in the message', async () => {
    await expect(loadOrganization(join(FIXTURES, 'missing.yaml'))).rejects.toThrow(
      /missing\.yaml:1:1: error: "id" is missing/,
    );
    await expect(loadOrganization(join(FIXTURES, 'no-such-file.yaml'))).rejects.toThrow('cannot be read');
  });

  test('never makes it throw', () => {
    const whole = readFileSync(SAMPLE, 'utf8');
    const cut = fc
      .tuple(fc.nat(whole.length), fc.nat(40), fc.string({ maxLength: 12 }))
      .map(([at, length, put]) => {
        return whole.slice(0, at) + put + whole.slice(at + length);
      });
    fc.assert(
      fc.property(fc.oneof(cut, fc.string()), (text) => {
        parseOrganization(text, 'x');
      }),
      { numRuns: 150 },
    );
  });

  test('holds more sender patterns than WorkMail takes', () => {
    const rule = (name: number): string => {
      const senders = Array.from({ length: 250 }, (_, index) => `a${name}x${index}.example`).join(', ');
      return `    - {name: r${name}, action: drop, senders: [${senders}], recipients: "*"}\n`;
    };
    const rules = (count: number): string =>
      `flowRules:\n  inbound:\n${Array.from({ length: count }, (_, index) => rule(index)).join('')}`;
    expect(people(rules(4)).rules.inbound).toHaveLength(4);
    expect(() => people(rules(5))).toThrow('WorkMail takes 1000 in all');
  });
});

describe('the sample', () => {
  test('is taken as it stands', async () => {
    const sample = await loadOrganization(SAMPLE);
    expect(sample.domains).toEqual(['example.com']);
    expect(sample.functions.map((item) => item.name)).toEqual([
      'mailflow',
      'dmarc',
      'rewrite',
      'journal',
      'availability',
    ]);
    expect(sample.functions[0]).toEqual({
      name: 'mailflow',
      handler: 'mailflow',
      timeoutMs: 15_000,
      memoryMb: 512,
    });
    const rule = {
      name: 'mailflow',
      action: 'runLambda',
      function: 'mailflow',
      mode: 'synchronous',
      ruleTimeoutMs: 3_600_000,
    };
    expect(sample.rules.inbound).toEqual([{ ...rule, senders: ['*'], recipients: ['*'], fallback: 'junk' }]);
    expect(sample.rules.outbound).toEqual([
      { ...rule, senders: ['*'], recipients: ['*'], fallback: 'default' },
    ]);
    for (const name of ['alice', 'bob', 'carol'])
      expect(sample.authenticate(`${name}@example.com`, name)).toBe(true);
  });
});

describe('the directory', () => {
  const directory: Organization = people(`
  - {name: f, handler: f, timeoutSeconds: 15}`);
  const nested = parseOrganization(
    `id: m-0123456789abcdef0123456789abcdef
alias: example
region: us-east-1
account: "123456789012"
domains: [example.com]
users: [{address: a@example.com, password: a}, {address: b@example.com, password: b}]
groups:
  - {address: outer@example.com, members: [inner@example.com, a@example.com]}
  - {address: inner@example.com, members: [outer@example.com, b@example.com]}
`,
    'nested.yaml',
  );

  test('knows users, aliases and groups, in any case', () => {
    for (const address of ['alice@example.com', 'AL@example.com', 'Staff@Example.com'])
      expect(directory.knows(address)).toBe(true);
    for (const address of ['dora@example.com', 'alice@example.org', '', 'alice'])
      expect(directory.knows(address)).toBe(false);
  });

  test('expands to mailboxes, each once', () => {
    expect(directory.expand('AL@example.com')).toEqual(['alice@example.com']);
    expect(directory.expand('staff@example.com')).toEqual(['alice@example.com', 'bob@example.com']);
    expect(directory.expand('dora@example.com')).toEqual([]);
  });

  test('expands groups that hold each other', () => {
    if (!nested.ok) throw new Error('refused');
    expect(nested.organization.expand('outer@example.com').toSorted()).toEqual([
      'a@example.com',
      'b@example.com',
    ]);
  });

  test.each([
    ['alice@example.com', 'alice', true],
    ['ALICE@example.com', 'alice', true],
    ['alice@example.com', 'bob', false],
    ['alice@example.com', '', false],
    ['al@example.com', 'alice', false],
    ['dora@example.com', '', false],
  ])('authenticates %s with %j: %s', (user, password, expected) => {
    expect(directory.authenticate(user, password)).toBe(expected);
  });
});
