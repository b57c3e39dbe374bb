/** Everything that `mailroom dmarc check` looks at, for one domain. */
import type { LookupDns } from '../../../shared/auth/dns/types.ts';
import type { LookupTxt } from '../../../shared/auth/types.ts';
import { checkKey, type KeyReport } from './dkim.ts';
import type { Finding } from './finding.ts';
import { checkOutbound, type OutboundReport } from './outbound.ts';
import { checkReporting, type ReportingAddress } from './reports.ts';
import { checkSpf, type SpfReport } from './spf.ts';
import { checkWalk, type WalkReport } from './walk.ts';

export interface DomainReport {
  readonly domain: string;
  readonly walk: WalkReport;
  readonly reporting: readonly ReportingAddress[];
  readonly spf: SpfReport;
  readonly keys: readonly KeyReport[];
  readonly outbound: OutboundReport;
}

export interface DomainQuestion {
  /** Lower-case A-labels; so is `mailFrom`. */
  readonly domain: string;
  readonly selectors: readonly string[];
  readonly mailFrom: string | undefined;
}

/** A DNS that fails is part of the report. */
export async function checkDomain(
  { domain, selectors, mailFrom }: DomainQuestion,
  lookupDns: LookupDns,
  signal: AbortSignal,
): Promise<DomainReport> {
  const lookupTxt: LookupTxt = (name, abort) => lookupDns(name, 'TXT', abort);
  const walk = await checkWalk(domain, lookupTxt, signal);
  const reporting = await checkReporting(walk.discovery, lookupTxt, signal);
  const spf = await checkSpf(domain, lookupDns, signal);
  const keys = await Promise.all(selectors.map((one) => checkKey(one, domain, lookupTxt, signal)));
  const question = { domain, orgDomain: walk.orgDomain, mailFrom, applies: walk.applies, keys };
  const outbound = await checkOutbound(question, lookupDns, signal);
  return { domain, walk, reporting, spf, keys, outbound };
}

/** Every finding, in the order of the report. */
export function allFindings({ walk, reporting, spf, keys, outbound }: DomainReport): readonly Finding[] {
  return [
    ...walk.steps.flatMap(({ findings }) => findings),
    ...walk.findings,
    ...reporting.flatMap(({ findings }) => findings),
    ...spf.findings,
    ...keys.flatMap(({ findings }) => findings),
    ...(outbound.spf?.findings ?? []),
    ...outbound.findings,
  ];
}
