/** A stand-in may run for weeks on the same warm processes. */
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { createLambdaHost } from '../../../local/lambda/host.ts';

const DIST = join(import.meta.dirname, '..', '..', 'fixtures', 'lambda');
/** Larger ones Node keeps outside of the heap. */
const ANSWER_BYTES = 512 * 1024;
const ANSWERS = 40;

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
  return process.memoryUsage().heapUsed;
}

test('a warm process keeps no answer that it gave', async () => {
  const actor = { name: 'actor', handler: 'actor', timeoutMs: 5000, memoryMb: 256 };
  const host = createLambdaHost({
    functions: [actor],
    distDir: DIST,
    environmentOf: () => ({}),
    region: 'eu-west-1',
    account: '123456789012',
    concurrency: 1,
  });
  const answer = () => host.invoke('actor', { do: 'large', bytes: ANSWER_BYTES });
  await answer();
  const before = heapAfterCollection();
  for (let count = 0; count < ANSWERS; count += 1) expect((await answer()).kind).toBe('answer');
  expect((heapAfterCollection() - before) / ANSWER_BYTES).toBeLessThan(ANSWERS / 4);
  await host.close();
});
