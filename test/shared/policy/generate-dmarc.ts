/** The section `dmarc`, and what of `organization` belongs to it, as JSON values for property tests and fuzzing. */
import fc from 'fast-check';
import { domain, type Json, oneOrMore, pattern, record } from './generate-json.ts';

/** There whenever `dmarc` is, so that what that names is there too. */
export const organizationKeys = {
  gateways: fc.constant<Json>([{ name: 'filter', networks: '192.0.2.0/24' }]),
  protectedPeople: fc.constant<Json>([{ names: 'Jane Doe', addresses: ['jane@home.example'] }]),
};

const failAction = fc.constantFrom('default', 'junk', 'bounce', 'drop');
const mild = fc.constantFrom('default', 'junk');
const actions = record({}, { none: failAction, quarantine: failAction, reject: failAction });
const someActions = record({ reject: failAction }, { none: failAction });
const authenticatedBy = record(
  {},
  { dkim: oneOrMore(domain), spf: oneOrMore(domain), arc: oneOrMore(domain), gateway: fc.constant('filter') },
).filter((one) => Object.keys(one).length > 0);
const reason = fc.constant('wanted');
const published = fc.constantFrom('none', 'quarantine', 'reject');

const exceptions = fc.array(
  record(
    { from: oneOrMore(pattern), authenticatedBy, reason },
    {
      action: fc.constantFrom('default', 'junk', 'neverJunk'),
      to: oneOrMore(pattern),
      owner: fc.constant('Jane'),
      expires: fc.constantFrom('2026-12-24', '2030-01-01T00:00:00Z'),
    },
  ),
  { minLength: 1, maxLength: 2 },
);

/** The section without anything wrong. */
export const dmarc = record(
  {},
  {
    mode: fc.constantFrom('monitor', 'enforce'),
    actions,
    unknown: mild,
    bounceText: fc.constant('Refused.'),
    bounceUnauthenticated: fc.constantFrom('junk', 'drop', 'bounce'),
    severalAuthors: fc.constantFrom('strictest', 'junk', 'drop'),
    header: fc.boolean(),
    exceptions,
    trustedSealers: oneOrMore(domain),
    mailingLists: record({}, { domains: oneOrMore(domain), others: fc.constantFrom('junk', 'asOtherMail') }),
    domains: fc.array(
      record(
        { domains: oneOrMore(domain), treatAs: published },
        { actions: someActions, whenProved: fc.constantFrom('default', 'neverJunk') },
      ),
      { minLength: 1, maxLength: 2 },
    ),
    ownDomains: record(
      {},
      {
        action: failAction,
        allowedSenders: fc.array(record({ authenticatedBy, reason }), { minLength: 1, maxLength: 2 }),
      },
    ),
    recipients: fc.array(
      record(
        { to: oneOrMore(pattern) },
        { actions: someActions, mode: fc.constantFrom('enforce', 'monitor') },
      ),
      { minLength: 1, maxLength: 2 },
    ),
    ramp: record({ share: fc.integer({ min: 0, max: 100 }) }),
    protectedPeople: record({}, { action: mild }),
    lookAlikes: record(
      {},
      {
        domains: oneOrMore(domain),
        allowed: oneOrMore(domain),
        action: mild,
        maxDistance: fc.integer({ min: 0, max: 2 }),
      },
    ),
    firstContact: fc.boolean(),
    seal: record({ domain, selector: fc.constantFrom('arc', 'S1.Arc-2026') }),
    onTimeout: fc.constantFrom('retry', 'default', 'junk'),
    onTemporaryError: fc.constantFrom('retry', 'default', 'junk'),
  },
);
