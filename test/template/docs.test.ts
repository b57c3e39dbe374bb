/** docs/install.md and docs/costs.md against the template that they speak of. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isMap } from '../../local/template/types.ts';
import { EVERYTHING, READ, resolved } from './given.ts';

const page = (name: string): string => readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8');

/** Rows of tables that begin with names in back-ticks, as name and second cell. */
function rows(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, names = '', second = ''] of text.matchAll(/^\| ((?:`\w+`(?:, )?)+) \| ([^|]*) \|/gm))
    for (const [, name = ''] of names.matchAll(/`(\w+)`/g)) found.set(name, second.trim());
  return found;
}

describe('docs/install.md', () => {
  const install = page('install.md');
  const parameters = isMap(READ['Parameters']) ? READ['Parameters'] : {};
  const explained = rows(install);

  test.each(Object.entries(parameters))('explains %s, with its default', (name, declared) => {
    const { Default } = isMap(declared) ? declared : {};
    const expected: Readonly<Record<string, string>> = { undefined: 'needed', '': 'none' };
    const shown = explained.get(name)?.replaceAll('`', '');
    if (name === 'WorkMailRegion') expect(shown).toBe("the stack's");
    else expect(shown).toBe(expected[String(Default)] ?? String(Default));
  });

  test('names every output and every kind of alarm', () => {
    const { resources } = resolved(EVERYTHING);
    const alarms = [...resources.values()].filter(({ type }) => type === 'AWS::CloudWatch::Alarm');
    for (const { logicalId } of alarms)
      expect(
        [...explained.keys()].some((name) => logicalId.endsWith(name)),
        logicalId,
      ).toBe(true);
    for (const output of ['MailflowFunction', 'JournalFunction', 'DashboardUrl'])
      expect(install).toContain(`\`${output}\``);
  });
});

test('what an alarm says to read is there, under that heading', () => {
  const texts = [...resolved(EVERYTHING).resources.values()].map(({ properties }) =>
    String(properties['AlarmDescription'] ?? ''),
  );
  const named = texts.flatMap((text) => [...text.matchAll(/docs\/([a-z-]+\.md)(?:, "([^"]+)")?/g)]);
  expect(named.length).toBeGreaterThan(0);
  for (const [, name = '', heading = ''] of named) expect(page(name)).toMatch(`\n## ${heading}\n`);
});

test('docs/costs.md counts the alarms as they are', () => {
  const ids = [...resolved(EVERYTHING).resources.values()]
    .filter(({ type }) => type === 'AWS::CloudWatch::Alarm')
    .map(({ logicalId }) => logicalId);
  const count = (name: string): number => ids.filter((id) => id.startsWith(name)).length;
  expect(['Mailflow', 'Rewrite', 'Dmarc', 'Availability', 'Journal'].map(count)).toEqual([8, 8, 7, 5, 5]);
});
