/** Policies as JSON values (JSON is YAML), right ones and broken ones, for property tests and fuzzing. */
import fc from 'fast-check';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const domain = fc.constantFrom('example.com', 'Example.ORG', 'a.b.example', 'bücher.example');
const pattern = fc.constantFrom('*', '*.example.com', 'example.com', 'bob@example.com');
const oneOrMore = (item: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
  fc.oneof(item, fc.array(item, { minLength: 1, maxLength: 3 }));
const words = oneOrMore(fc.constantFrom('invoice', '[x]', 'ä'));

function record(
  required: Readonly<Record<string, fc.Arbitrary<Json>>>,
  optional: Readonly<Record<string, fc.Arbitrary<Json>>> = {},
): fc.Arbitrary<{ [key: string]: Json }> {
  return fc.record({ ...required, ...optional }, { requiredKeys: Object.keys(required) });
}

const condition = record(
  {},
  {
    direction: fc.constantFrom('inbound', 'outbound'),
    senderScope: fc.constantFrom('inside', 'outside'),
    from: oneOrMore(pattern),
    recipientScope: fc.constantFrom('inside', 'outside'),
    sentTo: oneOrMore(pattern),
    recipientMatch: fc.constantFrom('any', 'all'),
    subjectContains: words,
    headerContains: record({ name: fc.constantFrom('List-Id', 'X-A'), words }),
  },
);
const exception = condition.filter((one) => Object.keys(one).some((key) => key !== 'recipientMatch'));
const disclaimer = record({ text: fc.constantFrom('a', 'two\nlines\n') }, { html: fc.constant('<p>a</p>') });
const action = fc.oneof(
  record({ prependDisclaimer: disclaimer }),
  record({ appendDisclaimer: disclaimer }),
  record({ prependSubject: fc.constantFrom('[EXT]', 'ü') }),
);
const onTrouble = fc.constantFrom('retry', 'deliverUnchanged');
const rule = record(
  { when: condition, do: fc.array(action, { minLength: 1, maxLength: 3 }) },
  { unless: exception, onTimeout: onTrouble, onTemporaryError: onTrouble },
);
const rules = fc
  .array(rule, { minLength: 1, maxLength: 3 })
  .map((all) => all.map((one, index): Json => ({ name: `rule ${index}`, ...one })));

const dmarcAction = fc.constantFrom('default', 'junk', 'bounce', 'drop');
const authenticatedBy = record({}, { dkim: oneOrMore(domain), spf: oneOrMore(domain) });
const dmarc = record(
  {},
  {
    mode: fc.constantFrom('monitor', 'enforce'),
    actions: record({}, { none: dmarcAction, quarantine: dmarcAction, reject: dmarcAction }),
    unknown: fc.constantFrom('default', 'junk'),
    exceptions: fc.array(
      record(
        {
          from: oneOrMore(pattern),
          authenticatedBy: authenticatedBy.filter((one) => Object.keys(one).length > 0),
          reason: fc.constant('wanted'),
        },
        { action: fc.constantFrom('default', 'junk') },
      ),
      { minLength: 1, maxLength: 2 },
    ),
    onTimeout: fc.constantFrom('retry', 'default', 'junk'),
    onTemporaryError: fc.constantFrom('retry', 'default', 'junk'),
  },
);
const journal = record({ capture: fc.boolean() }, { onTimeout: fc.constantFrom('retry', 'deliver') });
const calendar = fc.oneof(
  record({ file: fc.constantFrom('a.ics', 's3://bucket/a.ics') }),
  record({ url: fc.constantFrom('https://example.com/a.ics', 'http://127.0.0.1:1/a.ics') }),
  record({
    caldav: record({
      url: fc.constant('https://example.com/dav/'),
      username: fc.constant('dave'),
      passwordUri: fc.constant('ssm:///a/b'),
    }),
  }),
);
const zone = fc.constantFrom('UTC', 'Europe/Berlin');
const mailbox = record(
  { calendars: fc.array(calendar, { minLength: 1, maxLength: 2 }) },
  {
    timezone: zone,
    workingHours: record({
      days: oneOrMore(fc.constantFrom('MON', 'SUN')),
      start: fc.constantFrom('00:00', '09:30'),
      end: fc.constantFrom('17:00', '24:00'),
    }),
  },
);
const availability = record(
  {
    mailboxes: fc.dictionary(fc.constantFrom('dave@example.com', 'erin@example.com'), mailbox, {
      minKeys: 1,
      noNullPrototype: true,
    }),
  },
  {
    show: fc.constantFrom('busy', 'details'),
    timezone: zone,
    biasConvention: fc.constantFrom('ews', 'utc-offset'),
    requesters: oneOrMore(pattern),
  },
);

/** Policies that have nothing wrong. */
export const rightPolicy: fc.Arbitrary<Json> = record(
  {
    version: fc.constant(1),
    organization: record(
      { domains: oneOrMore(domain) },
      { trustSesHeaders: fc.constantFrom('auto', 'always', 'never') },
    ),
  },
  { rules, dmarc, journal, availability },
);

/** A place in a value: the keys that lead to it. */
type Path = readonly (string | number)[];

function places(value: Json, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, member]) => places(member, [...path, key]))];
}

function changed(value: Json, path: Path, change: (old: Json) => Json): Json {
  const [first, ...rest] = path;
  if (first === undefined) return change(value);
  if (Array.isArray(value))
    return value.map((item, i) => (i === Number(first) ? changed(item, rest, change) : item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      key === first ? changed(member, rest, change) : member,
    ]),
  );
}

/** A right policy in which the value at one place was replaced by something of another kind. */
export const brokenPolicy: fc.Arbitrary<Json> = fc
  .tuple(rightPolicy, fc.nat(), fc.constantFrom<Json>(null, 7, true, [], {}, 'zzz', [[]], { zzz: 1 }, ''))
  .map(([policy, choice, value]) => {
    const all = places(policy);
    return changed(policy, all[choice % all.length] ?? [], () => value);
  });

/** A right policy in which one map has a key that nobody knows. */
export const unknownKeyPolicy: fc.Arbitrary<Json> = fc
  .tuple(rightPolicy, fc.nat())
  .map(([policy, choice]) => {
    const isMap = (old: Json): boolean => typeof old === 'object' && old !== null && !Array.isArray(old);
    const maps = places(policy).filter((path) => {
      let found = false;
      changed(policy, path, (old) => {
        found = isMap(old);
        return old;
      });
      return found;
    });
    return changed(policy, maps[choice % maps.length] ?? [], (old) =>
      typeof old === 'object' && old !== null && !Array.isArray(old) ? { ...old, 'zzz key': 1 } : old,
    );
  });
