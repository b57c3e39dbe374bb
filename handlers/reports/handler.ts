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
import { lambdaReportPorts, type ReportPorts } from './ports.ts';
import { openTurns } from './turns.ts';

/** Kept back for the last object and the last log record. */
const MARGIN_MS = 20_000;
/** Days that are not finished are taken up again so long. */
const DAYS = 3;
const DAY_MS = 86_400_000;
/** Of one day. Whoever forges many domains chooses how many there are; each costs some questions of the DNS. */
const MAX_DOMAINS = 20_000;
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
  const total = { domains: 0, made: 0, sent: 0, later: 0 };
  for (const day of days) {
    const domains = await openDomains(ports, bucket, day, signal);
    if (domains.length === 0) continue;
    const turns = await openTurns(ports, { bucket, day, perDay: policy.perDay }, signal);
    await reportDay({ ports, policy, bucket, sends, turns, signal }, day, domains, total);
  }
  const { later, ...answer } = total;
  log({ level: 'info', event: 'reports', outcome: later > 0 ? 'later' : 'done', ...total });
  // Lambda tries again, and its metric Errors counts it.
  if (later > 0) throw new TemporaryError(`reports: ${later} domains are left for later`);
  return answer;
}

async function reportDay(
  run: Run,
  day: string,
  domains: readonly string[],
  total: { domains: number; made: number; sent: number; later: number },
): Promise<void> {
  let failed = 0;
  for (const domain of domains) {
    total.domains += 1;
    try {
      const { outcome, made, sent, reason } = await reportDomain(run, day, domain);
      failed = 0;
      total.made += made;
      total.sent += sent;
      total.later += outcome === 'later' ? 1 : 0;
      run.ports.log({ level: 'info', event: 'report-domain', outcome, reason, made, sent });
    } catch (error) {
      if (error instanceof DeadlineError || run.signal.aborted) throw error;
      total.later += 1;
      failed += 1;
      run.ports.log({ level: 'error', event: 'report-domain', outcome: 'failed', reason: whyOf(error) });
      if (failed >= MAX_FAILED) throw error;
    }
  }
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
