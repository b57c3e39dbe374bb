/** A short run of the fuzzer with every run of the suite; `npm run fuzz` takes its time. */
import { expect, it } from 'vitest';
import { fuzz } from '../../../fuzz/archives.ts';

it('finds nothing in a second', async () => {
  expect((await fuzz(1, Number(process.env['MAILROOM_SEED'] ?? 1))).runs).toBeGreaterThan(0);
});
