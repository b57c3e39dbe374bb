import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ASSUMPTIONS, DEFAULT_ASSUMPTIONS } from '../../local/assumptions.ts';
import { people } from './flow/support.ts';

const PAGE = resolve(import.meta.dirname, '../../docs/stand-in.md');

/** The rows of the table under "Assumptions": name and values. */
function rows(): [string, readonly string[]][] {
  const [, section = ''] = readFileSync(PAGE, 'utf8').split('\n## Assumptions\n');
  const [table = ''] = section.split('\n## ');
  return [...table.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map(([, name = '', values = '']) => [
    name,
    [...values.matchAll(/`([^`]+)`/g)].map(([, value = '']) => value),
  ]);
}

describe('the assumptions', () => {
  test('are those of the table in docs/stand-in.md, the default first', () => {
    expect(Object.fromEntries(rows())).toEqual(ASSUMPTIONS);
    for (const [name, values] of rows())
      expect([name, values[0]]).toEqual([name, Reflect.get(DEFAULT_ASSUMPTIONS, name)]);
  });

  test('have their defaults in an organization that says nothing', () => {
    expect(people('').assumptions).toEqual(DEFAULT_ASSUMPTIONS);
    expect(people('assumptions: {}\n').assumptions).toEqual(DEFAULT_ASSUMPTIONS);
  });

  test.each(Object.entries(ASSUMPTIONS))('%s: each of its values is taken, and no other', (name, values) => {
    for (const value of values) {
      const { assumptions } = people(`assumptions: {${name}: ${value}}\n`);
      expect(assumptions).toEqual({ ...DEFAULT_ASSUMPTIONS, [name]: value });
    }
    expect(() => people(`assumptions: {${name}: sometimes}\n`)).toThrow(
      `expected one of ${values.join(', ')}`,
    );
  });

  test('a switch that nobody knows is refused', () => {
    expect(() => people('assumptions: {lambdaPairs: both}\n')).toThrow('did you mean "lambdaPair"?');
    expect(() => people('synchronousAndAsynchronous: both\n')).toThrow(
      'unknown key "synchronousAndAsynchronous"',
    );
  });
});
