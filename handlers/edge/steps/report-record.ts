/**
 * What a judged message leaves for the reports of its day: one small object, written only where nothing is, so that a retry counts
 * once. (One that is tried again after midnight counts in both days.) Whatever goes wrong here is logged, and never holds mail.
 */
import type { Evidence } from '../../../shared/auth/evidence-types.ts';
import { headerField } from '../../../shared/mime/header.ts';
import { headerText } from '../../../shared/mime/header-text.ts';
import type { Message } from '../../../shared/mime/types.ts';
import { matchesPattern } from '../../../shared/policy/pattern.ts';
import type { ReportsPolicy } from '../../../shared/policy/types-reports.ts';
import type { Observation } from '../../../shared/reports/aggregate/collect-observation.ts';
import type { Judged } from '../../../shared/reports/aggregate/collect-observe.ts';
import type { RuleEvent } from '../../../shared/workmail/types.ts';
import type { FetchedMessage, Invocation } from '../invocation.ts';
import { whyOf } from '../log.ts';
import { recordId } from '../record.ts';
import { dayOf, observedKey } from '../report-keys.ts';

/** WorkMail waits with the message meanwhile. */
const MOST_TIME_MS = 2_000;
/** With less left the answer matters more than a row of a report. */
const LEAST_TIME_MS = 1_000;

/** Never throws. Does nothing without `dmarc.reports` in the policy. */
export async function recordForReports(
  invocation: Invocation,
  message: FetchedMessage,
  evidence: Evidence,
  judged: Judged,
): Promise<void> {
  const reports = invocation.policy.dmarc?.reports;
  if (reports === undefined) return;
  try {
    const outcome = await record(invocation, reports, message.parsed(), evidence, judged);
    log(invocation, 'info', outcome);
  } catch (error) {
    log(invocation, 'warn', 'failed', whyOf(error));
  }
}

function log({ log: write }: Invocation, level: 'info' | 'warn', outcome: string, reason = outcome): void {
  write({ level, event: 'report-record', step: 'dmarc', outcome, reason });
}

async function record(
  { event, ports, deadline }: Invocation,
  reports: ReportsPolicy,
  message: Message,
  evidence: Evidence,
  judged: Judged,
): Promise<string> {
  const bucket = ports.rewriteBucket;
  if (bucket === undefined) return 'no-bucket';
  if (isAnswer(event, reports, evidence)) return 'an-answer';
  const observation = await observed(reports, message, evidence, judged, ports.now());
  if (typeof observation === 'string') return observation;
  deadline.check(LEAST_TIME_MS);
  const { writeObservation } = await import('../../../shared/reports/aggregate/collect-observation.ts');
  const day = dayOf(observation.atSeconds * 1000);
  const key = observedKey(day, observation.policy.domain, recordId(event));
  const body = Buffer.from(writeObservation(observation));
  const signal = AbortSignal.any([deadline.signal, AbortSignal.timeout(MOST_TIME_MS)]);
  const object = { bucket, key, body, contentType: 'application/json' };
  return ports.objectStore.putIfAbsent(object, signal);
}

/** The observation, or why there is none, as a fixed code. */
async function observed(
  reports: ReportsPolicy,
  message: Message,
  evidence: Evidence,
  judged: Judged,
  nowMs: number,
): Promise<Observation | string> {
  const { observe } = await import('../../../shared/reports/aggregate/collect-observe.ts');
  const result = observe(evidence, judged, nowMs, { wantsFailure: reports.failure !== undefined });
  if (result.kind === 'none') return result.why;
  const { observation } = result;
  if (isSuppressed(reports, observation.policy.domain)) return 'suppressed';
  if (await isReport(message, evidence)) return 'a-report';
  const { discovery } = evidence;
  if (reports.failure === undefined || typeof discovery !== 'object' || discovery.record === undefined)
    return observation;
  const { failureDetail } = await import('../../../shared/reports/failure/detail.ts');
  const failure = failureDetail(evidence, discovery.record, judged.action, message);
  return failure === undefined ? observation : { ...observation, failure };
}

function isSuppressed({ suppress }: ReportsPolicy, domain: string): boolean {
  return suppress.some((pattern) => matchesPattern(pattern, `postmaster@${domain}`));
}

/**
 * What a machine sends to the address that reports come from answers a report: a bounce, or "we have received your message". Counted, it
 * would be tomorrow's report, and answered again.
 */
function isAnswer({ recipients }: RuleEvent, { from }: ReportsPolicy, { automatic }: Evidence): boolean {
  return automatic && recipients.length > 0 && recipients.every((one) => one.toLowerCase() === from);
}

/**
 * A report about the mail of reports would be answered by another, for ever. Only what passes counts as one: reports have to
 * (aggregate-reporting-32 §3.5.2), and a forger must not get out of them by his subject.
 */
async function isReport(message: Message, { dmarc }: Evidence): Promise<boolean> {
  const subject = headerField(message.root.header, 'Subject');
  if (dmarc.result !== 'pass' || subject === undefined) return false;
  const { isReportSubject } = await import('../../../shared/reports/aggregate/names.ts');
  return isReportSubject(headerText(message, subject));
}
