/**
 * Unpacks gzip (RFC 1952) that may be followed by other octets or be cut off. node:zlib's own refuses what stands behind the stream
 * unless it is a zero, and one large reporter appends a line end.
 */
import { constants, crc32, inflateRawSync } from 'node:zlib';
import { standsAt, u16, u32 } from '../../mime/files/octets.ts';
import { bufferOver } from '../../mime/header.ts';

/** §2.3: two octets of magic, method, flags, time, extra flags, system. */
const HEADER_BYTES = 10;
/** §2.3.1: CRC-32 and length of what was packed. */
const TRAILER_BYTES = 8;
const HAS_HEADER_CRC = 0x02;
const HAS_EXTRA = 0x04;
const HAS_NAME = 0x08;
const HAS_COMMENT = 0x10;

class DamagedError extends Error {
  readonly code = 'DAMAGED';
}

/**
 * What the first member holds.
 *
 * @throws Error with a `code`, as node:zlib does: ERR_BUFFER_TOO_LARGE beyond `maxOutputLength`, another when it is damaged.
 */
export function gunzip(input: Uint8Array, maxOutputLength: number): Buffer {
  const bytes = bufferOver(input);
  const start = dataStart(bytes);
  if (start === undefined) throw new DamagedError('the header of the gzip stream is damaged');
  const { buffer, engine } = inflateRawSync(bytes.subarray(start), {
    maxOutputLength,
    finishFlush: constants.Z_SYNC_FLUSH,
    info: true,
  }) as unknown as { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } };
  const trailer = start + engine.bytesWritten;
  // Cut off before its sum: there is nothing to hold it against, and what is in it tells whether it is whole.
  if (trailer + TRAILER_BYTES <= bytes.length && u32(bytes, trailer) !== crc32(buffer))
    throw new DamagedError('the sum of the gzip stream is another');
  return buffer;
}

/** Behind the header and its optional fields (§2.3); undefined when they run over the end. */
function dataStart(bytes: Buffer): number | undefined {
  if (!standsAt(bytes, '\x1f\x8b\x08', 0)) return undefined;
  const flags = bytes[3] ?? 0;
  let at = HEADER_BYTES;
  if ((flags & HAS_EXTRA) !== 0) at += 2 + u16(bytes, at);
  for (const flag of [HAS_NAME, HAS_COMMENT]) {
    if ((flags & flag) === 0) continue;
    const zero = bytes.indexOf(0, at);
    if (zero === -1) return undefined;
    at = zero + 1;
  }
  if ((flags & HAS_HEADER_CRC) !== 0) at += 2;
  return at < bytes.length ? at : undefined;
}
