/** What people break, how they break it, and the one finding that names it. */
import {
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { AddPermissionCommand, type LambdaClient, RemovePermissionCommand } from '@aws-sdk/client-lambda';
import {
  DeleteBucketLifecycleCommand,
  DeleteBucketPolicyCommand,
  DeletePublicAccessBlockCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetObjectLockConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutObjectLockConfigurationCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import { CreateEmailIdentityCommand, DeleteEmailIdentityCommand } from '@aws-sdk/client-sesv2';
import {
  CreateAvailabilityConfigurationCommand,
  DeleteAvailabilityConfigurationCommand,
  PutInboundDmarcSettingsCommand,
} from '@aws-sdk/client-workmail';
import { expect } from 'vitest';
import { type Case, type Change, TOLD_CASES } from './told-cases.ts';
import { ACCOUNT, ORGANIZATION, REGION } from './world.ts';

const ORGANIZATION_ARN = `arn:aws:workmail:${REGION}:${ACCOUNT}:organization/${ORGANIZATION}`;
const PRINCIPAL = `workmail.${REGION}.amazonaws.com`;
const LOG_GROUP = '/aws/workmail/emailevents/example';
const MAILFLOW_RIGHT = 'mailroom-MailflowInvokeRight';
const BUCKET = 'mailroom-rewrite';
const JOURNAL = 'mailroom-journal';

/** Puts another policy on the bucket: the deployed one, changed as text. */
function changedBucketPolicy(change: (text: string) => string): Change {
  return async ({ s3 }) => {
    const { Policy = '' } = await s3.send(new GetBucketPolicyCommand({ Bucket: BUCKET }));
    const put = (text: string) => s3.send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy: text }));
    const changed = change(Policy);
    expect(changed).not.toBe(Policy);
    await put(changed);
    return () => put(Policy);
  };
}

function addRight(
  lambda: LambdaClient,
  right: { readonly arn?: string; readonly account?: string; readonly principal?: string },
) {
  return lambda.send(
    new AddPermissionCommand({
      FunctionName: 'mailflow',
      StatementId: MAILFLOW_RIGHT,
      Action: 'lambda:InvokeFunction',
      Principal: right.principal ?? PRINCIPAL,
      SourceArn: right.arn,
      SourceAccount: right.account,
    }),
  );
}

function removeRight(lambda: LambdaClient) {
  return lambda.send(new RemovePermissionCommand({ FunctionName: 'mailflow', StatementId: MAILFLOW_RIGHT }));
}

/** Gives WorkMail another right to call mailflow; none at all without `right`. */
function changedRight(right?: {
  readonly arn?: string;
  readonly account?: string;
  readonly principal?: string;
}): Change {
  return async ({ lambda }) => {
    await removeRight(lambda);
    if (right !== undefined) await addRight(lambda, right);
    return async () => {
      if (right !== undefined) await removeRight(lambda);
      await addRight(lambda, { arn: ORGANIZATION_ARN, account: ACCOUNT });
    };
  };
}

/** Statement conditions out of a policy's text, as a careless hand would take them out. */
function withoutConditions(text: string, key: string): string {
  const document = JSON.parse(text, (name, value: unknown) => (name === key ? undefined : value));
  return JSON.stringify(document);
}

