/** A kill at any moment leaves the object that was or the one that comes. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { CLIENT, stand } from '../stand.ts';

const BYTES = 600_000;
const body = (writer: number, round: number): Buffer =>
  Buffer.alloc(BYTES, `writer ${writer} round ${round};`);

/** Overwrites one key from several sides until the server is gone; gives the highest round that was confirmed. */
async function writeUntilGone(s3: S3Client, Bucket: string, writer: number): Promise<number> {
  for (let round = 0; ; round += 1) {
    try {
      const Metadata = { writer: String(writer), round: String(round) };
      await s3.send(
        new PutObjectCommand({ Bucket, Key: `k/${writer}.eml`, Body: body(writer, round), Metadata }),
      );
    } catch {
      return round - 1;
    }
  }
}

/** Writes a key of its own each time. */
async function writeNewUntilGone(s3: S3Client): Promise<void> {
  for (let round = 0; ; round += 1) {
    const Metadata = { round: String(round) };
    const sent = s3.send(
      new PutObjectCommand({ Bucket: 'plain', Key: `new/${round}.eml`, Body: 'x', Metadata }),
    );
    const answer = await sent.catch(() => 'gone' as const);
    if (answer === 'gone') return;
  }
}

/** No object is there without what was said of it. */
async function expectWhole(s3: S3Client): Promise<void> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'plain', Prefix: 'new/' }));
  for (const { Key } of Contents) {
    const { Metadata } = await s3.send(new HeadObjectCommand({ Bucket: 'plain', Key }));
    expect(`new/${Metadata?.['round']}.eml`).toBe(Key);
  }
}

test.each([37, 61, 113, 190])('killed after about %i ms', async (afterMs) => {
  const first = await stand({ buckets: ['versioned'] });
  await first.s3.send(new CreateBucketCommand({ Bucket: 'plain' }));
  await first.server.close();
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'serve.ts'), first.dataDir]);
  const [line] = await once(child.stdout, 'data');
  const s3 = new S3Client({ ...CLIENT, endpoint: String(line).trim(), forcePathStyle: true, maxAttempts: 1 });
  const writers = [writeUntilGone(s3, 'plain', 0), writeUntilGone(s3, 'versioned', 1)];
  const newKeys = writeNewUntilGone(s3);
  await wait(afterMs);
  child.kill('SIGKILL');
  const confirmed = await Promise.all(writers);
  await newKeys;
  s3.destroy();

  const second = await stand({ dataDir: first.dataDir });
  expect(await readdir(join(second.dataDir, 's3', '.staging'))).toEqual([]);
  for (const [writer, Bucket] of ['plain', 'versioned'].entries()) {
    if ((confirmed[writer] ?? -1) < 0) continue;
    const answer = await second.s3.send(new GetObjectCommand({ Bucket, Key: `k/${writer}.eml` }));
    const bytes = Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
    const round = Number(answer.Metadata?.['round']);
    expect(round).toBeGreaterThanOrEqual(confirmed[writer] ?? 0);
    expect(bytes.equals(body(writer, round))).toBe(true);
    expect(answer.ETag).toBe(`"${createHash('md5').update(bytes).digest('hex')}"`);
    await second.s3.send(new PutObjectCommand({ Bucket, Key: `k/${writer}.eml`, Body: 'after' }));
  }
  await expectWhole(second.s3);
  await second.close();
  await first.close().catch(() => undefined);
});
