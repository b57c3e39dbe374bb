/** Fuzzes the reader of DMARC reports: raw octets, pieces of its own grammar, and right reports that were damaged, plain and packed. */
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { readAggregateReport } from '../../shared/reports/aggregate/read.ts';
import { createSummary } from '../../shared/reports/summary.ts';
import { recordText, reportMessage, reportText } from '../shared/reports/aggregate/make-report.ts';
import { type ByteFuzzer, fuzzBytes } from '../support/fuzzing.ts';

const PIECES = [
  '<feedback>',
  '</feedback>',
  '<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">',
  '<record>',
  '</record>',
  '<row><source_ip>192.0.2.1</source_ip><count>1</count>',
  '<count>99999999999999999999</count>',
  '<policy_evaluated><dkim>pass</dkim>',
  '<!DOCTYPE a [<!ENTITY b "c">]>',
  '<![CDATA[',
  ']]>',
  '<!--',
  '-->',
  '&b;',
  '&#0;',
  '&#x10ffff;',
  '<?xml version="1.0" encoding="utf-16"?>',
  '<a:b c="d">',
  '\0',
  '\xff',
  ' ',
  recordText(),
];

const grammar = fc
  .array(fc.constantFrom(...PIECES), { maxLength: 20 })
  .map((pieces) => Buffer.from(pieces.join(''), 'latin1'));

const damaged = fc
  .tuple(
    fc.constantFrom(reportText(), reportText({ records: [recordText(), recordText({ dkim: 'fail' })] })),
    fc.array(fc.tuple(fc.nat(), fc.nat(6), fc.oneof(fc.constantFrom(...PIECES), fc.string())), {
      maxLength: 4,
    }),
  )
  .map(([text, changes]) => {
    let changed = text;
    for (const [at, removed, inserted] of changes) {
      const start = at % (changed.length + 1);
      changed = changed.slice(0, start) + inserted + changed.slice(start + removed);
    }
    return Buffer.from(changed);
  });

const xml = fc.oneof(grammar, damaged);
const packed = xml.chain((bytes) =>
  fc.constantFrom(
    bytes,
    gzipSync(bytes),
    Buffer.from(zipSync({ 'a.xml': bytes })),
    reportMessage(['application/gzip', gzipSync(bytes)]),
  ),
);
/** Overwritten and cut octets of what is packed. */
const broken = fc
  .tuple(packed, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }), fc.nat())
  .map(([bytes, changes, cut]) => {
    const copy = Buffer.from(bytes);
    for (const [at, octet] of changes) copy[at % Math.max(copy.length, 1)] = octet;
    return cut % 4 === 0 ? copy.subarray(0, cut % Math.max(copy.length, 1)) : copy;
  });

export const fuzzer: ByteFuzzer = {
  name: 'reports',
  inputs: fc.oneof(xml, packed, broken, fc.uint8Array({ maxLength: 400 })),
  check(bytes) {
    const read = readAggregateReport(bytes);
    if (!read.ok) {
      if (read.why === '') throw new Error('refused without a word');
      return;
    }
    const builder = createSummary();
    for (const report of read.reports) builder.add(report);
    const { senders, days } = builder.summary();
    const messages = senders.reduce((sum, sender) => sum + sender.messages, 0);
    if (!Number.isSafeInteger(messages)) throw new Error(`${messages} messages`);
    for (const { day } of days) if (!/^\d{4}-\d\d-\d\d$/.test(day)) throw new Error(`the day ${day}`);
  },
};

export const fuzz = (seconds: number, seed: number): Promise<{ runs: number }> =>
  fuzzBytes(fuzzer, seconds, seed);
