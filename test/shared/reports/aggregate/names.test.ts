/** Names of reports (aggregate-reporting-32 §3.1.4, §3.5.1, §3.5.2) and the messages that carry them. */
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ReportsPolicy } from '../../../../shared/policy/types-reports.ts';
import type { Collection } from '../../../../shared/reports/aggregate/collect.ts';
import { createCollector } from '../../../../shared/reports/aggregate/collect.ts';
import {
  isReportSubject,
  reportFileName,
  reportId,
  reportSubject,
} from '../../../../shared/reports/aggregate/names.ts';
import { readAggregateReport } from '../../../../shared/reports/aggregate/read.ts';
import { composeReport } from '../../../../shared/reports/aggregate/write-message.ts';
import { writeReportParts } from '../../../../shared/reports/aggregate/write-parts.ts';
import { observation } from '../../../handlers/reports/world.ts';
import { gunzipped } from '../attached.ts';

const PERIOD = { receiver: 'example.com', domain: 'bank.example', begin: 1_763_596_800, end: 1_763_683_199 };
const POLICY: ReportsPolicy = {
  from: 'dmarc@example.com',
  organization: 'Example & Söhne <Ltd>',
  contact: 'postmaster@example.com',
  extraContact: 'https://example.com/dmarc',
  suppress: [],
  maxBytes: 10 * 1024 * 1024,
  perDay: 10,
};
const ENVELOPE = { from: 'dmarc@example.com', to: 'agg@bank.example', nowMs: 1_763_690_000_000 };

function collected(rows: number): Collection {
  const collector = createCollector();
  for (let row = 1; row <= rows; row++) {
    // What no compression makes short, as with the selectors of many senders.
    const selector = createHash('sha256').update(String(row)).digest('hex');
    const dkim = [{ domain: 'bank.example', selector, result: 'pass' as const }];
    collector.add(
      observation('bank.example', {
        sourceIp: `2001:db8::${row.toString(16)}`,
        authResults: { dkim, spf: [] },
      }),
    );
  }
  const result = collector.result();
  if (result === undefined) throw new Error('nothing was collected');
  return result;
}

describe('the names of a report', () => {
  it('are of the forms of the draft, and the unique-id of the file is the Report-ID', () => {
    const name = { ...PERIOD, part: '' };
    const id = reportId(name);
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(reportFileName(name)).toBe(`example.com!bank.example!1763596800!1763683199!${id}.xml.gz`);
    expect(reportSubject(name)).toBe(`Report Domain: bank.example Submitter: example.com Report-ID: <${id}>`);
    expect(isReportSubject(reportSubject(name))).toBe(true);
  });

  it('differ by domain, day, receiver and part, and by nothing else', () => {
    const names = [
      { ...PERIOD, part: '' },
      { ...PERIOD, part: '0' },
      { ...PERIOD, domain: 'shop.example', part: '' },
      { ...PERIOD, begin: 0, part: '' },
      { ...PERIOD, receiver: 'example.net', part: '' },
    ];
    expect(new Set(names.map(reportId)).size).toBe(5);
    expect(reportId({ ...PERIOD, part: '' })).toBe(reportId({ part: '', ...PERIOD }));
  });

  it.each([
    ['Report domain: a.example Submitter: b.example Report-ID: <1>', true],
    ['Re: Report Domain: a.example Submitter: b.example', false],
    ['Report Domain of sales', false],
    [`Report Domain: ${'x'.repeat(100_000)}`, false],
  ])('are known again in a subject: %.60s', (subject, is) => {
    expect(isReportSubject(subject)).toBe(is);
  });
});

describe('the message with a report', () => {
  const { parts } = writeReportParts(PERIOD, collected(2), POLICY);
  const [part] = parts;
  if (part === undefined) throw new Error('no part');
  const message = Buffer.from(composeReport(part, ENVELOPE)).toString('latin1');

  it('says that a machine wrote it, to whom, and what is in it', () => {
    expect(message).toMatch(
      /^From: dmarc@example\.com\r\nTo: agg@bank\.example\r\nSubject: Report Domain: bank\.example/,
    );
    expect(message).toContain('\r\nAuto-Submitted: auto-generated\r\n');
    expect(message).toContain('\r\nContent-Type: application/gzip\r\n');
    expect(message).toContain(`\r\n filename="${part.fileName}"\r\n`);
    expect(message.split('\r\n').every((line) => line.length <= 200 && !/[\r\n]/.test(line))).toBe(true);
  });

  it('is read by our own reader, with what was collected', () => {
    const read = readAggregateReport(Buffer.from(message, 'latin1'));
    expect(read.ok && read.reports[0]?.report).toMatchObject({
      version: '1.0',
      metadata: { orgName: POLICY.organization, extraContactInfo: POLICY.extraContact },
      records: [{ sourceIp: '2001:db8::1', count: 1 }, { sourceIp: '2001:db8::2' }],
    });
  });

  it('is the same for the same report', () => {
    const again = writeReportParts(PERIOD, collected(2), POLICY).parts[0];
    expect(again?.gzip).toEqual(part.gzip);
    expect(gunzipped(message)).toBe(gunzipSync(part.gzip).toString());
  });

  it('goes to no address that is none', () => {
    expect(() => composeReport(part, { ...ENVELOPE, to: 'a@b\r\nBcc: x@y' })).toThrow('cannot be addressed');
  });
});

describe('a report that is too long', () => {
  it('is divided, each row in one part, each part short enough', () => {
    const maxBytes = 24 * 1024;
    const { parts, left } = writeReportParts(PERIOD, collected(500), { ...POLICY, maxBytes });
    expect(parts.length).toBeGreaterThan(1);
    expect(left).toBe(0);
    expect(new Set(parts.map(({ fileName }) => fileName)).size).toBe(parts.length);
    const rows = parts.flatMap(
      ({ gzip }) =>
        gunzipSync(gzip)
          .toString()
          .match(/<source_ip>[^<]*/g) ?? [],
    );
    expect(new Set(rows).size).toBe(500);
    expect(rows).toHaveLength(500);
    for (const part of parts) expect(composeReport(part, ENVELOPE).length).toBeLessThanOrEqual(maxBytes);
  });

  it('is cut off where it would take too many parts, and says how much is left out', () => {
    const { parts, left } = writeReportParts(PERIOD, collected(1_500), { ...POLICY, maxBytes: 12 * 1024 });
    expect(parts.length).toBeLessThanOrEqual(8);
    expect(left + parts.reduce((sum, { messages }) => sum + messages, 0)).toBe(1_500);
    expect(left).toBeGreaterThan(0);
  });

  it('tells of rows that were not even counted', () => {
    const collector = createCollector(1);
    for (const sourceIp of ['192.0.2.1', '192.0.2.2', '192.0.2.1', '192.0.2.3'])
      collector.add(observation('bank.example', { sourceIp }));
    const result = collector.result();
    expect(result).toMatchObject({ left: 2, records: [{ count: 2 }] });
    const { parts } = writeReportParts(PERIOD, result ?? collected(1), POLICY);
    expect(gunzipSync(parts[0]?.gzip ?? '').toString()).toContain('<error>2 messages are in no row');
  });
});
