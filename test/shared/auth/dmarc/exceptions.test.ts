import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../../../shared/auth/evidence-types.ts';
import type { OrganizationPolicy } from '../../../../shared/policy/types.ts';
import {
  by,
  chain,
  decided,
  evidence,
  exception,
  FAIL,
  failing,
  NOW,
  PASS,
  published,
  sentBy,
  sesSays,
  signedBy,
} from './cases.ts';

const ALWAYS: OrganizationPolicy = { domains: ['example.com'], trustSesHeaders: 'always' };
const SIGNED = { dkim: [signedBy('signer.example')] };

describe('exceptions', () => {
  it.each([
    ['a signature', exception(), SIGNED],
    [
      'the envelope sender',
      exception({ authenticatedBy: by({ spf: ['sender.example'] }) }),
      { spf: sentBy('sender.example') },
    ],
    [
      'a seal',
      exception({ authenticatedBy: by({ arc: ['list.example'] }) }),
      { arc: chain({ sealer: 'list.example', dmarc: 'pass' }) },
    ],
    ['a gateway', exception({ authenticatedBy: by({ gateway: ['filter'] }) }), { gateway: 'filter' }],
    [
      'one of several proofs',
      exception({ authenticatedBy: by({ dkim: ['signer.example'], spf: ['x.example'] }) }),
      SIGNED,
    ],
    ['a signature of the address’s own', exception({ from: ['ann@bank.example'] }), SIGNED],
    ['a signature, to junk', exception({ action: 'junk' }), SIGNED],
    ['a signature, past the spam check', exception({ action: 'neverJunk' }), SIGNED],
  ] as const)('hold by %s', (_name, one, changes: Partial<Evidence>) => {
    const decision = decided(failing('reject', changes), { exceptions: [one] });
    expect(decision).toMatchObject({
      action: one.action,
      reason: 'exception',
      exception: { reason: 'our list' },
    });
    const forwarded = one.authenticatedBy.arc.length > 0 || one.authenticatedBy.gateway.length > 0;
    expect(decision.override).toBe(forwarded ? 'trusted_forwarder' : 'local_policy');
  });

  it.each([
    ['another signer', exception(), { dkim: [signedBy('other.example')] }],
    ['a name above the signer', exception({ authenticatedBy: by({ dkim: ['example'] }) }), SIGNED],
    ['a name below the one named', exception(), { dkim: [signedBy('a.signer.example')] }],
    ['a signature that fails', exception(), { dkim: [signedBy('signer.example', { result: 'fail' })] }],
    ['a signature of a part', exception(), { dkim: [signedBy('signer.example', { partialBody: true })] }],
    ['a key in testing', exception(), { dkim: [signedBy('signer.example', { testing: true })] }],
    [
      'SES’s word in an unproved block',
      exception(),
      { ses: sesSays('fail', [{ result: 'pass', domain: 'signer.example' }]) },
    ],
    [
      'SPF that is not proved',
      exception({ authenticatedBy: by({ spf: ['sender.example'] }) }),
      { spf: sentBy('sender.example', { proved: false }) },
    ],
    [
      'SPF that does not pass',
      exception({ authenticatedBy: by({ spf: ['sender.example'] }) }),
      { spf: sentBy('sender.example', { result: 'softfail' }) },
    ],
    ['another gateway', exception({ authenticatedBy: by({ gateway: ['filter'] }) }), { gateway: 'other' }],
    ['another author', exception({ from: ['bob@bank.example'] }), SIGNED],
    ['another recipient', exception({ to: ['bob@example.com'] }), SIGNED],
    ['an end that is past', exception({ expires: NOW }), SIGNED],
  ] as const)('do not hold: %s', (_name, one, changes: Partial<Evidence>) => {
    const decision = decided(failing('reject', changes), { exceptions: [one] });
    expect(decision).toMatchObject({ action: 'drop', reason: 'fail-reject' });
    expect(decision).not.toHaveProperty('exception');
  });

  it('SES’s word counts where it is proved, other than against our own', () => {
    const ses = sesSays('fail', [{ result: 'pass', domain: 'signer.example' }]);
    const policies = [{ exceptions: [exception()] }, { organization: ALWAYS }] as const;
    expect(decided(failing('reject', { ses }), ...policies).reason).toBe('exception');
    const partial = failing('reject', { ses, dkim: [signedBy('signer.example', { partialBody: true })] });
    expect(decided(partial, ...policies).reason).toBe('fail-reject');
  });

  it('say when they would have held, had they not expired', () => {
    const one = exception({ expires: NOW - 1, owner: 'Jane' });
    const decision = decided(failing('reject', SIGNED), { exceptions: [one] });
    expect(decision.expired).toEqual({ reason: 'our list', owner: 'Jane', expires: NOW - 1 });
    const later = [one, exception({ reason: 'newer', expires: NOW + 1 })];
    const held = decided(failing('reject', SIGNED), { exceptions: later });
    expect(held).toMatchObject({ action: 'default', exception: { reason: 'newer', expires: NOW + 1 } });
    expect(held).not.toHaveProperty('expired');
  });

  it('are for the recipients that they name', () => {
    const one = exception({ to: ['alice@example.com'] });
    const recipients = ['alice@example.com', 'bob@example.com'];
    const decision = decided(failing('reject', SIGNED), { exceptions: [one] }, { recipients });
    expect(decision.recipients.map(({ action }) => action)).toEqual(['default', 'drop']);
    expect(decision.reason).toBe('fail-reject');
  });

  it('for everybody are not for own domains, which must be named', () => {
    const found = evidence({ dmarc: FAIL, discovery: published('reject'), ...SIGNED }, 'example.com');
    expect(decided(found, { exceptions: [exception({ from: ['*'] })] }).reason).toBe('fail-reject');
    expect(decided(found, { exceptions: [exception({ from: ['example.com'] })] }).reason).toBe('exception');
  });

  it('lift what is unknown, but make nothing of mail that is sound', () => {
    const exceptions = [exception({ action: 'junk' })];
    expect(decided(evidence(SIGNED), { exceptions }).reason).toBe('exception');
    expect(decided(evidence({ ...SIGNED, dmarc: PASS }), { exceptions }).reason).toBe('pass');
    expect(decided(evidence({ ...SIGNED, dmarc: { ...FAIL, result: 'none' } }), { exceptions }).action).toBe(
      'default',
    );
  });

  it('do not help where From has not one author', () => {
    const author = { kind: 'several', why: 'x', domains: ['bank.example'] } as const;
    const found = evidence({ ...SIGNED, author, ses: sesSays('permerror') });
    expect(decided(found, { exceptions: [exception({ from: ['*'] })] }).reason).toBe('author-several');
  });
});

