import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Job } from '../../../local/lambda/messages.ts';
import { type RuntimeApi, startRuntimeApi } from '../../../local/lambda/runtime-api.ts';

type Call = (
  method: string,
  path: string,
  body?: string,
  headers?: Record<string, string>,
) => Promise<{ status: number; headers: Record<string, string>; text: string }>;
// Plain JavaScript, as a function's process loads it.
const client: { connectRuntimeApi(address: string, onEnd: () => void): Call } = await import(
  new URL('../../../local/lambda/runtime-client.mjs', import.meta.url).href
);

const LIMIT = 6 * 1024 * 1024;
let api: RuntimeApi;
beforeEach(async () => {
  api = await startRuntimeApi();
});
afterEach(() => api.close());

const job = (event: unknown, other: Partial<Job> = {}): Job => ({
  requestId: randomUUID(),
  functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:one',
  deadlineMs: Date.now() + 5000,
  traceId: 'Root=1-0-0;Parent=0;Sampled=0',
  event: JSON.stringify(event),
  ...other,
});
const url = (path: string): string => `http://${api.address}/2018-06-01/runtime${path}`;
const next = (): Promise<Response> => fetch(url('/invocation/next'));
const post = (path: string, body: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url(path), { method: 'POST', body, headers });

describe('one invocation', () => {
  test('next waits for an event and carries what Lambda sends with it', async () => {
    const polled = next();
    expect(await api.ready).toEqual({ kind: 'ready' });
    const given = job({ grüße: '📧' });
    const report = api.run(given);
    const response = await polled;
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'lambda-runtime-aws-request-id': given.requestId,
      'lambda-runtime-deadline-ms': String(given.deadlineMs),
      'lambda-runtime-invoked-function-arn': given.functionArn,
      'lambda-runtime-trace-id': given.traceId,
    });
    expect(await response.json()).toEqual({ grüße: '📧' });
    expect((await post(`/invocation/${given.requestId}/response`, '"größe 📧"')).status).toBe(202);
    expect(await report).toEqual({ kind: 'answer', payload: '"größe 📧"' });
  });

  test('an event that comes before the runtime asks waits for it', async () => {
    const given = job(1);
    const report = api.run(given);
    expect((await next()).headers.get('lambda-runtime-aws-request-id')).toBe(given.requestId);
    await post(`/invocation/${given.requestId}/response`, '1');
    expect(await report).toEqual({ kind: 'answer', payload: '1' });
  });

  test.each([
    [
      'type and message of the body',
      '{"errorType":"A","errorMessage":"b"}',
      { errorType: 'A', errorMessage: 'b' },
    ],
    ['the type of the header when the body is no JSON', 'oh', { errorType: 'Runtime.Odd', errorMessage: '' }],
    [
      'no more text than a person would read',
      JSON.stringify({ errorType: 'A', errorMessage: 'x'.repeat(1_000_000) }),
      { errorType: 'A', errorMessage: 'x'.repeat(256 * 1024) },
    ],
    ['text only', '{"errorType":1,"errorMessage":[]}', { errorType: 'Runtime.Odd', errorMessage: '' }],
  ])('an error is reported with %s', async (_, body, expected) => {
    const given = job(1);
    const report = api.run(given);
    await next();
    const headers = { 'Lambda-Runtime-Function-Error-Type': 'Runtime.Odd' };
    expect((await post(`/invocation/${given.requestId}/error`, body, headers)).status).toBe(202);
    expect(await report).toEqual({ kind: 'error', ...expected });
  });

  test('a runtime that cannot load says so once', async () => {
    expect((await post('/init/error', '{"errorType":"A","errorMessage":"b"}')).status).toBe(202);
    await post('/init/error', '{"errorType":"C","errorMessage":"d"}');
    expect(await api.ready).toEqual({ kind: 'init-failed', errorType: 'A', errorMessage: 'b' });
  });

  test('an answer may have 6 MB; a longer one is 413 and a failure', async () => {
    const send = async (body: string) => {
      const given = job(1);
      const report = api.run(given);
      await next();
      const { status } = await post(`/invocation/${given.requestId}/response`, body);
      return [status, (await report).kind];
    };
    expect(await send('x'.repeat(LIMIT))).toEqual([202, 'answer']);
    expect(await send('x'.repeat(LIMIT + 1))).toEqual([413, 'too-large']);
    expect(await send('"after that as before"')).toEqual([202, 'answer']);
  });
});

