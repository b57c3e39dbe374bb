/**
 * The reports about one domain and day: who wants them is asked in the DNS, then what was seen is read, written, kept in the bucket,
 * and sent. Each piece is found again by its name, so a run that was killed goes on where it was.
 */
import { type DmarcDiscovery, discoverDmarc } from '../../shared/auth/dmarc/discover.ts';
import { TemporaryError } from '../../shared/errors.ts';
import { domainOf, matchesPattern } from '../../shared/policy/pattern.ts';
import type { ReportsPolicy } from '../../shared/policy/types-reports.ts';
import { type Destinations, reportDestinations } from '../../shared/reports/aggregate/destinations.ts';
import { reportId } from '../../shared/reports/aggregate/names.ts';
import { composeReport } from '../../shared/reports/aggregate/write-message.ts';
import { type ReportPart, writeReportParts } from '../../shared/reports/aggregate/write-parts.ts';
import { doneKey, madeKey } from '../edge/report-keys.ts';
import { type FailureDestinations, sendFailures } from './failures.ts';
import { type Observations, readObservations, seesMoreThan } from './observations.ts';
import type { OneAtATime } from './one-at-a-time.ts';
import type { ReportPorts } from './ports.ts';
import type { Turns } from './turns.ts';

export interface Run {
  readonly ports: ReportPorts;
  readonly policy: ReportsPolicy;
  readonly bucket: string;
  /** Without: reports are made and kept, and not sent. */
  readonly sends: boolean;
  readonly turns: Turns;
  /** For domains with much mail: the memory is enough for one of them beside several small ones. */
  readonly large: OneAtATime;
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
/** Messages of a domain that is no large one; S3 names a thousand at a time. */
const SMALL = 999;
/** Reports of the largest size are compressed to far less; against an object put there by hand. */
const MAX_MADE_BYTES = 40 * 1024 * 1024;

/** Throws TemporaryError, PermanentError or DeadlineError; a DNS that does not answer is an outcome. */
export async function reportDomain(run: Run, day: string, domain: string): Promise<DomainOutcome> {
  const asked = await destinationsOf(run, domain);
  if (asked === 'temporary') return LATER_BY_DNS;
  if (asked.aggregate.addresses.length === 0 && asked.failure.addresses.length === 0)
    return finished(run, day, domain, asked);
  const { ports, bucket, signal } = run;
  const isLarge = await seesMoreThan(ports, { bucket, day, domain }, SMALL, signal);
  const made = isLarge ? await run.large(() => make(run, day, domain)) : await make(run, day, domain);
  if (made === undefined) return done(run, day, domain, { reason: 'nothing-seen', made: 0, sent: 0 });
  const { kept, observed } = made;
  const sending: Sending = { sent: 0, later: false, capped: false };
  for (const part of kept)
    for (const to of asked.aggregate.addresses) await sendPart(run, { day, part, to }, sending);
  const failures = observed.failures.result(run.policy.failure?.perDomainAndDay ?? 0);
  for (const later of await sendFailures(run, { day, receiver: receiverOf(run), failures }, asked.failure))
    sending.later ||= later;
  const counts = { made: kept.length, sent: sending.sent };
  if (sending.later) return { outcome: 'later', reason: 'not-all-sent', ...counts };
  if (asked.temporary) return { ...LATER_BY_DNS, ...counts };
  const reason = !run.sends ? 'monitor' : sending.capped ? 'per-day' : 'sent';
  return done(run, day, domain, { reason, ...counts });
}

/** Whoever lets the names of forged domains end in no answer must not end the run for all others. */
const LATER_BY_DNS = { outcome: 'later', reason: 'dns', made: 0, sent: 0 } as const;

interface Made {
  readonly kept: readonly ReportPart[];
  readonly observed: Observations;
}

/** Reads what was seen, writes the reports, and keeps them; undefined when nothing was seen. */
async function make(run: Run, day: string, domain: string): Promise<Made | undefined> {
  const { ports, bucket, signal } = run;
  const observed = await readObservations(ports, { bucket, day, domain }, signal);
  if (observed.unreadable > 0)
    ports.log({ level: 'warn', event: 'report', outcome: 'unreadable', count: observed.unreadable });
  const { collection } = observed;
  if (collection === undefined) return undefined;
  const { parts, left } = writeReportParts(periodOf(run, day, domain), collection, run.policy);
  if (left > 0) ports.log({ level: 'warn', event: 'report', outcome: 'left-out', count: left });
  const kept = await Promise.all(parts.map((part) => keep(run, day, part)));
  return { kept, observed: { ...observed, collection: undefined } };
}

function receiverOf({ policy }: Pick<Run, 'policy'>): string {
  return domainOf(policy.from);
}

/** §3.1.1.4: typically a single UTC day, beginning at 0000. The sample of Appendix B ends a second before the next. */
function periodOf(run: Pick<Run, 'policy'>, day: string, domain: string) {
  const begin = Date.parse(`${day}T00:00:00Z`) / 1000;
  return { receiver: receiverOf(run), domain, begin, end: begin + DAY_SECONDS - 1 };
}

/** Why nobody gets a report: the record asks for none, the DNS lets none of its addresses have it, or the policy file has them left out. */
type Nobody = 'nobody-asks' | 'not-authorized' | 'suppressed';

interface Asked {
  readonly aggregate: Destinations;
  readonly failure: FailureDestinations;
  /** Something could not be looked up: it is to be asked again. */
  readonly temporary: boolean;
  /** Why there is no address, where there is none. */
  readonly nobody: Nobody;
}

/** By the record as it is now: who took his address out of it gets nothing more. */
async function destinationsOf(run: Run, domain: string): Promise<Asked | 'temporary'> {
  const { ports, policy, signal } = run;
  const discovery = await discovered(run, domain);
  if (discovery === 'temporary') return discovery;
  const { record, at, orgDomain = domain } = discovery;
  const none: Destinations = { addresses: [], refused: [] };
  if (record === undefined || at !== domain)
    return { aggregate: none, failure: none, temporary: false, nobody: 'nobody-asks' };
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
    nobody: whyNobody(aggregate.addresses.length + failure.addresses.length, refused.length),
  };
}

function whyNobody(willing: number, refused: number): Nobody {
  if (willing > 0) return 'suppressed';
  return refused > 0 ? 'not-authorized' : 'nobody-asks';
}

async function discovered({ ports, signal }: Run, domain: string): Promise<DmarcDiscovery | 'temporary'> {
  try {
    return await discoverDmarc(domain, ports.lookupTxt, signal);
  } catch (error) {
    if (error instanceof TemporaryError && !signal.aborted) return 'temporary';
    throw error;
  }
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
async function finished(run: Run, day: string, domain: string, { temporary, nobody }: Asked) {
  if (temporary) return LATER_BY_DNS;
  return done(run, day, domain, { reason: nobody, made: 0, sent: 0 });
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
  /** As many as allowed went out before. */
  capped: boolean;
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
  if (outcome === 'no-turn') sending.capped = true;
}
