/** Two stand-ins on one data folder: the second ends, and the first has not noticed it. */
import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newDataFolder, type RunningStandIn, removeFolder, startStandIn } from '../support/stand-in.ts';

let first: RunningStandIn;
beforeAll(async () => {
  first = await startStandIn(newDataFolder());
});
afterAll(async () => {
  await first?.stop();
  removeFolder(first.data);
});

/** A PutObject whose body comes in two halves; `between` runs when the first is there. */
function slowPut(between: () => Promise<void>): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-length': '10' };
    const options = {
      host: '127.0.0.1',
      port: first.ports.aws,
      path: '/mailroom-rewrite/slow',
      method: 'PUT',
    };
    const sending = request({ ...options, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sending.on('error', reject);
    sending.write('first', () => {
      between().then(() => sending.end('other'), reject);
    });
  });
}

test('an object that was being written while the second tried is stored', { timeout: 30_000 }, async () => {
  const status = await slowPut(async () => {
    await expect(startStandIn(first.data)).rejects.toThrow(/another mailroom \(process \d+\)/);
  });
  expect(status).toBe(200);
});
