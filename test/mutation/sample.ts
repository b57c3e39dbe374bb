/**
 * `npm run mutate:sample [-- --lines N --seed N --concurrency N FOLDER…]`: mutation testing of lines drawn by chance. All of
 * the pure core takes most of a day; a few hundred lines say in minutes how many changes the tests would notice. A mutant
 * that spans several lines is drawn with none of them.
 */
import { spawn } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { seedOfRun } from '../support/seed.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const STRYKER = join(ROOT, 'node_modules/@stryker-mutator/core/bin/stryker.js');
const CORE = ['shared/mime', 'shared/policy', 'shared/auth'];
const DEFAULT_LINES = '250';
/** Nothing, a comment, an import, or what only closes something: no mutant is there. */
const WITHOUT_CODE = /^\s*(?:$|\/[/*]|\*|import\b|export \{|\} from|[\])};,]+$)/;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    lines: { type: 'string', default: DEFAULT_LINES },
    seed: { type: 'string' },
    concurrency: { type: 'string', default: '2' },
  },
});
const wanted = Number(values.lines);
const seed = values.seed === undefined ? seedOfRun() : Number(values.seed);
if (!(Number.isInteger(wanted) && wanted > 0 && Number.isInteger(seed))) {
  process.stderr.write('mutate:sample: --lines takes a positive integer, --seed an integer\n');
  process.exit(2);
}

/** The lines that hold code, as Stryker names them: `file:line-line`. */
function linesOf(folder: string): readonly string[] {
  return globSync(`${folder}/**/*.ts`, { cwd: ROOT })
    .toSorted()
    .flatMap((file) =>
      readFileSync(join(ROOT, file), 'utf8')
        .split('\n')
        .flatMap((line, index) => (WITHOUT_CODE.test(line) ? [] : [`${file}:${index + 1}-${index + 1}`])),
    );
}

const all = (positionals.length === 0 ? CORE : positionals).flatMap(linesOf);
const count = Math.min(wanted, all.length);
const drawn = fc.sample(fc.shuffledSubarray(all, { minLength: count, maxLength: count }), {
  seed,
  numRuns: 1,
})[0];
if (drawn === undefined || count === 0) throw new Error('there is no line of code to draw');
process.stdout.write(`mutate:sample: ${count} of ${all.length} lines, seed ${seed}\n`);
const child = spawn(
  process.execPath,
  [STRYKER, 'run', '--mutate', drawn.join(','), '--concurrency', values.concurrency],
  { cwd: ROOT, stdio: 'inherit' },
);
child.on('exit', (code) => process.exit(code ?? 1));
