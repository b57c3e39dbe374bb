import { domainToASCII } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../../../shared/auth/evidence-types.ts';
import { editDistance } from '../../../../shared/auth/look-alike/distance.ts';
import { looksLike } from '../../../../shared/auth/look-alike/domain-likeness.ts';
import { addressesIn, hasHiddenCharacters, personMatcher } from '../../../../shared/auth/look-alike/names.ts';
import { skeleton } from '../../../../shared/auth/look-alike/skeleton.ts';
import type { DmarcPolicy, OrganizationPolicy } from '../../../../shared/policy/types.ts';
import { cpuTime } from '../../../support/cpu-time.ts';
import { decided, evidence, FAIL, PASS } from '../dmarc/cases.ts';

const GUARDED = ['example.com', 'acme-logistics.co.uk', 'mail.paypal.example', 'abc.de'];

function likeness(domain: string, maxDistance = 1): string | undefined {
  const ascii = domainToASCII(domain);
  const found = looksLike(ascii, { guarded: [GUARDED], maxDistance }).find(
    ({ code }) => code === 'look-alike',
  );
  return found === undefined ? undefined : `${found.how}${found.certain ? '' : '?'}`;
}

describe('domains', () => {
  it.each([
    ['exаmple.com', 'same-letters'], // Cyrillic а
    ['ехаmрlе.com', 'same-letters'],
    ['εxample.com', 'same-letters'],
    ['examp1e.com', 'same-letters'],
    ['exarnple.com', 'same-letters'],
    ['exámple.com', 'same-letters'],
    ['mail.exаmple.com', 'same-letters'],
    ['example.сom', 'same-letters'],
    ['acme-l0gistics.co.uk', 'same-letters'],
    ['paypa1.example', 'same-letters'],
    ['exampel.com', 'few-letters'],
    ['exmple.com', 'few-letters'],
    ['examplle.com', 'few-letters'],
    ['exumple.com', 'few-letters'],
    ['acme-logistic.co.uk', 'few-letters'],
    ['example.com.evil.net', 'name-in-front'],
    ['example-com.evil.net', 'name-in-front'],
    ['login.example.com.evil.net', 'name-in-front'],
    ['example.co', 'other-ending'],
    ['example.cm', 'other-ending'],
    ['exаmple.net', 'other-ending'],
    ['example.org', 'other-ending?'],
    ['acme-logistics.com', 'other-ending?'],
  ])('%s: %s', (domain, how) => {
    expect(likeness(domain)).toBe(how);
  });

  it.each([
    'example.com',
    'mail.example.com',
    'paypal.example',
    'other.paypal.example',
    'evil.net',
    'samples.com',
    'exumpel.com',
    'exumple.net',
    'abd.de',
    'abc.com',
    'abcd.de',
    'com',
    'co.uk',
    'notexample.com.br',
  ])('%s is another name', (domain) => {
    expect(likeness(domain)).toBeUndefined();
  });

  it('names of one series belong together', () => {
    const hints = looksLike('server2.example', { guarded: [['server1.example']], maxDistance: 1 });
    expect(hints).toEqual([]);
  });

  it.each([
    [0, 'exmple.com', undefined],
    [0, 'example.co', 'other-ending?'],
    [1, 'acme-logistxxs.co.uk', undefined],
    [2, 'acme-logistxxs.co.uk', 'few-letters'],
    [2, 'exumpla.com', undefined],
  ])('with a distance of %i, %s: %s', (distance, domain, how) => {
    expect(likeness(domain, distance)).toBe(how);
  });

  it('says what is odd about the letters', () => {
    const codes = (domain: string): string[] =>
      looksLike(domain, { guarded: [], maxDistance: 1 }).map(({ code }) => code);
    expect(codes(domainToASCII('gооgle.example'))).toEqual(['mixed-script']);
    expect(codes(domainToASCII('почта.example'))).toEqual([]);
    expect(codes('xn--a-ecp.example')).toEqual(['unreadable-domain']);
    expect(codes('bücher.example')).toEqual([]);
  });

  it('never throws, and a guarded name and what is below it look like nothing', () => {
    const label = fc.stringMatching(/^[a-z0-9-]{1,20}$/);
    const domain = fc.array(label, { minLength: 1, maxLength: 6 }).map((labels) => labels.join('.'));
    fc.assert(
      fc.property(domain, domain, (one, guarded) => {
        looksLike(one, { guarded: [[guarded]], maxDistance: 2 });
        const below = looksLike(`x.${guarded}`, { guarded: [[guarded]], maxDistance: 2 });
        expect(below.filter(({ code }) => code === 'look-alike')).toEqual([]);
      }),
    );
  });

  it('takes a moment for hundreds of guarded names that are nearly the same, of the greatest length', () => {
    const guarded = [Array.from({ length: 500 }, (_, index) => `${'a'.repeat(58)}${index + 1_000}.example`)];
    const hostile = `${'b'.repeat(63)}.${'a'.repeat(60)}xy.example`;
    const once = (): void => void looksLike(hostile, { guarded, maxDistance: 2 });
    once();
    expect(cpuTime(once)).toBeLessThan(400);
  });
});

