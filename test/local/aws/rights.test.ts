/** template.yaml as the stand-in enforces it: each function may make the calls that it makes, and no others. */
import { readFileSync } from 'node:fs';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import {
  GetRawMessageContentCommand,
  PutRawMessageContentCommand,
  WorkMailMessageFlowClient,
} from '@aws-sdk/client-workmailmessageflow';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { deployBuckets } from '../../../local/aws/control/buckets.ts';
import { resolveStack } from '../../../local/aws/control/stack.ts';
import { rightsOfFunctions } from '../../../local/iam/function-rights.ts';
import { accessKeyId } from '../../../local/lambda/environment.ts';
import type { InTransit } from '../../../local/types.ts';
import { CLIENT, failure, type Stand, stand } from './stand.ts';

const ORGANIZATION = 'm-0123456789abcdef0123456789abcdef';
const HANDLERS = ['mailflow', 'rewrite', 'dmarc', 'journal', 'availability', 'reports'];
const functions = HANDLERS.map((name) => ({ name, handler: name, timeoutMs: 15_000, memoryMb: 512 }));
const BUCKETS = { RewriteBucket: 'mailroom-rewrite', JournalBucket: 'mailroom-journal' };
const MESSAGE = Buffer.from('From: a@example.com\r\nSubject: x\r\n\r\nbody\r\n');

function stackOf(id: string) {
  const template = readFileSync(new URL('../../../template.yaml', import.meta.url), 'utf8');
  const organization = {
    id,
    region: 'us-east-1',
    account: '123456789012',
    domains: ['example.com'],
    functions,
  };
  return resolveStack({ template, organization, buckets: BUCKETS });
}

const inTransit: InTransit = {
  get: async () => MESSAGE,
  put: async () => 'stored',
  describe: async (id) => ({
    direction: id.startsWith('out') ? 'outbound' : 'inbound',
    original: async () => MESSAGE,
  }),
};

async function open(rightsFor: string): Promise<Stand> {
  const deployed = stackOf(ORGANIZATION);
  return stand({
    inTransit,
    organization: ORGANIZATION,
    rights: rightsOfFunctions(stackOf(rightsFor), functions),
    deploy: (ground) => deployBuckets(ground, deployed),
    secrets: {
      parameters: new Map([['mailroom-mark-key', { type: 'SecureString', value: 'k'.repeat(64) }]]),
    },
  });
}

function clients(here: Stand, name: string) {
  const credentials = { accessKeyId: accessKeyId(name), secretAccessKey: 'x' };
  const common = { ...CLIENT, credentials, endpoint: here.server.url, maxAttempts: 1 };
  const s3 = new S3Client({ ...common, forcePathStyle: true });
  const flow = new WorkMailMessageFlowClient(common);
  const ssm = new SSMClient(common);
  const put = (Bucket: string, Key: string, IfNoneMatch?: string) =>
    s3.send(
      new PutObjectCommand({
        Bucket,
        Key,
        Body: MESSAGE,
        ...(IfNoneMatch === undefined ? {} : { IfNoneMatch }),
      }),
    );
  return {
    s3,
    put,
    get: (messageId: string) => flow.send(new GetRawMessageContentCommand({ messageId })),
    async replace(messageId: string) {
      const content = { s3Reference: { bucket: BUCKETS.RewriteBucket, key: 'rewritten/1' } };
      return flow.send(new PutRawMessageContentCommand({ messageId, content }));
    },
    head: (Key: string) => s3.send(new HeadObjectCommand({ Bucket: BUCKETS.JournalBucket, Key })),
    read: (Key: string) => s3.send(new GetObjectCommand({ Bucket: BUCKETS.RewriteBucket, Key })),
    remove: (Bucket: string, Key: string) => s3.send(new DeleteObjectCommand({ Bucket, Key })),
    parameter: (Name: string) => ssm.send(new GetParameterCommand({ Name, WithDecryption: true })),
  };
}

