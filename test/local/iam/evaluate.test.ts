import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate, type PolicyRequest, readPolicyDocument } from '../../../local/iam/evaluate.ts';
import { PermanentError } from '../../../shared/errors.ts';
import '../../support/properties.ts';

const MESSAGE = 'arn:aws:workmailmessageflow:us-east-1:123456789012:message/m-1/incoming/id-1';
const WORKMAIL: PolicyRequest = {
  principal: { kind: 'service', name: 'workmail.us-east-1.amazonaws.com' },
  action: 's3:GetObject',
  resource: 'arn:aws:s3:::mailroom-rewrite/messages/1',
  context: {
    'aws:SourceAccount': '123456789012',
    'aws:SourceArn': MESSAGE,
    'aws:SecureTransport': 'true',
  },
};

/** The policy that the administrator guide prints for the bucket, its `Condition` as given. */
function bucketPolicy(change: Record<string, unknown> = {}) {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'read',
        Effect: 'Allow',
        Principal: { Service: 'workmail.us-east-1.amazonaws.com' },
        Action: ['s3:GetObject', 's3:GetObjectVersion'],
        Resource: 'arn:aws:s3:::mailroom-rewrite/*',
        Condition: {
          Bool: { 'aws:SecureTransport': true },
          StringEquals: { 'aws:SourceAccount': '123456789012' },
          ArnLike: { 'aws:SourceArn': 'arn:aws:workmailmessageflow:us-east-1:123456789012:message/m-1/*' },
        },
        ...change,
      },
    ],
  };
}

const effectOf = (document: unknown, request: Partial<PolicyRequest> = {}) =>
  evaluate([readPolicyDocument(document)], { ...WORKMAIL, ...request }).effect;

const withContext = (change: Record<string, string>) => ({ context: { ...WORKMAIL.context, ...change } });

describe('a bucket that WorkMail may read', () => {
  it('names the statement that lets it', () => {
    expect(evaluate([readPolicyDocument(bucketPolicy())], WORKMAIL)).toEqual({
      effect: 'allow',
      by: { document: 0, statement: 0, sid: 'read' },
    });
  });

  it.each<[string, Partial<PolicyRequest>]>([
    ['without TLS', withContext({ 'aws:SecureTransport': 'false' })],
    ['for another account', withContext({ 'aws:SourceAccount': '210987654321' })],
    ['for another organization', withContext({ 'aws:SourceArn': MESSAGE.replace('m-1', 'm-2') })],
    ['for a longer id', withContext({ 'aws:SourceArn': MESSAGE.replace('m-1', 'm-11') })],
    ['of another region', { principal: { kind: 'service', name: 'workmail.eu-west-1.amazonaws.com' } }],
    ['without a context', { context: {} }],
    ['of anybody', { principal: { kind: 'anonymous' } }],
    ['of another bucket', { resource: 'arn:aws:s3:::mailroom-rewrite2/messages/1' }],
    ['to write', { action: 's3:PutObject' }],
    ['to read what is not named', { action: 's3:GetObjectAcl' }],
  ])('not %s', (_, request) => {
    expect(effectOf(bucketPolicy(), request)).toBe('implicit-deny');
  });

  it('takes upper and lower case of actions and condition keys for the same', () => {
    expect(effectOf(bucketPolicy({ Action: 'S3:getobject' }))).toBe('allow');
    expect(effectOf(bucketPolicy({ Condition: { Bool: { 'AWS:SECURETRANSPORT': 'TRUE' } } }))).toBe('allow');
  });

  it('takes no upper case for lower in a resource and in a value', () => {
    expect(effectOf(bucketPolicy({ Resource: 'arn:aws:s3:::Mailroom-rewrite/*' }))).toBe('implicit-deny');
    expect(
      effectOf(bucketPolicy({ Condition: { StringEquals: { 'aws:SourceArn': MESSAGE.toUpperCase() } } })),
    ).toBe('implicit-deny');
  });
});

describe('principals', () => {
  const role = {
    kind: 'aws',
    account: '123456789012',
    arn: 'arn:aws:iam::123456789012:role/mailflow',
  } as const;
  it.each<[unknown, boolean]>([
    ['*', true],
    [{ AWS: '*' }, true],
    [{ AWS: '123456789012' }, true],
    [{ AWS: 'arn:aws:iam::123456789012:root' }, true],
    [{ AWS: ['arn:aws:iam::210987654321:root', role.arn] }, true],
    [{ AWS: 'arn:aws:iam::210987654321:root' }, false],
    [{ AWS: 'arn:aws:iam::123456789012:role/*' }, false],
    [{ Service: 'lambda.amazonaws.com' }, false],
    [undefined, true],
  ])('%j: a role of the account %s', (Principal, allowed) => {
    const document = bucketPolicy({ Principal, Condition: undefined });
    expect(effectOf(document, { principal: role })).toBe(allowed ? 'allow' : 'implicit-deny');
  });
});

