import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../../../shared/auth/evidence-types.ts';
import type { AuthorDomain } from '../../../../shared/auth/types.ts';
import { by, decided, evidence, FAIL, failing, PASS, published, sentBy, sesSays, signedBy } from './cases.ts';

describe('single domains', () => {
  const entry = { domains: ['*.bank.example'], whenProved: 'default' } as const;
  it.each([
    ['none', { treatAs: 'quarantine' }, 'junk'],
    ['reject', { treatAs: 'none' }, 'default'],
    ['no-record', { treatAs: 'reject' }, 'drop'],
    ['reject', { actions: { reject: 'junk' } }, 'junk'],
    ['none', { treatAs: 'reject', actions: { reject: 'bounce' } }, 'bounce'],
  ] as const)('p=%s with %j: %s', (p, changes, action) => {
    const found = failing(p, { spf: sentBy('sender.example') });
    const decision = decided(found, { domains: [{ ...entry, ...changes }] });
    expect(decision).toMatchObject({ action, reason: 'fail-local-policy' });
  });

  it('a domain without a record counts when it is named, unless something is of it', () => {
    const found = evidence({ dmarc: { ...FAIL, result: 'none' } });
    const domains = [{ ...entry, treatAs: 'quarantine' }] as const;
    expect(decided(found, { domains })).toMatchObject({ action: 'junk', reason: 'fail-local-policy' });
    const signed = { ...found, dkim: [signedBy('mail.bank.example')] };
    expect(decided(signed, { domains })).toMatchObject({ action: 'default', reason: 'no-record' });
    expect(decided(found)).toMatchObject({ action: 'default', reason: 'no-record' });
  });

  it('spares mail the spam check only where the pass is proved', () => {
    const domains = [{ domains: ['bank.example'], whenProved: 'neverJunk' }] as const;
    expect(decided(evidence({ dmarc: PASS }), { domains }).action).toBe('neverJunk');
    const unproved = evidence({ dmarc: { ...PASS, proved: false } });
    expect(decided(unproved, { domains }).action).toBe('default');
  });
});

describe('own domains', () => {
  const ownDomains = { action: 'drop', allowedSenders: [] } as const;
  it.each([
    ['fails, even under p=none', failing('none'), 'drop', 'own-domain'],
    ['has no record', evidence({ dmarc: { ...FAIL, result: 'none' } }), 'drop', 'own-domain'],
    ['passes by SES alone', evidence({ dmarc: { ...PASS, proved: false } }), 'junk', 'own-domain'],
    ['is unknown', evidence(), 'junk', 'own-domain'],
    ['is proved', evidence({ dmarc: PASS }), 'default', 'pass'],
    [
      'has no record and is signed',
      evidence({ dmarc: { ...FAIL, result: 'none' }, dkim: [signedBy('example.com')] }),
      'default',
      'no-record',
    ],
  ] as const)('%s: %s', (_name, found, action, reason) => {
    for (const domain of ['example.com', 'hr.example.com']) {
      const author: AuthorDomain = { kind: 'one', domain, address: `ann@${domain}` };
      expect(decided({ ...found, author }, { ownDomains })).toMatchObject({ action, reason });
    }
    const stranger: AuthorDomain = { kind: 'one', domain: 'notexample.com', address: 'a@notexample.com' };
    expect(decided({ ...found, author: stranger }, { ownDomains }).reason).not.toBe('own-domain');
  });

  it('the stricter of both holds', () => {
    const found = evidence({ dmarc: FAIL, discovery: published('reject') }, 'example.com');
    const decision = decided(found, { ownDomains: { action: 'junk', allowedSenders: [] } });
    expect(decision).toMatchObject({ action: 'drop', reason: 'own-domain' });
  });

  it('an allowed sender is let through by what is proved, and in no other name', () => {
    const allowedSenders = [{ authenticatedBy: by({ dkim: ['signer.example'] }), reason: 'payroll' }];
    const changes = { ownDomains: { action: 'drop', allowedSenders } } as const;
    const found = evidence(
      { dmarc: FAIL, discovery: published('reject'), dkim: [signedBy('signer.example')] },
      'example.com',
    );
    expect(decided(found, changes)).toMatchObject({
      action: 'default',
      reason: 'allowed-sender',
      override: 'local_policy',
    });
    const unsigned = { ...found, dkim: [signedBy('signer.example', { result: 'fail' })] };
    expect(decided(unsigned, changes)).toMatchObject({ action: 'drop', reason: 'own-domain' });
    const other = failing('reject', { dkim: [signedBy('signer.example')] });
    expect(decided(other, changes)).toMatchObject({ action: 'drop', reason: 'fail-reject' });
  });
});

