import assert from 'node:assert/strict';
import {
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  ListObjectVersionsCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { freshName, get, keepVersions, newBucket, type ProbeCase, put, refuses, textOf } from '../probe.ts';

function remove(s3: S3Client, Bucket: string, Key: string, VersionId?: string) {
  return s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
}

export const VERSIONS: readonly ProbeCase[] = [
  {
    name: 'every put has a version id of its own, and stays readable by it',
    run: async ({ s3, kept }) => {
      const key = freshName();
      const one = await put(s3, kept, key, { Body: 'one' });
      const two = await put(s3, kept, key, { Body: 'two' });
      assert.ok(one.VersionId !== undefined && two.VersionId !== undefined);
      assert.notEqual(one.VersionId, two.VersionId);
      assert.equal(await textOf(s3, kept, key), 'two');
      assert.equal(await textOf(s3, kept, key, one.VersionId), 'one');
    },
  },
  {
    name: 'a version that is not there is NoSuchVersion',
    run: async ({ s3, kept }) => {
      const key = freshName();
      const { VersionId } = await put(s3, kept, key, { Body: 'x' });
      await remove(s3, kept, key, VersionId);
      await put(s3, kept, key, { Body: 'y' });
      await refuses(get(s3, kept, key, { VersionId }), 404, 'NoSuchVersion');
    },
  },
  {
    name: 'a delete puts a marker on top and hides the object',
    run: async ({ s3, kept }) => {
      const key = freshName();
      const { VersionId } = await put(s3, kept, key, { Body: 'x' });
      const marker = await remove(s3, kept, key);
      assert.equal(marker.DeleteMarker, true);
      await refuses(get(s3, kept, key), 404, 'NoSuchKey');
      assert.equal(await textOf(s3, kept, key, VersionId), 'x');
    },
  },
  {
    name: 'the marker itself cannot be read',
    run: async ({ s3, kept }) => {
      const key = freshName();
      await put(s3, kept, key, { Body: 'x' });
      const { VersionId } = await remove(s3, kept, key);
      await refuses(get(s3, kept, key, { VersionId }), 405, 'MethodNotAllowed');
    },
  },
  {
    name: 'deleting the marker brings the object back',
    run: async ({ s3, kept }) => {
      const key = freshName();
      await put(s3, kept, key, { Body: 'x' });
      const { VersionId } = await remove(s3, kept, key);
      await remove(s3, kept, key, VersionId);
      assert.equal(await textOf(s3, kept, key), 'x');
    },
  },
  {
    name: 'deleting a version leaves the others',
    run: async ({ s3, kept }) => {
      const key = freshName();
      const one = await put(s3, kept, key, { Body: 'one' });
      const two = await put(s3, kept, key, { Body: 'two' });
      await remove(s3, kept, key, two.VersionId);
      assert.equal(await textOf(s3, kept, key), 'one');
      await refuses(get(s3, kept, key, { VersionId: two.VersionId }), 404);
      assert.equal(await textOf(s3, kept, key, one.VersionId), 'one');
    },
  },
  {
    name: 'versions are listed newest first, with markers and which is the latest',
    run: async ({ s3, kept }) => {
      const key = freshName();
      const one = await put(s3, kept, key, { Body: 'one' });
      const two = await put(s3, kept, key, { Body: 'two!' });
      const marker = await remove(s3, kept, key);
      const list = await s3.send(new ListObjectVersionsCommand({ Bucket: kept, Prefix: key }));
      assert.deepEqual(
        list.Versions?.map(({ VersionId, Size, IsLatest }) => [VersionId, Size, IsLatest]),
        [
          [two.VersionId, 4, false],
          [one.VersionId, 3, false],
        ],
      );
      assert.deepEqual(
        list.DeleteMarkers?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest]),
        [[marker.VersionId, true]],
      );
    },
  },
  {
    name: 'pages of versions hold each version once, also in the middle of a key',
    run: async ({ s3, kept }) => {
      const prefix = freshName();
      const written: (string | undefined)[] = [];
      for (const key of ['a', 'b'])
        for (const Body of ['1', '2', '3'])
          written.push((await put(s3, kept, `${prefix}/${key}`, { Body })).VersionId);
      const seen: (string | undefined)[] = [];
      let KeyMarker: string | undefined;
      let VersionIdMarker: string | undefined;
      for (let page = 0; page < 6; page += 1) {
        const input = { Bucket: kept, Prefix: prefix, MaxKeys: 2, KeyMarker, VersionIdMarker };
        const list = await s3.send(new ListObjectVersionsCommand(input));
        seen.push(...(list.Versions ?? []).map(({ VersionId }) => VersionId));
        if (list.IsTruncated !== true) break;
        KeyMarker = list.NextKeyMarker;
        VersionIdMarker = list.NextVersionIdMarker;
      }
      assert.deepEqual(seen.sort(), written.sort());
    },
  },
  {
    name: 'versioning is off, on and suspended as it was put',
    run: async ({ s3 }) => {
      const Bucket = await newBucket(s3);
      const status = async () => (await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status;
      assert.equal(await status(), undefined);
      await keepVersions(s3, Bucket);
      assert.equal(await status(), 'Enabled');
      await keepVersions(s3, Bucket, 'Suspended');
      assert.equal(await status(), 'Suspended');
    },
  },
  {
    name: 'while suspended a put replaces the null version and no other',
    run: async ({ s3 }) => {
      const bucket = await newBucket(s3);
      await keepVersions(s3, bucket);
      const before = await put(s3, bucket, 'k', { Body: 'before' });
      await keepVersions(s3, bucket, 'Suspended');
      await put(s3, bucket, 'k', { Body: 'one' });
      await put(s3, bucket, 'k', { Body: 'two' });
      assert.equal(await textOf(s3, bucket, 'k', 'null'), 'two');
      assert.equal(await textOf(s3, bucket, 'k', before.VersionId), 'before');
    },
  },
];
