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

/** A string literal; whatever is in it. */
const LITERAL = String.raw`(['"${'`'}])((?:\\.|(?!\1)[\s\S])*?)\1`;
/** Strings that can be a title: the first argument of a test; the first cell of a row of cases, or a case's `title`. */
const TITLES = [
  new RegExp(String.raw`\b(?:it|test|describe)(?:\.\w+)*(?:\((?:[^()]|\([^()]*\))*\))?\(\s*${LITERAL}`, 'g'),
  new RegExp(String.raw`(?:\[\s*|\btitle: )${LITERAL}`, 'g'),
];

/** The numbers in brackets, alone or in a list, that titles of the file hold: [R1], [R1, R2]. Comments are no titles. */
function numbersIn(source: string): ReadonlySet<string> {
  const code = source.replace(/^\s*(?:\/\/|\/?\*).*$/gm, '');
  const titles = TITLES.flatMap((title) => [...code.matchAll(title)].map((match) => match[2])).join('\n');
  const lists = [...titles.matchAll(/\[([A-Z]\d+(?:[,\s]+[A-Z]\d+)*)\]/g)];
  return new Set(lists.flatMap((match) => (match[1] ?? '').split(/[,\s]+/)));
}

const numbersOf = new Map<string, ReadonlySet<string>>();

function hasNumber(file: string, number: string): boolean {
  const path = join(ROOT, file);
  if (!existsSync(path)) return false;
  const numbers = numbersOf.get(path) ?? numbersIn(readFileSync(path, 'utf8'));
  numbersOf.set(path, numbers);
  return numbers.has(number);
}

describe('a number counts', () => {
  test.each([
    ["it('[R1, R2] acts', () => {});", true],
    ["test.each(cases)('[R2] %s', () => {});", true],
    ["const rows = [['[R2] a row', 1]];", true],
    ["const one = { title: '[R2] a case' };", true],
    ["// it('[R2] was here')", false],
    ["/** [R2] is for another day. */\nit('acts', () => {});", false],
    ["it('acts', () => expect(log).toContain('[R2]'));", false],
  ])('%s: %s', (source, counts) => {
    expect(numbersIn(source).has('R2')).toBe(counts);
  });
});

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
