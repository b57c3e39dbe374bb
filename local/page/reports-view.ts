/** What receivers report about the organization's domains: a chart of the days, what would break, and who sends. */
import { readFile } from 'node:fs/promises';
import type { DomainSummary, ReportSummary, Sender } from '../../shared/reports/summary-types.ts';
import {
  counted,
  failures,
  handledText,
  number,
  percent,
  publishedText,
  VERDICTS,
} from '../dmarc/report-text.ts';
import { html, type Markup } from './html.ts';
import { chart } from './reports-chart.ts';

/** More rows make the page slow; the command has all. */
const MAX_SENDERS = 200;
/** In the order of a row's cells; a narrow page puts them beside the cells. */
const COLUMNS = ['From', 'Sender', 'Addresses', 'Messages', 'DKIM', 'SPF', 'Fail', 'Result', 'Handled'];

/** The page; undefined when no folder of reports was given. */
export function reportsView(summary: ReportSummary | undefined): Markup {
  if (summary === undefined)
    return html`<h1>DMARC reports</h1><p class="quiet">Start with <code>--dmarc-reports DIR</code> to see here what the reports in a folder say.</p>`;
  if (summary.reports === 0)
    return html`<h1>DMARC reports</h1><p class="quiet">There is no report in the folder that can be read.</p>`;
  const { reports, reporters, senders, domains, days } = summary;
  return html`<h1>DMARC reports</h1>
<p class="quiet">${counted(reports, 'report')} of ${counted(reporters.length, 'reporter')}. Nothing in a report proves that it is true.</p>
${chart(days)}${domains.map(domainPart)}<h2>Who sends</h2>
<div class="scroll"><table class="senders"><thead><tr>${COLUMNS.map((name) => html`<th>${name}</th>`)}</tr></thead>
<tbody>${senders.slice(0, MAX_SENDERS).map(senderRow)}</tbody></table></div>${moreSenders(senders.length - MAX_SENDERS)}`;
}

/** The page as one file that needs nothing else. */
export async function reportsDocument(summary: ReportSummary): Promise<string> {
  const css = await readFile(new URL('style.css', import.meta.url), 'utf8');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>DMARC reports</title><style>${css}</style></head><body><main>${reportsView(summary).text}</main></body></html>\n`;
}

function domainPart(domain: DomainSummary): Markup {
  const { failed, messages, forgiven, spfOnly } = domain;
  const lines = failures(domain).map(
    ([kind, text]) => html`<li>${number(domain.wouldBreak[kind])} ${VERDICTS[kind]}: ${text}</li>`,
  );
  const lost =
    failed === 0
      ? html`<p>At <code>p=reject</code> or <code>p=quarantine</code> nothing of it would be lost.</p>`
      : html`<p>At <code>p=reject</code> ${counted(failed, 'message')} (${percent(failed, messages)}) would be refused, at <code>p=quarantine</code> put to Junk:</p><ul>${lines}</ul>`;
  const spared =
    forgiven === 0
      ? undefined
      : html`<p class="quiet">Receivers say that they would take ${number(forgiven)} of them all the same.</p>`;
  const fragile =
    spfOnly === 0
      ? undefined
      : html`<p class="quiet">${number(spfOnly)} pass by SPF alone and fail once somebody forwards them.</p>`;
  return html`<h2>${domain.domain} <code>${publishedText(domain)}</code></h2><p>${counted(messages, 'message')}, of which ${number(messages - failed)} pass.</p>${lost}${spared}${fragile}`;
}

function senderRow(sender: Sender): Markup {
  const tone = sender.verdict === 'passes' ? 'good' : 'bad';
  const most = sender.addresses.map(({ address, messages }) => `${address} (${number(messages)})`).join(', ');
  const cells: readonly (string | Markup)[] = [
    sender.from,
    sender.by === 'none' ? '(nobody)' : `${sender.by} ${sender.sender}`,
    html`<span title="${most}">${number(sender.sources)}</span>`,
    number(sender.messages),
    number(sender.dkim),
    number(sender.spf),
    number(sender.failed),
    html`<span class="tag ${tone}">${VERDICTS[sender.verdict]}</span>`,
    handledText(sender),
  ];
  return html`<tr>${cells.map((cell, index) => html`<td data-label="${COLUMNS[index]}"><span>${cell}</span></td>`)}</tr>`;
}

function moreSenders(more: number): Markup | undefined {
  return more > 0 ? html`<p class="quiet">… and ${number(more)} more.</p>` : undefined;
}
