import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type S3Client,
  UploadPartCommand,
  type UploadPartCommandInput,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { bytesOf, freshName, get, type ProbeCase, put, refuses, textOf } from '../probe.ts';

/** The smallest part that may have another one behind it. */
const FIRST = Buffer.alloc(5 * 1024 * 1024, 'The first part. ');
const LAST = Buffer.from('The last part.');
const DIGITS = '123456789';

type Part = { readonly PartNumber: number; readonly ETag: string | undefined };

interface Upload {
  readonly UploadId: string | undefined;
  part(PartNumber: number, Body: Buffer | string, more?: Partial<UploadPartCommandInput>): Promise<Part>;
  complete(Parts: readonly Part[], more?: Partial<CompleteMultipartUploadCommandInput>): Promise<unknown>;
}

async function begin(
  s3: S3Client,
  Bucket: string,
  Key: string,
  more: Partial<CreateMultipartUploadCommandInput> = {},
): Promise<Upload> {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...more, Bucket, Key }));
  const target = { Bucket, Key, UploadId };
  return {
    UploadId,
    part: async (PartNumber, Body, input = {}) => {
      const answer = await s3.send(new UploadPartCommand({ ...target, PartNumber, Body, ...input }));
      const { ETag, ChecksumCRC32, ChecksumSHA256 } = answer;
      return { PartNumber, ETag, ChecksumCRC32, ChecksumSHA256 };
    },
    complete: (Parts, input = {}) =>
      s3.send(
        new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts: [...Parts] }, ...input }),
      ),
  };
}

async function putTogether(s3: S3Client, bucket: string, key: string): Promise<void> {
  const upload = await begin(s3, bucket, key);
  const parts = [await upload.part(1, FIRST), await upload.part(2, LAST)];
  await upload.complete(parts);
}

function sha256(...pieces: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
}

