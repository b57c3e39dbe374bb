/** Fuzzers of what answers later: one loop for all of them. fast-check's report has the seed, the path and the smallest input. */
import fc from 'fast-check';

export interface AsyncFuzzer<T> {
  readonly name: string;
  readonly inputs: fc.Arbitrary<T>;
  /** Throws when something that must hold does not. */
  check(input: T): Promise<void>;
}

/** The clock is looked at between rounds. */
const RUNS_PER_ROUND = 100;
/** Inputs are short: one that takes so long is one that a longer one would make take for ever. */
const MAX_MS = 2_000;

async function checkInTime<T>({ name, check }: AsyncFuzzer<T>, input: T): Promise<void> {
  const begun = performance.now();
  await check(input);
  const ms = performance.now() - begun;
  if (ms > MAX_MS) throw new Error(`${name}: an input took ${Math.round(ms)} ms`);
}

/** Runs for about that many seconds. */
export async function fuzzAsync<T>(
  fuzzer: AsyncFuzzer<T>,
  seconds: number,
  seed: number,
): Promise<{ runs: number }> {
  const until = performance.now() + seconds * 1_000;
  let runs = 0;
  for (let round = 0; performance.now() < until; round += 1) {
    await tryAsync(fuzzer, { numRuns: RUNS_PER_ROUND, seed: seed + round });
    runs += RUNS_PER_ROUND;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { runs };
}

/** As the tests do it: so many inputs, from the seed of the run. */
export async function tryAsync<T>(
  fuzzer: AsyncFuzzer<T>,
  parameters: { readonly numRuns: number; readonly seed?: number },
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fuzzer.inputs, (input) => checkInTime(fuzzer, input)),
    parameters,
  );
}
