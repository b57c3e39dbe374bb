/** docs/fidelity.md against the tests: every sentence has its answer, and what is played is shown by a test with its number. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ASSUMPTIONS } from '../../local/assumptions.ts';

const ROOT = resolve(import.meta.dirname, '../..');

interface Row {
  readonly number: string;
  readonly played: string;
  readonly file: string;
}

function readRows(): Row[] {
  return readFileSync(join(ROOT, 'docs/fidelity.md'), 'utf8')
    .split('\n')
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
    .filter((cells) => /^[A-Z]\d+$/.test(cells[1] ?? ''))
    .map((cells) => ({
      number: cells[1] ?? '',
      played: cells[3] ?? '',
      file: /test\/[\w./-]+/.exec(cells[4] ?? '')?.[0] ?? '',
    }));
}

const rows = readRows();

/** Whether a title in the file holds the number in brackets, alone or in a list: [R1], [R1, R2]. */
function hasNumber(file: string, number: string): boolean {
  const path = join(ROOT, file);
  if (!existsSync(path)) return false;
  return [...readFileSync(path, 'utf8').matchAll(/\[([A-Z]\d+(?:[,\s]+[A-Z]\d+)*)\]/g)].some((match) =>
    (match[1] ?? '').split(/[,\s]+/).includes(number),
  );
}

describe('docs/fidelity.md', () => {
  test('numbers each sentence once', () => {
    expect(rows.length).toBeGreaterThan(100);
    expect(new Set(rows.map((row) => row.number)).size).toBe(rows.length);
  });

  test.each(rows.map((row) => [row.number, row] as const))('%s is answered, and shown', (number, row) => {
    if (row.played.startsWith('no:')) {
      expect(row.played.length).toBeGreaterThan('no: because'.length);
      return;
    }
    const name = /^switch `?(\w+)`?$/.exec(row.played)?.[1];
    if (name === undefined) expect(row.played).toMatch(/^yes\b/);
    else expect(Object.keys(ASSUMPTIONS)).toContain(name);
    expect(hasNumber(row.file, number), `${row.file} has a title with [${number}]`).toBe(true);
  });
});