export const MULTIPART: readonly ProbeCase[] = [
  {
    name: 'parts become one object, with an ETag that counts them',
    run: async ({ s3, plain }) => {
      const key = freshName();
      const upload = await begin(s3, plain, key, { ContentType: 'message/rfc822', Metadata: { a: 'b' } });
      // The order in which they come does not matter.
      const last = await upload.part(7, LAST);
      const first = await upload.part(2, FIRST);
      await upload.complete([first, last]);
      assert.ok((await bytesOf(s3, plain, key)).equals(Buffer.concat([FIRST, LAST])));
      const read = await get(s3, plain, key, { Range: 'bytes=0-0' });
      const md5 = [FIRST, LAST].map((bytes) => createHash('md5').update(bytes).digest());
      assert.equal(read.ETag, `"${createHash('md5').update(Buffer.concat(md5)).digest('hex')}-2"`);
      assert.deepEqual([read.ContentType, read.Metadata], ['message/rfc822', { a: 'b' }]);
    },
  },
  {
    name: 'an upload is no object until it is completed',
    run: async ({ s3, plain }) => {
      const key = freshName();
      const upload = await begin(s3, plain, key);
      const part = await upload.part(1, DIGITS);
      await refuses(get(s3, plain, key), 404, 'NoSuchKey');
      await upload.complete([part]);
      assert.equal(await textOf(s3, plain, key), DIGITS);
    },
  },
  {
    name: 'a part that is sent again replaces the one before',
    run: async ({ s3, plain }) => {
      const key = freshName();
      const upload = await begin(s3, plain, key);
      const first = await upload.part(1, 'one');
      const second = await upload.part(1, 'two');
      await refuses(upload.complete([first]), 400, 'InvalidPart');
      await upload.complete([second]);
      assert.equal(await textOf(s3, plain, key), 'two');
    },
  },
  {
    name: 'parts out of order are refused',
    run: async ({ s3, plain }) => {
      const upload = await begin(s3, plain, freshName());
      const parts = [await upload.part(1, 'one'), await upload.part(2, 'two')];
      await refuses(upload.complete(parts.reverse()), 400, 'InvalidPartOrder');
    },
  },
  {
    name: 'a small part that is not the last is refused',
    run: async ({ s3, plain }) => {
      const upload = await begin(s3, plain, freshName());
      const parts = [await upload.part(1, 'one'), await upload.part(2, 'two')];
      await refuses(upload.complete(parts), 400, 'EntityTooSmall');
    },
  },
  {
    name: 'a part whose ETag is another one is refused',
    run: async ({ s3, plain }) => {
      const upload = await begin(s3, plain, freshName());
      await upload.part(1, 'one');
      const wrong = { PartNumber: 1, ETag: '"00000000000000000000000000000000"' };
      await refuses(upload.complete([wrong]), 400, 'InvalidPart');
    },
  },
  {
    name: 'parts are listed, in pages',
    run: async ({ s3, plain }) => {
      const key = freshName();
      const upload = await begin(s3, plain, key);
      for (const number of [3, 1, 2]) await upload.part(number, `part ${number}`);
      const target = { Bucket: plain, Key: key, UploadId: upload.UploadId };
      const first = await s3.send(new ListPartsCommand({ ...target, MaxParts: 2 }));
      assert.deepEqual(
        first.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size]),
        [
          [1, 6],
          [2, 6],
        ],
      );
      assert.equal(first.IsTruncated, true);
      const PartNumberMarker = first.NextPartNumberMarker;
      const rest = await s3.send(new ListPartsCommand({ ...target, PartNumberMarker }));
      assert.deepEqual(
        rest.Parts?.map(({ PartNumber }) => PartNumber),
        [3],
      );
    },
  },
  {
    name: 'uploads under way are listed',
    run: async ({ s3, plain }) => {
      const key = freshName();
      const upload = await begin(s3, plain, key);
      const list = await s3.send(new ListMultipartUploadsCommand({ Bucket: plain, Prefix: key }));
      assert.deepEqual(
        list.Uploads?.map(({ Key, UploadId }) => [Key, UploadId]),
        [[key, upload.UploadId]],
      );
    },
  },
  {
    name: 'an aborted upload is gone',
    run: async ({ s3, plain }) => {
      const key = freshName();
      const upload = await begin(s3, plain, key);
      const part = await upload.part(1, 'x');
      await s3.send(new AbortMultipartUploadCommand({ Bucket: plain, Key: key, UploadId: upload.UploadId }));
      await refuses(upload.complete([part]), 404, 'NoSuchUpload');
      await refuses(get(s3, plain, key), 404);
    },
  },
  {
    name: 'an upload that is completed with If-None-Match: * replaces nothing',
    run: async ({ s3, plain }) => {
      const key = freshName();
      const upload = await begin(s3, plain, key);
      const part = await upload.part(1, 'mine');
      await put(s3, plain, key, { Body: 'theirs' });
      await refuses(upload.complete([part], { IfNoneMatch: '*' }), 412, 'PreconditionFailed');
      assert.equal(await textOf(s3, plain, key), 'theirs');
    },
  },
  {
    name: 'completing again gives the same answer',
    run: async ({ s3, kept }) => {
      const key = freshName();
      const upload = await begin(s3, kept, key);
      const part = await upload.part(1, 'x');
      const versionOf = (answer: unknown) =>
        typeof answer === 'object' && answer !== null && 'VersionId' in answer ? answer.VersionId : undefined;
      const first = versionOf(await upload.complete([part]));
      assert.ok(first !== undefined);
      assert.equal(versionOf(await upload.complete([part])), first);
    },
  },
  {
    name: 'a part with a wrong checksum is refused',
    run: async ({ s3, plain }) => {
      const upload = await begin(s3, plain, freshName());
      await refuses(upload.part(1, DIGITS, { ChecksumCRC32: 'AAAAAA==' }), 400, 'BadDigest');
    },
  },
  {
    name: 'a composite checksum is made of those of the parts',
    run: async ({ s3, plain }) => {
      const key = freshName();
      const upload = await begin(s3, plain, key, { ChecksumAlgorithm: 'SHA256' });
      const part = await upload.part(1, DIGITS, { ChecksumAlgorithm: 'SHA256' });
      await upload.complete([part]);
      const read = await get(s3, plain, key, { ChecksumMode: 'ENABLED' });
      assert.equal(read.ChecksumSHA256, `${sha256(sha256(Buffer.from(DIGITS))).toString('base64')}-1`);
      assert.equal(read.ChecksumType, 'COMPOSITE');
    },
  },
  {
    name: 'an upload with composite checksums is not completed without them',
    run: async ({ s3, plain }) => {
      const upload = await begin(s3, plain, freshName(), { ChecksumAlgorithm: 'SHA256' });
      const { ETag } = await upload.part(1, DIGITS, { ChecksumAlgorithm: 'SHA256' });
      await refuses(upload.complete([{ PartNumber: 1, ETag }]), 400, 'InvalidRequest');
    },
  },
  {
    name: 'a checksum of the whole is computed, and compared',
    run: async ({ s3, plain }) => {
      const key = freshName();
      const more = { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' } as const;
      const upload = await begin(s3, plain, key, more);
      const part = await upload.part(1, DIGITS);
      const complete = (ChecksumCRC32: string) =>
        upload.complete([part], { ChecksumCRC32, ChecksumType: 'FULL_OBJECT' });
      await refuses(complete('AAAAAA=='), 400, 'BadDigest');
      await complete('y/Q5Jg==');
      const read = await get(s3, plain, key, { ChecksumMode: 'ENABLED' });
      assert.deepEqual([read.ChecksumCRC32, read.ChecksumType], ['y/Q5Jg==', 'FULL_OBJECT']);
    },
  },
  {
    name: 'one part of an object can be read',
    run: async ({ s3, plain }) => {
      const key = freshName();
      await putTogether(s3, plain, key);
      const read = await s3.send(new GetObjectCommand({ Bucket: plain, Key: key, PartNumber: 2 }));
      assert.equal(read.PartsCount, 2);
      assert.equal(await read.Body?.transformToString(), LAST.toString());
    },
  },
  {
    name: 'a part can be copied from a range of an object',
    run: async ({ s3, plain }) => {
      const key = freshName();
      await put(s3, plain, `${key}-source`, { Body: 'hello world' });
      const upload = await begin(s3, plain, key);
      const { CopyPartResult } = await s3.send(
        new UploadPartCopyCommand({
          Bucket: plain,
          Key: key,
          UploadId: upload.UploadId,
          PartNumber: 1,
          CopySource: `${plain}/${key}-source`,
          CopySourceRange: 'bytes=6-10',
        }),
      );
      await upload.complete([{ PartNumber: 1, ETag: CopyPartResult?.ETag }]);
      assert.equal(await textOf(s3, plain, key), 'world');
    },
  },
];
