import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type Page, startPage } from '../../../local/page/server.ts';
import { archiveOf, storedMessage } from '../../support/archive.ts';

const HOSTILE = '<script>document.title="owned"</script><img src=x onerror=alert(1)>';
const MAIL = `Subject: hello\r\nContent-Type: text/html\r\n\r\n<p>hi ${HOSTILE}</p>\r\n`;

let page: Page | undefined;
afterEach(async () => {
  await page?.close();
  page = undefined;
});

async function start(
  messages = [storedMessage('m-1', `Re: ${HOSTILE}`, MAIL, MAIL.replace('hi', 'BANNER hi'))],
) {
  const archive = archiveOf(messages);
  page = await startPage({
    archive,
    port: 0,
    smtpPort: 2525,
    notices: () => ['mailflow keeps the <last> good policy'],
  });
  return { archive, port: page.port, base: `http://127.0.0.1:${page.port}` };
}

function rawGet(port: number, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: '/api/messages', headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

describe('the page', () => {
  test('lists messages with everything escaped', async () => {
    const { base } = await start();
    const text = await (await fetch(base)).text();
    expect(text).toContain('&lt;script&gt;');
    expect(text).not.toContain('<script>document');
    expect(text).toContain('Inbox');
  });

  test('says above the list what is wrong now', async () => {
    const { base } = await start();
    expect(await (await fetch(base)).text()).toContain('mailflow keeps the &lt;last&gt; good policy');
  });

  test("shows a message's way, the handler's reasons and what changed", async () => {
    const { base } = await start();
    const text = await (await fetch(`${base}/messages/m-1`)).text();
    expect(text).toContain('Came in from mail.good.example.');
    expect(text).toContain('dmarc: let through — DMARC passes');
    expect(text).toMatch(/class="added">\+ &lt;p&gt;BANNER hi/);
    expect(text).not.toContain('<img src=x');
  });

  test('shows content under a policy that runs and loads nothing', async () => {
    const { base } = await start();
    const answer = await fetch(`${base}/messages/m-1/final.html`);
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^sandbox; default-src 'none'/);
    expect(policy).not.toMatch(/script-src|allow-scripts/);
  });

  test('gives the very bytes for download', async () => {
    const { base } = await start();
    const answer = await fetch(`${base}/messages/m-1/original.eml`);
    expect(await answer.text()).toBe(MAIL);
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="original-m-1.eml"');
  });

  test.each([
    ['a foreign name that points here', { host: 'attacker.example' }, 403],
    ['a foreign name with our port', { host: 'attacker.example:8025' }, 403],
    ['a foreign site', { host: '127.0.0.1:1', origin: 'http://attacker.example' }, 403],
    ['a sandboxed frame', { host: '127.0.0.1:1', origin: 'null' }, 403],
    ['another port on this machine', { host: '127.0.0.1:1', origin: 'http://127.0.0.1:2' }, 403],
    ['a cross-site fetch', { host: '127.0.0.1:1', 'sec-fetch-site': 'cross-site' }, 403],
    ['ourselves', { host: 'localhost:1', origin: 'http://localhost:1' }, 200],
  ])('answers %s', async (_who, headers, status) => {
    const { port } = await start();
    expect(await rawGet(port, headers)).toBe(status);
  });

  test('says so when an id is unknown or a method is wrong', async () => {
    const { base } = await start();
    expect((await fetch(`${base}/messages/nothing`)).status).toBe(404);
    expect((await fetch(`${base}/messages/../../etc/passwd`)).status).toBe(404);
    expect((await fetch(base, { method: 'POST' })).status).toBe(405);
  });

  test('protects every answer, errors and live updates too', async () => {
    const { base } = await start();
    for (const path of ['/', '/nothing', '/updates', '/messages/m-1/final.html', '/api/messages']) {
      const abort = new AbortController();
      const answer = await fetch(`${base}${path}`, { signal: abort.signal });
      expect(answer.headers.get('content-security-policy'), path).toContain("default-src 'none'");
      expect(answer.headers.get('x-content-type-options'), path).toBe('nosniff');
      abort.abort();
    }
  });

  test('ends a live connection that never reads, instead of keeping everything for it', async () => {
    const { archive, port } = await start();
    const socket = connect(port, '127.0.0.1');
    socket.write(`GET /updates HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    await once(socket, 'readable');
    const long = 'x'.repeat(10_000);
    const closed = once(socket, 'close');
    for (let at = 0; at < 2_000; at++) {
      archive.add(storedMessage(`m-${at}`, long, MAIL));
      if (at % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    socket.on('error', () => undefined).resume();
    await closed;
  });

  test('shows of a step that logged much the beginning', async () => {
    const message = storedMessage('m-1', 'much', MAIL);
    const step = { time: '2026-11-20T10:00:00.000Z', kind: 'invoke', text: 'It called.' } as const;
    const trace = Array.from({ length: 10 }, () => ({ ...step, data: { logs: ['<'.repeat(900_000)] } }));
    const { base } = await start([{ ...message, trace }]);
    const text = await (await fetch(`${base}/messages/m-1`)).text();
    expect(text.length).toBeLessThan(4_000_000);
    expect(text).toContain('characters more');
  });

  test('reads HTML of hostile depth in a moment', async () => {
    const deep = `Content-Type: text/html\r\n\r\n${'<div>'.repeat(150_000)}`;
    const { base } = await start([storedMessage('m-1', 'deep', deep)]);
    const begun = performance.now();
    expect((await fetch(`${base}/messages/m-1/final.html`)).status).toBe(200);
    expect(performance.now() - begun).toBeLessThan(1_500);
  });

  test('sends each change to whoever listens', async () => {
    const { archive, base } = await start();
    const answer = await fetch(`${base}/updates`);
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    if (reader === undefined) throw new Error('no body');
    await reader.read();
    archive.add(storedMessage('m-2', 'new one', MAIL));
    const { value } = await reader.read();
    expect(value).toMatch(/^data: \{"id":"m-2"/);
    await reader.cancel();
  });
});
