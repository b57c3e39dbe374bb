import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { freshName, get, type ProbeCase, put, refuses, textOf, winners } from '../probe.ts';

const RACERS = 10;
const ROUNDS = 3;
const MINUTE_MS = 60_000;

export const CONDITIONS: readonly ProbeCase[] = [
  {
    name: 'If-None-Match: * writes once',
    run: async ({ s3, plain }) => {
      const key = freshName();
      await put(s3, plain, key, { Body: 'first', IfNoneMatch: '*' });
      await refuses(put(s3, plain, key, { Body: 'second', IfNoneMatch: '*' }), 412, 'PreconditionFailed');
      assert.equal(await textOf(s3, plain, key), 'first');
    },
  },
  {
    name: 'of writers that race with If-None-Match: * one wins, every time',
    run: async ({ s3, plain, kept }) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const key = freshName();
        const bucket = round % 2 === 0 ? plain : kept;
        const racers = Array.from({ length: RACERS }, (_, index) =>
          put(s3, bucket, key, { Body: `racer ${index}`, IfNoneMatch: '*' }),
        );
        const won = await winners(racers);
        assert.equal(won.length, 1);
        assert.equal(await textOf(s3, bucket, key), `racer ${won[0]}`);
      }
    },
  },
  {
    name: 'If-Match writes over the version that it names only',
    run: async ({ s3, plain }) => {
      const key = freshName();
      const first = await put(s3, plain, key, { Body: 'one' });
      await put(s3, plain, key, { Body: 'two', IfMatch: first.ETag });
      await refuses(put(s3, plain, key, { Body: 'three', IfMatch: first.ETag }), 412, 'PreconditionFailed');
      assert.equal(await textOf(s3, plain, key), 'two');
    },
  },
  {
    name: 'If-Match without an object is NoSuchKey',
    run: async ({ s3, plain }) => {
      await refuses(put(s3, plain, freshName(), { Body: 'x', IfMatch: '"00"' }), 404, 'NoSuchKey');
    },
  },
  {
    name: 'of writers that race with If-Match one wins, every time',
    run: async ({ s3, plain }) => {
      const key = freshName();
      for (let round = 0; round < ROUNDS; round += 1) {
        const { ETag } = await put(s3, plain, key, { Body: `round ${round}` });
        const racers = Array.from({ length: RACERS }, (_, index) =>
          put(s3, plain, key, { Body: `racer ${round} ${index}`, IfMatch: ETag }),
        );
        const won = await winners(racers);
        assert.equal(won.length, 1);
        assert.equal(await textOf(s3, plain, key), `racer ${round} ${won[0]}`);
      }
    },
  },
  {
    name: 'behind a delete marker If-None-Match: * may write again',
    run: async ({ s3, kept }) => {
      const key = freshName();
      await put(s3, kept, key, { Body: 'one', IfNoneMatch: '*' });
      await s3.send(new DeleteObjectCommand({ Bucket: kept, Key: key }));
      await put(s3, kept, key, { Body: 'two', IfNoneMatch: '*' });
      assert.equal(await textOf(s3, kept, key), 'two');
    },
  },
  {
    name: 'a conditional write that a delete overtakes is a conflict',
    run: async ({ s3, plain }) => {
      const key = freshName();
      async function* slowly() {
        yield Buffer.alloc(70_000, 'a');
        await wait(60);
        await put(s3, plain, key, { Body: 'between' });
        await s3.send(new DeleteObjectCommand({ Bucket: plain, Key: key }));
        yield Buffer.from('b');
      }
      const slow = put(s3, plain, key, {
        Body: Readable.from(slowly()),
        ContentLength: 70_001,
        IfNoneMatch: '*',
      });
      await refuses(slow, 409, 'ConditionalRequestConflict');
    },
  },
  {
    name: 'a conditional delete takes only what it names',
    run: async ({ s3, plain }) => {
      const key = freshName();
      const { ETag } = await put(s3, plain, key, { Body: 'x' });
      const remove = (IfMatch: string | undefined) =>
        s3.send(new DeleteObjectCommand({ Bucket: plain, Key: key, IfMatch }));
      await refuses(remove('"00000000000000000000000000000000"'), 412, 'PreconditionFailed');
      assert.equal(await textOf(s3, plain, key), 'x');
      await remove(ETag);
      await refuses(get(s3, plain, key), 404);
    },
  },
  {
    name: 'a read with If-Match of something else is refused',
    run: async ({ s3, plain }) => {
      const key = freshName();
      await put(s3, plain, key, { Body: 'x' });
      await refuses(get(s3, plain, key, { IfMatch: '"00"' }), 412);
    },
  },
  {
    name: 'a read with If-None-Match of what is there is not modified',
    run: async ({ s3, plain }) => {
      const key = freshName();
      const { ETag } = await put(s3, plain, key, { Body: 'x' });
      await refuses(get(s3, plain, key, { IfNoneMatch: ETag }), 304);
    },
  },
  {
    name: 'a read with If-Modified-Since of later is not modified',
    run: async ({ s3, plain }) => {
      const key = freshName();
      await put(s3, plain, key, { Body: 'x' });
      await refuses(get(s3, plain, key, { IfModifiedSince: new Date(Date.now() + MINUTE_MS) }), 304);
    },
  },
  {
    name: 'a read with If-Unmodified-Since of earlier is refused',
    run: async ({ s3, plain }) => {
      const key = freshName();
      await put(s3, plain, key, { Body: 'x' });
      await refuses(get(s3, plain, key, { IfUnmodifiedSince: new Date(Date.now() - MINUTE_MS) }), 412);
    },
  },
];
