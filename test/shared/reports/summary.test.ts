import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReadReport } from '../../../shared/reports/aggregate/document.ts';
import { readAggregateReport } from '../../../shared/reports/aggregate/read.ts';
import { createSummary } from '../../../shared/reports/summary.ts';
import type { ReportSummary } from '../../../shared/reports/summary-types.ts';
import '../../support/properties.ts';
import { METADATA, POLICY, type RecordParts, recordText, reportText } from './aggregate/make-report.ts';

function read(text: string): ReadReport {
  const answer = readAggregateReport(Buffer.from(text));
  if (!answer.ok || answer.reports[0] === undefined) throw new Error('not read');
  return answer.reports[0];
}

function summaryOf(...texts: readonly string[]): ReportSummary {
  const builder = createSummary();
  for (const text of texts) builder.add(read(text));
  return builder.summary();
}

const dkim = (domain: string, result = 'pass') =>
  `<dkim><domain>${domain}</domain><selector>s</selector><result>${result}</result></dkim>`;
const spf = (domain: string, result = 'pass') =>
  `<spf><domain>${domain}</domain><result>${result}</result></spf>`;
const failing = { dkim: 'fail', spf: 'fail' };

describe('who sends', () => {
  it.each<[string, RecordParts, object]>([
    [
      'an aligned signature',
      { dkim: 'pass', results: dkim('list.example') + dkim('example.com') },
      { by: 'dkim', sender: 'example.com', verdict: 'passes' },
    ],
    [
      'one of the organization',
      { dkim: 'pass', from: 'news.example.com', results: dkim('example.com') },
      { by: 'dkim', sender: 'example.com', verdict: 'passes' },
    ],
    [
      'aligned SPF alone',
      { dkim: 'fail', spf: 'pass', results: dkim('esp.example') + spf('bounce.example.com') },
      { by: 'spf', sender: 'bounce.example.com', verdict: 'passes' },
    ],
    [
      'a service with its own signature',
      { ...failing, results: dkim('esp.example') + spf('esp.example') },
      { by: 'dkim', sender: 'esp.example', verdict: 'not-aligned' },
    ],
    [
      'a service with its own envelope sender',
      { ...failing, results: spf('bounce.esp.example') },
      { by: 'spf', sender: 'bounce.esp.example', verdict: 'not-aligned' },
    ],
    [
      'our signature, broken by a list',
      { ...failing, results: dkim('example.com', 'fail') + spf('list.example') },
      { by: 'spf', sender: 'list.example', verdict: 'broken-signature' },
    ],
    [
      'our signature, without a key',
      { ...failing, results: dkim('example.com', 'permerror') },
      { by: 'none', sender: '', verdict: 'broken-signature' },
    ],
    [
      'a failure, although our own signature passes: the report contradicts itself',
      { ...failing, results: dkim('esp.example') + dkim('example.com') },
      { by: 'dkim', sender: 'example.com', verdict: 'inconsistent' },
    ],
    [
      'a failure, although SPF passes for us',
      { ...failing, results: dkim('esp.example') + spf('example.com') },
      { by: 'spf', sender: 'example.com', verdict: 'inconsistent' },
    ],
    [
      'a signature of a name below ours, which strict alignment refuses',
      { ...failing, results: dkim('news.example.com') },
      { by: 'dkim', sender: 'news.example.com', verdict: 'not-aligned' },
    ],
    [
      'nothing',
      { ...failing, results: spf('example.com', 'fail') },
      { by: 'none', sender: '', verdict: 'unauthenticated' },
    ],
    [
      'results without a domain',
      { ...failing, results: spf('') },
      { by: 'none', sender: '', verdict: 'unauthenticated' },
    ],
    [
      'a name that only ends alike',
      { ...failing, results: dkim('badexample.com', 'fail') },
      { by: 'none', verdict: 'unauthenticated' },
    ],
  ])('%s', (_, parts, expected) => {
    expect(summaryOf(reportText({ records: [recordText(parts)] })).senders).toMatchObject([expected]);
  });

  it('adds up what is the same and keeps apart what is not', () => {
    const records = [
      recordText({ count: 5, results: dkim('example.com') }),
      recordText({
        count: 7,
        ip: '192.0.2.2',
        spf: 'pass',
        results: dkim('example.com') + spf('example.com'),
      }),
      recordText({ count: 2, ...failing, results: spf('example.com', 'fail'), disposition: 'reject' }),
    ];
    const { senders } = summaryOf(reportText({ records }));
    expect(senders).toEqual([
      {
        from: 'example.com',
        by: 'dkim',
        sender: 'example.com',
        verdict: 'passes',
        messages: 12,
        dkim: 12,
        spf: 7,
        both: 7,
        failed: 0,
        sources: 2,
        addresses: [
          { address: '192.0.2.2', messages: 7 },
          { address: '192.0.2.1', messages: 5 },
        ],
        dispositions: { none: 12, pass: 0, quarantine: 0, reject: 0 },
        overrides: {},
      },
      expect.objectContaining({
        verdict: 'unauthenticated',
        messages: 2,
        failed: 2,
        dispositions: { none: 0, pass: 0, quarantine: 0, reject: 2 },
      }),
    ]);
  });
});

