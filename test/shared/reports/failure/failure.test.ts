/** Failure reports (failure-reporting-24): when there is one, what it says, and what it does not. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDmarcRecord } from '../../../../shared/auth/dmarc/record.ts';
import type { Evidence } from '../../../../shared/auth/evidence-types.ts';
import { parseMessage } from '../../../../shared/mime/scan.ts';
import { createFailureCollector } from '../../../../shared/reports/failure/collect.ts';
import { failureDetail } from '../../../../shared/reports/failure/detail.ts';
import {
  MAX_HEADER_CHARS,
  redactedHeader,
  withoutLocalParts,
} from '../../../../shared/reports/failure/redact.ts';
import { composeFailureReport, failureReportId } from '../../../../shared/reports/failure/write.ts';
import { observation } from '../../../handlers/reports/world.ts';
import '../../../support/properties.ts';

const MESSAGE = [
  'Return-Path: <secret.name@attacker.example>',
  'Received: from host (host [192.0.2.1]) by mx.example.com for <Alice.Liddell@example.com>',
  'DKIM-Signature: v=1; d=bank.example; s=s1; i=clerk@bank.example; b=abc',
  'From: "Jane Doe" <jane.doe@bank.example>',
  'To: "Alice Liddell" <alice.liddell@example.com>',
  'Subject: your salary',
  'Message-ID: <private-id@bank.example>',
  'X-Notes: private-id',
  '',
  'The body is private-id as well.',
  '',
].join('\r\n');

function message(text = MESSAGE) {
  return parseMessage(Buffer.from(text, 'latin1'));
}

describe('redaction', () => {
  it('leaves the way and the signatures, and nobody', () => {
    const header = redactedHeader(message(), 'bank.example');
    expect(header).toMatch(/^From: <redacted@bank\.example>\r\n/);
    expect(header).toContain('Return-Path: <redacted@attacker.example>\r\n');
    expect(header).toContain('[192.0.2.1]');
    expect(header).toContain('i=redacted@bank.example');
    expect(header).not.toMatch(/jane|alice|liddell|doe|clerk|secret|salary|private|Subject|To:/i);
  });

  it.each([
    ['<a.b@c.example>', '<redacted@c.example>'],
    ['"John \\"Q\\" <x>"@c.example', 'redacted@c.example'],
    ['i=user@c.example; mailfrom=d@e', 'i=redacted@c.example; mailfrom=redacted@e'],
    ['a@b@c', 'redacted@redacted@c'],
    ['for <bounces+alice=example.com@list.example>', 'for <redacted@list.example>'],
    ['envelope-from=SRS0=ab=cd=x.example=alice@fwd.example;', 'envelope-from=redacted@fwd.example;'],
    ['smtp.mailfrom=a=b@c.example', 'smtp.mailfrom=redacted@c.example'],
    ['header.i=@c.example', 'header.i=@c.example'],
    ['alice=x@c.example', 'redacted@c.example'],
    ['@c.example', '@c.example'],
    [`${'x'.repeat(500)}@c.example`, 'redacted@c.example'],
    ['no address', 'no address'],
  ])('%s', (text, redacted) => {
    expect(withoutLocalParts(text)).toBe(redacted);
  });

  it('leaves no character of a local part, whatever stands around it', () => {
    const around = fc.string({ unit: fc.constantFrom(...' <>(),;:="@.\\ri'), maxLength: 12 });
    fc.assert(
      fc.property(around, around, (before, after) => {
        expect(withoutLocalParts(`${before} QQQ=QQQ.QQQ@host${after}`)).not.toContain('Q');
      }),
      { numRuns: 300 },
    );
  });

  it('takes time in proportion, and stays short', () => {
    const started = performance.now();
    withoutLocalParts('@'.repeat(200_000));
    withoutLocalParts('"@'.repeat(100_000));
    expect(performance.now() - started).toBeLessThan(1_000);
    const long = `${'Received: from x\r\n'.repeat(5_000)}DKIM-Signature: ${'a '.repeat(500_000)}\r\n\r\n`;
    expect(redactedHeader(message(long), 'bank.example').length).toBeLessThanOrEqual(MAX_HEADER_CHARS);
  });
});

function evidence(change: Partial<Evidence> = {}): Evidence {
  return {
    author: { kind: 'one', domain: 'bank.example', address: 'jane.doe@bank.example' },
    displayName: '',
    ses: { state: 'absent', why: '' },
    dkim: [],
    arc: undefined,
    spf: undefined,
    dmarc: { result: 'fail', source: 'own', proved: false, aligned: [] },
    discovery: undefined,
    candidates: [],
    list: undefined,
    gateway: undefined,
    automatic: false,
    queries: 0,
    ...change,
  };
}

function detail(tags: string, change: Partial<Evidence> = {}) {
  const parsed = parseDmarcRecord(`v=DMARC1; p=reject; ${tags}`);
  if (!parsed.ok) throw new Error(parsed.why);
  return failureDetail(evidence(change), parsed.record, 'junk', message());
}

const HALF: Partial<Evidence> = {
  dmarc: {
    result: 'pass',
    source: 'own',
    proved: true,
    aligned: [{ by: 'spf', domain: 'bank.example', how: 'exact' }],
  },
};

describe('there is a failure report', () => {
  it.each<[string, string, Partial<Evidence>, string | undefined]>([
    ['by default where nothing is aligned', 'ruf=mailto:f@bank.example', {}, 'dkim, spf'],
    ['with fo=1 where one is not', 'ruf=mailto:f@bank.example; fo=1', HALF, 'dkim'],
    ['not by default where one is', 'ruf=mailto:f@bank.example', HALF, undefined],
    ['not without an address', 'fo=1', {}, undefined],
    ['not for the other kinds', 'ruf=mailto:f@bank.example; fo=d:s', {}, undefined],
    ['not to a public suffix', 'ruf=mailto:f@bank.example; psd=y', {}, undefined],
    ['not about what machines and lists send', 'ruf=mailto:f@bank.example', { automatic: true }, undefined],
    [
      'not where the DNS did not answer',
      'ruf=mailto:f@bank.example',
      { dmarc: { result: 'temperror', source: 'own', proved: false, aligned: [] } },
      undefined,
    ],
  ])('%s', (_what, tags, change, alignment) => {
    expect(detail(tags, change)?.alignment).toBe(alignment);
  });
});

describe('a failure report', () => {
  const failure = detail('ruf=mailto:f@bank.example');
  if (failure === undefined) throw new Error('no detail');
  const collector = createFailureCollector();
  const selector = 's1\r\nX: y';
  const dkim = { domain: 'bank.example', selector, identity: '@bank.example' };
  const one = observation('bank.example');
  collector.add({ ...one, failure });
  for (const seconds of [5, 3, 4])
    collector.add({ ...one, atSeconds: seconds, failure: { ...failure, dkim } });
  const kinds = collector.result(10);

  it('is one for each kind, the most frequent first, at most so many', () => {
    expect(kinds.map(({ incidents }) => incidents)).toEqual([3, 1]);
    expect(kinds[0]?.example.atSeconds).toBe(3);
    expect(collector.result(1)).toHaveLength(1);
    expect(collector.result(0)).toEqual([]);
  });

  const [kind] = kinds;
  if (kind === undefined) throw new Error('no kind');
  const report = { kind, receiver: 'example.com', day: '2026-11-20', spfRecord: 'v=spf1 "x"\r\nY: z -all' };
  const written = Buffer.from(
    composeFailureReport(report, { from: 'dmarc@example.com', to: 'f@bank.example', nowMs: 0 }),
  ).toString('latin1');

  it('has the fields of the format, each on its line', () => {
    expect(written).toMatch(/^Content-Type: multipart\/report; report-type=feedback-report;\r\n boundary=/m);
    for (const line of [
      'Feedback-Type: auth-failure',
      'Version: 1',
      'Auth-Failure: dmarc',
      'Identity-Alignment: dkim, spf',
      'DKIM-Domain: bank.example',
      'DKIM-Selector: s1??X:?y',
      'Delivery-Result: spam',
      'Source-IP: 192.0.2.1',
      'Reported-Domain: bank.example',
      'Incidents: 3',
    ])
      expect(written).toContain(`\r\n${line}\r\n`);
    expect(written).not.toMatch(/^(X|Y): /m);
  });

  it('holds no body, no subject and no local part', () => {
    expect(written).toContain('\r\nContent-Type: text/rfc822-headers\r\n');
    expect(written).not.toMatch(/jane|alice|salary|private-id/i);
  });

  it('has the same name whenever it is made', () => {
    expect(failureReportId(report)).toBe(failureReportId({ ...report }));
    expect(failureReportId(report)).not.toBe(failureReportId({ ...report, day: '2026-11-21' }));
  });
});