describe('trusted sealers', () => {
  const trustedSealers = ['list.example', 'second.example'];
  it.each([
    ['the last sealer saw it pass', [{ sealer: 'list.example', dmarc: 'pass' }], true],
    [
      'an untrusted one came before',
      [
        { sealer: 'evil.example', dmarc: 'pass' },
        { sealer: 'list.example', dmarc: 'pass' },
      ],
      true,
    ],
    [
      'all are trusted, the first saw it pass',
      [
        { sealer: 'list.example', dmarc: 'pass' },
        { sealer: 'second.example', dmarc: 'fail' },
      ],
      true,
    ],
    [
      'the last is not trusted',
      [
        { sealer: 'list.example', dmarc: 'pass' },
        { sealer: 'evil.example', dmarc: 'pass' },
      ],
      false,
    ],
    [
      'only an untrusted one saw it pass',
      [
        { sealer: 'evil.example', dmarc: 'pass' },
        { sealer: 'list.example', dmarc: 'fail' },
      ],
      false,
    ],
    ['it failed before', [{ sealer: 'list.example', dmarc: 'fail' }], false],
    ['it says nothing of DMARC', [{ sealer: 'list.example' }], false],
    [
      'it passed for another domain',
      [{ sealer: 'list.example', dmarc: 'pass', from: 'evil.example' }],
      false,
    ],
    ['a name below the one that is trusted', [{ sealer: 'a.list.example', dmarc: 'pass' }], false],
  ] as const)('%s', (_name, sets, holds) => {
    const decision = decided(failing('reject', { arc: chain(...sets) }), { trustedSealers });
    if (holds)
      expect(decision).toMatchObject({
        action: 'default',
        reason: 'arc-sealer',
        override: 'trusted_forwarder',
      });
    else expect(decision).toMatchObject({ action: 'drop', reason: 'fail-reject' });
  });

  it.each(['fail', 'none'] as const)('a chain that is %s proves nothing', (result) => {
    const arc = { ...chain({ sealer: 'list.example', dmarc: 'pass' }), result };
    expect(decided(failing('reject', { arc }), { trustedSealers }).reason).toBe('fail-reject');
  });

  it('two results of one sealer are none', () => {
    const [set] = chain({ sealer: 'list.example', dmarc: 'pass' }).sets;
    const results = set?.results?.results ?? [];
    const twice = { ...set, results: { authservId: 'x', version: 1, results: [...results, ...results] } };
    const arc = { result: 'pass', reason: 'x', sets: [twice] } as Evidence['arc'];
    expect(decided(failing('reject', { arc }), { trustedSealers }).reason).toBe('fail-reject');
  });

  it('do not speak for own domains, unless an exception names them', () => {
    const arc = chain({ sealer: 'list.example', dmarc: 'pass', from: 'example.com' });
    const found = evidence({ dmarc: FAIL, discovery: published('reject'), arc }, 'example.com');
    expect(decided(found, { trustedSealers }).reason).toBe('fail-reject');
    const named = exception({ from: ['example.com'], authenticatedBy: by({ arc: ['list.example'] }) });
    expect(decided(found, { exceptions: [named] }).reason).toBe('exception');
  });
});

