/** What could not be looked up may be what would have spoken for a message: then it is tried again, not junked. */
import { describe, expect, it } from 'vitest';
import type { DkimEvidence } from '../../../../shared/auth/evidence-types.ts';
import type { DmarcPolicy } from '../../../../shared/policy/types.ts';
import {
  author,
  by,
  chain,
  decided,
  evidence,
  exception,
  failing,
  PASS,
  published,
  type Sealed,
  sentBy,
  sesSays,
  signedBy,
} from './cases.ts';

const AGAIN = { action: 'default', wouldBe: 'default', temporary: true, reason: 'unknown-temperror' };
const unasked = (domain: string, changes: Partial<DkimEvidence> = {}) =>
  signedBy(domain, { result: 'temperror', reason: 'dns', ...changes });
const OWN: Partial<DmarcPolicy> = { ownDomains: { action: 'junk', allowedSenders: [] } };

describe('a key that could not be asked for', () => {
  it('of the signer of an exception: the message waits for it', () => {
    const found = failing('reject', { dkim: [unasked('signer.example')] });
    expect(decided(found, { exceptions: [exception()] })).toMatchObject(AGAIN);
    // It would not help, or not any more, or not here.
    for (const not of [
      [],
      [exception({ from: ['other.example'] })],
      [exception({ expires: 1 })],
      [exception({ to: ['bob@example.com'] })],
      [exception({ authenticatedBy: by({ spf: ['signer.example'] }) })],
    ])
      expect(decided(found, { exceptions: not })).toMatchObject({ action: 'drop', reason: 'fail-reject' });
  });

  it('another exception that holds needs no waiting', () => {
    const found = failing('reject', { dkim: [unasked('signer.example'), signedBy('other.example')] });
    const second = exception({ authenticatedBy: by({ dkim: ['other.example'] }) });
    expect(decided(found, { exceptions: [exception(), second] })).toMatchObject({ reason: 'exception' });
  });

  it('waiting is for the recipients of the exception', () => {
    const found = failing('reject', { dkim: [unasked('signer.example')] });
    const decision = decided(
      found,
      { exceptions: [exception({ to: ['bob@example.com'] })] },
      { recipients: ['alice@example.com', 'bob@example.com'] },
    );
    expect(decision.recipients.map(({ action }) => action)).toEqual(['drop', 'default']);
    expect(decision.temporary).toBe(true);
  });

  it('of the envelope sender: nobody is answered whose name server is silent', () => {
    const actions = { none: 'default', quarantine: 'junk', reject: 'bounce' } as const;
    const spf = (result: 'temperror' | 'fail') => sentBy('slow.test', { result, source: 'own' });
    for (const result of ['temperror', 'fail'] as const)
      expect(
        decided(failing('reject', { spf: spf(result) }), { actions, bounceUnauthenticated: 'drop' }),
      ).toMatchObject({ action: 'drop', reason: 'bounce-not-authenticated' });
  });

  it('of an allowed sender', () => {
    const allowedSenders = [{ authenticatedBy: by({ dkim: ['payroll.example'] }), reason: 'x' }];
    const found = failing('none', { author: author('example.com'), dkim: [unasked('payroll.example')] });
    expect(decided(found, { ownDomains: { action: 'junk', allowedSenders } })).toMatchObject(AGAIN);
    expect(decided(found, OWN)).toMatchObject({ action: 'junk', reason: 'own-domain' });
  });

  it('of a list that the policy names', () => {
    const lists = { mailingLists: { domains: ['lists.example'], others: 'junk' } } as const;
    const list = { domain: 'talk.lists.example', signed: false };
    const signedFields = ['from', 'list-id', 'list-post'];
    const found = failing('quarantine', { list, dkim: [unasked('lists.example', { signedFields })] });
    expect(decided(found, lists)).toMatchObject(AGAIN);
    expect(decided({ ...found, dkim: [] }, lists)).toMatchObject({ action: 'junk' });
    // Nothing hangs on lists that nobody named, but that their mail is not destroyed.
    const others = { mailingLists: { domains: [], others: 'junk' } } as const;
    expect(decided(found, others)).toMatchObject({ action: 'junk', reason: 'fail-quarantine' });
  });

  it('of a colleague: neither the guard of the own name nor that of persons takes it for a forgery', () => {
    const found = evidence({
      author: author('example.com'),
      displayName: 'Jane Doe',
      ses: sesSays('pass'),
      dmarc: { ...PASS, source: 'ses', proved: false },
      discovery: published('reject'),
      dkim: [unasked('example.com')],
    });
    expect(decided(found, OWN)).toMatchObject(AGAIN);
    const people = { protectedPeople: { action: 'junk' } } as const;
    const organization = {
      domains: ['example.com'],
      trustSesHeaders: 'auto',
      protectedPeople: [{ names: ['Jane Doe'], addresses: [] }],
    } as const;
    expect(decided(found, people, { organization })).toMatchObject(AGAIN);
    const temperror = { ...found, dmarc: { ...PASS, result: 'temperror', proved: false } } as const;
    expect(decided(temperror, people, { organization })).toMatchObject(AGAIN);
    // Where nothing hangs on the proof it is delivered at once, and a stranger's name is looked at all the same.
    expect(decided(found)).toMatchObject({ action: 'default', reason: 'pass-unproved' });
    const stranger = { ...temperror, author: author('bank.example') };
    expect(decided(stranger, people, { organization })).toMatchObject({ reason: 'protected-person' });
  });
});

