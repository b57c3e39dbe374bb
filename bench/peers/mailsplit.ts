/** Comes with mailparser, which is built on it. */
import { pipeline } from 'node:stream/promises';
import { Joiner, Splitter } from '@zone-eu/mailsplit';

/** As a socket or a file hands it out. */
const CHUNK_BYTES = 64 * 1024;
/** Its own are 1,000 parts and 1 MB of header: less than one of the messages that are measured. */
const LIMITS = { maxChildNodes: 10_000, maxHeadSize: 4 * 1024 * 1024 };

function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}

/** Splits and joins without a change, keeping nothing: the least that an edit with it costs. The length of what came out. */
export async function work(bytes: Buffer): Promise<number> {
  const splitter = new Splitter({ ...LIMITS, ignoreEmbedded: true });
  let written = 0;
  await pipeline(chunksOf(bytes), splitter, new Joiner(), async (pieces: AsyncIterable<Buffer>) => {
    for await (const piece of pieces) written += piece.length;
  });
  return written;
}