/** The same by its definition, for words of a few letters. */
function plainDistance(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length;
  const [restA, restB] = [a.slice(0, -1), b.slice(0, -1)];
  const swapped = a.length > 1 && b.length > 1 && a.slice(-2) === `${b.at(-1)}${b.at(-2)}`;
  return Math.min(
    plainDistance(restA, b) + 1,
    plainDistance(a, restB) + 1,
    plainDistance(restA, restB) + (a.at(-1) === b.at(-1) ? 0 : 1),
    ...(swapped ? [plainDistance(a.slice(0, -2), b.slice(0, -2)) + 1] : []),
  );
}

describe('editDistance', () => {
  it('is what its definition says', () => {
    const word = fc.stringMatching(/^[abc]{0,5}$/);
    fc.assert(
      fc.property(word, word, fc.integer({ min: 0, max: 3 }), (a, b, limit) => {
        expect(editDistance(a, b, limit)).toBe(Math.min(plainDistance(a, b), limit + 1));
      }),
    );
  });

  it.each([
    ['', '', 2, 0],
    ['abc', 'abc', 2, 0],
    ['abc', 'acb', 2, 1],
    ['abc', 'ab', 2, 1],
    ['abc', 'abxc', 2, 1],
    ['abc', 'xbc', 2, 1],
    ['abc', 'xyc', 2, 2],
    ['abc', 'xyz', 2, 3],
    ['abc', 'abcdef', 2, 3],
  ])('%s and %s within %i: %i', (a, b, limit, distance) => {
    expect(editDistance(a, b, limit)).toBe(distance);
  });

  it('is symmetric, and at most the limit and one', () => {
    const word = fc.stringMatching(/^[ab]{0,8}$/);
    fc.assert(
      fc.property(word, word, fc.integer({ min: 0, max: 3 }), (a, b, limit) => {
        const distance = editDistance(a, b, limit);
        expect(editDistance(b, a, limit)).toBe(distance);
        expect(distance).toBeLessThanOrEqual(limit + 1);
        expect(distance === 0).toBe(a === b);
      }),
    );
  });
});

describe('skeleton', () => {
  it('is one for what looks the same, and its own skeleton', () => {
    for (const [a, b] of [
      ['Jane Doe', 'Jаnе Dое'],
      ['PAYPAL', 'paypa1'],
      ['modern', 'modem'],
      ['ｅxample', 'ex\u200bample'],
    ] as const)
      expect(skeleton(a)).toBe(skeleton(b));
    expect(skeleton('abc')).not.toBe(skeleton('abd'));
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z ]{0,20}$/),
        (text) => skeleton(skeleton(text)) === skeleton(text) || /rn|vv/.test(skeleton(text)),
      ),
    );
  });
});

describe('names', () => {
  const names = ['Jane Doe', 'Prince'];
  it.each([
    ['Jane Doe', true],
    ['JANE DOE', true],
    ['Doe, Jane', true],
    ['"Jane Doe"', true],
    ['Jane Q. Doe (via phone)', true],
    ['Jаne Dоe', true],
    ['Jane\u200bDoe', false],
    ['Jané Doe', true],
    ['Prince', true],
    ['Prince Charles', false],
    ['Jane', false],
    ['Janet Doe', false],
    ['', false],
  ])('%s: %s', (shown, expected) => {
    expect(personMatcher(shown)(names)).toBe(expected);
  });

  it.each([
    ['ceo@example.com', ['ceo@example.com']],
    ['Jane (ceo@Example.com)', ['ceo@example.com']],
    ['Jane <ceo@example.com>.', ['ceo@example.com']],
    ['a@b.example, c@d.example', ['a@b.example', 'c@d.example']],
    ['ceo@ex\u0430mple.com', ['ceo@xn--exmple-4nf.com']],
    ['me @ home', []],
    ['@', []],
    ['a@b', []],
  ])('addresses in %j', (shown, expected) => {
    expect(addressesIn(shown)).toEqual(expected);
  });

  it.each([
    ['Jane\u202eeoD', true],
    ['Ja\u200bne', true],
    ['\u05d9\u05d5\u05e1\u05d9\u200f', false],
    ['👩\u200d🚀', false],
  ])('hidden characters in %j: %s', (shown, expected) => {
    expect(hasHiddenCharacters(shown)).toBe(expected);
  });
});

