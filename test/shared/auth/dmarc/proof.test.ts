/** What is a proof and what is none, in the small. */
import { describe, expect, it } from 'vitest';
import { isOfDomain, provedSigners, sealerVouches } from '../../../../shared/auth/dmarc/proof.ts';
import type { ArcEvidence, Evidence, MethodResult } from '../../../../shared/auth/evidence-types.ts';
import type { AuthorDomain } from '../../../../shared/auth/types.ts';
import type { OrganizationPolicy } from '../../../../shared/policy/types.ts';
import {
  by,
  chain,
  decided,
  evidence,
  exception,
  FAIL,
  failing,
  PASS,
  sentBy,
  sesSays,
  signedBy,
} from './cases.ts';

const AUTO: OrganizationPolicy = { domains: ['example.com'], trustSesHeaders: 'auto' };
const ALWAYS: OrganizationPolicy = { ...AUTO, trustSesHeaders: 'always' };
const NONE = { dmarc: { ...FAIL, result: 'none' } } as const;

describe('signers', () => {
  const ses = sesSays('fail', [
    { result: 'pass', domain: 'a.example' },
    { result: 'fail', domain: 'b.example' },
    { result: 'pass', domain: undefined },
  ]);
  it('by SES’s word only where it passes and is proved', () => {
    const found = evidence({ ses, dkim: [signedBy('c.example'), signedBy('d.example', { result: 'fail' })] });
    expect([...provedSigners(found, ALWAYS)]).toEqual(['c.example', 'a.example']);
    expect([...provedSigners(found, AUTO)]).toEqual(['c.example']);
    expect([...provedSigners(evidence(), ALWAYS)]).toEqual([]);
  });
});

describe('what a sealer saw', () => {
  const saw = (...results: readonly Partial<MethodResult>[]): ArcEvidence => {
    const [set] = chain({ sealer: 'list.example' }).sets;
    if (set === undefined) throw new Error('no set');
    const from = [{ type: 'header', name: 'from', value: 'bank.example' }];
    const all = results.map((one) => ({
      method: 'dmarc',
      result: 'pass',
      reason: undefined,
      properties: from,
      ...one,
    }));
    const field = { authservId: 'list.example', version: 1, results: all };
    return { result: 'pass', reason: 'x', sets: [{ ...set, results: field }] };
  };
  const property = (type: string, name: string, value = 'bank.example') => ({ type, name, value });

  it.each([
    ['a pass for the domain', [{}], true],
    ['in capitals', [{ properties: [property('header', 'from', 'BANK.example')] }], true],
    ['beside other methods', [{ method: 'spf' }, {}], true],
    ['another method alone', [{ method: 'spf' }], false],
    ['no property', [{ properties: [] }], false],
    ['another property', [{ properties: [property('header', 'i')] }], false],
    ['another type', [{ properties: [property('smtp', 'from')] }], false],
    [
      'two authors',
      [{ properties: [property('header', 'from'), property('header', 'from', 'x.example')] }],
      false,
    ],
  ] as const)('%s', (_name, results, holds) => {
    expect(sealerVouches(saw(...results), ['list.example'], 'bank.example')).toBe(holds);
  });

  it('nothing that can be read, or no set at all', () => {
    const [set] = saw({}).sets;
    const unread = { result: 'pass', reason: 'x', sets: [{ ...set, results: undefined }] } as ArcEvidence;
    expect(sealerVouches(unread, ['list.example'], 'bank.example')).toBe(false);
    expect(sealerVouches({ ...unread, sets: [] }, ['list.example'], 'bank.example')).toBe(false);
    expect(sealerVouches(undefined, ['list.example'], 'bank.example')).toBe(false);
  });

  it('makes no better what passes or has no record', () => {
    const arc = saw({});
    const trustedSealers = ['list.example'];
    const unproved = evidence({ arc, dmarc: { ...PASS, proved: false } });
    expect(decided(unproved, { trustedSealers }).reason).toBe('pass-unproved');
    expect(decided(evidence({ arc, ...NONE }), { trustedSealers }).reason).toBe('no-record');
    expect(decided(evidence({ arc }), { trustedSealers }).reason).toBe('arc-sealer');
  });
});

