import assert from 'node:assert/strict';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { freshName, get, type ProbeCase, put, refuses } from '../probe.ts';

function rangeCase(name: string, Range: string, text: string, contentRange: string): ProbeCase {
  return {
    name,
    run: async ({ s3, plain }) => {
      const key = freshName();
      await put(s3, plain, key, { Body: 'hello world' });
      const answer = await get(s3, plain, key, { Range });
      assert.equal(answer.$metadata.httpStatusCode, 206);
      assert.equal(answer.ContentRange, contentRange);
      assert.equal(await answer.Body?.transformToString(), text);
    },
  };
}

export const RANGES: readonly ProbeCase[] = [
  rangeCase('a range from a byte to a byte', 'bytes=2-4', 'llo', 'bytes 2-4/11'),
  rangeCase('a range to the end', 'bytes=6-', 'world', 'bytes 6-10/11'),
  rangeCase('a range of the last bytes', 'bytes=-5', 'world', 'bytes 6-10/11'),
  rangeCase('a range that reaches behind the end', 'bytes=6-900', 'world', 'bytes 6-10/11'),
  rangeCase('a range of more last bytes than there are', 'bytes=-900', 'hello world', 'bytes 0-10/11'),
  {
    name: 'a range behind the end is refused',
    run: async ({ s3, plain }) => {
      const key = freshName();
      await put(s3, plain, key, { Body: 'hello world' });
      await refuses(get(s3, plain, key, { Range: 'bytes=11-' }), 416, 'InvalidRange');
      await refuses(get(s3, plain, key, { Range: 'bytes=-0' }), 416, 'InvalidRange');
    },
  },
  {
    name: 'several ranges, or none that can be read, give the whole',
    run: async ({ s3, plain }) => {
      const key = freshName();
      await put(s3, plain, key, { Body: 'hello world' });
      for (const Range of ['bytes=0-1,4-5', 'bytes=5-2', 'lines=1-2']) {
        const answer = await get(s3, plain, key, { Range });
        assert.equal(answer.$metadata.httpStatusCode, 200, Range);
        assert.equal(await answer.Body?.transformToString(), 'hello world');
      }
    },
  },
  {
    name: 'a head of a range says the range',
    run: async ({ s3, plain }) => {
      const key = freshName();
      await put(s3, plain, key, { Body: 'hello world' });
      const head = await s3.send(new HeadObjectCommand({ Bucket: plain, Key: key, Range: 'bytes=1-3' }));
      assert.equal(head.ContentLength, 3);
    },
  },
];