export const CASES: readonly Case[] = [
  {
    name: 'the bucket policy is deleted',
    change: async ({ s3 }) => {
      const { Policy } = await s3.send(new GetBucketPolicyCommand({ Bucket: BUCKET }));
      await s3.send(new DeleteBucketPolicyCommand({ Bucket: BUCKET }));
      return () => s3.send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy }));
    },
    red: ['fail bucket-read (mailroom-rewrite)'],
    meaning: /InvalidContentLocation/,
  },
  {
    name: 'the bucket policy does not ask for TLS',
    change: changedBucketPolicy((text) =>
      withoutConditions(text, 'aws:SecureTransport')
        .replace(/"Bool":\{\},?/g, '')
        .replaceAll('"Effect":"Deny"', '"Effect":"Allow"')
        .replaceAll('"Principal":"*"', '"Principal":{"AWS":"123456789012"}')
        .replaceAll(',"Condition":{}', ''),
    ),
    red: ['fail bucket-tls (mailroom-rewrite)'],
    meaning: /without encryption/,
  },
  {
    name: 'the bucket policy is that of another organization',
    change: changedBucketPolicy((text) =>
      text.replaceAll(ORGANIZATION, 'm-ffffffffffffffffffffffffffffffff'),
    ),
    red: ['fail bucket-read (mailroom-rewrite)'],
    meaning: /cannot read it/,
  },
  {
    name: 'the bucket policy lets every organization in',
    change: changedBucketPolicy((text) => text.replaceAll(`message/${ORGANIZATION}/*`, 'message/*')),
    red: ['fail bucket-organization (mailroom-rewrite)'],
    meaning: /other organizations/,
  },
  {
    name: 'public access to the bucket is not blocked',
    change: async ({ s3 }) => {
      await s3.send(new DeletePublicAccessBlockCommand({ Bucket: BUCKET }));
      const all = {
        BlockPublicAcls: true,
        IgnorePublicAcls: true,
        BlockPublicPolicy: true,
        RestrictPublicBuckets: true,
      };
      return () =>
        s3.send(new PutPublicAccessBlockCommand({ Bucket: BUCKET, PublicAccessBlockConfiguration: all }));
    },
    red: ['fail bucket-public (mailroom-rewrite)'],
    meaning: /not blocked/,
  },
  {
    name: 'the lifecycle rules of the bucket are deleted',
    change: async ({ s3 }) => {
      const { Rules } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: BUCKET }));
      await s3.send(new DeleteBucketLifecycleCommand({ Bucket: BUCKET }));
      const LifecycleConfiguration = { Rules };
      return () =>
        s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket: BUCKET, LifecycleConfiguration }));
    },
    red: ['warn bucket-expiry (mailroom-rewrite)'],
    meaning: /copies of mail gather/,
  },
  {
    name: 'the right to invoke is removed',
    change: changedRight(),
    red: ['fail invoke-right (mailflow)'],
    meaning: /may not call it/,
  },
  {
    name: "the right to invoke is of another region's WorkMail",
    change: changedRight({
      arn: ORGANIZATION_ARN,
      account: ACCOUNT,
      principal: 'workmail.eu-west-1.amazonaws.com',
    }),
    red: ['fail invoke-right (mailflow)'],
    meaning: /may not call it/,
  },
  {
    name: 'the right to invoke names no account',
    change: changedRight({ arn: ORGANIZATION_ARN }),
    red: ['fail invoke-pinned (mailflow)'],
    meaning: /does not name the account/,
  },
  {
    name: 'the right to invoke names neither account nor organization',
    change: changedRight({}),
    red: ['fail invoke-pinned (mailflow)'],
    meaning: /neither account nor organization/,
  },
  {
    name: 'the right to invoke is for every organization',
    change: changedRight({ arn: `arn:aws:workmail:${REGION}:${ACCOUNT}:organization/*`, account: ACCOUNT }),
    red: ['warn invoke-pinned (mailflow)'],
    meaning: /Every organization of this account/,
  },
  {
    name: "WorkMail's own DMARC enforcement is on",
    change: async ({ workmail }) => {
      const put = (Enforced: boolean) =>
        workmail.send(new PutInboundDmarcSettingsCommand({ OrganizationId: ORGANIZATION, Enforced }));
      await put(true);
      return () => put(false);
    },
    red: [`fail builtin-dmarc (${ORGANIZATION})`],
    meaning: /before any rule/,
  },
  {
    name: 'the availability configuration is deleted',
    change: async ({ workmail }) => {
      const domain = { OrganizationId: ORGANIZATION, DomainName: 'partner.example' };
      await workmail.send(new DeleteAvailabilityConfigurationCommand(domain));
      const LambdaProvider = { LambdaArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:availability` };
      return () => workmail.send(new CreateAvailabilityConfigurationCommand({ ...domain, LambdaProvider }));
    },
    red: ['fail availability-configured (partner.example)'],
    meaning: /no free\/busy times/,
  },
  {
    name: 'the availability configuration names a function that is not there',
    change: async ({ workmail }) => {
      const domain = { OrganizationId: ORGANIZATION, DomainName: 'partner.example' };
      const create = async (name: string) => {
        await workmail.send(new DeleteAvailabilityConfigurationCommand(domain));
        const LambdaProvider = { LambdaArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}` };
        await workmail.send(new CreateAvailabilityConfigurationCommand({ ...domain, LambdaProvider }));
      };
      await create('elsewhere');
      return () => create('availability');
    },
    red: ['warn availability-configured (partner.example)', 'fail availability-test (partner.example)'],
    meaning: /another function/,
  },
  {
    name: 'the record of awsapps.com is deleted from SES',
    change: async ({ ses }) => {
      await ses.send(new DeleteEmailIdentityCommand({ EmailIdentity: 'example.awsapps.com' }));
      return () => ses.send(new CreateEmailIdentityCommand({ EmailIdentity: 'example.awsapps.com' }));
    },
    red: ['fail awsapps-identity (example.awsapps.com)'],
    meaning: /journaling stops/,
  },
  {
    name: 'a domain is not verified',
    change: async ({ ses }) => {
      await ses.send(new DeleteEmailIdentityCommand({ EmailIdentity: 'example.com' }));
      return () => ses.send(new CreateEmailIdentityCommand({ EmailIdentity: 'example.com' }));
    },
    red: ['fail domain-verified (example.com)'],
    meaning: /not verified/,
  },
  {
    name: 'the event log is kept for a day',
    change: async ({ logs }) => {
      const keep = (retentionInDays: number) =>
        logs.send(new PutRetentionPolicyCommand({ logGroupName: LOG_GROUP, retentionInDays }));
      await keep(1);
      return () => keep(30);
    },
    red: [`fail event-log-retention (${LOG_GROUP})`],
    meaning: /1 day/,
  },
  {
    name: 'the log group is deleted',
    change: async ({ logs }) => {
      await logs.send(new DeleteLogGroupCommand({ logGroupName: LOG_GROUP }));
      return async () => {
        await logs.send(new CreateLogGroupCommand({ logGroupName: LOG_GROUP }));
        await logs.send(new PutRetentionPolicyCommand({ logGroupName: LOG_GROUP, retentionInDays: 30 }));
      };
    },
    red: [
      'unknown rule-fired (inbound rule "mailflow")',
      'unknown rule-fired (outbound rule "mailflow")',
      `fail event-log-group (${LOG_GROUP} or /aws/workmail/events/example)`,
    ],
    meaning: /no such log group|Without the event log/,
  },
  {
    name: 'the journal bucket locks no new records',
    change: async ({ s3 }) => {
      const before = await s3.send(new GetObjectLockConfigurationCommand({ Bucket: JOURNAL }));
      const put = (configuration: typeof before.ObjectLockConfiguration) =>
        s3.send(
          new PutObjectLockConfigurationCommand({ Bucket: JOURNAL, ObjectLockConfiguration: configuration }),
        );
      await put({ ObjectLockEnabled: 'Enabled' });
      return () => put(before.ObjectLockConfiguration);
    },
    red: ['fail journal-lock (mailroom-journal)'],
    meaning: /without a default retention/,
  },
  ...TOLD_CASES,
];
