/** template.yaml against the code: every function is a handler that is built, and every variable one that is read. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseDocument, visit } from 'yaml';
import { HANDLERS } from '../../local/build.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const text = readFileSync(join(ROOT, 'template.yaml'), 'utf8');
const document = parseDocument(text, { logLevel: 'silent' });
const template = document.toJS();
const reads = readFileSync(join(ROOT, 'handlers/edge/environment.ts'), 'utf8');

/** Names that `!Ref`, `!GetAtt NAME.…` and `!Sub ${NAME}` point at, but for CloudFormation's own. */
function references(): string[] {
  const found: string[] = [];
  visit(document, {
    Scalar(_key, node) {
      const value = String(node.value);
      if (node.tag === '!Ref') found.push(value);
      if (node.tag === '!GetAtt') found.push(value.split('.')[0] ?? '');
      if (node.tag === '!Sub')
        found.push(...[...value.matchAll(/\$\{([^}.]+)/g)].map((match) => match[1] ?? ''));
    },
  });
  return found.filter((name) => !name.startsWith('AWS::'));
}

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

const resources: Readonly<Record<string, Resource>> = template.Resources;
const functions = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::Serverless::Function');

describe('template.yaml', () => {
  test('is YAML that CloudFormation reads: no aliases, no merge keys', () => {
    expect(document.errors).toEqual([]);
    expect(text).not.toMatch(/^\s*<<:|: [&*][A-Za-z]/m);
  });

  test('has a function for every handler that is built', () => {
    expect(functions.map(([, { Properties }]) => Properties['CodeUri']).sort()).toEqual(
      HANDLERS.map((name) => `dist/${name}`).sort(),
    );
  });

  test('points at nothing that is not there', () => {
    const known = new Set([...Object.keys(resources), ...Object.keys(template.Parameters)]);
    expect(references().filter((name) => !known.has(name))).toEqual([]);
    expect(references().length).toBeGreaterThan(20);
  });

  test('sets only variables that the functions read', () => {
    const names = Object.keys(template.Globals.Function.Environment.Variables);
    expect(names.filter((name) => !reads.includes(`'${name}'`))).toEqual([]);
    expect(names).toContain('POLICY_URI');
  });

  test('lets WorkMail, and nobody else, call each function, and only for this organization', () => {
    const permissions = Object.values(resources).filter(({ Type }) => Type === 'AWS::Lambda::Permission');
    expect(permissions.map(({ Properties }) => Properties['FunctionName']).sort()).toEqual(
      functions.map(([name]) => name).sort(),
    );
    for (const { Properties } of permissions) {
      expect(Properties['Principal']).toMatch(/^(availability\.)?workmail\./);
      expect(Properties['SourceAccount']).toBe('AWS::AccountId');
      expect(Properties['SourceArn']).toMatch(/organization\/\$\{OrganizationId\}$/);
    }
  });
});
