import { describe, expect, it } from 'vitest';
import { REASONS } from '../../../../shared/auth/dmarc/reasons.ts';
import type { Evidence } from '../../../../shared/auth/evidence-types.ts';
import type { SesEvidence } from '../../../../shared/auth/types.ts';
import type { DmarcPolicy } from '../../../../shared/policy/types.ts';
import {
  ACTIONS,
  decided,
  evidence,
  FAIL,
  failing,
  PASS,
  published,
  sentBy,
  sesSays,
  signedBy,
} from './cases.ts';

describe('results', () => {
  it.each([
    ['a pass by a signature verified here', { dmarc: PASS }, 'default', 'pass'],
    [
      'a pass that only SES writes',
      { dmarc: { ...PASS, source: 'ses', proved: false } },
      'default',
      'pass-unproved',
    ],
    ['no record', { dmarc: { ...FAIL, result: 'none' } }, 'default', 'no-record'],
    ['a permanent error', { dmarc: { ...FAIL, result: 'permerror' } }, 'junk', 'permerror'],
    ['nothing known, no block of SES', {}, 'junk', 'unknown-no-evidence'],
    ['nothing known, SES passes nothing', { ses: sesSays('none') }, 'junk', 'unknown-unproved'],
    ['nothing known, SES could not', { ses: sesSays('permerror') }, 'junk', 'permerror'],
    ['nothing known, SES could not for now', { ses: sesSays('temperror') }, 'default', 'unknown-temperror'],
    [
      'nothing known, the block is unclear',
      { ses: { state: 'ambiguous', why: 'x' } },
      'junk',
      'unknown-ambiguous',
    ],
  ] as const)('%s', (_name, changes: Partial<Evidence>, action, reason) => {
    const decision = decided(evidence(changes), { unknown: 'junk' });
    expect(decision).toMatchObject({ action, wouldBe: action, reason });
    expect(decision.text).toContain(REASONS[reason]);
  });

  it.each([
    ['none', false, 'default', 'fail-none', undefined],
    ['quarantine', false, 'junk', 'fail-quarantine', undefined],
    ['reject', false, 'drop', 'fail-reject', undefined],
    ['reject', true, 'junk', 'fail-testing', 'policy_test_mode'],
    ['quarantine', true, 'default', 'fail-testing', 'policy_test_mode'],
    ['none', true, 'default', 'fail-testing', undefined],
  ] as const)('a failure under p=%s, t=y %s', (p, testing, action, reason, override) => {
    const decision = decided(failing(p, { discovery: published(p, { testing }) }));
    const expected = p === 'none' ? 'fail-none' : reason;
    expect(decision).toMatchObject({ action, reason: expected, published: p });
    expect(decision.override).toBe(override);
  });

  it('a failure whose record is gone is as p=none', () => {
    const actions = { ...ACTIONS, none: 'junk' } as const;
    const decision = decided(failing('no-record'), { actions });
    expect(decision).toMatchObject({ action: 'junk', reason: 'fail-no-record', override: 'local_policy' });
    expect(decision).not.toHaveProperty('published');
  });

  it('rejecting mail goes to junk unless somebody chose otherwise (dmarcbis-41 §7.4)', () => {
    const actions = { none: 'default', quarantine: 'junk', reject: 'junk' } as const;
    expect(decided(failing('reject'), { actions })).toMatchObject({
      action: 'junk',
      override: 'local_policy',
    });
  });

  it.each([
    ['fails', 'fail-reject'],
    ['another-author', 'unknown-other-author'],
  ] as const)('an unclear block that speaks against it (%s) is a failure', (against, reason) => {
    const ses: SesEvidence = { state: 'ambiguous', why: 'x', against };
    const found = evidence({ ses, discovery: published('reject') });
    expect(decided(found)).toMatchObject({ action: 'drop', reason });
    expect(decided({ ...found, dmarc: FAIL })).toMatchObject({ action: 'drop', reason });
    expect(decided({ ...found, dmarc: PASS })).toMatchObject({ action: 'default', reason: 'pass' });
  });
});

describe('temporary errors', () => {
  const strict: Partial<DmarcPolicy> = {
    unknown: 'junk',
    actions: { none: 'drop', quarantine: 'drop', reject: 'drop' },
  };
  it.each([
    ['of our own', evidence({ dmarc: { ...FAIL, result: 'temperror' } }), 'unknown-temperror', true],
    [
      'that SES wrote',
      evidence({ dmarc: { ...FAIL, result: 'temperror', source: 'ses' } }),
      'unknown-temperror',
      undefined,
    ],
    ['of the policy', failing('reject', { discovery: 'temporary' }), 'unknown-dns', true],
  ] as const)('%s: delivered, or tried again', (_name, found, reason, temporary) => {
    const decision = decided(found, strict);
    expect(decision).toMatchObject({ action: 'default', wouldBe: 'default', reason });
    expect(decision.temporary).toBe(temporary);
    expect(decided(found, { ...strict, mode: 'monitor' })).not.toHaveProperty('temporary');
  });

  it('the published policy does not matter where the policy file says what applies', () => {
    const found = failing('reject', { discovery: 'temporary' });
    const domains = [{ domains: ['bank.example'], treatAs: 'quarantine', whenProved: 'default' }] as const;
    expect(decided(found, { domains })).toMatchObject({ action: 'junk', reason: 'fail-local-policy' });
  });

  it('a key of the own domain that cannot be had now leaves its mail undecided', () => {
    const found = evidence(
      {
        dmarc: { ...FAIL, result: 'none' },
        dkim: [signedBy('example.com', { result: 'temperror' })],
      },
      'example.com',
    );
    const decision = decided(found, { ownDomains: { action: 'drop', allowedSenders: [] } });
    expect(decision).toMatchObject({ action: 'default', reason: 'unknown-temperror', temporary: true });
  });
});

