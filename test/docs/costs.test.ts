/** What docs/costs.md counts, against what is there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

test('says how many metrics a function can have', () => {
  const source = read('handlers/edge/metrics.ts');
  const union = source.slice(
    source.indexOf('type Metric ='),
    source.indexOf(';\n\n', source.indexOf('type Metric =')),
  );
  const names = [...union.matchAll(/^ {2}\| '(\w+)'/gm)].map((match) => match[1]);
  expect(names).toContain('PolicyLoadFailures');
  const stated = /metrics of our own \| up to (\d+) for each function/.exec(read('docs/costs.md'))?.[1];
  expect(Number(stated)).toBe(names.length);
});
