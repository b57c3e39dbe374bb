/** What the template lets the functions and WorkMail do, asked of the policies themselves: what is called, and no more. */
import { describe, expect, test } from 'vitest';
import { evaluate, readPolicyDocument } from '../../local/iam/evaluate.ts';
import { functionRights } from '../../local/iam/function-rights.ts';
import { ACCOUNT, EVERYTHING, NEEDED, ORGANIZATION, REGION, resolved } from './given.ts';

const MESSAGE = '00000000-0000-4000-8000-000000000000';
const inFlow = (direction: string, organization = ORGANIZATION): string =>
  `arn:aws:workmailmessageflow:${REGION}:${ACCOUNT}:message/${organization}/${direction}/${MESSAGE}`;
const REWRITE = 'arn:aws:s3:::mailroom-rewritebucket-111122223333';
const JOURNAL = 'arn:aws:s3:::mailroom-journalbucket-111122223333';
const KEPT = 'arn:aws:s3:::mailroom-keepbucket-111122223333';
const KEY = 'arn:aws:kms:eu-west-1:111122223333:key';
const parameter = (name: string): string => `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/${name}`;
const log = (name: string): string =>
  `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/lambda/mailroom-${name}:log-stream:2026/11/20/[$LATEST]0`;

type Call = readonly [action: string, resource: string];

/** Every call that any function makes, and calls that none should. */
const CALLS = {
  policy: ['s3:GetObject', 'arn:aws:s3:::example-policy/policy.yaml'],
  otherPolicy: ['s3:GetObject', 'arn:aws:s3:::example-policy/other.yaml'],
  writePolicy: ['s3:PutObject', 'arn:aws:s3:::example-policy/policy.yaml'],
  readCopy: ['s3:GetObject', `${REWRITE}/policy/last-good`],
  keepCopy: ['s3:PutObject', `${REWRITE}/policy/last-good`],
  decrypt: ['kms:Decrypt', `${KEY}/1`],
  getIncoming: ['workmailmessageflow:GetRawMessageContent', inFlow('incoming')],
  getOutgoing: ['workmailmessageflow:GetRawMessageContent', inFlow('outgoing')],
  getForeign: ['workmailmessageflow:GetRawMessageContent', inFlow('incoming', `m-${'9'.repeat(32)}`)],
  putIncoming: ['workmailmessageflow:PutRawMessageContent', inFlow('incoming')],
  putOutgoing: ['workmailmessageflow:PutRawMessageContent', inFlow('outgoing')],
  store: ['s3:PutObject', `${REWRITE}/rewritten/${MESSAGE}/0123`],
  readStored: ['s3:GetObject', `${REWRITE}/rewritten/${MESSAGE}/0123`],
  deleteStored: ['s3:DeleteObjectVersion', `${REWRITE}/rewritten/${MESSAGE}/0123`],
  markKey: ['ssm:GetParameter', parameter('mailroom/mark-key')],
  arcKey: ['ssm:GetParameter', parameter('mailroom/mark-key-arc')],
  otherKey: ['ssm:GetParameter', parameter('other')],
  keepRaw: ['s3:PutObject', `${JOURNAL}/raw/0123.eml`],
  keepEvent: ['s3:PutObject', `${JOURNAL}/event/0123.json`],
  seeEvent: ['s3:GetObject', `${JOURNAL}/event/0123.json`],
  // Without it HEAD says 403 for a record that is not there yet. HEAD carries no prefix.
  listJournal: ['s3:ListBucket', JOURNAL],
  deleteRecord: ['s3:DeleteObject', `${JOURNAL}/raw/0123.eml`],
  unlockRecord: ['s3:BypassGovernanceRetention', `${JOURNAL}/raw/0123.eml`],
  dataKey: ['kms:GenerateDataKey', `${KEY}/2`],
  calendar: ['s3:GetObject', 'arn:aws:s3:::example-calendars/a.ics'],
  password: ['ssm:GetParameter', parameter('caldav')],
  failed: ['sqs:SendMessage', `arn:aws:sqs:${REGION}:${ACCOUNT}:mailroom-JournalFailures`],
  keepDecision: ['s3:PutObject', `${REWRITE}/decisions/0.json`],
  seeDecision: ['s3:GetObject', `${REWRITE}/decisions/0.json`],
  holdBack: ['s3:PutObject', `${KEPT}/quarantine/0/message.eml`],
  readHeld: ['s3:GetObject', `${KEPT}/quarantine/0/message.eml`],
  deleteHeld: ['s3:DeleteObject', `${KEPT}/quarantine/0/message.eml`],
  copy: ['s3:PutObject', `${KEPT}/copies/audit/0.eml`],
  readCopied: ['s3:GetObject', `${KEPT}/copies/audit/0.eml`],
  takeOut: ['s3:PutObject', `${KEPT}/attachments/0/1.pdf`],
  noteContact: ['s3:PutObject', `${KEPT}/contacts/0`],
  seeContact: ['s3:GetObject', `${KEPT}/contacts/0`],
  noteNotice: ['s3:PutObject', `${KEPT}/notices/sent/0`],
  seeNotice: ['s3:GetObject', `${KEPT}/notices/sent/0`],
  useRelease: ['s3:PutObject', `${KEPT}/released/0`],
  seeRelease: ['s3:GetObject', `${KEPT}/released/0`],
  listKept: ['s3:ListBucket', KEPT],
  writeElsewhere: ['s3:PutObject', `${KEPT}/other/0`],
  listGroups: ['workmail:ListUsers', `arn:aws:workmail:${REGION}:${ACCOUNT}:organization/${ORGANIZATION}`],
  listMembers: [
    'workmail:ListGroupMembers',
    `arn:aws:workmail:${REGION}:${ACCOUNT}:organization/${ORGANIZATION}`,
  ],
  changeGroup: [
    'workmail:AssociateMemberToGroup',
    `arn:aws:workmail:${REGION}:${ACCOUNT}:organization/${ORGANIZATION}`,
  ],
  sendMail: ['ses:SendEmail', `arn:aws:ses:${REGION}:${ACCOUNT}:identity/example.com`],
  sendRaw: ['ses:SendRawEmail', `arn:aws:ses:${REGION}:${ACCOUNT}:identity/example.com`],
  sendAs: ['ses:SendRawEmail', `arn:aws:ses:${REGION}:${ACCOUNT}:identity/mailroom@example.com`],
  sendWithSet: ['ses:SendRawEmail', `arn:aws:ses:${REGION}:${ACCOUNT}:configuration-set/default`],
  sendAsOther: ['ses:SendRawEmail', `arn:aws:ses:${REGION}:${ACCOUNT}:identity/other.example`],
} as const satisfies Record<string, Call>;

