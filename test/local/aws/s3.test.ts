import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLIENT, failure, type Stand, stand } from './stand.ts';

const PLAIN = 'plain';
const KEPT = 'kept';
const LOCKED = 'locked';
let here: Stand;

beforeAll(async () => {
  here = await stand({ buckets: [KEPT] });
  await here.s3.send(new CreateBucketCommand({ Bucket: PLAIN }));
  await here.s3.send(new CreateBucketCommand({ Bucket: LOCKED, ObjectLockEnabledForBucket: true }));
});
afterAll(() => here.close());

const put = (input: Omit<PutObjectCommandInput, 'Bucket'>, Bucket = PLAIN) =>
  here.s3.send(new PutObjectCommand({ Bucket, ...input }));
const get = (input: Omit<GetObjectCommandInput, 'Bucket'>, Bucket = PLAIN) =>
  here.s3.send(new GetObjectCommand({ Bucket, ...input }));

async function bytesOf(key: string, bucket = PLAIN, VersionId?: string): Promise<Buffer> {
  const answer = await get({ Key: key, ...(VersionId === undefined ? {} : { VersionId }) }, bucket);
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
    const pieces = [BINARY.subarray(0, 1), BINARY.subarray(1, 20_000), BINARY.subarray(20_000)];
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
    const refused = await failure(
      here.s3.send(new GetObjectTaggingCommand({ Bucket: PLAIN, Key: 'raw/a.eml' })),
    );
    expect(refused).toMatchObject({ name: 'NotImplemented', status: 501 });
  });
});

describe('conditional writes', () => {
  test('If-None-Match: * writes once', async () => {
    await put({ Key: 'once', Body: 'first', IfNoneMatch: '*' });
    const second = await failure(put({ Key: 'once', Body: 'second', IfNoneMatch: '*' }));
    expect(second).toMatchObject({ name: 'PreconditionFailed', status: 412 });
    expect((await bytesOf('once')).toString()).toBe('first');
  });

  test('of writers that race with If-None-Match: * one wins, and its bytes are there', async () => {
    const racers = Array.from({ length: 10 }, (_, index) =>
      put({ Key: 'race', Body: `racer ${index}`, IfNoneMatch: '*' }, KEPT).then(
        () => index,
        () => -1,
      ),
    );
    const winners = (await Promise.all(racers)).filter((index) => index >= 0);
    expect(winners).toHaveLength(1);
    expect((await bytesOf('race', KEPT)).toString()).toBe(`racer ${winners[0]}`);
  });

  test('If-Match writes over the version it names only', async () => {
    const first = await put({ Key: 'match', Body: 'one' });
    const second = await put({ Key: 'match', Body: 'two', IfMatch: first.ETag });
    const stale = await failure(put({ Key: 'match', Body: 'three', IfMatch: first.ETag }));
    expect(stale).toMatchObject({ name: 'PreconditionFailed', status: 412 });
    expect((await get({ Key: 'match' })).ETag).toBe(second.ETag);
    const none = await failure(put({ Key: 'match-none', Body: 'x', IfMatch: first.ETag }));
    expect(none).toMatchObject({ name: 'NoSuchKey', status: 404 });
  });

  test('of writers that race with If-Match one wins', async () => {
    const { ETag } = await put({ Key: 'race-match', Body: 'zero' });
    const racers = Array.from({ length: 10 }, (_, index) =>
      put({ Key: 'race-match', Body: `racer ${index}`, IfMatch: ETag }).then(
        () => true,
        () => false,
      ),
    );
    expect((await Promise.all(racers)).filter(Boolean)).toHaveLength(1);
  });

  test('after a delete marker If-None-Match: * may write again', async () => {
    await put({ Key: 'again', Body: 'one', IfNoneMatch: '*' }, KEPT);
    await here.s3.send(new DeleteObjectCommand({ Bucket: KEPT, Key: 'again' }));
    await put({ Key: 'again', Body: 'two', IfNoneMatch: '*' }, KEPT);
    expect((await bytesOf('again', KEPT)).toString()).toBe('two');
  });

  test('If-None-Match with an ETag is 501, as in S3', async () => {
    const refused = await failure(put({ Key: 'once', Body: 'x', IfNoneMatch: '"abc"' }));
    expect(refused.status).toBe(501);
  });
});

