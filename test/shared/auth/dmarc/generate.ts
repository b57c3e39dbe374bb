/** Any evidence, policy and context that the decision can be asked about. */
import fc from 'fast-check';
import type { DmarcContext } from '../../../../shared/auth/dmarc/decision-types.ts';
import type { Evidence } from '../../../../shared/auth/evidence-types.ts';
import type { AuthorDomain, SesEvidence } from '../../../../shared/auth/types.ts';
import type { DmarcPolicy } from '../../../../shared/policy/types.ts';
import { by, chain, context, evidence, policy, published, sentBy, signedBy } from './cases.ts';

const DOMAINS = ['example.com', 'hr.example.com', 'bank.example', 'exemple.com', 'lists.example'] as const;
const domain = fc.constantFrom(...DOMAINS);
const results = fc.constantFrom('pass', 'fail', 'none', 'temperror', 'permerror', 'unknown' as const);

const author: fc.Arbitrary<AuthorDomain> = fc.oneof(
  {
    weight: 4,
    arbitrary: domain.map((one): AuthorDomain => ({ kind: 'one', domain: one, address: `ann@${one}` })),
  },
  fc.record({
    kind: fc.constantFrom('none', 'several', 'unreadable' as const),
    why: fc.constant('for the test'),
    domains: fc.array(domain, { maxLength: 3 }),
  }),
);
const signature = fc
  .record({
    domain,
    result: fc.constantFrom('pass', 'pass', 'fail', 'temperror' as const),
    partialBody: fc.boolean(),
    testing: fc.boolean(),
  })
  .map(({ domain: signer, ...rest }) => signedBy(signer, rest));
const ses: fc.Arbitrary<SesEvidence> = fc.oneof(
  fc.constant<SesEvidence>({ state: 'absent', why: 'x' }),
  fc.constantFrom<SesEvidence>(
    { state: 'ambiguous', why: 'x' },
    { state: 'ambiguous', why: 'x', against: 'fails' },
    { state: 'ambiguous', why: 'x', against: 'another-author' },
  ),
  fc
    .record({
      result: fc.constantFrom('pass', 'fail', 'none', 'temperror', 'permerror' as const),
      signer: domain,
    })
    .map(
      ({ result, signer }): SesEvidence => ({
        state: 'present',
        spf: undefined,
        dkim: [{ result: 'pass', domain: signer }],
        dmarc: { result, headerFromDomain: undefined },
      }),
    ),
);
const discovery = fc.oneof(
  fc.constantFrom(undefined, 'temporary' as const),
  fc
    .record({
      p: fc.constantFrom('none', 'quarantine', 'reject', 'no-record' as const),
      testing: fc.boolean(),
    })
    .map(({ p, testing }) => published(p, { testing })),
);

export const anyEvidence: fc.Arbitrary<Evidence> = fc
  .record({
    author,
    ses,
    dkim: fc.array(signature, { maxLength: 2 }),
    arc: fc.option(
      fc
        .array(fc.record({ sealer: domain, dmarc: fc.constantFrom('pass', 'fail'), from: domain }), {
          minLength: 1,
          maxLength: 2,
        })
        .map((sets) => chain(...sets)),
      { nil: undefined },
    ),
    spf: fc.option(
      fc
        .record({ of: domain, proved: fc.boolean(), result: fc.constantFrom('pass', 'fail' as const) })
        .map(({ of, ...rest }) => sentBy(of, rest)),
      { nil: undefined },
    ),
    dmarc: fc.record({
      result: results,
      source: fc.constantFrom('own', 'ses' as const),
      proved: fc.boolean(),
      aligned: fc.constant([]),
    }),
    discovery,
    list: fc.option(fc.record({ domain: fc.option(domain, { nil: undefined }), signed: fc.boolean() }), {
      nil: undefined,
    }),
    gateway: fc.constantFrom(undefined, 'filter'),
    automatic: fc.boolean(),
    displayName: fc.constantFrom('', 'Jane Doe', 'ceo@example.com'),
  })
  .chain((changes) =>
    fc.array(discovery, { maxLength: 3 }).map((found) =>
      evidence({
        ...changes,
        // As gathered: only a pass can be proved.
        dmarc: { ...changes.dmarc, proved: changes.dmarc.proved && changes.dmarc.result === 'pass' },
        candidates: found.flatMap((one) =>
          one === undefined ? [] : [{ domain: 'bank.example', discovery: one }],
        ),
      }),
    ),
  );