/** Whom a message says that it is from. */
const CONTEXT = { 'ses:FromAddress': 'mailroom@example.com' };

type Name = keyof typeof CALLS;
const NAMES = Object.keys(CALLS).filter((name): name is Name => name in CALLS);

/** The calls that the policies of a function let through. */
function allowed(id: string, parameters: Readonly<Record<string, string>>): readonly Name[] {
  const template = resolved(parameters);
  const documents = functionRights(template, id);
  const role = {
    kind: 'aws',
    account: ACCOUNT,
    arn: `arn:aws:iam::${ACCOUNT}:role/mailroom-${id}Role`,
  } as const;
  const isAllowed = ([action, resource]: Call): boolean =>
    evaluate(documents, { principal: role, action, resource, context: CONTEXT }).effect === 'allow';
  // Each writes to its own log and to no other.
  expect(isAllowed(['logs:PutLogEvents', log(id)])).toBe(true);
  expect(isAllowed(['logs:CreateLogStream', log(id)])).toBe(true);
  expect(isAllowed(['logs:PutLogEvents', log('Other')])).toBe(false);
  return NAMES.filter((name) => isAllowed(CALLS[name]));
}

const POLICY = ['policy', 'readCopy', 'keepCopy', 'decrypt'] as const;
const READ = ['getIncoming', 'getOutgoing'] as const;
const REPLACE = [
  'putIncoming',
  'putOutgoing',
  'store',
  'deleteStored',
  'markKey',
  'arcKey',
  'keepDecision',
  'seeDecision',
] as const;
const RULES = [
  'holdBack',
  'copy',
  'takeOut',
  'noteContact',
  'seeContact',
  'noteNotice',
  'seeNotice',
  'useRelease',
  'seeRelease',
  'listKept',
  'listGroups',
  'listMembers',
  'sendMail',
  'sendRaw',
  'sendAs',
  'sendWithSet',
] as const;
const KEEP = ['keepRaw', 'keepEvent', 'seeEvent', 'listJournal', 'dataKey'] as const;