describe('an envelope sender and a seal that could not be looked up', () => {
  it('SPF of our own, for an exception; SES’s does not change', () => {
    const exceptions = [exception({ authenticatedBy: by({ spf: ['signer.example'] }) })];
    const found = (source: 'own' | 'ses') =>
      failing('reject', { spf: sentBy('signer.example', { result: 'temperror', source }) });
    expect(decided(found('own'), { exceptions })).toMatchObject(AGAIN);
    expect(decided(found('ses'), { exceptions })).toMatchObject({ action: 'drop' });
  });

  it('a trusted sealer’s, where it says that it saw the pass', () => {
    const open = (sealed: Sealed) =>
      failing('reject', { arc: { ...chain(sealed), result: 'temperror', reason: 'dns' } });
    const trustedSealers = ['alumni.example'];
    expect(decided(open({ sealer: 'alumni.example', dmarc: 'pass' }), { trustedSealers })).toMatchObject(
      AGAIN,
    );
    for (const sealed of [
      { sealer: 'evil.example', dmarc: 'pass' },
      { sealer: 'alumni.example', dmarc: 'fail' },
      { sealer: 'alumni.example', dmarc: 'pass', from: 'other.example' },
    ])
      expect(decided(open(sealed), { trustedSealers })).toMatchObject({
        action: 'drop',
        reason: 'fail-reject',
      });
    const exceptions = [exception({ authenticatedBy: by({ arc: trustedSealers }) })];
    expect(decided(open({ sealer: 'alumni.example', dmarc: 'pass' }), { exceptions })).toMatchObject(AGAIN);
  });

  it('a monitor waits for nothing', () => {
    const found = failing('reject', { dkim: [unasked('signer.example')] });
    const decision = decided(found, { mode: 'monitor', exceptions: [exception()] });
    expect(decision).toMatchObject({ action: 'default', reason: 'unknown-temperror' });
    expect(decision).not.toHaveProperty('temporary');
  });
});

describe('what asking again does not change', () => {
  it('a message that asks too much is not held back for it', () => {
    const dmarc = { ...PASS, result: 'temperror', proved: false } as const;
    const found = evidence({ dmarc, refused: true });
    const decision = decided(found);
    expect(decision).toMatchObject({ action: 'default', reason: 'unknown-temperror' });
    expect(decision).not.toHaveProperty('temporary');
    const people = { protectedPeople: { action: 'junk' } } as const;
    const organization = {
      domains: ['example.com'],
      trustSesHeaders: 'auto',
      protectedPeople: [{ names: ['Jane Doe'], addresses: [] }],
    } as const;
    const named = { ...found, author: author('example.com'), displayName: 'Jane Doe' };
    expect(decided(named, people, { organization })).toMatchObject({ reason: 'protected-person' });
    const exceptions = [exception({ authenticatedBy: by({ spf: ['signer.example'] }) })];
    const spf = sentBy('signer.example', { result: 'temperror', source: 'own' });
    expect(decided(failing('reject', { spf, refused: true }), { exceptions })).toMatchObject({
      action: 'drop',
    });
  });

  it('an error that a gateway wrote', () => {
    const found = failing('reject', { dkim: [unasked('signer.example', { reason: 'gateway' })] });
    expect(decided(found, { exceptions: [exception()] })).toMatchObject({ action: 'drop' });
  });
});

describe('mail through a gateway', () => {
  it('an unclear block of SES judges the gateway: it does not speak against the author', () => {
    const ses = { state: 'ambiguous', why: 'x', against: 'fails' } as const;
    const found = evidence({ ses, gateway: 'filter', discovery: published('reject') });
    expect(decided(found)).toMatchObject({ action: 'default', reason: 'unknown-ambiguous' });
    expect(decided({ ...found, gateway: undefined })).toMatchObject({ action: 'drop' });
  });
});
