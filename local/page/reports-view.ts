/** What receivers report about the organization's domains: a chart of the days, what would break, and who sends. */
import { readFile } from 'node:fs/promises';
import type { Day, DomainSummary, ReportSummary, Sender } from '../../shared/reports/summary-types.ts';
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

/** More rows make the page slow; the command has all. */
const MAX_SENDERS = 200;
const CHART_WIDTH = 960;
const CHART_HEIGHT = 200;
const MAX_BAR_WIDTH = 60;
/** Room for the largest number, above the bars. */
const TOP = 18;

/** From bottom to top of a bar; the class is the colour, the words are the legend. */
const LAYERS: readonly (readonly [css: string, words: string, value: (day: Day) => number])[] = [
  ['both', 'pass by DKIM and SPF', ({ both }) => both],
  ['dkim', 'pass by DKIM alone', ({ dkim, both }) => dkim - both],
  ['spf', 'pass by SPF alone', ({ spf, both }) => spf - both],
  ['failed', 'fail', ({ failed }) => failed],
];

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
<table class="senders"><thead><tr><th>From</th><th>Sender</th><th>Addresses</th><th>Messages</th><th>DKIM</th><th>SPF</th><th>Fail</th><th>Result</th><th>Handled</th></tr></thead>
<tbody>${senders.slice(0, MAX_SENDERS).map(senderRow)}</tbody></table>${moreSenders(senders.length - MAX_SENDERS)}`;
}

/** The page as one file that needs nothing else. */
export async function reportsDocument(summary: ReportSummary): Promise<string> {
  const css = await readFile(new URL('style.css', import.meta.url), 'utf8');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>DMARC reports</title><style>${css}</style></head><body><main>${reportsView(summary).text}</main></body></html>\n`;
}

function chart(days: readonly Day[]): Markup {
  const largest = Math.max(1, ...days.map(({ messages }) => messages));
  const step = Math.min(MAX_BAR_WIDTH, CHART_WIDTH / Math.max(1, days.length));
  const first = days[0]?.day ?? '';
  const last = days.at(-1)?.day ?? '';
  const label = `Messages for each day from ${first} to ${last}; ${number(largest)} at most`;
  return html`<figure class="chart"><svg viewBox="0 0 ${CHART_WIDTH} ${CHART_HEIGHT + TOP}" role="img" aria-label="${label}">
<text x="0" y="${TOP - 6}">${number(largest)}</text>
${days.map((day, index) => bar(day, index * step, step, largest))}
<line x1="0" x2="${CHART_WIDTH}" y1="${CHART_HEIGHT + TOP}" y2="${CHART_HEIGHT + TOP}"></line></svg>
<figcaption>${first} to ${last}. ${LAYERS.map(([css, words]) => html`<span class="key ${css}">${words}</span> `)}</figcaption></figure>`;
}

function bar(day: Day, x: number, step: number, largest: number): Markup {
  let top = CHART_HEIGHT + TOP;
  const layers = LAYERS.map(([css, , value]) => {
    const height = (value(day) * CHART_HEIGHT) / largest;
    top -= height;
    return html`<rect class="${css}" x="${x.toFixed(2)}" y="${top.toFixed(2)}" width="${(step * 0.9).toFixed(2)}" height="${height.toFixed(2)}"></rect>`;
  });
  const words = LAYERS.map(([, name, value]) => `${number(value(day))} ${name}`).join(', ');
  return html`<g><title>${day.day}: ${words}</title>${layers}</g>`;
}

function domainPart(domain: DomainSummary): Markup {
  const { failed, messages, forgiven, spfOnly } = domain;
  const lines = failures(domain).map(
    ([kind, text]) => html`<li>${number(domain.wouldBreak[kind])} ${VERDICTS[kind]}: ${text}</li>`,
  );
  const lost =
    failed === 0
      ? html`<p>At <code>p=reject</code> or <code>p=quarantine</code> nothing of it would be lost.</p>`
      : html`<p>At <code>p=reject</code> ${number(failed)} messages (${percent(failed, messages)}) would be refused, at <code>p=quarantine</code> put to Junk:</p><ul>${lines}</ul>`;
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
  return html`<tr><td>${sender.from}</td><td>${sender.by === 'none' ? '(nobody)' : `${sender.by} ${sender.sender}`}</td>
<td title="${most}">${number(sender.sources)}</td><td>${number(sender.messages)}</td><td>${number(sender.dkim)}</td><td>${number(sender.spf)}</td>
<td>${number(sender.failed)}</td><td><span class="tag ${tone}">${VERDICTS[sender.verdict]}</span></td><td>${handledText(sender)}</td></tr>`;
}

function moreSenders(more: number): Markup | undefined {
  return more > 0 ? html`<p class="quiet">… and ${number(more)} more.</p>` : undefined;
}
