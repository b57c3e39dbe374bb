/** What a store finds when it is opened again. */
import { appendFile, mkdir, readdir, readFile, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { failure, type Stand, stand } from '../stand.ts';

const Bucket = 'bucket';
let here: Stand;
let folder: string;
beforeEach(async () => {
  here = await stand({ buckets: [Bucket] });
  folder = join(here.dataDir, 's3', Bucket);
});
afterEach(() => here.close());

/** Closes, does something to the files, opens again. */
async function reopen(meanwhile: () => Promise<unknown> = async () => undefined): Promise<void> {
  const { dataDir } = here;
  here.s3.destroy();
  await here.server.close();
  await meanwhile();
  here = await stand({ dataDir, buckets: [Bucket] });
}

const put = (Key: string, Body: string) =>
  here.s3.send(new PutObjectCommand({ Bucket, Key, Body, Metadata: { a: 'b' } }));
const head = (Key: string) => here.s3.send(new HeadObjectCommand({ Bucket, Key }));
const text = async (Key: string, VersionId?: string) =>
  (await here.s3.send(new GetObjectCommand({ Bucket, Key, VersionId }))).Body?.transformToString();
const index = () => join(folder, '~index.jsonl');

test('everything that was there', async () => {
  const one = await put('k', 'one');
  await put('k', 'two');
  await put('gone', 'x');
  const marker = await here.s3.send(new DeleteObjectCommand({ Bucket, Key: 'gone' }));
  await reopen();
  expect(await text('k')).toBe('two');
  expect(await text('k', one.VersionId)).toBe('one');
  expect((await head('k')).Metadata).toEqual({ a: 'b' });
  const { Versions, DeleteMarkers } = await here.s3.send(new ListObjectVersionsCommand({ Bucket }));
  expect(Versions).toHaveLength(3);
  expect(DeleteMarkers?.[0]?.VersionId).toBe(marker.VersionId);
});

test('a line that a kill cut short is cut off, and the next one is whole', async () => {
  await put('k', 'one');
  await reopen(() => appendFile(index(), '{"key":"k","put":{"versionId":'));
  expect(await text('k')).toBe('one');
  await put('k', 'two');
  await reopen();
  expect(await text('k')).toBe('two');
});

test('lines that a power cut filled with nothing are passed over', async () => {
  await put('k', 'one');
  await reopen(() => appendFile(index(), `${'\0'.repeat(300)}\nnull\n{"key":5}\n{"key":"k","put":{}}\n`));
  expect(await text('k')).toBe('one');
});

test('bytes whose line was lost become their object again', async () => {
  await put('raw/0a.eml', 'kept');
  await put('Ä..//', 'odd');
  await reopen(() => truncate(index(), 0));
  expect(await text('raw/0a.eml')).toBe('kept');
  expect(await text('Ä..//')).toBe('odd');
  expect((await head('raw/0a.eml')).ETag).toBe('"4d8b6084f3d167b76cac66a22a91be02"');
  await reopen();
  expect(await text('raw/0a.eml')).toBe('kept');
});

test('bytes that were deleted or replaced just before a kill are not an object again', async () => {
  const first = await put('k', 'one');
  const second = await put('k', 'two');
  for (const { VersionId } of [first, second])
    await here.s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId }));
  const orphan = `k.~${'0'.repeat(32)}`;
  await reopen(async () => {
    await writeFile(join(folder, 'k.'), 'one');
    await writeFile(join(folder, orphan), 'two');
  });
  expect((await failure(text('k'))).name).toBe('NoSuchKey');
  expect(await readdir(folder)).toEqual(['~bucket.json', '~index.jsonl']);
});

test('files that no key has are left alone', async () => {
  await reopen(async () => {
    await mkdir(join(folder, 'Notes'));
    await writeFile(join(folder, 'Notes', 'Read Me.txt'), 'mine');
  });
  expect(await readFile(join(folder, 'Notes', 'Read Me.txt'), 'utf8')).toBe('mine');
});

test('a kill between the line and the bytes leaves the object that was', async () => {
  const line = async (key: string, file: string, versionId: string) => {
    const put = { versionId, file, bytes: 3, etag: 'x', modifiedMs: 1, headers: {} };
    await appendFile(index(), `${JSON.stringify({ key, put })}\n`);
  };
  const { VersionId } = await put('k', 'one');
  await reopen(async () => {
    await line('k', `k.~${'1'.repeat(32)}`, 'never');
    await line('new', 'new.', 'never');
  });
  expect((await head('k')).VersionId).toBe(VersionId);
  expect((await failure(head('new'))).status).toBe(404);
  // The name is free for the next one, and the line that came to nothing stays without meaning.
  const again = await put('new', 'two');
  await reopen();
  const { Versions } = await here.s3.send(new ListObjectVersionsCommand({ Bucket }));
  expect(Versions?.map((one) => [one.Key, one.VersionId])).toEqual([
    ['k', VersionId],
    ['new', again.VersionId],
  ]);
  expect((await head('new')).Metadata).toEqual({ a: 'b' });
});

test('a put whose bytes cannot get their place leaves nothing, now and later', async () => {
  await writeFile(join(folder, 'deep'), 'in the way of a folder');
  expect((await failure(put('deep/k', 'one'))).status).toBe(500);
  expect((await failure(head('deep/k'))).status).toBe(404);
  expect(await readdir(join(here.dataDir, 's3', '.staging'))).toEqual([]);
  await unlink(join(folder, 'deep'));
  const { VersionId } = await put('deep/k', 'two');
  await reopen();
  const { Versions } = await here.s3.send(new ListObjectVersionsCommand({ Bucket }));
  expect(Versions?.map((one) => one.VersionId)).toEqual([VersionId]);
  expect(await text('deep/k')).toBe('two');
});

test('an object whose bytes are gone is no object', async () => {
  await put('k.eml', 'one');
  await unlink(join(folder, 'k.eml'));
  expect((await failure(text('k.eml'))).name).toBe('NoSuchKey');
});

test('a log that says little in many lines is written anew', async () => {
  const { ETag } = await put('k', 'one');
  const dead = `${JSON.stringify({ key: 'other', remove: 'x' })}\n`.repeat(10_050);
  await reopen(() => appendFile(index(), dead));
  expect((await readFile(index(), 'utf8')).length).toBeLessThan(1000);
  expect((await head('k')).ETag).toBe(ETag);
  await put('k', 'two');
  await reopen();
  expect(await text('k')).toBe('two');
});
