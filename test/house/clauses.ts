/**
 * Which clauses of the standards shared/auth and shared/reports cite, and which of them a test cites as well:
 * `node test/house/clauses.ts` prints both, the untested ones marked.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(import.meta.dirname, '../..');
const STANDARD = '(?:RFC \\d{4}|dmarcbis-41|aggregate-reporting-32|failure-reporting-24)';
const CLAUSE = '(?:§\\d+(?:\\.\\d+)*|[A-C]\\.\\d+(?:\\.\\d+)*)';
/** `RFC 6376 §3.5, §6.1.1 and §6.1.2`: one standard, then clauses. */
const CITATION = new RegExp(`(${STANDARD}) (${CLAUSE}(?:(?:,? and |, )${CLAUSE})*)`, 'g');

/** Every clause that a text cites, as `RFC 6376 §3.5`. A citation may go over a line's end within a comment. */
export function clausesIn(text: string): ReadonlySet<string> {
  const found = new Set<string>();
  const flat = text.replace(/\s*\n\s*(?:\*|\/\/)?\s*/g, ' ');
  for (const [, standard = '', clauses = ''] of flat.matchAll(CITATION)) {
    for (const [clause] of clauses.matchAll(new RegExp(CLAUSE, 'g'))) found.add(`${standard} ${clause}`);
  }
  return found;
}

function filesBelow(folder: string, endings: readonly string[]): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => endings.some((ending) => name.endsWith(ending)))
    .map((name) => join(ROOT, folder, name));
}

function clausesOf(files: readonly string[]): ReadonlySet<string> {
  return new Set(files.flatMap((file) => [...clausesIn(readFileSync(file, 'utf8'))]));
}

export interface ClauseCoverage {
  readonly cited: readonly string[];
  readonly untested: readonly string[];
}

/** Sorted by standard and number. */
export function clauseCoverage(): ClauseCoverage {
  const tested = clausesOf([
    ...filesBelow('test/shared/auth', ['.ts']),
    ...filesBelow('test/shared/reports', ['.ts']),
    ...filesBelow('test/conformance', ['.ts', '.json']),
  ]);
  const order = new Intl.Collator('en', { numeric: true });
  const code = [...filesBelow('shared/auth', ['.ts']), ...filesBelow('shared/reports', ['.ts'])];
  const cited = [...clausesOf(code)].sort(order.compare);
  return { cited, untested: cited.filter((clause) => !tested.has(clause)) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { cited, untested } = clauseCoverage();
  for (const clause of cited) process.stdout.write(`${untested.includes(clause) ? '-' : '+'} ${clause}\n`);
  process.stdout.write(
    `${cited.length} clauses cited in shared/auth and shared/reports, ${cited.length - untested.length} in tests\n`,
  );
}
