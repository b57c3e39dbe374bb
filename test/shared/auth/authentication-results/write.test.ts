/** Writing and reading again gives the same, whatever a sender calls himself. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAuthenticationResults } from '../../../../shared/auth/authentication-results/parse.ts';
import { writeAuthenticationResults } from '../../../../shared/auth/authentication-results/write.ts';
import type { AuthenticationResults } from '../../../../shared/auth/evidence-types.ts';
import { cpuNow } from '../../../support/cpu-time.ts';

const keyword = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/);
/** Anything but control characters, which cannot be written. */
const text = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 30 }),
    fc
      .array(fc.constantFrom('"', '\\', '(', ')', ';', '=', ' ', '@', 'a', '.', 'é', 'dmarc=pass'))
      .map((parts) => parts.join('')),
    fc.constantFrom('a@b.example', '@b.example', '"a b"@c.example', 'x=y', ''),
  )
  .map((value) => value.replace(/[^\t\x20-\x7e\u{80}-\u{10ffff}]/gu, ''));
const result = fc.record({
  method: keyword,
  result: keyword,
  reason: fc.option(text, { nil: undefined }),
  properties: fc.array(fc.record({ type: keyword, name: keyword, value: text }), { maxLength: 6 }),
});
const field: fc.Arbitrary<AuthenticationResults> = fc.record({
  authservId: fc.constantFrom('mx.example.net', 'a b', 'é.example', 'x;y'),
  version: fc.constant(1),
  results: fc.array(result, { maxLength: 4 }),
});

describe('writeAuthenticationResults', () => {
  it('is what parseAuthenticationResults reads (RFC 8601 §2.2)', () => {
    fc.assert(
      fc.property(field, (value) => {
        const written = writeAuthenticationResults(value);
        expect(parseAuthenticationResults(written)).toEqual({ ok: true, value });
      }),
      { numRuns: 500 },
    );
  });

  it('folds between results and before a property that would make a line long', () => {
    const properties = [1, 2, 3].map((at) => ({ type: 'header', name: 'x', value: `${at}`.repeat(30) }));
    const results = [{ method: 'dkim', result: 'pass', reason: undefined, properties }];
    const lines = writeAuthenticationResults({ authservId: 'mx.example', version: 1, results }).split('\r\n');
    expect(lines.length).toBe(4);
    expect(lines.every((line) => line.length <= 78)).toBe(true);
  });

  it('writes `none` without results', () => {
    expect(writeAuthenticationResults({ authservId: 'mx.example', version: 1, results: [] })).toBe(
      'mx.example; none',
    );
  });

  it('leaves out what would end the field', () => {
    const properties = [{ type: 'smtp', name: 'mailfrom', value: 'a\r\nFrom: ceo@bank.example\0' }];
    const results = [{ method: 'spf', result: 'pass', reason: undefined, properties }];
    expect(writeAuthenticationResults({ authservId: 'mx.example', version: 1, results })).toBe(
      'mx.example;\r\n spf=pass smtp.mailfrom="aFrom: ceo@bank.example"',
    );
  });

  it('refuses a name that is no keyword', () => {
    const results = [{ method: 'a b', result: 'pass', reason: undefined, properties: [] }];
    expect(() => writeAuthenticationResults({ authservId: 'x', version: 1, results })).toThrow(TypeError);
  });
});

describe('parseAuthenticationResults', () => {
  it.for([
    ['a field of 64 KB', `x; dkim=pass header.d=${'a'.repeat(65_536)}`, 'the field is too long'],
    ['results by the hundred', `x${'; dkim=pass'.repeat(129)}`, 'too many results'],
    ['properties by the hundred', `x; dkim=pass${' header.d=a'.repeat(65)}`, 'too many properties'],
  ])('refuses %s', ([, value = '', why = '']) => {
    expect(parseAuthenticationResults(value)).toEqual({ ok: false, why });
  });

  it('reads ten thousand nested comments in time', () => {
    const value = `x; dkim=pass ${'('.repeat(10_000)}${')'.repeat(10_000)} header.d=a.example`;
    const begun = cpuNow();
    expect(parseAuthenticationResults(value).ok).toBe(true);
    expect(cpuNow() - begun).toBeLessThan(50);
  });
});
