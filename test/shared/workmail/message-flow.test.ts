import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { DeadlineError, PermanentError, TemporaryError } from '../../../shared/errors.ts';
import { createMessageFlow, readCapped } from '../../../shared/workmail/message-flow.ts';
import {
  type Answer,
  clientConfig,
  type LoopbackServer,
  restJsonError,
  startLoopback,
} from './support/loopback-http.ts';

const ID = '5bb5a1a0-0000-4000-8000-000000000000';
const LOCATION = { bucket: 'bucket-1', key: 'rewritten/abc', versionId: 'v1' };
let server: LoopbackServer;

async function flowAgainst(answer: Answer, options: { maxBytes?: number; attempts?: number } = {}) {
  server = await startLoopback(answer);
  const client = { ...clientConfig(server), maxAttempts: options.attempts ?? 1 };
  return createMessageFlow({
    client,
    ...(options.maxBytes === undefined ? {} : { maxBytes: options.maxBytes }),
  });
}

const calm = () => new AbortController().signal;

afterEach(() => server.close());

describe('get', () => {
  it.each([0, 1, 65_536, 65_537, 1_000_000])('gives %i bytes as they are', async (size) => {
    const content = randomBytes(size);
    const flow = await flowAgainst((_, response) => response.end(content));
    const got = await flow.get(ID, calm());
    expect(got.kind === 'found' && content.equals(got.bytes)).toBe(true);
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([`GET /messages/${ID}`]);
  });

  it('says not-found', async () => {
    const flow = await flowAgainst((_, response) =>
      restJsonError(response, 404, 'ResourceNotFoundException'),
    );
    expect(await flow.get(ID, calm())).toEqual({ kind: 'not-found' });
  });

  it('asks nobody for an id that cannot be one', async () => {
    const flow = await flowAgainst((_, response) => response.end());
    expect(await flow.get('../secret', calm())).toEqual({ kind: 'not-found' });
    expect(server.requests).toEqual([]);
  });

  it('stops at the cap', async () => {
    const flow = await flowAgainst((_, response) => response.end(randomBytes(200_000)), {
      maxBytes: 100_000,
    });
    expect(await flow.get(ID, calm())).toEqual({ kind: 'too-large', limitBytes: 100_000 });
  });

  it.each([
    ['throttling', 400, 'ThrottlingException', TemporaryError],
    ['too many requests', 429, 'Whatever', TemporaryError],
    ['a fault of the service', 503, 'ServiceUnavailable', TemporaryError],
    ['no permission', 403, 'AccessDeniedException', PermanentError],
    ['a wrong request', 400, 'ValidationException', PermanentError],
  ])('throws for %s', async (_name, status, type, kind) => {
    const flow = await flowAgainst((_, response) => restJsonError(response, status, type, 'secret text'));
    const error = await flow.get(ID, calm()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(kind);
    expect(String(error)).not.toContain('secret text');
  });

  it("uses the SDK's own retries for a passing fault", async () => {
    const flow = await flowAgainst(
      (_, response, count) => {
        if (count === 1) restJsonError(response, 500, 'InternalFailure');
        else response.end('second');
      },
      { attempts: 3 },
    );
    const got = await flow.get(ID, calm());
    expect(got.kind === 'found' && Buffer.from(got.bytes).toString()).toBe('second');
  });

  it('is a TemporaryError when the connection breaks in the middle', async () => {
    const flow = await flowAgainst((_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('part');
      setTimeout(() => response.destroy(), 20);
    });
    await expect(flow.get(ID, calm())).rejects.toThrow(TemporaryError);
  });

  it('closes a connection whose answer had not ended at the deadline', async () => {
    let closed: Promise<void> | undefined;
    const flow = await flowAgainst((_, response) => {
      closed = new Promise((resolve) => response.once('close', () => resolve()));
      response.write('part');
    });
    await expect(flow.get(ID, AbortSignal.timeout(100))).rejects.toThrow(DeadlineError);
    await closed;
    expect(closed).toBeDefined();
  });

  it.each(['before the answer', 'in its middle'])('ends with the deadline %s', async (when) => {
    const flow = await flowAgainst((_, response) => {
      if (when === 'in its middle') response.write('part');
    });
    const started = Date.now();
    await expect(flow.get(ID, AbortSignal.timeout(100))).rejects.toThrow(DeadlineError);
    expect(Date.now() - started).toBeLessThan(2_000);
  });
});

describe('put', () => {
  it('names the object and its version', async () => {
    const flow = await flowAgainst((_, response) => response.end());
    expect(await flow.put(ID, LOCATION, calm())).toEqual({ kind: 'stored' });
    const [request] = server.requests;
    expect(`${request?.method} ${request?.path}`).toBe(`POST /messages/${ID}`);
    expect(JSON.parse(String(request?.body))).toEqual({
      content: { s3Reference: { bucket: 'bucket-1', key: 'rewritten/abc', objectVersion: 'v1' } },
    });
  });

  it.each([
    ['MessageFrozen', 400, { kind: 'frozen' }],
    ['MessageRejected', 400, { kind: 'rejected', reason: 'Line too long for [address]' }],
    ['InvalidContentLocation', 400, { kind: 'invalid-location', reason: 'Line too long for [address]' }],
    ['ResourceNotFoundException', 404, { kind: 'not-found' }],
  ])('answers %s', async (type, status, result) => {
    const flow = await flowAgainst((_, response) =>
      restJsonError(response, status, type, 'Line too long for <someone@example.com>'),
    );
    expect(await flow.put(ID, LOCATION, calm())).toEqual(result);
  });

  it.each([
    ['a dot in the bucket', { bucket: 'my.bucket', key: 'k' }],
    ['a dot in the key', { bucket: 'bucket', key: 'raw/x.eml' }],
    ['an empty key', { bucket: 'bucket', key: '' }],
    ['a short bucket', { bucket: 'b', key: 'k' }],
    ['a version of two lines', { bucket: 'bucket', key: 'k', versionId: 'a\nb' }],
  ])('refuses %s before the call', async (_name, location) => {
    const flow = await flowAgainst((_, response) => response.end());
    expect(await flow.put(ID, location, calm())).toMatchObject({ kind: 'invalid-location' });
    expect(server.requests).toEqual([]);
  });

  it('throws for throttling and for a missing permission', async () => {
    const busy = await flowAgainst((_, response) => restJsonError(response, 429, 'TooManyRequestsException'));
    await expect(busy.put(ID, LOCATION, calm())).rejects.toThrow(TemporaryError);
    await server.close();
    const denied = await flowAgainst((_, response) => restJsonError(response, 403, 'AccessDeniedException'));
    await expect(denied.put(ID, LOCATION, calm())).rejects.toThrow(PermanentError);
  });
});

describe('readCapped', () => {
  it('reads any split of the bytes', async () => {
    server = await startLoopback(() => undefined);
    const content = randomBytes(300_000);
    for (const step of [1_000, 65_536, 70_001, 300_000]) {
      const parts = Array.from({ length: Math.ceil(content.length / step) }, (_, index) =>
        content.subarray(index * step, (index + 1) * step),
      );
      const read = await readCapped(Readable.from(parts, { objectMode: true }), 300_000);
      expect(read.kind === 'found' && content.equals(read.bytes)).toBe(true);
    }
  });
});
