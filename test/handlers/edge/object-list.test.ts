import { afterEach, describe, expect, it } from 'vitest';
import { createListObjects, type Listing } from '../../../handlers/edge/object-list.ts';
import { PermanentError, TemporaryError } from '../../../shared/errors.ts';
import {
  type Answer,
  clientConfig,
  type LoopbackServer,
  startLoopback,
} from '../../shared/workmail/support/loopback-http.ts';

let server: LoopbackServer;
afterEach(() => server.close());

async function pagesAgainst(answer: Answer, folders: boolean): Promise<readonly Listing[]> {
  server = await startLoopback(answer);
  const list = createListObjects({ pathStyle: true, client: { ...clientConfig(server), maxAttempts: 1 } });
  const pages: Listing[] = [];
  const question = { bucket: 'rewrite', prefix: 'observed/2026-11-20/', folders };
  for await (const { keys, folders: names } of list(question, new AbortController().signal))
    pages.push({ keys, folders: names });
  return pages;
}

function xml(inner: string): string {
  return `<?xml version="1.0"?><ListBucketResult>${inner}</ListBucketResult>`;
}

describe('listing objects', () => {
  it('goes on to the last page, with what it was asked', async () => {
    const asked: string[] = [];
    const pages = await pagesAgainst((request, response) => {
      asked.push(request.path);
      const first = !request.path.includes('continuation-token');
      const next = '<IsTruncated>true</IsTruncated><NextContinuationToken>t1</NextContinuationToken>';
      response.writeHead(200, { 'content-type': 'application/xml' });
      response.end(xml(`<Contents><Key>${first ? 'a' : 'b'}</Key></Contents>${first ? next : ''}`));
    }, false);
    expect(pages).toEqual([
      { keys: ['a'], folders: [] },
      { keys: ['b'], folders: [] },
    ]);
    expect(asked[0]).toContain('prefix=observed%2F2026-11-20%2F');
    expect(asked[1]).toContain('continuation-token=t1');
    expect(asked.join()).not.toContain('delimiter');
  });

  it('gives names of folders without what they have in common', async () => {
    const prefixes = ['bank.example', 'shop.example'].map(
      (name) => `<CommonPrefixes><Prefix>observed/2026-11-20/${name}/</Prefix></CommonPrefixes>`,
    );
    const pages = await pagesAgainst((request, response) => {
      expect(request.path).toContain('delimiter=%2F');
      response.writeHead(200, { 'content-type': 'application/xml' });
      response.end(xml(prefixes.join('')));
    }, true);
    expect(pages).toEqual([{ keys: [], folders: ['bank.example', 'shop.example'] }]);
  });

  it.each([
    [503, 'SlowDown', TemporaryError],
    [403, 'AccessDenied', PermanentError],
  ])('%i %s is an error of its kind', async (status, code, kind) => {
    const failing = pagesAgainst((_, response) => {
      response.writeHead(status, { 'content-type': 'application/xml' });
      response.end(`<?xml version="1.0"?><Error><Code>${code}</Code></Error>`);
    }, false);
    await expect(failing).rejects.toBeInstanceOf(kind);
  });
});
