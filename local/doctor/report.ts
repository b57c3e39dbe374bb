/** The findings as a person reads them: in groups, a line each, and under what is not right how to mend it. */
import { CHECKS, type FindingId, GROUPS, type Group } from './catalogue.ts';
import type { Finding, Level } from './finding.ts';

const MARKS: Readonly<Record<Level, string>> = { ok: 'ok  ', warn: 'warn', fail: 'FAIL', unknown: '?   ' };

function count(findings: readonly Finding[], level: Level): number {
  return findings.filter((finding) => finding.level === level).length;
}

function lines(finding: Finding): readonly string[] {
  const { id, level, subject, meaning, mend } = finding;
  const line = `  ${MARKS[level]} ${id} (${subject}): ${meaning}`;
  return mend === undefined ? [line] : [line, `       mend: ${mend}`];
}

function section(group: Group, findings: readonly Finding[]): readonly string[] {
  const own = findings.filter(({ id }) => CHECKS[id] === group);
  return own.length === 0 ? [] : [group, ...own.flatMap(lines), ''];
}

/** Without these nothing else can be looked at, so that no failure says nothing. */
const BASICS: ReadonlySet<FindingId> = new Set(['credentials', 'organization', 'stack']);

/** `undecided`: nothing failed, because too little could be looked at. */
export type Verdict = 'fine' | 'failed' | 'undecided';

export function verdictOf(findings: readonly Finding[]): Verdict {
  if (findings.some(({ level }) => level === 'fail')) return 'failed';
  return findings.some(({ id, level }) => level === 'unknown' && BASICS.has(id)) ? 'undecided' : 'fine';
}

/** One sentence that says how it stands. */
function verdictText(findings: readonly Finding[]): string {
  const unknowns = count(findings, 'unknown');
  const total = `${count(findings, 'ok')} fine, ${count(findings, 'warn')} to look at, ${count(findings, 'fail')} wrong, ${unknowns} not known.`;
  switch (verdictOf(findings)) {
    case 'failed':
      return `Not connected: ${total} docs/doctor.md has a section for each name.`;
    case 'undecided':
      return `Nothing can be said: credentials, organization and stack are not all known. ${total}`;
    case 'fine':
      return unknowns > 0
        ? `Nothing wrong was found, and not all could be looked at: ${total}`
        : `Connected: ${total}`;
  }
}

export function reportText(findings: readonly Finding[]): string {
  const sections = GROUPS.flatMap((group) => section(group, findings));
  return `${[...sections, verdictText(findings)].join('\n')}\n`;
}

export function reportJson(findings: readonly Finding[]): string {
  const summary = Object.fromEntries(
    (['ok', 'warn', 'fail', 'unknown'] as const).map((level) => [level, count(findings, level)]),
  );
  return `${JSON.stringify({ verdict: verdictOf(findings), summary, findings }, null, 2)}\n`;
}
