/**
 * gzip (RFC 1952) holds one file, and often that file is a TAR archive. The first octets are unpacked to tell; more is
 * not, since a stream of 40 MB may unfold to 40 GB.
 */
import { constants, gunzipSync } from 'node:zlib';
import type { ArchiveListing } from '../attachment-types.ts';
import { bufferOver } from '../header.ts';
import { MAX_UNPACKED_LIST_BYTES } from '../limits.ts';
import { addEntry, listing, noEntries } from './listing.ts';
import { u16, u32 } from './octets.ts';
import { isTar, listTar } from './tar.ts';

/** Deflate unfolds at most 1,032 times (RFC 1951), so this much of the stream stays below MAX_UNPACKED_LIST_BYTES. */
const MAX_PACKED_BYTES = Math.floor(MAX_UNPACKED_LIST_BYTES / 1032);
/** RFC 1952 §2.3.1: which fields the header has. */
const HAS_EXTRA = 0x04;
const HAS_NAME = 0x08;

/** The names in a TAR archive that is inside, or else the one file's own name, empty when it has none. */
export function listGzip(input: Uint8Array): ArchiveListing {
  const bytes = bufferOver(input);
  const start = unpackStart(bytes);
  // RFC 1952 §2.3.1: a stream of 18 octets at least, the last four the length of what it holds.
  const whole = start !== undefined && bytes.length >= 18 && u32(bytes, bytes.length - 4) === start.length;
  if (start !== undefined && isTar(start)) {
    const tar = listTar(start);
    return { entries: tar.entries, complete: tar.complete && whole };
  }
  const builder = noEntries();
  const named = addEntry(builder, nameOf(bytes), false);
  // With so much unpacked a TAR archive would have shown itself.
  return listing(builder, named && (whole || (start?.length ?? 0) >= 512));
}

function unpackStart(bytes: Buffer): Buffer | undefined {
  const packed = bytes.subarray(0, MAX_PACKED_BYTES);
  try {
    return gunzipSync(packed, {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: MAX_UNPACKED_LIST_BYTES,
    });
  } catch (error) {
    // Damaged data is an answer; zlib gives it as an Error with a code.
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

function nameOf(bytes: Buffer): string {
  const flags = bytes[3] ?? 0;
  let at = 10;
  if ((flags & HAS_EXTRA) !== 0) at += 2 + u16(bytes, at);
  if ((flags & HAS_NAME) === 0) return '';
  const end = bytes.indexOf(0, at);
  return end === -1 ? '' : bytes.toString('latin1', at, end);
}
