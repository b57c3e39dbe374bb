/**
 * The promises of S3 that Mailroom lives on, as cases that run with the real SDK against any endpoint. A case throws when
 * the promise is broken. `run.ts` runs them by hand, `probe.test.ts` against the stand-in and its broken twins.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';

/** What the cases share: they write under keys of their own. */
export interface Buckets {
  readonly plain: string;
  /** Keeps versions. */
  readonly kept: string;
  /** Made with Object Lock. */
  readonly locked: string;
}

export interface Probe extends Buckets {
  readonly s3: S3Client;
}

export interface ProbeCase {
  readonly name: string;
  readonly run: (probe: Probe) => Promise<void>;
}

export function clientFor(endpoint: string): S3Client {
  return new S3Client({
    endpoint,
    region: process.env['AWS_REGION'] ?? 'us-east-1',
    credentials: {
      accessKeyId: process.env['AWS_ACCESS_KEY_ID'] ?? 'probe',
      secretAccessKey: process.env['AWS_SECRET_ACCESS_KEY'] ?? 'probe',
    },
    forcePathStyle: true,
    // A broken promise must not be hidden by a second try.
    maxAttempts: 1,
  });
}

export function freshName(): string {
  return randomUUID().replaceAll('-', '');
}

export async function newBucket(s3: S3Client, ObjectLockEnabledForBucket = false): Promise<string> {
  const Bucket = `probe-${freshName()}`;
  await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket }));
  return Bucket;
}

export async function keepVersions(
  s3: S3Client,
  Bucket: string,
  Status: 'Enabled' | 'Suspended' = 'Enabled',
) {
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
}

export async function makeBuckets(s3: S3Client): Promise<Buckets> {
  const plain = await newBucket(s3);
  const kept = await newBucket(s3);
  await keepVersions(s3, kept);
  return { plain, kept, locked: await newBucket(s3, true) };
}

export function put(
  s3: S3Client,
  Bucket: string,
  Key: string,
  input: Omit<PutObjectCommandInput, 'Bucket' | 'Key'>,
) {
  return s3.send(new PutObjectCommand({ Bucket, Key, ...input }));
}

export function get(
  s3: S3Client,
  Bucket: string,
  Key: string,
  input: Omit<GetObjectCommandInput, 'Bucket' | 'Key'> = {},
) {
  return s3.send(new GetObjectCommand({ Bucket, Key, ...input }));
}

export async function bytesOf(
  s3: S3Client,
  Bucket: string,
  Key: string,
  VersionId?: string,
): Promise<Buffer> {
  const { Body } = await get(s3, Bucket, Key, { VersionId });
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

export async function textOf(s3: S3Client, Bucket: string, Key: string, VersionId?: string): Promise<string> {
  return (await bytesOf(s3, Bucket, Key, VersionId)).toString();
}

/** The service has to refuse, with this status and (unless it has no body to say so) this code. */
export async function refuses(
  sent: Promise<unknown>,
  status: number,
  code?: string,
): Promise<S3ServiceException> {
  const error = await sent.then(
    () => assert.fail(`expected the service to refuse with ${status} ${code ?? ''}`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof S3ServiceException)) throw error;
  assert.equal(error.$metadata.httpStatusCode, status);
  if (code !== undefined) assert.equal(error.name, code);
  return error;
}

/** How many of the writers got through. */
export async function winners(sent: readonly Promise<unknown>[]): Promise<number[]> {
  const results = await Promise.allSettled(sent);
  return results.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []));
}
