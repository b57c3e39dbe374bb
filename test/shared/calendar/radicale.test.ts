import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CalendarIo } from '../../../shared/calendar/index.ts';
import { busyTimes } from '../../../shared/calendar/index.ts';
import { readSource } from '../../../shared/calendar/source.ts';
import type { CalendarSource } from '../../../shared/policy/types.ts';

const installed = spawnSync('radicale', ['--version']).status === 0;
const WINDOW = { startMs: Date.UTC(2026, 2, 16), endMs: Date.UTC(2026, 3, 15) };
const AUTHORIZATION = `Basic ${Buffer.from('alice:secret').toString('base64')}`;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** The server's own configuration: one user, plain passwords, everybody owns what is theirs. */
function configuration(folder: string, port: number): string {
  return [
    '[server]',
    `hosts=127.0.0.1:${port}`,
    '[auth]',
    'type=htpasswd',
    `htpasswd_filename=${folder}/users`,
    'htpasswd_encryption=plain',
    '[storage]',
    `filesystem_folder=${folder}/data`,
    '[rights]',
    'type=owner_only',
    '',
  ].join('\n');
}

/** One resource for each UID, as CalDAV wants it (RFC 4791 §4.1). */
function resources(text: string): ReadonlyMap<string, string> {
  const zone = /BEGIN:VTIMEZONE.*?END:VTIMEZONE\r\n/s.exec(text)?.[0] ?? '';
  const byUid = new Map<string, string[]>();
  for (const [component] of text.matchAll(/BEGIN:VEVENT.*?END:VEVENT\r\n/gs)) {
    const uid = /UID:(.*)\r/.exec(component)?.[1] ?? '';
    byUid.set(uid, [...(byUid.get(uid) ?? []), component]);
  }
  const wrap = (components: readonly string[]): string =>
    `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n${zone}${components.join('')}END:VCALENDAR\r\n`;
  return new Map([...byUid].map(([uid, components]) => [uid, wrap(components)]));
}

describe.skipIf(!installed)(
  `a CalDAV server${!installed ? ' (skipped: the Debian package radicale is not installed)' : ''}`,
  () => {
    let folder = '';
    let server: ChildProcess | undefined;
    let origin = '';

    const put = async (method: string, path: string, body: string): Promise<number> => {
      const headers = { authorization: AUTHORIZATION, 'content-type': 'text/calendar' };
      const answer = await fetch(`${origin}${path}`, { method, headers, body });
      await answer.text();
      return answer.status;
    };

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'mailroom-radicale-'));
      const port = await freePort();
      writeFileSync(join(folder, 'users'), 'alice:secret\n');
      writeFileSync(join(folder, 'config'), configuration(folder, port));
      origin = `http://127.0.0.1:${port}`;
      server = spawn('radicale', ['--config', join(folder, 'config')], { stdio: 'ignore' });
      const until = Date.now() + 20_000;
      while (
        Date.now() < until &&
        !(await fetch(origin).then(
          (answer) => answer.text().then(() => true),
          () => false,
        ))
      ) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      expect(await put('MKCALENDAR', '/alice/work/', '')).toBe(201);
      const text = readFileSync(join(import.meta.dirname, 'fixtures', 'weekly-moved-tentative.ics'), 'utf8');
      for (const [uid, resource] of resources(text))
        expect(await put('PUT', `/alice/work/${uid}.ics`, resource)).toBe(201);
    });

    afterAll(async () => {
      if (server !== undefined) {
        const ended = new Promise((resolve) => server?.once('exit', resolve));
        server.kill();
        await ended;
      }
      rmSync(folder, { recursive: true, force: true });
    });

    const read = (password: string, path = '/alice/work/') => {
      const io: CalendarIo = {
        fetch: (url, init) => fetch(url, init),
        readCalendar: () => Promise.reject(new Error('no file')),
        readSecret: async () => password,
      };
      const source: CalendarSource = {
        kind: 'caldav',
        url: `${origin}${path}`,
        username: 'alice',
        passwordUri: 'ssm://x',
      };
      return readSource(source, WINDOW, io, AbortSignal.timeout(15_000));
    };

    test('gives its events, which are expanded here', async () => {
      const got = await read('secret');
      if (got.kind !== 'texts') throw new Error(got.why);
      const busy = busyTimes(got.texts, {
        windowStartMs: WINDOW.startMs,
        windowEndMs: WINDOW.endMs,
        defaultZone: 'Europe/Berlin',
      });
      const starts =
        busy.kind === 'busy'
          ? busy.events.map((one) => `${new Date(one.startMs).toISOString()} ${one.busyType}`)
          : [];
      expect(starts).toEqual([
        '2026-03-16T09:00:00.000Z BUSY',
        '2026-03-25T08:00:00.000Z TENTATIVE',
        '2026-03-26T08:00:00.000Z FREE',
        '2026-03-30T08:00:00.000Z BUSY',
        '2026-04-07T12:00:00.000Z BUSY',
        '2026-04-13T08:00:00.000Z BUSY',
      ]);
    });

    test('a wrong password and a calendar that is not there are failures', async () => {
      expect(await read('wrong')).toMatchObject({ kind: 'failure', reason: 'failed' });
      expect(await read('secret', '/alice/nothing/')).toMatchObject({ kind: 'failure', reason: 'not-found' });
    });
  },
);
