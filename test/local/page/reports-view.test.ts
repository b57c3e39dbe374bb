/** What receivers report, on the page: the chart, what would break, who sends; everything escaped. */
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { chart } from '../../../local/page/reports-chart.ts';
import { reportsDocument, reportsView } from '../../../local/page/reports-view.ts';
import { type Page, startPage } from '../../../local/page/server.ts';
import { readAggregateReport } from '../../../shared/reports/aggregate/read.ts';
import { createSummary } from '../../../shared/reports/summary.ts';
import type { Day, ReportSummary } from '../../../shared/reports/summary-types.ts';
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

function dayOf(day: string, messages: number): Day {
  return { day, messages, dkim: messages, spf: messages, both: messages, failed: 0 };
}

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
      ['dkim', '0.00', '84.00', '150.00'],
      ['failed', '0.00', '34.00', '50.00'],
      ['both', '60.00', '134.00', '100.00'],
    ]);
    expect(text).toContain('aria-label="Messages for each day from 2026-01-01 to 2026-01-02; 100 at most"');
    expect(text).toContain(
      '2026-01-01: 0 pass by DKIM and SPF, 75 pass by DKIM alone, 0 pass by SPF alone, 25 fail',
    );
    expect(text).toContain('25 messages (16.7 %) would be refused');
  });

  test('a day without a report is a gap, and a date stands under the bars', () => {
    const { text } = chart([dayOf('2026-01-01', 3), dayOf('2026-01-04', 3)]);
    expect(text).toContain('<rect class="both" x="180.00" y="34.00"');
    expect(text).toContain('>2026-01-01</text>');
    expect(text).toContain('>2026-01-04</text>');
    expect(text).not.toContain('Cut, so');
  });

  test('one day that stands out does not hide the others, and its number is told', () => {
    const days = Array.from({ length: 20 }, (_, index) => dayOf(`2026-01-${10 + index}`, 4));
    const { text } = chart([...days.slice(0, 19), dayOf('2026-01-29', 9000)]);
    expect(text).toContain('<rect class="both" x="0.00" y="134.00"');
    expect(text).toContain('<rect class="cut"');
    expect(text).toContain('the highest is 2026-01-29 with 9,000 messages');
    expect(text).toContain('; 9,000 at most');
    expect(text).not.toMatch(/height="\d{4}/);
  });

  test('a day of long ago is told, and does not press the others together', () => {
    const { text } = chart([dayOf('1979-08-07', 1), dayOf('2026-01-01', 2), dayOf('2026-01-02', 3)]);
    expect(text).toContain('Not in the chart: 1 message of 1 day from 1979-08-07 to 1979-08-07.');
    expect(text).toContain('aria-label="Messages for each day from 2026-01-01 to 2026-01-02; 3 at most"');
  });

  test('draws within its frame whatever the days are', () => {
    const start = Date.parse('2020-01-01');
    const some = fc.uniqueArray(fc.tuple(fc.nat(900), fc.integer({ min: 1, max: 1_000_000_000 })), {
      selector: ([day]) => day,
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(some, (list) => {
        const days = list
          .sort(([one], [other]) => one - other)
          .map(([at, messages]) =>
            dayOf(new Date(start + at * 86_400_000).toISOString().slice(0, 10), messages),
          );
        const { text } = chart(days);
        expect(text).not.toMatch(/NaN|Infinity|="-/);
        for (const [, x, y, width] of text.matchAll(
          /<rect class="\w+" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"/g,
        )) {
          expect(Number(x) + Number(width)).toBeLessThanOrEqual(960);
          expect(Number(y)).toBeGreaterThanOrEqual(33.9);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('one message is no "1 messages", and each cell says what it is for a narrow page', () => {
    const one = summaryOf(
      reportText({ records: [recordText({ count: 1, dkim: 'fail', spf: 'fail', results: '' })] }),
    );
    const { text } = reportsView(one);
    expect(text).toContain('1 message (100.0 %) would be refused');
    expect(text).not.toContain('1 messages');
    expect(text).toContain('<td data-label="Handled">');
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
