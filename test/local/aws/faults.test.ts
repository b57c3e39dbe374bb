/** What the real SDK sees of each fault, and what was done all the same. */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { GenerateMacCommand, KMSClient } from '@aws-sdk/client-kms';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { GetRawMessageContentCommand, WorkMailMessageFlowClient } from '@aws-sdk/client-workmailmessageflow';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createFaults } from '../../../local/faults/faults.ts';
import { parseFault } from '../../../local/faults/spec.ts';
import { CLIENT, failure, type Stand, stand } from './stand.ts';

const BUCKET = 'bucket';
const faults = createFaults([]);
let here: Stand;
let s3: S3Client;
beforeAll(async () => {
  here = await stand({ buckets: [BUCKET], faults });
  s3 = client();
});
afterAll(async () => {
  s3.destroy();
  await here.close();
});
beforeEach(() => faults.replace([]));

/** How long an answer is waited for: what hangs costs so much, and a busy machine needs some of it. */
const PATIENCE_MS = 600;

function client(requestTimeout = PATIENCE_MS): S3Client {
  const requestHandler = { requestTimeout, throwOnRequestTimeout: true };
  return new S3Client({
    ...CLIENT,
    endpoint: here.server.url,
    forcePathStyle: true,
    maxAttempts: 1,
    requestHandler,
  });
}

function set(...texts: readonly string[]): void {
  faults.replace(
    texts.map((text) => {
      const spec = parseFault(text);
      if ('why' in spec) throw new Error(spec.why);
      return spec;
    }),
  );
}

const put = (Key: string) =>
  s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'x'.repeat(100_000) }));

async function isThere(key: string): Promise<boolean> {
  faults.replace([]);
  const answer = await fetch(`${here.server.url}/${BUCKET}/${key}`, { method: 'HEAD' });
  return answer.status === 200;
}

describe('a write to S3', () => {
  test.each([
    ['denied', 'AccessDenied', 403, false],
    ['throttle', 'SlowDown', 503, false],
    ['5xx', 'InternalError', 500, false],
    ['5xx-after', 'InternalError', 500, true],
    ['cut', 'TimeoutError', undefined, false],
    ['cut-after', 'TimeoutError', undefined, true],
    ['hang', 'TimeoutError', undefined, false],
    ['hang-after', 'TimeoutError', undefined, true],
  ])('%s', async (fault, name, status, done) => {
    const key = `key-${fault}`;
    set(`s3:PutObject ${fault}`);
    expect(await failure(put(key))).toMatchObject({ name, status });
    expect(await isThere(key)).toBe(done);
  });

  test('waits as long as the latency says', async () => {
    set('s3:PutObject latency=100ms');
    const begun = performance.now();
    await put('late');
    // Timers of Node may be a millisecond early.
    expect(performance.now() - begun).toBeGreaterThan(98);
  });

  test('of another object goes on', async () => {
    set('s3:PutObject denied on=bucket/a*');
    await put('b');
    expect(await failure(put('a'))).toMatchObject({ name: 'AccessDenied' });
  });

  test('is made by the SDK again after a cut', async () => {
    const patient = new S3Client({ ...CLIENT, endpoint: here.server.url, forcePathStyle: true });
    set('s3:PutObject cut-after count=1');
    await patient.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'again', Body: 'x' }));
    expect(faults.struck()).toBe(1);
    patient.destroy();
  });
});

describe('a read', () => {
  test('cut-within gives half of the object', async () => {
    await put('half');
    set('s3:GetObject cut-within');
    const patient = client(10_000);
    const { Body, ContentLength } = await patient.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'half' }));
    expect(ContentLength).toBe(100_000);
    await expect(Body?.transformToByteArray()).rejects.toThrow();
    patient.destroy();
  });
});

describe('each service says it in its own words', () => {
  const ssm = () => new SSMClient({ ...CLIENT, endpoint: here.server.url, maxAttempts: 1 });
  const flow = () => new WorkMailMessageFlowClient({ ...CLIENT, endpoint: here.server.url, maxAttempts: 1 });
  test.each([
    ['denied', 'AccessDeniedException', 400, 403],
    ['throttle', 'ThrottlingException', 400, 429],
    ['5xx', 'InternalServerError', 500, 500],
  ])('%s', async (fault, name, jsonStatus, restStatus) => {
    set(`*:* ${fault}`);
    expect(await failure(ssm().send(new GetParameterCommand({ Name: 'a' })))).toMatchObject({
      name,
      status: jsonStatus,
    });
    const get = flow().send(new GetRawMessageContentCommand({ messageId: 'a' }));
    expect(await failure(get)).toMatchObject({ name, status: restStatus });
  });

  test.each([
    ['denied', 'AccessDenied', 403],
    ['throttle', 'Throttling', 400],
    ['5xx', 'InternalFailure', 500],
  ])('%s, in XML where the service speaks that', async (fault, name, status) => {
    const sts = new STSClient({ ...CLIENT, endpoint: here.server.url, maxAttempts: 1 });
    const stacks = new CloudFormationClient({ ...CLIENT, endpoint: here.server.url, maxAttempts: 1 });
    set(`sts:* ${fault}`, `cloudformation:* ${fault}`);
    const identity = sts.send(new GetCallerIdentityCommand({}));
    expect(await failure(identity)).toMatchObject({ name, status });
    const described = stacks.send(new DescribeStacksCommand({}));
    expect(await failure(described)).toMatchObject({ name, status });
    sts.destroy();
    stacks.destroy();
  });

  test('Lambda has a word of its own for too many calls', async () => {
    const lambda = new LambdaClient({ ...CLIENT, endpoint: here.server.url, maxAttempts: 1 });
    set('lambda:* throttle');
    const call = lambda.send(new InvokeCommand({ FunctionName: 'mailflow' }));
    expect(await failure(call)).toMatchObject({ name: 'TooManyRequestsException', status: 429 });
    lambda.destroy();
  });

  test('the name of a function and of a key tells them apart, however it is given', async () => {
    const lambda = new LambdaClient({ ...CLIENT, endpoint: here.server.url, maxAttempts: 1 });
    const kms = new KMSClient({ ...CLIENT, endpoint: here.server.url, maxAttempts: 1 });
    set('lambda:Invoke denied on=mailflow', 'kms:* denied on=alias/mark');
    const FunctionName = 'arn:aws:lambda:us-east-1:123456789012:function:mailflow';
    for (const name of [FunctionName, 'mailflow'])
      expect(await failure(lambda.send(new InvokeCommand({ FunctionName: name })))).toMatchObject({
        name: 'AccessDeniedException',
      });
    const mac = (KeyId: string) =>
      failure(
        kms.send(new GenerateMacCommand({ KeyId, MacAlgorithm: 'HMAC_SHA_256', Message: Buffer.from('x') })),
      );
    expect((await mac('alias/mark')).name).toBe('AccessDeniedException');
    expect((await mac('alias/other')).name).toBe('NotFoundException');
    lambda.destroy();
    kms.destroy();
  });

  test('the name of a parameter tells them apart', async () => {
    set('ssm:GetParameter denied on=secret');
    expect(await failure(ssm().send(new GetParameterCommand({ Name: 'secret' })))).toMatchObject({
      name: 'AccessDeniedException',
    });
    expect(await failure(ssm().send(new GetParameterCommand({ Name: 'other' })))).toMatchObject({
      name: 'ParameterNotFound',
    });
  });
});
