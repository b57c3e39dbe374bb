/** Objects on disk, and what the probe does not ask; the promises of S3 are the cases in `probe/`. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLIENT, failure, type Stand, stand } from '../stand.ts';

const PLAIN = 'plain';
let here: Stand;

beforeAll(async () => {
  here = await stand();
  await here.s3.send(new CreateBucketCommand({ Bucket: PLAIN }));
});
afterAll(() => here.close());

const put = (input: Omit<PutObjectCommandInput, 'Bucket'>, Bucket = PLAIN) =>
  here.s3.send(new PutObjectCommand({ Bucket, ...input }));
const get = (input: Omit<GetObjectCommandInput, 'Bucket'>, Bucket = PLAIN) =>
  here.s3.send(new GetObjectCommand({ Bucket, ...input }));

async function bytesOf(key: string, bucket = PLAIN): Promise<Buffer> {
  const answer = await get({ Key: key }, bucket);
  return Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
}

const BINARY = Buffer.from(Array.from({ length: 28_000 }, (_, index) => (index * 31) % 256));

describe('put and get', () => {
  test('bytes come back as they were, with their MD5 as ETag', async () => {
    const answer = await put({ Key: 'raw/a.eml', Body: BINARY, ContentType: 'message/rfc822' });
    expect(answer.ETag).toBe(`"${createHash('md5').update(BINARY).digest('hex')}"`);
    expect(answer.VersionId).toBeUndefined();
    expect(await bytesOf('raw/a.eml')).toEqual(BINARY);
  });

  test('the object is a plain file under a readable name', async () => {
    await put({ Key: 'raw/plain.eml', Body: 'hello' });
    expect(await readFile(join(here.dataDir, 's3', PLAIN, 'raw', 'plain.eml'), 'utf8')).toBe('hello');
    expect(await readdir(join(here.dataDir, 's3', '.staging'))).toEqual([]);
  });

  test('an empty object is an object', async () => {
    await put({ Key: 'empty', Body: '' });
    expect((await bytesOf('empty')).length).toBe(0);
  });

  test('content type, encoding and metadata come back; aws-chunked does not', async () => {
    await put({
      Key: 'meta',
      Body: Readable.from([Buffer.from('x')]),
      ContentLength: 1,
      ContentType: 'text/calendar; charset=utf-8',
      ContentEncoding: 'gzip',
      CacheControl: 'no-store',
      Metadata: { one: '1', two: 'zwei' },
    });
    const head = await here.s3.send(new HeadObjectCommand({ Bucket: PLAIN, Key: 'meta' }));
    expect(head).toMatchObject({
      ContentType: 'text/calendar; charset=utf-8',
      ContentEncoding: 'gzip',
      CacheControl: 'no-store',
      ContentLength: 1,
      Metadata: { one: '1', two: 'zwei' },
    });
  });

  test('encryption that was asked for is said back', async () => {
    const asked = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'alias/mail' } as const;
    expect(await put({ Key: 'sse', Body: 'x', ...asked })).toMatchObject(asked);
    expect(await get({ Key: 'sse' })).toMatchObject(asked);
  });

  test('12 MB come back whole', async () => {
    const large = Buffer.alloc(12 * 1024 * 1024, BINARY);
    await put({ Key: 'large', Body: large });
    expect((await bytesOf('large')).equals(large)).toBe(true);
  });

  test('overwriting leaves one file', async () => {
    for (const text of ['one', 'two', 'three']) await put({ Key: 'over/x.eml', Body: text });
    expect((await bytesOf('over/x.eml')).toString()).toBe('three');
    expect(await readdir(join(here.dataDir, 's3', PLAIN, 'over'))).toHaveLength(1);
  });

  test('metadata beyond 2 KB is refused', async () => {
    const refused = await failure(put({ Key: 'm', Body: 'x', Metadata: { big: 'x'.repeat(2100) } }));
    expect(refused).toMatchObject({ name: 'MetadataTooLarge', status: 400 });
  });
});

describe('streams (aws-chunked with a trailer)', () => {
  test('arrive without their framing', async () => {
    const pieces = [BINARY.subarray(0, 8192), BINARY.subarray(8192, 20_000), BINARY.subarray(20_000)];
    await put({ Key: 'stream', Body: Readable.from(pieces), ContentLength: BINARY.length });
    expect(await bytesOf('stream')).toEqual(BINARY);
  });

  test('an empty stream is an empty object', async () => {
    await put({ Key: 'empty-stream', Body: Readable.from([]), ContentLength: 0 });
    expect((await bytesOf('empty-stream')).length).toBe(0);
  });

  test('the checksum of the trailer is kept', async () => {
    await put({ Key: 'trailer', Body: Readable.from([Buffer.from('hello')]), ContentLength: 5 });
    const expected = Buffer.alloc(4);
    expected.writeUInt32BE(crc32('hello'));
    const answer = await get({ Key: 'trailer', ChecksumMode: 'ENABLED' });
    expect(answer.ChecksumCRC32).toBe(expected.toString('base64'));
  });
});

describe('checksums', () => {
  test.each(['CRC32', 'SHA1', 'SHA256'] as const)('%s that the SDK computes is accepted', async (name) => {
    const answer = await put({ Key: `sum-${name}`, Body: BINARY, ChecksumAlgorithm: name });
    expect(answer[`Checksum${name}`]).toBeDefined();
  });

  // Published check values of the two for "123456789".
  test.each([
    ['ChecksumCRC32C', '4waSgw=='],
    ['ChecksumCRC64NVME', 'rosUhgp5mIg='],
  ] as const)('%s given by the caller is accepted when right, refused when wrong', async (name, value) => {
    const right = await put({ Key: `given-${name}`, Body: '123456789', [name]: value });
    expect(right[name]).toBe(value);
    const wrong = await failure(put({ Key: `given-${name}-2`, Body: '12345678', [name]: value }));
    expect(wrong).toMatchObject({ name: 'BadDigest', status: 400 });
  });

  test.each([
    ['CRC32', { ChecksumCRC32: 'AAAAAA==' }],
    ['SHA256', { ChecksumSHA256: Buffer.alloc(32).toString('base64') }],
    ['Content-MD5', { ContentMD5: Buffer.alloc(16).toString('base64') }],
  ])('a wrong %s is refused and nothing is stored', async (name, wrong) => {
    const refused = await failure(put({ Key: `bad-${name}`, Body: 'body', ...wrong }));
    expect(refused).toMatchObject({ name: 'BadDigest', status: 400 });
    expect(await failure(bytesOf(`bad-${name}`))).toMatchObject({ name: 'NoSuchKey' });
  });

  test('a Content-MD5 that is none is refused as such', async () => {
    const refused = await failure(put({ Key: 'md5', Body: 'x', ContentMD5: 'nonsense' }));
    expect(refused.name).toBe('InvalidDigest');
  });

  test('a right Content-MD5 is accepted', async () => {
    const ContentMD5 = createHash('md5').update('x').digest('base64');
    await put({ Key: 'md5-right', Body: 'x', ContentMD5 });
  });
});

describe('what is not there', () => {
  test('a key: NoSuchKey, and 404 for a head', async () => {
    expect(await failure(bytesOf('missing'))).toMatchObject({ name: 'NoSuchKey', status: 404 });
    const head = await failure(here.s3.send(new HeadObjectCommand({ Bucket: PLAIN, Key: 'missing' })));
    expect(head).toMatchObject({ name: 'NotFound', status: 404 });
  });

  test('a bucket: NoSuchBucket, for reading and writing', async () => {
    expect(await failure(bytesOf('k', 'nowhere'))).toMatchObject({ name: 'NoSuchBucket', status: 404 });
    expect(await failure(put({ Key: 'k', Body: 'x' }, 'nowhere'))).toMatchObject({ name: 'NoSuchBucket' });
    const head = await failure(here.s3.send(new HeadBucketCommand({ Bucket: 'nowhere' })));
    expect(head.status).toBe(404);
  });

  test('an operation: 501 that says so', async () => {
    const refused = await failure(here.s3.send(new GetObjectAclCommand({ Bucket: PLAIN, Key: 'raw/a.eml' })));
    expect(refused).toMatchObject({ name: 'NotImplemented', status: 501 });
  });
});

test('If-None-Match with an ETag is 501, as in S3', async () => {
  const refused = await failure(put({ Key: 'once', Body: 'x', IfNoneMatch: '"abc"' }));
  expect(refused.status).toBe(501);
});

describe('buckets', () => {
  test('are made once, listed, and go when empty', async () => {
    const Bucket = 'short-lived';
    await here.s3.send(new CreateBucketCommand({ Bucket }));
    const twice = await failure(here.s3.send(new CreateBucketCommand({ Bucket })));
    expect(twice.name).toBe('BucketAlreadyOwnedByYou');
    const { Buckets } = await here.s3.send(new ListBucketsCommand({}));
    expect(Buckets?.map((bucket) => bucket.Name)).toContain(Bucket);
    await put({ Key: 'a/b', Body: 'x' }, Bucket);
    const full = await failure(here.s3.send(new DeleteBucketCommand({ Bucket })));
    expect(full).toMatchObject({ name: 'BucketNotEmpty', status: 409 });
    await here.s3.send(new DeleteObjectCommand({ Bucket, Key: 'a/b' }));
    await here.s3.send(new DeleteBucketCommand({ Bucket }));
    expect((await failure(here.s3.send(new HeadBucketCommand({ Bucket })))).status).toBe(404);
  });

  test('with a bad name are refused', async () => {
    const refused = await failure(here.s3.send(new CreateBucketCommand({ Bucket: 'a..b' })));
    expect(refused).toMatchObject({ name: 'InvalidBucketName', status: 400 });
  });
});

test('credentials are not checked', async () => {
  const other = new S3Client({
    ...CLIENT,
    credentials: { accessKeyId: 'AKIAOTHER', secretAccessKey: 'wrong' },
    endpoint: here.server.url,
    forcePathStyle: true,
  });
  await other.send(new PutObjectCommand({ Bucket: PLAIN, Key: 'other', Body: 'x' }));
  other.destroy();
});
