import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createObjectStore } from '../../../handlers/edge/object-store.ts';
import { digestOf } from '../../../handlers/edge/object-stream.ts';
import { DeadlineError, PermanentError, TemporaryError } from '../../../shared/errors.ts';
import {
  type Answer,
  clientConfig,
  type LoopbackServer,
  startLoopback,
} from '../../shared/workmail/support/loopback-http.ts';

let server: LoopbackServer;
const calm = () => new AbortController().signal;
const MIB = 1024 * 1024;

function objectOf(slices: readonly Uint8Array[]) {
  const digest = digestOf(slices);
  return { bucket: 'rewrite', key: 'rewritten/a', slices, digest, contentType: 'message/rfc822' };
}

async function storeAgainst(answer: Answer) {
  server = await startLoopback(answer);
  return createObjectStore({ pathStyle: true, client: clientConfig(server) });
}

afterEach(() => server?.close());

describe('slices', () => {
  it('have the digest and the length of what they make together', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 8 }), (slices) => {
        const whole = Buffer.concat(slices);
        const { sha256, bytes } = digestOf(slices);
        expect(bytes).toBe(whole.length);
        expect(sha256.equals(createHash('sha256').update(whole).digest())).toBe(true);
      }),
      { numRuns: 100, seed: 11 },
    );
  });

  it.each([
    ['nothing', [] as Buffer[]],
    ['one empty slice', [Buffer.alloc(0)]],
    ['some small ones', [Buffer.from('X-Mark: 1\r\n'), Buffer.from('a: b\r\n\r\n'), Buffer.from('text')]],
    [
      '38 MiB with a field before and a footer behind',
      [Buffer.from('a: b\r\n'), randomBytes(38 * MIB), Buffer.from('--')],
    ],
  ])('arrive in order and whole: %s', async (_, slices) => {
    const store = await storeAgainst((_request, response) => {
      response.setHeader('x-amz-version-id', 'v7');
      response.end();
    });
    expect(await store.putSlices(objectOf(slices), calm())).toEqual({ versionId: 'v7' });
    const [request] = server.requests;
    const whole = Buffer.concat(slices);
    expect(request?.body.equals(whole)).toBe(true);
    expect(request?.headers).toMatchObject({
      'content-length': String(whole.length),
      'content-type': 'message/rfc822',
      'x-amz-checksum-sha256': createHash('sha256').update(whole).digest('base64'),
    });
  });

  it('are sent again from the beginning, as a stream cannot be, and nothing of that is printed', async () => {
    const said = vi.spyOn(console, 'warn');
    const slices = [randomBytes(300_000), randomBytes(700_000)];
    const store = await storeAgainst((_, response, count) => {
      if (count === 1) response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>');
      else if (count === 2) response.destroy();
      else response.end();
    });
    await store.putSlices(objectOf(slices), calm());
    expect(server.requests).toHaveLength(3);
    expect(server.requests[2]?.body.equals(Buffer.concat(slices))).toBe(true);
    expect(said).not.toHaveBeenCalled();
    said.mockRestore();
  });

  it('are given up after three tries, at once where the right is missing, and with the deadline', async () => {
    const busy = await storeAgainst((_, response) => void response.writeHead(500).end());
    await expect(busy.putSlices(objectOf([Buffer.from('x')]), calm())).rejects.toThrow(TemporaryError);
    expect(server.requests).toHaveLength(3);
    await server.close();
    const denied = await storeAgainst(
      (_, response) => void response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>'),
    );
    await expect(denied.putSlices(objectOf([Buffer.from('x')]), calm())).rejects.toThrow(PermanentError);
    expect(server.requests).toHaveLength(1);
    await server.close();
    const silent = await storeAgainst(() => undefined);
    const late = silent.putSlices(objectOf([Buffer.from('x')]), AbortSignal.timeout(100));
    await expect(late).rejects.toThrow(DeadlineError);
  });
});
