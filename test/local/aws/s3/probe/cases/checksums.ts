import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { freshName, get, type ProbeCase, put, refuses } from '../probe.ts';

/** The published check values for "123456789"; of the hashes, what Node computes. */
const DIGITS = '123456789';
const VALUES = [
  ['ChecksumCRC32', 'y/Q5Jg=='],
  ['ChecksumCRC32C', '4waSgw=='],
  ['ChecksumCRC64NVME', 'rosUhgp5mIg='],
  ['ChecksumSHA1', createHash('sha1').update(DIGITS).digest('base64')],
  ['ChecksumSHA256', createHash('sha256').update(DIGITS).digest('base64')],
] as const;

function checksumCase(name: (typeof VALUES)[number][0], value: string): ProbeCase {
  return {
    name: `${name} is accepted when right, kept, and refused when wrong`,
    run: async ({ s3, plain }) => {
      const key = freshName();
      await put(s3, plain, key, { Body: DIGITS, [name]: value });
      const read = await get(s3, plain, key, { ChecksumMode: 'ENABLED' });
      assert.equal(read[name], value);
      await refuses(put(s3, plain, key, { Body: '12345678', [name]: value }), 400, 'BadDigest');
      assert.equal(await (await get(s3, plain, key)).Body?.transformToString(), DIGITS);
    },
  };
}

interface Sent {
  body: unknown;
  readonly headers: Record<string, string>;
}

function isSent(value: unknown): value is Sent {
  return typeof value === 'object' && value !== null && 'body' in value && 'headers' in value;
}

/** A put whose request is changed behind the signature, as a fault on its way would. */
function changedPut(Bucket: string, Key: string, Body: Buffer, change: (sent: Sent) => Promise<void> | void) {
  const command = new PutObjectCommand({
    Bucket,
    Key,
    Body: Readable.from([Body]),
    ContentLength: Body.length,
  });
  command.middlewareStack.add(
    (next) => async (args) => {
      if (isSent(args.request)) await change(args.request);
      return next(args);
    },
    { step: 'finalizeRequest', priority: 'low', name: 'changed' },
  );
  return command;
}

async function rewriteBody(sent: Sent, rewrite: (text: string) => string): Promise<void> {
  const { body } = sent;
  assert.ok(body instanceof Readable);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  sent.body = Readable.from([Buffer.from(rewrite(Buffer.concat(chunks).toString('latin1')), 'latin1')]);
}

export const CHECKSUMS: readonly ProbeCase[] = [
  ...VALUES.map(([name, value]) => checksumCase(name, value)),
  {
    name: 'a wrong checksum in the trailer of a stream is refused',
    run: async ({ s3, plain }) => {
      const key = freshName();
      const sent = changedPut(plain, key, Buffer.from('hello'), (request) =>
        rewriteBody(request, (text) => text.replace(/(x-amz-checksum-crc32:).*/, '$1AAAAAA==')),
      );
      await refuses(s3.send(sent), 400, 'BadDigest');
      await refuses(get(s3, plain, key), 404);
    },
  },
  {
    name: 'a stream whose bytes change on their way is refused',
    run: async ({ s3, plain }) => {
      const sent = changedPut(plain, freshName(), Buffer.from('hello'), (request) =>
        rewriteBody(request, (text) => text.replace('hello', 'jello')),
      );
      await refuses(s3.send(sent), 400, 'BadDigest');
    },
  },
  {
    name: 'a stream that ends early is refused',
    run: async ({ s3, plain }) => {
      const sent = changedPut(plain, freshName(), Buffer.from('hello'), (request) =>
        rewriteBody(request, (text) => text.slice(0, text.indexOf('0\r\nx-amz'))),
      );
      await refuses(s3.send(sent), 400, 'IncompleteBody');
    },
  },
  {
    name: 'a wrong Content-MD5 is refused',
    run: async ({ s3, plain }) => {
      const ContentMD5 = Buffer.alloc(16).toString('base64');
      await refuses(put(s3, plain, freshName(), { Body: 'x', ContentMD5 }), 400, 'BadDigest');
    },
  },
];
