/** What reports say, as text for a person at a terminal. */
import type {
  DomainSummary,
  ReportSummary,
  Sender,
  SenderVerdict,
} from '../../shared/reports/summary-types.ts';
import { tableText } from '../cli/log-text.ts';
import { safe } from '../safe-text.ts';
import type { ReadReports } from './report-files.ts';

type Failing = Exclude<SenderVerdict, 'passes'>;

/** What each kind of failure is, and what to do about it. */
export const WHY_IT_FAILS: Readonly<Record<Failing, string>> = {
  'not-aligned':
    'sent and authenticated as another domain: a service that sends for you (let it sign as your domain), or a forwarder',
  'broken-signature':
    'your signature does not verify: a list or forwarder changed the message, the key is not published, or it is forged',
  unauthenticated: 'nothing says who sent it: forged, or a server of yours that nobody set up',
  inconsistent:
    'the receiver says that your own domain is proved, and that DMARC fails: its report contradicts itself',
};

export const VERDICTS: Readonly<Record<SenderVerdict, string>> = {
  passes: 'passes',
  'not-aligned': 'not aligned',
  'broken-signature': 'broken signature',
  unauthenticated: 'unauthenticated',
  inconsistent: 'inconsistent',
};

/** At most `limit` senders are listed. */
export function reportText({ summary, refused, others }: ReadReports, limit: number): string {
  const parts = [headText(summary)];
  if (summary.reports > 0) {
    parts.push(
      `Who sends\n\n${sendersTable(summary.senders.slice(0, limit))}${moreText(summary.senders.length - limit)}`,
      ...summary.domains.map(domainText),
    );
  }
  const problems = refused.map(({ file, why }) => `${safe(file)}: not read: ${why}\n`);
  if (others > 0) problems.push(`Other files in the folder: ${others}.\n`);
  if (problems.length > 0) parts.push(problems.join(''));
  return parts.join('\n');
}

function headText({ reports, duplicates, unreadableRecords, reporters, period }: ReportSummary): string {
  if (period === undefined) return 'There is no report that can be read.\n';
  const lines = [
    `${counted(reports, 'report')} of ${counted(reporters.length, 'reporter')}, ${dayOf(period.begin)} to ${dayOf(period.end)}.`,
  ];
  if (duplicates > 0) lines.push(`Left out because they came before: ${counted(duplicates, 'report')}.`);
  if (unreadableRecords > 0)
    lines.push(`Left out because they are damaged: ${counted(unreadableRecords, 'record')}.`);
  return `${lines.join('\n')}\n`;
}

function sendersTable(senders: readonly Sender[]): string {
  const rows = senders.map((sender) => ({
    from: sender.from,
    sender: sender.by === 'none' ? '(nobody)' : `${sender.by} ${sender.sender}`,
    addresses: sender.sources,
    messages: sender.messages,
    dkim: sender.dkim,
    spf: sender.spf,
    fail: sender.failed,
    result: VERDICTS[sender.verdict],
    handled: handledText(sender),
  }));
  return tableText(rows, 'The reports have no records.');
}

/** What receivers did, most first; and why they did not do what the policy asks. */
export function handledText({ dispositions, overrides }: Sender): string {
  const parts = [...Object.entries(dispositions), ...Object.entries(overrides)]
    .filter(([, messages]) => messages > 0)
    .map(([word, messages]) => `${word} ${messages}`);
  return parts.join(', ');
}

function moreText(more: number): string {
  return more > 0
    ? `… and ${counted(more, 'sender')} more; --limit shows them, --csv and --json have all.\n`
    : '';
}

function domainText(domain: DomainSummary): string {
  const { messages, failed, forgiven, spfOnly } = domain;
  const lines = [
    `${safe(domain.domain)} publishes ${publishedText(domain)}: ${counted(messages, 'message')}, of which ${number(messages - failed)} pass.`,
    `At p=reject ${number(failed)} of them (${percent(failed, messages)}) would be refused, at p=quarantine put to Junk:`,
  ];
  if (failed === 0) lines[1] = 'At p=reject or p=quarantine nothing of it would be lost.';
  // Its rows stand in the table under these names.
  if (domain.from.some((name) => name !== domain.domain))
    lines.splice(1, 0, `Its mail says in From: ${domain.from.map(safe).join(', ')}.`);
  for (const [verdict, text] of failures(domain))
    lines.push(`  ${number(domain.wouldBreak[verdict])}  ${text}`);
  if (forgiven > 0)
    lines.push(
      `Receivers say that they would take ${number(forgiven)} of them all the same (lists, forwarders).`,
    );
  if (spfOnly > 0)
    lines.push(
      `${number(spfOnly)} pass by SPF alone: they fail once somebody forwards them. Sign them with DKIM.`,
    );
  return `${lines.join('\n')}\n`;
}

/** The kinds of failure that the domain has. */
export function failures({ wouldBreak }: DomainSummary): [Failing, string][] {
  const kinds: readonly Failing[] = ['not-aligned', 'broken-signature', 'unauthenticated', 'inconsistent'];
  return kinds.filter((kind) => wouldBreak[kind] > 0).map((kind) => [kind, WHY_IT_FAILS[kind]]);
}

/** As in the record. */
export function publishedText({ p, sp, np, testing }: DomainSummary): string {
  const tags = [`p=${p}`];
  if (sp !== undefined && sp !== p) tags.push(`sp=${sp}`);
  if (np !== undefined && np !== (sp ?? p)) tags.push(`np=${np}`);
  if (testing) tags.push('t=y');
  return tags.join('; ');
}

export function percent(part: number, whole: number): string {
  return `${whole === 0 ? '0.0' : ((part * 100) / whole).toFixed(1)} %`;
}

/** With commas between thousands. */
export function number(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 report`, `2 reports`. */
export function counted(value: number, what: string): string {
  return `${number(value)} ${what}${value === 1 ? '' : 's'}`;
}

function dayOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}
