/** What receivers report, on the page: the chart, what would break, who sends; everything escaped. */
import { afterEach, describe, expect, test } from 'vitest';
import { reportsDocument, reportsView } from '../../../local/page/reports-view.ts';
import { type Page, startPage } from '../../../local/page/server.ts';
import { readAggregateReport } from '../../../shared/reports/aggregate/read.ts';
import { createSummary } from '../../../shared/reports/summary.ts';
import type { ReportSummary } from '../../../shared/reports/summary-types.ts';
import { METADATA, recordText, reportText } from '../../shared/reports/aggregate/make-report.ts';
import { archiveOf } from '../../support/archive.ts';

function summaryOf(...texts: readonly string[]): ReportSummary {
  const builder = createSummary();
  for (const text of texts) {
    const read = readAggregateReport(Buffer.from(text));
    if (!read.ok) throw new Error(read.why);
    for (const report of read.reports) builder.add(report);
  }
  return builder.summary();
}

const failing = recordText({ count: 25, dkim: 'fail', spf: 'fail', results: '' });
const TWO_DAYS = summaryOf(
  reportText({ records: [recordText({ count: 75 }), failing] }),
  reportText({
    metadata: METADATA.replace('r-1', 'r-2')
      .replace('1767225600', '1767312000')
      .replace('1767311999', '1767398399'),
    records: [recordText({ count: 50, spf: 'pass' })],
  }),
);

let page: Page | undefined;
afterEach(async () => {
  await page?.close();
  page = undefined;
});

async function get(path: string, reports?: () => ReportSummary): Promise<{ status: number; text: string }> {
  const options = { archive: archiveOf([]), port: 0, smtpPort: 2525, notices: () => [] };
  page = await startPage({ ...options, ...(reports === undefined ? {} : { reports }) });
  const answer = await fetch(`http://127.0.0.1:${page.port}${path}`);
  return { status: answer.status, text: await answer.text() };
}

describe('reports on the page', () => {
  test('a bar for each day, as high as its messages; the same as words', () => {
    const { text } = reportsView(TWO_DAYS);
    const bars = [
      ...text.matchAll(/<rect class="(\w+)" x="([\d.]+)" y="([\d.]+)" width="[\d.]+" height="([\d.]+)">/g),
    ];
    const seen = bars
      .map(([, kind, x, y, height]) => [kind, x, y, height])
      .filter(([, , , height]) => height !== '0.00');
    expect(seen).toEqual([
      ['dkim', '0.00', '68.00', '150.00'],
      ['failed', '0.00', '18.00', '50.00'],
      ['both', '60.00', '118.00', '100.00'],
    ]);
    expect(text).toContain('aria-label="Messages for each day from 2026-01-01 to 2026-01-02; 100 at most"');
    expect(text).toContain(
      '2026-01-01: 0 pass by DKIM and SPF, 75 pass by DKIM alone, 0 pass by SPF alone, 25 fail',
    );
    expect(text).toContain('25 messages (16.7 %) would be refused');
  });

  test('no style in the page itself, which its policy forbids', () => {
    expect(reportsView(TWO_DAYS).text).not.toMatch(/style=|<style|<script/);
  });

  test('what a reporter wrote is text', async () => {
    const hostile = summaryOf(
      reportText({ records: [recordText({ from: '"&gt;&lt;img src=x onerror=alert(1)&gt;' })] }),
    );
    const document = await reportsDocument(hostile);
    expect(document).toContain('&lt;img src=x');
    expect(document).not.toContain('<img');
  });

  test('is read anew at each look', async () => {
    let looks = 0;
    const { status, text } = await get('/reports', () => {
      looks += 1;
      return TWO_DAYS;
    });
    expect([status, looks]).toEqual([200, 1]);
    expect(text).toContain('<h2>example.com <code>p=none; sp=reject</code></h2>');
  });

  test('says what to do where no folder was given, and where there is no report', async () => {
    expect((await get('/reports')).text).toContain('Start with <code>--dmarc-reports DIR</code>');
    await page?.close();
    expect((await get('/reports', () => summaryOf())).text).toContain('There is no report in the folder');
  });
});
