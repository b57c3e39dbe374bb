import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parsePolicy, policyJsonSchema } from '../../shared/policy/index.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/policy.md'), 'utf8');
const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');

describe('docs/policy.md', () => {
  test.each(examples.map((example, index) => [index + 1, example] as const))(
    'example %i is a valid policy',
    (_number, example) => {
      const parsed = parsePolicy(example, 'policy.yaml');
      expect(parsed.ok ? [] : parsed.problems).toEqual([]);
    },
  );

  test('names every section of the schema', () => {
    const sections = Object.keys(Object(policyJsonSchema()['properties']));
    expect(sections.length).toBeGreaterThan(4);
    for (const section of sections.filter((name) => name !== 'version'))
      expect(page).toContain(`## ${section}`);
  });
});
