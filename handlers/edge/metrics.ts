/**
 * CloudWatch metrics without a call: a log line that carries `_aws` is read as measurements (CloudWatch Embedded Metric
 * Format). What an alarm should watch is counted here, from the records that the functions write anyway.
 */
import type { LogRecord } from '../../shared/log.ts';

const NAMESPACE = 'Mailroom';
/** With less left of the time that WorkMail waits, a slower minute would have cost the answer. */
const NEAR_TIMEOUT_MS = 2_000;

type Metric =
  /** The policy could not be read, or is wrong; whatever was done instead. */
  | 'PolicyLoadFailures'
  /** Mail went on unchanged because there was no policy at all. */
  | 'PassedWithoutPolicy'
  /** Something that a function does for a message did not work, also where it is tried again. */
  | 'StepFailures'
  /** A message was answered by `onTimeout`, `onTemporaryError` or for a permanent error, and not by a decision on it. */
  | 'FallbackAnswers'
  /** WorkMail refused the new content for what is in it, mostly in the sender's own lines: any sender can bring that about. */
  | 'RewritesRejected'
  /** A message was put into quarantine. */
  | 'QuarantinedMessages'
  /** A notice could not be sent. The mail that it tells of is not held up by that. */
  | 'NoticeFailures'
  /** A notice was left out, because its receiver has had as many in this hour as the policy allows. */
  | 'NoticesCapped'
  /** DMARC junked, bounced or dropped a message. */
  | 'DmarcActedOn'
  /** It would have, but only watches, or the domain is outside the share. */
  | 'DmarcWouldAct'
  /** SES says something else about DMARC than was found here. */
  | 'DmarcDisagreements'
  /** An invocation that ended shortly before WorkMail's limit, or by the deadline. */
  | 'NearTimeouts';

/** The metrics that a record counts for; none for most. */
function metricsOf(record: LogRecord): readonly Metric[] {
  switch (record.event) {
    case 'policy':
      return metricsOfPolicy(record['outcome']);
    case 'failure':
      if (record['kind'] === 'rejected') return ['RewritesRejected'];
      // `action` is what is answered instead; without one, or with a retry, nothing was answered.
      return [undefined, 'retry'].includes(actionOf(record))
        ? ['StepFailures']
        : ['StepFailures', 'FallbackAnswers'];
    case 'decision':
      return record['step'] === 'dmarc' ? metricsOfDmarc(record) : [];
    case 'quarantine':
      return record['result'] === 'stored' ? ['QuarantinedMessages'] : [];
    case 'notice':
      return metricsOfNotice(record['outcome']);
    case 'invocation':
      return isNearTimeout(record) ? ['NearTimeouts'] : [];
    default:
      return [];
  }
}

function metricsOfPolicy(outcome: unknown): readonly Metric[] {
  if (outcome === 'kept-last-good' || outcome === 'none') return ['PolicyLoadFailures'];
  return outcome === 'passed-without-policy' ? ['PolicyLoadFailures', 'PassedWithoutPolicy'] : [];
}

const STRICT: ReadonlySet<unknown> = new Set(['junk', 'bounce', 'drop']);

function metricsOfDmarc({ outcome, wouldBe, disagreement }: LogRecord): readonly Metric[] {
  const names: Metric[] = [];
  if (STRICT.has(outcome)) names.push('DmarcActedOn');
  else if (STRICT.has(wouldBe)) names.push('DmarcWouldAct');
  if (disagreement !== undefined) names.push('DmarcDisagreements');
  return names;
}

function metricsOfNotice(outcome: unknown): readonly Metric[] {
  if (outcome === 'failed') return ['NoticeFailures'];
  return outcome === 'capped' ? ['NoticesCapped'] : [];
}

function actionOf(record: LogRecord): string | undefined {
  const action = record['action'];
  return typeof action === 'string' ? action : undefined;
}

/** Without a limit nobody waits; then only the deadline counts, which Lambda's own time-out sets. */
function isNearTimeout({ durationMs, limitMs, deadlinePassed }: LogRecord): boolean {
  if (deadlinePassed === true) return true;
  return (
    typeof limitMs === 'number' && typeof durationMs === 'number' && limitMs - durationMs < NEAR_TIMEOUT_MS
  );
}

/** The record with its measurements; undefined when it counts for none. `nowMs` is Unix time in ms. */
export function measured(
  record: LogRecord,
  functionName: string,
  nowMs: number,
): Readonly<Record<string, unknown>> | undefined {
  const names = metricsOf(record);
  if (names.length === 0) return undefined;
  const metrics = [
    {
      Namespace: NAMESPACE,
      Dimensions: [['FunctionName']],
      Metrics: names.map((name) => ({ Name: name, Unit: 'Count' })),
    },
  ];
  return {
    ...record,
    FunctionName: functionName,
    ...Object.fromEntries(names.map((name) => [name, 1])),
    _aws: { Timestamp: nowMs, CloudWatchMetrics: metrics },
  };
}
