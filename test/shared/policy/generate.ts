/** Policies as JSON values (JSON is YAML), right ones and broken ones, for property tests and fuzzing. */
import fc from 'fast-check';
import { dmarc, organizationKeys } from './generate-dmarc.ts';
import { domain, type Json, oneOrMore, pattern, record } from './generate-json.ts';
import { rules } from './generate-rules.ts';

export type { Json } from './generate-json.ts';

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
      { domains: oneOrMore(domain), ...organizationKeys },
      { trustSesHeaders: fc.constantFrom('auto', 'always', 'never') },
    ),
  },
  {
    rules,
    dmarc,
    journal,
    availability,
    lists: fc.dictionary(fc.constantFrom('partners', 'staff.2'), oneOrMore(pattern), {
      noNullPrototype: true,
      minKeys: 1,
    }),
    notices: record(
      { from: fc.constant('mailroom@example.com') },
      { perHour: fc.integer({ min: 1, max: 1_000 }) },
    ),
  },
).map(complete);

/** What the rules of a policy need of its other sections. */
function complete(policy: { [key: string]: Json }): Json {
  const rulesNeed = JSON.stringify(policy['rules'] ?? []);
  const lists = rulesNeed.includes('list:partners') ? { partners: 'example.com' } : undefined;
  // The organization that was made has domains of its own, and notices come from one of them.
  const own = /"domains":\[?"([^"]+)"/.exec(JSON.stringify(policy['organization']))?.[1];
  const needed = policy['notices'] !== undefined || /"notify"|"quarantine"/.test(rulesNeed);
  return {
    ...policy,
    ...(needed ? { notices: { ...Object(policy['notices']), from: `mailroom@${own}` } } : {}),
    ...(lists === undefined ? {} : { lists }),
  };
}

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
