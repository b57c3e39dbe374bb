import { describe, expect, it } from 'vitest';
import {
  type AuthorDomain,
  type DmarcInput,
  enforceDmarc,
  REASONS,
  type SesEvidence,
} from '../../../../shared/auth/index.ts';
import { DeadlineError, PermanentError, TemporaryError } from '../../../../shared/errors.ts';
import type {
  DmarcAction,
  DmarcException,
  DmarcPolicy,
  OrganizationPolicy,
} from '../../../../shared/policy/types.ts';
import { type Zone, zoneLookup } from '../support.ts';

type Present = Extract<SesEvidence, { state: 'present' }>;

const ZONE: Zone = {
  '_dmarc.none.example': ['v=DMARC1; p=none'],
  '_dmarc.quarantine.example': ['v=DMARC1; p=quarantine'],
  '_dmarc.reject.example': ['v=DMARC1; p=reject'],
  '_dmarc.testing.example': ['v=DMARC1; p=reject; t=y'],
  '_dmarc.broken.example': 'servfail',
};
/** Every action is another one, so that a test sees which was taken. */
const ACTIONS = { none: 'default', quarantine: 'junk', reject: 'drop' } as const;
const JUNK = { none: 'default', quarantine: 'junk', reject: 'junk' } as const;
const { signal } = new AbortController();

function policy(changes: Partial<DmarcPolicy> = {}): DmarcPolicy {
  return {
    mode: 'enforce',
    actions: ACTIONS,
    unknown: 'default',
    exceptions: [],
    onTimeout: 'retry',
    onTemporaryError: 'retry',
    ...changes,
  };
}

function author(domain: string): AuthorDomain {
  return { kind: 'one', domain, address: `ann@${domain}` };
}

function evidence(
  result: Present['dmarc']['result'],
  domain: string,
  changes: Partial<Present> = {},
): Present {
  return {
    state: 'present',
    spf: { result: 'pass', envelopeFromDomain: 'sender.example' },
    dkim: [{ result: 'pass', domain: 'signer.example' }],
    dmarc: { result, headerFromDomain: domain },
    automatic: false,
    ...changes,
  };
}

async function enforce(input: Partial<DmarcInput> & Pick<DmarcInput, 'evidence' | 'author'>) {
  const { lookupTxt, asked } = zoneLookup(ZONE);
  const organization: OrganizationPolicy = { domains: ['example.com'], trustSesHeaders: 'always' };
  const decision = await enforceDmarc({ policy: policy(), organization, lookupTxt, signal, ...input });
  return { ...decision, asked };
}

function failing(domain: string, changes: Partial<DmarcInput> = {}, seen: Partial<Present> = {}) {
  return enforce({ evidence: evidence('fail', domain, seen), author: author(domain), ...changes });
}

describe('results of SES', () => {
  it.each([
    ['pass', 'default', 'pass'],
    ['none', 'default', 'no-record'],
    ['temperror', 'junk', 'unknown-temperror'],
    ['permerror', 'junk', 'permerror'],
  ] as const)('%s: %s, and DNS is not asked', async (result, action, reason) => {
    const decision = await enforce({
      evidence: evidence(result, 'reject.example'),
      author: author('reject.example'),
      policy: policy({ unknown: 'junk' }),
    });
    expect(decision).toMatchObject({ action, wouldBe: action, reason, asked: [] });
  });

  it.each([
    ['none.example', 'default', 'fail-none', 'none'],
    ['quarantine.example', 'junk', 'fail-quarantine', 'quarantine'],
    ['reject.example', 'drop', 'fail-reject', 'reject'],
    ['testing.example', 'junk', 'fail-testing', 'reject'],
    ['sub.reject.example', 'drop', 'fail-reject', 'reject'],
  ] as const)('fail for %s: %s', async (domain, action, reason, published) => {
    expect(await failing(domain)).toMatchObject({ action, reason, published, text: REASONS[reason] });
  });

  it('fail, and nothing is published any more: as p=none', async () => {
    const decision = await failing('other.example', {
      policy: policy({ actions: { ...ACTIONS, none: 'junk' } }),
    });
    expect(decision).toMatchObject({ action: 'junk', reason: 'fail-no-record' });
    expect(decision).not.toHaveProperty('published');
  });
});

