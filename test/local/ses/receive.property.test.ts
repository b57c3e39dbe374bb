import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Zone } from '../../../local/dns/zone.ts';
import { scanHeader } from '../../../local/ses/header-fields.ts';
import { receive } from '../../../local/ses/receive.ts';
import { createSigner, type Signer } from '../../../local/ses/sign.ts';
import { NOW, resolverOver, sampleZone } from './world.ts';

let zone: Zone;
let directory: string;
let signer: Signer;

beforeAll(async () => {
  zone = await sampleZone();
  directory = await mkdtemp(join(tmpdir(), 'keys-'));
  signer = await createSigner({ domains: ['example.com'], directory, zone, now: () => NOW });
});
afterAll(() => rm(directory, { recursive: true }));

const PIECES = [
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  ' ',
  '\t',
  ':',
  ';',
  '=',
  '@',
  '<',
  '>',
  '(',
  ')',
  '"',
  '\\',
  ',',
  '\0',
  '\u00ff',
  'From: ',
  'from :',
  'a@bank.example',
  'good.example',
  'DKIM-Signature: ',
  'v=1; a=rsa-sha256; c=relaxed/simple; d=good.example; s=s; h=From; bh=eA==; b=eA==',
  'i=1; ',
  'ARC-Seal: ',
  'ARC-Message-Signature: ',
  'ARC-Authentication-Results: ',
  'Message-ID: <a@b>',
  'References: ',
  'Authentication-Results: amazonses.com; dmarc=pass',
  'Content-Type: multipart/mixed; boundary=x',
  'dmarc=pass header.from=bank.example;',
];
const mail = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc
    .array(fc.constantFrom(...PIECES), { maxLength: 40 })
    .map((pieces) => Buffer.from(pieces.join(''), 'latin1')),
);
const word = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 6 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary', maxLength: 60 }),
);

const TOUCHED = new Set(['dkim-signature', 'feedback-id', 'x-ses-outgoing', 'message-id', 'references']);
const LINE = String.raw`[ -~]*\r\n`;
const SPF = String.raw`(?:pass|fail|softfail|neutral|none|permerror|temperror) \(spfCheck: ${LINE}`;
const BLOCK = new RegExp(
  String.raw`^Return-Path: <${LINE}Received: from ${LINE} by inbound-smtp\.us-east-1\.amazonaws\.com with SMTP id [a-z0-9]{40}\r\n for ${LINE} Sat, 21 Nov 2026 05:41:37 \+0000 \(UTC\)\r\n` +
    String.raw`X-SES-Spam-Verdict: PASS\r\nX-SES-Virus-Verdict: PASS\r\nReceived-SPF: ${SPF}` +
    String.raw`Authentication-Results: amazonses\.com;\r\n spf=${SPF}` +
    String.raw`(?: dkim=(?:pass|fail|permerror|temperror)(?: header\.i=@[\w.-]+)?;\r\n)*` +
    String.raw` dmarc=(?:pass|fail|none|permerror|temperror)(?: header\.from=[\w.-]+)?;\r\n` +
    String.raw`X-SES-RECEIPT: [\w+/=]+\r\nX-SES-DKIM-SIGNATURE: [!-~][ -~]*\r\n$`,
);

describe('any message in any envelope', () => {
  it("gets one block of SES's shape and stays as it is", async () => {
    await fc.assert(
      fc.asyncProperty(mail, word, word, word, async (bytes, mailFrom, helo, name) => {
        const received = await receive({
          bytes,
          mailFrom,
          recipients: ['alice@example.com'],
          client: { address: '203.0.113.66', name, helo },
          resolver: resolverOver(zone),
          region: 'us-east-1',
          now: NOW,
          id: 'id',
        });
        const all = Buffer.from(received.bytes);
        expect(all.subarray(all.length - bytes.length)).toEqual(bytes);
        expect(all.subarray(0, all.length - bytes.length).toString('latin1')).toMatch(BLOCK);
        // Nobody here may send for the bank, and nothing is signed: a pass could only be forged.
        if (received.evaluation.dmarc.headerFrom === 'bank.example')
          expect(received.evaluation.dmarc.result).not.toBe('pass');
      }),
      { numRuns: 500 },
    );
  });

  it('is signed with its body untouched, and never loses a field', async () => {
    await fc.assert(
      fc.asyncProperty(mail, async (bytes) => {
        // A folded first line would continue what is put above it; submission refuses it.
        fc.pre(bytes[0] !== 0x20 && bytes[0] !== 0x09);
        const signed = await signer.sign(bytes, 'example.com');
        const before = scanHeader(bytes);
        const after = scanHeader(signed);
        const body = Buffer.from(bytes).subarray(before.end);
        expect(Buffer.from(signed).subarray(after.end)).toEqual(body);
        const names = (header: typeof before) =>
          header.fields.map(({ name }) => name).filter((name) => !TOUCHED.has(name));
        expect(names(after)).toEqual(names(before));
        expect(after.fields.filter(({ name }) => name === 'message-id')).toHaveLength(1);
        expect(signer.envelopeSender(signed)).toMatch(/^0100[0-9a-f-]+-000000@amazonses\.com$/);
      }),
      { numRuns: 150 },
    );
  });

  it('has a header whose fields cover it without a gap', () => {
    fc.assert(
      fc.property(mail, (bytes) => {
        const { fields, end } = scanHeader(bytes);
        let at = 0;
        for (const field of fields) {
          expect(field.start).toBe(at);
          expect(field.end).toBeGreaterThan(at);
          at = field.end;
        }
        expect(at).toBe(end);
      }),
      { numRuns: 1_000 },
    );
  });
});
