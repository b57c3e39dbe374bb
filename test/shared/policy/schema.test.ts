import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePolicy, policyJsonSchema } from '../../../shared/policy/index.ts';
import { loadPatternEngine } from '../../../shared/policy/text-pattern.ts';
import { brokenPolicy, type Json, rightPolicy, unknownKeyPolicy } from './generate.ts';
import { accepts } from './json-schema-checker.ts';

const schema = policyJsonSchema();
const patternEngine = await loadPatternEngine();
const valid = (policy: Json): boolean =>
  parsePolicy(JSON.stringify(policy), 'policy.yaml', { patternEngine }).ok;

/** Every object in the schema that describes a key of the file. */
function keysWithoutDescription(node: unknown, path: string): readonly string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, member]: [string, unknown]) => {
    const below = keysWithoutDescription(member, `${path}/${name}`);
    const isKey = path.endsWith('/properties') && typeof member === 'object' && member !== null;
    return isKey && !Object.hasOwn(member, 'description') ? [`${path}/${name}`, ...below] : below;
  });
}

describe('policyJsonSchema', () => {
  it('is what the published file holds', () => {
    const file = join(import.meta.dirname, '../../../shared/policy/policy.schema.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(schema)));
  });

  it('describes every key', () => {
    expect(keysWithoutDescription(schema, '')).toEqual([]);
  });

  it('states the defaults that parsing fills in', () => {
    const parsed = parsePolicy(
      '{version: 1, organization: {domains: example.com}, dmarc: {}}',
      'policy.yaml',
    );
    expect(parsed.ok && parsed.policy).toEqual({
      version: 1,
      organization: { domains: ['example.com'], trustSesHeaders: 'auto' },
      rules: [],
      lists: new Map(),
      dmarc: {
        mode: 'monitor',
        actions: { none: 'default', quarantine: 'junk', reject: 'junk' },
        unknown: 'default',
        bounceUnauthenticated: 'junk',
        severalAuthors: 'strictest',
        header: false,
        exceptions: [],
        trustedSealers: [],
        mailingLists: { domains: [], others: 'junk' },
        domains: [],
        recipients: [],
        onTimeout: 'retry',
        onTemporaryError: 'retry',
      },
    });
    expect(schema).toMatchObject({
      properties: {
        dmarc: { properties: { mode: { default: 'monitor' }, onTimeout: { default: 'retry' } } },
      },
    });
  });
});

describe('schema and validation agree', () => {
  it('on right policies', () => {
    fc.assert(
      fc.property(rightPolicy, (policy) => {
        expect([valid(policy), accepts(schema, policy)]).toEqual([true, true]);
      }),
      { numRuns: 60 },
    );
  });

  it('on unknown keys', () => {
    fc.assert(
      fc.property(unknownKeyPolicy, (policy) => {
        expect([valid(policy), accepts(schema, policy)]).toEqual([false, false]);
      }),
      { numRuns: 60 },
    );
  });

  it('on broken policies: what the schema refuses, validation refuses', () => {
    fc.assert(
      fc.property(brokenPolicy, (policy) => {
        if (!accepts(schema, policy)) expect(valid(policy)).toBe(false);
      }),
      { numRuns: 150 },
    );
  });
});
