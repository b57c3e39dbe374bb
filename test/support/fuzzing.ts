/**
 * Fuzzers that take octets: one loop for all of them. What makes one fail is kept in `test/fuzz/crashes/` under a name that
 * begins with the fuzzer's, and is tried again by every run of the tests from then on.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';

export interface ByteFuzzer {
  readonly name: string;
  readonly inputs: fc.Arbitrary<Uint8Array>;
  /** Throws when something that must hold does not. */
  check(bytes: Uint8Array): void;
}

const CRASHES = new URL('../fuzz/crashes/', import.meta.url);
/** The clock is looked at between rounds. */
const RUNS_PER_ROUND = 100;
/** Inputs are short: one that takes so long is one that a longer one would make take for ever. */
const MAX_MS = 2_000;

function checkInTime({ check }: ByteFuzzer, bytes: Uint8Array): void {
  const begun = performance.now();
  check(bytes);
  const ms = performance.now() - begun;
  if (ms > MAX_MS) throw new Error(`took ${Math.round(ms)} ms for ${bytes.length} octets`);
}

/** Runs for about that many seconds. Throws with fast-check's report (seed, path, smallest input), and keeps the input. */
export async function fuzzBytes(
  fuzzer: ByteFuzzer,
  seconds: number,
  seed: number,
): Promise<{ runs: number }> {
  const until = performance.now() + seconds * 1_000;
  const property = fc.property(fuzzer.inputs, (bytes) => checkInTime(fuzzer, bytes));
  let runs = 0;
  for (let round = 0; performance.now() < until; round++) {
    const details = fc.check(property, { seed: seed + round, numRuns: RUNS_PER_ROUND });
    const [smallest] = details.counterexample ?? [];
    if (details.failed) {
      if (smallest !== undefined) keep(fuzzer, smallest);
      throw new Error(`${fuzzer.name}: ${fc.defaultReportMessage(details) ?? 'failed'}`);
    }
    runs += RUNS_PER_ROUND;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { runs };
}

function keep({ name }: ByteFuzzer, bytes: Uint8Array): void {
  mkdirSync(CRASHES, { recursive: true });
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  writeFileSync(new URL(`${name}-${digest}.bin`, CRASHES), bytes);
}

/** What once made that fuzzer fail. */
export function crashesOf({
  name,
}: ByteFuzzer): readonly { readonly name: string; readonly bytes: Buffer }[] {
  return readdirSync(CRASHES)
    .filter((file) => file.startsWith(`${name}-`))
    .map((file) => ({ name: file, bytes: readFileSync(new URL(file, CRASHES)) }));
}

/** As the tests do it: what failed before, and `runs` new inputs. */
export function tryAll(fuzzer: ByteFuzzer, runs: number): void {
  for (const { name, bytes } of crashesOf(fuzzer)) {
    try {
      checkInTime(fuzzer, bytes);
    } catch (error) {
      throw new Error(`test/fuzz/crashes/${name} fails again`, { cause: error });
    }
  }
  fc.assert(
    fc.property(fuzzer.inputs, (bytes) => checkInTime(fuzzer, bytes)),
    { numRuns: runs },
  );
}
