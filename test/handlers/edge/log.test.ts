import { expect, it } from 'vitest';
import { createLog, withFields } from '../../../handlers/edge/log.ts';
import type { LogRecord } from '../../../shared/log.ts';

function written(records: readonly LogRecord[]): Record<string, unknown>[] {
  const lines: string[] = [];
  const write = (line: string) => lines.push(line);
  const log = createLog({ least: 'warn', functionName: 'mailflow', write, now: () => 1_000 });
  for (const record of records) withFields(log, { messageId: 'm' })(record);
  expect(lines.every((line) => !line.includes('\n'))).toBe(true);
  return lines.map((line): Record<string, unknown> => JSON.parse(line));
}

it('writes one JSON line a record, from the given level on', () => {
  const lines = written([
    { level: 'info', event: 'skip' },
    { level: 'warn', event: 'decision', reason: 'a\nb' },
    { level: 'error', event: 'effect' },
  ]);
  expect(lines).toEqual([
    { level: 'warn', event: 'decision', reason: 'a\nb', messageId: 'm' },
    { level: 'error', event: 'effect', messageId: 'm' },
  ]);
});

it.each([
  [{ level: 'error', event: 'policy', outcome: 'kept-last-good' }, 'PolicyLoadFailures'],
  [{ level: 'error', event: 'failure', step: 'capture' }, 'StepFailures'],
] as const)('counts %j as the metric %s', (record, metric) => {
  expect(written([record])).toEqual([
    {
      ...record,
      messageId: 'm',
      FunctionName: 'mailflow',
      [metric]: 1,
      _aws: {
        Timestamp: 1_000,
        CloudWatchMetrics: [
          {
            Namespace: 'Mailroom',
            Dimensions: [['FunctionName']],
            Metrics: [{ Name: metric, Unit: 'Count' }],
          },
        ],
      },
    },
  ]);
});
