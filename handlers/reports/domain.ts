/**
 * The reports about one domain and day: who wants them is asked in the DNS, then what was seen is read, written, kept in the bucket,
 * and sent. Each piece is found again by its name, so a run that was killed goes on where it was.
 */
import { discoverDmarc } from '../../shared/auth/dmarc/discover.ts';
import { domainOf, matchesPattern } from '../../shared/policy/pattern.ts';
import type { ReportsPolicy } from '../../shared/policy/types-reports.ts';
import { type Destinations, reportDestinations } from '../../shared/reports/aggregate/destinations.ts';
import { reportId } from '../../shared/reports/aggregate/names.ts';
import { composeReport } from '../../shared/reports/aggregate/write-message.ts';
import { type ReportPart, writeReportParts } from '../../shared/reports/aggregate/write-parts.ts';
import { doneKey, madeKey } from '../edge/report-keys.ts';
import { type FailureDestinations, sendFailures } from './failures.ts';
import { readObservations } from './observations.ts';
import type { ReportPorts } from './ports.ts';
import type { Turns } from './turns.ts';

export interface Run {
  readonly ports: ReportPorts;
  readonly policy: ReportsPolicy;
  readonly bucket: string;
  /** Without: reports are made and kept, and not sent. */
  readonly sends: boolean;
  readonly turns: Turns;
  readonly signal: AbortSignal;
}

export interface DomainOutcome {
  /** A fixed word: what became of the domain. */
  readonly outcome: 'done' | 'later';
  /** Why it asks for nothing, or for what it waits. */
  readonly reason: string;
  readonly made: number;
  readonly sent: number;
}

const DAY_SECONDS = 86_400;
/** Reports of the largest size are compressed to far less; against an object put there by hand. */
const MAX_MADE_BYTES = 40 * 1024 * 1024;

/** Throws TemporaryError, PermanentError or DeadlineError. */
export async function reportDomain(run: Run, day: string, domain: string): Promise<DomainOutcome> {
  const asked = await destinationsOf(run, domain);
  if (asked.aggregate.addresses.length === 0 && asked.failure.addresses.length === 0)
    return finished(run, day, domain, asked.aggregate);
  const { ports, bucket, signal } = run;
  const observed = await readObservations(ports, { bucket, day, domain }, signal);
  if (observed.unreadable > 0)
    ports.log({ level: 'warn', event: 'report', outcome: 'unreadable', count: observed.unreadable });
  const { collection } = observed;
  if (collection === undefined) return done(run, day, domain, { reason: 'nothing-seen', made: 0, sent: 0 });
  const { parts, left } = writeReportParts(periodOf(run, day, domain), collection, run.policy);
  if (left > 0) ports.log({ level: 'warn', event: 'report', outcome: 'left-out', count: left });
  const kept = await Promise.all(parts.map((part) => keep(run, day, part)));
  const sending = { made: kept.length, sent: 0, later: false };
  for (const part of kept)
    for (const to of asked.aggregate.addresses) await sendPart(run, { day, part, to }, sending);
  const failures = observed.failures.result(run.policy.failure?.perDomainAndDay ?? 0);
  for (const later of await sendFailures(run, { day, receiver: receiverOf(run), failures }, asked.failure))
    sending.later ||= later;
  const waits = sending.later || asked.temporary;
  if (waits) return { outcome: 'later', reason: 'not-all-sent', made: sending.made, sent: sending.sent };
  return done(run, day, domain, { reason: run.sends ? 'sent' : 'monitor', ...sending });
}

function receiverOf({ policy }: Pick<Run, 'policy'>): string {
  return domainOf(policy.from);
}

/** §3.1.1.4: typically a single UTC day, beginning at 0000. The sample of Appendix B ends a second before the next. */
function periodOf(run: Pick<Run, 'policy'>, day: string, domain: string) {
  const begin = Date.parse(`${day}T00:00:00Z`) / 1000;
  return { receiver: receiverOf(run), domain, begin, end: begin + DAY_SECONDS - 1 };
}

