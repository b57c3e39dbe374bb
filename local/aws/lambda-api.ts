/** Lambda's Invoke (`POST /2015-03-31/functions/NAME/invocations`), so that a LambdaClient can call the functions that run here. */
import type { InvokeOutcome, LambdaInvoker } from '../types.ts';
import { type Answer, decodePathPiece, type Exchange, header, readBody } from './exchange.ts';
import { jsonError, parseJson } from './json.ts';

/** Lambda quotas: 6 MB for a synchronous invocation, request and response each. */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;
/** "LogResult: The last 4 KB of the execution log, which is base64-encoded." */
const LOG_TAIL_BYTES = 4096;

export const INVOKE_PATH = /^\/2015-03-31\/functions\/([^/]{1,420})\/invocations$/;

export interface CallableFunctions {
  readonly invoker: LambdaInvoker;
  /** Names of the functions that exist. */
  readonly names: readonly string[];
}

/** A name, `name:qualifier` or an ARN: what counts here is the name. */
function functionName(reference: string): string {
  const parts = reference.split(':');
  return (parts[0] === 'arn' ? parts[6] : parts[0]) ?? '';
}

function logTail(outcome: InvokeOutcome): string {
  const lines = outcome.logs.map((record) => JSON.stringify(record)).join('\n');
  return Buffer.from(lines).subarray(-LOG_TAIL_BYTES).toString('base64');
}

/** What a caller of Lambda gets as the payload of a failure. */
function failurePayload(
  outcome: Exclude<InvokeOutcome, { kind: 'answer' }>,
): Readonly<Record<string, string>> {
  switch (outcome.kind) {
    case 'error':
      return { errorType: outcome.errorType, errorMessage: outcome.errorMessage };
    case 'timeout':
      return {
        errorType: 'Sandbox.Timedout',
        errorMessage: `Task timed out after ${(outcome.durationMs / 1000).toFixed(2)} seconds`,
      };
    case 'crash':
      return { errorType: 'Runtime.ExitError', errorMessage: outcome.why };
  }
}

function invokeAnswer(outcome: InvokeOutcome, withLog: boolean): Answer {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'x-amz-executed-version': '$LATEST',
  };
  if (withLog) headers['x-amz-log-result'] = logTail(outcome);
  if (outcome.kind === 'answer') return { status: 200, headers, body: JSON.stringify(outcome.payload) };
  headers['x-amz-function-error'] = 'Unhandled';
  return { status: 200, headers, body: JSON.stringify(failurePayload(outcome)) };
}

/** Answers an invocation. An `Event` invocation is accepted and runs on; nobody is told how it ended. */
export async function handleInvoke(functions: CallableFunctions, exchange: Exchange): Promise<Answer> {
  const name = functionName(decodePathPiece(INVOKE_PATH.exec(exchange.rawPath)?.[1] ?? '') ?? '');
  if (exchange.method !== 'POST') return jsonError(405, 'MethodNotAllowed', 'Only POST is known here.');
  if (!functions.names.includes(name))
    return jsonError(404, 'ResourceNotFoundException', `Function not found: ${name}`);
  const body = await readBody(exchange.body, MAX_PAYLOAD_BYTES);
  if (body === 'too-large')
    return jsonError(
      413,
      'RequestTooLargeException',
      `Request must be smaller than ${MAX_PAYLOAD_BYTES} bytes`,
    );
  const event = body.length === 0 ? {} : parseJson(body.toString());
  if (event === undefined)
    return jsonError(400, 'InvalidRequestContentException', 'Could not parse request body into json');
  const kind = header(exchange, 'x-amz-invocation-type') ?? 'RequestResponse';
  if (kind === 'DryRun') return { status: 204, headers: {} };
  const running = functions.invoker.invoke(name, event);
  if (kind === 'Event') return { status: 202, headers: {} };
  return invokeAnswer(await running, header(exchange, 'x-amz-log-type') === 'Tail');
}
