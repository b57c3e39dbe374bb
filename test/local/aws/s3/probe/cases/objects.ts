import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { DeleteObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { bytesOf, freshName, get, type ProbeCase, put, refuses, textOf } from '../probe.ts';

export const BINARY = Buffer.from(Array.from({ length: 28_000 }, (_, index) => (index * 31) % 256));

export const OBJECTS: readonly ProbeCase[] = [
  {
    name: 'bytes come back as they were put',
    run: async ({ s3, plain }) => {
      const key = freshName();
      await put(s3, plain, key, { Body: BINARY });
      assert.ok((await bytesOf(s3, plain, key)).equals(BINARY));
    },
  },
  {
    name: 'the ETag of a put is the MD5 of the bytes',
    run: async ({ s3, plain }) => {
      const { ETag } = await put(s3, plain, freshName(), { Body: BINARY });
      assert.equal(ETag, `"${createHash('md5').update(BINARY).digest('hex')}"`);
    },
  },
  {
    name: 'a stream is stored without its aws-chunked framing',
    run: async ({ s3, plain }) => {
      const key = freshName();
      const pieces = [BINARY.subarray(0, 8192), BINARY.subarray(8192, 20_000), BINARY.subarray(20_000)];
      await put(s3, plain, key, { Body: Readable.from(pieces), ContentLength: BINARY.length });
      assert.equal((await bytesOf(s3, plain, key)).length, BINARY.length);
      assert.ok((await bytesOf(s3, plain, key)).equals(BINARY));
    },
  },
  {
    name: 'a stream whose chunks are of less than 8 KB is refused',
    run: async ({ s3, plain }) => {
      const key = freshName();
      const pieces = [BINARY.subarray(0, 8191), BINARY.subarray(8191)];
      const sent = put(s3, plain, key, { Body: Readable.from(pieces), ContentLength: BINARY.length });
      await refuses(sent, 403, 'InvalidChunkSizeError');
      await refuses(get(s3, plain, key), 404);
    },
  },
  {
    name: 'an empty object is an object',
    run: async ({ s3, plain }) => {
      const key = freshName();
      await put(s3, plain, key, { Body: '' });
      const head = await s3.send(new HeadObjectCommand({ Bucket: plain, Key: key }));
      assert.equal(head.ContentLength, 0);
    },
  },
  {
    name: 'metadata and the description of the content come back, aws-chunked does not',
    run: async ({ s3, plain }) => {
      const key = freshName();
      const said = {
        ContentType: 'message/rfc822',
        ContentDisposition: 'attachment; filename="a.eml"',
        ContentEncoding: 'gzip',
        ContentLanguage: 'de',
        CacheControl: 'no-store',
        Metadata: { one: '1', two: 'zwei' },
      };
      await put(s3, plain, key, { Body: Readable.from([Buffer.from('x')]), ContentLength: 1, ...said });
      const head = await s3.send(new HeadObjectCommand({ Bucket: plain, Key: key }));
      assert.deepEqual({ ...said, ...head }, { ...head, ...said });
    },
  },
  {
    name: 'metadata of more than 2 KB is refused',
    run: async ({ s3, plain }) => {
      const sent = put(s3, plain, freshName(), { Body: 'x', Metadata: { big: 'x'.repeat(2100) } });
      await refuses(sent, 400, 'MetadataTooLarge');
    },
  },
  {
    name: 'a head says size and type',
    run: async ({ s3, plain }) => {
      const key = freshName();
      await put(s3, plain, key, { Body: BINARY, ContentType: 'text/calendar' });
      const head = await s3.send(new HeadObjectCommand({ Bucket: plain, Key: key }));
      assert.equal(head.ContentLength, BINARY.length);
      assert.equal(head.ContentType, 'text/calendar');
    },
  },
  {
    name: 'a key that is not there is NoSuchKey',
    run: async ({ s3, plain }) => {
      await refuses(get(s3, plain, freshName()), 404, 'NoSuchKey');
    },
  },
  {
    name: 'a bucket that is not there is NoSuchBucket',
    run: async ({ s3 }) => {
      await refuses(put(s3, `probe-${freshName()}`, 'k', { Body: 'x' }), 404, 'NoSuchBucket');
    },
  },
  {
    name: 'keys of any characters are keys of their own',
    run: async ({ s3, plain }) => {
      const start = freshName();
      const keys = ['a b', 'a+b', 'a%20b', 'ü/✉', 'a//b', '..', "<&>'"].map((key) => `${start}/${key}`);
      for (const key of keys) await put(s3, plain, key, { Body: key });
      for (const key of keys) assert.equal(await textOf(s3, plain, key), key);
    },
  },
  {
    name: 'a second put replaces the first',
    run: async ({ s3, plain }) => {
      const key = freshName();
      await put(s3, plain, key, { Body: 'one' });
      await put(s3, plain, key, { Body: 'two' });
      assert.equal(await textOf(s3, plain, key), 'two');
    },
  },
  {
    name: 'a deleted object is gone',
    run: async ({ s3, plain }) => {
      const key = freshName();
      await put(s3, plain, key, { Body: 'x' });
      await s3.send(new DeleteObjectCommand({ Bucket: plain, Key: key }));
      await refuses(get(s3, plain, key), 404, 'NoSuchKey');
    },
  },
  {
    name: 'deleting what is not there is no error',
    run: async ({ s3, plain }) => {
      const answer = await s3.send(new DeleteObjectCommand({ Bucket: plain, Key: freshName() }));
      assert.equal(answer.$metadata.httpStatusCode, 204);
    },
  },
  {
    name: 'encryption with a KMS key that was asked for is said back',
    run: async ({ s3, plain }) => {
      const key = freshName();
      const asked = {
        ServerSideEncryption: 'aws:kms',
        SSEKMSKeyId: 'arn:aws:kms:us-east-1:123456789012:key/k',
      } as const;
      const answer = await put(s3, plain, key, { Body: 'x', ...asked });
      const read = await get(s3, plain, key);
      for (const said of [answer, read]) {
        assert.equal(said.ServerSideEncryption, 'aws:kms');
        assert.equal(said.SSEKMSKeyId, asked.SSEKMSKeyId);
      }
    },
  },
  {
    name: 'an object of a bucket that says nothing is encrypted with AES256',
    run: async ({ s3, plain }) => {
      const answer = await put(s3, plain, freshName(), { Body: 'x' });
      assert.equal(answer.ServerSideEncryption, 'AES256');
    },
  },
];
