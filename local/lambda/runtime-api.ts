/**
 * The Lambda Runtime API (Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes"), for one process:
 * the runtime in it asks for the next event, posts the answer or the error, and asks again. Any runtime that speaks the
 * API can be served; ours is `bootstrap.mjs`.
 *
 *   GET  /2018-06-01/runtime/invocation/next        waits until there is an event
 *   POST /2018-06-01/runtime/invocation/ID/response
 *   POST /2018-06-01/runtime/invocation/ID/error
 *   POST /2018-06-01/runtime/init/error
 *
 * What comes in here was sent by the function's process, or by whoever else found the port on this machine.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { readBody } from '../aws/exchange.ts';
import { type InitReport, type Job, type JobReport, MAX_PAYLOAD_BYTES } from './messages.ts';

const RUNTIME_PATH = '/2018-06-01/runtime';
const ANSWER_PATH = /^\/2018-06-01\/runtime\/invocation\/([^/]{1,100})\/(response|error)$/;
/** A report of a failure is shown to a person; a runtime that sends megabytes of stack is cut off. */
const MAX_FAILURE_CHARS = 256 * 1024;

export interface RuntimeApi {
  /** `HOST:PORT`, for AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** Resolves when the runtime asks for its first event or says that it cannot. */
  readonly ready: Promise<InitReport>;
  /** Gives the runtime one event; resolves when it has answered, never when it does not. One at a time. */
  run(job: Job): Promise<JobReport>;
  close(): void;
}

interface Running {
  readonly job: Job;
  handedOver: boolean;
  readonly resolve: (report: JobReport) => void;
}

interface State {
  /** `HOST:PORT`, which every request has to name. */
  address: string;
  /** The runtime's question for the next event, while there is none. */
  poll: ServerResponse | undefined;
  running: Running | undefined;
  readonly initialized: (report: InitReport) => void;
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

function refuse(response: ServerResponse, status: number, errorType: string, errorMessage: string): void {
  sendJson(response, status, { errorType, errorMessage });
}

function handOver(running: Running, response: ServerResponse): void {
  running.handedOver = true;
  const { job } = running;
  const body = Buffer.from(job.event);
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': body.length,
    'Lambda-Runtime-Aws-Request-Id': job.requestId,
    'Lambda-Runtime-Deadline-Ms': String(job.deadlineMs),
    'Lambda-Runtime-Invoked-Function-Arn': job.functionArn,
    'Lambda-Runtime-Trace-Id': job.traceId,
  });
  response.end(body);
}

function answerNext(state: State, response: ServerResponse): void {
  const { running } = state;
  if (running?.handedOver === true || state.poll !== undefined) {
    // One process works on one event at a time: the one before has to be answered first.
    refuse(response, 403, 'InvalidStateTransition', 'An event is being worked on, or asked for already.');
    return;
  }
  state.initialized({ kind: 'ready' });
  if (running !== undefined) {
    handOver(running, response);
    return;
  }
  state.poll = response;
  response.on('close', () => {
    if (state.poll === response) state.poll = undefined;
  });
}

function parseRecord(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** The body has type and message; a runtime that sends neither names the type in a header at least. */
function failureOf(request: IncomingMessage, body: Buffer): { errorType: string; errorMessage: string } {
  const { errorType, errorMessage } = parseRecord(body.toString());
  const named = request.headers['lambda-runtime-function-error-type'];
  const fallback = typeof named === 'string' && named !== '' ? named : 'Runtime.Unknown';
  const cut = (value: unknown, otherwise: string): string =>
    typeof value === 'string' ? value.slice(0, MAX_FAILURE_CHARS) : otherwise;
  return { errorType: cut(errorType, fallback), errorMessage: cut(errorMessage, '') };
}

/** The whole body. Of one that is too long the rest is read away, so that the answer can be heard. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | 'too-large'> {
  const body = await readBody(request.iterator({ destroyOnReturn: false }), MAX_PAYLOAD_BYTES);
  if (body === 'too-large') request.resume();
  return body;
}

function settle(state: State, running: Running, report: JobReport): void {
  state.running = undefined;
  running.resolve(report);
}

async function takeAnswer(
  state: State,
  id: string,
  kind: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const isCurrent = (running: Running | undefined): running is Running =>
    running?.handedOver === true && running.job.requestId === id;
  const wrongId = () => refuse(response, 400, 'InvalidRequestID', 'This event is not being worked on.');
  if (!isCurrent(state.running)) {
    request.resume();
    return wrongId();
  }
  const body = await bodyOf(request);
  // While the body came in, another request may have answered.
  const { running } = state;
  if (!isCurrent(running)) return wrongId();
  if (body === 'too-large') {
    refuse(response, 413, 'RequestEntityTooLarge', `Exceeded ${MAX_PAYLOAD_BYTES} bytes.`);
    return settle(state, running, { kind: 'too-large' });
  }
  sendJson(response, 202, { status: 'OK' });
  if (kind === 'error') return settle(state, running, { kind: 'error', ...failureOf(request, body) });
  settle(state, running, { kind: 'answer', payload: body.toString() });
}

async function takeInitError(
  state: State,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await bodyOf(request);
  if (body === 'too-large')
    return refuse(response, 413, 'RequestEntityTooLarge', `Exceeded ${MAX_PAYLOAD_BYTES} bytes.`);
  sendJson(response, 202, { status: 'OK' });
  state.initialized({ kind: 'init-failed', ...failureOf(request, body) });
}

async function serve(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // A web page could reach loopback under a name of its own ("DNS rebinding") and read an event.
  const { host, origin } = request.headers;
  if (host !== state.address || origin !== undefined || request.headers['sec-fetch-site'] !== undefined) {
    request.resume();
    return refuse(response, 403, 'Forbidden', 'Only the runtime is served here.');
  }
  const { method, url = '' } = request;
  if (method === 'GET' && url === `${RUNTIME_PATH}/invocation/next`) return answerNext(state, response);
  const [, id, kind] = ANSWER_PATH.exec(url) ?? [];
  if (method === 'POST' && id !== undefined && kind !== undefined)
    return takeAnswer(state, id, kind, request, response);
  if (method === 'POST' && url === `${RUNTIME_PATH}/init/error`)
    return takeInitError(state, request, response);
  request.resume();
  refuse(response, 404, 'NotFound', 'The Runtime API has no such path.');
}

/** Starts the API on a free port of loopback. Rejects when the system has none. */
export async function startRuntimeApi(): Promise<RuntimeApi> {
  const { promise: ready, resolve: initialized } = Promise.withResolvers<InitReport>();
  const state: State = { address: '', poll: undefined, running: undefined, initialized };
  // The runtime waits as long as there is no event, and keeps its connection: nothing here may time out.
  const settings = { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 };
  const server = createServer(settings, (request, response) => {
    // A connection that ends in the middle of a body is the end of its process, which is noticed elsewhere.
    serve(state, request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address === 'object' && address !== null) state.address = `127.0.0.1:${address.port}`;
  return {
    address: state.address,
    ready,
    run: (job) =>
      new Promise((resolve) => {
        const running = { job, handedOver: false, resolve };
        state.running = running;
        const { poll } = state;
        state.poll = undefined;
        if (poll !== undefined) handOver(running, poll);
      }),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
