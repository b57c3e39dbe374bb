import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadOrganization, type Organization, parseOrganization } from '../../../local/organization.ts';
import { people } from './support.ts';

const RUN = 'action: runLambda, mode: synchronous';
const ASK = `${RUN}, fallback: default`;
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

  test('[R5] holds more sender patterns than WorkMail takes', () => {
    const rule = (name: number): string => {
      const senders = Array.from({ length: 250 }, (_, index) => `a${name}x${index}.example`).join(', ');
      return `    - {name: r${name}, action: drop, senders: [${senders}], recipients: "*"}\n`;
    };
    const rules = (count: number): string =>
      `flowRules:\n  inbound:\n${Array.from({ length: count }, (_, index) => rule(index)).join('')}`;
    expect(people(rules(4)).rules.inbound).toHaveLength(4);
    expect(() => people(rules(5))).toThrow('WorkMail takes 1000 in all');
    const outbound = '  outbound: [{name: r, action: drop, senders: one.example, recipients: "*"}]\n';
    expect(() => people(rules(4) + outbound)).toThrow('1001 sender patterns');
  });

  /** A rule that is sound but for what is given. */
  const withRule = (given: string): Organization => {
    const defaults = { name: 'r', action: 'drop', senders: '"*"', recipients: '"*"' };
    const missing = Object.entries(defaults).filter(([key]) => !new RegExp(`\\b${key}:`).test(given));
    const rule = [...missing.map(([key, value]) => `${key}: ${value}`), given].join(', ');
    return people(`flowRules: {inbound: [{${rule}}]}`);
  };
  const many = Array.from({ length: 251 }, (_, index) => `a${index}.example`).join(', ');

  test.each<[string, string, string]>([
    [
      '[R4] 251 sender patterns in a rule',
      `senders: [${many}]`,
      'expected a list of 1 to 250 address patterns, got 251',
    ],
    ['[R10] a wildcard in the middle', 'senders: "a.*.example"', '"*" stands alone or before a whole domain'],
    ['[R10] a wildcard at the end', 'senders: "news.*"', '"*" stands alone or before a whole domain'],
    [
      '[R10] a wildcard in front of a part of a name',
      'senders: "*news.example"',
      '"*" stands alone or before',
    ],
    ['[R10] a wildcard before the "@"', 'recipients: "a*@b.example"', '"*" cannot stand before the "@"'],
    [
      '[R11] a plus sign in an address',
      'senders: "a+b@c.example"',
      'WorkMail does not allow "+" in a pattern',
    ],
    ['[R11] a plus sign in a recipient pattern', 'recipients: "a+b@c.example"', 'does not allow "+"'],
    ['[R6] a name beside the address', 'senders: "Ann <a@b.example>"', 'write the bare address'],
    ['[R31] the SMTP gateway inbound', 'action: smtpGateway', 'smtpGateway is no inbound action'],
    [
      '[L2] a synchronous function for some recipients',
      `${ASK}, function: sync, recipients: example.com`,
      'takes the recipients "*" only',
    ],
    ['[L3] Run Lambda as fallback', `${RUN}, function: sync, fallback: runLambda`, 'got "runLambda"'],
    [
      '[L6] a rule timeout over 240 minutes',
      `${ASK}, function: sync, ruleTimeoutMinutes: 241`,
      'a whole number from 0 to 240',
    ],
    ['[L11] a function that may run longer than 15 s', `${ASK}, function: beside`, 'longer than the 15 s'],
  ])('%s', (_name, rule, message) => {
    expect(() => withRule(rule)).toThrow(message);
  });

  test.each([15, 16])('[L11] a synchronous function of %i s', (seconds) => {
    const organization = () =>
      people(`  - {name: f, handler: f, timeoutSeconds: ${seconds}}
flowRules: {inbound: [{name: r, ${ASK}, function: f, senders: "*", recipients: "*"}]}
`);
    if (seconds === 15) expect(organization().rules.inbound).toHaveLength(1);
    else expect(organization).toThrow('longer than the 15 s');
  });

  test.each([
    [
      '[L10] a function of another region',
      'arn:aws:lambda:eu-west-1:123456789012:function:f',
      'the function is in eu-west-1',
    ],
    [
      '[L10] a function of another account',
      'arn:aws:lambda:us-east-1:999999999999:function:f',
      'is in account 999999999999',
    ],
  ])('%s', (_name, arn, message) => {
    const written = (named: string): Organization =>
      people(`  - {name: f, handler: f, timeoutSeconds: 15, arn: "${arn}"}
flowRules: {inbound: [{name: r, ${ASK}, function: "${named}", senders: "*", recipients: "*"}]}
`);
    expect(() => written('f')).toThrow(message);
    expect(() => written(arn)).toThrow(message);
  });

  test('[L10, L25] a function of the own region and account may be named by its ARN', () => {
    const arn = 'arn:aws:lambda:us-east-1:123456789012:function:f:live';
    const { rules } = people(`  - {name: f, handler: f, timeoutSeconds: 15, arn: "${arn}"}
flowRules: {inbound: [{name: r, ${ASK}, function: "${arn}", senders: "*", recipients: "*"}]}
`);
    expect(rules.inbound[0]).toMatchObject({ function: 'f' });
  });

  test('[G1] an SMTP gateway has a name, an address, a port, a user and a password', () => {
    const rule = 'flowRules: {outbound: [{name: g, action: smtpGateway, senders: "*", recipients: "*"}]}\n';
    const gateway = { name: 'g', address: 'mail.gateway.example', port: 587, user: 'u', password: 'p' };
    expect(people(`smtpGateway: ${JSON.stringify(gateway)}\n${rule}`).smtpGateway).toEqual(gateway);
    expect(people(`smtpGateway: sink\n${rule}`).smtpGateway).toBe('sink');
    expect(() => people(rule)).toThrow('the organization has no SMTP gateway');
    for (const key of Object.keys(gateway)) {
      const { [key as keyof typeof gateway]: _left, ...rest } = gateway;
      expect(() => people(`smtpGateway: ${JSON.stringify(rest)}\n`)).toThrow(`"${key}" is missing`);
    }
    for (const wrong of [{ address: 'not a host' }, { port: 70_000 }, { password: 'a\r\nb' }]) {
      expect(() => people(`smtpGateway: ${JSON.stringify({ ...gateway, ...wrong })}\n`)).toThrow('expected');
    }
  });
});

