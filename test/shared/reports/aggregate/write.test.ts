/** The XML of a report: valid by the schema of the draft, and read back as it was. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAggregateReport } from '../../../../shared/reports/aggregate/read.ts';
import { aggregateXml } from '../../../../shared/reports/aggregate/write.ts';
import { temporaryFolder } from '../../../support/folders.ts';
import { reports } from './arbitrary.ts';
import { SAMPLE_PATH, schemaProblems, XSD_PATH } from './schema.ts';
import '../../../support/properties.ts';

const hasXmllint = spawnSync('xmllint', ['--version']).status === 0;

describe.skipIf(XSD_PATH === undefined)('the schema', () => {
  const xsd = XSD_PATH ?? '';
  const sample = SAMPLE_PATH === undefined ? '' : readFileSync(SAMPLE_PATH, 'utf8');

  it('takes its own sample, and not one that is broken', () => {
    expect(schemaProblems(sample, xsd)).toEqual([]);
    expect(schemaProblems(sample.replace('<selector>abc123</selector>', ''), xsd)).toEqual([
      'feedback/record/auth_results/dkim: selector is missing',
    ]);
    expect(schemaProblems(sample.replace('<spf>fail</spf>', '<spf>maybe</spf>'), xsd)).toHaveLength(1);
    const [record = ''] = /<record>[\s\S]*<\/record>/.exec(sample) ?? [];
    expect(
      schemaProblems(sample.replace(record, '').replace('<version>', `${record}<version>`), xsd),
    ).toEqual(['feedback: the elements are not in their order']);
  });

  it('takes every report that we write', () => {
    fc.assert(
      fc.property(reports, (report) => {
        expect(schemaProblems(aggregateXml(report), xsd)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it.skipIf(!hasXmllint)('takes them by xmllint as well', () => {
    const folder = temporaryFolder('reports');
    const files = fc.sample(reports, 20).map((report, index) => {
      const file = join(folder, `${index}.xml`);
      writeFileSync(file, aggregateXml(report));
      return file;
    });
    const { status, stderr } = spawnSync('xmllint', ['--noout', '--schema', xsd, ...files]);
    expect(status, stderr.toString()).toBe(0);
  });
});

describe('a report that we write', () => {
  it('is read back as it was', () => {
    fc.assert(
      fc.property(reports, (report) => {
        const read = readAggregateReport(Buffer.from(aggregateXml(report)));
        expect(read.ok && read.reports.map((each) => each.report)).toEqual([report]);
      }),
      { numRuns: 100 },
    );
  });

  it('holds no character that XML has not', () => {
    const [sample] = fc.sample(reports, 1);
    if (sample === undefined) throw new Error('no sample');
    const metadata = { ...sample.metadata, orgName: 'a\u0000b\u001f\ud800c\ufffe' };
    const xml = aggregateXml({ ...sample, metadata });
    expect(xml).toContain('<org_name>a\ufffdb\ufffd\ufffdc\ufffd</org_name>');
  });
});
