/** Every sample report of parsedmarc: what is read of it, or why it is refused (parsedmarc.json beside this file). */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ReadReport, readAggregateReport } from '../../../shared/reports/aggregate/read.ts';

const corpora = process.env['MAILROOM_CORPORA'] ?? '';
const FOLDER = join(corpora, 'auth/parsedmarc');

const expected: Readonly<Record<string, unknown>> = JSON.parse(
  readFileSync(new URL('parsedmarc.json', import.meta.url), 'utf8'),
);

function toldOf({ report, namespace, deviations }: ReadReport): unknown {
  const { metadata, policyPublished, records } = report;
  const sum = (of: typeof records) => of.reduce((all, { count }) => all + count, 0);
  const passing = records.filter(({ policyEvaluated: { dkim, spf } }) => dkim === 'pass' || spf === 'pass');
  return {
    org: metadata.orgName,
    id: metadata.reportId,
    domain: policyPublished.domain,
    p: policyPublished.p,
    records: records.length,
    messages: sum(records),
    pass: sum(passing),
    namespace,
    deviations,
  };
}

describe.skipIf(corpora === '')('samples of parsedmarc (MAILROOM_CORPORA)', () => {
  it('are all in the list', () => {
    const files = globSync('**/*', { cwd: FOLDER, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(FOLDER.length + 1));
    expect(files.sort()).toEqual(Object.keys(expected).sort());
  });

  it.each(Object.keys(expected))('%s', (file) => {
    const read = readAggregateReport(readFileSync(join(FOLDER, file)));
    const told = read.ok
      ? {
          reports: read.reports.map(toldOf),
          ...(read.refused.length === 0 ? {} : { refused: read.refused }),
        }
      : { refused: read.why };
    expect(told).toEqual(expected[file]);
  });
});
