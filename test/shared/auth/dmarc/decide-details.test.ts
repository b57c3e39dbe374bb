/** What a decision says beside the action: for whom, why, what is not enforced, and what would have been. */
import { describe, expect, it } from 'vitest';
import { isInShare } from '../../../../shared/auth/dmarc/decide.ts';
import type { DmarcReason } from '../../../../shared/auth/dmarc/reasons.ts';
import { REASONS } from '../../../../shared/auth/dmarc/reasons.ts';
import type { AuthorDomain } from '../../../../shared/auth/types.ts';
import type { DmarcPolicy } from '../../../../shared/policy/types.ts';
import {
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

const SIGNED = { dkim: [signedBy('signer.example')] };

describe('a ramp', () => {
  // The first four octets of the SHA-256, of a hundred: another bucket would turn domains on and off at an update.
  it.each([
    ['bank.example', 55],
    ['shop.example', 24],
    ['', 10],
  ])('%j is in from the share after %i on', (domain, bucket) => {
    expect([isInShare(domain, bucket), isInShare(domain, bucket + 1)]).toEqual([false, true]);
  });

  it.each<[string, AuthorDomain, number]>([
    ['one author', { kind: 'one', domain: 'bank.example', address: 'a@bank.example' }, 55],
    ['several, by the first name', { kind: 'several', why: 'x', domains: ['b.example', 'a.example'] }, 75],
    ['several, in another order', { kind: 'several', why: 'x', domains: ['a.example', 'b.example'] }, 75],
    ['none', { kind: 'none', why: 'x' }, 10],
  ])('goes by the author: %s', (_name, author, bucket) => {
    const found = { ...failing('reject'), author };
    const share = (percent: number) => decided(found, { ramp: { share: percent } });
    expect(share(bucket)).toMatchObject({ action: 'default', notEnforced: 'ramp' });
    expect(share(bucket).wouldBe).not.toBe('default');
    expect(share(bucket + 1)).toMatchObject({ action: share(bucket).wouldBe });
    expect(share(bucket + 1)).not.toHaveProperty('notEnforced');
  });

  it('is told as a watching policy where both hold', () => {
    const decision = decided(failing('reject'), { mode: 'monitor', ramp: { share: 0 } });
    expect(decision.notEnforced).toBe('monitor');
  });
});

describe('the recipients', () => {
  const two = { recipients: ['Alice@Example.COM', 'bob@example.com'] };
  const monitorBob: Partial<DmarcPolicy> = { recipients: [{ to: ['bob@example.com'], mode: 'monitor' }] };

  it('are compared whatever their case, and named as they came', () => {
    const to = ['nobody@example.com', 'alice@example.com'];
    const rules: Partial<DmarcPolicy> = { recipients: [{ to, mode: 'monitor' }] };
    expect(decided(failing('reject'), rules, two).recipients).toEqual([
      { recipient: 'Alice@Example.COM', action: 'default', wouldBe: 'drop' },
      { recipient: 'bob@example.com', action: 'drop', wouldBe: 'drop' },
    ]);
  });

  it('one who only watches does not make the decision one that is not enforced', () => {
    const decision = decided(failing('reject'), monitorBob, two);
    expect(decision).toMatchObject({ action: 'drop', wouldBe: 'drop' });
    expect(decision).not.toHaveProperty('notEnforced');
    expect(decision).not.toHaveProperty('override');
  });

  it('a try again is for those for whom something is enforced', () => {
    const temporary = failing('reject', { discovery: 'temporary' });
    expect(decided(temporary, monitorBob, two).temporary).toBe(true);
    const watched = decided(temporary, monitorBob, { recipients: ['bob@example.com'] });
    expect(watched).not.toHaveProperty('temporary');
  });

  it('an exception for one of them holds by group and by list, of two the first', () => {
    const exceptions = [
      exception({ to: ['group:pilot'], action: 'junk', reason: 'pilot' }),
      exception({ to: ['list:own'], reason: 'own' }),
    ];
    const context = {
      ...two,
      groupsOf: (one: string) => (one === 'bob@example.com' ? ['pilot'] : ['other']),
      lists: new Map([['own', ['example.com']]]),
    };
    const decision = decided(failing('reject', SIGNED), { exceptions }, context);
    expect(decision.recipients.map(({ action }) => action)).toEqual(['default', 'junk']);
    expect(decision).toMatchObject({ action: 'junk', exception: { reason: 'pilot' } });
  });

  it('without any, only what is for everybody holds', () => {
    const nobody = { recipients: [] };
    const forAlice = { exceptions: [exception({ to: ['alice@example.com'] })], ...monitorBob };
    expect(decided(failing('reject', SIGNED), forAlice, nobody).action).toBe('drop');
    const forAll = { exceptions: [exception({ expires: NOW }), exception()] };
    const lifted = decided(failing('reject', SIGNED), forAll, nobody);
    expect(lifted).toMatchObject({ action: 'default', reason: 'exception', recipients: [] });
    const expired = decided(failing('reject', SIGNED), { exceptions: [exception({ expires: NOW })] }, nobody);
    expect(expired).toMatchObject({ action: 'drop', expired: { reason: 'our list', expires: NOW } });
    expect(decided(failing('reject'), { mode: 'monitor' }, nobody)).toMatchObject({
      action: 'default',
      wouldBe: 'drop',
    });
  });

  it('the strictest gives the reason, of equals the first', () => {
    const rules: Partial<DmarcPolicy> = {
      exceptions: [exception({ to: ['alice@example.com'], action: 'junk' })],
      recipients: [{ to: ['bob@example.com'], mode: 'enforce', actions: { reject: 'junk' } }],
    };
    expect(decided(failing('reject', SIGNED), rules, two).reason).toBe('exception');
    const turned = { recipients: [...two.recipients].reverse() };
    expect(decided(failing('reject', SIGNED), rules, turned).reason).toBe('fail-reject');
  });
});

describe('what was not done as the domain asks', () => {
  const monitor: Partial<DmarcPolicy> = { mode: 'monitor' };
  const actions = { none: 'junk', quarantine: 'junk', reject: 'bounce' } as const;
  it.each([
    ['a failure', failing('reject'), {}, 'local_policy'],
    ['a failure under p=none', failing('none'), { actions }, undefined],
    ['a failure without a record', failing('no-record'), { actions }, undefined],
    [
      'a failure of which the policy was not found',
      failing('reject', { discovery: undefined }),
      {},
      undefined,
    ],
    ['a bounce that must not be', failing('reject'), { actions }, 'local_policy'],
    ['a pass', evidence({ dmarc: PASS, discovery: published('reject') }), {}, undefined],
    ['an exception', failing('reject', SIGNED), { exceptions: [exception()] }, 'local_policy'],
    [
      'a temporary error',
      evidence({ dmarc: { ...FAIL, result: 'temperror' }, discovery: published('reject') }),
      {},
      undefined,
    ],
  ] as const)('%s', (_name, found, changes: Partial<DmarcPolicy>, override) => {
    expect(decided(found, { ...monitor, ...changes }).override).toBe(override);
  });

  it('of several authors is that of the strictest', () => {
    const author: AuthorDomain = { kind: 'several', why: 'x', domains: ['a.example', 'b.example'] };
    const candidates = [
      { domain: 'a.example', discovery: published('none') },
      { domain: 'b.example', discovery: published('reject') },
    ];
    const found = evidence({ author, candidates, ses: sesSays('permerror') });
    expect(decided(found)).toMatchObject({ action: 'drop', published: 'reject' });
  });

  it('is told whatever else is known about the domain', () => {
    const passed = (discovery: ReturnType<typeof published> | 'temporary' | undefined) =>
      decided(evidence({ dmarc: PASS, discovery })).published;
    expect([
      passed(published('quarantine')),
      passed(published('no-record')),
      passed('temporary'),
      passed(undefined),
    ]).toEqual(['quarantine', undefined, undefined, undefined]);
  });
});

describe('an exception that has expired', () => {
  const past = exception({ expires: NOW - 1 });
  it.each([
    ['would have helped', failing('reject', SIGNED), [past], true],
    ['would not have helped, as nothing is done', failing('none', SIGNED), [past], false],
    ['is not for this message', failing('reject'), [past], false],
    ['is not needed', failing('reject', SIGNED), [past, exception({ action: 'junk' })], false],
    ['is another one', failing('reject', SIGNED), [exception({ from: ['x.example'] }), past], true],
  ])('%s', (_name, found, exceptions, told) => {
    const { expired } = decided(found, { exceptions });
    expect(expired).toStrictEqual(told ? { reason: 'our list', expires: NOW - 1 } : undefined);
  });

  it('is told where it would have helped one of the recipients', () => {
    const exceptions = [exception({ to: ['alice@example.com'] }), past];
    const decision = decided(
      failing('reject', SIGNED),
      { exceptions },
      { recipients: ['alice@example.com', 'bob@example.com'] },
    );
    expect(decision.expired).toStrictEqual({ reason: 'our list', expires: NOW - 1 });
  });
});

describe('the sentence', () => {
  const several: AuthorDomain = { kind: 'several', why: 'two addresses', domains: [] };
  it.each<[string, Parameters<typeof decided>[0], DmarcReason, string]>([
    [
      'an author',
      evidence({ author: several, ses: sesSays('permerror') }),
      'author-several',
      ' (two addresses)',
    ],
    ['no block', evidence(), 'unknown-no-evidence', ' (for the test)'],
    [
      'an unclear block',
      evidence({ ses: { state: 'ambiguous', why: 'odd' } }),
      'unknown-ambiguous',
      ' (odd)',
    ],
    ['a block', evidence({ ses: sesSays('none') }), 'unknown-unproved', ''],
    ['a failure', failing('reject'), 'fail-reject', ''],
    [
      'a failure without a block',
      failing('reject', { ses: { state: 'absent', why: 'x' } }),
      'fail-reject',
      '',
    ],
    ['a pass', evidence({ dmarc: PASS, spf: sentBy('a.example') }), 'pass', ''],
  ])('says why: %s', (_name, found, reason, why) => {
    expect(decided(found)).toMatchObject({ reason, text: `${REASONS[reason]}${why}` });
  });
});