describe('no result to go by', () => {
  const absent: SesEvidence = { state: 'absent', why: 'the topmost Received is not of SES' };
  it.each(['default', 'junk'] as const)('absent: the policy’s answer, %s', async (unknown) => {
    const decision = await enforce({
      evidence: absent,
      author: author('reject.example'),
      policy: policy({ unknown }),
    });
    expect(decision).toMatchObject({ action: unknown, reason: 'unknown-no-evidence', asked: [] });
    expect(decision.text).toContain(absent.why);
  });

  it.each(['default', 'junk'] as const)('ambiguous: the policy’s answer, %s', async (unknown) => {
    const ambiguous: SesEvidence = { state: 'ambiguous', why: 'x' };
    const decision = await enforce({
      evidence: ambiguous,
      author: author('reject.example'),
      policy: policy({ unknown }),
    });
    expect(decision).toMatchObject({ action: unknown, reason: 'unknown-ambiguous', asked: [] });
  });

  it('ambiguous, but the failure is certain: a failure, without exceptions', async () => {
    const ambiguous: SesEvidence = { state: 'ambiguous', why: 'x', against: 'fails' };
    const exceptions = [
      exception({ authenticatedBy: { dkim: ['signer.example'], spf: ['sender.example'] } }),
    ];
    const decision = await enforce({
      evidence: ambiguous,
      author: author('reject.example'),
      policy: policy({ exceptions }),
    });
    expect(decision).toMatchObject({ action: 'drop', reason: 'fail-reject', published: 'reject' });
  });

  it('SES judged somebody else: a failure of the author shown', async () => {
    const ambiguous: SesEvidence = { state: 'ambiguous', why: 'x', against: 'another-author' };
    const found = await enforce({ evidence: ambiguous, author: author('reject.example') });
    expect(found).toMatchObject({ action: 'drop', reason: 'unknown-other-author', published: 'reject' });
    const open = await enforce({ evidence: ambiguous, author: author('other.example') });
    expect(open).toMatchObject({ action: 'default', reason: 'unknown-other-author' });
  });
});

describe('DNS', () => {
  it('a temporary failure is told, never taken for a policy', async () => {
    const decision = await failing('broken.example', { policy: policy({ unknown: 'junk' }) });
    expect(decision).toMatchObject({ action: 'junk', reason: 'unknown-dns', temporary: true });
  });

  it('is not retried in monitor mode', async () => {
    const decision = await failing('broken.example', { policy: policy({ mode: 'monitor' }) });
    expect(decision).toMatchObject({ action: 'default', reason: 'unknown-dns' });
    expect(decision).not.toHaveProperty('temporary');
  });

  it.each([new DeadlineError('late'), new PermanentError('no resolver'), new TypeError('bug')])(
    'lets %s pass',
    async (error) => {
      const lookupTxt = () => Promise.reject(error);
      await expect(failing('reject.example', { lookupTxt })).rejects.toBe(error);
    },
  );

  it('says that the deadline passed when the look-up was aborted', async () => {
    const lookupTxt = () => Promise.reject(new TemporaryError('aborted'));
    await expect(failing('reject.example', { lookupTxt, signal: AbortSignal.abort() })).rejects.toThrow(
      DeadlineError,
    );
  });
});

describe('monitor mode', () => {
  it('decides and changes nothing', async () => {
    const decision = await failing('reject.example', { policy: policy({ mode: 'monitor' }) });
    expect(decision).toMatchObject({
      action: 'default',
      wouldBe: 'drop',
      reason: 'fail-reject',
      published: 'reject',
    });
  });
});

function exception(changes: Partial<DmarcException> = {}): DmarcException {
  return {
    from: ['*'],
    authenticatedBy: { dkim: ['signer.example'], spf: [] },
    action: 'default',
    reason: 'our list',
    ...changes,
  };
}