describe('of a domain without a record', () => {
  it.each([
    ['its signature', { dkim: [signedBy('bank.example')] }, true],
    ['one above', { dkim: [signedBy('example')] }, true],
    ['one beside it', { dkim: [signedBy('other.example')] }, false],
    ['its envelope sender', { spf: sentBy('bounces.bank.example') }, true],
    ['another envelope sender', { spf: sentBy('other.example') }, false],
    ['an envelope sender that is not proved', { spf: sentBy('bank.example', { proved: false }) }, false],
    ['nothing', {}, false],
  ] as const)('%s', (_name, changes: Partial<Evidence>, holds) => {
    expect(isOfDomain(evidence(changes), 'bank.example', AUTO)).toBe(holds);
  });
});

describe('own domains', () => {
  const own = (changes: Partial<Evidence>): Evidence => evidence(changes, 'hr.example.com');
  const guarded = { ownDomains: { action: 'drop', allowedSenders: [] }, unknown: 'default' } as const;
  it.each([
    ['a permanent error', { dmarc: { ...FAIL, result: 'permerror' } }, 'junk', 'own-domain'],
    ['SES could not for now', { ses: sesSays('temperror') }, 'default', 'unknown-temperror'],
    [
      'another’s key cannot be had',
      { ...NONE, dkim: [signedBy('x.example', { result: 'temperror' })] },
      'drop',
      'own-domain',
    ],
    [
      'a key above cannot be had',
      { ...NONE, dkim: [signedBy('example.com', { result: 'temperror' })] },
      'default',
      'unknown-temperror',
    ],
    [
      'a key below cannot be had',
      { ...NONE, dkim: [signedBy('m.hr.example.com', { result: 'temperror' })] },
      'default',
      'unknown-temperror',
    ],
    [
      'its signature is wrong',
      { ...NONE, dkim: [signedBy('example.com', { result: 'fail' })] },
      'drop',
      'own-domain',
    ],
    [
      'something is aligned',
      { dmarc: { ...NONE.dmarc, aligned: [{ by: 'dkim', domain: 'example.com', how: 'organization' }] } },
      'default',
      'no-record',
    ],
  ] as const)('%s: %s', (_name, changes: Partial<Evidence>, action, reason) => {
    expect(decided(own(changes), guarded)).toMatchObject({ action, reason });
  });

  it.each([{}, { ownDomains: { action: 'default', allowedSenders: [] } }] as const)(
    'without a guard: %j',
    (changes) => {
      expect(decided(own({ dmarc: { ...FAIL, result: 'permerror' } }), changes).reason).toBe('permerror');
      expect(decided(own(NONE), changes).reason).toBe('no-record');
    },
  );
});

describe('a bare domain in From', () => {
  const bare = (domains: readonly string[]): AuthorDomain => ({ kind: 'none', why: 'x', domains });
  const signed = [{ result: 'pass', domain: 'amazonses.com' }] as const;
  it.each([
    ['SES does not say permerror', ['amazonses.com'], sesSays('none', signed)],
    [
      'its signature fails',
      ['amazonses.com'],
      sesSays('permerror', [{ result: 'fail', domain: 'amazonses.com' }]),
    ],
    ['another signs', ['amazonses.com'], sesSays('permerror', [{ result: 'pass', domain: 'x.example' }])],
    ['there are two', ['amazonses.com', 'x.example'], sesSays('permerror', signed)],
    ['there is none', [], sesSays('permerror', signed)],
  ] as const)('is no report where %s', (_name, domains, ses) => {
    expect(decided(evidence({ author: bare(domains), ses })).reason).toBe('author-none');
  });

  it('one of several signatures is enough', () => {
    const ses = sesSays('permerror', [{ result: 'fail', domain: 'x.example' }, ...signed]);
    expect(decided(evidence({ author: bare(['amazonses.com']), ses })).reason).toBe('permerror');
  });
});

describe('what is told', () => {
  it('the owner and the end of an exception', () => {
    const one = exception({ from: ['x.example', 'bank.example'], owner: 'Jane', expires: Date.UTC(2027, 0) });
    const decision = decided(failing('reject', { dkim: [signedBy('signer.example')] }), {
      exceptions: [one],
    });
    expect(decision.exception).toEqual({ reason: 'our list', owner: 'Jane', expires: Date.UTC(2027, 0) });
  });

  it('no override where nothing is overridden', () => {
    for (const found of [evidence({ dmarc: PASS }), failing('none'), failing('quarantine')])
      expect(decided(found)).not.toHaveProperty('override');
    expect(
      decided(failing('reject', { arc: chain({ sealer: 'a.example', dmarc: 'pass' }) }), {
        exceptions: [exception({ authenticatedBy: by({ arc: ['b.example'] }) })],
      }).reason,
    ).toBe('fail-reject');
  });
});
