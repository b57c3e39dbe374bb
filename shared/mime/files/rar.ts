/**
 * The list of a RAR archive, by its publisher's notes: version 4 (technote.txt) and 5 (technote "RAR 5.0 archive format").
 * Both are chains of headers, each with its own length and that of the data after it. Names are in clear unless the
 * headers are encrypted as a whole.
 */
import type { ArchiveListing } from '../attachment-types.ts';
import { bufferOver } from '../header.ts';
import { addEntry, listing, noEntries } from './listing.ts';
import { u16, u32 } from './octets.ts';

export const RAR4 = 'Rar!\x1a\x07\x00';
export const RAR5 = 'Rar!\x1a\x07\x01\x00';

export interface ListedArchive {
  readonly listing: ArchiveListing;
  /** The list itself is encrypted. */
  readonly listEncrypted: boolean;
}

const RAR4_ARCHIVE = 0x73;
const RAR4_FILE = 0x74;
const RAR4_END = 0x7b;
const RAR4_HEADERS_ENCRYPTED = 0x0080;
const RAR4_HAS_DATA = 0x8000;
const RAR4_LARGE = 0x0100;
const RAR4_UNICODE_NAME = 0x0200;
const RAR4_ENCRYPTED = 0x0004;

/** @param start where the signature stands: a self-extracting archive has a program before it. */
export function listRar4(input: Uint8Array, start: number): ListedArchive {
  const bytes = bufferOver(input);
  const builder = noEntries();
  let at = start + RAR4.length;
  while (at + 7 <= bytes.length) {
    const type = bytes[at + 2] ?? 0;
    const flags = u16(bytes, at + 3);
    const length = u16(bytes, at + 5);
    if (type === RAR4_ARCHIVE && (flags & RAR4_HEADERS_ENCRYPTED) !== 0)
      return { listing: listing(builder, false), listEncrypted: true };
    if (type === RAR4_END) return { listing: listing(builder, true), listEncrypted: false };
    if (length < 7) break;
    let data = (flags & RAR4_HAS_DATA) !== 0 || type === RAR4_FILE ? u32(bytes, at + 7) : 0;
    if (type === RAR4_FILE) {
      if ((flags & RAR4_LARGE) !== 0) data += u32(bytes, at + 32) * 0x1_0000_0000;
      if (!addEntry(builder, rar4Name(bytes, at, flags), (flags & RAR4_ENCRYPTED) !== 0)) break;
    }
    at += length + data;
  }
  // The end header is optional in old archives: an archive that ends where a header would begin is whole.
  return { listing: listing(builder, at === bytes.length), listEncrypted: false };
}

function rar4Name(bytes: Buffer, at: number, flags: number): string {
  const start = at + 32 + ((flags & RAR4_LARGE) !== 0 ? 8 : 0);
  const raw = bytes.subarray(start, start + u16(bytes, at + 26));
  // With the flag, a plain name comes first and its Unicode form, packed against it, after a NUL; or it is UTF-8 alone.
  const end = (flags & RAR4_UNICODE_NAME) !== 0 ? raw.indexOf(0) : -1;
  if (end === -1) return raw.toString((flags & RAR4_UNICODE_NAME) !== 0 ? 'utf8' : 'latin1');
  return unpackName(raw.subarray(0, end), raw.subarray(end + 1));
}

/** technote.txt leaves it out; as every unpacker does it: two bits per character say how its code is stored. */
function unpackName(plain: Buffer, packed: Buffer): string {
  const high = (packed[0] ?? 0) << 8;
  const codes: number[] = [];
  let flags = 0;
  let bits = 0;
  for (let at = 1; at < packed.length; ) {
    if (bits === 0) {
      flags = packed[at++] ?? 0;
      bits = 8;
    }
    bits -= 2;
    const kind = (flags >> bits) & 3;
    if (kind === 0) codes.push(packed[at++] ?? 0);
    else if (kind === 1) codes.push((packed[at++] ?? 0) | high);
    else if (kind === 2) {
      codes.push(u16(packed, at));
      at += 2;
    } else {
      const run = packed[at++] ?? 0;
      const correction = (run & 0x80) === 0 ? undefined : (packed[at++] ?? 0);
      for (let left = (run & 0x7f) + 2; left > 0 && codes.length < plain.length; left--) {
        const octet = plain[codes.length] ?? 0;
        codes.push(correction === undefined ? octet : ((octet + correction) & 0xff) | high);
      }
    }
  }
  return codes.map((code) => String.fromCharCode(code)).join('');
}

const RAR5_FILE = 2;
const RAR5_ENCRYPTION = 4;
const RAR5_END = 5;
const RAR5_HAS_EXTRA = 1;
const RAR5_HAS_DATA = 2;
const RAR5_FILE_HAS_TIME = 2;
const RAR5_FILE_HAS_CRC = 4;
const RAR5_EXTRA_ENCRYPTION = 1;

/** A cursor over variable-length numbers: seven bits an octet, the lowest first. */
interface Cursor {
  readonly bytes: Buffer;
  at: number;
}

function vint(cursor: Cursor): number {
  let value = 0;
  for (let shift = 1; shift < 2 ** 56; shift *= 128) {
    const octet = cursor.bytes[cursor.at++] ?? 0;
    value += (octet & 0x7f) * shift;
    if ((octet & 0x80) === 0) break;
  }
  return value;
}

/** @param start where the signature stands. */
export function listRar5(input: Uint8Array, start: number): ListedArchive {
  const bytes = bufferOver(input);
  const builder = noEntries();
  const cursor: Cursor = { bytes, at: start + RAR5.length };
  while (cursor.at + 7 <= bytes.length) {
    cursor.at += 4;
    const length = vint(cursor);
    const headerEnd = cursor.at + length;
    const type = vint(cursor);
    const flags = vint(cursor);
    const extra = (flags & RAR5_HAS_EXTRA) !== 0 ? vint(cursor) : 0;
    const data = (flags & RAR5_HAS_DATA) !== 0 ? vint(cursor) : 0;
    if (type === RAR5_ENCRYPTION) return { listing: listing(builder, false), listEncrypted: true };
    if (type === RAR5_END) return { listing: listing(builder, true), listEncrypted: false };
    if (length === 0 || headerEnd > bytes.length) break;
    if (
      type === RAR5_FILE &&
      !addEntry(builder, rar5Name(cursor), hasEncryption(bytes, headerEnd - extra, headerEnd))
    )
      break;
    cursor.at = headerEnd + data;
  }
  return { listing: listing(builder, false), listEncrypted: false };
}

function rar5Name(cursor: Cursor): string {
  const flags = vint(cursor);
  vint(cursor);
  vint(cursor);
  cursor.at += ((flags & RAR5_FILE_HAS_TIME) !== 0 ? 4 : 0) + ((flags & RAR5_FILE_HAS_CRC) !== 0 ? 4 : 0);
  vint(cursor);
  vint(cursor);
  const length = vint(cursor);
  return cursor.bytes.toString('utf8', cursor.at, Math.min(cursor.at + length, cursor.bytes.length));
}

function hasEncryption(bytes: Buffer, start: number, end: number): boolean {
  const cursor: Cursor = { bytes, at: start };
  while (cursor.at < end) {
    const length = vint(cursor);
    const next = cursor.at + length;
    if (length === 0) return false;
    if (vint(cursor) === RAR5_EXTRA_ENCRYPTION) return true;
    cursor.at = next;
  }
  return false;
}
