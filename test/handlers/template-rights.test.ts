/** template.yaml against the calls that the handlers make: each function may do what its code does, and no more. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const text = readFileSync(new URL('../../template.yaml', import.meta.url), 'utf8');
/** Without its tags: `!Ref X` is `X`, `!If [A, B, C]` a list of three. */
const template = parse(text, { logLevel: 'silent' });

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

/** What a policy allows, also what only a condition switches on. */
function statements(policy: string): Statement[] {
  const list: readonly (Statement | readonly [string, Statement, string])[] =
    template.Resources[policy].Properties.PolicyDocument.Statement;
  return list.map((entry) => ('Action' in entry ? entry : entry[1]));
}

/** The policies of a function, also those that only a condition gives it. */
function policiesOf(name: string): string[] {
  const list: readonly (string | readonly [string, string, string])[] =
    template.Resources[name].Properties.Policies;
  return list.map((entry) => (typeof entry === 'string' ? entry : entry[1]));
}

function rights(name: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const { Action, Resource } of policiesOf(name).flatMap(statements)) {
    for (const action of [Action].flat()) {
      found.set(action, `${found.get(action) ?? ''} ${JSON.stringify(Resource)}`);
    }
  }
  return found;
}

const GET = 'workmailmessageflow:GetRawMessageContent';
const PUT = 'workmailmessageflow:PutRawMessageContent';
/** The policy, and the key of the parameters where it is the account's own. */
const EVERYONE = ['kms:Decrypt', 's3:GetObject', 'ssm:GetParameter'];

describe('the rights of each function', () => {
  test.each([
    ['Mailflow', [...EVERYONE, GET, PUT, 's3:PutObject', 's3:ListBucket']],
    ['Rewrite', [...EVERYONE, GET, PUT, 's3:PutObject']],
    ['Dmarc', [...EVERYONE, GET]],
    ['Journal', [...EVERYONE, GET, 's3:PutObject', 's3:ListBucket']],
    ['Availability', EVERYONE],
  ])('%s', (name, actions) => {
    expect([...rights(name).keys()].sort()).toEqual([...actions].sort());
  });

  test.each(['Mailflow', 'Journal'])(
    '%s may list the journal bucket: otherwise HEAD says 403 for a record that is not there',
    (name) => {
      expect(rights(name).get('s3:ListBucket')).toContain('JournalBucket.Arn');
      // HEAD carries no prefix, so a condition on it would never hold.
      expect(
        policiesOf(name)
          .flatMap(statements)
          .filter((each) => 'Condition' in each),
      ).toEqual([]);
      expect(rights(name).get('s3:GetObject')).toContain('/event/*');
      expect(rights(name).get('s3:PutObject')).toContain('/raw/*');
    },
  );

  test('Availability may read the calendars and passwords that the policy names', () => {
    expect(rights('Availability').get('s3:GetObject')).toContain('CalendarArns');
    expect(rights('Availability').get('ssm:GetParameter')).toContain('CalendarArns');
  });
});

describe('the parameter of the mark key', () => {
  const pattern = new RegExp(template.Parameters.MarkKeyParameter.AllowedPattern);

  test.each([
    ['mailroom-mark-key', true],
    ['/mailroom/mark-key', true],
    // Systems Manager: a name with a slash in it begins with one.
    ['mailroom/mark-key', false],
    ['/', false],
    ['a b', false],
  ])('%s', (name, allowed) => {
    expect(pattern.test(name)).toBe(allowed);
  });
});
