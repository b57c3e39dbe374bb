/** Names that people write into a policy: what is taken, in which form, and what is said about the rest. */
import { describe, expect, it } from 'vitest';
import { instantOf } from '../../../shared/policy/dates.ts';
import { checkAddress, checkDomain, domain, headerName, timeZone } from '../../../shared/policy/names.ts';
import { closest } from '../../../shared/policy/suggest.ts';

const label63 = 'a'.repeat(63);
const domain253 = `${label63}.${label63}.${label63}.${'a'.repeat(61)}`;

describe('domains', () => {
  it.each([
    ['Example.COM', 'example.com'],
    ['b\u00fccher.example', 'xn--bcher-kva.example'],
    ['a-1.b2', 'a-1.b2'],
    ['1.example', '1.example'],
    [`${label63}.example`, `${label63}.example`],
    [domain253, domain253],
    [`a${domain253}`, undefined],
    [`a${label63}.example`, undefined],
    ['localhost', undefined],
    ['192.0.2.1', undefined],
    ['-a.example', undefined],
    ['a-.example', undefined],
    ['a..example', undefined],
    ['a_b.example', undefined],
    ['a.example.', undefined],
    ['a b.example', undefined],
    ['', undefined],
  ])('%j: %j', (given, expected) => {
    expect(checkDomain(given)).toBe(expected);
    expect(domain(given)).toEqual(
      expected === undefined ? { why: 'not a domain name' } : { value: expected },
    );
  });

  it('say what is in the way', () => {
    expect(domain('a@b.example')).toEqual({ why: 'leave out what is before the "@", and the "@"' });
    expect(domain('*.b.example')).toEqual({ why: 'a pattern has no place here' });
  });
});

describe('addresses', () => {
  it.each([
    ['Ann@Example.com', 'ann@example.com'],
    ["a.b+c!#$%&'/=?^_`{|}~-1@b.example", "a.b+c!#$%&'/=?^_`{|}~-1@b.example"],
    [`${'a'.repeat(64)}@b.example`, `${'a'.repeat(64)}@b.example`],
  ])('%s', (given, value) => {
    expect(checkAddress(given)).toEqual({ value });
  });

  it.each([
    ['Ann <ann@b.example>', 'write the bare address, without name, brackets, quotes or spaces'],
    ['"ann"@b.example', 'write the bare address, without name, brackets, quotes or spaces'],
    ['*@b.example', '"*" cannot stand before the "@"'],
    ['@b.example', 'not an address'],
    ['b.example', 'not an address'],
    ['.a@b.example', 'not an address'],
    ['a.@b.example', 'not an address'],
    ['a..b@b.example', 'not an address'],
    ['a@b@b.example', 'not an address'],
    [`${'a'.repeat(65)}@b.example`, 'not an address'],
    ['a@b', 'what follows the "@" is not a domain name'],
  ])('%s: %s', (given, why) => {
    expect(checkAddress(given)).toEqual({ why });
  });
});

it.each([
  ['X-Spam', { value: 'X-Spam' }],
  ['x'.repeat(77), { value: 'x'.repeat(77) }],
  ['x'.repeat(78), { why: 'not the name of a header field' }],
  ['X-Spam:', { why: 'leave out the colon' }],
  ['X Spam', { why: 'not the name of a header field' }],
  ['', { why: 'not the name of a header field' }],
])('a header field %j', (given, expected) => {
  expect(headerName(given)).toEqual(expected);
});

it.each([
  ['Europe/Berlin', { value: 'Europe/Berlin' }],
  ['UTC', { value: 'UTC' }],
  ['US/Eastern', { value: 'US/Eastern' }],
  ['Berlin', { why: 'did you mean "Europe/Berlin"?' }],
  ['new york', { why: 'did you mean "America/New_York"?' }],
  ['Europe/Berlni', { why: 'did you mean "Europe/Berlin"?' }],
  ['+01:00', { why: 'not an IANA time zone' }],
  ['nowhere at all', { why: 'not an IANA time zone' }],
])('a time zone %j', (given, expected) => {
  expect(timeZone(given)).toEqual(expected);
});

describe('what was probably meant', () => {
  const words = ['subject', 'sender', 'recipient', 'a'];
  it.each([
    ['subject', 'subject'],
    ['SUBJECT', 'subject'],
    ['subjcet', 'subject'],
    ['sbjct', undefined],
    ['subjects', 'subject'],
    ['ubject', 'subject'],
    ['sendre', 'sender'],
    ['sxxder', 'sender'],
    ['sxxxer', undefined],
    ['b', 'a'],
    ['A', 'a'],
    ['ab', 'a'],
    ['abc', undefined],
    ['x'.repeat(41), undefined],
  ])('%s: %s', (word, expected) => {
    expect(closest(word, words)).toBe(expected);
  });

  it('is the first of those that are as close, and of the longest words nothing', () => {
    expect(closest('cat', ['car', 'bat', 'cat'])).toBe('cat');
    expect(closest('cat', ['car', 'bat'])).toBe('car');
    const longest = 'x'.repeat(40);
    expect([closest(longest, [longest]), closest(`${longest}x`, [`${longest}x`])]).toEqual([
      longest,
      undefined,
    ]);
  });
});

it.each([
  ['2026-12-24', '2026-12-24T00:00:00.000Z'],
  ['2026-12-24T18:05Z', '2026-12-24T18:05:00.000Z'],
  // Of which zone?
  ['2026-12-24T18:05', undefined],
  ['2026-12-24t18:05:09z', '2026-12-24T18:05:09.000Z'],
  ['2026-12-24T18:00:00+01:30', '2026-12-24T16:30:00.000Z'],
  ['2026-12-24T18:00:00-23:59', '2026-12-25T17:59:00.000Z'],
  ['2024-02-29', '2024-02-29T00:00:00.000Z'],
  ['2026-02-29', undefined],
  ['2026-04-31', undefined],
  ['2026-13-01', undefined],
  ['2026-12-24T24:00', undefined],
  ['2026-12-24T18:60', undefined],
  ['2026-12-24T18:00:00+24:00', undefined],
  ['2026-12-24T18:00:00+01:60', undefined],
  ['2026-12-24 18:00', undefined],
  ['24.12.2026', undefined],
  ['x2026-12-24', undefined],
  ['2026-12-241', undefined],
])('the instant %s: %s', (given, expected) => {
  const found = instantOf(given);
  expect(found === undefined ? undefined : new Date(found).toISOString()).toBe(expected);
});
