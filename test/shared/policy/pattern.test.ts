import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesPattern, patternSpecificity } from '../../../shared/policy/index.ts';
import { checkPattern } from '../../../shared/policy/pattern.ts';

describe('matchesPattern', () => {
  it.each([
    ['*', 'bob@example.com', true],
    ['*', '', true],
    ['*', 'postmaster', true],
    ['bob@example.com', 'bob@example.com', true],
    ['bob@example.com', 'BOB@Example.COM', true],
    ['bob@example.com', 'bob+tag@example.com', false],
    ['bob@example.com', 'notbob@example.com', false],
    ['bob@example.com', 'bob@example.com.evil.example', false],
    ['example.com', 'bob@example.com', true],
    ['example.com', 'bob@EXAMPLE.com', true],
    ['example.com', 'bob@mail.example.com', false],
    ['example.com', 'bob@badexample.com', false],
    ['example.com', 'example.com', false],
    ['example.com', '"a@example.com"@evil.example', false],
    ['*.example.com', 'bob@example.com', true],
    ['*.example.com', 'bob@mail.example.com', true],
    ['*.example.com', 'bob@a.b.example.com', true],
    ['*.example.com', 'bob@badexample.com', false],
    ['*.example.com', 'bob.example.com', false],
    ['*.example.com', 'x.example.com@evil.example', false],
    ['xn--bcher-kva.example', 'bob@BÜCHER.example', true],
  ])('%s and %s: %s', (pattern, address, expected) => {
    expect(matchesPattern(pattern, address)).toBe(expected);
  });

  it('never throws, and depends on the case of nothing', () => {
    const pattern = fc.constantFrom('*', 'example.com', '*.example.com', 'bob@example.com');
    fc.assert(
      fc.property(pattern, fc.string({ unit: 'binary-ascii' }), (one, address) => {
        expect(matchesPattern(one, address.toUpperCase())).toBe(matchesPattern(one, address.toLowerCase()));
      }),
      { numRuns: 500 },
    );
  });
});

describe('checkPattern', () => {
  it.each([
    ['Bob@Example.COM', 'bob@example.com'],
    ['*.Example.com', '*.example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['*', '*'],
  ])('brings %s to %s', (pattern, value) => {
    expect(checkPattern(pattern)).toEqual({ value });
  });

  it('gives a form that is its own normal form, and that matches itself', () => {
    const label = fc.stringMatching(/^[a-zA-Z0-9]{1,8}$/);
    const host = fc.tuple(label, fc.stringMatching(/^[a-zA-Z]{2,6}$/)).map((labels) => labels.join('.'));
    fc.assert(
      fc.property(label, host, (local, domain) => {
        for (const pattern of [`${local}@${domain}`, domain, `*.${domain}`]) {
          const checked = checkPattern(pattern);
          const value = 'value' in checked ? checked.value : '';
          expect(checkPattern(value)).toEqual({ value });
          expect(matchesPattern(value, `${local}@${domain}`)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('patternSpecificity', () => {
  it('orders address, domain, longer and shorter domain with subdomains, everyone', () => {
    const ordered = ['bob@example.com', 'example.com', '*.mail.example.com', '*.example.com', '*'];
    const numbers = ordered.map(patternSpecificity);
    expect(numbers).toEqual(numbers.toSorted((a, b) => b - a));
    expect(new Set(numbers).size).toBe(ordered.length);
  });

  it('puts a domain above the longest domain with subdomains', () => {
    expect(patternSpecificity('a.b')).toBeGreaterThan(patternSpecificity(`*.${'a.'.repeat(126)}b`));
  });
});
