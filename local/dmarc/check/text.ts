/** A domain's report as text. Records are strangers' text, so nothing of them reaches the terminal raw. */
import { MAX_LOOKUP_TERMS, MAX_VOID_LOOKUPS } from '../../../shared/auth/spf/limits.ts';
import { safe } from '../../safe-text.ts';
import type { DomainReport } from './check.ts';
import { allFindings } from './check.ts';
import type { KeyReport } from './dkim.ts';
import type { Finding } from './finding.ts';
import type { ReportingAddress } from './reports.ts';
import type { SpfReport } from './spf.ts';
import type { WalkReport, WalkStepReport } from './walk.ts';

const FOUND: Readonly<Record<WalkStepReport['found'], string>> = {
  record: 'a record',
  several: 'several records',
  other: 'other text',
  nothing: 'nothing',
  'no-such-name': 'nothing',
  temporary: 'no answer',
};

const SIGNS: Readonly<Record<Finding['level'], string>> = { problem: '✗', warning: '!', note: '·' };

/** Longer ones are cut: a record of kilobytes would fill the screen. */
const MAX_SHOWN_CHARS = 500;

export function domainText(report: DomainReport): string {
  const { walk, reporting, spf, keys, outbound } = report;
  const parts = [
    heading('DMARC', walkLines(walk)),
    heading('Reports', reportingLines(reporting)),
    heading('SPF', spfLines(spf)),
    ...(keys.length === 0 ? [] : [heading('DKIM', keys.flatMap(keyLines))]),
    heading('Mail from WorkMail', [
      ...(outbound.spf === undefined ? [] : spfLines(outbound.spf)),
      ...findingLines(outbound.findings),
    ]),
    totalText(report),
  ];
  return parts.join('\n');
}

function heading(title: string, lines: readonly string[]): string {
  return `${title}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

function walkLines({ steps, orgDomain, applies, findings }: WalkReport): string[] {
  const lines = steps.flatMap((step) => [
    `${safe(step.name)}: ${FOUND[step.found]}`,
    ...step.records.map((record) => `  ${shown(record)}`),
    ...findingLines(step.findings).map((line) => `  ${line}`),
  ]);
  if (applies !== undefined) {
    const { at, from, published, effective, adkim, aspf } = applies;
    const weaker = effective === published ? '' : `, in effect ${effective} because of t=y`;
    const modes = `DKIM ${modeText(adkim)}, SPF ${modeText(aspf)}`;
    lines.push(`applies: ${from}=${published} of ${safe(at)}${weaker}; alignment: ${modes}`);
  }
  if (orgDomain !== undefined) lines.push(`the organization's domain is ${safe(orgDomain)}`);
  return [...lines, ...findingLines(findings)];
}

function modeText(mode: 'r' | 's'): string {
  return mode === 's' ? 'strict' : 'relaxed';
}

function reportingLines(addresses: readonly ReportingAddress[]): string[] {
  if (addresses.length === 0) return ['nobody is asked to report'];
  return addresses.flatMap(({ tag, uri, goesTo, redirected, findings }) => {
    const elsewhere = redirected ? `, which sends them on to ${safe(goesTo.join(', '))}` : '';
    return [`${tag} ${shown(uri)}${elsewhere}`, ...findingLines(findings).map((line) => `  ${line}`)];
  });
}

function spfLines({ domain, record, lookups, voids, includes, findings }: SpfReport): string[] {
  if (record === undefined) return [safe(domain), ...findingLines(findings)];
  const included = includes.length === 0 ? '' : `, with ${includes.map(safe).join(', ')}`;
  return [
    safe(domain),
    `  ${shown(record)}`,
    `  ${lookups} of ${MAX_LOOKUP_TERMS} look-ups, ${voids} of ${MAX_VOID_LOOKUPS} that find nothing${included}`,
    ...findingLines(findings),
  ];
}

function keyLines({ name, type, bits, findings }: KeyReport): string[] {
  const kind = type === undefined ? '' : `: ${type}${bits === undefined ? '' : `, ${bits} bits`}`;
  return [`${safe(name)}${kind}`, ...findingLines(findings).map((line) => `  ${line}`)];
}

function findingLines(findings: readonly Finding[]): string[] {
  return findings.map(
    ({ level, text, clause }) => `${SIGNS[level]} ${safe(text)}${clause === undefined ? '' : ` (${clause})`}`,
  );
}

function totalText(report: DomainReport): string {
  const findings = allFindings(report);
  const count = (level: Finding['level']) => findings.filter((one) => one.level === level).length;
  return `Problems (✗): ${count('problem')}. Warnings (!): ${count('warning')}.\n`;
}

function shown(text: string): string {
  const whole = safe(text);
  return whole.length <= MAX_SHOWN_CHARS ? whole : `${whole.slice(0, MAX_SHOWN_CHARS - 1)}…`;
}