let here: Stand;
const administratorPolicies = new Map<string, string>();
beforeAll(async () => {
  here = await open(ORGANIZATION);
});
afterAll(() => here.close());
afterEach(async () => {
  for (const [Bucket, Policy] of administratorPolicies)
    await here.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  administratorPolicies.clear();
});

describe('the reports to the owners of domains', () => {
  test('mailflow leaves what it saw, and cannot read it again', async () => {
    const mailflow = clients(here, 'mailflow');
    await mailflow.put(BUCKETS.RewriteBucket, 'observed/2026-11-20/bank.example/1.json', '*');
    const read = await failure(mailflow.read('observed/2026-11-20/bank.example/1.json'));
    expect(read).toMatchObject({ name: 'AccessDenied' });
  });

  test('their function reads that, writes its own, lists both, and touches no mail', async () => {
    const reports = clients(here, 'reports');
    await reports.read('observed/2026-11-20/bank.example/1.json');
    await reports.put(BUCKETS.RewriteBucket, 'reports/done/2026-11-20/bank.example.json');
    await reports.read('reports/done/2026-11-20/bank.example.json');
    const list = (Prefix: string) =>
      reports.s3.send(new ListObjectsV2Command({ Bucket: BUCKETS.RewriteBucket, Prefix }));
    expect((await list('observed/')).KeyCount).toBe(1);
    expect(await failure(list('rewritten/'))).toMatchObject({ status: 403 });
    for (const call of [
      () => reports.put(BUCKETS.RewriteBucket, 'observed/2026-11-20/bank.example/2.json'),
      () => reports.put(BUCKETS.RewriteBucket, 'rewritten/1'),
      () => reports.read('rewritten/1'),
      () => reports.get('in-1'),
    ])
      expect(await failure(call())).toMatchObject({ status: 403 });
  });
});

describe('what mailflow does', () => {
  test('is allowed, call by call', async () => {
    const mailflow = clients(here, 'mailflow');
    await mailflow.get('in-1');
    await mailflow.get('out-1');
    await mailflow.put(BUCKETS.JournalBucket, 'raw/1.eml', '*');
    await mailflow.put(BUCKETS.JournalBucket, 'event/1.json', '*');
    await mailflow.head('event/1.json');
    await mailflow.parameter('mailroom-mark-key');
    await mailflow.put(BUCKETS.RewriteBucket, 'rewritten/1');
    await mailflow.replace('in-1');
    await mailflow.put(BUCKETS.RewriteBucket, 'policy/last-good');
    await mailflow.read('policy/last-good');
  });

  test('a record that is not there is 404 and not 403', async () => {
    expect(await failure(clients(here, 'mailflow').head('event/none.json'))).toMatchObject({ status: 404 });
  });

  test('a copy of the policy that is not there is 403: who may not list does not learn what there is', async () => {
    const missing = await failure(clients(here, 'mailflow').read('policy/none'));
    expect(missing).toMatchObject({ name: 'AccessDenied', status: 403, message: 'Access Denied' });
  });

  test('a presigned address has the rights of who signed it', async () => {
    const { s3, put } = clients(here, 'mailflow');
    await put(BUCKETS.RewriteBucket, 'rewritten/1');
    await put(BUCKETS.RewriteBucket, 'policy/last-good');
    const status = async (Key: string) => {
      const command = new GetObjectCommand({ Bucket: BUCKETS.RewriteBucket, Key });
      return (await fetch(await getSignedUrl(s3, command))).status;
    };
    expect(await status('policy/last-good')).toBe(200);
    expect(await status('rewritten/1')).toBe(403);
  });

  test.each<[string, (mailflow: ReturnType<typeof clients>) => Promise<unknown>]>([
    ['another parameter', ({ parameter }) => parameter('other')],
    ['a record under another prefix', ({ put }) => put(BUCKETS.JournalBucket, 'other/1', '*')],
    ['a record over another one', ({ put }) => put(BUCKETS.JournalBucket, 'raw/1.eml')],
    ['to read what it rewrote', ({ read }) => read('rewritten/1')],
    ['to delete a record', ({ remove }) => remove(BUCKETS.JournalBucket, 'raw/1.eml')],
  ])('%s is not', async (_, call) => {
    const refused = await failure(call(clients(here, 'mailflow')));
    expect(refused.name).toMatch(/^AccessDenied(Exception)?$/);
    expect(refused.message).toContain('assumed-role/mailflow/mailflow is not authorized to perform: ');
  });
});

