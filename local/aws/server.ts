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
import type { InTransit } from '../types.ts';
import type { Answer, Exchange, FileBody } from './exchange.ts';
import { jsonError } from './json.ts';
import { type CallableFunctions, handleInvoke, INVOKE_PATH } from './lambda-api.ts';
import { handleMessageFlow } from './message-flow.ts';
import { s3Error } from './s3/errors.ts';
import { closeGround, createBucket, type Ground, openGround } from './s3/ground.ts';
import { handleS3 } from './s3/service.ts';
import { handleSecrets, type Secrets } from './secrets.ts';

/** A body that is read in one piece rather than streamed. */
const SMALL_BODY_BYTES = 1024 * 1024;
/** Longer than any idle time of the SDK's connections, so that the client and not the server closes them. */
const KEEP_ALIVE_MS = 120_000;
/** A client that sends its request drop by drop holds a connection no longer than this. */
const REQUEST_TIMEOUT_MS = 60_000;
/** Bytes of a body that nobody wants which are still read, so that the client can read the answer. */
const MAX_DRAINED_BYTES = 1024 * 1024;

export const DEFAULT_AWS_PORT = 8026;

export interface AwsOptions {
  /** Objects lie under `DATADIR/s3`. */
  readonly dataDir: string;
  readonly inTransit: InTransit;
  readonly region: string;
  readonly account: string;
  /** 0 picks a free one; 8026 by default. */
  readonly port?: number;
  /** Address to listen on; 127.0.0.1 by default. */
  readonly bind?: string;
  /** Host names beside those of loopback under which clients may call, for containers. */
  readonly allowHosts?: readonly string[];
  /** Made, with versioning, unless they exist. */
  readonly buckets?: readonly string[];
  readonly secrets?: Secrets;
  readonly functions?: CallableFunctions;
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

type Service = 's3' | 'workmailmessageflow' | 'lambda' | 'json';

/** The service is named in the credential scope of the signature; an unsigned request tells by its shape. */
function serviceOf(exchange: Exchange): Service {
  const scope = /Credential=[^/\s]*\/\d{8}\/[^/\s]*\/([a-z0-9-]+)\/aws4_request/.exec(
    exchange.headers.authorization ?? '',
  )?.[1];
  if (scope === 's3' || scope === 'workmailmessageflow' || scope === 'lambda') return scope;
  if (scope === 'ssm' || scope === 'kms' || exchange.headers['x-amz-target'] !== undefined) return 'json';
  if (exchange.rawPath.startsWith('/messages/')) return 'workmailmessageflow';
  return INVOKE_PATH.test(exchange.rawPath) ? 'lambda' : 's3';
}

function route(options: AwsOptions, ground: Ground, exchange: Exchange): Promise<Answer> | Answer {
  switch (serviceOf(exchange)) {
    case 's3':
      return handleS3(ground, exchange);
    case 'workmailmessageflow':
      return exchange.rawPath.startsWith('/messages/')
        ? handleMessageFlow(ground, options.inTransit, exchange)
        : jsonError(404, 'UnknownOperationException', 'The API has /messages/ID only.');
    case 'json':
      return handleSecrets(options.secrets ?? {}, options, exchange);
    case 'lambda':
      return options.functions !== undefined && INVOKE_PATH.test(exchange.rawPath)
        ? handleInvoke(options.functions, exchange)
        : jsonError(404, 'ResourceNotFoundException', 'No function is offered here.');
  }
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

async function send(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
  // A body that was not read would be taken for the next request of the connection.
  if (!request.complete && !(await drained(request))) response.setHeader('connection', 'close');
  const { body } = answer;
  const headers: Record<string, string> = { ...answer.headers, 'x-amz-request-id': randomUUID() };
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body?.length;
  if (length !== undefined) headers['content-length'] = String(length);
  else if (answer.status === 200 && request.method !== 'HEAD') headers['content-length'] = '0';
  response.writeHead(answer.status, headers);
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
  options: AwsOptions,
  ground: Ground,
  hosts: ReadonlySet<string>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const refused = refusal(request, hosts);
  const answer =
    refused === undefined
      ? await route(options, ground, exchangeOf(request))
      : s3Error('AccessDenied', { message: refused });
  await send(request, response, answer);
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

/** Starts the endpoints. Rejects when the port is taken. */
export async function startAws(options: AwsOptions): Promise<AwsServer> {
  const ground = openGround(join(options.dataDir, 's3'), options.now ?? Date.now);
  for (const bucket of options.buckets ?? []) createBucket(ground, bucket, { versioned: true });
  const hosts = hostNames(options);
  const settings = { keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: REQUEST_TIMEOUT_MS };
  const server = createServer(settings, (request, response) => {
    serve(options, ground, hosts, request, response).catch((error: unknown) => {
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