describe('conditional reads', () => {
  test('If-Match, If-None-Match and the dates', async () => {
    const { ETag } = await put({ Key: 'cond', Body: 'x' });
    expect((await get({ Key: 'cond', IfMatch: ETag })).$metadata.httpStatusCode).toBe(200);
    expect((await failure(get({ Key: 'cond', IfMatch: '"00"' }))).status).toBe(412);
    expect((await failure(get({ Key: 'cond', IfNoneMatch: ETag }))).status).toBe(304);
    const later = new Date(Date.now() + 60_000);
    const earlier = new Date(Date.now() - 60_000);
    expect((await failure(get({ Key: 'cond', IfModifiedSince: later }))).status).toBe(304);
    expect((await failure(get({ Key: 'cond', IfUnmodifiedSince: earlier }))).status).toBe(412);
    expect((await get({ Key: 'cond', IfUnmodifiedSince: later })).$metadata.httpStatusCode).toBe(200);
  });
});

describe('ranges', () => {
  test.each([
    ['bytes=0-4', 'hello', 'bytes 0-4/11'],
    ['bytes=6-', 'world', 'bytes 6-10/11'],
    ['bytes=-5', 'world', 'bytes 6-10/11'],
    ['bytes=-50', 'hello world', 'bytes 0-10/11'],
    ['bytes=6-900', 'world', 'bytes 6-10/11'],
  ])('%s', async (Range, text, contentRange) => {
    await put({ Key: 'range', Body: 'hello world' });
    const answer = await get({ Key: 'range', Range });
    expect(answer.$metadata.httpStatusCode).toBe(206);
    expect(answer.ContentRange).toBe(contentRange);
    expect(await answer.Body?.transformToString()).toBe(text);
  });

  test('behind the end: 416', async () => {
    await put({ Key: 'range', Body: 'hello world' });
    const refused = await failure(get({ Key: 'range', Range: 'bytes=11-' }));
    expect(refused).toMatchObject({ name: 'InvalidRange', status: 416 });
  });
});

describe('versions', () => {
  test('each put has its own id and stays readable', async () => {
    const one = await put({ Key: 'v', Body: 'one' }, KEPT);
    const two = await put({ Key: 'v', Body: 'two' }, KEPT);
    expect(one.VersionId).not.toBe(two.VersionId);
    expect((await bytesOf('v', KEPT)).toString()).toBe('two');
    expect((await bytesOf('v', KEPT, one.VersionId)).toString()).toBe('one');
    expect(await failure(bytesOf('v', KEPT, 'nope'))).toMatchObject({ name: 'NoSuchVersion', status: 404 });
  });

  test('a delete hides, a delete of a version removes', async () => {
    const one = await put({ Key: 'd', Body: 'one' }, KEPT);
    const two = await put({ Key: 'd', Body: 'two' }, KEPT);
    const marker = await here.s3.send(new DeleteObjectCommand({ Bucket: KEPT, Key: 'd' }));
    expect(marker).toMatchObject({ DeleteMarker: true });
    expect(await failure(bytesOf('d', KEPT))).toMatchObject({ name: 'NoSuchKey' });
    expect((await failure(bytesOf('d', KEPT, marker.VersionId))).status).toBe(405);
    const remove = (VersionId: string | undefined) =>
      here.s3.send(new DeleteObjectCommand({ Bucket: KEPT, Key: 'd', VersionId }));
    await remove(marker.VersionId);
    expect((await bytesOf('d', KEPT)).toString()).toBe('two');
    await remove(two.VersionId);
    expect((await bytesOf('d', KEPT)).toString()).toBe('one');
    await remove(one.VersionId);
    expect(await failure(bytesOf('d', KEPT))).toMatchObject({ name: 'NoSuchKey' });
  });

  test('are listed newest first, markers too', async () => {
    await put({ Key: 'list/v', Body: 'one' }, KEPT);
    await put({ Key: 'list/v', Body: 'two!' }, KEPT);
    await here.s3.send(new DeleteObjectCommand({ Bucket: KEPT, Key: 'list/v' }));
    const answer = await here.s3.send(new ListObjectVersionsCommand({ Bucket: KEPT, Prefix: 'list/' }));
    expect(answer.Versions?.map((version) => version.Size)).toEqual([4, 3]);
    expect(answer.DeleteMarkers).toMatchObject([{ Key: 'list/v', IsLatest: true }]);
  });

  test('can be switched on and suspended', async () => {
    const Bucket = 'switched';
    await here.s3.send(new CreateBucketCommand({ Bucket }));
    const status = async () => (await here.s3.send(new GetBucketVersioningCommand({ Bucket }))).Status;
    const turn = (Status: 'Enabled' | 'Suspended') =>
      here.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
    expect(await status()).toBeUndefined();
    await put({ Key: 'k', Body: 'before' }, Bucket);
    await turn('Enabled');
    expect(await status()).toBe('Enabled');
    const during = await put({ Key: 'k', Body: 'during' }, Bucket);
    await turn('Suspended');
    await put({ Key: 'k', Body: 'after' }, Bucket);
    expect((await bytesOf('k', Bucket)).toString()).toBe('after');
    expect((await bytesOf('k', Bucket, 'null')).toString()).toBe('after');
    expect((await bytesOf('k', Bucket, during.VersionId)).toString()).toBe('during');
  });
});

