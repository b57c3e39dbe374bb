/** Uploads that outlive the process, and a kill while one is completed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CLIENT, failure, type Stand, stand } from '../stand.ts';

const Bucket = 'kept';
const PART_BYTES = 5 * 1024 * 1024;
let here: Stand;
beforeEach(async () => {
  here = await stand({ buckets: [Bucket] });
});
afterEach(() => here.close());

async function reopen(): Promise<void> {
  const { dataDir } = here;
  here.s3.destroy();
  await here.server.close();
  here = await stand({ dataDir });
}

async function begin(s3: S3Client, Key: string, more: object = {}) {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }));
  return { Bucket, Key, UploadId };
}

const uploadFolders = () => readdir(join(here.dataDir, 's3', '.uploads'));

test('an upload goes on in the next process, with its headers, tags and checksums', async () => {
  const said = { ContentType: 'message/rfc822', Tagging: 'a=b', ChecksumAlgorithm: 'SHA256' };
  const target = await begin(here.s3, 'k.eml', said);
  const sent = { ...target, PartNumber: 1, ChecksumAlgorithm: 'SHA256' } as const;
  await here.s3.send(new UploadPartCommand({ ...sent, Body: 'first try' }));
  const part = await here.s3.send(new UploadPartCommand({ ...sent, Body: 'hello' }));
  await reopen();
  const { Parts } = await here.s3.send(new ListPartsCommand(target));
  expect(Parts).toMatchObject([{ PartNumber: 1, Size: 5, ChecksumSHA256: part.ChecksumSHA256 }]);
  const { ETag, ChecksumSHA256 } = part;
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag, ChecksumSHA256 }] };
  const done = await here.s3.send(new CompleteMultipartUploadCommand({ ...target, MultipartUpload }));
  await reopen();
  const again = await here.s3.send(new CompleteMultipartUploadCommand({ ...target, MultipartUpload }));
  expect(again.VersionId).toBe(done.VersionId);
  const head = await here.s3.send(
    new HeadObjectCommand({ Bucket, Key: 'k.eml', ChecksumMode: 'ENABLED', PartNumber: 1 }),
  );
  expect(head).toMatchObject({ ContentType: 'message/rfc822', PartsCount: 1, ContentLength: 5 });
  expect(await uploadFolders()).toEqual([]);
});

test('of requests that complete one upload at once all get the same answer', async () => {
  const target = await begin(here.s3, 'race');
  const { ETag } = await here.s3.send(new UploadPartCommand({ ...target, PartNumber: 1, Body: 'x' }));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  const all = Array.from({ length: 6 }, () =>
    here.s3.send(new CompleteMultipartUploadCommand({ ...target, MultipartUpload })),
  );
  expect(new Set((await Promise.all(all)).map(({ VersionId }) => VersionId)).size).toBe(1);
  expect(await readdir(join(here.dataDir, 's3', '.staging'))).toEqual([]);
});

test('of uploads that are completed at once with If-None-Match: * one wins', async () => {
  const racers = Array.from({ length: 6 }, async (_, index) => {
    const target = await begin(here.s3, 'race');
    const { ETag } = await here.s3.send(
      new UploadPartCommand({ ...target, PartNumber: 1, Body: `racer ${index}` }),
    );
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await here.s3.send(new CompleteMultipartUploadCommand({ ...target, MultipartUpload, IfNoneMatch: '*' }));
    return `racer ${index}`;
  });
  const won = (await Promise.allSettled(racers)).flatMap((each) =>
    each.status === 'fulfilled' ? [each.value] : [],
  );
  expect(won).toHaveLength(1);
  const { Body } = await here.s3.send(new GetObjectCommand({ Bucket, Key: 'race' }));
  expect(await Body?.transformToString()).toBe(won[0]);
});

test('the uploads into a bucket go with it', async () => {
  await here.s3.send(new CreateBucketCommand({ Bucket: 'short-lived' }));
  await here.s3.send(new CreateMultipartUploadCommand({ Bucket: 'short-lived', Key: 'k' }));
  await here.s3.send(new DeleteBucketCommand({ Bucket: 'short-lived' }));
  expect(await uploadFolders()).toEqual([]);
});

test('a part number out of range, or an upload of another key, is refused', async () => {
  const target = await begin(here.s3, 'k');
  const put = (more: object) =>
    failure(here.s3.send(new UploadPartCommand({ ...target, PartNumber: 1, Body: 'x', ...more })));
  expect(await put({ PartNumber: 10_001 })).toMatchObject({ name: 'InvalidArgument', status: 400 });
  expect(await put({ Key: 'other' })).toMatchObject({ name: 'NoSuchUpload', status: 404 });
  expect(await put({ UploadId: '../../x' })).toMatchObject({ name: 'NoSuchUpload' });
});

test('what a kill leaves of uploads is put in order', async () => {
  const done = await begin(here.s3, 'done');
  const open = await begin(here.s3, 'open');
  const part = (target: typeof done, Body: string) =>
    here.s3.send(new UploadPartCommand({ ...target, PartNumber: 1, Body }));
  const { ETag } = await part(done, 'x');
  await part(open, 'y');
  const uploads = join(here.dataDir, 's3', '.uploads');
  const before = join(here.dataDir, 'before');
  await cp(uploads, before, { recursive: true });
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  const { VersionId } = await here.s3.send(new CompleteMultipartUploadCommand({ ...done, MultipartUpload }));
  await part(open, 'newer');
  const { dataDir } = here;
  here.s3.destroy();
  await here.server.close();
  // The object is there and its upload not ended; a part came again and the old one is not gone; a folder has no plan.
  await cp(before, uploads, { recursive: true, preserveTimestamps: true });
  await mkdir(join(uploads, 'torn'));
  here = await stand({ dataDir });
  expect(await uploadFolders()).toEqual([open.UploadId]);
  const again = await here.s3.send(new CompleteMultipartUploadCommand({ ...done, MultipartUpload }));
  expect(again.VersionId).toBe(VersionId);
  expect((await here.s3.send(new ListPartsCommand(open))).Parts).toMatchObject([{ Size: 5 }]);
});

/** Completes uploads of two parts over one key until the server is gone; the highest round that was confirmed. */
async function completeUntilGone(s3: S3Client): Promise<number> {
  for (let round = 0; ; round += 1) {
    try {
      const target = await begin(s3, 'k', { Metadata: { round: String(round) } });
      const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
      for (const [PartNumber, bytes] of [[1, PART_BYTES] as const, [2, 1000] as const]) {
        const Body = Buffer.alloc(bytes, `round ${round};`);
        const { ETag } = await s3.send(new UploadPartCommand({ ...target, PartNumber, Body }));
        Parts.push({ PartNumber, ETag });
      }
      await s3.send(new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts } }));
    } catch {
      return round - 1;
    }
  }
}

test.each([150, 240, 330])(
  'killed after about %i ms an upload is the object, or goes on',
  async (afterMs) => {
    await here.s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'before' }));
    here.s3.destroy();
    await here.server.close();
    const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'serve.ts'), here.dataDir]);
    const [line] = await once(child.stdout, 'data');
    const s3 = new S3Client({
      ...CLIENT,
      endpoint: String(line).trim(),
      forcePathStyle: true,
      maxAttempts: 1,
    });
    const writing = completeUntilGone(s3);
    await wait(afterMs);
    child.kill('SIGKILL');
    const confirmed = await writing;
    s3.destroy();

    here = await stand({ dataDir: here.dataDir });
    expect(await readdir(join(here.dataDir, 's3', '.staging'))).toEqual([]);
    const answer = await here.s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
    const bytes = Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
    const round = Number(answer.Metadata?.['round'] ?? -1);
    expect(round).toBeGreaterThanOrEqual(confirmed);
    const whole = [PART_BYTES, 1000].map((size) => Buffer.alloc(size, `round ${round};`));
    expect(bytes.equals(round === -1 ? Buffer.from('before') : Buffer.concat(whole))).toBe(true);
  },
);