describe('[C4] the rights of the other functions', () => {
  test('dmarc may get and not put; availability may do neither', async () => {
    await clients(here, 'dmarc').get('in-1');
    const denied = { name: 'AccessDeniedException', status: 403 };
    expect(await failure(clients(here, 'dmarc').replace('in-1'))).toMatchObject(denied);
    expect(await failure(clients(here, 'availability').get('in-1'))).toMatchObject(denied);
  });

  test('[C4] with the id of another organization there is neither Get nor Put', async () => {
    const elsewhere = await open(`m-${'f'.repeat(32)}`);
    const mailflow = clients(elsewhere, 'mailflow');
    for (const call of [mailflow.get('in-1'), mailflow.replace('in-1')])
      expect(await failure(call)).toMatchObject({ name: 'AccessDeniedException', status: 403 });
    await elsewhere.close();
  });

  test('a function that the template does not know, and a person, may do all', async () => {
    await clients(here, 'somebody').put(BUCKETS.RewriteBucket, 'other/1');
    await here.s3.send(new PutObjectCommand({ Bucket: BUCKETS.JournalBucket, Key: 'x', Body: '' }));
  });
});

describe('a bucket policy', () => {
  const Bucket = BUCKETS.RewriteBucket;
  const allowTo = (AWS: string) =>
    JSON.stringify({
      Statement: {
        Effect: 'Allow',
        Principal: { AWS },
        Action: 's3:PutObject',
        Resource: `arn:aws:s3:::${Bucket}/*`,
      },
    });
  async function withPolicy(Policy: string): Promise<void> {
    const own = await here.s3.send(new GetBucketPolicyCommand({ Bucket }));
    administratorPolicies.set(Bucket, own.Policy ?? '');
    await here.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  }

  test('lets in a role that it names, without a right of its own', async () => {
    await withPolicy(allowTo('arn:aws:iam::123456789012:role/mailflow'));
    await clients(here, 'mailflow').put(Bucket, 'elsewhere/1');
  });

  test('leaves it to the rights of the role when it names the account', async () => {
    await withPolicy(allowTo('123456789012'));
    const refused = await failure(clients(here, 'mailflow').put(Bucket, 'elsewhere/1'));
    expect(refused.message).toContain('because no identity-based policy allows');
    await clients(here, 'mailflow').put(Bucket, 'rewritten/1');
  });

  test('of the journal asks a condition of what makes an object, not of its parts', async () => {
    const { s3 } = clients(here, 'mailflow');
    const where = { Bucket: BUCKETS.JournalBucket, Key: 'raw/parts.eml' };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(where));
    const part = { ...where, UploadId, PartNumber: 1, Body: MESSAGE };
    const { ETag } = await s3.send(new UploadPartCommand(part));
    const MultipartUpload = { Parts: [{ ETag, PartNumber: 1 }] };
    const complete = { ...where, UploadId, MultipartUpload };
    const refused = await failure(s3.send(new CompleteMultipartUploadCommand(complete)));
    expect(refused).toMatchObject({ name: 'AccessDenied', status: 403 });
    await s3.send(new CompleteMultipartUploadCommand({ ...complete, IfNoneMatch: '*' }));
  });

  test('denies a function what its role allows', async () => {
    const { Policy = '' } = await here.s3.send(new GetBucketPolicyCommand({ Bucket }));
    administratorPolicies.set(Bucket, Policy);
    const deny = {
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:PutObject',
      Resource: `arn:aws:s3:::${Bucket}/*`,
    };
    await here.s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Statement: deny }) }));
    const refused = await failure(clients(here, 'mailflow').put(Bucket, 'rewritten/1'));
    expect(refused.message).toContain('with an explicit deny in a resource-based policy');
  });
});
