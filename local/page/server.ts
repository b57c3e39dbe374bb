/** The page on 127.0.0.1: a live list and one message's way. Refuses whoever asks by another name or from another site. */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { ReportSummary } from '../../shared/reports/summary-types.ts';
import type { FreeBusyService } from '../availability/service.ts';
import type { MessageArchive } from '../types.ts';
import { contentDocument, SANDBOX_POLICY } from './content-view.ts';
import { freeBusyView } from './free-busy-view.ts';
import { html, type Markup } from './html.ts';
import { listView, messageRow } from './list-view.ts';
import { messageView } from './message-view.ts';
import { reportsView } from './reports-view.ts';

/** The list shows this many; older messages stay on disk. */
const LISTED_MESSAGES = 200;
/** Open live connections; more are refused, so that a page in a loop cannot exhaust us. */
const MAX_LIVE_CLIENTS = 64;
/** What a live connection may leave unread; one that does not read is ended, and its page connects again. */
const MAX_UNREAD_BYTES = 1024 * 1024;
const LOOPBACK_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i;
const ID = '[A-Za-z0-9-]{1,120}';
const MESSAGE_ROUTE = new RegExp(`^/messages/(${ID})$`);
const CONTENT_ROUTE = new RegExp(`^/messages/(${ID})/(original|final)\\.(eml|txt|html)$`);
const API_ROUTE = new RegExp(`^/api/messages/(${ID})$`);
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export interface PageOptions {
  readonly archive: MessageArchive;
  /** 0 picks a free port. */
  readonly port: number;
  /** Shown to whoever has not sent anything yet. */
  readonly smtpPort: number;
  /** What whoever looks must know now, in sentences; shown above the list. */
  readonly notices: () => readonly string[];
  /** Absent: nobody can be asked for free/busy times. */
  readonly freeBusy?: FreeBusyService;
  /** What the DMARC reports in a folder say, read anew; absent where no folder was given. */
  readonly reports?: () => ReportSummary;
}

export interface Page {
  readonly port: number;
  close(): Promise<void>;
}

type Send = (
  status: number,
  type: string,
  body: string | Uint8Array,
  headers?: Record<string, string>,
) => void;

/** A DNS name that an attacker points at 127.0.0.1 arrives with its own Host; a foreign page's request with its Origin. */
function isForeign(request: IncomingMessage): boolean {
  const host = request.headers.host ?? '';
  if (!LOOPBACK_HOST.test(host)) return true;
  const origin = request.headers.origin;
  if (origin !== undefined && origin !== `http://${host}`) return true;
  return request.headers['sec-fetch-site'] === 'cross-site';
}

function documentOf(title: string, main: Markup, messageId?: string): string {
  return `<!doctype html>${
    html`<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><link rel="stylesheet" href="/style.css"></head>
<body data-message="${messageId ?? ''}"><header class="top"><strong>Mailroom</strong><span class="quiet">a WorkMail for one machine</span>
<nav><a href="/">Messages</a> <a href="/freebusy">Free/busy</a> <a href="/reports">Reports</a></nav></header>
<main>${main}</main><script src="/client.js" type="module"></script></body></html>`.text
  }`;
}

