/** Whether mail that WorkMail sends for the domain passes DMARC: through Amazon SES, whose envelope sender is SES's own unless one is set up. */
import type { DnsType, LookupDns } from '../../../shared/auth/dns/types.ts';
import { isWithin } from '../../../shared/auth/domain.ts';
import { TemporaryError } from '../../../shared/errors.ts';
import type { KeyReport } from './dkim.ts';
import { type Finding, note, problem, warning } from './finding.ts';
import { checkSpf, type SpfReport } from './spf.ts';
import type { Applies } from './walk.ts';

export interface OutboundReport {
  /** The custom MAIL FROM domain; undefined when none was given. */
  readonly mailFrom: string | undefined;
  readonly spf: SpfReport | undefined;
  readonly findings: readonly Finding[];
}

export interface OutboundQuestion {
  readonly domain: string;
  /** Of `domain`; undefined where it could not be found out. */
  readonly orgDomain: string | undefined;
  readonly mailFrom: string | undefined;
  readonly applies: Applies | undefined;
  readonly keys: readonly KeyReport[];
}

/** What SES asks to be published at a custom MAIL FROM domain: where bounces go. */
const FEEDBACK_HOST = /^feedback-smtp\.[a-z0-9-]+\.amazonses\.com$/;

export async function checkOutbound(
  question: OutboundQuestion,
  lookupDns: LookupDns,
  signal: AbortSignal,
): Promise<OutboundReport> {
  const keys = keyFindings(question);
  const { mailFrom } = question;
  if (mailFrom === undefined) {
    const spf = note(
      'without a custom MAIL FROM domain the envelope sender is at amazonses.com: SPF passes for Amazon and not for you, so DKIM alone carries DMARC',
    );
    return { mailFrom, spf: undefined, findings: [spf, ...keys] };
  }
  const report = await checkSpf(mailFrom, lookupDns, signal);
  const findings = [
    ...alignmentFindings(question, mailFrom),
    ...includesAmazon(report),
    ...(await feedbackFindings(mailFrom, lookupDns, signal)),
    ...keys,
  ];
  return { mailFrom, spf: report, findings };
}

function keyFindings({ domain, keys }: OutboundQuestion): Finding[] {
  if (keys.length === 0)
    return [
      note(
        `no DKIM key was looked at: give --selector with each of the three names that SES shows for ${domain}, the part before ._domainkey`,
      ),
    ];
  const usable = keys.filter(
    ({ findings, bits, type }) => (bits ?? type) !== undefined && !hasProblem(findings),
  );
  return usable.length > 0
    ? [note(`mail that SES signs as ${domain} passes by DKIM`)]
    : [problem(`no DKIM key of ${domain} can be used, so no mail of WorkMail passes by DKIM`)];
}

function hasProblem(findings: readonly Finding[]): boolean {
  return findings.some(({ level }) => level === 'problem');
}

/** Relaxed alignment is that of the organization: mail from mail.example.com may have bounce.example.com. */
function alignmentFindings({ domain, orgDomain, applies }: OutboundQuestion, mailFrom: string): Finding[] {
  if (!isWithin(mailFrom, orgDomain ?? domain))
    return [problem(`${mailFrom} is no part of ${domain}: SPF cannot be aligned`, 'dmarcbis-41 §4.4.2')];
  if (applies?.aspf === 's' && mailFrom !== domain)
    return [
      problem(
        `aspf=s asks for the same name, and ${mailFrom} is another: SPF is not aligned`,
        'dmarcbis-41 §4.4.2',
      ),
    ];
  return [note(`SPF for ${mailFrom} is aligned with ${domain}`, 'dmarcbis-41 §4.4.2')];
}

function includesAmazon({ domain, record, includes }: SpfReport): Finding[] {
  if (record === undefined)
    return [note('SES asks for the TXT record "v=spf1 include:amazonses.com ~all" there')];
  if (includes.includes('amazonses.com')) return [];
  return [problem(`the SPF record of ${domain} does not include amazonses.com, so SES may not send for it`)];
}

async function feedbackFindings(
  mailFrom: string,
  lookupDns: LookupDns,
  signal: AbortSignal,
): Promise<Finding[]> {
  const type: DnsType = 'MX';
  try {
    const answer = await lookupDns(mailFrom, type, signal);
    const hosts = answer.kind === 'records' ? answer.records.map(hostOf) : [];
    if (hosts.length === 1 && FEEDBACK_HOST.test(hosts[0] ?? '')) return [];
    return [
      problem(
        `${mailFrom} needs one MX record, feedback-smtp.REGION.amazonses.com; without it SES goes back to amazonses.com`,
      ),
    ];
  } catch (error) {
    if (!(error instanceof TemporaryError)) throw error;
    return [warning(`the DNS does not answer for ${mailFrom} (MX)`)];
  }
}

function hostOf(record: string): string {
  return (record.split(' ')[1] ?? '').toLowerCase().replace(/\.$/, '');
}
