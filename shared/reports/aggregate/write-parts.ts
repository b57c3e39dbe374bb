/** The reports of one domain and day: one, or as many as it takes for each to fit into a message. */
import { gzipSync } from 'node:zlib';
import type { ReportsPolicy } from '../../policy/types-reports.ts';
import type { Collection } from './collect.ts';
import type { AggregateReport, ReportRecord } from './model.ts';
import { type ReportName, reportFileName, reportId } from './names.ts';
import { aggregateXml } from './write.ts';

export interface ReportPart {
  readonly name: ReportName;
  readonly fileName: string;
  /** The XML, compressed (RFC 1952); the same for the same report. */
  readonly gzip: Uint8Array;
  readonly messages: number;
}

export interface ReportParts {
  readonly parts: readonly ReportPart[];
  /** Messages that stand in no part: their rows did not fit, or there were too many rows. */
  readonly left: number;
}

/** RFC 2045 §6.8: 4 characters for 3 octets, and a line end after 76. */
const BASE64_GROWTH = (4 / 3) * (78 / 76);
/** Header, text and boundaries of the message around it. */
const MESSAGE_BYTES = 8 * 1024;
/** A flood of forged mail must not become a flood of reports: what is beyond that many is left out, and the report says so. */
const MAX_PARTS = 8;
const GENERATOR = 'Mailroom';

export type ReportPeriod = Pick<ReportName, 'receiver' | 'domain' | 'begin' | 'end'>;

/** `records` of the collection are at least one. */
export function writeReportParts(
  period: ReportPeriod,
  collection: Collection,
  policy: ReportsPolicy,
): ReportParts {
  const fits = Math.floor((policy.maxBytes - MESSAGE_BYTES) / BASE64_GROWTH);
  const parts: ReportPart[] = [];
  let { left } = collection;
  // Halves in their order, so that the same rows are divided in the same way whenever it is done.
  const waiting: { readonly part: string; readonly records: readonly ReportRecord[] }[] = [
    { part: '', records: collection.records },
  ];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { part, records } = next;
    const made = makePart({ ...period, part }, { ...collection, records, left }, policy);
    if (made.gzip.length <= fits && parts.length < MAX_PARTS) parts.push(made);
    else if (records.length === 1 || parts.length + waiting.length >= MAX_PARTS) left += made.messages;
    else {
      const middle = records.length >>> 1;
      waiting.unshift(
        { part: `${part}0`, records: records.slice(0, middle) },
        { part: `${part}1`, records: records.slice(middle) },
      );
    }
  }
  return { parts, left };
}

function makePart(name: ReportName, collection: Collection, policy: ReportsPolicy): ReportPart {
  const xml = aggregateXml(reportOf(name, collection, policy));
  const messages = collection.records.reduce((sum, { count }) => sum + count, 0);
  return { name, fileName: reportFileName(name), gzip: gzipSync(xml, { level: 9 }), messages };
}

function reportOf(name: ReportName, collection: Collection, policy: ReportsPolicy): AggregateReport {
  const { policy: policyPublished, records, left } = collection;
  const errors = left === 0 ? {} : { errors: [`${left} messages are in no row: there were too many rows`] };
  return {
    version: '1.0',
    metadata: {
      orgName: policy.organization,
      email: policy.contact,
      ...(policy.extraContact === undefined ? {} : { extraContactInfo: policy.extraContact }),
      reportId: reportId(name),
      dateRange: { begin: name.begin, end: name.end },
      ...errors,
      generator: GENERATOR,
    },
    policyPublished,
    records,
  };
}
