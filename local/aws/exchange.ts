/** One HTTP request as the services see it, and one answer as they give it: plain values, so that a service never touches a socket. */
import type { FileHandle } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';

/** A request whose target has been split but not normalized: `..` and `%2e` in a path are data here. */
export interface Exchange {
  readonly method: string;
  /** As sent, before the question mark. */
  readonly rawPath: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Uint8Array>;
}

/** A piece of an open file; whoever sends it closes the file. */
export interface FileBody {
  readonly handle: FileHandle;
  readonly start: number;
  readonly length: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | FileBody;
}

/** The one value of a header that came once; undefined when absent. */
export function header(exchange: Exchange, name: string): string | undefined {
  const value = exchange.headers[name];
  return typeof value === 'string' ? value : value?.[0];
}

/** The whole body, or `too-large` once it passes `maxBytes`: a client must not be able to fill the memory. */
export async function readBody(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<Buffer | 'too-large'> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) return 'too-large';
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Percent-decodes a path piece; undefined when it is not UTF-8 (or not well encoded). */
export function decodePathPiece(piece: string): string | undefined {
  try {
    return decodeURIComponent(piece);
  } catch {
    return undefined;
  }
}
