import {
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  ListStackResourcesCommand,
  ListStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetFunctionCommand } from '@aws-sdk/client-lambda';
import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetObjectLockConfigurationCommand,
} from '@aws-sdk/client-s3';
import {
  CreateEmailIdentityCommand,
  DeleteEmailIdentityCommand,
  GetAccountCommand,
  GetEmailIdentityCommand,
  ListEmailIdentitiesCommand,
} from '@aws-sdk/client-sesv2';
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import {
  DescribeInboundDmarcSettingsCommand,
  DescribeOrganizationCommand,
  GetMailDomainCommand,
  ListMailDomainsCommand,
  ListOrganizationsCommand,
  ListResourcesCommand,
  PutInboundDmarcSettingsCommand,
} from '@aws-sdk/client-workmail';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failure } from '../stand.ts';
import { ACCOUNT, ORGANIZATION, type TestAccount, testAccount } from './account.ts';

const OrganizationId = ORGANIZATION;

let account: TestAccount;
beforeAll(async () => {
  account = await testAccount();
});
afterAll(() => account?.close());

test('STS says who asks, and nothing else', async () => {
  expect(await account.sts.send(new GetCallerIdentityCommand({}))).toMatchObject({ Account: ACCOUNT });
  const assume = account.sts.send(
    new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${ACCOUNT}:role/r`, RoleSessionName: 's1' }),
  );
  expect(await failure(assume)).toMatchObject({ name: 'InvalidAction', status: 400 });
});

describe('WorkMail', () => {
  test('describes the organization and its domains', async () => {
    const described = await account.workmail.send(new DescribeOrganizationCommand({ OrganizationId }));
    expect(described).toMatchObject({
      Alias: 'example',
      State: 'Active',
      ARN: `arn:aws:workmail:us-east-1:${ACCOUNT}:organization/${ORGANIZATION}`,
    });
    const { MailDomains } = await account.workmail.send(new ListMailDomainsCommand({ OrganizationId }));
    expect(MailDomains?.map(({ DomainName }) => DomainName)).toEqual(['example.com', 'example.awsapps.com']);
    const domain = new GetMailDomainCommand({ OrganizationId, DomainName: 'example.com' });
    expect(await account.workmail.send(domain)).toMatchObject({ OwnershipVerificationStatus: 'VERIFIED' });
    const { OrganizationSummaries } = await account.workmail.send(new ListOrganizationsCommand({}));
    expect(OrganizationSummaries).toHaveLength(1);
  });

  test('knows no other organization and no other domain', async () => {
    const other = { OrganizationId: 'm-ffffffffffffffffffffffffffffffff' };
    expect(await failure(account.workmail.send(new DescribeOrganizationCommand(other)))).toMatchObject({
      name: 'OrganizationNotFoundException',
    });
    const strange = new GetMailDomainCommand({ OrganizationId, DomainName: 'other.example' });
    expect(await failure(account.workmail.send(strange))).toMatchObject({
      name: 'MailDomainNotFoundException',
    });
  });

  test('refuses by name what it does not play', async () => {
    expect(await failure(account.workmail.send(new ListResourcesCommand({ OrganizationId })))).toMatchObject({
      name: 'UnknownOperationException',
      message: expect.stringContaining('ListResources'),
    });
  });

  test('switches its own DMARC enforcement', async () => {
    const enforced = async () =>
      (await account.workmail.send(new DescribeInboundDmarcSettingsCommand({ OrganizationId }))).Enforced;
    expect(await enforced()).toBe(false);
    await account.workmail.send(new PutInboundDmarcSettingsCommand({ OrganizationId, Enforced: true }));
    expect(await enforced()).toBe(true);
    await account.workmail.send(new PutInboundDmarcSettingsCommand({ OrganizationId, Enforced: false }));
  });
});

describe('CloudFormation', () => {
  const StackName = 'mailroom';

  test('has the stack of template.yaml under the names that its parts have here', async () => {
    const { Stacks } = await account.cloudformation.send(new DescribeStacksCommand({ StackName }));
    expect(Stacks).toMatchObject([{ StackStatus: 'CREATE_COMPLETE' }]);
    const parameter = (key: string) =>
      Stacks?.[0]?.Parameters?.find(({ ParameterKey }) => ParameterKey === key)?.ParameterValue;
    expect([parameter('OrganizationId'), parameter('Mode')]).toEqual([ORGANIZATION, 'enforce']);
    const { StackResourceSummaries = [] } = await account.cloudformation.send(
      new ListStackResourcesCommand({ StackName }),
    );
    const physical = (id: string) =>
      StackResourceSummaries.find(({ LogicalResourceId }) => LogicalResourceId === id)?.PhysicalResourceId;
    expect([physical('Mailflow'), physical('RewriteBucket')]).toEqual(['mailflow', 'mailroom-rewrite']);
    const { StackResources } = await account.cloudformation.send(
      new DescribeStackResourcesCommand({ StackName }),
    );
    expect(StackResources).toHaveLength(StackResourceSummaries.length);
    const { TemplateBody } = await account.cloudformation.send(new GetTemplateCommand({ StackName }));
    expect(TemplateBody).toContain('AWS::Serverless-2016-10-31');
  });

  test('has no other stack, and nothing that it does not play', async () => {
    const other = new DescribeStacksCommand({ StackName: 'other' });
    expect(await failure(account.cloudformation.send(other))).toMatchObject({
      name: 'ValidationError',
      message: expect.stringContaining('does not exist'),
    });
    expect(await failure(account.cloudformation.send(new ListStacksCommand({})))).toMatchObject({
      name: 'InvalidAction',
    });
  });

  test('has given the buckets what the template says of them', async () => {
    const { s3 } = account.stand;
    const { Policy = '' } = await s3.send(new GetBucketPolicyCommand({ Bucket: 'mailroom-rewrite' }));
    expect(Policy).toContain(`message/${ORGANIZATION}/*`);
    const { Rules } = await s3.send(
      new GetBucketLifecycleConfigurationCommand({ Bucket: 'mailroom-rewrite' }),
    );
    expect(Rules?.some(({ Expiration }) => Expiration?.Days === 1)).toBe(true);
    const lock = await s3.send(new GetObjectLockConfigurationCommand({ Bucket: 'mailroom-journal' }));
    expect(lock.ObjectLockConfiguration?.Rule?.DefaultRetention).toMatchObject({ Mode: 'GOVERNANCE' });
  });
});

describe('SES', () => {
  const EmailIdentity = 'example.awsapps.com';

  test('has the domains and that of WorkMail, until somebody deletes it', async () => {
    const { EmailIdentities } = await account.ses.send(new ListEmailIdentitiesCommand({}));
    expect(EmailIdentities?.map(({ IdentityName }) => IdentityName)).toEqual(['example.com', EmailIdentity]);
    await account.ses.send(new DeleteEmailIdentityCommand({ EmailIdentity }));
    expect(await failure(account.ses.send(new GetEmailIdentityCommand({ EmailIdentity })))).toMatchObject({
      name: 'NotFoundException',
      status: 404,
    });
    await account.ses.send(new CreateEmailIdentityCommand({ EmailIdentity }));
    expect(await account.ses.send(new GetEmailIdentityCommand({ EmailIdentity }))).toMatchObject({
      VerificationStatus: 'SUCCESS',
    });
    expect(await failure(account.ses.send(new GetAccountCommand({})))).toMatchObject({
      name: 'UnknownOperationException',
    });
  });
});

test('another region holds nothing of it', async () => {
  const there = await testAccount({ region: 'eu-west-1' });
  expect(
    await failure(there.workmail.send(new DescribeOrganizationCommand({ OrganizationId }))),
  ).toMatchObject({
    name: 'OrganizationNotFoundException',
  });
  expect(
    await failure(there.lambda.send(new GetFunctionCommand({ FunctionName: 'mailflow' }))),
  ).toMatchObject({
    name: 'ResourceNotFoundException',
  });
  expect((await there.logs.send(new DescribeLogGroupsCommand({}))).logGroups).toEqual([]);
  await there.close();
});

test('a restart finds what was changed; a new deployment begins anew', async () => {
  const enforced = async (one: TestAccount) =>
    (await one.workmail.send(new DescribeInboundDmarcSettingsCommand({ OrganizationId }))).Enforced;
  const first = await testAccount();
  await first.workmail.send(new PutInboundDmarcSettingsCommand({ OrganizationId, Enforced: true }));
  await first.close();
  const { dataDir } = first;
  const second = await testAccount({ dataDir });
  expect(await enforced(second)).toBe(true);
  await second.close();
  const changed = await testAccount({
    dataDir,
    change: (text) => text.replace('  - example.com\n', '  - example.com\n  - example.net\n'),
  });
  expect(await enforced(changed)).toBe(false);
  await changed.close();
});
