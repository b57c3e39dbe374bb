import { domainToASCII } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../../../shared/auth/evidence-types.ts';
import { looksLike } from '../../../../shared/auth/look-alike/domain-likeness.ts';
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

  // The names are those that somebody registered; what stands below them is theirs.
  it.each([
    ['acmecerp.co.uk', ['mail.acmecorp.co.uk'], 'few-letters'],
    ['acmecerp.co.uk', ['acmecorp.com.uk'], undefined],
    ['portol.acme.de', ['portal.acme.de'], undefined],
    ['acmecerp.co.example', ['acmecorp.co.example'], undefined],
    ['abcdx.com', ['abcde.com'], 'few-letters'],
    ['abcx.com', ['abcd.com'], undefined],
    ['abcdefgxx.com', ['abcdefghi.com'], 'few-letters'],
    ['abcdefxx.com', ['abcdefgh.com'], undefined],
    ['acme.co', ['acme.com'], 'other-ending'],
    ['acm.co', ['acm.com'], undefined],
    // What is certain counts before what is not, wherever it stands.
    ['example.org', ['example.net', 'exampel.org'], 'few-letters'],
    ['example.org', ['exampel.org', 'example.net'], 'few-letters'],
    ['example.org', ['example.net', 'other.net'], 'other-ending?'],
  ])('%s beside %j: %s', (domain, guarded, how) => {
    const [found] = looksLike(domain, { guarded: [guarded], maxDistance: 2 });
    expect(found === undefined ? undefined : `${found.how}${found.certain ? '' : '?'}`).toBe(how);
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
    // Told, and never acted upon.
    for (const domain of [domainToASCII('gооgle.example'), 'xn--a-ecp.example'])
      expect(looksLike(domain, { guarded: [], maxDistance: 1 })[0]?.certain).toBe(false);
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

describe('the decision', () => {
  const people = [{ names: ['Jane Doe'], addresses: ['jane@home.example'] }];
  const organization: OrganizationPolicy = {
    domains: ['example.com'],
    trustSesHeaders: 'auto',
    protectedPeople: people,
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
    expect(hints).toEqual([
      { code: 'address-in-name', how: 'own', certain: false },
      { code: 'hidden-characters', how: 'name', certain: false },
      { code: 'reply-to-elsewhere', certain: false },
    ]);
    expect(decided(evidence({ dmarc: PASS }), {}, { replyTo: ['x@mail.bank.example'] }).hints).toEqual([]);
  });

  it.each([
    ['the own address in the name', 'ann@bank.example', []],
    ['an address of a stranger', 'x@other.example', [['address-in-name', 'other']]],
    ['of several one of our own', 'x@other.example y@second.example', [['address-in-name', 'own']]],
    ['a protected name', 'Jane Doe', [['protected-person', 'name']]],
    [
      'a protected address',
      'jane@home.example',
      [
        ['protected-person', 'address'],
        ['address-in-name', 'other'],
      ],
    ],
    [
      'both',
      'Jane Doe jane@home.example',
      [
        ['protected-person', 'name'],
        ['address-in-name', 'other'],
      ],
    ],
  ])('tells of %s', (_name, displayName, expected) => {
    const protectedPeople = [{ names: ['Max'], addresses: ['max@home.example'] }, ...people];
    const within = { ...organization, domains: ['example.com', 'second.example'], protectedPeople };
    const { hints } = decided(evidence({ dmarc: PASS, displayName }), {}, { organization: within });
    expect(hints.map(({ code, how }) => [code, how])).toEqual(expected);
  });

  const recipients = ['a@example.com', 'b@example.com', 'c@example.com'];
  it.each([
    ['everybody', [true, true, true], 'all'],
    ['those of whom it is known', [true, undefined, true], 'all'],
    ['some', [false, true, undefined], 'some'],
    ['nobody', [false, false, false], undefined],
    ['nobody of whom it is known', [undefined, false, undefined], undefined],
    ['nobody, as nothing is known', [undefined, undefined, undefined], undefined],
  ])('a first contact for %s', (_name, answers, how) => {
    const firstContact = (one: string) => answers[recipients.indexOf(one)];
    const found = evidence({ dmarc: PASS });
    const told = how === undefined ? [] : [{ code: 'first-contact', how, certain: false }];
    expect(decided(found, {}, { recipients, firstContact }).hints).toEqual(told);
    expect(decided(found, {}, { recipients }).hints).toEqual([]);
    // An own author that is proved is no stranger.
    const own = evidence({ dmarc: PASS }, 'example.com');
    expect(decided(own, {}, { recipients, firstContact }).hints).toEqual([]);
  });

  it('looks at no letters of an own domain, whichever it is', () => {
    const odd = domainToASCII('gооgle.example');
    const within = { ...organization, domains: ['example.com', odd] };
    expect(decided(evidence({ dmarc: PASS }, odd), {}, { organization: within }).hints).toEqual([]);
  });
});
