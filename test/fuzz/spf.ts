/** Fuzzes check_host with records and envelopes of raw text and of the grammar. */
import fc from 'fast-check';
import type { LookupDns } from '../../shared/auth/dns/types.ts';
import { checkHost } from '../../shared/auth/spf/index.ts';
import { type AsyncFuzzer, fuzzAsync } from '../support/async-fuzzing.ts';

const PIECES = [
  ...[
    'v=spf1',
    ' ',
    '  ',
    '\t',
    'all',
    '-',
    '~',
    '?',
    '+',
    ':',
    '/',
    '//',
    '24',
    '0',
    '128',
    '=',
    '%',
    '%%',
    '%_',
    '%-',
  ],
  ...[
    'a',
    'mx',
    'ptr',
    'include:',
    'exists:',
    'redirect=',
    'exp=',
    'ip4:192.0.2.0',
    'ip6:2001:db8::',
    'unknown=x',
  ],
  ...[
    '%{d}',
    '%{s}',
    '%{l1r-}',
    '%{ir}.%{v}',
    '%{p}',
    '%{D2}',
    '%{H}',
    '%{c}',
    'a.example',
    'b.example',
    '\0',
    'é',
    '.',
  ],
];
const grammar = fc
  .array(fc.constantFrom(...PIECES), { maxLength: 30 })
  .map((parts) => `v=spf1 ${parts.join('')}`);
const anything = fc.oneof(grammar, fc.string({ unit: 'binary', maxLength: 100 }));

interface Input {
  readonly first: string;
  readonly second: string;
  readonly mailFrom: string;
  readonly helo: string;
  readonly address: string;
}

/** Ten terms, each of a name or of ten hosts or names and what they are asked for with, and a record for each (§4.6.4). */
const MAX_QUESTIONS = 10 * (1 + 10) + 10 * (1 + 10) + 11;
const RESULTS: ReadonlySet<string> = new Set([
  ...['pass', 'fail', 'softfail', 'neutral', 'none', 'permerror', 'temperror'],
]);

async function check({ first, second, mailFrom, helo, address }: Input): Promise<void> {
  let asked = 0;
  const lookupDns: LookupDns = async (name, type) => {
    asked += 1;
    if (name.length > 253) throw new Error('a name that is too long was asked for');
    if (type === 'TXT') return { kind: 'records', records: [name.startsWith('a.') ? first : second] };
    if (type === 'MX')
      return { kind: 'records', records: Array.from({ length: 10 }, (_, at) => `${at} m${at}.example`) };
    if (type === 'PTR')
      return { kind: 'records', records: Array.from({ length: 20 }, (_, at) => `p${at}.a.example`) };
    return { kind: 'records', records: ['198.51.100.1', 'no address'] };
  };
  const { signal } = new AbortController();
  const outcome = await checkHost({ address, mailFrom, helo, lookupDns, signal });
  if (!RESULTS.has(outcome.result)) throw new Error('no result of RFC 7208');
  if (asked > MAX_QUESTIONS || asked !== outcome.queries) throw new Error(`${asked} questions`);
}

export const fuzzer: AsyncFuzzer<Input> = {
  name: 'spf',
  inputs: fc.record({
    first: anything,
    second: anything,
    mailFrom: fc.oneof(
      fc.constantFrom('ann@a.example', '', '@b.example', '"x@y"@a.example'),
      fc.string({ maxLength: 60 }),
    ),
    helo: fc.oneof(fc.constantFrom('a.example', '[192.0.2.1]', 'x'), fc.string({ maxLength: 60 })),
    address: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('::ffff:192.0.2.1', 'x', '')),
  }),
  check,
};

/** For as long as it is told; throws with the input when something is found. */
export function fuzz(seconds: number, seed: number): Promise<{ runs: number }> {
  return fuzzAsync(fuzzer, seconds, seed);
}