describe('Object Lock', () => {
  const until = new Date(Date.now() + 3_600_000);

  test('a locked version is not deleted, a marker may hide it', async () => {
    const lock = { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until } as const;
    const { VersionId } = await put({ Key: 'l', Body: 'x', ...lock }, LOCKED);
    const remove = new DeleteObjectCommand({
      Bucket: LOCKED,
      Key: 'l',
      VersionId,
      BypassGovernanceRetention: true,
    });
    expect(await failure(here.s3.send(remove))).toMatchObject({ name: 'AccessDenied', status: 403 });
    await here.s3.send(new DeleteObjectCommand({ Bucket: LOCKED, Key: 'l' }));
    expect((await bytesOf('l', LOCKED, VersionId)).toString()).toBe('x');
    const head = await here.s3.send(new HeadObjectCommand({ Bucket: LOCKED, Key: 'l', VersionId }));
    expect(head.ObjectLockMode).toBe('COMPLIANCE');
  });

  test('governance can be bypassed, a legal hold cannot', async () => {
    const lock = { ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: until } as const;
    const { VersionId } = await put({ Key: 'g', Body: 'x', ...lock }, LOCKED);
    const target = { Bucket: LOCKED, Key: 'g', VersionId };
    expect((await failure(here.s3.send(new DeleteObjectCommand(target)))).status).toBe(403);
    await here.s3.send(new DeleteObjectCommand({ ...target, BypassGovernanceRetention: true }));
    const held = await put({ Key: 'h', Body: 'x', ObjectLockLegalHoldStatus: 'ON' }, LOCKED);
    const hold = new DeleteObjectCommand({
      Bucket: LOCKED,
      Key: 'h',
      VersionId: held.VersionId,
      BypassGovernanceRetention: true,
    });
    expect((await failure(here.s3.send(hold))).status).toBe(403);
  });

  test('needs a bucket that was made for it, and a date to come', async () => {
    const lock = { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until } as const;
    expect((await failure(put({ Key: 'x', Body: 'x', ...lock }))).name).toBe('InvalidRequest');
    const past = { ...lock, ObjectLockRetainUntilDate: new Date(0) };
    expect((await failure(put({ Key: 'x', Body: 'x', ...past }, LOCKED))).name).toBe('InvalidArgument');
  });
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

describe('listing', () => {
  const Bucket = 'listed';
  const keys = ['a', 'a.b', 'a/b', 'a/c', 'A', 'b//c', 'ü', '\u{1F4E7}', '\uFFFD', 'z<&>"\''];
  const inOrder = [...keys].sort((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)));
  beforeAll(async () => {
    await here.s3.send(new CreateBucketCommand({ Bucket }));
    for (const Key of keys) await put({ Key, Body: Key }, Bucket);
  });

  test('every key in the order of its bytes', async () => {
    const answer = await here.s3.send(new ListObjectsV2Command({ Bucket }));
    expect(answer.Contents?.map((item) => item.Key)).toEqual(inOrder);
    expect(answer.IsTruncated).toBe(false);
    expect(answer.Contents?.[0]?.Size).toBe(1);
  });

  test('prefix and delimiter roll up', async () => {
    const top = await here.s3.send(new ListObjectsV2Command({ Bucket, Delimiter: '/' }));
    expect(top.CommonPrefixes?.map((prefix) => prefix.Prefix)).toEqual(['a/', 'b/']);
    const inside = await here.s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'a/', Delimiter: '/' }));
    expect(inside.Contents?.map((item) => item.Key)).toEqual(['a/b', 'a/c']);
  });

  test('pages give every key once', async () => {
    for (const Delimiter of [undefined, '/']) {
      const seen: (string | undefined)[] = [];
      let ContinuationToken: string | undefined;
      do {
        const page = await here.s3.send(
          new ListObjectsV2Command({ Bucket, MaxKeys: 2, ContinuationToken, Delimiter }),
        );
        expect(page.KeyCount).toBeLessThanOrEqual(2);
        seen.push(...(page.Contents ?? []).map((item) => item.Key));
        seen.push(...(page.CommonPrefixes ?? []).map((prefix) => prefix.Prefix));
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken !== undefined);
      const rolled = ['a/', 'b/', ...inOrder.filter((key) => !key.includes('/'))];
      expect(seen.sort()).toEqual([...(Delimiter === undefined ? inOrder : rolled)].sort());
    }
  });

  test('starts after a key', async () => {
    const answer = await here.s3.send(new ListObjectsV2Command({ Bucket, StartAfter: 'a/b' }));
    expect(answer.Contents?.[0]?.Key).toBe('a/c');
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
