/**
 * The door of the reports: which days, which domains, in which order, and how it ended. EventBridge calls it once a day, and Lambda
 * calls it again, twice at most, when it throws; what a run leaves, the next days' runs take up.
 */
import { createHash } from 'node:crypto';
import { DeadlineError, PermanentError, TemporaryError } from '../../shared/errors.ts';
import type { Deadline } from '../../shared/workmail/deadline.ts';
import { type Mode, readMode } from '../edge/environment.ts';
import type { LambdaContext } from '../edge/lambda.ts';
import { logOf, whyOf } from '../edge/log.ts';
import { dayOf, doneFolder, observedFolder } from '../edge/report-keys.ts';
import { watched } from '../edge/watch.ts';
import { type Run, reportDomain } from './domain.ts';
import { createOneAtATime } from './one-at-a-time.ts';
import { lambdaReportPorts, type ReportPorts } from './ports.ts';
import { openTurns } from './turns.ts';

/** Kept back for the last object and the last log record. */
const MARGIN_MS = 20_000;
/** Days that are not finished are taken up again so long. */
const DAYS = 3;
const DAY_MS = 86_400_000;
/** Of one day. Whoever forges many domains chooses how many there are; each costs some questions of the DNS. */
const MAX_DOMAINS = 20_000;
/** Domains that are under way at one time: each mostly waits for the DNS and for S3. */
const DOMAINS_AT_ONCE = 8;
/** Fewer that do not answer say nothing about our own DNS. */
const SEVERAL_DOMAINS = 5;
/** So many domains that fail in a row mean that something is wrong with all: a right, the sender. */
const MAX_FAILED = 20;

export interface ReportsAnswer {
  readonly domains: number;
  readonly made: number;
  readonly sent: number;
}

export type ReportsHandler = (rawEvent: unknown, context: LambdaContext) => Promise<ReportsAnswer>;

const NOTHING: ReportsAnswer = { domains: 0, made: 0, sent: 0 };

/** `{ "day": "2026-11-20" }` makes the reports of one day; any other event those of the days before today. */
export function createReportsHandler(
  ports: () => ReportPorts = lambdaReportPorts,
  mode: () => Mode = readMode,
): ReportsHandler {
  return async (rawEvent, context) => {
    const inForce = mode();
    if (inForce === 'off') {
      logOf(ports)({ level: 'info', event: 'skip', reason: 'off' });
      return NOTHING;
    }
    const edge = ports();
    const limits = { limitMs: Number.POSITIVE_INFINITY, marginMs: MARGIN_MS };
    return watched({ context, ...limits, now: edge.now, log: edge.log }, async (deadline) => {
      try {
        return await reportDays(edge, deadline, inForce === 'enforce', daysOf(rawEvent, edge.now()));
      } finally {
        await edge.policySaved(deadline.signal);
      }
    });
  };
}

/** The latest first: it is what people wait for. */
function daysOf(rawEvent: unknown, nowMs: number): readonly string[] {
  const day =
    typeof rawEvent === 'object' && rawEvent !== null && 'day' in rawEvent ? rawEvent.day : undefined;
  if (day === undefined)
    return Array.from({ length: DAYS }, (_, before) => dayOf(nowMs - (before + 1) * DAY_MS));
  if (typeof day === 'string' && /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(Date.parse(day)))
    return [day];
  throw new PermanentError('the event: "day" is not a date such as 2026-11-20');
}

async function reportDays(
  ports: ReportPorts,
  deadline: Deadline,
  sends: boolean,
  days: readonly string[],
): Promise<ReportsAnswer> {
  const { bucket, log } = ports;
  const policy = (await ports.loadPolicy(deadline.remaining())).dmarc?.reports;
  if (policy === undefined) {
    log({ level: 'info', event: 'skip', reason: 'not-in-policy' });
    return NOTHING;
  }
  if (bucket === undefined) throw new PermanentError('MAILROOM_REWRITE_BUCKET is not set');
  const { signal } = deadline;
  const total: Total = { domains: 0, made: 0, sent: 0, later: 0, unanswered: 0 };
  for (const day of days) {
    const domains = await openDomains(ports, bucket, day, signal);
    if (domains.length === 0) continue;
    const turns = await openTurns(ports, { bucket, day, perDay: policy.perDay }, signal);
    const large = createOneAtATime();
    await reportDay({ ports, policy, bucket, sends, turns, large, signal }, day, domains, total);
  }
  const { later, unanswered, ...answer } = total;
  log({ level: 'info', event: 'reports', outcome: later > 0 ? 'later' : 'done', ...total });
  // Some of many domains always have a DNS that is down, and that is their owners' affair: the next day's run asks again.
  const ownDnsFails = unanswered >= SEVERAL_DOMAINS && unanswered * 2 > total.domains;
  // Lambda tries again, and its metric Errors counts it.
  if (later > unanswered || ownDnsFails)
    throw new TemporaryError(`reports: ${later} domains are left for later`);
  return answer;
}

interface Total {
  domains: number;
  made: number;
  sent: number;
  later: number;
  /** Of them: those whose DNS did not answer. */
  unanswered: number;
}

async function reportDay(run: Run, day: string, domains: readonly string[], total: Total): Promise<void> {
  const waiting = domains.values();
  let failed = 0;
  let stopped: unknown;
  const work = async (): Promise<void> => {
    for (const domain of waiting) {
      if (stopped !== undefined) return;
      try {
        await reportOne(run, day, domain, total);
        failed = 0;
      } catch (error) {
        failed += 1;
        if (error instanceof DeadlineError || run.signal.aborted || failed >= MAX_FAILED) stopped ??= error;
        else notReported(run, error, total);
      }
    }
  };
  // Each ends what it has begun: a call that returned while a mail is on its way would leave it half sent.
  await Promise.all(Array.from({ length: DOMAINS_AT_ONCE }, work));
  if (stopped !== undefined) throw stopped;
}

async function reportOne(run: Run, day: string, domain: string, total: Total): Promise<void> {
  total.domains += 1;
  const { outcome, made, sent, reason } = await reportDomain(run, day, domain);
  total.made += made;
  total.sent += sent;
  if (outcome === 'later') {
    total.later += 1;
    if (reason === 'dns') total.unanswered += 1;
  }
  run.ports.log({ level: 'info', event: 'report-domain', outcome, reason, made, sent });
}

function notReported({ ports }: Run, error: unknown, total: Total): void {
  total.later += 1;
  ports.log({ level: 'error', event: 'report-domain', outcome: 'failed', reason: whyOf(error) });
}

/**
 * Domains of the day that are not done. In an order of the day's own: were it the alphabet's, forged domains with early names would
 * take the turns of all others every day.
 */
async function openDomains(
  ports: ReportPorts,
  bucket: string,
  day: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const done = new Set<string>();
  const donePrefix = doneFolder(day);
  for await (const { keys } of ports.listObjects({ bucket, prefix: donePrefix, folders: false }, signal))
    for (const key of keys) done.add(key.slice(donePrefix.length).replace(/\.json$/, ''));
  const open: string[] = [];
  const seen = { bucket, prefix: observedFolder(day), folders: true };
  for await (const { folders } of ports.listObjects(seen, signal)) {
    open.push(...folders.filter((domain) => !done.has(domain)));
    if (open.length >= MAX_DOMAINS) break;
  }
  const rank = (domain: string) => createHash('sha256').update(`${day} ${domain}`).digest('hex');
  const ranked = open.slice(0, MAX_DOMAINS).map((domain) => [rank(domain), domain] as const);
  return ranked.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, domain]) => domain);
}
