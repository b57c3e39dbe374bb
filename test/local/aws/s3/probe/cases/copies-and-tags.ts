import assert from 'node:assert/strict';
import {
  CopyObjectCommand,
  type CopyObjectCommandInput,
  DeleteObjectTaggingCommand,
  GetObjectTaggingCommand,
  PutObjectTaggingCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { freshName, get, type ProbeCase, put, refuses, textOf } from '../probe.ts';

function copy(
  s3: S3Client,
  Bucket: string,
  from: string,
  Key: string,
  more: Partial<CopyObjectCommandInput> = {},
) {
  return s3.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/${from}`, ...more }));
}

async function tagsOf(s3: S3Client, Bucket: string, Key: string): Promise<unknown> {
  const { TagSet } = await s3.send(new GetObjectTaggingCommand({ Bucket, Key }));
  return TagSet?.map((tag) => [tag.Key, tag.Value]);
}

export const COPIES_AND_TAGS: readonly ProbeCase[] = [
  {
    name: 'a copy has the bytes, the description and the tags',
    run: async ({ s3, plain }) => {
      const key = freshName();
      const said = { ContentType: 'text/calendar', Metadata: { a: 'b' } };
      await put(s3, plain, `${key} ü`, { Body: 'hello', Tagging: 'c=d', ...said });
      const { CopyObjectResult } = await copy(s3, plain, encodeURIComponent(`${key} ü`), key);
      const read = await get(s3, plain, key);
      assert.equal(CopyObjectResult?.ETag, read.ETag);
      assert.equal(await read.Body?.transformToString(), 'hello');
      assert.deepEqual([read.ContentType, read.Metadata], ['text/calendar', { a: 'b' }]);
      assert.deepEqual(await tagsOf(s3, plain, key), [['c', 'd']]);
    },
  },
  {
    name: 'a copy with REPLACE has the description of the request',
    run: async ({ s3, plain }) => {
      const key = freshName();
      await put(s3, plain, key, { Body: 'x', Metadata: { a: 'b' } });
      await copy(s3, plain, key, key, { MetadataDirective: 'REPLACE', Metadata: { c: 'd' } });
      assert.deepEqual((await get(s3, plain, key)).Metadata, { c: 'd' });
    },
  },
  {
    name: 'a copy onto itself that changes nothing is refused',
    run: async ({ s3, plain }) => {
      const key = freshName();
      await put(s3, plain, key, { Body: 'x' });
      await refuses(copy(s3, plain, key, key), 400, 'InvalidRequest');
    },
  },
  {
    name: 'a copy whose source is not as it is named is refused',
    run: async ({ s3, plain }) => {
      const key = freshName();
      const { ETag } = await put(s3, plain, key, { Body: 'x' });
      for (const more of [{ CopySourceIfMatch: '"00"' }, { CopySourceIfNoneMatch: ETag }])
        await refuses(copy(s3, plain, key, `${key}-copy`, more), 412, 'PreconditionFailed');
      await copy(s3, plain, key, `${key}-copy`, { CopySourceIfMatch: ETag });
    },
  },
  {
    name: 'a copy can be of an earlier version',
    run: async ({ s3, kept }) => {
      const key = freshName();
      const { VersionId } = await put(s3, kept, key, { Body: 'one' });
      await put(s3, kept, key, { Body: 'two' });
      const answer = await copy(s3, kept, `${key}?versionId=${VersionId}`, `${key}-copy`);
      assert.equal(answer.CopySourceVersionId, VersionId);
      assert.equal(await textOf(s3, kept, `${key}-copy`), 'one');
    },
  },
  {
    name: 'a copy of what is not there is NoSuchKey',
    run: async ({ s3, plain }) => {
      await refuses(copy(s3, plain, freshName(), freshName()), 404, 'NoSuchKey');
    },
  },
  {
    name: 'tags of a put come back, and their number',
    run: async ({ s3, plain }) => {
      const key = freshName();
      await put(s3, plain, key, { Body: 'x', Tagging: 'kind=journal&of=a%20b' });
      assert.deepEqual(await tagsOf(s3, plain, key), [
        ['kind', 'journal'],
        ['of', 'a b'],
      ]);
      assert.equal((await get(s3, plain, key)).TagCount, 2);
    },
  },
  {
    name: 'tags can be put later, and taken away',
    run: async ({ s3, plain }) => {
      const target = { Bucket: plain, Key: freshName() };
      await put(s3, plain, target.Key, { Body: 'x' });
      const Tagging = { TagSet: [{ Key: '<a>', Value: '&' }] };
      await s3.send(new PutObjectTaggingCommand({ ...target, Tagging }));
      assert.deepEqual(await tagsOf(s3, plain, target.Key), [['<a>', '&']]);
      await s3.send(new DeleteObjectTaggingCommand(target));
      assert.deepEqual((await tagsOf(s3, plain, target.Key)) ?? [], []);
    },
  },
  {
    name: 'more than ten tags, or two of one name, are refused',
    run: async ({ s3, plain }) => {
      const many = Array.from({ length: 11 }, (_, index) => `k${index}=v`).join('&');
      for (const Tagging of [many, 'a=1&a=2'])
        await refuses(put(s3, plain, freshName(), { Body: 'x', Tagging }), 400, 'InvalidTag');
    },
  },
];
