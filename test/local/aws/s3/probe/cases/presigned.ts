import assert from 'node:assert/strict';
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { freshName, type ProbeCase, put, textOf } from '../probe.ts';

const HOUR_S = 3600;

function readLink(s3: S3Client, Bucket: string, Key: string, signedAgoS = 0, expiresIn = HOUR_S) {
  const ResponseContentDisposition = 'attachment; filename="m.eml"';
  const command = new GetObjectCommand({ Bucket, Key, ResponseContentDisposition });
  return getSignedUrl(s3, command, { expiresIn, signingDate: new Date(Date.now() - signedAgoS * 1000) });
}

export const PRESIGNED: readonly ProbeCase[] = [
  {
    name: 'a presigned link reads without credentials',
    run: async ({ s3, plain }) => {
      const key = freshName();
      await put(s3, plain, key, { Body: 'hello' });
      const answer = await fetch(await readLink(s3, plain, key));
      assert.equal(answer.status, 200);
      assert.equal(await answer.text(), 'hello');
    },
  },
  {
    name: 'a presigned link says how its answer is called',
    run: async ({ s3, plain }) => {
      const key = freshName();
      await put(s3, plain, key, { Body: 'hello' });
      const answer = await fetch(await readLink(s3, plain, key));
      await answer.body?.cancel();
      assert.equal(answer.headers.get('content-disposition'), 'attachment; filename="m.eml"');
    },
  },
  {
    name: 'a presigned link whose time is over is refused',
    run: async ({ s3, plain }) => {
      const key = freshName();
      await put(s3, plain, key, { Body: 'hello' });
      const answer = await fetch(await readLink(s3, plain, key, 120, 60));
      assert.equal(answer.status, 403);
      assert.match(await answer.text(), /Request has expired/);
    },
  },
  {
    name: 'a presigned link writes without credentials',
    run: async ({ s3, plain }) => {
      const Key = freshName();
      const url = await getSignedUrl(s3, new PutObjectCommand({ Bucket: plain, Key }), { expiresIn: HOUR_S });
      const answer = await fetch(url, { method: 'PUT', body: 'hello' });
      await answer.body?.cancel();
      assert.equal(answer.status, 200);
      assert.equal(await textOf(s3, plain, Key), 'hello');
    },
  },
];
