/**
 * Functions that run elsewhere behind Lambda's Invoke, such as `sam local start-lambda` offers: the same outcomes over
 * the real client.
 */
import { performance } from 'node:perf_hooks';
import { InvokeCommand, type InvokeCommandOutput, LambdaClient } from '@aws-sdk/client-lambda';
import { parseJson } from '../json.ts';
import type { InvokeOutcome, LambdaInvoker } from '../types.ts';
import { createOutput, type LogRecordOut } from './output.ts';

/** Longer than any function that WorkMail waits for, with a container to start. */
const REQUEST_TIMEOUT_MS = 60_000;

export interface RemoteOptions {
  /** `http://HOST:PORT`. */
  readonly endpoint: string;
  readonly region: string;
}

type Bare<T> = T extends unknown ? Omit<T, 'durationMs' | 'coldStart' | 'logs'> : never;

function stringMember(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const member: unknown = Reflect.get(value, name);
  return typeof member === 'string' ? member : undefined;
}

/** Lambda says in the payload how a function failed; a time-out and an exit have fixed words. */
function failureOf(payload: unknown): Bare<InvokeOutcome> {
  const errorType = stringMember(payload, 'errorType') ?? 'Unhandled';
  const errorMessage = stringMember(payload, 'errorMessage') ?? '';
  if (errorType === 'Sandbox.Timedout' || /\bTask timed out after \d/.test(errorMessage))
    return { kind: 'timeout' };
  if (errorType === 'Runtime.ExitError') return { kind: 'crash', why: errorMessage };
  return { kind: 'error', errorType, errorMessage };
}

function outcomeOf(answer: InvokeCommandOutput): Bare<InvokeOutcome> {
  const bytes = answer.Payload ?? new Uint8Array();
  const payload = bytes.length === 0 ? null : parseJson(Buffer.from(bytes).toString());
  if (answer.FunctionError !== undefined) return failureOf(payload);
  if (payload === undefined) return { kind: 'crash', why: 'the answer is not JSON' };
  return { kind: 'answer', payload, bytes: bytes.length };
}

function logsOf(answer: InvokeCommandOutput): readonly LogRecordOut[] {
  const output = createOutput();
  output.take(Buffer.from(answer.LogResult ?? '', 'base64').toString());
  return output.drain();
}

/** Calls functions by their name at `endpoint`. Whether a call was a cold start is not known here. */
export function createRemoteInvoker(options: RemoteOptions): LambdaInvoker & { close(): void } {
  const client = new LambdaClient({
    ...options,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    // An event is given to a function once; whether to try again is the caller's decision.
    maxAttempts: 1,
    requestHandler: { requestTimeout: REQUEST_TIMEOUT_MS },
  });
  return {
    close: () => client.destroy(),
    invoke: async (functionName, event) => {
      const begun = performance.now();
      const common = () => ({ durationMs: performance.now() - begun, coldStart: false });
      try {
        const command = new InvokeCommand({
          FunctionName: functionName,
          Payload: JSON.stringify(event) ?? 'null',
          LogType: 'Tail',
        });
        const answer = await client.send(command);
        return { ...common(), logs: logsOf(answer), ...outcomeOf(answer) };
      } catch (error) {
        const name = error instanceof Error ? error.name : 'Error';
        const message = error instanceof Error ? error.message : String(error);
        if (name === 'ResourceNotFoundException' || name === 'RequestTooLargeException')
          return { ...common(), logs: [], kind: 'error', errorType: name, errorMessage: message };
        return { ...common(), logs: [], kind: 'crash', why: `${name}: ${message}` };
      }
    },
  };
}
