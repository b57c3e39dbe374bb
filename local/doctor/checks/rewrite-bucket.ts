/** The bucket that rewritten messages are handed over in: WorkMail must be able to read it, and nobody else. */
import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
} from '@aws-sdk/client-s3';
import { evaluate, type PolicyDocument, readPolicyDocument } from '../../iam/evaluate.ts';
import { type Asked, ask } from '../ask.ts';
import type { Clients } from '../clients.ts';
import { putBucketPolicy, putLifecycle } from '../commands.ts';
import { type Deployed, settingsOf, settingsUnknown } from '../deployed.ts';
import { type Finding, fail, ok, unasked, unknown, warn } from '../finding.ts';
import { checkPublicAccess } from './public-access.ts';

/** An account and an organization that nobody has. */
const STRANGER_ACCOUNT = '000000000000';
const STRANGER = 'm-00000000000000000000000000000000';
/** A key as handlers/edge/steps/replace.ts makes them. */
const KEY = 'rewritten/0/0';

interface Reading {
  readonly account: string;
  readonly organizationId: string;
  readonly tls: boolean;
}

/** Whether WorkMail gets a message from the bucket, and the version of it that a Put names. */
function mayRead(
  documents: readonly PolicyDocument[],
  bucket: string,
  region: string,
  reading: Reading,
): boolean {
  const { account, organizationId, tls } = reading;
  const context = {
    'aws:SourceAccount': account,
    'aws:SourceArn': `arn:aws:workmailmessageflow:${region}:${account}:message/${organizationId}/incoming/0`,
    'aws:SecureTransport': String(tls),
  };
  return ['s3:GetObject', 's3:GetObjectVersion'].every((action) => {
    const principal = { kind: 'service', name: `workmail.${region}.amazonaws.com` } as const;
    const resource = `arn:aws:s3:::${bucket}/${KEY}`;
    return evaluate(documents, { principal, action, resource, context }).effect === 'allow';
  });
}

function checkPolicy(
  documents: readonly PolicyDocument[],
  bucket: string,
  { region, organizationId }: Deployed,
  account: string,
): readonly Finding[] {
  const right: Reading = { account, organizationId, tls: true };
  const mend = putBucketPolicy({ bucket, region, account, organizationId });
  const may = (reading: Reading) => mayRead(documents, bucket, region, reading);
  const closed = (
    id: 'bucket-tls' | 'bucket-organization' | 'bucket-account',
    reading: Reading,
    who: string,
  ): Finding =>
    may(reading)
      ? fail(id, bucket, `WorkMail reads messages from it ${who}.`, mend)
      : ok(id, bucket, `WorkMail cannot read it ${who}.`);
  return [
    may(right)
      ? ok('bucket-read', bucket, 'WorkMail can read the messages that Mailroom puts there.')
      : fail(
          'bucket-read',
          bucket,
          'WorkMail cannot read it: every change to a message fails with InvalidContentLocation, and mail is delivered unchanged.',
          mend,
        ),
    closed('bucket-tls', { ...right, tls: false }, 'without encryption on the way'),
    closed('bucket-organization', { ...right, organizationId: STRANGER }, 'for other organizations'),
    closed('bucket-account', { ...right, account: STRANGER_ACCOUNT }, 'for other accounts'),
  ];
}

const POLICY_IDS = ['bucket-read', 'bucket-tls', 'bucket-organization', 'bucket-account'] as const;

async function readPolicies(clients: Clients, bucket: string): Promise<Asked<readonly PolicyDocument[]>> {
  const asked = await ask('s3:GetBucketPolicy', async (abortSignal) => {
    const { Policy } = await clients.s3.send(new GetBucketPolicyCommand({ Bucket: bucket }), { abortSignal });
    return [readPolicyDocument(JSON.parse(Policy ?? '{}'))];
  });
  // A bucket without a policy is one that lets nobody in.
  return asked.kind === 'absent' && asked.why === 'NoSuchBucketPolicy'
    ? { kind: 'answer', value: [] }
    : asked;
}

