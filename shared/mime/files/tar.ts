/**
 * The list of a TAR archive (POSIX.1-2017 pax, with GNU's long names): headers of 512 octets, each followed by its file.
 * A header is known by its checksum, since the oldest ones have no magic.
 */
import type { ArchiveListing } from '../attachment-types.ts';
import { bufferOver } from '../header.ts';
import { addEntry, listing, noEntries } from './listing.ts';
import { standsAt } from './octets.ts';

const BLOCK = 512;
const CHECKSUM_AT = 148;
const CHECKSUM_LENGTH = 8;
/** POSIX `path=` of pax, and GNU's long name, come as a file before the file that they name. */
const PAX = 'x';
const GNU_LONG_NAME = 'L';
/** Stops a name record that is the whole archive. */
const MAX_NAME_RECORD = 64 * 1024;

/** Whether a TAR header stands at the start. */
export function isTar(bytes: Uint8Array): boolean {
  return bytes.length >= BLOCK && isHeader(bufferOver(bytes), 0);
}

/** The names in the archive; not complete when it is cut off or damaged. */
export function listTar(input: Uint8Array): ArchiveListing {
  const bytes = bufferOver(input);
  const builder = noEntries();
  let longName: string | undefined;
  let at = 0;
  for (; at + BLOCK <= bytes.length; ) {
    if (bytes[at] === 0 && isZero(bytes, at)) return listing(builder, true);
    if (!isHeader(bytes, at)) return listing(builder, false);
    const size = numberAt(bytes, at + 124, 12);
    const kind = String.fromCharCode(bytes[at + 156] ?? 0);
    const data = bytes.subarray(at + BLOCK, at + BLOCK + Math.min(size, MAX_NAME_RECORD));
    if (kind === GNU_LONG_NAME) longName = textOf(data);
    else if (kind === PAX) longName = paxPath(data) ?? longName;
    else {
      if (!addEntry(builder, longName ?? shortName(bytes, at), false)) return listing(builder, false);
      longName = undefined;
    }
    // Links, devices and folders have no data, whatever their size says; a size beyond the end is damage.
    at += BLOCK + ('123456'.includes(kind) ? 0 : Math.ceil(size / BLOCK) * BLOCK);
  }
  return listing(builder, at === bytes.length);
}

function isZero(bytes: Buffer, at: number): boolean {
  for (let index = at; index < at + BLOCK; index++) if (bytes[index] !== 0) return false;
  return true;
}

function isHeader(bytes: Buffer, at: number): boolean {
  if (bytes[at] === 0) return false;
  let sum = CHECKSUM_LENGTH * 0x20;
  for (let index = 0; index < BLOCK; index++) {
    if (index < CHECKSUM_AT || index >= CHECKSUM_AT + CHECKSUM_LENGTH) sum += bytes[at + index] ?? 0;
  }
  return sum === numberAt(bytes, at + CHECKSUM_AT, CHECKSUM_LENGTH);
}

/** Octal digits, or GNU's binary form for sizes beyond 8 GiB. */
function numberAt(bytes: Buffer, at: number, length: number): number {
  if (((bytes[at] ?? 0) & 0x80) !== 0) return Number.MAX_SAFE_INTEGER;
  const digits = /^ *([0-7]+)/.exec(bytes.toString('latin1', at, at + length))?.[1];
  return digits === undefined ? 0 : Number.parseInt(digits, 8);
}

function shortName(bytes: Buffer, at: number): string {
  const name = textOf(bytes.subarray(at, at + 100));
  const prefix = standsAt(bytes, 'ustar\0', at + 257) ? textOf(bytes.subarray(at + 345, at + 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

function textOf(octets: Buffer): string {
  const end = octets.indexOf(0);
  return octets.toString('utf8', 0, end === -1 ? octets.length : end);
}

/** Records are `LENGTH key=value\n` (POSIX.1-2017 pax, "pax Extended Header"). */
function paxPath(data: Buffer): string | undefined {
  let at = 0;
  let path: string | undefined;
  while (at < data.length) {
    const length = Number.parseInt(data.toString('latin1', at, at + 10), 10);
    if (!(length > 0)) return path;
    const record = data.toString('utf8', at, at + length);
    const key = record.indexOf(' ') + 1;
    if (record.startsWith('path=', key)) path = record.slice(key + 'path='.length).replace(/\n$/, '');
    at += length;
  }
  return path;
}
