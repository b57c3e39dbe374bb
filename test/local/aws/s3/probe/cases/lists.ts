import assert from 'node:assert/strict';
import { DeleteObjectsCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { freshName, get, newBucket, type ProbeCase, put, refuses, textOf } from '../probe.ts';

const KEYS = ['A', 'a', 'a.b', 'a/b', 'a/c', 'b//c', 'z', 'ü', '\uFFFD', '\u{1F4E7}'];

async function filled(s3: S3Client, keys: readonly string[] = KEYS): Promise<string> {
  const bucket = await newBucket(s3);
  await Promise.all(keys.map((key) => put(s3, bucket, key, { Body: key })));
  return bucket;
}

export const LISTS: readonly ProbeCase[] = [
  {
    name: 'keys are listed in the order of their bytes',
    run: async ({ s3 }) => {
      const Bucket = await filled(s3);
      const list = await s3.send(new ListObjectsV2Command({ Bucket }));
      assert.deepEqual(
        list.Contents?.map(({ Key }) => Key),
        KEYS,
      );
      assert.equal(list.KeyCount, KEYS.length);
      assert.equal(list.Contents?.[0]?.Size, 1);
    },
  },
  {
    name: 'prefix and delimiter roll keys up',
    run: async ({ s3 }) => {
      const Bucket = await filled(s3);
      const top = await s3.send(new ListObjectsV2Command({ Bucket, Delimiter: '/' }));
      assert.deepEqual(
        top.CommonPrefixes?.map(({ Prefix }) => Prefix),
        ['a/', 'b/'],
      );
      const inside = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'a/', Delimiter: '/' }));
      assert.deepEqual(
        inside.Contents?.map(({ Key }) => Key),
        ['a/b', 'a/c'],
      );
    },
  },
  {
    name: 'pages hold every key once',
    run: async ({ s3 }) => {
      const Bucket = await filled(s3);
      const seen: (string | undefined)[] = [];
      let ContinuationToken: string | undefined;
      for (let page = 0; page < KEYS.length; page += 1) {
        const list = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 3, ContinuationToken }));
        assert.ok((list.Contents ?? []).length <= 3);
        seen.push(...(list.Contents ?? []).map(({ Key }) => Key));
        if (list.IsTruncated !== true) break;
        ContinuationToken = list.NextContinuationToken;
      }
      assert.deepEqual(seen, KEYS);
    },
  },
  {
    name: 'a full page says that there is more',
    run: async ({ s3 }) => {
      const Bucket = await filled(s3, ['a', 'b', 'c']);
      const list = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 2 }));
      assert.deepEqual([list.KeyCount, list.IsTruncated], [2, true]);
    },
  },
  {
    name: 'a list starts behind a key',
    run: async ({ s3 }) => {
      const Bucket = await filled(s3);
      const list = await s3.send(new ListObjectsV2Command({ Bucket, StartAfter: 'a/b' }));
      assert.equal(list.Contents?.[0]?.Key, 'a/c');
    },
  },
  {
    name: 'keys that XML cannot carry are listed percent-encoded',
    run: async ({ s3 }) => {
      const key = 'a b/(ü)\u0001+';
      const Bucket = await filled(s3, [key]);
      const list = await s3.send(new ListObjectsV2Command({ Bucket, EncodingType: 'url' }));
      assert.equal(list.EncodingType, 'url');
      const listed = list.Contents?.[0]?.Key ?? '';
      assert.match(listed, /^[\w%./+-]+$/);
      assert.equal(decodeURIComponent(listed.replaceAll('+', '%20')), key);
    },
  },
  {
    name: 'a batch deletes every key, and says so',
    run: async ({ s3, plain }) => {
      const prefix = freshName();
      const keys = ['a', 'b', '<&>'].map((name) => `${prefix}/${name}`);
      for (const key of keys) await put(s3, plain, key, { Body: 'x' });
      const Delete = { Objects: [...keys, `${prefix}/never`].map((Key) => ({ Key })) };
      const answer = await s3.send(new DeleteObjectsCommand({ Bucket: plain, Delete }));
      assert.equal(answer.Deleted?.length, 4);
      for (const key of keys) await refuses(get(s3, plain, key), 404);
    },
  },
  {
    name: 'a quiet batch says nothing of what went well',
    run: async ({ s3, plain }) => {
      const key = freshName();
      await put(s3, plain, key, { Body: 'x' });
      const Delete = { Objects: [{ Key: key }], Quiet: true };
      const answer = await s3.send(new DeleteObjectsCommand({ Bucket: plain, Delete }));
      assert.deepEqual([answer.Deleted ?? [], answer.Errors ?? []], [[], []]);
      await refuses(get(s3, plain, key), 404);
    },
  },
  {
    name: 'a batch says which versions are locked, and deletes the others',
    run: async ({ s3, locked }) => {
      const key = freshName();
      const held = await put(s3, locked, key, { Body: 'held', ObjectLockLegalHoldStatus: 'ON' });
      const free = await put(s3, locked, key, { Body: 'free' });
      const Objects = [held, free].map(({ VersionId }) => ({ Key: key, VersionId }));
      const answer = await s3.send(new DeleteObjectsCommand({ Bucket: locked, Delete: { Objects } }));
      assert.deepEqual(
        answer.Errors?.map(({ Code, VersionId }) => [Code, VersionId]),
        [['AccessDenied', held.VersionId]],
      );
      assert.deepEqual(
        answer.Deleted?.map(({ VersionId }) => VersionId),
        [free.VersionId],
      );
      assert.equal(await textOf(s3, locked, key), 'held');
    },
  },
];