const failAction = fc.constantFrom('default', 'junk', 'bounce', 'drop' as const);
const actions = fc.record({ none: failAction, quarantine: failAction, reject: failAction });
const mild = fc.constantFrom('default', 'junk' as const);
const domainList = fc.array(domain, { maxLength: 2 });
const authenticatedBy = fc
  .record({ dkim: domainList, spf: domainList, arc: domainList, gateway: fc.constantFrom([], ['filter']) })
  .map((one) => by(one));

export const anyPolicy: fc.Arbitrary<DmarcPolicy> = fc
  .record({
    mode: fc.constantFrom('enforce', 'enforce', 'monitor' as const),
    actions,
    unknown: mild,
    bounceUnauthenticated: fc.constantFrom('junk', 'drop', 'bounce' as const),
    severalAuthors: fc.constantFrom('strictest', 'junk', 'drop' as const),
    exceptions: fc.array(
      fc.record({
        from: fc.constantFrom(['*'], ['bank.example'], ['example.com']),
        authenticatedBy,
        action: fc.constantFrom('default', 'junk', 'neverJunk' as const),
        reason: fc.constant('wanted'),
      }),
      { maxLength: 2 },
    ),
    trustedSealers: domainList,
    mailingLists: fc.record({ domains: domainList, others: fc.constantFrom('junk', 'asOtherMail' as const) }),
    domains: fc.array(
      fc.record({
        domains: fc.constantFrom(['bank.example'], ['*.example.com']),
        treatAs: fc.constantFrom('none', 'quarantine', 'reject' as const),
        whenProved: fc.constantFrom('default', 'neverJunk' as const),
      }),
      { maxLength: 1 },
    ),
    recipients: fc.array(
      fc.record({
        to: fc.constantFrom(['alice@example.com'], ['*']),
        actions,
        mode: fc.constantFrom('enforce', 'monitor' as const),
      }),
      { maxLength: 2 },
    ),
  })
  .chain((base) =>
    fc
      .record({
        ownDomains: fc.option(
          fc.record({
            action: failAction,
            allowedSenders: fc.array(fc.record({ authenticatedBy, reason: fc.constant('x') }), {
              maxLength: 1,
            }),
          }),
          { nil: undefined },
        ),
        lookAlikes: fc.option(mild, { nil: undefined }),
        people: fc.option(mild, { nil: undefined }),
        share: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
      })
      .map(({ ownDomains, lookAlikes, people, share }) =>
        policy({
          ...base,
          ...(ownDomains === undefined ? {} : { ownDomains }),
          ...(people === undefined ? {} : { protectedPeople: { action: people } }),
          ...(share === undefined ? {} : { ramp: { share } }),
          ...(lookAlikes === undefined
            ? {}
            : { lookAlikes: { domains: [], allowed: [], action: lookAlikes, maxDistance: 1 } }),
        }),
      ),
  );

export const anyContext: fc.Arbitrary<DmarcContext> = fc
  .record({
    trustSesHeaders: fc.constantFrom('auto', 'always', 'never' as const),
    recipients: fc.constantFrom([], ['alice@example.com'], ['alice@example.com', 'bob@example.com']),
  })
  .map(({ trustSesHeaders, recipients }) =>
    context({
      recipients,
      organization: {
        domains: ['example.com'],
        trustSesHeaders,
        protectedPeople: [{ names: ['Jane Doe'], addresses: [] }],
      },
    }),
  );
