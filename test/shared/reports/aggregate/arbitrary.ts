/** Reports as fast-check makes them: every member that RFC 9990 has, with texts that XML has to escape. */
import fc from 'fast-check';
import {
  type AggregateReport,
  DISPOSITIONS,
  DKIM_RESULTS,
  OVERRIDE_TYPES,
  SPF_RESULTS,
} from '../../../../shared/reports/aggregate/model.ts';

const domain = fc.constantFrom('example.com', 'a.b.example', 'xn--bcher-kva.example', '_x.example.org');
/** What a reader gives back as it was: it trims texts. */
const words = fc
  .string({ unit: fc.constantFrom(...'aé&<>"\'; €😀]'), minLength: 1, maxLength: 20 })
  .map((text) => `x${text}x`);
const policy = fc.constantFrom('none', 'quarantine', 'reject');

function maybe<T extends object>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | Record<never, never>> {
  return fc.option(arbitrary, { nil: {} });
}

const reason = fc
  .tuple(fc.record({ type: fc.constantFrom(...OVERRIDE_TYPES) }), maybe(fc.record({ comment: words })))
  .map(([type, comment]) => ({ ...type, ...comment }));

const dkim = fc
  .tuple(
    fc.record({ domain, selector: words, result: fc.constantFrom(...DKIM_RESULTS) }),
    maybe(fc.record({ humanResult: words })),
  )
  .map(([one, human]) => ({ ...one, ...human }));

const record = fc.record({
  sourceIp: fc.constantFrom('192.0.2.1', '2001:db8::1'),
  count: fc.integer({ min: 1, max: 1_000_000 }),
  policyEvaluated: fc.record({
    disposition: fc.constantFrom(...DISPOSITIONS),
    dkim: fc.constantFrom('pass', 'fail'),
    spf: fc.constantFrom('pass', 'fail'),
    reasons: fc.array(reason, { maxLength: 2 }),
  }),
  identifiers: fc
    .tuple(
      fc.record({ headerFrom: domain }),
      maybe(fc.record({ envelopeFrom: fc.oneof(domain, fc.constant('')) })),
    )
    .map(([from, envelope]) => ({ ...from, ...envelope })),
  authResults: fc.record({
    dkim: fc.array(dkim, { maxLength: 3 }),
    spf: fc.array(
      fc.record({ domain, scope: fc.constant('mfrom'), result: fc.constantFrom(...SPF_RESULTS) }),
      { maxLength: 1 },
    ),
  }),
});

const seconds = fc.integer({ min: 0, max: 4_000_000_000 });

export const reports = fc.record({
  version: fc.constant('1.0'),
  metadata: fc
    .tuple(
      fc.record({
        orgName: words,
        email: fc.constant('dmarc@example.com'),
        reportId: fc.constant('0123456789abcdef'),
        dateRange: fc.record({ begin: seconds, end: seconds }),
      }),
      maybe(fc.record({ extraContactInfo: words })),
      maybe(fc.record({ errors: fc.tuple(words) })),
      maybe(fc.record({ generator: words })),
    )
    .map((parts) => Object.assign({}, ...parts)),
  policyPublished: fc
    .tuple(
      fc.record({ domain, p: policy }),
      maybe(fc.record({ sp: policy, np: policy, fo: fc.constantFrom('0', '1:d:s') })),
      maybe(
        fc.record({
          adkim: fc.constantFrom('r', 's'),
          aspf: fc.constantFrom('r', 's'),
          testing: fc.constantFrom('y', 'n'),
          discoveryMethod: fc.constantFrom('psl', 'treewalk'),
        }),
      ),
    )
    .map((parts) => Object.assign({}, ...parts)),
  records: fc.array(record, { minLength: 1, maxLength: 4 }),
}) as fc.Arbitrary<AggregateReport>;
