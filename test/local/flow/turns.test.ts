import { describe, expect, test } from 'vitest';
import { createTurns, Stopped } from '../../../local/flow/turns.ts';

/** A task that runs until it is told to end, and says that it began. */
function heldTask(name: string, begun: string[]) {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    end: resolve,
    task: async () => {
      begun.push(name);
      await promise;
    },
  };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('createTurns', () => {
  test('runs no more than the limit, the others in the order in which they came', async () => {
    const begun: string[] = [];
    const turns = createTurns(1, new AbortController().signal);
    const [first, second, third] = ['first', 'second', 'third'].map((name) => heldTask(name, begun));
    const all = [first, second, third].map((held) => turns(held?.task ?? Promise.reject));
    await settle();
    expect(begun).toEqual(['first']);
    first?.end();
    await settle();
    expect(begun).toEqual(['first', 'second']);
    second?.end();
    third?.end();
    await Promise.all(all);
    expect(begun).toEqual(['first', 'second', 'third']);
  });

  test('lets a task that ends what was begun go before those that wait', async () => {
    const begun: string[] = [];
    const turns = createTurns(1, new AbortController().signal);
    const [running, waiting, ending] = ['running', 'waiting', 'ending'].map((name) => heldTask(name, begun));
    const all = [
      turns(running?.task ?? Promise.reject),
      turns(waiting?.task ?? Promise.reject),
      turns(ending?.task ?? Promise.reject, true),
    ];
    for (const held of [running, waiting, ending]) held?.end();
    await Promise.all(all);
    expect(begun).toEqual(['running', 'ending', 'waiting']);
  });

  test('begins nothing more once stopped', async () => {
    const stopping = new AbortController();
    const turns = createTurns(1, stopping.signal);
    stopping.abort();
    await expect(turns(() => Promise.resolve('done'))).rejects.toThrow(Stopped);
  });
});