describe('exceptions', () => {
  const spf = { dkim: [], spf: ['sender.example'] };
  it.each([
    ['by signature', exception()],
    ['by envelope sender', exception({ authenticatedBy: spf })],
    ['for the address', exception({ from: ['ann@reject.example'] })],
    ['for the domain', exception({ from: ['other.example', 'reject.example'] })],
    ['to junk', exception({ action: 'junk' })],
  ])('apply %s, and DNS is not asked', async (_name, each) => {
    const decision = await failing('reject.example', { policy: policy({ exceptions: [each] }) });
    expect(decision).toMatchObject({
      action: each.action,
      reason: 'exception',
      exception: 'our list',
      asked: [],
    });
  });

  it.each([
    ['another signer', exception({ authenticatedBy: { dkim: ['other.example'], spf: [] } }), {}],
    ['a parent of the signer', exception({ authenticatedBy: { dkim: ['example'], spf: [] } }), {}],
    ['a subdomain of the one named', exception(), { dkim: [{ result: 'pass', domain: 'a.signer.example' }] }],
    ['a signature that fails', exception(), { dkim: [{ result: 'fail', domain: 'signer.example' }] }],
    [
      'SPF that is no pass',
      exception({ authenticatedBy: spf }),
      { spf: { result: 'softfail', envelopeFromDomain: 'sender.example' } },
    ],
    [
      'SPF of no domain',
      exception({ authenticatedBy: spf }),
      { spf: { result: 'pass', envelopeFromDomain: undefined } },
    ],
    ['another author', exception({ from: ['bob@reject.example'] }), {}],
  ] as const)('do not apply: %s', async (_name, each, seen) => {
    const decision = await failing('reject.example', { policy: policy({ exceptions: [each] }) }, seen);
    expect(decision).toMatchObject({ action: 'drop', reason: 'fail-reject' });
  });

  it.each(['auto', 'never'] as const)('do not apply while trustSesHeaders is %s', async (trustSesHeaders) => {
    const organization: OrganizationPolicy = { domains: ['example.com'], trustSesHeaders };
    const decision = await failing('reject.example', {
      organization,
      policy: policy({ exceptions: [exception()] }),
    });
    expect(decision).toMatchObject({ action: 'drop', reason: 'fail-reject' });
  });
});

describe('bounce', () => {
  const bounce = { policy: policy({ actions: { none: 'default', quarantine: 'junk', reject: 'bounce' } }) };
  it('goes to an authenticated envelope sender', async () => {
    expect(await failing('reject.example', bounce)).toMatchObject({
      action: 'bounce',
      reason: 'fail-reject',
    });
  });

  it.each([
    [
      'SPF fails',
      { spf: { result: 'fail', envelopeFromDomain: 'sender.example' } },
      'bounce-not-authenticated',
    ],
    [
      'SPF knows nothing',
      { spf: { result: 'none', envelopeFromDomain: 'sender.example' } },
      'bounce-not-authenticated',
    ],
    ['there is no SPF result', { spf: undefined }, 'bounce-not-authenticated'],
    [
      'there is no envelope sender',
      { spf: { result: 'pass', envelopeFromDomain: undefined } },
      'bounce-not-authenticated',
    ],
    ['it is a report, an automatic answer or list mail', { automatic: true }, 'bounce-unwanted'],
  ] as const)('is junk when %s', async (_name, seen, reason) => {
    expect(await failing('reject.example', bounce, seen)).toMatchObject({
      action: 'junk',
      reason,
      published: 'reject',
    });
  });

  it('is junk when nothing is published any more and nobody is authenticated', async () => {
    const all = { policy: policy({ actions: { none: 'bounce', quarantine: 'bounce', reject: 'bounce' } }) };
    const decision = await failing('other.example', all, { spf: undefined });
    expect(decision).toMatchObject({ action: 'junk', reason: 'bounce-not-authenticated' });
  });

  it('is junk when the rest of the evidence is unclear', async () => {
    const ambiguous: SesEvidence = { state: 'ambiguous', why: 'x', against: 'fails' };
    const decision = await enforce({ ...bounce, evidence: ambiguous, author: author('reject.example') });
    expect(decision).toMatchObject({ action: 'junk', reason: 'bounce-not-authenticated' });
  });
});

