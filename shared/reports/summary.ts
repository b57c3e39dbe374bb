/**
 * Adds reports up. Whoever reports is believed: nothing in a report proves that it is true (aggregate-reporting-32 §8.2), so a person
 * looks at what comes out before anything is done.
 */
import type { ReadReport } from './aggregate/document.ts';
import type { AggregateReport, OldOverrideType, OverrideType, ReportRecord } from './aggregate/model.ts';
import { senderOf } from './sender.ts';
import type { Day, DomainSummary, ReportSummary, Sender, SenderVerdict, Volume } from './summary-types.ts';

/** Addresses told of one sender. */
const MAX_ADDRESSES = 10;
/** Domains in From told of one domain. */
const MAX_FROM = 10;
/** Days told; more are too narrow to be seen in a chart. */
const MAX_DAYS = 400;
const DAY_SECONDS = 86_400;
/** Overrides by which a receiver says that it took the mail although the policy asks for more (§3.1.6). */
const FORGIVING: ReadonlySet<string> = new Set([
  'mailing_list',
  'trusted_forwarder',
  'local_policy',
  'forwarded',
]);

export interface SummaryBuilder {
  /** `duplicate`: the same reporter, Report-ID and domain were added before, and this is left out (§3.5.4). */
  add(read: ReadReport): 'added' | 'duplicate';
  summary(): ReportSummary;
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

interface SenderCount extends Mutable<Volume> {
  readonly head: Pick<Sender, 'from' | 'sender' | 'by' | 'verdict'>;
  readonly addresses: Map<string, number>;
  readonly dispositions: { none: number; pass: number; quarantine: number; reject: number };
  readonly overrides: Partial<Record<OverrideType | OldOverrideType, number>>;
}

interface DomainCount extends Mutable<Volume> {
  newest: AggregateReport;
  readonly from: Map<string, number>;
  readonly wouldBreak: Record<Exclude<SenderVerdict, 'passes'>, number>;
  forgiven: number;
}

interface Counts {
  readonly seen: Set<string>;
  reports: number;
  duplicates: number;
  unreadableRecords: number;
  begin: number;
  end: number;
  readonly deviations: Map<string, number>;
  readonly reporters: Map<string, { name: string; reports: number; messages: number }>;
  readonly domains: Map<string, DomainCount>;
  readonly senders: Map<string, SenderCount>;
  readonly days: Map<number, Mutable<Volume>>;
}

const NOTHING: Volume = { messages: 0, dkim: 0, spf: 0, both: 0, failed: 0 };

/** Starts with no report. */
export function createSummary(): SummaryBuilder {
  const counts: Counts = {
    seen: new Set(),
    reports: 0,
    duplicates: 0,
    unreadableRecords: 0,
    begin: Number.POSITIVE_INFINITY,
    end: 0,
    deviations: new Map(),
    reporters: new Map(),
    domains: new Map(),
    senders: new Map(),
    days: new Map(),
  };
  return { add: (read) => add(counts, read), summary: () => summaryOf(counts) };
}

function add(counts: Counts, { report, deviations, unreadableRecords }: ReadReport): 'added' | 'duplicate' {
  const { metadata, policyPublished, records } = report;
  // §3.5.1: the identifier is unique "among reports to the same domain".
  const key = JSON.stringify([metadata.orgName.toLowerCase(), metadata.reportId, policyPublished.domain]);
  if (counts.seen.has(key)) {
    counts.duplicates += 1;
    return 'duplicate';
  }
  counts.seen.add(key);
  counts.reports += 1;
  counts.unreadableRecords += unreadableRecords;
  for (const code of deviations) counts.deviations.set(code, (counts.deviations.get(code) ?? 0) + 1);
  counts.begin = Math.min(counts.begin, metadata.dateRange.begin);
  counts.end = Math.max(counts.end, metadata.dateRange.end);
  const reporter = of(counts.reporters, metadata.orgName.toLowerCase(), () => ({
    name: metadata.orgName,
    reports: 0,
    messages: 0,
  }));
  reporter.reports += 1;
  const domain = domainOf(counts, report);
  const day = of(counts.days, Math.floor(metadata.dateRange.begin / DAY_SECONDS), () => ({ ...NOTHING }));
  for (const record of records) {
    reporter.messages += record.count;
    addVolume(day, record);
    addRecord(counts, domain, record, policyPublished.domain);
  }
  return 'added';
}

function domainOf(counts: Counts, report: AggregateReport): DomainCount {
  const domain = of(counts.domains, report.policyPublished.domain, () => ({
    ...NOTHING,
    newest: report,
    from: new Map<string, number>(),
    wouldBreak: { 'not-aligned': 0, 'broken-signature': 0, unauthenticated: 0, inconsistent: 0 },
    forgiven: 0,
  }));
  if (report.metadata.dateRange.end > domain.newest.metadata.dateRange.end) domain.newest = report;
  return domain;
}

function addRecord(counts: Counts, domain: DomainCount, record: ReportRecord, policyDomain: string): void {
  const head = { from: record.identifiers.headerFrom, ...senderOf(record, policyDomain) };
  const sender = of<string, SenderCount>(counts.senders, JSON.stringify(head), () => ({
    ...NOTHING,
    head,
    addresses: new Map<string, number>(),
    dispositions: { none: 0, pass: 0, quarantine: 0, reject: 0 },
    overrides: {},
  }));
  addVolume(domain, record);
  addVolume(sender, record);
  domain.from.set(head.from, (domain.from.get(head.from) ?? 0) + record.count);
  const { count, sourceIp, policyEvaluated } = record;
  sender.addresses.set(sourceIp, (sender.addresses.get(sourceIp) ?? 0) + count);
  sender.dispositions[policyEvaluated.disposition] += count;
  const types = new Set(policyEvaluated.reasons.map(({ type }) => type));
  for (const type of types) sender.overrides[type] = (sender.overrides[type] ?? 0) + count;
  if (head.verdict === 'passes') return;
  domain.wouldBreak[head.verdict] += count;
  const taken = policyEvaluated.disposition === 'none' || policyEvaluated.disposition === 'pass';
  if (taken && [...types].some((type) => FORGIVING.has(type))) domain.forgiven += count;
}

function addVolume(volume: Mutable<Volume>, { count, policyEvaluated }: ReportRecord): void {
  const { dkim, spf } = policyEvaluated;
  volume.messages += count;
  if (dkim === 'pass') volume.dkim += count;
  if (spf === 'pass') volume.spf += count;
  if (dkim === 'pass' && spf === 'pass') volume.both += count;
  if (dkim === 'fail' && spf === 'fail') volume.failed += count;
}

/** The value of that key, made when it is first asked for. */
function of<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function summaryOf(counts: Counts): ReportSummary {
  const { reports, duplicates, unreadableRecords, deviations, begin, end } = counts;
  return {
    reports,
    duplicates,
    unreadableRecords,
    deviations: Object.fromEntries([...deviations].sort(([one], [other]) => (one < other ? -1 : 1))),
    reporters: [...counts.reporters.values()].sort(byMessages),
    period: reports === 0 ? undefined : { begin, end },
    domains: [...counts.domains].map(domainSummary).sort(byMessages),
    senders: [...counts.senders.values()].map(senderSummary).sort(byMessages),
    days: daysOf(counts.days),
  };
}

function byMessages(one: { readonly messages: number }, other: { readonly messages: number }): number {
  return other.messages - one.messages;
}

function volumeOf({ messages, dkim, spf, both, failed }: Volume): Volume {
  return { messages, dkim, spf, both, failed };
}

function domainSummary([domain, count]: readonly [string, DomainCount]): DomainSummary {
  const { p, sp, np, testing } = count.newest.policyPublished;
  const from = [...count.from].sort(([, one], [, other]) => other - one).map(([name]) => name);
  return {
    domain,
    from: from.slice(0, MAX_FROM),
    p,
    ...(sp === undefined ? {} : { sp }),
    ...(np === undefined ? {} : { np }),
    testing: testing === 'y',
    ...volumeOf(count),
    wouldBreak: { ...count.wouldBreak },
    forgiven: count.forgiven,
    spfOnly: count.spf - count.both,
  };
}

function senderSummary(count: SenderCount): Sender {
  const addresses = [...count.addresses]
    .map(([address, messages]) => ({ address, messages }))
    .sort(byMessages);
  return {
    ...count.head,
    ...volumeOf(count),
    sources: addresses.length,
    addresses: addresses.slice(0, MAX_ADDRESSES),
    dispositions: { ...count.dispositions },
    overrides: { ...count.overrides },
  };
}

function daysOf(days: ReadonlyMap<number, Volume>): Day[] {
  return [...days]
    .sort(([one], [other]) => one - other)
    .slice(-MAX_DAYS)
    .map(([day, volume]) => ({
      day: new Date(day * DAY_SECONDS * 1000).toISOString().slice(0, 10),
      ...volumeOf(volume),
    }));
}
