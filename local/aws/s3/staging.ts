/** Takes bytes into a temporary file, checks what the client said about them, and flushes them to disk. */
import { unlink } from 'node:fs/promises';
import type { Exchange } from '../exchange.ts';
import {
  type Announcement,
  createVerifier,
  type Refusal,
  readAnnouncement,
  refuse,
  type Verified,
  type Verifier,
} from './announcement.ts';
import type { ChecksumAlgorithm } from './checksums.ts';
import { createFile, type NewFile } from './new-file.ts';

/** A message is at most 40 MB; an object far above must not fill the disk of the machine. */
export const MAX_OBJECT_BYTES = 64 * 1024 * 1024;
/** Bytes that are gathered before they are written: a small message takes one write. */
const WRITE_BUFFER_BYTES = 256 * 1024;

/** Bytes on disk that no key points to yet. */
export interface StagedBody extends Verified {
  readonly path: string;
  readonly bytes: number;
}

export type Staging = { readonly kind: 'staged'; readonly body: StagedBody } | Refusal;

/** Writes in few calls and hashes what passes. */
interface Sink {
  take(piece: Uint8Array): Promise<void>;
  flush(): Promise<void>;
  readonly bytes: () => number;
}

function createSink(file: NewFile, verifier: Verifier): Sink {
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
      verifier.update(piece);
      pending.push(piece);
      pendingBytes += piece.length;
      if (pendingBytes >= WRITE_BUFFER_BYTES) await flush();
    },
    flush,
    bytes: () => total,
  };
}

/** Bytes that come from this machine: nobody announced anything about them. */
const NOTHING_ANNOUNCED: Announcement = {
  decoder: undefined,
  bytes: undefined,
  algorithm: undefined,
  checksum: undefined,
  md5: undefined,
  sha256Hex: undefined,
};

/** Gives the body's pieces out of their framing to `take`; the reason when it has to stop. */
async function pump(
  body: AsyncIterable<Uint8Array>,
  said: Announcement,
  maxBytes: number,
  take: (piece: Uint8Array) => Promise<void> | void,
): Promise<Refusal | undefined> {
  let bytes = 0;
  for await (const chunk of body) {
    const pieces = said.decoder === undefined ? [chunk] : said.decoder.push(chunk);
    if (pieces === 'small-chunk')
      return refuse(
        'InvalidChunkSizeError',
        'Only the last chunk is allowed to have a size less than 8192 bytes',
      );
    if (pieces === 'malformed')
      return refuse('InvalidChunkSizeError', 'The aws-chunked framing of the body is broken.');
    for (const piece of pieces) {
      bytes += piece.length;
      await take(piece);
    }
    if (bytes > maxBytes)
      return refuse('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
  }
  return undefined;
}

interface Source {
  readonly body: AsyncIterable<Uint8Array>;
  readonly said: Announcement;
  /** Of a checksum that is wanted when none was announced. */
  readonly computed?: ChecksumAlgorithm | undefined;
  readonly maxBytes: number;
}

async function stage(source: Source, path: string): Promise<Staging> {
  const verifier = createVerifier(source.said, source.computed);
  const file = createFile(path);
  let result: Staging | undefined;
  try {
    const sink = createSink(file, verifier);
    const stopped = await pump(source.body, source.said, source.maxBytes, sink.take);
    const found = stopped ?? verifier.finish(sink.bytes());
    if ('kind' in found) return found;
    await sink.flush();
    await file.flush();
    result = { kind: 'staged', body: { path, bytes: sink.bytes(), ...found } };
    return result;
  } finally {
    file.close();
    if (result === undefined) await unlink(path);
  }
}

/**
 * Streams the body of `exchange` into a new file at `path`. When it resolves to `staged` the bytes are on disk (one
 * fsync) and agree with every checksum that the client sent; in every other case the file is gone again. Rejects when
 * the client went away or the disk failed.
 * @param wanted the one algorithm that a checksum may have; it is computed when the client sent none
 */
export async function stageBody(
  exchange: Exchange,
  path: string,
  wanted?: ChecksumAlgorithm,
): Promise<Staging> {
  const said = readAnnouncement(exchange, MAX_OBJECT_BYTES);
  if ('kind' in said) return said;
  if (wanted !== undefined && said.algorithm !== undefined && said.algorithm !== wanted)
    return refuse(
      'InvalidRequest',
      `Checksum Type mismatch occurred, expected checksum Type: ${wanted}, actual checksum Type: ${said.algorithm}`,
    );
  return stage({ body: exchange.body, said, computed: wanted, maxBytes: MAX_OBJECT_BYTES }, path);
}

/** The same for bytes that are on this machine already. */
export function stageBytes(
  body: AsyncIterable<Uint8Array>,
  path: string,
  maxBytes: number,
  computed?: ChecksumAlgorithm,
): Promise<Staging> {
  return stage({ body, said: NOTHING_ANNOUNCED, computed, maxBytes }, path);
}

/** A short body in memory, checked in the same way. */
export async function readVerifiedBody(
  exchange: Exchange,
  maxBytes: number,
): Promise<{ readonly bytes: Buffer } | Refusal> {
  const said = readAnnouncement(exchange, maxBytes);
  if ('kind' in said) return said;
  const verifier = createVerifier(said);
  const pieces: Uint8Array[] = [];
  const stopped = await pump(exchange.body, said, maxBytes, (piece) => {
    verifier.update(piece);
    pieces.push(piece);
  });
  if (stopped !== undefined) return stopped;
  const bytes = Buffer.concat(pieces);
  const found = verifier.finish(bytes.length);
  return 'kind' in found ? found : { bytes };
}
