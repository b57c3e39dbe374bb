/** Requests that no SDK sends, over a bare HTTP client. */
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failure, type Stand, stand } from './stand.ts';

let here: Stand;
beforeAll(async () => {
  here = await stand({ buckets: ['bucket'], allowHosts: ['host.docker.internal'] });
});
afterAll(() => here.close());

interface Plain {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

function ask(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<Plain> {
  const { method = 'GET', headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: here.server.port, path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString(),
          headers: response.headers,
        }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

describe('who is served', () => {
  test.each(['localhost', 'LOCALHOST:8026', '127.0.0.1', '[::1]:1', 'host.docker.internal:8026'])(
    'Host: %s',
    async (host) => {
      expect((await ask('/', { headers: { host } })).status).toBe(200);
    },
  );

  test.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '169.254.169.254'])(
    'not Host: %s',
    async (host) => {
      const answer = await ask('/', { headers: { host } });
      expect(answer.status).toBe(403);
      expect(answer.body).toContain('<Code>AccessDenied</Code>');
    },
  );

  test('what stands in the request line is no host', async () => {
    const headers = { host: 'evil.example' };
    expect((await ask('http://localhost/bucket/', { headers })).status).toBe(403);
    expect((await ask('http://evil.example/bucket/')).status).toBe(404);
  });

  test('a service that is not here is not taken for S3', async () => {
    const authorization = 'AWS4-HMAC-SHA256 Credential=a/20261121/us-east-1/dynamodb/aws4_request';
    const answer = await ask('/bucket/x', { method: 'PUT', headers: { authorization }, body: 'x' });
    expect(answer).toMatchObject({ status: 404, body: expect.stringContaining('not offered here') });
    expect((await ask('/bucket/x', { method: 'HEAD' })).status).toBe(404);
  });

  test('not what a browser sends for another site', async () => {
    const headers = { origin: 'https://evil.example' };
    expect((await ask('/bucket/x', { method: 'PUT', headers, body: 'x' })).status).toBe(403);
    expect((await ask('/bucket/', { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
    expect((await ask('/bucket/', { headers: { 'sec-fetch-site': 'none' } })).status).toBe(200);
  });
});

describe('hostile paths', () => {
  test('a traversal is a key like any other, inside the bucket', async () => {
    const path = '/bucket/%2e%2e/%2e%2e/%2e%2e/etc/passwd';
    expect((await ask(path)).status).toBe(404);
    expect((await ask(path, { method: 'PUT', body: 'mine' })).status).toBe(200);
    expect((await ask('/bucket/../../../etc/passwd')).body).toBe('mine');
    expect(await readdir(join(here.dataDir, 's3'))).toEqual(['.staging', 'bucket']);
  });

  test('a traversal as bucket is no bucket', async () => {
    for (const path of ['/..%2f..%2fetc/passwd', '/../x', '/.staging/x', '/%2e%2e/x']) {
      expect((await ask(path)).status).toBe(404);
      expect((await ask(path, { method: 'PUT', body: 'x' })).status).toBe(404);
    }
    expect((await ask('/.staging', { method: 'PUT' })).body).toContain('InvalidBucketName');
  });

  test('a path that is not UTF-8', async () => {
    expect((await ask('/bucket/%ff%fe')).body).toContain('<Code>InvalidURI</Code>');
  });

  test('a key that is too long', async () => {
    expect((await ask(`/bucket/${'a'.repeat(1025)}`)).body).toContain('<Code>KeyTooLongError</Code>');
    expect((await ask(`/bucket/${'A'.repeat(1024)}`, { method: 'PUT', body: 'x' })).status).toBe(200);
    expect((await ask(`/bucket/${'A'.repeat(1024)}`)).body).toBe('x');
  });

  test("a key cannot reach the store's own files", async () => {
    for (const name of ['~index.jsonl', '~bucket.json']) {
      expect((await ask(`/bucket/${name}`)).status).toBe(404);
      expect((await ask(`/bucket/${name}`, { method: 'PUT', body: 'x' })).status).toBe(200);
    }
    expect((await ask('/bucket/~index.jsonl')).body).toBe('x');
    expect((await ask('/bucket?list-type=2')).body).toContain('<Key>~bucket.json</Key>');
  });

  test('markup in a key is text in the answer', async () => {
    const answer = await ask('/bucket/%3Cscript%3E%00');
    expect(answer.body).toContain('<Key>&#x3c;script&#x3e;&#x0;</Key>');
  });
});

describe('hostile bodies', () => {
  const chunked = {
    'content-encoding': 'aws-chunked',
    'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  };

  test('announced as larger than any object', async () => {
    const headers = { 'content-length': '70000000', expect: '100-continue' };
    const answer = await ask('/bucket/large', {
      method: 'PUT',
      headers,
      body: Buffer.alloc(70_000_000),
    }).catch(() => undefined);
    if (answer !== undefined) expect(answer.body).toContain('<Code>EntityTooLarge</Code>');
    expect((await ask('/bucket/large')).status).toBe(404);
  });

  test('broken framing is refused and leaves nothing', async () => {
    const answer = await ask('/bucket/broken', { method: 'PUT', headers: chunked, body: 'zz\r\nhello' });
    expect(answer.body).toContain('<Code>InvalidChunkSizeError</Code>');
    expect((await ask('/bucket/broken')).status).toBe(404);
    expect(await readdir(join(here.dataDir, 's3', '.staging'))).toEqual([]);
  });

  test('a trailer that was announced must come, and be right', async () => {
    const headers = { ...chunked, 'x-amz-trailer': 'x-amz-checksum-crc32' };
    const send = (body: string) => ask('/bucket/trailer', { method: 'PUT', headers, body });
    expect((await send('5\r\nhello\r\n0\r\n\r\n')).body).toContain('<Code>MalformedTrailerError</Code>');
    const wrong = await send('5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n');
    expect(wrong.body).toContain('<Code>BadDigest</Code>');
    expect((await send('5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n')).status).toBe(200);
  });

  test('a length that is not true', async () => {
    const headers = { ...chunked, 'x-amz-decoded-content-length': '9' };
    const answer = await ask('/bucket/short', { method: 'PUT', headers, body: '5\r\nhello\r\n0\r\n\r\n' });
    expect(answer.body).toContain('<Code>IncompleteBody</Code>');
  });

  test('a payload hash that does not fit', async () => {
    const headers = { 'x-amz-content-sha256': '0'.repeat(64) };
    const answer = await ask('/bucket/hash', { method: 'PUT', headers, body: 'x' });
    expect(answer.body).toContain('<Code>XAmzContentSHA256Mismatch</Code>');
  });

  test('a client that goes away in the middle leaves what was there', async () => {
    await here.s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'torn', Body: 'whole' }));
    await new Promise<void>((resolve) => {
      const socket = connect(here.server.port, '127.0.0.1', () => {
        socket.write(
          'PUT /bucket/torn HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nonly a part',
        );
        setTimeout(() => socket.destroy(), 50);
      });
      socket.on('close', () => resolve());
    });
    await expect.poll(() => readdir(join(here.dataDir, 's3', '.staging'))).toEqual([]);
    const answer = await here.s3.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'torn' }));
    expect(await answer.Body?.transformToString()).toBe('whole');
  });

  test('after a refusal the connection still works', async () => {
    for (let round = 0; round < 3; round += 1) {
      const refused = await failure(
        here.s3.send(new PutObjectCommand({ Bucket: 'missing', Key: 'x', Body: Buffer.alloc(300_000) })),
      );
      expect(refused.name).toBe('NoSuchBucket');
    }
  });
});
