import { describe, expect, it } from 'vitest';
import { watched } from '../../../handlers/edge/watch.ts';
import type { LogRecord } from '../../../shared/log.ts';

function watchOptions(records: LogRecord[], limitMs: number, remainingMs = 15_000) {
  let time = 0;
  return {
    context: { getRemainingTimeInMillis: () => remainingMs },
    limitMs,
    marginMs: 2_000,
    now: () => {
      time += 125.4;
      return time;
    },
    log: (record: LogRecord) => records.push(record),
  };
}

describe('watched', () => {
  it('tells how long an answer took', async () => {
    const records: LogRecord[] = [];
    expect(await watched(watchOptions(records, 15_000), async () => 'answer')).toBe('answer');
    expect(records).toEqual([
      {
        level: 'info',
        event: 'invocation',
        outcome: 'answered',
        durationMs: expect.any(Number),
        limitMs: 15_000,
        deadlinePassed: false,
      },
    ]);
    expect(Number.isInteger(records[0]?.['durationMs'])).toBe(true);
  });

  it('tells of an error too, and throws it', async () => {
    const records: LogRecord[] = [];
    const error = new Error('busy');
    await expect(watched(watchOptions(records, 15_000), () => Promise.reject(error))).rejects.toBe(error);
    expect(records).toMatchObject([{ outcome: 'thrown', deadlinePassed: false }]);
  });

  it('tells that the deadline passed, and no limit where nobody waits', async () => {
    const records: LogRecord[] = [];
    const options = watchOptions(records, Number.POSITIVE_INFINITY, 40);
    await watched(options, ({ signal }) => new Promise((end) => signal.addEventListener('abort', end)));
    expect(records).toMatchObject([{ outcome: 'answered', deadlinePassed: true }]);
    expect(records[0]).not.toHaveProperty('limitMs');
  });
});
