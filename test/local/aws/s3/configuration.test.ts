/** What the SDK's probe cannot see: buckets of others, what is read in this process, and what outlives it. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  GetBucketLocationCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Exchange } from '../../../../local/aws/exchange.ts';
import { readBucketOwner, readBucketPolicy } from '../../../../local/aws/s3/configuration.ts';
import { closeGround, createBucket, openGround } from '../../../../local/aws/s3/ground.ts';
import { handleS3 } from '../../../../local/aws/s3/service.ts';
import { CLIENT, failure, type Stand, stand } from '../stand.ts';

const OWNER = { account: '123456789012', region: 'us-east-1' };
let here: Stand;
beforeAll(async () => {
  here = await stand({ buckets: ['mine'] });
});
afterAll(() => here.close());

async function opened<T>(work: (ground: ReturnType<typeof openGround>, root: string) => T | Promise<T>) {
  const root = await mkdtemp(join(tmpdir(), 'mailroom-ground-'));
  const ground = openGround(root, Date.now, OWNER);
  try {
    return await work(ground, root);
  } finally {
    closeGround(ground);
    await rm(root, { recursive: true });
  }
}

test('a bucket is of the account and region of the stand-in, or as it was made', () =>
  opened((ground) => {
    createBucket(ground, 'own', {});
    createBucket(ground, 'theirs', { account: '999999999999', region: 'eu-west-1' });
    expect(readBucketOwner(ground, 'own')).toEqual(OWNER);
    expect(readBucketOwner(ground, 'theirs')).toEqual({ account: '999999999999', region: 'eu-west-1' });
    expect(readBucketOwner(ground, 'none')).toBeUndefined();
    expect(readBucketPolicy(ground, 'own')).toBeUndefined();
  }));

test('configuration, owner and region outlive the process', async () => {
  const theirs = new S3Client({
    ...CLIENT,
    credentials: { accessKeyId: '210987654321', secretAccessKey: 'x' },
    endpoint: here.server.url,
    forcePathStyle: true,
  });
  const Bucket = 'elsewhere';
  const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' } as const;
  await theirs.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
  const statement = { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: `arn:aws:s3:::${Bucket}/*` };
  const Policy = JSON.stringify({ Statement: [statement] });
  await theirs.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  theirs.destroy();
  const { dataDir } = here;
  here.s3.destroy();
  await here.server.close();
  const ground = openGround(join(dataDir, 's3'), Date.now, OWNER);
  expect(readBucketPolicy(ground, Bucket)).toBe(Policy);
  expect(readBucketOwner(ground, Bucket)).toEqual({ account: '210987654321', region: 'eu-west-1' });
  closeGround(ground);
  here = await stand({ dataDir });
  const location = await here.s3.send(new GetBucketLocationCommand({ Bucket }));
  expect(location.LocationConstraint).toBe('eu-west-1');
  expect((await here.s3.send(new HeadBucketCommand({ Bucket }))).BucketRegion).toBe('eu-west-1');
});

test('a bucket file without a configuration has that of a new bucket', () =>
  opened(async (ground, root) => {
    createBucket(ground, 'old', {});
    const file = join(root, 'old', '~bucket.json');
    const { name, createdMs } = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ name, createdMs, objectLock: false }));
    const again = openGround(root, Date.now, OWNER);
    expect(again.buckets.get('old')).toMatchObject(OWNER);
    expect(again.buckets.get('old')?.configuration.publicAccessBlock).toContain('<BlockPublicPolicy>true');
    closeGround(again);
  }));

/** A request to the service itself, without a server. */
function requestOf(method: string, target: string, body = ''): Exchange {
  const url = new URL(target, 'http://127.0.0.1');
  const bytes = (async function* () {
    yield Buffer.from(body);
  })();
  return { method, rawPath: url.pathname, query: url.searchParams, headers: {}, body: bytes };
}

test('uploads have a limit in number and in bytes', () =>
  opened(async (ground) => {
    createBucket(ground, 'full', {});
    const begun = await handleS3(ground, requestOf('POST', '/full/k?uploads'));
    expect(begun.status).toBe(200);
    const [upload] = [...ground.uploads.values()];
    if (upload === undefined) throw new Error('no upload');
    upload.parts.set(1, { number: 1, bytes: 2 ** 30, etag: '', modifiedMs: 0, file: '' });
    const more = requestOf('PUT', `/full/k?partNumber=2&uploadId=${upload.id}`, 'x');
    expect((await handleS3(ground, more)).body).toContain('<Code>EntityTooLarge</Code>');
    expect(await readdir(join(ground.root, '.staging'))).toEqual([]);
    for (let count = 0; ground.uploads.size < 1000; count += 1) ground.uploads.set(`${count}`, upload);
    const refused = await handleS3(ground, requestOf('POST', '/full/k?uploads'));
    expect(refused).toMatchObject({ status: 503 });
  }));

interface Plain {
  readonly status: number;
  readonly text: string;
}

