import { afterEach, describe, expect, it } from 'vitest';
import { calendarIo } from '../../../handlers/availability/ports.ts';
import type { ResourceReader } from '../../../handlers/edge/resource.ts';
import {
  type Answer,
  type LoopbackServer,
  startLoopback,
} from '../../shared/workmail/support/loopback-http.ts';

const resources: ResourceReader = { read: async () => Promise.reject(new Error('not asked here')) };
let server: LoopbackServer;

async function ask(answer: Answer, times: number): Promise<string[]> {
  server = await startLoopback(answer);
  const io = calendarIo(resources, (location) => location);
  const texts: string[] = [];
  for (let call = 0; call < times; call += 1) {
    const { signal } = new AbortController();
    const init = { method: 'REPORT', headers: {}, body: 'query', redirect: 'manual', signal } as const;
    const { body } = await io.fetch(`${server.endpoint}/calendar`, init);
    const chunks: Uint8Array[] = [];
    for await (const chunk of body ?? []) chunks.push(chunk);
    texts.push(Buffer.concat(chunks).toString());
  }
  return texts;
}

afterEach(() => server.close());

describe('asking a calendar server', () => {
  it('asks again over a new connection when the kept one was closed while the function was frozen', async () => {
    const answer: Answer = ({ body }, response, count) => {
      if (count === 2) response.destroy();
      else response.end(`${count} ${body}`);
    };
    expect(await ask(answer, 2)).toEqual(['1 query', '3 query']);
  });

  it('gives up on a server that closes every connection', async () => {
    await expect(ask((_, response) => response.destroy(), 1)).rejects.toThrow(TypeError);
    expect(server.requests).toHaveLength(2);
  });
});
