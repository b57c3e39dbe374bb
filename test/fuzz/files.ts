/** Fuzzes what looks into files: real archives and documents damaged octet by octet, and octets behind every known beginning. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { inspectFile } from '../../shared/mime/files/inspect.ts';
import { SIGNATURES } from '../../shared/mime/files/signatures.ts';
import { MAX_ARCHIVE_ENTRIES } from '../../shared/mime/limits.ts';
import { type ByteFuzzer, fuzzBytes } from '../support/fuzzing.ts';

const FILES = new URL('../fixtures/files/', import.meta.url).pathname;

const samples = readdirSync(FILES).map((name) => readFileSync(`${FILES}${name}`));

/** Overwritten, cut and repeated octets of a real file. */
const damagedFile = fc
  .tuple(
    fc.constantFrom(...samples),
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 12 }),
    fc.nat(),
  )
  .map(([sample, changes, cut]) => {
    const bytes = Buffer.from(sample);
    for (const [at, octet] of changes) bytes[at % bytes.length] = octet;
    return cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes;
  });

const knownBeginning = fc
  .tuple(fc.constantFrom(...SIGNATURES), fc.uint8Array({ maxLength: 300 }))
  .map(([{ at, octets }, rest]) => Buffer.concat([Buffer.alloc(at), Buffer.from(octets, 'latin1'), rest]));

export const fuzzer: ByteFuzzer = {
  name: 'files',
  inputs: fc.oneof(damagedFile, knownBeginning, fc.uint8Array({ maxLength: 600 })),
  check(bytes) {
    const { archive, type } = inspectFile(bytes);
    if ((archive?.entries.length ?? 0) > MAX_ARCHIVE_ENTRIES) throw new Error('more entries than the limit');
    if (type?.extensions.length === 0) throw new Error('a type without an extension');
  },
};

export const fuzz = (seconds: number, seed: number): Promise<{ runs: number }> =>
  fuzzBytes(fuzzer, seconds, seed);