async function checkPlace(clients: Clients, bucket: string, { region, account }: Deployed): Promise<Finding> {
  const located = await ask('s3:GetBucketLocation', async (abortSignal) => {
    const input = { Bucket: bucket, ...(account === undefined ? {} : { ExpectedBucketOwner: account }) };
    const { LocationConstraint } = await clients.s3.send(new GetBucketLocationCommand(input), {
      abortSignal,
    });
    // S3's first region has no name there, and Ireland may have an old one.
    if (LocationConstraint === undefined || String(LocationConstraint) === '') return 'us-east-1';
    return LocationConstraint === 'EU' ? 'eu-west-1' : String(LocationConstraint);
  });
  if (located.kind === 'absent')
    return fail(
      'bucket-place',
      bucket,
      'There is no such bucket.',
      `Make it again (aws s3api create-bucket --bucket ${bucket}), then run this again: it prints what is missing.`,
    );
  if (located.kind !== 'answer') return unasked('bucket-place', bucket, located);
  if (located.value === region)
    return ok('bucket-place', bucket, `It is in ${region}, as the organization is.`);
  return fail(
    'bucket-place',
    bucket,
    `It is in ${located.value}, the organization in ${region}: WorkMail reads buckets of its own region only.`,
    `Deploy the stack in ${region}.`,
  );
}

async function checkExpiry(clients: Clients, bucket: string): Promise<Finding> {
  const asked = await ask('s3:GetLifecycleConfiguration', async (abortSignal) => {
    const command = new GetBucketLifecycleConfigurationCommand({ Bucket: bucket });
    return (await clients.s3.send(command, { abortSignal })).Rules ?? [];
  });
  if (asked.kind !== 'answer' && asked.kind !== 'absent') return unasked('bucket-expiry', bucket, asked);
  const rules = asked.kind === 'answer' ? asked.value.filter(({ Status }) => Status === 'Enabled') : [];
  const expires = rules.some(({ Expiration }) => Expiration?.Days !== undefined);
  const forgets = rules.some(({ NoncurrentVersionExpiration }) => NoncurrentVersionExpiration !== undefined);
  if (expires && forgets) return ok('bucket-expiry', bucket, 'What is put there goes again by itself.');
  return warn(
    'bucket-expiry',
    bucket,
    'What is put there stays: copies of mail gather in it.',
    putLifecycle(bucket),
  );
}

async function checkBucket(
  clients: Clients,
  bucket: string,
  deployed: Deployed,
): Promise<readonly Finding[]> {
  const [place, policies, open, expiry] = await Promise.all([
    checkPlace(clients, bucket, deployed),
    readPolicies(clients, bucket),
    checkPublicAccess(clients, 'bucket-public', bucket),
    checkExpiry(clients, bucket),
  ]);
  const { account } = deployed;
  if (policies.kind !== 'answer')
    return [place, ...POLICY_IDS.map((id) => unasked(id, bucket, policies)), open, expiry];
  if (account === undefined)
    return [place, unknown('bucket-read', bucket, 'The account is not known.', 'Mend "organization" first.')];
  return [place, ...checkPolicy(policies.value, bucket, deployed, account), open, expiry];
}

/** Functions that hand messages over there; to the others the bucket is only the place of the policy's copy. */
const REWRITING: ReadonlySet<string> = new Set(['Mailflow', 'Rewrite']);

export async function checkRewriteBucket(clients: Clients, deployed: Deployed): Promise<readonly Finding[]> {
  const functions = deployed.functions.filter(({ logicalId }) => REWRITING.has(logicalId));
  const buckets = settingsOf(functions, 'MAILROOM_REWRITE_BUCKET');
  const denied = settingsUnknown(functions);
  if (buckets.length === 0 && denied !== undefined)
    return [unasked('bucket-read', 'MAILROOM_REWRITE_BUCKET', denied)];
  return (await Promise.all(buckets.map((bucket) => checkBucket(clients, bucket, deployed)))).flat();
}