async function ask(path: string, init: RequestInit = {}): Promise<Plain> {
  const answer = await fetch(`${here.server.url}${path}`, init);
  return { status: answer.status, text: await answer.text() };
}

test.each([
  ['?encryption', '<ServerSideEncryptionConfiguration><Rule/></ServerSideEncryptionConfiguration>'],
  ['?encryption', '<Other/>'],
  ['?publicAccessBlock', '<PublicAccessBlockConfiguration><A>true</A></PublicAccessBlockConfiguration>'],
  ['?lifecycle', '<LifecycleConfiguration></LifecycleConfiguration>'],
  ['?object-lock', '<ObjectLockConfiguration></ObjectLockConfiguration>'],
  [
    '?ownershipControls',
    '<OwnershipControls><Rule><ObjectOwnership>x</ObjectOwnership></Rule></OwnershipControls>',
  ],
  [
    '?versioning',
    '<!DOCTYPE a [<!ENTITY b "Enabled">]><VersioningConfiguration><Status>&b;</Status></VersioningConfiguration>',
  ],
  ['?versioning', '<VersioningConfiguration><Status>Enabled</Status>'],
  ['?tagging', `${'<a>'.repeat(20)}${'</a>'.repeat(20)}`],
])('%s refuses %s', async (query, body) => {
  const answer = await ask(`/mine${query}`, { method: 'PUT', body });
  expect(answer).toMatchObject({ status: 400 });
  expect(answer.text).toContain('<Code>MalformedXML</Code>');
});

test('a configuration that is too large is refused', async () => {
  const answer = await ask('/mine?lifecycle', { method: 'PUT', body: 'x'.repeat(600 * 1024) });
  expect(answer.text).toContain('<Code>EntityTooLarge</Code>');
});

test('what would be ignored is refused: access lists, other operations', async () => {
  const put = new PutObjectCommand({ Bucket: 'mine', Key: 'k', Body: 'x', ACL: 'public-read' });
  expect(await failure(here.s3.send(put))).toMatchObject({
    name: 'AccessControlListNotSupported',
    status: 400,
  });
  for (const path of ['/mine?website', '/mine?cors', '/mine/k?acl', '/mine/k?torrent', '/mine/k?policy'])
    expect(await ask(path)).toMatchObject({ status: 501 });
});

test('a retention by default wants a checksum with the bytes, and gets one from the SDK', async () => {
  const Bucket = 'records';
  await here.s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
  const rule = '<Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Years>7</Years></DefaultRetention></Rule>';
  const body = `<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>${rule}</ObjectLockConfiguration>`;
  expect(await ask(`/${Bucket}?object-lock`, { method: 'PUT', body })).toMatchObject({ status: 200 });
  const bare = await ask(`/${Bucket}/k`, { method: 'PUT', body: 'x' });
  expect(bare.text).toContain('Content-MD5 OR x-amz-checksum- HTTP header is required');
  await here.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  const head = await here.s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
  expect(head.ObjectLockRetainUntilDate?.getUTCFullYear()).toBe(new Date().getUTCFullYear() + 7);
});

test.each([
  ['X-Amz-Expires=60', 400, 'AuthorizationQueryParametersError'],
  ['X-Amz-Signature=x', 400, 'AuthorizationQueryParametersError'],
])('half a presigned request is refused: %s', async (query, status, code) => {
  const answer = await ask(`/mine/k?${query}`);
  expect(answer.status).toBe(status);
  expect(answer.text).toContain(`<Code>${code}</Code>`);
});

test.each([
  ['20261121T000000Z', '604801', 400],
  ['20261121T000000Z', '-1', 400],
  ['yesterday', '60', 400],
  ['20010101T000000Z', '60', 403],
  ['29990101T000000Z', '60', 403],
])('presigned at %s for %s s is refused', async (date, expires, status) => {
  const query = new URLSearchParams({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': 'x/20261121/us-east-1/s3/aws4_request',
    'X-Amz-Date': date,
    'X-Amz-Expires': expires,
    'X-Amz-SignedHeaders': 'host',
    'X-Amz-Signature': 'x',
  });
  expect((await ask(`/mine/k?${query}`)).status).toBe(status);
});

test('what a link wants to be called cannot end a header', async () => {
  await here.s3.send(new PutObjectCommand({ Bucket: 'mine', Key: 'called', Body: 'x' }));
  const answer = await fetch(`${here.server.url}/mine/called?response-content-type=a%0d%0aset-cookie:b`);
  expect(answer.headers.get('set-cookie')).toBeNull();
  expect(answer.headers.get('content-type')).toBe('application/octet-stream');
  await answer.body?.cancel();
});

test('the block of public access is there from the start', async () => {
  const answer = await here.s3.send(new GetPublicAccessBlockCommand({ Bucket: 'mine' }));
  expect(answer.PublicAccessBlockConfiguration?.RestrictPublicBuckets).toBe(true);
});