describe('what a runtime may not do', () => {
  test('ask for a second event before it has answered the first', async () => {
    const report = api.run(job(1));
    const first = await next();
    expect((await next()).status).toBe(403);
    const id = first.headers.get('lambda-runtime-aws-request-id');
    await post(`/invocation/${id}/response`, '1');
    await report;
  });

  test('ask twice at once', async () => {
    const polled = next();
    await api.ready;
    expect((await next()).status).toBe(403);
    const report = api.run(job(1));
    const id = (await polled).headers.get('lambda-runtime-aws-request-id');
    await post(`/invocation/${id}/response`, '1');
    expect(await report).toMatchObject({ kind: 'answer' });
  });

  test('answer an event twice, before it was given, or one that does not exist', async () => {
    const given = job(1);
    const report = api.run(given);
    const path = `/invocation/${given.requestId}/response`;
    expect((await post(path, '"too early"')).status).toBe(400);
    expect((await post(`/invocation/${randomUUID()}/error`, '{}')).status).toBe(400);
    await next();
    expect((await post(path, '"in time"')).status).toBe(202);
    expect((await post(path, '"too late"')).status).toBe(400);
    expect(await report).toEqual({ kind: 'answer', payload: '"in time"' });
  });

  test.each([
    ['GET', '/invocation/'],
    ['POST', '/invocation/next'],
    ['GET', '/init/error'],
    ['POST', '/invocation/1/other'],
    ['PUT', '/invocation/1/response'],
  ])('%s %s', async (method, path) => {
    expect((await fetch(url(path), { method })).status).toBe(404);
  });

  test('call under a foreign name or from a web page', async () => {
    const port = api.address.split(':')[1] ?? '';
    expect((await fetch(`http://localhost:${port}/2018-06-01/runtime/invocation/next`)).status).toBe(403);
    const page = await fetch(url('/invocation/next'), { headers: { origin: 'http://evil.example' } });
    expect(page.status).toBe(403);
  });
});

test('property: however many runtimes ask, an event is given once and answered once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 8 }),
      async (count, events) => {
        const one = await startRuntimeApi();
        const base = `http://${one.address}/2018-06-01/runtime/invocation`;
        const given: string[] = [];
        const runtime = async (): Promise<void> => {
          // Until the API is closed, which rejects.
          for (;;) {
            const response = await fetch(`${base}/next`);
            const body = await response.text();
            const id = response.headers.get('lambda-runtime-aws-request-id');
            if (id === null) await delay(2);
            else {
              given.push(id);
              await fetch(`${base}/${id}/response`, { method: 'POST', body });
            }
          }
        };
        const working = Array.from({ length: count }, runtime);
        const ids: string[] = [];
        for (let event = 0; event < events; event += 1) {
          const sent = job(event);
          ids.push(sent.requestId);
          expect(await one.run(sent)).toEqual({ kind: 'answer', payload: String(event) });
        }
        one.close();
        await Promise.allSettled(working);
        expect(given).toEqual(ids);
      },
    ),
    { numRuns: 8 },
  );
});

describe("the runtime's side of HTTP", () => {
  /** A server that answers in pieces of `cut` bytes, with a length or in chunks. */
  async function server(text: string, cut: number, chunked: boolean) {
    const bytes = Buffer.from(text);
    const http = createServer(async (request, response) => {
      for await (const _ of request);
      if (!chunked) response.setHeader('content-length', bytes.length);
      response.setHeader('Lambda-Runtime-Aws-Request-Id', ' 7 ');
      for (let at = 0; at < bytes.length; at += cut) response.write(bytes.subarray(at, at + cut));
      response.end();
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    return http;
  }

  test.each([
    ['by its length', false],
    ['in chunks', true],
  ])('reads a body %s, however it is cut, one after the other', async (_, chunked) => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', maxLength: 200 }),
        fc.integer({ min: 1, max: 50 }),
        async (text, cut) => {
          const http = await server(text, cut, chunked);
          const address = http.address();
          const port = typeof address === 'object' && address !== null ? address.port : 0;
          const ended = new Promise<void>((resolve) => {
            const call = client.connectRuntimeApi(`127.0.0.1:${port}`, resolve);
            void (async () => {
              const first = await call('GET', '/one');
              const second = await call('POST', '/two', text, { 'content-type': 'application/json' });
              expect(first).toMatchObject({
                status: 200,
                text,
                headers: { 'lambda-runtime-aws-request-id': '7' },
              });
              expect(second.text).toBe(text);
              http.closeAllConnections();
            })();
          });
          await ended;
          http.close();
        },
      ),
      { numRuns: 15 },
    );
  });
});
