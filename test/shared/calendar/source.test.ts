import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { MAX_BODY_BYTES } from '../../../shared/calendar/http.ts';
import type { CalendarIo } from '../../../shared/calendar/index.ts';
import { readSource } from '../../../shared/calendar/source.ts';
import { DeadlineError, PermanentError, TemporaryError } from '../../../shared/errors.ts';
import type { CalendarSource } from '../../../shared/policy/types.ts';
import type { Asked, TestServer } from './http-server.ts';
import { startServer } from './http-server.ts';

const WINDOW = { startMs: Date.UTC(2026, 2, 16), endMs: Date.UTC(2026, 3, 15) };
const servers: TestServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serve(answer: (asked: Asked, response: ServerResponse) => void): Promise<TestServer> {
  const server = await startServer(answer);
  servers.push(server);
  return server;
}

const io: CalendarIo = {
  fetch: (url, init) => fetch(url, init),
  readCalendar: async () => 'a calendar',
  readSecret: async () => 'pässword',
};

const read = (source: CalendarSource, signal = new AbortController().signal, ports = io) =>
  readSource(source, WINDOW, ports, signal);
const url = (server: TestServer, path = '/a.ics'): CalendarSource => ({
  kind: 'url',
  url: `${server.origin}${path}`,
});
const caldav = (server: TestServer): CalendarSource => ({
  kind: 'caldav',
  url: `${server.origin}/alice/work/`,
  username: 'alice',
  passwordUri: 'ssm://password',
});
const plain =
  (status: number, body = '', headers: Record<string, string> = {}) =>
  (_: Asked, response: ServerResponse) => {
    response.writeHead(status, headers).end(body);
  };

describe('a feed', () => {
  test('is fetched once, as UTF-8', async () => {
    const server = await serve(plain(200, 'Grüße'));
    expect(await read(url(server))).toEqual({ kind: 'texts', texts: ['Grüße'] });
    expect(server.asked).toHaveLength(1);
    expect(server.asked[0]?.headers.authorization).toBeUndefined();
  });

  test.each([
    [404, 'not-found'],
    [410, 'not-found'],
    [401, 'failed'],
    [403, 'failed'],
    [500, 'failed'],
    [429, 'busy'],
    [503, 'busy'],
    [504, 'timeout'],
    [204, 'unreadable'],
  ])('status %i is %s', async (status, reason) => {
    const server = await serve(plain(status));
    expect(await read(url(server))).toMatchObject({ kind: 'failure', reason });
  });

  test('a redirect within the origin is followed', async () => {
    const server = await serve((asked, response) =>
      asked.path === '/a.ics'
        ? plain(302, '', { location: '/b.ics' })(asked, response)
        : plain(200, asked.path)(asked, response),
    );
    expect(await read(url(server))).toEqual({ kind: 'texts', texts: ['/b.ics'] });
  });

  test('a redirect elsewhere is not, nor one without end', async () => {
    const other = await serve(plain(200, 'secret'));
    const server = await serve(plain(302, '', { location: `${other.origin}/a.ics` }));
    expect(await read(url(server))).toMatchObject({
      reason: 'failed',
      why: 'the server redirects elsewhere',
    });
    expect(other.asked).toEqual([]);
    const loop = await serve(plain(302, '', { location: '/a.ics' }));
    expect(await read(url(loop))).toMatchObject({ reason: 'failed' });
    expect(loop.asked).toHaveLength(4);
  });

  test.each([
    'http://example.com/a.ics',
    'http://127.0.0.1.example.com/',
    'http://localhost.example.com/',
    'file:///etc/passwd',
    'https://user:secret@example.com/',
    'nonsense',
  ])('%s is not asked', async (address) => {
    let called = false;
    const ports: CalendarIo = {
      ...io,
      fetch: () => {
        called = true;
        throw new Error('asked');
      },
    };
    expect(await read({ kind: 'url', url: address }, undefined, ports)).toMatchObject({
      reason: 'no-configuration',
    });
    expect(called).toBe(false);
  });

  test('an endless body is given up', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'a');
    let sent = 0;
    const server = await serve((_, response) => {
      const more = (): void => {
        sent += chunk.length;
        if (!response.destroyed) response.write(chunk, more);
      };
      more();
    });
    expect(await read(url(server))).toMatchObject({ reason: 'failed', why: 'the answer is too large' });
    expect(sent).toBeLessThan(MAX_BODY_BYTES * 3);
  });

  test('a body that breaks off is a failure, not a short calendar', async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('BEGIN:VCALENDAR', () => response.destroy());
    });
    expect(await read(url(server))).toMatchObject({ kind: 'failure', reason: 'failed' });
  });

  test('a server that does not answer is given up at the deadline', async () => {
    const server = await serve(() => undefined);
    const signal = AbortSignal.timeout(50);
    expect(await read(url(server), signal)).toMatchObject({ reason: 'timeout' });
  });

  test('a server that is not there is a failure', async () => {
    const server = await startServer(plain(200));
    await server.close();
    expect(await read(url(server))).toMatchObject({ reason: 'failed' });
  });
});

describe('CalDAV', () => {
  const data = (text: string): string =>
    `<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:response><d:href>/a</d:href><d:propstat><d:prop><c:calendar-data>${text}</c:calendar-data></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>`;

  test('asks for a time range without expansion, one day more on both sides', async () => {
    const server = await serve(plain(207, data('text')));
    expect(await read(caldav(server))).toEqual({ kind: 'texts', texts: ['text'] });
    const [asked] = server.asked;
    expect(asked?.method).toBe('REPORT');
    expect(asked?.headers['depth']).toBe('1');
    expect(asked?.headers.authorization).toBe(`Basic ${Buffer.from('alice:pässword').toString('base64')}`);
    expect(asked?.body).toContain('<C:time-range start="20260314T220000Z" end="20260416T020000Z"/>');
    expect(asked?.body).not.toContain('expand');
  });

  test.each([
    [200, data('text'), 'unreadable'],
    [207, '<html/>', 'unreadable'],
    [404, '', 'not-found'],
    [401, '', 'failed'],
    [403, '', 'failed'],
    [503, '', 'busy'],
  ])('status %i with %s is %s', async (status, body, reason) => {
    const server = await serve(plain(status, body));
    expect(await read(caldav(server))).toMatchObject({ kind: 'failure', reason });
  });

  test('credentials do not follow a redirect to another origin', async () => {
    const other = await serve(plain(207, data('text')));
    const server = await serve(plain(307, '', { location: `${other.origin}/` }));
    expect(await read(caldav(server))).toMatchObject({ kind: 'failure' });
    expect(other.asked).toEqual([]);
  });
});

describe('files and secrets', () => {
  test('a file is read', async () => {
    expect(await read({ kind: 'file', location: 'a.ics' })).toEqual({ kind: 'texts', texts: ['a calendar'] });
  });

  test.each([
    [new TemporaryError('x'), 'busy'],
    [new DeadlineError('x'), 'timeout'],
    [new PermanentError('x'), 'no-configuration'],
    [new TypeError('x'), 'failed'],
  ])('%s is %s', async (error, reason) => {
    const ports: CalendarIo = {
      ...io,
      readCalendar: () => Promise.reject(error),
      readSecret: () => Promise.reject(error),
    };
    expect(await read({ kind: 'file', location: 'a.ics' }, undefined, ports)).toMatchObject({ reason });
    const server = await serve(plain(207));
    expect(await read(caldav(server), undefined, ports)).toMatchObject({ reason });
    expect(server.asked).toEqual([]);
  });
});
