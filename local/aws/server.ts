/**
 * The AWS endpoints that Mailroom's functions call, on one port of this machine: Amazon S3, the WorkMail Message Flow
 * API, and, where they are given, SSM parameters, a KMS key for MACs and Lambda's Invoke. The real SDK clients work
 * against it with `endpoint` (or AWS_ENDPOINT_URL) and any credentials; signatures are not checked.
 *
 * It listens on loopback and serves nothing to web pages: a foreign Host is refused (a page could reach loopback under
 * a name of its own, "DNS rebinding"), and so is whatever a browser sends on behalf of another site.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Log } from '../../shared/log.ts';
import type { Played } from '../faults/play.ts';
import type { Answer, Exchange, FileBody } from './exchange.ts';
import { s3Error } from './s3/errors.ts';
import { closeGround, createBucket, type Ground, openGround, saveBucket } from './s3/ground.ts';
import { createServices, type ServiceOptions, type Services } from './services.ts';

/** A body that is read in one piece rather than streamed. */
const SMALL_BODY_BYTES = 1024 * 1024;
/** Longer than any idle time of the SDK's connections, so that the client and not the server closes them. */
const KEEP_ALIVE_MS = 120_000;
/** A client that sends its request drop by drop holds a connection no longer than this. */
const REQUEST_TIMEOUT_MS = 60_000;
/** Bytes of a body that nobody wants which are still read, so that the client can read the answer. */
const MAX_DRAINED_BYTES = 1024 * 1024;
/** Time for half an answer to leave before the connection is cut. */
const CUT_DELAY_MS = 20;

export const DEFAULT_AWS_PORT = 8026;

export interface AwsOptions extends ServiceOptions {
  /** Objects lie under `DATADIR/s3`. */
  readonly dataDir: string;
  /** 0 picks a free one; 8026 by default. */
  readonly port?: number;
  /** Address to listen on; 127.0.0.1 by default. */
  readonly bind?: string;
  /** Host names beside those of loopback under which clients may call, for containers. */
  readonly allowHosts?: readonly string[];
  /** Made, with versioning, unless they exist; with a policy that lets WorkMail read them unless `deploy` gives one. */
  readonly buckets?: readonly string[];
  /** Called once the buckets are there, to give them what a template says of them. */
  readonly deploy?: (ground: Ground) => void;
  /** Told of failures of the stand-in itself. */
  readonly log?: Log;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export interface AwsServer {
  readonly port: number;
  /** `http://127.0.0.1:PORT`: the value for AWS_ENDPOINT_URL. */
  readonly url: string;
  /** Ends open connections too. */
  close(): Promise<void>;
}

/** Why a request is not served to whoever sent it. */
function refusal(request: IncomingMessage, hosts: ReadonlySet<string>): string | undefined {
  const host = (request.headers.host ?? '').replace(/:\d{1,5}$/, '').toLowerCase();
  if (!hosts.has(host)) return 'This host name is not served here.';
  const site = request.headers['sec-fetch-site'];
  const foreign = site !== undefined && site !== 'none' && site !== 'same-origin';
  return foreign || request.headers.origin !== undefined ? 'Web pages are not served here.' : undefined;
}

function exchangeOf(request: IncomingMessage): Exchange {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  return {
    method: request.method ?? 'GET',
    rawPath: mark === -1 ? url : url.slice(0, mark),
    query: new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1)),
    headers: request.headers,
    // Whoever stops reading early still wants to answer: the connection must outlive the loop.
    body: request.iterator({ destroyOnReturn: false }),
  };
}

async function sendFile(response: ServerResponse, file: FileBody): Promise<void> {
  try {
    if (file.length <= SMALL_BODY_BYTES) {
      const buffer = Buffer.allocUnsafe(file.length);
      const { bytesRead } = await file.handle.read(buffer, 0, file.length, file.start);
      response.end(buffer.subarray(0, bytesRead));
      return;
    }
    const end = file.start + file.length - 1;
    await pipeline(file.handle.createReadStream({ start: file.start, end, autoClose: false }), response);
  } finally {
    await file.handle.close();
  }
}

/** Half of what the answer has; then nothing more. */
async function sendHalf(response: ServerResponse, { body }: Answer): Promise<void> {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
    const bytes = Buffer.from(body ?? '');
    response.write(bytes.subarray(0, bytes.length / 2));
    return;
  }
  const stream = body.handle.createReadStream({
    start: body.start,
    end: body.start + Math.floor(body.length / 2),
  });
  await pipeline(stream, response, { end: false });
}