interface Asked {
  readonly aggregate: Destinations;
  readonly failure: FailureDestinations;
  /** Something could not be looked up: it is to be asked again. */
  readonly temporary: boolean;
}

/** By the record as it is now: who took his address out of it gets nothing more. */
async function destinationsOf({ ports, policy, signal }: Run, domain: string): Promise<Asked> {
  const { record, at, orgDomain = domain } = await discoverDmarc(domain, ports.lookupTxt, signal);
  const none: Destinations = { addresses: [], refused: [] };
  if (record === undefined || at !== domain) return { aggregate: none, failure: none, temporary: false };
  const ask = (tag: 'rua' | 'ruf') =>
    reportDestinations({ domain, orgDomain, tag, uris: record[tag] }, ports.lookupTxt, signal);
  // failure-reporting-24 §2: a public suffix gets none.
  const wantsFailures = policy.failure !== undefined && record.psd !== 'y';
  const [aggregate, failure] = await Promise.all([ask('rua'), wantsFailures ? ask('ruf') : none]);
  const refused = [...aggregate.refused, ...failure.refused];
  for (const reason of refused) ports.log({ level: 'info', event: 'report', outcome: 'refused', reason });
  return {
    aggregate: allowed(aggregate, policy),
    failure: allowed(failure, policy),
    temporary: refused.includes('temporary'),
  };
}

/** Neither to whom wants none, nor to the address that reports come from. */
function allowed({ addresses, refused }: Destinations, { suppress, from }: ReportsPolicy): Destinations {
  const wanted = addresses.filter(
    (address) =>
      address.toLowerCase() !== from && !suppress.some((pattern) => matchesPattern(pattern, address)),
  );
  return { addresses: wanted, refused };
}

/** Nobody is to get a report, now or, where the DNS did not answer, as far as is known. */
async function finished(run: Run, day: string, domain: string, { refused }: Destinations) {
  if (refused.includes('temporary')) return { outcome: 'later', reason: 'dns', made: 0, sent: 0 } as const;
  return done(run, day, domain, { reason: 'nobody-asks', made: 0, sent: 0 });
}

async function done(
  { ports, bucket, signal }: Run,
  day: string,
  domain: string,
  { reason, made, sent }: Omit<DomainOutcome, 'outcome'>,
): Promise<DomainOutcome> {
  const body = Buffer.from(`${JSON.stringify({ reason, made, sent })}\n`);
  const object = { bucket, key: doneKey(day, domain), body, contentType: 'application/json' };
  await ports.objectStore.put(object, signal);
  return { outcome: 'done', reason, made, sent };
}

/** Keeps a report, or takes the one that an earlier run kept: under one name only one is ever sent. */
async function keep({ ports, bucket, signal }: Run, day: string, part: ReportPart): Promise<ReportPart> {
  const key = madeKey(day, part.name.domain, part.fileName);
  const object = { bucket, key, body: part.gzip, contentType: 'application/gzip' };
  if ((await ports.objectStore.putIfAbsent(object, signal)) === 'stored') return part;
  const gzip = await ports.objectStore.get(bucket, key, MAX_MADE_BYTES, signal);
  return gzip === undefined ? part : { ...part, gzip };
}

interface Sending {
  sent: number;
  later: boolean;
}

async function sendPart(
  run: Run,
  { day, part, to }: { readonly day: string; readonly part: ReportPart; readonly to: string },
  sending: Sending,
): Promise<void> {
  const { ports, policy } = run;
  const outcome = await run.turns.send(run, day, {
    id: reportId(part.name),
    from: policy.from,
    to,
    raw: () => composeReport(part, { from: policy.from, to, nowMs: ports.now() }),
  });
  if (outcome === 'sent') sending.sent += 1;
  if (outcome === 'failed') sending.later = true;
}
