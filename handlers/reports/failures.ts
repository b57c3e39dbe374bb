/** Failure reports of one domain and day (RFC 9991): a few, each for a kind of failure. */

import { TemporaryError } from '../../shared/errors.ts';
import type { Destinations } from '../../shared/reports/aggregate/destinations.ts';
import type { FailureKind } from '../../shared/reports/failure/collect.ts';
import {
  composeFailureReport,
  type FailureReport,
  failureReportId,
} from '../../shared/reports/failure/write.ts';
import type { Run } from './domain.ts';

export type FailureDestinations = Destinations;

export interface Failures {
  readonly day: string;
  readonly receiver: string;
  readonly failures: readonly FailureKind[];
}

const SPF_RECORD = /^v=spf1(?: |$)/i;

/** Sends them; of each whether it is to be tried again. */
export async function sendFailures(
  run: Run,
  { day, receiver, failures }: Failures,
  { addresses }: FailureDestinations,
): Promise<readonly boolean[]> {
  const later: boolean[] = [];
  if (addresses.length === 0) return later;
  const { ports, policy } = run;
  for (const kind of failures) {
    const spfRecord = await spfRecordFor(run, kind);
    const report: FailureReport = { kind, receiver, day, ...(spfRecord === undefined ? {} : { spfRecord }) };
    for (const to of addresses) {
      const envelope = { from: policy.from, to, nowMs: ports.now() };
      const id = failureReportId(report);
      const raw = () => composeFailureReport(report, envelope);
      later.push((await run.turns.send(run, day, { id, from: policy.from, to, raw })) === 'failed');
    }
  }
  return later;
}

/** failure-reporting-24 §4 item 1: SPF-DNS where SPF failed for an identifier of the author's organization. */
async function spfRecordFor({ ports, signal }: Run, { example }: FailureKind): Promise<string | undefined> {
  const { record, failure, policy } = example;
  const { envelopeFrom = '' } = record.identifiers;
  const own = envelopeFrom === policy.domain || envelopeFrom.endsWith(`.${policy.domain}`);
  if (failure.alignment === 'dkim' || !own) return undefined;
  try {
    const answer = await ports.lookupTxt(envelopeFrom, signal);
    return answer.kind === 'records' ? answer.records.find((text) => SPF_RECORD.test(text)) : undefined;
  } catch (error) {
    // The report says the rest without it.
    if (error instanceof TemporaryError && !signal.aborted) return undefined;
    throw error;
  }
}
