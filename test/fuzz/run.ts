/** `npm run fuzz [-- --seconds N --seed N]`: shares the time among every fuzzer beside this file; stops at the first failure. */
import { readdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { seedOfRun } from '../support/seed.ts';

interface Fuzzer {
  fuzz(seconds: number, seed: number): Promise<{ readonly runs: number }>;
}

function isFuzzer(value: object): value is Fuzzer {
  return 'fuzz' in value && typeof value.fuzz === 'function';
}

const DEFAULT_SECONDS = '600';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: DEFAULT_SECONDS }, seed: { type: 'string' } },
});
const seconds = Number(values.seconds);
const seed = values.seed === undefined ? seedOfRun() : Number(values.seed);
if (!(seconds > 0) || !Number.isInteger(seed)) {
  process.stderr.write('fuzz: --seconds takes a positive number, --seed an integer\n');
  process.exit(2);
}

const names = (await readdir(import.meta.dirname))
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && name !== 'run.ts')
  .sort();
process.stdout.write(`fuzz: ${names.length} fuzzers, ${seconds} s in all, seed ${seed}\n`);
for (const name of names) {
  const module: unknown = await import(`./${name}`);
  if (typeof module !== 'object' || module === null || !isFuzzer(module))
    throw new Error(`${name} exports no fuzz()`);
  const { runs } = await module.fuzz(seconds / names.length, seed);
  process.stdout.write(`fuzz: ${name.replace('.ts', '')}: ${runs} inputs, nothing found\n`);
}
