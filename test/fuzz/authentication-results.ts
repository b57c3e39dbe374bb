/** Fuzzes the reader and the writer of RFC 8601 fields: raw bytes, bytes of the grammar, and what a sender calls himself. */
import fc from 'fast-check';
import { parseAuthenticationResults } from '../../shared/auth/authentication-results/parse.ts';
import { writeAuthenticationResults } from '../../shared/auth/authentication-results/write.ts';
import { type ByteFuzzer, fuzzBytes } from '../support/fuzzing.ts';

const PIECES = [
  ...[
    'mx.example',
    ';',
    ' ',
    '=',
    '.',
    '/',
    '1',
    '(',
    ')',
    '"',
    '\\',
    '\t',
    '\r\n ',
    '\r',
    '\n',
    '\0',
    'é',
    '@',
  ],
  ...['none', 'dkim', 'dkim=pass', 'spf=fail', 'dmarc=pass', 'reason', 'reason="a b"', 'header.d=a.example'],
  ...[
    'smtp.mailfrom=',
    'header.from=bank.example',
    'action=none',
    '"a;b"@c.example',
    '; dmarc=pass header.from=',
  ],
];
const grammar = fc
  .array(fc.constantFrom(...PIECES), { maxLength: 40 })
  .map((parts) => Buffer.from(`mx.example; ${parts.join('')}`));

function check(bytes: Uint8Array): void {
  const text = Buffer.from(bytes).toString('utf8');
  const parsed = parseAuthenticationResults(text);
  if (parsed.ok) {
    const again = parseAuthenticationResults(writeAuthenticationResults(writable(parsed.value)));
    if (JSON.stringify(again) !== JSON.stringify({ ok: true, value: writable(parsed.value) }))
      throw new Error('written otherwise than read');
  }
  // The input as a sender's own name in a field that we write: he gets into his value and no further.
  const properties = [{ type: 'smtp', name: 'mailfrom', value: text }];
  const results = [
    { method: 'spf', result: 'pass', reason: text, properties },
    { method: 'dmarc', result: 'fail', reason: undefined, properties: [] },
  ];
  const own = parseAuthenticationResults(
    writeAuthenticationResults({ authservId: 'mx.example', version: 1, results }),
  );
  const words = own.ok ? own.value.results.map(({ method, result }) => `${method}=${result}`) : [];
  if (words.join() !== 'spf=pass,dmarc=fail') throw new Error('a sender wrote a result');
}

type Field = Parameters<typeof writeAuthenticationResults>[0];

/** The writer takes keywords with no hyphen at their ends alone; the reader is not that strict. */
function writable(field: Field): Field {
  const keyword = (text: string): string => text.replace(/^-+|-+$/g, '') || 'x';
  return {
    ...field,
    results: field.results.map((result) => ({
      ...result,
      method: keyword(result.method),
      result: keyword(result.result),
      properties: result.properties.map(({ type, name, value }) => ({
        type: keyword(type),
        name: keyword(name),
        value,
      })),
    })),
  };
}

export const fuzzer: ByteFuzzer = {
  name: 'authentication-results',
  inputs: fc.oneof(fc.uint8Array({ maxLength: 300 }), grammar),
  check,
};

/** For as long as it is told; throws with the input when something is found. */
export function fuzz(seconds: number, seed: number): Promise<{ runs: number }> {
  return fuzzBytes(fuzzer, seconds, seed);
}