describe("[Q5, Q6, Q7] WorkMail's quotas", () => {
  const written = (domains: number, users: number, aliases: number): string =>
    JSON.stringify({
      id: 'm-0123456789abcdef0123456789abcdef',
      alias: 'example',
      region: 'us-east-1',
      account: '123456789012',
      domains: Array.from({ length: domains }, (_, index) => `d${index}.example`),
      users: Array.from({ length: users }, (_, index) => ({
        address: `u${index}@d0.example`,
        password: 'x',
        ...(index === 0 && aliases > 0
          ? { aliases: Array.from({ length: aliases }, (__, alias) => `a${alias}@d0.example`) }
          : {}),
      })),
    });

  test('are taken to the last', () => {
    expect(parseOrganization(written(1000, 1000, 100), 'x').ok).toBe(true);
  });

  test.each([
    ['1,001 domains', written(1001, 1, 0), 'expected a list of 1 to 1000 domains, got 1001 items'],
    ['1,001 users', written(1, 1001, 0), 'expected a list of 1 to 1000 users, got 1001 items'],
    ['101 aliases', written(1, 1, 101), 'expected a list of 1 to 100 addresses, got 101 items'],
  ])('%s are too many', (_name, text, message) => {
    const parsed = parseOrganization(text, 'x');
    expect(parsed.ok ? [] : parsed.problems.map((problem) => problem.message)).toEqual([message]);
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
      'reports',
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