describe('not one author', () => {
  const permerror = { ses: sesSays('permerror'), dmarc: { ...FAIL, result: 'permerror' } } as const;
  const domains = (...named: string[]): AuthorDomain => ({
    kind: 'several',
    why: 'more than one address in From',
    domains: named,
  });
  const CANDIDATES: Readonly<Record<string, Evidence['candidates'][number]['discovery']>> = {
    'none.example': published('none'),
    'quarantine.example': published('quarantine'),
    'reject.example': published('reject'),
    'testing.example': published('reject', { testing: true }),
    'broken.example': 'temporary',
    'other.example': published('no-record'),
  };
  const several = (...named: string[]): Partial<Evidence> => ({
    ...permerror,
    author: domains(...named),
    candidates: named.map((domain) => ({ domain, discovery: CANDIDATES[domain] ?? 'temporary' })),
  });

  it.each([
    [[], 'junk'],
    [['other.example'], 'junk'],
    [['none.example'], 'junk'],
    [['none.example', 'quarantine.example'], 'junk'],
    [['none.example', 'reject.example', 'quarantine.example'], 'drop'],
    [['testing.example', 'none.example'], 'junk'],
    [['broken.example', 'reject.example'], 'drop'],
    [['broken.example'], 'junk'],
  ] as const)('several, %o: %s', (named, action) => {
    const decision = decided(evidence(several(...named)));
    expect(decision).toMatchObject({ action, reason: 'author-several' });
    expect(decision).not.toHaveProperty('temporary');
  });

  it('several: junk even where failing mail is delivered', () => {
    const actions = { none: 'default', quarantine: 'default', reject: 'default' } as const;
    expect(decided(evidence(several('reject.example')), { actions }).action).toBe('junk');
  });

  it('several: an own domain among them brings what applies to those', () => {
    const ownDomains = { action: 'drop', allowedSenders: [] } as const;
    expect(decided(evidence(several('other.example', 'example.com')), { ownDomains }).action).toBe('drop');
  });

  it.each([
    ['junk', 'junk'],
    ['drop', 'drop'],
  ] as const)('several, with severalAuthors: %s', (severalAuthors, action) => {
    expect(decided(evidence(several('none.example')), { severalAuthors }).action).toBe(action);
  });

  it.each([
    ['a null sender', { automatic: true }],
    ['no block of SES', { ses: { state: 'absent', why: 'x' } }],
    ['an unclear block', { ses: { state: 'ambiguous', why: 'x' } }],
  ] as const)('several with %s: junk, never more', (_name, changes) => {
    const found = evidence({ ...several('reject.example'), ...changes });
    expect(decided(found).action).toBe('junk');
    expect(decided(found, { severalAuthors: 'drop' }).action).toBe('junk');
  });

  it.each(['none', 'unreadable'] as const)('%s: junk, and the text says why', (kind) => {
    const found = evidence({ author: { kind, why: 'no From field', domains: ['reject.example'] } });
    const decision = decided(found);
    expect(decision).toMatchObject({ action: 'junk', reason: `author-${kind}` });
    expect(decision.text).toContain('no From field');
  });

  it('a bare domain that signed the message is what WorkMail’s own bounces look like', () => {
    const author: AuthorDomain = { kind: 'none', why: 'x', domains: ['amazonses.com'] };
    const bySes = {
      ...permerror,
      author,
      ses: sesSays('permerror', [{ result: 'pass', domain: 'amazonses.com' }]),
    };
    expect(decided(evidence(bySes))).toMatchObject({ action: 'default', reason: 'permerror' });
    const byUs = evidence({ author, dkim: [signedBy('amazonses.com')] });
    expect(decided(byUs)).toMatchObject({ action: 'default', reason: 'permerror' });
    const other = evidence({ author, dkim: [signedBy('other.example')] });
    expect(decided(other)).toMatchObject({ action: 'junk', reason: 'author-none' });
  });
});