describe('the whole account as principal', () => {
  const account = '123456789012';
  const role = { kind: 'aws', account, arn: `arn:aws:iam::${account}:role/mailflow` } as const;
  const bucket = (Effect: string, AWS: string) =>
    readPolicyDocument(bucketPolicy({ Effect, Principal: { AWS }, Condition: undefined }));
  const own = readPolicyDocument({
    Statement: { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::mailroom-rewrite/*' },
  });
  const names = [account, `arn:aws:iam::${account}:root`];

  it.each(names)('%s: an Allow of the own account leaves the choice to the policies of the role', (name) => {
    const asked = { ...WORKMAIL, principal: role, resourceAccount: account };
    expect(evaluate([bucket('Allow', name)], asked).effect).toBe('implicit-deny');
    expect(evaluate([bucket('Allow', role.arn)], asked).effect).toBe('allow');
    expect(evaluate([bucket('Allow', name), own], asked).effect).toBe('allow');
  });

  it.each(names)('%s: an Allow to another account lets in whom that account lets out', (name) => {
    const asked = { ...WORKMAIL, principal: role, resourceAccount: '210987654321' };
    expect(evaluate([bucket('Allow', name)], asked).effect).toBe('allow');
  });

  it.each(names)('%s: a Deny is for each of its roles', (name) => {
    const asked = { ...WORKMAIL, principal: role, resourceAccount: account };
    expect(evaluate([own, bucket('Deny', name)], asked).effect).toBe('deny');
  });

  it('a Deny for everybody is for services too', () => {
    const deny = readPolicyDocument(
      bucketPolicy({ Effect: 'Deny', Principal: '*', Condition: { Bool: { 'aws:SecureTransport': false } } }),
    );
    const asked = { ...WORKMAIL, ...withContext({ 'aws:SecureTransport': 'false' }) };
    expect(evaluate([deny], asked).effect).toBe('deny');
  });
});

describe('conditions', () => {
  it.each<[string, Record<string, unknown>, Record<string, string>, boolean]>([
    ['StringLike', { 'a:k': 'x*z' }, { 'a:k': 'xyz' }, true],
    ['StringLike', { 'a:k': 'x?z' }, { 'a:k': 'xyyz' }, false],
    ['StringEquals', { 'a:k': 'x*z' }, { 'a:k': 'xyz' }, false],
    ['StringEquals', { 'a:k': ['1', '2'] }, { 'a:k': '2' }, true],
    ['StringEquals', { 'a:k': '1', 'a:l': '1' }, { 'a:k': '1' }, false],
    ['StringNotEquals', { 'a:k': ['1', '2'] }, { 'a:k': '2' }, false],
    ['StringNotEquals', { 'a:k': ['1', '2'] }, { 'a:k': '3' }, true],
    ['StringNotEquals', { 'a:k': '1' }, {}, true],
    ['StringNotLike', { 'a:k': '1*' }, { 'a:k': '12' }, false],
    ['StringEqualsIgnoreCase', { 'a:k': 'AbC' }, { 'a:k': 'aBc' }, true],
    ['StringNotEqualsIgnoreCase', { 'a:k': 'AbC' }, { 'a:k': 'aBc' }, false],
    ['StringEqualsIfExists', { 'a:k': '1' }, {}, true],
    ['StringEqualsIfExists', { 'a:k': '1' }, { 'a:k': '2' }, false],
    ['ArnLike', { 'a:k': 'arn:aws:s3:*:*:b' }, { 'a:k': 'arn:aws:s3:::b' }, true],
    ['ArnLike', { 'a:k': 'arn:aws:s3:*b' }, { 'a:k': 'arn:aws:s3:::b' }, false],
    ['ArnEquals', { 'a:k': 'arn:aws:s3:::b*' }, { 'a:k': 'arn:aws:s3:::b:c' }, true],
    ['ArnNotLike', { 'a:k': 'arn:aws:s3:::b*' }, { 'a:k': 'arn:aws:s3:::c' }, true],
    ['ArnNotEquals', { 'a:k': 'arn:aws:s3:::b' }, { 'a:k': 'arn:aws:s3:::b' }, false],
    ['Bool', { 'a:k': false }, { 'a:k': 'false' }, true],
    ['Bool', { 'a:k': false }, {}, false],
    ['BoolIfExists', { 'a:k': false }, {}, true],
    ['Null', { 'a:k': true }, {}, true],
    ['Null', { 'a:k': true }, { 'a:k': '' }, false],
    ['Null', { 'a:k': 'false' }, { 'a:k': '1' }, true],
    ['NumericLessThan', { 'a:k': 1.2 }, { 'a:k': '1.1' }, true],
    ['NumericLessThan', { 'a:k': '1.2' }, { 'a:k': '1.2' }, false],
    ['NumericLessThanEquals', { 'a:k': '1.2' }, { 'a:k': '1.2' }, true],
    ['NumericGreaterThan', { 'a:k': '1.2' }, { 'a:k': '1.3' }, true],
    ['NumericGreaterThanEquals', { 'a:k': '1.2' }, { 'a:k': '1.1' }, false],
    ['NumericEquals', { 'a:k': '5' }, { 'a:k': '5.0' }, true],
    ['NumericNotEquals', { 'a:k': '5' }, { 'a:k': '5.0' }, false],
    ['NumericEquals', { 'a:k': '5' }, { 'a:k': 'five' }, false],
  ])('%s %j of %j: %s', (operator, keys, context, holds) => {
    const document = bucketPolicy({ Condition: { [operator]: keys } });
    expect(effectOf(document, { context })).toBe(holds ? 'allow' : 'implicit-deny');
  });
});

describe('what is not known here is refused by name', () => {
  it.each<[string, unknown, string]>([
    ['NotAction', bucketPolicy({ NotAction: 's3:*' }), 'Statement[0].NotAction'],
    ['NotPrincipal', bucketPolicy({ NotPrincipal: '*' }), 'Statement[0].NotPrincipal'],
    ['NotResource', bucketPolicy({ NotResource: '*' }), 'Statement[0].NotResource'],
    [
      'a set operator',
      bucketPolicy({ Condition: { 'ForAnyValue:StringEquals': { k: 'v' } } }),
      'ForAnyValue:StringEquals',
    ],
    ['NullIfExists', bucketPolicy({ Condition: { NullIfExists: { k: true } } }), 'NullIfExists'],
    ['an operator', bucketPolicy({ Condition: { IpAddress: { k: '10.0.0.0/8' } } }), 'IpAddress'],
    ['a policy variable', bucketPolicy({ Resource: 'arn:aws:s3:::b/\x24{aws:username}' }), 'aws:username'],
    ['a federated principal', bucketPolicy({ Principal: { Federated: 'x' } }), 'Principal.Federated'],
    ['an effect', bucketPolicy({ Effect: 'allow' }), 'Statement[0].Effect'],
    ['no action', bucketPolicy({ Action: undefined }), 'Statement[0].Action'],
    ['no statement', { Version: '2012-10-17' }, 'Statement'],
    ['a text', 'policy', 'the document'],
    ['an empty list', bucketPolicy({ Resource: [] }), 'Statement[0].Resource'],
    ['a pattern without end', bucketPolicy({ Resource: 'x'.repeat(30_000) }), 'Statement[0].Resource'],
  ])('%s', (_, document, named) => {
    expect(() => readPolicyDocument(document)).toThrow(PermanentError);
    expect(() => readPolicyDocument(document)).toThrow(named);
  });
});

describe('evaluation', () => {
  const words = fc.constantFrom('*', 's3:*', 's3:GetObject', 's3:Put*', 'ssm:GetParameter');
  const statement = fc.record({
    Effect: fc.constantFrom('Allow', 'Deny'),
    Action: fc.array(words, { minLength: 1, maxLength: 3 }),
    Resource: fc.constantFrom('*', 'arn:aws:s3:::a/*', 'arn:aws:s3:::b/?'),
  });
  const document = fc.record({ Statement: fc.array(statement, { maxLength: 4 }) });
  const request = fc.record({
    action: fc.constantFrom('s3:GetObject', 's3:PutObject', 'ssm:GetParameter'),
    resource: fc.constantFrom('arn:aws:s3:::a/x', 'arn:aws:s3:::b/x', 'arn:aws:s3:::b/xy'),
  });

  it('gives a denial the last word, wherever it stands', () => {
    fc.assert(
      fc.property(fc.array(document, { maxLength: 3 }), request, fc.nat(3), (documents, asked, place) => {
        const deny = { Statement: { Effect: 'Deny', Action: asked.action, Resource: asked.resource } };
        const all = [...documents.slice(0, place), deny, ...documents.slice(place)].map(readPolicyDocument);
        expect(evaluate(all, { ...WORKMAIL, ...asked }).effect).toBe('deny');
      }),
    );
  });

  it('allows nothing of itself', () => {
    expect(evaluate([], WORKMAIL)).toEqual({ effect: 'implicit-deny' });
    fc.assert(
      fc.property(fc.array(document, { maxLength: 3 }), request, (documents, asked) => {
        const denials = documents.map(({ Statement }) =>
          readPolicyDocument({ Statement: Statement.filter((one) => one.Effect === 'Deny') }),
        );
        expect(evaluate(denials, { ...WORKMAIL, ...asked }).effect).not.toBe('allow');
      }),
    );
  });

  it('does not depend on the order, but for the statement that it names', () => {
    fc.assert(
      fc.property(fc.array(document, { maxLength: 3 }), request, (documents, asked) => {
        const read = documents.map(readPolicyDocument);
        const verdict = evaluate(read, { ...WORKMAIL, ...asked });
        expect(evaluate(read.toReversed(), { ...WORKMAIL, ...asked }).effect).toBe(verdict.effect);
        const { by } = verdict;
        if (by !== undefined)
          expect(read[by.document]?.statements[by.statement]?.effect.toLowerCase()).toBe(verdict.effect);
      }),
    );
  });
});