/** What a fault left of an answer. */
async function sendPlayed(
  request: IncomingMessage,
  response: ServerResponse,
  played: Played<Answer>,
): Promise<void> {
  switch (played.kind) {
    case 'answer':
      return send(request, response, played.answer);
    case 'cut':
      request.socket.destroy();
      return;
    case 'hang':
      // Until the client has enough of it.
      if (!request.socket.destroyed) await once(request.socket, 'close');
      return;
    case 'cut-within':
      writeHead(request, response, played.answer);
      await sendHalf(response, played.answer);
      // What was written goes out first: cut before, the client would see no answer at all.
      setTimeout(() => request.socket.destroy(), CUT_DELAY_MS);
  }
}

function writeHead(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { body } = answer;
  const headers: Record<string, string> = { ...answer.headers, 'x-amz-request-id': randomUUID() };
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body?.length;
  if (length !== undefined) headers['content-length'] = String(length);
  else if (answer.status === 200 && request.method !== 'HEAD') headers['content-length'] = '0';
  response.writeHead(answer.status, headers);
}

async function send(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
  // A body that was not read would be taken for the next request of the connection.
  if (!request.complete && !(await drained(request))) response.setHeader('connection', 'close');
  writeHead(request, response, answer);
  const { body } = answer;
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) response.end(body);
  else await sendFile(response, body);
}

/** Reads what is left of a short body; false when it is too long for that. */
async function drained(request: IncomingMessage): Promise<boolean> {
  if (request.readableEnded || request.destroyed) return true;
  if (!(Number(request.headers['content-length'] ?? 0) <= MAX_DRAINED_BYTES)) return false;
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > MAX_DRAINED_BYTES) return false;
  }
  return true;
}

async function serve(
  services: Services,
  hosts: ReadonlySet<string>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const refused = refusal(request, hosts);
  if (refused !== undefined) await send(request, response, s3Error('AccessDenied', { message: refused }));
  else await sendPlayed(request, response, await services.handle(exchangeOf(request)));
}

/** A failure of the stand-in itself: said in the log and as the 500 that the SDK retries. */
function fail(options: AwsOptions, response: ServerResponse, error: unknown): void {
  const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  options.log?.({ level: 'error', event: 'failure', service: 'aws', why });
  if (response.headersSent) response.destroy();
  else response.writeHead(500, { connection: 'close', 'x-amzn-errortype': 'InternalFailure' }).end();
}

function hostNames(options: AwsOptions): ReadonlySet<string> {
  const own = ['127.0.0.1', 'localhost', '[::1]', options.bind ?? '127.0.0.1'];
  return new Set([...own, ...(options.allowHosts ?? [])].map((host) => host.toLowerCase()));
}

async function listen(server: Server, port: number, bind: string): Promise<number> {
  server.listen(port, bind);
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

/** As the administrator guide prints it for the bucket of rewritten messages. */
function openToWorkMail(options: AwsOptions, bucket: string): string {
  const { region, account } = options;
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { Service: `workmail.${region}.amazonaws.com` },
      Action: ['s3:GetObject', 's3:GetObjectVersion'],
      Resource: `arn:aws:s3:::${bucket}/*`,
      Condition: {
        Bool: { 'aws:SecureTransport': true },
        StringEquals: { 'aws:SourceAccount': account },
        ArnLike: { 'aws:SourceArn': `arn:aws:workmailmessageflow:${region}:${account}:message/*` },
      },
    },
  });
}

function openBuckets(options: AwsOptions): Ground {
  const { region, account, now = Date.now } = options;
  const ground = openGround(join(options.dataDir, 's3'), now, { region, account });
  for (const name of options.buckets ?? []) {
    const made = createBucket(ground, name, { versioned: true });
    if (made !== 'created' || options.deploy !== undefined) continue;
    const bucket = ground.buckets.get(name);
    const policy = openToWorkMail(options, name);
    if (bucket !== undefined)
      saveBucket(ground, { ...bucket, configuration: { ...bucket.configuration, policy } });
  }
  options.deploy?.(ground);
  return ground;
}

/** Starts the endpoints. Rejects when the port is taken. */
export async function startAws(options: AwsOptions): Promise<AwsServer> {
  const ground = openBuckets(options);
  const services = createServices(options, ground);
  const hosts = hostNames(options);
  const settings = { keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: REQUEST_TIMEOUT_MS };
  const server = createServer(settings, (request, response) => {
    serve(services, hosts, request, response).catch((error: unknown) => {
      if (!request.destroyed || request.complete) fail(options, response, error);
    });
  });
  const bind = options.bind ?? '127.0.0.1';
  const port = await listen(server, options.port ?? DEFAULT_AWS_PORT, bind);
  const host = bind === '0.0.0.0' || bind === '::' ? '127.0.0.1' : bind;
  return {
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      closeGround(ground);
    },
  };
}