describe('monitor and ramp', () => {
  it('monitor decides and changes nothing', () => {
    const decision = decided(failing('reject'), { mode: 'monitor' });
    expect(decision).toMatchObject({
      action: 'default',
      wouldBe: 'drop',
      reason: 'fail-reject',
      notEnforced: 'monitor',
      override: 'local_policy',
      recipients: [{ action: 'default', wouldBe: 'drop' }],
    });
  });

  it('nothing is held back where nothing would be done', () => {
    expect(decided(failing('none'), { mode: 'monitor' })).not.toHaveProperty('notEnforced');
  });

  it.each([
    [0, 'default', 'ramp'],
    [100, 'drop', undefined],
  ] as const)('a share of %i', (share, action, notEnforced) => {
    const decision = decided(failing('reject'), { ramp: { share } });
    expect(decision).toMatchObject({ action, wouldBe: 'drop' });
    expect(decision.notEnforced).toBe(notEnforced);
  });
});

describe('recipients', () => {
  const recipients = ['alice@example.com', 'bob@example.com', 'post@example.com'];
  it('each by the first entry that names it', () => {
    const entries: DmarcPolicy['recipients'] = [
      { to: ['post@example.com'], mode: 'monitor' },
      { to: ['group:pilot'], actions: { reject: 'junk' }, mode: 'enforce' },
      { to: ['list:all'], actions: { reject: 'default' }, mode: 'enforce' },
    ];
    const decision = decided(
      failing('reject'),
      { recipients: entries },
      {
        recipients,
        groupsOf: (one) => (one === 'bob@example.com' ? ['pilot'] : []),
        lists: new Map([['all', ['example.com']]]),
      },
    );
    expect(decision.recipients).toEqual([
      { recipient: 'alice@example.com', action: 'default', wouldBe: 'default' },
      { recipient: 'bob@example.com', action: 'junk', wouldBe: 'junk' },
      { recipient: 'post@example.com', action: 'default', wouldBe: 'drop' },
    ]);
    expect(decision).toMatchObject({ action: 'junk', wouldBe: 'drop', reason: 'fail-reject' });
    expect(decision).not.toHaveProperty('notEnforced');
  });

  it('an entry for a group that nobody knows does not hold', () => {
    const entries: DmarcPolicy['recipients'] = [{ to: ['group:pilot'], mode: 'monitor' }];
    expect(decided(failing('reject'), { recipients: entries }).action).toBe('drop');
  });

  it('is decided without a recipient too', () => {
    expect(decided(failing('reject'), {}, { recipients: [] })).toMatchObject({
      action: 'drop',
      recipients: [],
    });
  });
});

describe('bounce', () => {
  const actions = { none: 'default', quarantine: 'junk', reject: 'bounce' } as const;
  const proved = { spf: sentBy('sender.example') };
  it.each([
    ['a proved envelope sender', proved, 'bounce', 'fail-reject'],
    [
      'one that only SES names',
      { spf: sentBy('sender.example', { proved: false }) },
      'junk',
      'bounce-not-authenticated',
    ],
    ['SPF that fails', { spf: sentBy('s.example', { result: 'fail' }) }, 'junk', 'bounce-not-authenticated'],
    ['SPF of no domain', { spf: { ...sentBy('x'), domain: undefined } }, 'junk', 'bounce-not-authenticated'],
    ['no SPF', {}, 'junk', 'bounce-not-authenticated'],
    ['a null sender or a report', { ...proved, automatic: true }, 'junk', 'bounce-unwanted'],
    ['a list', { ...proved, list: { domain: 'l.example', signed: false } }, 'junk', 'bounce-unwanted'],
  ] as const)('%s', (_name, changes: Partial<Evidence>, action, reason) => {
    expect(decided(failing('reject', changes), { actions })).toMatchObject({ action, reason });
  });

  it.each([
    ['drop', {}, 'drop'],
    ['drop', { automatic: true }, 'drop'],
    ['bounce', {}, 'bounce'],
    ['bounce', { automatic: true }, 'junk'],
  ] as const)('bounceUnauthenticated: %s, %j', (bounceUnauthenticated, changes, action) => {
    const decision = decided(failing('reject', changes), { actions, bounceUnauthenticated });
    expect(decision.action).toBe(action);
  });
});

describe('what SES really writes', () => {
  it.each([
    [
      'a bounce of SES: permerror, null sender',
      evidence({ ses: sesSays('permerror'), automatic: true }),
      'default',
    ],
    [
      'mail between colleagues: aligned by DKIM alone',
      evidence(
        { dmarc: { ...PASS, aligned: [{ by: 'dkim', domain: 'example.com', how: 'exact' }] } },
        'example.com',
      ),
      'default',
    ],
    ['an Exchange journal report that fails', failing('reject', { automatic: true }), 'junk'],
  ] as const)('%s', (_name, found, action) => {
    const decision = decided(found, {
      actions: { none: 'default', quarantine: 'junk', reject: 'bounce' },
      ownDomains: { action: 'drop', allowedSenders: [] },
    });
    expect(decision.action).toBe(action);
  });
});
