/** The walk up the DNS from a domain: what is published at each name, and what applies in the end. */
import { type DmarcDiscovery, discoverDmarc, effectivePolicy } from '../../../shared/auth/dmarc/discover.ts';
import { isDmarcRecord, type PublishedPolicy, parseDmarcRecord } from '../../../shared/auth/dmarc/record.ts';
import { endsWalk, walkNames } from '../../../shared/auth/dmarc/tree-walk.ts';
import type { LookupTxt } from '../../../shared/auth/types.ts';
import { TemporaryError } from '../../../shared/errors.ts';
import { type Finding, note, problem, warning } from './finding.ts';
import { checkRecord } from './record.ts';

export interface WalkStepReport {
  /** The name that was asked. */
  readonly name: string;
  /** `other`: TXT records, none of them for DMARC. */
  readonly found: 'record' | 'several' | 'other' | 'nothing' | 'no-such-name' | 'temporary';
  /** The DMARC records, as published. */
  readonly records: readonly string[];
  readonly findings: readonly Finding[];
}

export interface Applies {
  /** The domain whose record it is. */
  readonly at: string;
  readonly from: 'p' | 'sp' | 'np';
  readonly published: PublishedPolicy;
  /** After t=y. */
  readonly effective: PublishedPolicy;
  readonly adkim: 'r' | 's';
  readonly aspf: 'r' | 's';
}

export interface WalkReport {
  readonly steps: readonly WalkStepReport[];
  readonly orgDomain: string | undefined;
  /** Undefined: no record applies, or it could not be found out. */
  readonly applies: Applies | undefined;
  readonly findings: readonly Finding[];
  readonly discovery: DmarcDiscovery | undefined;
}

/** Asks the names that a receiver asks (dmarcbis-41 §4.10). A failure of the DNS is a finding. */
export async function checkWalk(
  domain: string,
  lookupTxt: LookupTxt,
  signal: AbortSignal,
): Promise<WalkReport> {
  const steps: WalkStepReport[] = [];
  for (const name of walkNames(domain)) {
    const step = await checkStep(name, lookupTxt, signal);
    steps.push(step);
    const parsed = step.records.length === 1 ? parseDmarcRecord(step.records[0] ?? '') : undefined;
    if (parsed?.ok === true && endsWalk(parsed.record)) break;
  }
  const discovery = await discover(domain, lookupTxt, signal);
  return {
    steps,
    orgDomain: discovery?.orgDomain,
    applies: appliesOf(discovery),
    findings: [...wholeFindings(domain, discovery)],
    discovery,
  };
}

async function checkStep(domain: string, lookupTxt: LookupTxt, signal: AbortSignal): Promise<WalkStepReport> {
  const name = `_dmarc.${domain}`;
  const nothing = { name, records: [], findings: [] };
  try {
    const answer = await lookupTxt(name, signal);
    if (answer.kind !== 'records')
      return { ...nothing, found: answer.kind === 'nxdomain' ? 'no-such-name' : 'nothing' };
    return stepOf(name, answer.records);
  } catch (error) {
    if (!(error instanceof TemporaryError)) throw error;
    return {
      ...nothing,
      found: 'temporary',
      findings: [problem('the DNS does not answer; receivers cannot judge mail meanwhile')],
    };
  }
}

function stepOf(name: string, all: readonly string[]): WalkStepReport {
  const records = all.filter(isDmarcRecord);
  const nearly = all.filter((text) => !isDmarcRecord(text) && /dmarc/i.test(text.slice(0, 40)));
  const findings = nearly.map(() =>
    problem(
      'a TXT record looks like DMARC but does not begin with v=DMARC1, in capitals',
      'dmarcbis-41 §4.7',
    ),
  );
  if (records.length > 1) {
    findings.push(
      problem(`there are ${records.length} records: receivers use none of them`, 'dmarcbis-41 §4.10'),
    );
    return { name, found: 'several', records, findings };
  }
  const [record] = records;
  if (record === undefined) return { name, found: 'other', records, findings };
  return { name, found: 'record', records, findings: [...findings, ...checkRecord(record)] };
}

async function discover(
  domain: string,
  lookupTxt: LookupTxt,
  signal: AbortSignal,
): Promise<DmarcDiscovery | undefined> {
  try {
    return await discoverDmarc(domain, lookupTxt, signal);
  } catch (error) {
    if (error instanceof TemporaryError) return undefined;
    throw error;
  }
}

function appliesOf(discovery: DmarcDiscovery | undefined): Applies | undefined {
  const { record, at, from, published } = discovery ?? {};
  if (record === undefined || at === undefined || from === undefined) return undefined;
  if (published === undefined || published === 'no-record') return undefined;
  const effective = effectivePolicy(published, record.testing);
  return { at, from, published, effective, adkim: record.adkim, aspf: record.aspf };
}

function* wholeFindings(domain: string, discovery: DmarcDiscovery | undefined): Generator<Finding> {
  if (discovery === undefined) {
    yield problem('what applies cannot be found out now');
    return;
  }
  const { record, at, orgDomain } = discovery;
  if (record === undefined)
    yield problem('no DMARC record applies: anybody can send as this domain', 'dmarcbis-41 §4.10.1');
  else if (at !== domain)
    yield note(`the domain has no record of its own; that of ${at} applies`, 'dmarcbis-41 §4.10.1');
  else if (orgDomain !== undefined && orgDomain !== domain && record.sp !== undefined)
    yield warning(`sp is ignored here: ${orgDomain} is the organization's domain`, 'dmarcbis-41 §4.7');
}
