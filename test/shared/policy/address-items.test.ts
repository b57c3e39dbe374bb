import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressMatcher } from '../../../shared/policy/address-items.ts';
import { matchesNormal } from '../../../shared/policy/pattern.ts';

const groups = new Map([['staff', new Set(['Ann@EXAMPLE.com'])]]);

describe('a list', () => {
  const label = fc.constantFrom('a', 'b', 'example', 'com');
  const domain = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join('.'));
  const pattern = fc.oneof(
    { weight: 4, arbitrary: domain },
    { weight: 4, arbitrary: domain.map((one) => `*.${one}`) },
    { weight: 2, arbitrary: domain.map((one) => `a@${one}`) },
    fc.constant('*'),
  );
  const address = fc.oneof(
    domain.map((one) => `a@${one}`),
    domain.map((one) => `b@${one}`),
    fc.constantFrom('', 'a', 'a@'),
  );

  it('holds whom one of its patterns holds', () => {
    fc.assert(
      fc.property(fc.array(pattern, { minLength: 1, maxLength: 5 }), address, (patterns, one) => {
        const matcher = addressMatcher({ ownDomains: [], lists: new Map([['l', patterns]]), groups });
        const expected = patterns.some((each) => matchesNormal(each, one));
        expect(matcher.matches('list:l', one)).toBe(expected ? 'yes' : 'no');
      }),
      { numRuns: 500 },
    );
  });

  it('is not slow on a domain of dots, and still sees its end', () => {
    const matcher = addressMatcher({ ownDomains: [], lists: new Map([['l', ['*.example.com']]]), groups });
    const begun = performance.now();
    expect(matcher.matches('list:l', `a@${'x.'.repeat(200_000)}example.com`)).toBe('yes');
    expect(matcher.matches('list:l', `a@${'.'.repeat(200_000)}example.org`)).toBe('no');
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});

describe('a group', () => {
  const matcher = addressMatcher({ ownDomains: ['example.com'], lists: new Map(), groups });

  it('holds its members, in any spelling', () => {
    expect(matcher.matches('group:staff', 'ann@example.com')).toBe('yes');
    expect(matcher.matches('group:staff', 'bob@example.com')).toBe('no');
  });

  it('is unknown where it was not looked up', () => {
    expect(matcher.matches('group:others', 'ann@example.com')).toBe('unknown');
  });
});
