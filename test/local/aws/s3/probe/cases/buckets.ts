import assert from 'node:assert/strict';
import {
  DeleteBucketCommand,
  DeleteBucketEncryptionCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  DeletePublicAccessBlockCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutObjectLockConfigurationCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { freshName, get, keepVersions, newBucket, type ProbeCase, put, refuses } from '../probe.ts';

function policyFor(
  bucket: string,
  resource = `arn:aws:s3:::${bucket}/*`,
  principal: unknown = undefined,
): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: principal === undefined ? 'Deny' : 'Allow',
        Principal: principal ?? '*',
        Action: 's3:*',
        Resource: resource,
        ...(principal === undefined ? { Condition: { Bool: { 'aws:SecureTransport': 'false' } } } : {}),
      },
    ],
  });
}

async function encryptionOf(s3: S3Client, Bucket: string): Promise<string | undefined> {
  const answer = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
  const rule = answer.ServerSideEncryptionConfiguration?.Rules?.[0];
  return rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm;
}

export const BUCKETS: readonly ProbeCase[] = [
  {
    name: 'a bucket policy is kept, given back and taken away',
    run: async ({ s3 }) => {
      const Bucket = await newBucket(s3);
      await refuses(s3.send(new GetBucketPolicyCommand({ Bucket })), 404, 'NoSuchBucketPolicy');
      // A deny that speaks of plain HTTP would shut out the probe of an endpoint without TLS; none is enforced here.
      const Policy = policyFor(Bucket);
      await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
      const answer = await s3.send(new GetBucketPolicyCommand({ Bucket }));
      assert.deepEqual(JSON.parse(answer.Policy ?? ''), JSON.parse(Policy));
      await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
      await refuses(s3.send(new GetBucketPolicyCommand({ Bucket })), 404, 'NoSuchBucketPolicy');
    },
  },
  {
    name: 'a bucket policy that is none, or of another bucket, is refused',
    run: async ({ s3 }) => {
      const Bucket = await newBucket(s3);
      for (const Policy of [
        '{',
        '{"Version":"2012-10-17"}',
        policyFor(Bucket, 'arn:aws:s3:::another-bucket/*'),
      ])
        await refuses(s3.send(new PutBucketPolicyCommand({ Bucket, Policy })), 400, 'MalformedPolicy');
    },
  },
  {
    name: 'a new bucket blocks public access, and refuses a public policy',
    run: async ({ s3 }) => {
      const Bucket = await newBucket(s3);
      const answer = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
      assert.deepEqual(answer.PublicAccessBlockConfiguration, {
        BlockPublicAcls: true,
        IgnorePublicAcls: true,
        BlockPublicPolicy: true,
        RestrictPublicBuckets: true,
      });
      const Policy = policyFor(Bucket, undefined, '*');
      await refuses(s3.send(new PutBucketPolicyCommand({ Bucket, Policy })), 403, 'AccessDenied');
    },
  },
  {
    name: 'the block of public access is kept as it is put, and can be taken away',
    run: async ({ s3 }) => {
      const Bucket = await newBucket(s3);
      const PublicAccessBlockConfiguration = { BlockPublicAcls: true, BlockPublicPolicy: false };
      await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
      const answer = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
      assert.equal(answer.PublicAccessBlockConfiguration?.BlockPublicPolicy, false);
      await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
      const gone = s3.send(new GetPublicAccessBlockCommand({ Bucket }));
      await refuses(gone, 404, 'NoSuchPublicAccessBlockConfiguration');
    },
  },
  {
    name: 'the encryption of a bucket is given to new objects',
    run: async ({ s3 }) => {
      const Bucket = await newBucket(s3);
      assert.equal(await encryptionOf(s3, Bucket), 'AES256');
      const KMSMasterKeyID = 'arn:aws:kms:us-east-1:123456789012:key/k';
      const Rules = [
        {
          ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID },
          BucketKeyEnabled: true,
        },
      ] as const;
      const ServerSideEncryptionConfiguration = { Rules: [...Rules] };
      await s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration }));
      await put(s3, Bucket, 'k', { Body: 'x' });
      const read = await get(s3, Bucket, 'k');
      assert.deepEqual([read.SSEKMSKeyId, read.BucketKeyEnabled], [KMSMasterKeyID, true]);
      await s3.send(new DeleteBucketEncryptionCommand({ Bucket }));
      assert.equal(await encryptionOf(s3, Bucket), 'AES256');
    },
  },
  {
    name: 'lifecycle rules are kept, and refused when they do nothing',
    run: async ({ s3 }) => {
      const Bucket = await newBucket(s3);
      const read = () => s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
      await refuses(read(), 404, 'NoSuchLifecycleConfiguration');
      const rule = { ID: 'day', Status: 'Enabled', Filter: { Prefix: 'message/' } } as const;
      const write = (Rules: readonly object[]) =>
        s3.send(
          new PutBucketLifecycleConfigurationCommand({
            Bucket,
            LifecycleConfiguration: { Rules: Rules.map((more) => ({ ...rule, ...more })) },
          }),
        );
      await refuses(write([{}]), 400, 'MalformedXML');
      await write([{ Expiration: { Days: 1 }, NoncurrentVersionExpiration: { NoncurrentDays: 1 } }]);
      const [kept] = (await read()).Rules ?? [];
      assert.deepEqual([kept?.Filter?.Prefix, kept?.Expiration?.Days], ['message/', 1]);
    },
  },
  {
    name: 'the Object Lock configuration is kept',
    run: async ({ s3, plain }) => {
      const Bucket = await newBucket(s3, true);
      const read = async () =>
        (await s3.send(new GetObjectLockConfigurationCommand({ Bucket }))).ObjectLockConfiguration;
      assert.deepEqual(await read(), { ObjectLockEnabled: 'Enabled' });
      const ObjectLockConfiguration = {
        ObjectLockEnabled: 'Enabled',
        Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Years: 7 } },
      } as const;
      await s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
      assert.deepEqual(await read(), ObjectLockConfiguration);
      const without = s3.send(new GetObjectLockConfigurationCommand({ Bucket: plain }));
      await refuses(without, 404, 'ObjectLockConfigurationNotFoundError');
    },
  },
  {
    name: 'Object Lock can be had later, by a bucket that keeps versions',
    run: async ({ s3, plain }) => {
      const lock = (Bucket: string) =>
        s3.send(
          new PutObjectLockConfigurationCommand({
            Bucket,
            ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' },
          }),
        );
      await refuses(lock(plain), 409, 'InvalidBucketState');
      const Bucket = await newBucket(s3);
      await keepVersions(s3, Bucket);
      await lock(Bucket);
      await put(s3, Bucket, 'k', { Body: 'x', ObjectLockLegalHoldStatus: 'OFF' });
    },
  },
  {
    name: 'a bucket says its region',
    run: async ({ s3, plain }) => {
      const head = await s3.send(new HeadBucketCommand({ Bucket: plain }));
      const { LocationConstraint } = await s3.send(new GetBucketLocationCommand({ Bucket: plain }));
      assert.equal(head.BucketRegion, LocationConstraint ?? 'us-east-1');
    },
  },
  {
    name: 'a bucket that belongs to somebody else than expected is refused',
    run: async ({ s3, plain }) => {
      const ExpectedBucketOwner = '000000000000';
      await refuses(get(s3, plain, 'k', { ExpectedBucketOwner }), 403, 'AccessDenied');
    },
  },
  {
    name: 'buckets are listed',
    run: async ({ s3, plain, kept }) => {
      const { Buckets } = await s3.send(new ListBucketsCommand({}));
      const names = Buckets?.map(({ Name }) => Name) ?? [];
      assert.ok(names.includes(plain) && names.includes(kept));
    },
  },
  {
    name: 'a bucket goes when it is empty, and not before',
    run: async ({ s3 }) => {
      const Bucket = await newBucket(s3);
      await put(s3, Bucket, 'k', { Body: 'x' });
      await refuses(s3.send(new DeleteBucketCommand({ Bucket })), 409, 'BucketNotEmpty');
      await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
      await s3.send(new DeleteBucketCommand({ Bucket }));
      await refuses(put(s3, Bucket, freshName(), { Body: 'x' }), 404, 'NoSuchBucket');
    },
  },
];
