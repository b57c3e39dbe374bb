/** What a report says of one message, by what is known and was decided (aggregate-reporting-32 §3.1.1). */
import { describe, expect, it } from 'vitest';
import type { DmarcRecord } from '../../../../shared/auth/dmarc/record.ts';
import { parseDmarcRecord } from '../../../../shared/auth/dmarc/record.ts';
import type { DkimEvidence, Evidence } from '../../../../shared/auth/evidence-types.ts';
import { type Judged, observe } from '../../../../shared/reports/aggregate/collect-observe.ts';

const NOW_MS = 1_763_640_000_000;

function record(tags: string): DmarcRecord {
  const parsed = parseDmarcRecord(`v=DMARC1; ${tags}`);
  if (!parsed.ok) throw new Error(parsed.why);
  return parsed.record;
}

function evidence(tags: string, change: Partial<Evidence> = {}): Evidence {
  const found = record(tags);
  return {
    author: { kind: 'one', domain: 'mail.bank.example', address: 'ceo@mail.bank.example' },
    displayName: 'The Chief',
    ses: { state: 'absent', why: '' },
    dkim: [],
    arc: undefined,
    spf: { result: 'pass', domain: 'bounces.example.net', source: 'own', proved: true },
    dmarc: { result: 'fail', source: 'own', proved: false, aligned: [] },
    discovery: {
      record: found,
      at: 'bank.example',
      orgDomain: 'bank.example',
      published: found.p ?? 'no-record',
      from: 'p',
      testing: found.testing,
      queries: 2,
    },
    candidates: [],
    list: undefined,
    client: { address: '192.0.2.1', proved: true },
    gateway: undefined,
    automatic: false,
    queries: 2,
    ...change,
  };
}

function signature(change: Partial<DkimEvidence>): DkimEvidence {
  return {
    result: 'pass',
    reason: 'verified',
    domain: 'bank.example',
    selector: 's1',
    identityDomain: 'bank.example',
    algorithm: 'rsa-sha256',
    partialBody: false,
    testing: false,
    signedFields: ['from'],
    ...change,
  };
}

const ASKS = 'p=reject; rua=mailto:a@bank.example';
const JUNK: Judged = { action: 'junk', reason: 'fail-reject' };

function rowOf(given: Evidence, judged: Judged) {
  const observed = observe(given, judged, NOW_MS);
  if (observed.kind === 'none') throw new Error(observed.why);
  return observed.observation;
}

describe('what the owner publishes', () => {
  it('is said with the defaults of what he leaves out', () => {
    expect(rowOf(evidence(ASKS), JUNK).policy).toEqual({
      domain: 'bank.example',
      discoveryMethod: 'treewalk',
      p: 'reject',
      sp: 'reject',
      np: 'reject',
      fo: '0',
      adkim: 'r',
      aspf: 'r',
      testing: 'n',
    });
    expect(rowOf(evidence(`${ASKS}; sp=none; fo=1:d; adkim=s; t=y`), JUNK).policy).toMatchObject({
      sp: 'none',
      np: 'none',
      fo: '1:d',
      adkim: 's',
      testing: 'y',
    });
  });
});

const PASSES: Partial<Evidence> = {
  dmarc: {
    result: 'pass',
    source: 'own',
    proved: true,
    aligned: [{ by: 'dkim', domain: 'bank.example', how: 'organization' }],
  },
};

describe.each<[string, string, Partial<Evidence>, Judged, string, readonly string[]]>([
  ['p=reject and rejected', ASKS, {}, { action: 'bounce', reason: 'r' }, 'reject', []],
  ['p=reject and dropped', ASKS, {}, { action: 'drop', reason: 'r' }, 'reject', []],
  ['p=reject and junked', ASKS, {}, JUNK, 'quarantine', ['local_policy']],
  ['p=reject and delivered', ASKS, {}, { action: 'default', reason: 'r' }, 'none', ['local_policy']],
  ['a list', ASKS, {}, { ...JUNK, override: 'mailing_list' }, 'quarantine', ['mailing_list']],
  [
    'a forwarder',
    ASKS,
    {},
    { action: 'default', reason: 'r', override: 'trusted_forwarder' },
    'none',
    ['trusted_forwarder'],
  ],
  ['p=none', 'p=none; rua=mailto:a@b.example', {}, { action: 'default', reason: 'r' }, 'none', []],
  ['p=none and junked', 'p=none; rua=mailto:a@b.example', {}, JUNK, 'quarantine', ['local_policy']],
  ['p=reject, t=y', `${ASKS}; t=y`, {}, JUNK, 'quarantine', ['policy_test_mode']],
  [
    'p=quarantine, t=y',
    'p=quarantine; t=y; rua=mailto:a@b.example',
    {},
    { action: 'default', reason: 'r' },
    'none',
    ['policy_test_mode'],
  ],
  ['a pass under p=reject', ASKS, PASSES, { action: 'default', reason: 'pass' }, 'pass', []],
  [
    'a pass under p=none',
    'p=none; rua=mailto:a@b.example',
    PASSES,
    { action: 'neverJunk', reason: 'pass' },
    'none',
    [],
  ],
])('%s', (_what, tags, change, judged, disposition, reasons) => {
  const { policyEvaluated } = rowOf(evidence(tags, change), judged).record;

  it(`is ${disposition}`, () => {
    expect(policyEvaluated.disposition).toBe(disposition);
  });

  it('has its reason', () => {
    expect(policyEvaluated.reasons.map(({ type }) => type)).toEqual(reasons);
  });
});

