import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { explain } from '../../local/cli/explanation.ts';
import { ACTIONS } from '../../shared/policy/actions/index.ts';
import { CONDITIONS } from '../../shared/policy/conditions/index.ts';
import { OUTCOMES } from '../../shared/policy/decision.ts';
import { type Policy, policyJsonSchema, readPolicy } from '../../shared/policy/index.ts';
import { VARIABLES } from '../../shared/policy/variables.ts';
import { isRecord } from '../../shared/workmail/json.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/policy.md'), 'utf8');
const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
const numbered = examples.map((example, index) => [index + 1, example] as const);

async function policyOf(example: string): Promise<Policy> {
  const parsed = await readPolicy(example, 'policy.yaml');
  if (parsed.ok) return parsed.policy;
  throw new Error(parsed.problems.map(({ line, message }) => `line ${line}: ${message}`).join('\n'));
}

/** `unless` takes the conditions of `when`, and every action the same `where`: an example of one is an example of all. */
function keyPath(path: string, key: string): string {
  return `${path}/${key}`.replace('/unless/', '/when/').replace(/\/do\/\w+\/where\//, '/do/where/');
}

/** Every key that a policy may have, by the names above it; a name that the author chooses is `*`. */
function schemaKeys(schema: unknown, path = ''): string[] {
  if (!isRecord(schema)) return [];
  const { properties, items, additionalProperties, anyOf } = schema;
  const members = isRecord(properties) ? Object.entries(properties) : [];
  return [
    ...members.flatMap(([key, member]) => [keyPath(path, key), ...schemaKeys(member, keyPath(path, key))]),
    ...schemaKeys(items, path),
    ...schemaKeys(additionalProperties, `${path}/*`),
    ...(Array.isArray(anyOf) ? anyOf.flatMap((one) => schemaKeys(one, path)) : []),
  ];
}

/** The keys that stand in an example, by the same names. */
function usedKeys(value: unknown, known: ReadonlySet<string>, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => usedKeys(item, known, path));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const named = keyPath(path, key);
    const here = known.has(named) ? named : `${path}/*`;
    return [here, ...usedKeys(member, known, here)];
  });
}

function message(name: string): Uint8Array {
  return readFileSync(new URL(`../fixtures/handlers/${name}`, import.meta.url));
}

describe('docs/policy.md', () => {
  test.each(numbered)('example %i is a valid policy', async (_number, example) => {
    const parsed = await readPolicy(example, 'policy.yaml');
    expect(parsed.ok ? [] : parsed.problems).toEqual([]);
  });

  test.each(numbered)('example %i can be explained, in both directions', async (_number, example) => {
    const policy = await policyOf(example);
    for (const [direction, file] of [
      ['inbound', 'inbound-fail.eml'],
      ['outbound', 'outbound.eml'],
    ] as const) {
      const explained = await explain({
        policy,
        bytes: message(file),
        direction,
        sender: undefined,
        recipients: [],
        lookupDns: async () => ({ kind: 'nxdomain' }),
        withKey: true,
      });
      expect(explained.rules.map(({ name }) => name)).toEqual(policy.rules.map(({ name }) => name));
    }
  });

  test('has an example of every key of the schema', () => {
    const known = new Set(schemaKeys(policyJsonSchema()));
    const used = new Set(examples.flatMap((example) => usedKeys(parse(example), known)));
    expect(known.size).toBeGreaterThan(50);
    expect([...known].filter((key) => !used.has(key))).toEqual([]);
  });

  test('would notice a key without an example', () => {
    const schema = { properties: { rules: { items: { properties: { when: {}, colour: {} } } } } };
    const known = new Set(schemaKeys(schema));
    const used = usedKeys({ rules: [{ when: {} }] }, known);
    expect([...known].filter((key) => !used.includes(key))).toEqual(['/rules/colour']);
  });

  test('has every condition and every action in a table', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));
    const first = new Set(
      rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, key]) => key)),
    );
    const keys = [...Object.keys(CONDITIONS), 'recipientMatch', ...Object.keys(ACTIONS)];
    expect(keys.filter((key) => !first.has(key))).toEqual([]);
  });

  test('names every variable, and the order of outcomes as it is', () => {
    for (const name of Object.keys(VARIABLES)) expect(page).toContain(`\`%%${name}%%\``);
    expect(page).toContain(`\n${OUTCOMES.join(', ')}\n`);
  });

  test('names every section of the schema', () => {
    const sections = Object.keys(Object(policyJsonSchema()['properties']));
    expect(sections.length).toBeGreaterThan(4);
    for (const section of sections.filter((name) => name !== 'version'))
      expect(page).toContain(`## ${section}`);
  });
});
