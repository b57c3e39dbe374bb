import { expect, test } from 'vitest';
import { createFunctionLogs } from '../../../../local/aws/control/function-logs.ts';
import type { InvokeOutcome } from '../../../../local/types.ts';

function outcome(...logs: InvokeOutcome['logs']): InvokeOutcome {
  return { kind: 'timeout', durationMs: 1, coldStart: false, logs };
}

test('lines are kept by function as they were written, also of a call that failed', async () => {
  const outcomes = [outcome({ level: 'info', message: 'a' }, { message: 'plain' }), outcome({ event: 'x' })];
  let nowMs = 0;
  const logs = createFunctionLogs(
    { invoke: async () => outcomes.shift() ?? outcome() },
    () => (nowMs += 1000),
  );
  expect(await logs.invoker.invoke('one', {})).toMatchObject({ kind: 'timeout' });
  await logs.invoker.invoke('one', {});
  expect(logs.read('one')).toEqual([
    { timeMs: 1000, message: '{"level":"info","message":"a"}' },
    { timeMs: 1000, message: 'plain' },
    { timeMs: 2000, message: '{"event":"x"}' },
  ]);
  expect(logs.read('two')).toEqual([]);
});

test('the oldest lines go when a function writes without end', async () => {
  const mb = 'x'.repeat(1024 * 1024);
  const logs = createFunctionLogs(
    { invoke: async (_, event) => outcome({ message: `${String(event)}${mb}` }) },
    () => 0,
  );
  for (let call = 0; call < 10; call += 1) await logs.invoker.invoke('one', call);
  expect(logs.read('one').map(({ message }) => message[0])).toEqual(['7', '8', '9']);
});