describe('the rights of each function, with everything switched on', () => {
  test.each<[string, readonly Name[]]>([
    ['Mailflow', [...POLICY, ...READ, ...REPLACE, ...RULES, ...KEEP]],
    ['Rewrite', [...POLICY, ...READ, ...REPLACE, ...RULES]],
    ['Dmarc', [...POLICY, 'getIncoming']],
    ['Journal', [...READ, ...KEEP, 'failed']],
    ['Availability', [...POLICY, 'calendar', 'password']],
  ])('%s', (id, calls) => {
    expect([...allowed(id, EVERYTHING)].sort()).toEqual([...calls].sort());
  });
});

describe('the rights of Mailflow', () => {
  test('are few by default', () => {
    const decision = ['keepDecision', 'seeDecision'];
    const calls = [
      'policy',
      'readCopy',
      'keepCopy',
      ...READ,
      'putIncoming',
      'putOutgoing',
      'store',
      ...decision,
    ];
    expect([...allowed('Mailflow', NEEDED)].sort()).toEqual(calls.sort());
  });

  test.each([
    ['inbound', ['getIncoming', 'putIncoming']],
    ['outbound', ['getOutgoing', 'putOutgoing']],
  ])('are of one direction where the rule is: %s', (Direction, calls) => {
    const flow = allowed('Mailflow', { ...NEEDED, Direction }).filter((name) => /^(get|put)[IO]/.test(name));
    expect(flow).toEqual(calls);
  });

  test('reach a mark key whose name has a slash before it', () => {
    for (const MarkKeyParameter of ['/mailroom/mark-key', 'mark-key']) {
      const template = resolved({ ...NEEDED, MarkKeyParameter });
      const resource = parameter(MarkKeyParameter.replace(/^\//, ''));
      const principal = { kind: 'aws', account: ACCOUNT, arn: 'arn:aws:iam::111122223333:role/x' } as const;
      const request = { principal, action: 'ssm:GetParameter', resource, context: {} };
      expect(evaluate(functionRights(template, 'Mailflow'), request).effect).toBe('allow');
    }
  });
});

describe('the right to send', () => {
  test.each([
    ['mailroom@example.com', 'allow'],
    ['alice@example.com', 'implicit-deny'],
    ['mailroom@other.example', 'implicit-deny'],
  ])('as %s: %s', (from, verdict) => {
    const principal = { kind: 'aws', account: ACCOUNT, arn: 'arn:aws:iam::111122223333:role/x' } as const;
    const [action, resource] = CALLS.sendRaw;
    const request = { principal, action, resource, context: { 'ses:FromAddress': from } };
    expect(evaluate(functionRights(resolved(EVERYTHING), 'Mailflow'), request).effect).toBe(verdict);
  });
});

describe('the rights for reports', () => {
  const principal = { kind: 'aws', account: ACCOUNT, arn: 'arn:aws:iam::111122223333:role/x' } as const;
  const verdict = (id: string, [action, resource]: Call, context: Readonly<Record<string, string>> = {}) =>
    evaluate(functionRights(resolved(EVERYTHING), id), { principal, action, resource, context }).effect;
  const observed = `${REWRITE}/observed/2026-11-20/bank.example/1.json`;
  const kept = `${REWRITE}/reports/sent/2026-11-20/1.json`;

  test.each<[string, Call, Readonly<Record<string, string>>, string]>([
    ['reads what was seen', ['s3:GetObject', observed], {}, 'allow'],
    ['does not write what was seen', ['s3:PutObject', observed], {}, 'implicit-deny'],
    ['keeps reports', ['s3:PutObject', kept], {}, 'allow'],
    ['reads them again', ['s3:GetObject', kept], {}, 'allow'],
    ['lists what was seen', ['s3:ListBucket', REWRITE], { 's3:prefix': 'observed/2026-11-20/' }, 'allow'],
    ['lists what was sent', ['s3:ListBucket', REWRITE], { 's3:prefix': 'reports/sent/2026-11-20/' }, 'allow'],
    ['does not list mail', ['s3:ListBucket', REWRITE], { 's3:prefix': 'rewritten/' }, 'implicit-deny'],
    ['does not list everything', ['s3:ListBucket', REWRITE], {}, 'implicit-deny'],
    ['does not read mail', ['s3:GetObject', `${REWRITE}/rewritten/a.eml`], {}, 'implicit-deny'],
    ['reads no message of WorkMail', CALLS.getIncoming, {}, 'implicit-deny'],
    ['sends as its address', CALLS.sendRaw, { 'ses:FromAddress': 'dmarc@example.com' }, 'allow'],
    ['sends as no other', CALLS.sendRaw, { 'ses:FromAddress': 'ceo@example.com' }, 'implicit-deny'],
  ])('Reports %s', (_does, call, context, effect) => {
    expect(verdict('Reports', call, context)).toBe(effect);
  });

  test.each(['Mailflow', 'Dmarc'])('%s notes what it saw, and reads and sends nothing of it', (id) => {
    expect(verdict(id, ['s3:PutObject', observed])).toBe('allow');
    expect(verdict(id, ['s3:GetObject', observed])).toBe('implicit-deny');
    expect(verdict(id, ['s3:PutObject', kept])).toBe('implicit-deny');
    expect(verdict(id, CALLS.sendRaw, { 'ses:FromAddress': 'dmarc@example.com' })).toBe('implicit-deny');
  });
});

/** Asks the policy of a bucket. */
function bucketVerdict(
  policyId: string,
  principal: Parameters<typeof evaluate>[1]['principal'],
  [action, resource]: Call,
  context: Readonly<Record<string, string>>,
): string {
  const properties = resolved(EVERYTHING).resources.get(policyId)?.properties;
  const document = readPolicyDocument(properties?.['PolicyDocument']);
  return evaluate([document], { principal, action, resource, context }).effect;
}

describe("WorkMail's read of the rewrite bucket", () => {
  const workmail = { kind: 'service', name: `workmail.${REGION}.amazonaws.com` } as const;
  const right = {
    'aws:SecureTransport': 'true',
    'aws:SourceAccount': ACCOUNT,
    'aws:SourceArn': inFlow('incoming'),
  };
  const object = `${REWRITE}/rewritten/${MESSAGE}/0123`;

  test.each(['s3:GetObject', 's3:GetObjectVersion'])('%s is allowed for both directions', (action) => {
    for (const direction of ['incoming', 'outgoing']) {
      const context = { ...right, 'aws:SourceArn': inFlow(direction) };
      expect(bucketVerdict('RewriteBucketPolicy', workmail, [action, object], context)).toBe('allow');
    }
  });

  test.each<[string, string, Call, Record<string, string>]>([
    ['without TLS', REGION, ['s3:GetObject', object], { ...right, 'aws:SecureTransport': 'false' }],
    [
      'of another account',
      REGION,
      ['s3:GetObject', object],
      { ...right, 'aws:SourceAccount': '444455556666' },
    ],
    [
      'for another organization',
      REGION,
      ['s3:GetObject', object],
      { ...right, 'aws:SourceArn': inFlow('incoming', `m-${'9'.repeat(32)}`) },
    ],
    ['from another region', 'us-east-1', ['s3:GetObject', object], right],
    ['without a context', REGION, ['s3:GetObject', object], {}],
    ['of the policy copy', REGION, ['s3:GetObject', `${REWRITE}/policy/last-good`], right],
    ['that writes', REGION, ['s3:PutObject', object], right],
  ])('%s is not', (_why, region, call, context) => {
    const principal = { kind: 'service', name: `workmail.${region}.amazonaws.com` } as const;
    expect(bucketVerdict('RewriteBucketPolicy', principal, call, context)).not.toBe('allow');
  });
});

describe('the journal bucket', () => {
  const role = {
    kind: 'aws',
    account: ACCOUNT,
    arn: `arn:aws:iam::${ACCOUNT}:role/mailroom-JournalRole`,
  } as const;
  const put: Call = ['s3:PutObject', `${JOURNAL}/raw/0123.eml`];
  const tls = { 'aws:SecureTransport': 'true' };

  test.each<[string, Record<string, string>, string]>([
    [
      'a record that may not be there yet',
      { 's3:if-none-match': '*', 's3:ObjectCreationOperation': 'true' },
      'implicit-deny',
    ],
    ['a write over whatever is there', { 's3:ObjectCreationOperation': 'true' }, 'deny'],
    // The parts cannot carry the header; the completion is a creation, and has to.
    ['a part of a multipart upload', { 's3:ObjectCreationOperation': 'false' }, 'implicit-deny'],
  ])('%s', (_what, context, verdict) => {
    expect(bucketVerdict('JournalBucketPolicy', role, put, { ...tls, ...context })).toBe(verdict);
  });

  test('sends everybody away who comes without TLS', () => {
    const plain = { 'aws:SecureTransport': 'false', 's3:if-none-match': '*' };
    expect(bucketVerdict('JournalBucketPolicy', role, put, plain)).toBe('deny');
  });
});
