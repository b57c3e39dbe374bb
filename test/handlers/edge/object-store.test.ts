import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createObjectStore } from '../../../handlers/edge/object-store.ts';
import { DeadlineError, PermanentError, TemporaryError } from '../../../shared/errors.ts';
import {
  type Answer,
  clientConfig,
  type LoopbackServer,
  startLoopback,
} from '../../shared/workmail/support/loopback-http.ts';

let server: LoopbackServer;
const calm = () => new AbortController().signal;
const object = {
  bucket: 'journal',
  key: 'raw/abc.eml',
  body: randomBytes(70_000),
  contentType: 'message/rfc822',
};

async function storeAgainst(answer: Answer) {
  server = await startLoopback(answer);
  return createObjectStore({ pathStyle: true, client: { ...clientConfig(server), maxAttempts: 1 } });
}

function s3Error(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>secret text</Message></Error>`);
}

afterEach(() => server.close());

describe('put', () => {
  it('writes the bytes and gives the version', async () => {
    const store = await storeAgainst((_, response) => {
      response.setHeader('x-amz-version-id', 'v7');
      response.end();
    });
    expect(await store.put(object, calm())).toEqual({ versionId: 'v7' });
    const [request] = server.requests;
    expect(request?.method).toBe('PUT');
    expect(request?.path).toMatch(/^\/journal\/raw\/abc\.eml/);
    expect(request?.body.equals(object.body)).toBe(true);
    expect(request?.headers['if-none-match']).toBeUndefined();
  });

  it('has no version in a bucket without', async () => {
    const store = await storeAgainst((_, response) => response.end());
    expect(await store.put(object, calm())).toEqual({ versionId: undefined });
  });
});

describe('deleteVersion', () => {
  it('names the version', async () => {
    const store = await storeAgainst((_, response) => response.writeHead(204).end());
    await store.deleteVersion('rewrite', 'rewritten/a', 'v7', calm());
    const [request] = server.requests;
    expect(request?.method).toBe('DELETE');
    expect(request?.path).toMatch(/^\/rewrite\/rewritten\/a\?.*versionId=v7/);
  });

  it('throws for a missing permission', async () => {
    const store = await storeAgainst((_, response) => s3Error(response, 403, 'AccessDenied'));
    await expect(store.deleteVersion('b', 'k', 'v', calm())).rejects.toThrow(PermanentError);
  });
});

describe('putIfAbsent', () => {
  it('asks for an absent key', async () => {
    const store = await storeAgainst((_, response) => response.end());
    expect(await store.putIfAbsent(object, calm())).toBe('stored');
    expect(server.requests[0]?.headers['if-none-match']).toBe('*');
  });

  it('takes 412 for success', async () => {
    const store = await storeAgainst((_, response) => s3Error(response, 412, 'PreconditionFailed'));
    expect(await store.putIfAbsent(object, calm())).toBe('already-there');
  });

  it('tries again after 409, and gives up after a few', async () => {
    const store = await storeAgainst((_, response, count) => {
      if (count < 3) s3Error(response, 409, 'ConditionalRequestConflict');
      else response.end();
    });
    expect(await store.putIfAbsent(object, calm())).toBe('stored');
    await server.close();
    const never = await storeAgainst((_, response) => s3Error(response, 409, 'ConditionalRequestConflict'));
    await expect(never.putIfAbsent(object, calm())).rejects.toThrow(TemporaryError);
    expect(server.requests).toHaveLength(4);
  });
});

describe('exists and get', () => {
  it('tells what is there from what is not', async () => {
    const store = await storeAgainst((request, response) => {
      if (request.path.includes('missing')) s3Error(response, 404, 'NoSuchKey');
      else response.end(request.method === 'GET' ? 'content' : undefined);
    });
    expect(await store.exists('journal', 'there', calm())).toBe(true);
    expect(await store.exists('journal', 'missing', calm())).toBe(false);
    expect(Buffer.from((await store.get('journal', 'there', 100, calm())) ?? []).toString()).toBe('content');
    expect(await store.get('journal', 'missing', 100, calm())).toBeUndefined();
    await expect(store.get('journal', 'there', 3, calm())).rejects.toThrow(PermanentError);
  });
});

describe('what S3 does not tell', () => {
  it('without the right to list, HEAD on a missing key is 403: thrown, with the rights that are missing', async () => {
    const store = await storeAgainst((_, response) => response.writeHead(403).end());
    const error = await store.exists('journal', 'event/1.json', calm()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PermanentError);
    expect(String(error)).toContain('s3:ListBucket');
  });
});

describe('a function that was frozen', () => {
  it('writes and reads although the server closed the connection meanwhile', async () => {
    server = await startLoopback((_, response, count) => {
      if (count % 2 === 0) response.destroy();
      else response.end('content');
    });
    const store = createObjectStore({ pathStyle: true, client: clientConfig(server) });
    expect(await store.putIfAbsent(object, calm())).toBe('stored');
    expect(await store.putIfAbsent(object, calm())).toBe('stored');
    expect(Buffer.from((await store.get('journal', 'k', 100, calm())) ?? []).toString()).toBe('content');
  });

  it('does not hold a connection whose answer never ended', async () => {
    const closed: Promise<void>[] = [];
    const store = await storeAgainst((_, response) => {
      closed.push(new Promise((resolve) => response.once('close', () => resolve())));
      response.write('part');
    });
    await expect(store.get('journal', 'k', 100, AbortSignal.timeout(100))).rejects.toThrow(DeadlineError);
    await Promise.all(closed);
    expect(closed).toHaveLength(1);
  });
});

describe('every call', () => {
  it.each([
    [403, 'AccessDenied', PermanentError],
    [404, 'NoSuchBucket', PermanentError],
    [503, 'SlowDown', TemporaryError],
    [500, 'InternalError', TemporaryError],
    [400, 'RequestTimeout', TemporaryError],
    [400, 'ExpiredToken', TemporaryError],
  ])('%i %s is thrown by its class, without its text', async (status, code, kind) => {
    const store = await storeAgainst((_, response) => s3Error(response, status, code));
    for (const made of [
      () => store.put(object, calm()),
      () => store.putIfAbsent(object, calm()),
      () => store.get('journal', 'k', 10, calm()),
    ]) {
      const error = await made().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(kind);
      expect(String(error)).not.toContain('secret text');
      expect(String(error)).toContain(code);
    }
  });

  it('ends with the deadline', async () => {
    const store = await storeAgainst(() => undefined);
    const signal = AbortSignal.timeout(100);
    await expect(store.put(object, signal)).rejects.toThrow(DeadlineError);
    await expect(store.exists('journal', 'k', signal)).rejects.toThrow(DeadlineError);
  });

  it('is a TemporaryError when nobody listens', async () => {
    const store = await storeAgainst(() => undefined);
    await server.close();
    await expect(store.exists('journal', 'k', calm())).rejects.toThrow(TemporaryError);
  });
});
