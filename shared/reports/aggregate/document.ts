/**
 * One aggregate report as XML (aggregate-reporting-32 §3.1.1, Appendix A), in the new schema or in the one of RFC 7489 and the
 * drafts before it, which have no namespace.
 *
 * §3.1.1 lets a reader use what it can of a report that breaks the schema. Here: what can be meant in one way only is read (upper-case words,
 * a missing selector, an override without a type) and named as a deviation. A record whose count, address, author or result cannot be read
 * is left out and counted: absent evidence is no result. A report without its identifier, period or domain is refused.
 */
import type { PublishedPolicy } from '../../auth/dmarc/record.ts';
import { MAX_OTHER_ELEMENTS, MAX_RECORDS } from './limits.ts';
import {
  type AggregateReport,
  type PolicyPublished,
  REPORT_NAMESPACE,
  type ReportMetadata,
  type ReportRecord,
} from './model.ts';
import { readRecord } from './record.ts';
import { type Deviations, numberOf, wordOf } from './values.ts';
import { readXml, textAt, type XmlElement } from './xml.ts';

/** A report, and how it is written. */
export interface ReadReport {
  readonly report: AggregateReport;
  /** Of the root element: RFC 9990's, none (RFC 7489), or another. */
  readonly namespace: 'rfc9990' | 'none' | 'other';
  /** Fixed codes, each once, sorted. */
  readonly deviations: readonly string[];
  /** Records that are left out. */
  readonly unreadableRecords: number;
}

export type ReadDocument =
  | { readonly ok: true; readonly report: ReadReport }
  | { readonly ok: false; readonly why: string };

const POLICIES: readonly PublishedPolicy[] = ['none', 'quarantine', 'reject'];

interface Collected {
  metadata: XmlElement | undefined;
  policy: XmlElement | undefined;
  version: string | undefined;
  readonly records: ReportRecord[];
  readonly deviations: Deviations;
  seenRecords: number;
  /** Elements beside those that a report has. */
  others: number;
}

class TooMuchError extends Error {}

/** Reads one XML document. */
export function readDocument(bytes: Uint8Array): ReadDocument {
  const collected: Collected = {
    metadata: undefined,
    policy: undefined,
    version: undefined,
    records: [],
    deviations: new Set(),
    seenRecords: 0,
    others: 0,
  };
  const root = parse(bytes, collected);
  if (!root.ok) return root;
  if (root.wrapped) collected.deviations.add('wrapped');
  const metadata = readMetadata(collected);
  if (typeof metadata === 'string') return { ok: false, why: metadata };
  const policyPublished = readPolicy(collected);
  if (typeof policyPublished === 'string') return { ok: false, why: policyPublished };
  const { version, records, deviations, seenRecords } = collected;
  if (seenRecords === 0) deviations.add('no-records');
  if (seenRecords > records.length) deviations.add('unreadable-records');
  return {
    ok: true,
    report: {
      report: { ...(version === undefined ? {} : { version }), metadata, policyPublished, records },
      namespace: namespaceOf(root.namespace),
      deviations: [...deviations].sort(),
      unreadableRecords: seenRecords - records.length,
    },
  };
}

function parse(bytes: Uint8Array, collected: Collected): ReturnType<typeof readXml> {
  try {
    return readXml(bytes, 'feedback', (child) => collect(collected, child));
  } catch (error) {
    if (error instanceof TooMuchError) return { ok: false, why: 'it has too many records or other elements' };
    throw error;
  }
}

function collect(collected: Collected, child: XmlElement): void {
  switch (child.name) {
    case 'version':
      collected.version ??= child.text;
      return;
    case 'report_metadata':
      collected.metadata ??= child;
      return;
    case 'policy_published':
      collected.policy ??= child;
      return;
    case 'record': {
      collected.seenRecords += 1;
      if (collected.seenRecords > MAX_RECORDS) throw new TooMuchError();
      const record = readRecord(child, collected.deviations);
      if (record !== undefined) collected.records.push(record);
      return;
    }
    default:
      collected.others += 1;
      if (collected.others > MAX_OTHER_ELEMENTS) throw new TooMuchError();
  }
}

function namespaceOf(uri: string): ReadReport['namespace'] {
  if (uri === '') return 'none';
  return uri === REPORT_NAMESPACE ? 'rfc9990' : 'other';
}

function readMetadata({ metadata, deviations }: Collected): ReportMetadata | string {
  if (metadata === undefined) return 'it has no report_metadata';
  const reportId = textAt(metadata, 'report_id') ?? '';
  if (reportId === '') return 'it has no report_id';
  const begin = timeOf(textAt(metadata, 'date_range', 'begin'));
  const end = timeOf(textAt(metadata, 'date_range', 'end'));
  if (begin === undefined || end === undefined) return 'its date_range cannot be read';
  if (end < begin) deviations.add('period-backwards');
  const email = textAt(metadata, 'email') ?? '';
  const orgName = textAt(metadata, 'org_name') ?? '';
  if (orgName === '') deviations.add('no-org-name');
  if (email === '') deviations.add('no-email');
  const extraContactInfo = textAt(metadata, 'extra_contact_info');
  const generator = textAt(metadata, 'generator');
  const errors = metadata.children.filter(({ name, text }) => name === 'error' && text !== '');
  return {
    // Some leave it empty; the host of their address says as much.
    orgName: orgName === '' ? email.slice(email.lastIndexOf('@') + 1) : orgName,
    email,
    reportId,
    dateRange: { begin, end },
    ...(extraContactInfo === undefined ? {} : { extraContactInfo }),
    ...(errors.length === 0 ? {} : { errors: errors.map(({ text }) => text) }),
    ...(generator === undefined ? {} : { generator }),
  };
}

/** Seconds since 1970 UTC, before the year 10000, which every date can be written with. */
function timeOf(text: string | undefined): number | undefined {
  const seconds = numberOf(text);
  return seconds !== undefined && seconds < 253_402_300_800 ? seconds : undefined;
}

function readPolicy({ policy, deviations }: Collected): PolicyPublished | string {
  const domain = textAt(policy, 'domain')?.toLowerCase() ?? '';
  if (domain === '') return 'it does not say for which domain it is';
  const word = <T extends string>(name: string, allowed: readonly T[]): T | undefined =>
    wordOf(textAt(policy, name), allowed, deviations);
  const [p, sp, np] = [word('p', POLICIES), word('sp', POLICIES), word('np', POLICIES)];
  if (p === undefined) deviations.add('no-policy');
  const [adkim, aspf] = [word('adkim', ['r', 's'] as const), word('aspf', ['r', 's'] as const)];
  const discoveryMethod = word('discovery_method', ['psl', 'treewalk'] as const);
  const testing = word('testing', ['y', 'n'] as const);
  const fo = textAt(policy, 'fo');
  const pct = numberOf(textAt(policy, 'pct'));
  return {
    domain,
    // dmarcbis-41 §4.10.1: a record without a valid p that still asks for reports is one that says none.
    p: p ?? 'none',
    ...(sp === undefined ? {} : { sp }),
    ...(np === undefined ? {} : { np }),
    ...(adkim === undefined ? {} : { adkim }),
    ...(aspf === undefined ? {} : { aspf }),
    ...(discoveryMethod === undefined ? {} : { discoveryMethod }),
    ...(fo === undefined || fo === '' ? {} : { fo }),
    ...(testing === undefined ? {} : { testing }),
    ...(pct === undefined ? {} : { pct }),
  };
}
