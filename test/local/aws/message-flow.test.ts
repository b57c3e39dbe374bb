import { PutObjectCommand } from '@aws-sdk/client-s3';
import {
  GetRawMessageContentCommand,
  PutRawMessageContentCommand,
  WorkMailMessageFlowClient,
} from '@aws-sdk/client-workmailmessageflow';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { InTransit } from '../../../local/types.ts';
import { CLIENT, failure, type Stand, stand } from './stand.ts';

const BUCKET = 'mailroom-rewrite';
const ORIGINAL = Buffer.from('From: a@example.com\r\nSubject: \xfc\r\n\r\nbody \xff\x00\r\n', 'latin1');
const VALID = 'From: a@example.com\r\nSubject: new\r\n\r\nnew body\r\n';

const contents = new Map<string, Uint8Array>();
const inTransit: InTransit = {
  get: async (id) => contents.get(id),
  put: async (id, bytes) => {
    if (!contents.has(id)) return 'not-found';
    if (id === 'frozen') return 'frozen';
    contents.set(id, bytes);
    return 'stored';
  },
};

let here: Stand;
let flow: WorkMailMessageFlowClient;
beforeAll(async () => {
  here = await stand({ inTransit, buckets: [BUCKET] });
  flow = new WorkMailMessageFlowClient({ ...CLIENT, endpoint: here.server.url });
});
afterAll(async () => {
  flow.destroy();
  await here.close();
});
beforeEach(() => {
  contents.clear();
  contents.set('message-1', ORIGINAL);
  contents.set('frozen', ORIGINAL);
});

async function upload(Key: string, Body: string | Buffer): Promise<string | undefined> {
  return (await here.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }))).VersionId;
}

const replace = (messageId: string, key: string, objectVersion?: string, bucket = BUCKET) =>
  flow.send(
    new PutRawMessageContentCommand({
      messageId,
      content: { s3Reference: { bucket, key, objectVersion } },
    }),
  );

describe('GetRawMessageContent', () => {
  test('gives the bytes', async () => {
    const answer = await flow.send(new GetRawMessageContentCommand({ messageId: 'message-1' }));
    expect(Buffer.from((await answer.messageContent?.transformToByteArray()) ?? [])).toEqual(ORIGINAL);
  });

  test('of an unknown message: ResourceNotFoundException', async () => {
    const sent = flow.send(new GetRawMessageContentCommand({ messageId: 'unknown' }));
    expect(await failure(sent)).toMatchObject({
      name: 'ResourceNotFoundException',
      status: 404,
      message: 'Unknown messageId',
    });
  });

  test('with an id that is none', async () => {
    const sent = flow.send(new GetRawMessageContentCommand({ messageId: '../../Etc' }));
    expect(await failure(sent)).toMatchObject({ name: 'ValidationException', status: 400 });
  });
});

describe('PutRawMessageContent', () => {
  test('replaces the content by the object', async () => {
    await upload('new', VALID);
    await replace('message-1', 'new');
    expect(Buffer.from(contents.get('message-1') ?? []).toString()).toBe(VALID);
  });

  test('reads the version that is named', async () => {
    const first = await upload('versions', VALID);
    await upload('versions', VALID.replace('new body', 'newer body'));
    await replace('message-1', 'versions', first);
    expect(Buffer.from(contents.get('message-1') ?? []).toString()).toBe(VALID);
  });

  test.each([
    ['no such key', 'nothing', undefined, BUCKET],
    ['no such version', 'there', '0123', BUCKET],
    ['no such bucket', 'there', undefined, 'elsewhere'],
  ])('InvalidContentLocation: %s', async (_, key, version, bucket) => {
    await upload('there', VALID);
    const refused = await failure(replace('message-1', key, version, bucket));
    expect(refused).toMatchObject({ name: 'InvalidContentLocation', status: 400 });
    expect(contents.get('message-1')).toBe(ORIGINAL);
  });

  test('MessageFrozen', async () => {
    await upload('new', VALID);
    expect(await failure(replace('frozen', 'new'))).toMatchObject({ name: 'MessageFrozen', status: 400 });
  });

  test('ResourceNotFoundException', async () => {
    await upload('new', VALID);
    expect(await failure(replace('unknown', 'new'))).toMatchObject({
      name: 'ResourceNotFoundException',
      status: 404,
    });
  });

  test.each([
    ['a line of 1001 octets', `From: a\r\n\r\n${'x'.repeat(999)}\r\n`, 'longer than 1000'],
    [
      'a line of 1001 octets as it would be sent',
      `From: a\r\n\r\n${'x'.repeat(999)}\nmore`,
      'longer than 1000',
    ],
    ['a header line that is none', 'From: a\r\nnonsense\r\n\r\n', 'malformed'],
    ['no From', 'Subject: x\r\n\r\nbody', "'From'"],
    ['two Subjects', 'From: a\r\nSubject: x\r\nsubject: y\r\n\r\n', "'subject'"],
    ['nothing', '', "'From'"],
  ])('MessageRejected: %s', async (_, bytes, why) => {
    await upload('bad', bytes);
    const refused = await failure(replace('message-1', 'bad'));
    expect(refused).toMatchObject({ name: 'MessageRejected', status: 400 });
    expect(refused.message).toContain(why);
    expect(contents.get('message-1')).toBe(ORIGINAL);
  });

  test('a line of 1000 octets is fine', async () => {
    await upload('good', `From: a\r\nReceived: x\r\nReceived: y\r\n\r\n${'x'.repeat(998)}\r\n`);
    await replace('message-1', 'good');
  });

  test.each([
    ['raw/a.eml', BUCKET],
    ['a_b', BUCKET],
    ['key', 'bucket.with.dots'],
  ])('the model takes no key %s in %s', async (key, bucket) => {
    expect((await failure(replace('message-1', key, undefined, bucket))).name).toBe('ValidationException');
  });

  test('a body that is no request', async () => {
    const post = (body: string) => fetch(`${here.server.url}/messages/message-1`, { method: 'POST', body });
    for (const body of [
      '',
      '[]',
      '{"content":{}}',
      '{"content":{"s3Reference":{"bucket":5}}}',
      'x'.repeat(20_000),
    ]) {
      const answer = await post(body);
      expect(answer.status).toBe(400);
      expect(answer.headers.get('x-amzn-errortype')).toBe('ValidationException');
    }
  });
});
