/**
 * CloudWatch metrics without a call: a log line that carries `_aws` is read as measurements (CloudWatch Embedded Metric
 * Format). What an alarm should watch is counted here, from the records that the functions write anyway.
 */
import type { LogRecord } from '../../shared/log.ts';

const NAMESPACE = 'Mailroom';

/** The metric that a record counts for; undefined for most. */
function metricOf(record: LogRecord): string | undefined {
  if (record.event === 'policy' && record['outcome'] === 'kept-last-good') return 'PolicyLoadFailures';
  return record.event === 'failure' ? 'StepFailures' : undefined;
}

/** The record, with its measurement when it counts for one. `nowMs` is Unix time in ms. */
export function measured(
  record: LogRecord,
  functionName: string,
  nowMs: number,
): Readonly<Record<string, unknown>> {
  const name = metricOf(record);
  if (name === undefined) return record;
  const metrics = [
    { Namespace: NAMESPACE, Dimensions: [['FunctionName']], Metrics: [{ Name: name, Unit: 'Count' }] },
  ];
  return {
    ...record,
    FunctionName: functionName,
    [name]: 1,
    _aws: { Timestamp: nowMs, CloudWatchMetrics: metrics },
  };
}
