import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import type { ReadReport } from '../../../../shared/reports/aggregate/document.ts';
import { MAX_RECORDS, MAX_XML_BYTES } from '../../../../shared/reports/aggregate/limits.ts';
import { type ReadAggregate, readAggregateReport } from '../../../../shared/reports/aggregate/read.ts';
import { METADATA, POLICY, recordText, reportMessage, reportText } from './make-report.ts';

const bytes = (text: string): Buffer => Buffer.from(text);
const XML = bytes(reportText());

function reportsOf(read: ReadAggregate): readonly ReadReport[] {
  if (!read.ok) throw new Error(read.why);
  return read.reports;
}

function only(text: string | Uint8Array): ReadReport {
  const [report, ...more] = reportsOf(readAggregateReport(typeof text === 'string' ? bytes(text) : text));
  if (report === undefined || more.length > 0) throw new Error('not one report');
  return report;
}

function whyNot(text: string | Uint8Array): string {
  const read = readAggregateReport(typeof text === 'string' ? bytes(text) : text);
  if (read.ok) throw new Error('it was read');
  return read.why;
}

describe('an aggregate report', () => {
  it('is read with everything in it', () => {
    expect(only(XML)).toEqual({
      report: {
        metadata: {
          orgName: 'Reporter',
          email: 'dmarc@reporter.example',
          reportId: 'r-1',
          dateRange: { begin: 1_767_225_600, end: 1_767_311_999 },
        },
        policyPublished: { domain: 'example.com', p: 'none', sp: 'reject' },
        records: [
          {
            sourceIp: '192.0.2.1',
            count: 1,
            policyEvaluated: { disposition: 'none', dkim: 'pass', spf: 'fail', reasons: [] },
            identifiers: { headerFrom: 'example.com' },
            authResults: { dkim: [{ domain: 'example.com', selector: 's', result: 'pass' }], spf: [] },
          },
        ],
      },
      namespace: 'none',
      deviations: [],
      unreadableRecords: 0,
    });
  });

  it.each([
    ['feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0"', 'rfc9990'],
    ['feedback xmlns="http://dmarc.org/dmarc-xml/0.1"', 'other'],
    ['feedback xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"', 'none'],
  ])('under <%s>', (root, namespace) => {
    expect(only(reportText({ root })).namespace).toBe(namespace);
  });

  it('under a prefix, which every element has', () => {
    const root = 'd:feedback xmlns:d="urn:ietf:params:xml:ns:dmarc-2.0"';
    const text = reportText({ root })
      .replaceAll(/<(?![/?d])/g, '<d:')
      .replaceAll(/<\/(?!d:)/g, '</d:');
    expect(only(text.replaceAll(/<(date|domain|dkim|disposition)/g, '<d:$1'))).toMatchObject({
      namespace: 'rfc9990',
      report: { records: [{ count: 1 }] },
    });
  });

  it('an element of another namespace is not taken for one of the report', () => {
    const record = recordText({ from: 'bad.example' })
      .replace('<record>', '<x:record>')
      .replace(/record>$/, 'x:record>');
    const extension = `<extension>${recordText({ count: 9 })}</extension>`;
    const { report } = only(reportText({ policy: `${POLICY}${extension}`, records: [record, recordText()] }));
    expect(report.records.map(({ count }) => count)).toEqual([1]);
  });

  it.each([
    ['a byte order mark', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), XML])],
    ['blanks in front', bytes(`\r\n \t${reportText()}`)],
    ['NULs behind', Buffer.concat([XML, Buffer.alloc(5)])],
    ['UTF-16', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(reportText(), 'utf16le')])],
    ['no XML declaration', bytes(reportText().slice(22))],
    ['CDATA', bytes(reportText().replace('192.0.2.1', '<![CDATA[192.0.2.1]]>'))],
    ['comments', bytes(reportText().replace('<row>', '<!-- x --><row>'))],
  ])('with %s', (_, input) => {
    expect(only(input).report.records).toHaveLength(1);
  });

  it('octets that are no UTF-8 do not hinder, and those of a declared charset are right', () => {
    const raw = Buffer.from(reportText().replace('Reporter', 'B\xfccher'), 'latin1');
    expect(only(raw).report.metadata.orgName).toBe('B\ufffdcher');
    const declared = Buffer.from(
      raw.toString('latin1').replace('"1.0"', '"1.0" encoding="ISO-8859-1"'),
      'latin1',
    );
    expect(only(declared).report.metadata.orgName).toBe('Bücher');
  });

  it.each([
    ['upper-case words', recordText({ disposition: 'None', dkim: 'PASS' }), 'upper-case'],
    ['an empty override', recordText({ reasons: '<reason><type></type></reason>' }), 'empty-reason'],
    ['an unknown override', recordText({ reasons: '<reason><type>arc</type></reason>' }), 'unknown-word'],
    [
      'no selector',
      recordText({ results: '<dkim><domain>a.example</domain><result>pass</result></dkim>' }),
      'no-selector',
    ],
    [
      'an old result',
      recordText({ results: '<spf><domain>a.example</domain><result>hardfail</result></spf>' }),
      'old-word',
    ],
  ])('%s: read, and said', (_, record, code) => {
    const read = only(reportText({ records: [record] }));
    expect(read.report.records).toHaveLength(1);
    expect(read.deviations).toEqual([code]);
  });

  it('overrides: those of RFC 9990, those of RFC 7489, and what nobody registered as "other"', () => {
    const reasons = ['mailing_list', 'Sampled_Out', 'arc'].map(
      (type) => `<reason><type>${type}</type><comment>c</comment></reason>`,
    );
    const [record] = only(reportText({ records: [recordText({ reasons: reasons.join('') })] })).report
      .records;
    expect(record?.policyEvaluated.reasons.map(({ type }) => type)).toEqual([
      'mailing_list',
      'sampled_out',
      'other',
    ]);
  });

  it.each([
    ['count', { count: '-1' }],
    ['count', { count: '1e3' }],
    ['count', { count: '99999999999999' }],
    ['address', { ip: '300.0.2.1' }],
    ['address', { ip: 'mail.example.com' }],
    ['address', { ip: '' }],
    ['disposition', { disposition: '' }],
    ['disposition', { disposition: 'delivered' }],
    ['result', { dkim: '' }],
    ['author', { from: '' }],
  ])('a record without a %s that can be read is left out and counted: %j', (_, parts) => {
    const read = only(reportText({ records: [recordText(parts), recordText({ count: 5 })] }));
    expect(read.report.records.map(({ count }) => count)).toEqual([5]);
    expect(read.unreadableRecords).toBe(1);
    expect(read.deviations).toContain('unreadable-records');
  });

  it('one address has one form', () => {
    const ips = ['2001:DB8::0:1', '2001:0db8:0:0:0:0:0:1', '::ffff:192.0.2.1'];
    const { report } = only(reportText({ records: ips.map((ip) => recordText({ ip })) }));
    expect(report.records.map(({ sourceIp }) => sourceIp)).toEqual([
      '2001:db8::1',
      '2001:db8::1',
      '::ffff:c000:201',
    ]);
  });

  it.each([
    ['no report_metadata', { metadata: '' }, 'it has no report_metadata'],
    ['no report_id', { metadata: METADATA.replace('r-1', '') }, 'it has no report_id'],
    ['no period', { metadata: METADATA.replace('1767225600', 'today') }, 'its date_range cannot be read'],
    [
      'a period beyond every date',
      { metadata: METADATA.replace('1767311999', '9007199254740991') },
      'its date_range cannot be read',
    ],
    ['no domain', { policy: '' }, 'it does not say for which domain it is'],
    ['another root', { root: 'report' }, 'the XML is no aggregate report'],
  ])('%s: refused', (_, parts, why) => {
    expect(whyNot(reportText(parts))).toBe(why);
  });

  it.each([
    ['an entity of its own', '<!DOCTYPE x [<!ENTITY e "expanded">]>', '&e;'],
    ['an external entity', '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>', '&e;'],
    ['a document type', '<!DOCTYPE feedback SYSTEM "http://evil.example/x.dtd">', 'x'],
  ])('%s: refused', (_, doctype, text) => {
    const xml = reportText().replace('\n', `\n${doctype}`).replace('Reporter', text);
    expect(whyNot(xml)).toBe('the XML has a document type, and so perhaps entities');
  });

  it.each([
    ['an unknown entity', reportText().replace('Reporter', '&nbsp;'), /^not well-formed XML \(line 2\)$/],
    ['text that is markup', reportText().replace('Reporter', '<a@b>'), /^not well-formed/],
    ['a cut', reportText().slice(0, -30), /^not well-formed/],
    ['nesting', `<feedback>${'<a>'.repeat(50)}`, /nested too deep$/],
    [
      'attributes',
      `<feedback ${Array.from({ length: 60 }, (__, at) => `a${at}=""`).join(' ')}>`,
      /too many attributes$/,
    ],
    [
      'elements in a record',
      reportText({ records: [`<record>${'<a/>'.repeat(2_500)}</record>`] }),
      /more than 2000 others/,
    ],
    [
      'elements beside records',
      reportText({ records: ['<a/>'.repeat(1_100)] }),
      /too many records or other elements/,
    ],
    ['elements around', `<?xml version="1.0"?><x>${'<a/>'.repeat(1_100)}`, /is no aggregate report$/],
  ])('%s: refused', (_, xml, why) => {
    expect(whyNot(xml)).toMatch(why);
  });

  it('more records than the limit: refused', () => {
    const records = '<record/>'.repeat(MAX_RECORDS + 1);
    expect(whyNot(gzipSync(bytes(reportText({ records: [records] }))))).toBe(
      'it has too many records or other elements',
    );
  });

  it('a text of a megabyte is cut', () => {
    const { report } = only(reportText().replace('Reporter', 'x'.repeat(1_000_000)));
    expect(report.metadata.orgName).toHaveLength(2_048);
  });
});

