import { expect, it } from 'vitest';
import { createLog, logOf, whyOf, withFields } from '../../../handlers/edge/log.ts';
import { PermanentError, TemporaryError } from '../../../shared/errors.ts';
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

const failure = { level: 'error', event: 'failure', step: 'capture' } as const;
const judged = { level: 'info', event: 'decision', step: 'dmarc' } as const;
const ended = { level: 'info', event: 'invocation', outcome: 'answered' } as const;

it.each<[LogRecord, ...string[]]>([
  [{ level: 'error', event: 'policy', outcome: 'kept-last-good' }, 'PolicyLoadFailures'],
  [{ level: 'error', event: 'policy', outcome: 'none' }, 'PolicyLoadFailures'],
  [
    { level: 'error', event: 'policy', outcome: 'passed-without-policy' },
    'PolicyLoadFailures',
    'PassedWithoutPolicy',
  ],
  [failure, 'StepFailures'],
  [{ ...failure, action: 'retry' }, 'StepFailures'],
  [{ ...failure, action: 'deliver' }, 'StepFailures', 'FallbackAnswers'],
  [{ ...failure, kind: 'rejected', action: 'deliverUnchanged' }, 'RewritesRejected'],
  [{ ...judged, outcome: 'junk', wouldBe: 'junk' }, 'DmarcActedOn'],
  [{ ...judged, outcome: 'default', wouldBe: 'drop' }, 'DmarcWouldAct'],
  [{ ...judged, outcome: 'default', disagreement: 'ses-fail-own-pass' }, 'DmarcDisagreements'],
  [{ ...ended, durationMs: 13_001, limitMs: 15_000, deadlinePassed: false }, 'NearTimeouts'],
  [{ ...ended, durationMs: 900, limitMs: 15_000, deadlinePassed: true }, 'NearTimeouts'],
  [{ ...ended, durationMs: 57_000, deadlinePassed: true }, 'NearTimeouts'],
])('counts %j, whatever its level', (record, ...metrics) => {
  expect(written([record])).toEqual([
    {
      ...record,
      messageId: 'm',
      FunctionName: 'mailflow',
      ...Object.fromEntries(metrics.map((name) => [name, 1])),
      _aws: {
        Timestamp: 1_000,
        CloudWatchMetrics: [
          {
            Namespace: 'Mailroom',
            Dimensions: [['FunctionName']],
            Metrics: metrics.map((Name) => ({ Name, Unit: 'Count' })),
          },
        ],
      },
    },
  ]);
});

it.each<LogRecord>([
  { ...ended, durationMs: 13_000, limitMs: 15_000, deadlinePassed: false },
  { ...ended, durationMs: 58_000, deadlinePassed: false },
  { level: 'info', event: 'policy', outcome: 'loaded' },
  { level: 'info', event: 'decision', step: 'dmarc', action: 'junk' },
])('counts nothing for %j, and does not write it', (record) => {
  expect(written([record])).toEqual([]);
});

it('names a fault of ours by its message, and others only by their kind', () => {
  expect(whyOf(new TemporaryError('s3 PutObject: SlowDown 503'))).toBe('s3 PutObject: SlowDown 503');
  expect(whyOf(new PermanentError('denied'))).toBe('denied');
  expect(whyOf(new TypeError('alice@example.com'))).toBe('TypeError');
  expect(whyOf('alice@example.com')).toBe('unknown');
});

it('has a log also where the ports cannot be had', () => {
  const log = () => undefined;
  expect(logOf(() => ({ log }))).toBe(log);
  const broken = (): { readonly log: typeof log } => {
    throw new PermanentError('environment: MAILROOM_LOG: expected info, warn or error');
  };
  expect(logOf(broken)).toBeInstanceOf(Function);
});
