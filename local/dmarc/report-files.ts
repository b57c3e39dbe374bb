/** Reads the reports in files and folders. */
import { readFileSync, statSync } from 'node:fs';
import { type ReadAggregate, readAggregateReport } from '../../shared/reports/aggregate/read.ts';
import { createSummary } from '../../shared/reports/summary.ts';
import type { ReportSummary } from '../../shared/reports/summary-types.ts';
import { filesAt } from './files.ts';

/** No message is larger, and reports come in messages. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

export interface ReadReports {
  readonly summary: ReportSummary;
  /** Files that look like reports and cannot be read. */
  readonly refused: readonly { readonly file: string; readonly why: string }[];
  /** Files of a folder that are something else. */
  readonly others: number;
}

/**
 * Reads every file that is given, and in folders every file below them, in the order of their names.
 *
 * @throws Error of node:fs, with a `path`, where a file or folder cannot be read.
 */
export function readReports(paths: readonly string[]): ReadReports {
  const builder = createSummary();
  const refused: { file: string; why: string }[] = [];
  let others = 0;
  for (const { file, inFolder } of paths.flatMap(filesAt)) {
    const read = readOne(file);
    if (!read.ok && read.unrelated && inFolder) others += 1;
    else if (!read.ok) refused.push({ file, why: read.why });
    else {
      for (const report of read.reports) builder.add(report);
      for (const why of read.refused) refused.push({ file, why });
    }
  }
  return { summary: builder.summary(), refused, others };
}

function readOne(file: string): ReadAggregate {
  if (statSync(file).size > MAX_FILE_BYTES)
    return { ok: false, why: 'it is larger than any message', unrelated: true };
  return readAggregateReport(readFileSync(file));
}
