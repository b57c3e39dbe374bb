/** Takes the body of a PutObject into a temporary file, checks what the client said about it, and flushes it to disk. */
import { createHash } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { type Exchange, header } from '../exchange.ts';
import { algorithmOfHeader, type Checksum, type ChecksumAlgorithm, createChecksum } from './checksums.ts';
import { type ChunkedDecoder, createChunkedDecoder } from './chunked.ts';
import type { S3ErrorCode } from './errors.ts';
import { createFile, type NewFile } from './new-file.ts';

/** A message is at most 40 MB; an object far above must not fill the disk of the machine. */
export const MAX_OBJECT_BYTES = 64 * 1024 * 1024;
/** Bytes that are gathered before they are written: a small message takes one write. */
const WRITE_BUFFER_BYTES = 256 * 1024;

/** Bytes on disk that no key points to yet. */
export interface StagedBody {
  readonly path: string;
  readonly bytes: number;
  readonly etag: string;
  readonly checksum?: { readonly algorithm: ChecksumAlgorithm; readonly value: string };
}

export type Staging =
  | { readonly kind: 'staged'; readonly body: StagedBody }
  | { readonly kind: 'refused'; readonly code: S3ErrorCode; readonly message: string };

/** What the client announced in headers and what has to be computed to compare. */
interface Announcement {
  readonly decoder: ChunkedDecoder | undefined;
  readonly bytes: number | undefined;
  readonly algorithm: ChecksumAlgorithm | undefined;
  readonly checksum: string | undefined;
  readonly md5: string | undefined;
  readonly sha256Hex: string | undefined;
}

function refuse(code: S3ErrorCode, message: string): Staging & { readonly kind: 'refused' } {
  return { kind: 'refused', code, message };
}

/** Of the object: the content length of a framed body counts the framing too. */
function announcedLength(exchange: Exchange, chunked: boolean): number | undefined | 'invalid' {
  const text = header(exchange, chunked ? 'x-amz-decoded-content-length' : 'content-length');
  if (text === undefined) return undefined;
  return /^\d{1,15}$/.test(text) ? Number(text) : 'invalid';
}

/** `x-amz-checksum-NAME` with its value, or the name that the trailer will carry. Two of them are a client's mistake. */
function announcedChecksum(exchange: Exchange): Pick<Announcement, 'algorithm' | 'checksum'> | 'invalid' {
  const given = Object.keys(exchange.headers).filter((name) => algorithmOfHeader(name) !== undefined);
  const trailer = header(exchange, 'x-amz-trailer')?.trim().toLowerCase();
  const name = given[0] ?? trailer;
  if (name === undefined) return { algorithm: undefined, checksum: undefined };
  const algorithm = algorithmOfHeader(name);
  if (given.length > 1 || algorithm === undefined) return 'invalid';
  return { algorithm, checksum: header(exchange, name) };
}