describe('the decision', () => {
  const organization: OrganizationPolicy = {
    domains: ['example.com'],
    trustSesHeaders: 'auto',
    protectedPeople: [{ names: ['Jane Doe'], addresses: ['jane@home.example'] }],
  };
  const junk: Partial<DmarcPolicy> = {
    protectedPeople: { action: 'junk' },
    lookAlikes: { domains: ['partner.example'], allowed: ['exampel.com'], action: 'junk', maxDistance: 1 },
  };
  const decide = (found: Evidence, changes: Partial<DmarcPolicy> = junk) =>
    decided(found, changes, { organization });

  it('a look-alike is junked though DMARC passes for it', () => {
    const found = evidence({ dmarc: PASS }, 'exemple.com');
    expect(decide(found)).toMatchObject({
      action: 'junk',
      reason: 'look-alike',
      override: 'local_policy',
      hints: [{ code: 'look-alike', how: 'few-letters' }],
    });
    expect(decide(found, {})).toMatchObject({
      action: 'default',
      reason: 'pass',
      hints: [{ code: 'look-alike' }],
    });
    expect(decide(found, { ...junk, mode: 'monitor' })).toMatchObject({ action: 'default', wouldBe: 'junk' });
  });

  it.each(['partnar.example', 'sub.partner.example', 'exampel.com', 'example.org'])(
    'guarded, allowed and uncertain: %s',
    (domain) => {
      const action = domain === 'partnar.example' ? 'junk' : 'default';
      expect(decide(evidence({ dmarc: PASS }, domain)).action).toBe(action);
    },
  );

  it('a temporary error does not help a look-alike', () => {
    const found = evidence({ dmarc: { ...FAIL, result: 'temperror' } }, 'exemple.com');
    expect(decide(found)).toMatchObject({ action: 'junk', reason: 'look-alike' });
    expect(decide(found)).not.toHaveProperty('temporary');
  });

  it.each([
    ['another address', evidence({ dmarc: PASS, displayName: 'Jane Doe' }), 'junk'],
    ['her address in the name', evidence({ dmarc: PASS, displayName: 'jane@home.example' }), 'junk'],
    ['an own domain, not proved', evidence({ displayName: 'Jane Doe' }, 'example.com'), 'junk'],
    ['an own domain, proved', evidence({ dmarc: PASS, displayName: 'Jane Doe' }, 'example.com'), 'default'],
    [
      'an address of hers',
      evidence({
        dmarc: PASS,
        displayName: 'Jane Doe',
        author: { kind: 'one', domain: 'home.example', address: 'Jane@home.example' },
      }),
      'default',
    ],
    ['another name', evidence({ dmarc: PASS, displayName: 'John Doe' }), 'default'],
  ] as const)('the name of a protected person with %s: %s', (_name, found, action) => {
    const decision = decide(found);
    expect(decision.action).toBe(action);
    expect(decision.reason === 'protected-person').toBe(action === 'junk');
  });

  it('tells the rest', () => {
    const found = evidence({ dmarc: PASS, displayName: 'boss@example.com\u202e' });
    const { hints } = decided(
      found,
      {},
      {
        organization,
        replyTo: ['x@evil.example'],
      },
    );
    expect(hints.map(({ code, how }) => [code, how])).toEqual([
      ['address-in-name', 'own'],
      ['hidden-characters', 'name'],
      ['reply-to-elsewhere', undefined],
    ]);
    expect(decided(evidence({ dmarc: PASS }), {}, { replyTo: ['x@mail.bank.example'] }).hints).toEqual([]);
  });
});