/** On every answer, errors too. */
const PROTECTION: Readonly<Record<string, string>> = {
  'content-security-policy': PAGE_POLICY,
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

function sender(response: ServerResponse): Send {
  return (status, type, body, headers = {}) => {
    response.writeHead(status, { 'content-type': type, ...PROTECTION, ...headers });
    response.end(body);
  };
}

async function sendMessage(archive: MessageArchive, id: string, send: Send, asJson: boolean): Promise<void> {
  const [summary, trace] = await Promise.all([archive.summary(id), archive.trace(id)]);
  if (summary === undefined || trace === undefined)
    return send(404, 'text/plain; charset=utf-8', 'No message has this id.\n');
  if (asJson) return send(200, 'application/json', JSON.stringify({ summary, trace }));
  const [original, final] = await Promise.all([
    archive.content(id, 'original'),
    archive.content(id, 'final'),
  ]);
  const title = summary.subject === '' ? '(no subject)' : summary.subject;
  send(
    200,
    'text/html; charset=utf-8',
    documentOf(title, messageView(summary, trace, { original, final }), id),
  );
}

async function sendContent(archive: MessageArchive, match: RegExpMatchArray, send: Send): Promise<void> {
  const [, id = '', which, form] = match;
  const bytes = await archive.content(id, which === 'final' ? 'final' : 'original');
  if (bytes === undefined) return send(404, 'text/plain; charset=utf-8', 'Not there (yet).\n');
  if (form === 'html') {
    return send(200, 'text/html; charset=utf-8', await contentDocument(bytes), {
      'content-security-policy': SANDBOX_POLICY,
    });
  }
  const disposition =
    form === 'eml' ? { 'content-disposition': `attachment; filename="${which}-${id}.eml"` } : {};
  send(200, form === 'eml' ? 'message/rfc822' : 'text/plain; charset=iso-8859-1', bytes, disposition);
}

const FREE_BUSY_ROUTE = /^\/(?:api\/)?freebusy$/;

/** Answers the page of free/busy times, or the same as JSON for scripts. */
async function sendFreeBusy(ask: FreeBusyService, request: IncomingMessage, send: Send): Promise<void> {
  const [path = '', search = ''] = (request.url ?? '/').split('?');
  const query = new URLSearchParams(search);
  const origin = request.socket.remoteAddress ?? '';
  if (path.startsWith('/api/')) {
    const answer = await ask(query, origin);
    const body = answer.ok ? answer.report : { problem: answer.problem };
    return send(answer.ok ? 200 : 400, 'application/json', JSON.stringify(body));
  }
  const view = await freeBusyView(ask, query, origin);
  const policy = PAGE_POLICY.replace("form-action 'none'", "form-action 'self'");
  send(200, 'text/html; charset=utf-8', documentOf('Free/busy', view), { 'content-security-policy': policy });
}

async function route(path: string, options: PageOptions, send: Send): Promise<void> {
  const { archive } = options;
  const message = MESSAGE_ROUTE.exec(path);
  const api = API_ROUTE.exec(path);
  const content = CONTENT_ROUTE.exec(path);
  if (message !== null) return sendMessage(archive, message[1] ?? '', send, false);
  if (api !== null) return sendMessage(archive, api[1] ?? '', send, true);
  if (content !== null) return sendContent(archive, content, send);
  if (path === '/') {
    const list = listView(await archive.list(LISTED_MESSAGES), options);
    return send(200, 'text/html; charset=utf-8', documentOf('Mailroom', list));
  }
  if (path === '/reports') {
    const view = reportsView(options.reports?.());
    return send(200, 'text/html; charset=utf-8', documentOf('DMARC reports', view));
  }
  if (path === '/api/messages') {
    return send(200, 'application/json', JSON.stringify(await archive.list(LISTED_MESSAGES)));
  }
  if (path === '/style.css')
    return send(200, 'text/css; charset=utf-8', await readFile(new URL('style.css', import.meta.url)));
  if (path === '/client.js')
    return send(200, 'text/javascript; charset=utf-8', await readFile(new URL('client.js', import.meta.url)));
  return send(404, 'text/plain; charset=utf-8', 'There is nothing here.\n');
}

function liveUpdates(archive: MessageArchive): {
  readonly add: (response: ServerResponse) => void;
  readonly close: () => void;
} {
  const clients = new Set<ServerResponse>();
  const unsubscribe = archive.subscribe((summary) => {
    if (clients.size === 0) return;
    const data = `data: ${JSON.stringify({ id: summary.id, row: messageRow(summary).text })}\n\n`;
    for (const client of clients) {
      if (client.writableLength > MAX_UNREAD_BYTES) client.destroy();
      else client.write(data);
    }
  });
  return {
    add(response) {
      if (clients.size >= MAX_LIVE_CLIENTS) {
        response.writeHead(503, PROTECTION).end();
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream', ...PROTECTION });
      response.write('retry: 1000\n\n');
      clients.add(response);
      response.on('close', () => clients.delete(response));
    },
    close() {
      unsubscribe();
      for (const client of clients) client.end();
    },
  };
}

/** Starts the page on 127.0.0.1. Rejects when the port is taken. */
export async function startPage(options: PageOptions): Promise<Page> {
  const live = liveUpdates(options.archive);
  const server = createServer((request, response) => {
    const send = sender(response);
    if (isForeign(request))
      return send(403, 'text/plain; charset=utf-8', 'This page answers to 127.0.0.1 and localhost only.\n');
    if (request.method !== 'GET')
      return send(405, 'text/plain; charset=utf-8', 'Only GET.\n', { allow: 'GET' });
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (path === '/updates') return live.add(response);
    const { freeBusy } = options;
    const answered =
      freeBusy !== undefined && FREE_BUSY_ROUTE.test(path)
        ? sendFreeBusy(freeBusy, request, send)
        : route(path, options, send);
    answered.catch((error: unknown) => {
      if (!response.headersSent)
        send(500, 'text/plain; charset=utf-8', `${error instanceof Error ? error.message : 'failed'}\n`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the page has no port');
  return {
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        live.close();
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