describe('mailing lists', () => {
  const list = { domain: 'lists.example', signed: true };
  const known = { mailingLists: { domains: ['lists.example'], others: 'junk' } } as const;
  const drop = { none: 'default', quarantine: 'junk', reject: 'drop' } as const;
  it.each([
    ['known, drop', 'reject', known, 'junk', 'mailing-list'],
    ['known, junk', 'quarantine', known, 'default', 'mailing-list'],
    ['known, nothing to lower', 'none', known, 'default', 'fail-none'],
    ['any other, drop', 'reject', {}, 'junk', 'mailing-list'],
    ['any other, junk: anybody can run a list', 'quarantine', {}, 'junk', 'fail-quarantine'],
    [
      'no difference wanted',
      'reject',
      { mailingLists: { domains: [], others: 'asOtherMail' } },
      'drop',
      'fail-reject',
    ],
  ] as const)('%s', (_name, p, changes, action, reason) => {
    const decision = decided(failing(p, { list }), { actions: drop, ...changes });
    expect(decision).toMatchObject({ action, reason });
    expect(decision.override).toBe(reason === 'mailing-list' ? 'mailing_list' : undefined);
  });

  it.each([
    ['not signed', { ...list, signed: false }],
    ['of no domain', { domain: undefined, signed: true }],
    ['with a name that only ends alike', { domain: 'notlists.example', signed: true }],
  ])('of a list, %s: no difference by the name', (_name, marks) => {
    const decision = decided(failing('quarantine', { list: marks }), known);
    expect(decision).toMatchObject({ action: 'junk', reason: 'fail-quarantine' });
  });

  it('mail in an own name is junk at least', () => {
    const found = evidence({ dmarc: FAIL, discovery: published('reject'), list }, 'example.com');
    expect(decided(found, known)).toMatchObject({ action: 'junk', reason: 'mailing-list' });
  });
});
