/** A server that passes everything on, except for the one promise that a twin breaks. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

export interface Asked {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What breaks. State lives in the closure that makes it, so each proxy gets one of its own. */
export interface Breakage {
  /** Another question, or an answer that the server never gave. */
  readonly ask?: (asked: Asked) => Asked | Answered;
  readonly answer?: (answered: Answered, asked: Asked) => Answered;
}

function isAnswer(value: Asked | Answered): value is Answered {
  return 'status' in value;
}

function plain(headers: IncomingMessage['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** `body`: where it still comes from; else that of `asked`. */
async function forward(upstream: URL, asked: Asked, body?: IncomingMessage): Promise<Answered> {
  const { 'transfer-encoding': _, 'content-length': __, expect: ___, ...others } = asked.headers;
  const headers =
    body === undefined ? { ...others, 'content-length': String(asked.body.length) } : { ...asked.headers };
  const { hostname, port } = upstream;
  const sent = request({ host: hostname, port, method: asked.method, path: asked.url, headers });
  if (body === undefined) sent.end(asked.body);
  else body.pipe(sent);
  const [response]: IncomingMessage[] = await once(sent, 'response');
  if (response === undefined) throw new Error('no answer');
  return {
    status: response.statusCode ?? 0,
    headers: plain(response.headers),
    body: await bodyOf(response),
  };
}

async function serve(upstream: URL, breakage: Breakage, incoming: IncomingMessage, outgoing: ServerResponse) {
  const { method = 'GET', url = '/' } = incoming;
  const { ask } = breakage;
  const body = ask === undefined ? Buffer.alloc(0) : await bodyOf(incoming);
  const asked: Asked = { method, url, headers: plain(incoming.headers), body };
  const changed = ask?.(asked) ?? asked;
  // What nobody looks into passes as it comes, so that two requests can meet.
  const rest = ask === undefined ? incoming : undefined;
  const answered = isAnswer(changed) ? changed : await forward(upstream, changed, rest);
  const { status, headers, body: content } = breakage.answer?.(answered, asked) ?? answered;
  const { 'transfer-encoding': _, 'content-length': length, ...others } = headers;
  const isHead = method === 'HEAD' && length !== undefined;
  outgoing.writeHead(status, { ...others, 'content-length': isHead ? length : String(content.length) });
  outgoing.end(method === 'HEAD' || status === 304 || status === 204 ? undefined : content);
}

export interface TwinServer {
  readonly url: string;
  /** Breaks something else from now on. */
  become(breakage: Breakage): void;
  close(): Promise<void>;
}

export async function startProxy(upstream: string, first: Breakage = {}): Promise<TwinServer> {
  let breakage = first;
  const server = createServer((incoming, outgoing) => {
    serve(new URL(upstream), breakage, incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    become: (next) => {
      breakage = next;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