describe('what brings reports', () => {
  const second = bytes(reportText({ metadata: METADATA.replace('r-1', 'r-2') }));
  const ids = (input: Uint8Array): string[] =>
    reportsOf(readAggregateReport(input)).map(({ report }) => report.metadata.reportId);

  it.each([
    ['gzip', gzipSync(XML), ['r-1']],
    ['gzip with a line end behind', Buffer.concat([gzipSync(XML), bytes('\r\n')]), ['r-1']],
    ['gzip without its sum', gzipSync(XML).subarray(0, -8), ['r-1']],
    ['zip', zipSync({ 'a.xml': XML }), ['r-1']],
    ['zip, stored', zipSync({ 'a.xml': [XML, { level: 0 }] }), ['r-1']],
    [
      'zip of several',
      zipSync({ 'a.xml': XML, 'b.xml': second, 'readme.txt': bytes('hello') }),
      ['r-1', 'r-2'],
    ],
    ['zip of gzip', zipSync({ 'a.xml.gz': gzipSync(XML) }), ['r-1']],
    ['a message', reportMessage(['application/gzip', gzipSync(XML)]), ['r-1']],
    ['a message with a wrong media type', reportMessage(['image/png', zipSync({ a: XML })]), ['r-1']],
    [
      'a message with two',
      reportMessage(['text/xml', XML], ['application/zip', zipSync({ a: second })]),
      ['r-1', 'r-2'],
    ],
    [
      'a message that is the attachment',
      bytes(
        `Content-Type: application/gzip\r\nContent-Transfer-Encoding: base64\r\n\r\n${gzipSync(XML).toString('base64')}`,
      ),
      ['r-1'],
    ],
    ['a forwarded message', reportMessage(['message/rfc822', reportMessage(['text/xml', XML])]), ['r-1']],
  ])('%s', (_, input, expected) => {
    expect(ids(input)).toEqual(expected);
  });

  it.each([
    ['nothing', Buffer.alloc(0), 'it is neither XML nor gzip nor zip nor a message', true],
    ['text', bytes('hello'), 'it is neither XML nor gzip nor zip nor a message', true],
    ['a message without', reportMessage(), 'it brings no aggregate report', true],
    ['a TLS report', gzipSync(bytes('{"organization-name":"x"}')), 'it brings no aggregate report', true],
    ['gzip with a wrong sum', damaged(gzipSync(XML)), 'what is packed is damaged', false],
    ['a zip with a password', locked(zipSync({ a: XML })), 'the zip asks for a password', false],
    ['a zip without a list', zipSync({ a: XML }).subarray(0, -60), 'the zip has no list of its files', false],
    [
      'gzip four times',
      [1, 2, 3, 4].reduce((packed) => gzipSync(packed), XML),
      'it is packed too many times',
      false,
    ],
  ])('%s: refused', (_, input, why, unrelated) => {
    expect(readAggregateReport(input)).toEqual({ ok: false, why, unrelated });
  });

  it('bombs end at the limit, several of them together as well', () => {
    const bomb = gzipSync(Buffer.alloc(MAX_XML_BYTES + 1));
    const begun = performance.now();
    expect(whyNot(bomb)).toBe('it unpacks to too much');
    expect(whyNot(zipSync({ a: [bomb, { level: 0 }] }))).toBe('it unpacks to too much');
    const many = readAggregateReport(
      reportMessage(...Array.from({ length: 99 }, () => ['application/gzip', bomb] as const)),
    );
    expect(many).toMatchObject({ ok: false, why: 'it unpacks to too much' });
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it('a hundred files and no more', () => {
    const read = readAggregateReport(
      zipSync(Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`${at}.xml`, XML]))),
    );
    expect(read).toMatchObject({
      ok: true,
      refused: ['it has more than 100 files', 'it has more than 100 files'],
    });
    expect(reportsOf(read)).toHaveLength(99);
  });
});

/** The trailer's sum, changed. */
function damaged(gzip: Buffer): Buffer {
  const copy = Buffer.from(gzip);
  copy.writeUInt32LE(1, copy.length - 8);
  return copy;
}

/** Bit 0 of the flags (APPNOTE 4.4.4), in both headers. */
function locked(zip: Uint8Array): Buffer {
  const copy = Buffer.from(zip);
  copy.writeUInt16LE(1, 6);
  copy.writeUInt16LE(1, copy.indexOf('PK\x01\x02', 0, 'latin1') + 8);
  return copy;
}