describe('not one author', () => {
  function several(...domains: string[]): AuthorDomain {
    return { kind: 'several', why: 'more than one address in From', domains };
  }
  const permerror = evidence('permerror', 'x', {
    dmarc: { result: 'permerror', headerFromDomain: undefined },
  });

  it.each([
    [[], 'junk'],
    [['other.example'], 'junk'],
    [['none.example'], 'junk'],
    [['none.example', 'quarantine.example'], 'junk'],
    [['none.example', 'reject.example', 'quarantine.example'], 'drop'],
    [['broken.example', 'reject.example'], 'drop'],
    [['broken.example'], 'junk'],
  ] as const)('several, %o: %s', async (domains, action) => {
    const decision = await enforce({ evidence: permerror, author: several(...domains) });
    expect(decision).toMatchObject({ action, reason: 'author-several' });
    expect(decision).not.toHaveProperty('temporary');
  });

  it('several: junk even where failing mail is delivered', async () => {
    const lenient = policy({ actions: { none: 'default', quarantine: 'default', reject: 'default' } });
    const decision = await enforce({
      evidence: permerror,
      author: several('reject.example'),
      policy: lenient,
    });
    expect(decision.action).toBe('junk');
  });

  it.each([
    ['a null sender', { ...permerror, automatic: true }],
    ['no evidence', { state: 'absent', why: 'x' }],
    ['unclear evidence', { state: 'ambiguous', why: 'x' }],
  ] as const)('several with %s: junk, never more', async (_name, seen) => {
    const decision = await enforce({ evidence: seen, author: several('reject.example') });
    expect(decision.action).toBe('junk');
  });

  it.each(['none', 'unreadable'] as const)('%s: junk, never more, and DNS is not asked', async (kind) => {
    const decision = await enforce({
      evidence: permerror,
      author: { kind, why: 'x', domains: ['reject.example'] },
    });
    expect(decision).toMatchObject({ action: 'junk', reason: `author-${kind}`, asked: [] });
  });

  it('exceptions do not help', async () => {
    const decision = await enforce({
      evidence: permerror,
      author: several('reject.example'),
      policy: policy({ exceptions: [exception()] }),
    });
    expect(decision.action).toBe('drop');
  });

  const bare: AuthorDomain = { kind: 'none', why: 'x', domains: ['amazonses.com'] };
  it('a bounce of SES with a bare domain in From, signed by it: the policy’s answer for unknown', async () => {
    const signed = { ...permerror, dkim: [{ result: 'pass', domain: 'amazonses.com' }] } as const;
    expect(await enforce({ evidence: signed, author: bare })).toMatchObject({
      action: 'default',
      reason: 'permerror',
    });
  });

  it.each([
    ['not signed by it', permerror],
    ['a broken signature', { ...permerror, dkim: [{ result: 'fail', domain: 'amazonses.com' }] }],
    ['no evidence', { state: 'absent', why: 'x' }],
  ] as const)('a bare domain in From, %s: junk', async (_name, seen) => {
    expect(await enforce({ evidence: seen, author: bare })).toMatchObject({
      action: 'junk',
      reason: 'author-none',
    });
  });
});

describe('every reason', () => {
  it('has one sentence', () => {
    for (const text of Object.values(REASONS)) expect(text).toMatch(/^[A-Z][^\n]{10,120}\.$/);
  });

  it('says no address and no domain', async () => {
    const actions: DmarcAction[] = ['default', 'junk', 'bounce', 'drop'];
    for (const action of actions) {
      const all = { none: action, quarantine: action, reject: action };
      const { text } = await failing('reject.example', { policy: policy({ actions: all }) });
      expect(text).not.toMatch(/@|example/);
    }
  });
});

it('the default actions of the documentation only ever junk', async () => {
  for (const domain of [
    'none.example',
    'quarantine.example',
    'reject.example',
    'testing.example',
    'other.example',
  ]) {
    const { action } = await failing(domain, { policy: policy({ actions: JUNK }) });
    expect(['default', 'junk']).toContain(action);
  }
});
