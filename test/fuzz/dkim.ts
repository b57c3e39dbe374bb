/** Fuzzes what reads signatures, keys and what they cover: any octets, and the words of signed mail in any order. */
import fc from 'fast-check';
import { readSignature } from '../../shared/auth/dkim/signature.ts';
import { canonicalBody } from '../../shared/auth/signatures/canonical-body.ts';
import { canonicalField, canonicalSignatureField } from '../../shared/auth/signatures/canonical-header.ts';
import { signableHeader } from '../../shared/auth/signatures/fields.ts';
import { keyProblem, parseKeyRecord } from '../../shared/auth/signatures/key-record.ts';
import { parseTagList } from '../../shared/auth/signatures/tag-list.ts';
import { parseMessage } from '../../shared/mime/scan.ts';
import { type Form, naiveBody, naiveField } from '../shared/auth/signatures/naive.ts';
import { type ByteFuzzer, fuzzBytes } from '../support/fuzzing.ts';

const NOW = 1_795_000_000;
const FORMS: readonly Form[] = ['simple', 'relaxed'];

const WORDS = [
  ...[
    'DKIM-Signature:',
    'From:',
    'from :',
    'A:',
    '\r\n',
    '\r\n ',
    '\n\t',
    '\r',
    '\n',
    '\r\n\r\n',
    ' ',
    '\t',
    '\0',
    '\xe9',
  ],
  ...[
    'v=1;',
    'a=rsa-sha256;',
    'a=ed25519-sha256;',
    'c=relaxed/simple;',
    'd=bank.example;',
    'd=com;',
    's=x;',
    'h=from:to;',
  ],
  ...[
    'bh=AAAA;',
    'b=AAAA',
    'b=',
    'l=1;',
    't=1;',
    'x=2;',
    'i=@bank.example;',
    'i==40bank.example;',
    'q=dns/txt;',
    'z=',
    ';',
    '=',
  ],
  ...[
    'v=DKIM1;',
    'k=rsa;',
    'k=ed25519;',
    'p=',
    'p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=',
    't=y:s;',
    's=email;',
    'MA==',
  ],
];
const whole = 'DKIM-Signature: v=1; a=ed25519-sha256; d=bank.example; s=x; h=from; bh=AAAA; b=AAAA';
const grammar = fc
  .tuple(
    fc.constantFrom('', whole, `From: a\r\n${whole}\r\n`),
    fc.array(fc.constantFrom(...WORDS), { maxLength: 40 }),
  )
  .map(([start, words]) => Buffer.from(start + words.join(''), 'latin1'));

function checkTags(text: string): void {
  const list = parseTagList(text);
  if (!list.ok) return;
  for (const [name, { value, start, end }] of list.tags) {
    if (text.slice(start, end).replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '') !== value)
      throw new Error(`${name} is elsewhere`);
    if (/[;\0]/.test(value)) throw new Error(`${name} holds what no tag may`);
  }
}

function checkBody(bytes: Uint8Array): void {
  const text = Buffer.from(bytes).toString('latin1');
  const middle = bytes.length >> 1;
  for (const form of FORMS) {
    const pieces: Buffer[] = [];
    const slices = [bytes.subarray(0, middle), bytes.subarray(middle)];
    canonicalBody(slices, form, (piece) => pieces.push(Buffer.from(piece)));
    if (Buffer.concat(pieces).toString('latin1') !== naiveBody(text, form))
      throw new Error(`another ${form} body`);
  }
}

function checkHeader(bytes: Uint8Array): void {
  const header = signableHeader(parseMessage(bytes));
  if (header === undefined) return;
  for (const field of header.fields)
    for (const form of FORMS) {
      const raw = Buffer.from(bytes.subarray(field.start, field.value.end)).toString('latin1');
      const canonical = Buffer.from(canonicalField(header.bytes, field, form)).toString('latin1');
      if (canonical !== `${naiveField(raw, form)}\r\n`) throw new Error(`another ${form} field`);
    }
  for (const field of header.named('dkim-signature')) {
    const read = readSignature(header, field, NOW);
    if (!read.ok) continue;
    const { domain, identityDomain, signedNames, signaturePlace, header: form } = read.tags;
    if (!`.${identityDomain}`.endsWith(`.${domain}`)) throw new Error('an identity of another domain');
    if (!signedNames.includes('from')) throw new Error('From is not signed');
    canonicalSignatureField(header.bytes, field, signaturePlace, form);
  }
}

function check(bytes: Uint8Array): void {
  const text = Buffer.from(bytes).toString('latin1');
  checkTags(text);
  const parsed = parseKeyRecord(text);
  if (parsed.ok) keyProblem(parsed.key, 'rsa-sha256');
  checkBody(bytes);
  checkHeader(bytes);
}

export const fuzzer: ByteFuzzer = {
  name: 'dkim',
  inputs: fc.oneof(grammar, fc.uint8Array({ maxLength: 200 })),
  check,
};

export const fuzz = (seconds: number, seed: number): Promise<{ runs: number }> =>
  fuzzBytes(fuzzer, seconds, seed);