describe('what would break', () => {
  it('by why it fails, and what receivers would take all the same', () => {
    const records = [
      recordText({ count: 100, results: dkim('example.com') }),
      recordText({ count: 10, dkim: 'fail', spf: 'pass', results: spf('example.com') }),
      recordText({ count: 4, ...failing, results: dkim('esp.example') }),
      recordText({
        count: 3,
        ...failing,
        results: dkim('example.com', 'fail'),
        reasons: '<reason><type>mailing_list</type></reason>',
      }),
      recordText({ count: 2, ...failing, results: '', reasons: '<reason><type>other</type></reason>' }),
      // Put to Junk instead of refused, and said so: nobody took it.
      recordText({
        count: 5,
        ...failing,
        results: '',
        disposition: 'quarantine',
        reasons: '<reason><type>local_policy</type></reason>',
      }),
    ];
    expect(summaryOf(reportText({ records })).domains).toEqual([
      {
        domain: 'example.com',
        from: ['example.com'],
        p: 'none',
        sp: 'reject',
        testing: false,
        messages: 124,
        dkim: 100,
        spf: 10,
        both: 0,
        failed: 14,
        wouldBreak: { 'not-aligned': 4, 'broken-signature': 3, unauthenticated: 7, inconsistent: 0 },
        forgiven: 3,
        spfOnly: 10,
      },
    ]);
  });

  it('by the policy of the newest report', () => {
    const newer = METADATA.replace('r-1', 'r-2').replace('1767311999', '1769999999');
    const policy = POLICY.replace('<p>none', '<testing>y</testing><np>reject</np><p>quarantine');
    const texts = [reportText({ metadata: newer, policy }), reportText()];
    expect(summaryOf(...texts).domains).toMatchObject([{ p: 'quarantine', np: 'reject', testing: true }]);
    expect(summaryOf(...texts.reverse()).domains).toMatchObject([{ p: 'quarantine' }]);
  });
});

describe('reports', () => {
  it('that come again count once: by reporter, identifier and domain', () => {
    const other = (from: string, to: string) => reportText({ metadata: METADATA.replace(from, to) });
    const summary = summaryOf(
      reportText(),
      reportText(),
      other('Reporter', 'REPORTER'),
      other('r-1', 'r-2'),
      other('Reporter', 'Another'),
      reportText({ policy: POLICY.replace('example.com', 'example.net') }),
    );
    expect(summary).toMatchObject({ reports: 4, duplicates: 2 });
    expect(summary.reporters).toEqual([
      { name: 'Reporter', reports: 3, messages: 3 },
      { name: 'Another', reports: 1, messages: 1 },
    ]);
  });

  it('give days in order, and the period of all', () => {
    const next = METADATA.replace('r-1', 'r-2')
      .replace('1767225600', '1767312000')
      .replace('1767311999', '1767398399');
    const summary = summaryOf(reportText({ metadata: next }), reportText());
    expect(summary.days.map(({ day }) => day)).toEqual(['2026-01-01', '2026-01-02']);
    expect(summary.period).toEqual({ begin: 1_767_225_600, end: 1_767_398_399 });
  });

  it('none: nothing is said', () => {
    expect(createSummary().summary()).toMatchObject({ reports: 0, period: undefined, senders: [], days: [] });
  });

  it('every message is in one sender, one domain and one day, whatever the records say', () => {
    const word = fc.constantFrom('pass', 'fail');
    const parts = fc.record({
      count: fc.nat(1000),
      dkim: word,
      spf: word,
      from: fc.constantFrom('example.com', 'a.example.com', 'other.example'),
      results: fc
        .array(
          fc.constantFrom(
            dkim('example.com'),
            dkim('example.com', 'fail'),
            dkim('x.example'),
            spf('y.example'),
          ),
          { maxLength: 4 },
        )
        .map((all) => all.join('')),
    });
    fc.assert(
      fc.property(fc.array(parts, { minLength: 1, maxLength: 12 }), (records) => {
        const summary = summaryOf(reportText({ records: records.map(recordText) }));
        const all = records.reduce((sum, { count }) => sum + count, 0);
        for (const list of [summary.senders, summary.domains, summary.days]) {
          expect(list.reduce((sum, { messages }) => sum + messages, 0)).toBe(all);
          for (const { messages, dkim: signed, spf: sent, both, failed } of list)
            expect(messages).toBe(signed + sent - both + failed);
        }
        for (const { failed, wouldBreak } of summary.domains)
          expect(Object.values(wouldBreak).reduce((sum, one) => sum + one, 0)).toBe(failed);
      }),
      { numRuns: 100 },
    );
  });
});
