/** Regular expressions of a policy: linear in time, and told what is wrong with them. */
import { describe, expect, it } from 'vitest';
import {
  loadPatternEngine,
  MAX_PATTERN_TEXT,
  searchText,
  type TextPattern,
} from '../../../shared/policy/text-pattern.ts';
import { cpuTime } from '../../support/cpu-time.ts';

const engine = await loadPatternEngine();

function pattern(source: string): TextPattern {
  const compiled = engine.compile(source);
  if (compiled.ok) return compiled.pattern;
  throw new Error(compiled.why);
}

describe('a pattern', () => {
  it.each<[string, string, boolean]>([
    ['invoice', 'My INVOICE', true],
    ['^b', 'a\nb', true],
    ['a$', 'a\nb', true],
    ['a.b', 'a\nb', false],
    ['\\bcat\\b', 'concatenate', false],
    ['größe', 'GRÖSSE', false],
    ['größe', 'GRÖẞE', true],
    ['^$', '', true],
    ['^$', 'x', false],
    ['(?-i)ABC', 'abc', false],
    ['\\p{Greek}{2}', 'aβγ', true],
  ])('%j in %j: %s', (source, text, found) => {
    expect(pattern(source).found(searchText(text))).toBe(found);
  });

  it('is its source in JSON', () => {
    expect(JSON.stringify(pattern('a+'))).toBe('{"source":"a+"}');
  });

  it('looks at the beginning of a long text only', () => {
    expect(pattern('x$').found(searchText(`${'a'.repeat(MAX_PATTERN_TEXT)}x`))).toBe(false);
  });

  it.each(['(a+)+$', '(a|a)*b', '(a|aa)+$', '([a-z]+)*\\d', '(.*)(.*)(.*)=x', '(a{1,18}){1,5}b'])(
    '%j takes no more than linear time on what other engines choke on',
    (source) => {
      const compiled = pattern(source);
      const text = searchText(`${'a'.repeat(100_000)}!`);
      const expected = source.endsWith('+$') ? false : compiled.found(searchText('!'));
      expect(cpuTime(() => expect(compiled.found(text)).toBe(expected))).toBeLessThan(4_000);
    },
  );
});

/** What administrators write: after the examples of Exchange's documentation, of data loss rules, and lists of words. */
const WORDS = Array.from(
  { length: 50 },
  (_, index) => ['confidential', 'payroll', 'merger', 'passport'][index % 4],
);
const COMMON: readonly (readonly [string, string])[] = [
  ['\\d\\d\\d(\\-|\\s)\\d\\d(\\-|\\s)\\d\\d\\d\\d', 'SSN 123-45-6789'],
  ['\\b4\\d{3}[ -]?\\d{4}[ -]?\\d{4}[ -]?\\d{4}\\b', 'card 4111 1111 1111 1111'],
  [
    '\\b(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|6(?:011|5[0-9]{2})[0-9]{12})\\b',
    'card 5555555555554444',
  ],
  ['\\b(?:\\d[ -]?){13,19}\\b', '3782-822463-10005'],
  ['\\b[A-Z]{2}\\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?\\b', 'IBAN DE89 3704 0044 0532 0130 00'],
  ['\\b[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?\\b', 'BIC DEUTDEFF500'],
  ['\\(?\\d{3}\\)?[-. ]?\\d{3}[-. ]?\\d{4}', '(425) 555-0100'],
  ['\\b(?:(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)\\.){3}(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)\\b', 'at 192.0.2.17'],
  ['[a-z0-9._%+-]+@[a-z0-9.-]+\\.[a-z]{2,}', 'ann@example.com'],
  ['https?://[^\\s/$.?#].[^\\s]*', 'see http://example.com/x'],
  ['\\b(?:bc1|[13])[a-zA-HJ-NP-Z0-9]{25,39}\\b', '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2'],
  ['-----BEGIN (?:RSA |EC |OPENSSH )?PRIVATE KEY-----', '-----BEGIN RSA PRIVATE KEY-----'],
  ['\\b(?:AKIA|ASIA)[0-9A-Z]{16}\\b', 'AKIAIOSFODNN7EXAMPLE'],
  [
    '\\b(?:ATU\\d{8}|DE\\d{9}|FR[A-Z0-9]{2}\\d{9}|GB(?:\\d{9}|\\d{12})|NL\\d{9}B\\d{2})\\b',
    'VAT DE123456789',
  ],
  ['\\b[ABCEGHJ-PRSTW-Z][ABCEGHJ-NPRSTW-Z] ?\\d{2} ?\\d{2} ?\\d{2} ?[A-D]\\b', 'NINO AB 12 34 56 C'],
  ['\\b(?:0?[1-9]|[12]\\d|3[01])[./-](?:0?[1-9]|1[0-2])[./-](?:19|20)\\d{2}\\b', 'born 3.12.1970'],
  ['wire\\s+transfer|bank\\s+details?\\s+(?:have\\s+)?changed', 'our bank details have changed'],
  ['confidential(?:\\W+\\w+){0,10}\\W+agreement', 'a confidential and secret agreement'],
  ['invoice.{0,200}overdue', 'Invoice 17 is now overdue'],
  [`\\b(?:${WORDS.map((word, index) => `${word}${index}`).join('|')})\\b`, 'on PAYROLL49, please'],
  [
    `@(?:${WORDS.slice(0, 30)
      .map((word) => `${word}\\.example`)
      .join('|')})$`,
    'ann@merger.example',
  ],
];

describe('patterns as administrators write them', () => {
  it.each(COMMON)('%s', (source, text) => {
    expect(pattern(source).found(searchText(`x, ${text}`.replace('x, ann', 'ann')))).toBe(true);
    expect(pattern(source).found(searchText('nothing of the kind'))).toBe(false);
  });
});

it('many patterns cost little where their words are not in the text', () => {
  const many = Array.from({ length: 300 }, (_, index) => pattern(`invoice.{0,40}overdue ${index}`));
  const text = searchText('our invoice 17 is over '.repeat(900));
  // By the engine alone 900 ms, for its automata are made of the text as it comes.
  expect(cpuTime(() => expect(many.some((one) => one.found(text))).toBe(false))).toBeLessThan(200);
});