function readAnnouncement(exchange: Exchange): Announcement | (Staging & { readonly kind: 'refused' }) {
  const payloadHash = header(exchange, 'x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD';
  const chunked =
    payloadHash.startsWith('STREAMING-') ||
    header(exchange, 'content-encoding')?.split(',')[0]?.trim() === 'aws-chunked';
  const announced = announcedLength(exchange, chunked);
  if (announced === 'invalid') return refuse('InvalidArgument', 'The content length is not a number.');
  if (announced !== undefined && announced > MAX_OBJECT_BYTES)
    return refuse('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
  const checksum = announcedChecksum(exchange);
  if (checksum === 'invalid')
    return refuse('InvalidRequest', 'Expecting a single x-amz-checksum- header of a supported algorithm.');
  return {
    ...checksum,
    decoder: chunked ? createChunkedDecoder() : undefined,
    bytes: announced,
    md5: header(exchange, 'content-md5'),
    sha256Hex: /^[0-9a-f]{64}$/.test(payloadHash) ? payloadHash : undefined,
  };
}

/** Writes in few calls and hashes what passes. */
interface Sink {
  take(piece: Uint8Array): Promise<void>;
  flush(): Promise<void>;
  readonly bytes: () => number;
}

function createSink(file: NewFile, hashes: readonly { update(bytes: Uint8Array): unknown }[]): Sink {
  let total = 0;
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  const flush = async (): Promise<void> => {
    if (pending.length === 0) return;
    const [only] = pending;
    const batch = pending.length === 1 && only !== undefined ? only : Buffer.concat(pending);
    pending = [];
    pendingBytes = 0;
    await file.write(batch);
  };
  return {
    take: async (piece) => {
      total += piece.length;
      for (const hash of hashes) hash.update(piece);
      pending.push(piece);
      pendingBytes += piece.length;
      if (pendingBytes >= WRITE_BUFFER_BYTES) await flush();
    },
    flush,
    bytes: () => total,
  };
}

/** Pumps the body through the framing into the sink; the reason when it has to stop. */
async function pump(
  exchange: Exchange,
  decoder: ChunkedDecoder | undefined,
  sink: Sink,
): Promise<(Staging & { readonly kind: 'refused' }) | undefined> {
  for await (const chunk of exchange.body) {
    const pieces = decoder === undefined ? [chunk] : decoder.push(chunk);
    if (pieces === 'malformed')
      return refuse('InvalidChunkSizeError', 'The aws-chunked framing of the body is broken.');
    for (const piece of pieces) await sink.take(piece);
    if (sink.bytes() > MAX_OBJECT_BYTES)
      return refuse('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
  }
  return undefined;
}

interface Digests {
  readonly checksum: Checksum | undefined;
  readonly sha256: ReturnType<typeof createHash> | undefined;
}

/** Compares everything that was announced with what arrived. Amazon S3 User Guide, "Checking object integrity". */
function disagreement(
  said: Announcement,
  digests: Digests,
  bytes: number,
  etag: string,
): (Staging & { readonly kind: 'refused' }) | string | undefined {
  const trailers = said.decoder?.finish();
  if (trailers === 'incomplete' || (said.bytes !== undefined && said.bytes !== bytes))
    return refuse('IncompleteBody', 'The body does not have the length that was announced.');
  if (said.md5 !== undefined) {
    if (!/^[A-Za-z0-9+/]{22}==$/.test(said.md5))
      return refuse('InvalidDigest', 'The Content-MD5 you specified was invalid.');
    if (Buffer.from(said.md5, 'base64').toString('hex') !== etag)
      return refuse('BadDigest', 'The Content-MD5 you specified did not match what we received.');
  }
  if (said.sha256Hex !== undefined && digests.sha256?.digest('hex') !== said.sha256Hex)
    return refuse('XAmzContentSHA256Mismatch', 'The x-amz-content-sha256 does not match what was computed.');
  if (said.algorithm === undefined) return undefined;
  const expected = said.checksum ?? trailers?.get(`x-amz-checksum-${said.algorithm}`);
  const computed = digests.checksum?.digest();
  if (expected === undefined)
    return refuse('MalformedTrailerError', 'The announced checksum did not arrive in the trailer.');
  if (expected !== computed)
    return refuse(
      'BadDigest',
      `The ${said.algorithm.toUpperCase()} you specified did not match the calculated checksum.`,
    );
  return computed;
}

/**
 * Streams the body of `exchange` into a new file at `path`. When it resolves to `staged` the bytes are on disk (one
 * fsync) and agree with every checksum that the client sent; in every other case the file is gone again. Rejects when
 * the client went away or the disk failed.
 */
export async function stageBody(exchange: Exchange, path: string): Promise<Staging> {
  const said = readAnnouncement(exchange);
  if ('kind' in said) return said;
  const md5 = createHash('md5');
  const digests: Digests = {
    checksum: said.algorithm === undefined ? undefined : createChecksum(said.algorithm),
    sha256: said.sha256Hex === undefined ? undefined : createHash('sha256'),
  };
  const hashes = [md5, digests.checksum, digests.sha256].filter((hash) => hash !== undefined);
  const file = createFile(path);
  let result: Staging | undefined;
  try {
    const sink = createSink(file, hashes);
    const stopped = await pump(exchange, said.decoder, sink);
    const etag = md5.digest('hex');
    const found = stopped ?? disagreement(said, digests, sink.bytes(), etag);
    if (typeof found === 'object') return found;
    await sink.flush();
    await file.flush();
    const checksum =
      said.algorithm === undefined || found === undefined
        ? {}
        : { checksum: { algorithm: said.algorithm, value: found } };
    result = { kind: 'staged', body: { path, bytes: sink.bytes(), etag, ...checksum } };
    return result;
  } finally {
    file.close();
    if (result === undefined) await unlink(path);
  }
}
