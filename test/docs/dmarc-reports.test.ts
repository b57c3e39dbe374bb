/** What the page about reports prints is what the command prints, and the limits in it are those of the code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readReports } from '../../local/dmarc/report-files.ts';
import { reportText, VERDICTS } from '../../local/dmarc/report-text.ts';
import { MAX_RECORDS, MAX_UNPACKED_BYTES, MAX_XML_BYTES } from '../../shared/reports/aggregate/limits.ts';

const ROOT = join(import.meta.dirname, '../..');
const page = readFileSync(join(ROOT, 'docs/dmarc-reports.md'), 'utf8');

test('the output of the example', () => {
  const text = reportText(readReports([join(ROOT, 'local/sample/reports')]), 30);
  expect(page).toContain(`\`\`\`text\n${text}\`\`\``);
});

test('every result has its row', () => {
  for (const words of Object.values(VERDICTS)) expect(page).toContain(`\n| ${words} |`);
});

test('the limits', () => {
  const MB = 1024 * 1024;
  const flowing = page.replaceAll('\n', ' ');
  expect(flowing).toContain(
    `${MAX_XML_BYTES / MB} MB of XML with ${MAX_RECORDS.toLocaleString('en-US')} records`,
  );
  expect(flowing).toContain(`may unpack to ${MAX_UNPACKED_BYTES / MB} MB`);
});
