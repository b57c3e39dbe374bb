/**
 * One HTTP exchange with a calendar server, within bounds. Addresses come from the policy, so they are trusted; what the
 * server does is not: it may be slow, endless, or point elsewhere to have our credentials sent there.
 */
import { DeadlineError } from '../errors.ts';
import type { Failure } from './outcome.ts';
import { failure } from './outcome.ts';

/** The part of `fetch` that is used; the global one fits. */
export type HttpFetch = (
  url: string,
  init: {
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly body?: string;
    readonly redirect: 'manual';
    readonly signal: AbortSignal;
  },
) => Promise<HttpAnswer>;

export interface HttpAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** Decoded from the transfer and content coding. */
  readonly body: AsyncIterable<Uint8Array> | null;
}

export interface HttpRequest {
  readonly method: 'GET' | 'REPORT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The only status that is an answer. */
  readonly expected: number;
}

/** Bytes of one answer, after decompression. Against: an endless body, and a small one that unpacks to gigabytes. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** Redirects within the origin. Against: a loop. */
const MAX_REDIRECTS = 3;
const REDIRECTS = new Set([301, 302, 307, 308]);
const LOOPBACK = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;

export type HttpText = { readonly kind: 'text'; readonly text: string } | Failure;

/** Sends the request and reads the whole answer as UTF-8. Never throws. */
export async function exchange(
  fetch: HttpFetch,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<HttpText> {
  try {
    return await follow(fetch, request, signal);
  } catch (error) {
    if (signal.aborted || isTimeout(error)) return failure('timeout', 'the server took too long');
    return failure('failed', 'the server cannot be reached');
  }
}

/** A deadline, or a time limit that `fetch` has of its own: that stands in the error, or in what caused it. */
function isTimeout(error: unknown): boolean {
  if (error instanceof DeadlineError) return true;
  if (!(error instanceof Error)) return false;
  const cause = error.cause instanceof Error ? error.cause.name : '';
  return /timeout/i.test(error.name) || /timeout/i.test(cause);
}

/** https, or http to this machine itself: credentials and calendars do not cross a network in the clear. */
function permitted(url: URL): boolean {
  if (url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));
}

async function follow(fetch: HttpFetch, request: HttpRequest, signal: AbortSignal): Promise<HttpText> {
  let url = URL.parse(request.url);
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    if (url === null || !permitted(url)) return failure('no-configuration', 'the address is not one to ask');
    const answer = await fetch(url.href, {
      method: request.method,
      headers: { ...request.headers },
      ...(request.body === undefined ? {} : { body: request.body }),
      redirect: 'manual',
      signal,
    });
    if (!REDIRECTS.has(answer.status)) return await textOf(answer, request.expected, signal);
    await discard(answer);
    const target: URL | null = URL.parse(answer.headers.get('location') ?? '', url.href);
    // Another origin would get the credentials, or would be asked from inside a network.
    if (target === null || target.origin !== url.origin)
      return failure('failed', 'the server redirects elsewhere');
    url = target;
  }
  return failure('failed', 'the server redirects without end');
}

async function textOf(answer: HttpAnswer, expected: number, signal: AbortSignal): Promise<HttpText> {
  if (answer.status !== expected) {
    await discard(answer);
    return failureOf(answer.status);
  }
  const decoder = new TextDecoder();
  const parts: string[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    if (signal.aborted) return failure('timeout', 'the server took too long');
    size += chunk.length;
    // Leaving the loop cancels the transfer.
    if (size > MAX_BODY_BYTES) return failure('failed', 'the answer is too large');
    parts.push(decoder.decode(chunk, { stream: true }));
  }
  parts.push(decoder.decode());
  return { kind: 'text', text: parts.join('') };
}

function failureOf(status: number): Failure {
  const why = `the server answered ${status}`;
  if (status === 404 || status === 410) return failure('not-found', why);
  if (status === 429 || status === 503) return failure('busy', why);
  if (status === 408 || status === 504) return failure('timeout', why);
  // Another success than the one that was asked for: it is not a calendar server.
  return status >= 200 && status < 300 ? failure('unreadable', why) : failure('failed', why);
}

/** Ends a body that nobody reads, so that its connection is given back. */
async function discard(answer: HttpAnswer): Promise<void> {
  if (answer.body === null) return;
  await answer.body[Symbol.asyncIterator]().return?.();
}