describe('the results', () => {
  it('are pass only where the identifier is aligned', () => {
    const { record: row } = rowOf(evidence(ASKS, PASSES), { action: 'default', reason: 'pass' });
    expect(row.policyEvaluated).toMatchObject({ dkim: 'pass', spf: 'fail' });
    expect(row.authResults.spf).toEqual([{ domain: 'bounces.example.net', scope: 'mfrom', result: 'pass' }]);
  });

  it('§3.1.3: name aligned signatures first, then what passes, and none that was not checked', () => {
    const dkim = [
      signature({ domain: 'other.example', result: 'fail', reason: 'body-hash' }),
      signature({ domain: 'list.example' }),
      signature({ domain: 'unchecked.example', result: 'policy', reason: 'not-checked' }),
      signature({ domain: 'bank.example' }),
      signature({ domain: 'mail.bank.example' }),
      signature({ domain: 'none.example', selector: undefined, result: 'permerror' }),
    ];
    const { dkim: shown } = rowOf(evidence(ASKS, { ...PASSES, dkim }), JUNK).record.authResults;
    expect(shown.map(({ domain }) => domain)).toEqual([
      'mail.bank.example',
      'bank.example',
      'list.example',
      'other.example',
    ]);
    expect(shown.at(-1)).toMatchObject({ result: 'fail', humanResult: 'body-hash' });
  });

  it('are few of a message with hundreds of signatures', () => {
    const dkim = Array.from({ length: 500 }, (_, index) => signature({ domain: `d${index}.example` }));
    expect(rowOf(evidence(ASKS, { dkim }), JUNK).record.authResults.dkim).toHaveLength(16);
  });

  it('have an empty envelope sender for the null one', () => {
    const ses = {
      state: 'present',
      spf: { result: 'none', envelopeFromDomain: undefined },
      dkim: [],
      dmarc: { result: 'fail', headerFromDomain: 'mail.bank.example' },
    } as const;
    const { identifiers } = rowOf(evidence(ASKS, { ses, spf: undefined }), JUNK).record;
    expect(identifiers).toEqual({ headerFrom: 'mail.bank.example', envelopeFrom: '' });
  });

  it('hold no name, no local part and no subject', () => {
    expect(JSON.stringify(rowOf(evidence(ASKS), JUNK))).not.toMatch(/ceo|Chief/);
  });
});

describe('nothing is reported', () => {
  it.each<[string, string, Partial<Evidence>]>([
    ['no-author', ASKS, { author: { kind: 'several', why: '' } }],
    ['no-record', ASKS, { discovery: 'temporary' }],
    ['no-record', ASKS, { discovery: undefined }],
    ['not-asked', 'p=reject', {}],
    ['not-asked', 'p=reject; ruf=mailto:a@b.example', {}],
    ['no-client-address', ASKS, { client: { address: 'not an address', proved: false } }],
    ['no-result', ASKS, { dmarc: { result: 'unknown', source: 'none', proved: false, aligned: [] } }],
    ['no-result', ASKS, { dmarc: { result: 'temperror', source: 'own', proved: false, aligned: [] } }],
    // SES's word alone: the row would say that neither DKIM nor SPF passes, and that DMARC does.
    ['no-result', ASKS, { dmarc: { result: 'pass', source: 'ses', proved: false, aligned: [] } }],
  ])('%s', (why, tags, change) => {
    expect(observe(evidence(tags, change), JUNK, NOW_MS)).toEqual({ kind: 'none', why });
  });

  it('but where failure reports are made, ruf asks too', () => {
    const asks = evidence('p=reject; ruf=mailto:a@b.example');
    expect(observe(asks, JUNK, NOW_MS, { wantsFailure: true }).kind).toBe('observed');
  });
});
