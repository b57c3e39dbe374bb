import {
  DeleteBucketPolicyCommand,
  GetBucketPolicyCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import {
  GetRawMessageContentCommand,
  PutRawMessageContentCommand,
  WorkMailMessageFlowClient,
} from '@aws-sdk/client-workmailmessageflow';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createBucket } from '../../../local/aws/s3/ground.ts';
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
  describe: async (id) =>
    contents.has(id) ? { direction: 'inbound', original: async () => ORIGINAL } : undefined,
};

const INNER = 'Content-Type: multipart/mixed; boundary=c\r\n\r\n';

function parts(body: string, boundary = '; boundary=b'): string {
  return `From: a@example.com\r\nContent-Type: multipart/mixed${boundary}\r\n\r\n${body}`;
}

function attached(disposition: string, type = 'application/octet-stream'): string {
  return parts(
    `--b\r\nContent-Type: ${type}\r\nContent-Disposition: attachment; ${disposition}\r\n\r\nx\r\n--b--\r\n`,
  );
}

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
    ['no From', 'Subject: x\r\n\r\nbody', "'from'"],
    ['two Subjects', 'From: a\r\nSubject: x\r\nsubject: y\r\n\r\n', "'subject'"],
    ['nothing', '', "'from'"],
    ['a multipart without a boundary', parts('--b\r\n\r\nx\r\n--b--\r\n', ''), 'has no boundary'],
    ['a boundary that is never found', parts('x\r\n'), 'never found'],
    ['a multipart that is not closed', parts('--b\r\n\r\nx\r\n'), 'not closed'],
    ['a multipart without a part', parts('--b--\r\n'), 'has no part'],
    ['an empty part', parts('--b\r\n--b\r\n\r\nx\r\n--b--\r\n'), 'Part 1 of a multipart is empty'],
    [
      'an inner multipart that is not closed',
      parts(`--b\r\n${INNER}--c\r\n\r\nx\r\n--b--\r\n`),
      'not closed',
    ],
    ['a program', attached('filename="Report.PDF.EXE"'), "'.exe'"],
    ['a program by the name of its type', attached('', 'application/x; name=a.vbs'), "'.vbs'"],
    ['a program with an encoded name', attached("filename*=utf-8''a%2Ejs"), "'.js'"],
  ])('[C6, C7, C9, C10, C12] MessageRejected: %s', async (_, bytes, why) => {
    await upload('bad', bytes);
    const refused = await failure(replace('message-1', 'bad'));
    expect(refused).toMatchObject({ name: 'MessageRejected', status: 400 });
    expect(refused.message).toContain(why);
    expect(contents.get('message-1')).toBe(ORIGINAL);
  });

  test.each([
    ['an empty body of a part', parts('--b\r\n\r\n\r\n--b--\r\n')],
    ['octets beyond seven bits without an encoding', `${VALID}Gr\u00fc\u00dfe \xff\r\n`],
    ['an attachment of a harmless type', attached('filename=exe.pdf')],
    ['an attachment without an extension', attached('filename=exe')],
    [
      'another Subject and further headers',
      VALID.replace('new', 'other').replace('From', 'X-New: 1\r\nFrom'),
    ],
  ])('[C8] takes %s', async (_, bytes) => {
    await upload('taken', Buffer.from(bytes, 'latin1'));
    await replace('message-1', 'taken');
  });

  test.each([
    ['From', VALID.replace('a@example.com', 'b@example.com')],
    ['Date', `Date: Fri, 20 Nov 2026 10:00:00 +0000\r\n${VALID}`],
    ['Message-ID', `Message-ID: <new@example.com>\r\n${VALID}`],
    ['Received', `Received: by somebody\r\n${VALID}`],
    ['Sender', `Sender: c@example.com\r\n${VALID}`],
    ['Return-Path', `Return-Path: <c@example.com>\r\n${VALID}`],
  ])('[C11] MessageRejected: another %s', async (name, bytes) => {
    await upload('changed', bytes);
    const refused = await failure(replace('message-1', 'changed'));
    expect(refused).toMatchObject({ name: 'MessageRejected', status: 400 });
    expect(refused.message).toBe(`Header '${name.toLowerCase()}' cannot be changed.`);
  });

  test('[C11] another From is taken where no header is immutable', async () => {
    const free = await stand({ inTransit, buckets: [BUCKET], immutableHeaders: 'none' });
    const client = new WorkMailMessageFlowClient({ ...CLIENT, endpoint: free.server.url });
    const Body = VALID.replace('a@example.com', 'b@example.com');
    await free.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'new', Body }));
    const content = { s3Reference: { bucket: BUCKET, key: 'new' } };
    await client.send(new PutRawMessageContentCommand({ messageId: 'message-1', content }));
    client.destroy();
    await free.close();
  });

  test('a line of 1000 octets is fine', async () => {
    await upload('good', `From: a@example.com\r\nX-A: x\r\nX-A: y\r\n\r\n${'x'.repeat(998)}\r\n`);
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

describe('WorkMail reads the object with rights of its own', () => {
  const ACCOUNT = '123456789012';
  const ARN = `arn:aws:workmailmessageflow:us-east-1:${ACCOUNT}:message/m-0123456789abcdef0123456789abcdef/incoming/*`;
  const allow = (change: object = {}) => ({
    Effect: 'Allow',
    Principal: { Service: 'workmail.us-east-1.amazonaws.com' },
    Action: ['s3:GetObject', 's3:GetObjectVersion'],
    Resource: `arn:aws:s3:::${BUCKET}/*`,
    Condition: {
      Bool: { 'aws:SecureTransport': true },
      StringEquals: { 'aws:SourceAccount': ACCOUNT },
      ArnLike: { 'aws:SourceArn': ARN },
    },
    ...change,
  });
  const deny = { ...allow({ Condition: {} }), Effect: 'Deny' };

  /** Puts with a bucket policy of these statements; undefined for none. */
  async function withPolicy(statements: readonly object[] | undefined, versioned = false) {
    const version = await upload('read', VALID);
    const { Policy } = await here.s3.send(new GetBucketPolicyCommand({ Bucket: BUCKET }));
    if (statements === undefined) await here.s3.send(new DeleteBucketPolicyCommand({ Bucket: BUCKET }));
    else
      await here.s3.send(
        new PutBucketPolicyCommand({ Bucket: BUCKET, Policy: JSON.stringify({ Statement: statements }) }),
      );
    const outcome = await replace('message-1', 'read', versioned ? version : undefined).then(
      () => 'stored',
      (error: Error) => `${error.name}: ${error.message}`,
    );
    await here.s3.send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy }));
    return outcome;
  }

  test('[C3] as the guide prints the policy, it may, with and without a version', async () => {
    expect(await withPolicy([allow()])).toBe('stored');
    expect(await withPolicy([allow()], true)).toBe('stored');
  });

  test('[C3] a denial to whoever is no service of AWS is none to WorkMail', async () => {
    const Condition = { Bool: { 'aws:PrincipalIsAWSService': false } };
    const people = { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*', Condition };
    expect(await withPolicy([allow(), people])).toBe('stored');
    const others = { ...people, Condition: { BoolIfExists: { 'aws:PrincipalIsAWSService': false } } };
    expect(await withPolicy([allow(), others])).toBe('stored');
    const services = { ...people, Condition: { Bool: { 'aws:PrincipalIsAWSService': true } } };
    expect(await withPolicy([allow(), services])).toContain('does not let');
  });

  const elsewhere = (from: string, to: string) => ({ ArnLike: { 'aws:SourceArn': ARN.replace(from, to) } });
  test.each<[string, readonly object[] | undefined, string]>([
    ['no policy', undefined, 'has no policy'],
    ['another service', [allow({ Principal: { Service: 'ses.amazonaws.com' } })], 'does not let'],
    [
      'another region',
      [allow({ Principal: { Service: 'workmail.eu-west-1.amazonaws.com' } })],
      'does not let',
    ],
    [
      'another account',
      [allow({ Condition: { StringEquals: { 'aws:SourceAccount': '1' } } })],
      'does not let',
    ],
    ['another organization', [allow({ Condition: elsewhere('m-0', 'm-1') })], 'does not let'],
    ['another direction', [allow({ Condition: elsewhere('incoming', 'outgoing') })], 'does not let'],
    ['only without TLS', [allow({ Condition: { Bool: { 'aws:SecureTransport': false } } })], 'does not let'],
    ['another folder', [allow({ Resource: `arn:aws:s3:::${BUCKET}/other/*` })], 'does not let'],
    ['a denial beside it', [allow(), deny], 'does not let'],
    [
      'what cannot be evaluated',
      [allow({ Condition: { IpAddress: { k: '10.0.0.0/8' } } })],
      'cannot be evaluated',
    ],
  ])('[C3] InvalidContentLocation: %s', async (_, statements, why) => {
    const outcome = await withPolicy(statements);
    expect(outcome).toContain('InvalidContentLocation: ');
    expect(outcome).toContain(why);
  });

  test('[C3] a version takes a right of its own', async () => {
    expect(await withPolicy([allow({ Action: 's3:GetObject' })], true)).toContain('do s3:GetObjectVersion');
    expect(await withPolicy([allow({ Action: 's3:GetObject' })])).toBe('stored');
  });

  test('[C2] InvalidContentLocation: a bucket of another region or account', async () => {
    const abroad = await stand({
      inTransit,
      deploy: (ground) => {
        createBucket(ground, 'far', { region: 'eu-west-1' });
        createBucket(ground, 'foreign', { account: '210987654321' });
      },
    });
    const client = new WorkMailMessageFlowClient({ ...CLIENT, endpoint: abroad.server.url });
    const putFrom = (bucket: string) =>
      failure(
        client.send(
          new PutRawMessageContentCommand({
            messageId: 'message-1',
            content: { s3Reference: { bucket, key: 'a' } },
          }),
        ),
      );
    expect(await putFrom('far')).toMatchObject({
      name: 'InvalidContentLocation',
      message: expect.stringContaining('the bucket is in eu-west-1'),
    });
    expect((await putFrom('foreign')).message).toContain('belongs to another account');
    client.destroy();
    await abroad.close();
  });
});
