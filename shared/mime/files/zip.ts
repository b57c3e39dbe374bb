/**
 * The list of a ZIP archive (APPNOTE.TXT 6.3.10), from its central directory, which stands at the end: so an archive
 * behind a program (self-extracting) or behind any other file is seen. Nothing is unpacked. Unpackers that read from
 * the front go by the local headers, so a name that differs there is listed as well.
 */
import { crc32 } from 'node:zlib';
import type { ArchiveEntry, ArchiveListing } from '../attachment-types.ts';
import { bufferOver } from '../header.ts';
import { MAX_ARCHIVE_ENDS, MAX_ARCHIVE_ENTRIES } from '../limits.ts';
import { decodeCp437 } from './cp437.ts';
import { addEntry, type ListingBuilder, listing, noEntries } from './listing.ts';
import { standsAt, u16, u32, u64 } from './octets.ts';

const LOCAL_HEADER = 'PK\x03\x04';
const CENTRAL_HEADER = 'PK\x01\x02';
const END = 'PK\x05\x06';
const END_64 = 'PK\x06\x06';
const END_64_LOCATOR = 'PK\x06\x07';
const END_LENGTH = 22;
const END_64_LENGTH = 56;
const LOCATOR_LENGTH = 20;
const CENTRAL_LENGTH = 46;
const LOCAL_LENGTH = 30;
const MAX_COMMENT = 0xffff;
const IN_ZIP64 = 0xffffffff;
/** APPNOTE 4.4.4: bit 0 encrypted, bit 3 sizes follow the data, bit 11 UTF-8, bit 13 names are hidden. */
const ENCRYPTED = 0x0001;
const SIZES_LATER = 0x0008;
const UTF8 = 0x0800;
const MASKED = 0x2000;
/** APPNOTE 4.6.9 and 4.5.3: the extra fields for a name in UTF-8 and for 64-bit sizes. */
const UNICODE_PATH = 0x7075;
const ZIP64_EXTRA = 0x0001;

/** A stored or deflated member, where it can be found: for the few that tell what the whole is. */
export interface ZipMember {
  readonly name: string;
  readonly method: number;
  readonly dataStart: number;
  readonly compressedBytes: number;
}

export interface Zip {
  readonly listing: ArchiveListing;
  readonly members: readonly ZipMember[];
}

interface Directory {
  readonly start: number;
  readonly end: number;
  /** What is added to the offsets of the archive: the length of what stands before it. */
  readonly shift: number;
  readonly count: number;
}

/** The archive that the octets end with, or begin with when its end is cut off; undefined when there is none. */
export function readZip(input: Uint8Array): Zip | undefined {
  const bytes = bufferOver(input);
  const directories = findDirectories(bytes);
  const main = directories.find(({ count }) => count > 0) ?? directories[0];
  const fromFront = standsAt(bytes, LOCAL_HEADER, 0) ? readLocalHeaders(bytes) : undefined;
  if (main === undefined) return fromFront;
  const zip = readDirectory(bytes, main);
  // Unpackers differ in which end they take, and some go from the front: what any of them lists counts.
  const others = directories.filter((one) => one !== main && one.count > 0 && !isInMember(zip, one));
  const lists = others.map((one) => readDirectory(bytes, one));
  return withNamesOf(zip, fromFront === undefined ? lists : [...lists, fromFront]);
}

/** An archive that is stored in this one is no other list of it. */
function isInMember({ members }: Zip, { start }: Directory): boolean {
  return members.some(
    ({ dataStart, compressedBytes }) => start >= dataStart && start < dataStart + compressedBytes,
  );
}

function withNamesOf(zip: Zip, others: readonly Zip[]): Zip {
  const { entries } = zip.listing;
  const known = new Set(entries.map(({ name }) => name));
  const more: ArchiveEntry[] = [];
  for (const entry of others.flatMap((other) => other.listing.entries)) {
    if (known.has(entry.name) || more.length >= MAX_ARCHIVE_ENTRIES) continue;
    known.add(entry.name);
    more.push(entry);
  }
  if (more.length === 0) return zip;
  return { listing: { entries: [...entries, ...more], complete: false }, members: zip.members };
}

/** Every end record that has a directory, the last one first. */
function findDirectories(bytes: Buffer): readonly Directory[] {
  const window = bytes.subarray(Math.max(0, bytes.length - END_LENGTH - MAX_COMMENT));
  const shift = bytes.length - window.length;
  const found: Directory[] = [];
  let at = window.lastIndexOf(END, window.length, 'latin1');
  for (let tries = 0; at !== -1 && tries < MAX_ARCHIVE_ENDS; tries++) {
    if (at + END_LENGTH <= window.length) found.push(...directoriesBefore(bytes, shift + at));
    at = at === 0 ? -1 : window.lastIndexOf(END, at - 1, 'latin1');
  }
  return found;
}

function directoriesBefore(bytes: Buffer, end: number): readonly Directory[] {
  let count = u16(bytes, end + 10);
  let size = u32(bytes, end + 12);
  let offset = u32(bytes, end + 16);
  let directoryEnd = end;
  if (count === 0xffff || size === IN_ZIP64 || offset === IN_ZIP64) {
    const wide = wideEnd(bytes, end);
    if (wide !== undefined) {
      count = u64(bytes, wide + 32);
      size = u64(bytes, wide + 40);
      offset = u64(bytes, wide + 48);
      directoryEnd = wide;
    }
  }
  if (count === 0 && size === 0) return [{ start: directoryEnd, end: directoryEnd, shift: 0, count: 0 }];
  // Where the directory ends is certain; what stands before the archive makes its offsets too small.
  return [...new Set([directoryEnd - size, offset])]
    .filter((start) => start + CENTRAL_LENGTH <= bytes.length && standsAt(bytes, CENTRAL_HEADER, start))
    .map((start) => ({ start, end: directoryEnd, shift: start - offset, count }));
}

/** The ZIP64 end record: where the locator says, or straight before the locator when something stands before the archive. */
function wideEnd(bytes: Buffer, end: number): number | undefined {
  const locator = end - LOCATOR_LENGTH;
  if (!standsAt(bytes, END_64_LOCATOR, locator)) return undefined;
  return [u64(bytes, locator + 8), locator - END_64_LENGTH].find((at) => standsAt(bytes, END_64, at));
}

function readDirectory(bytes: Buffer, { start, end, shift, count }: Directory): Zip {
  const builder = noEntries();
  const members: ZipMember[] = [];
  let at = start;
  let listed = 0;
  let masked = false;
  while (at + CENTRAL_LENGTH <= end && standsAt(bytes, CENTRAL_HEADER, at)) {
    const next = at + CENTRAL_LENGTH + u16(bytes, at + 28) + u16(bytes, at + 30) + u16(bytes, at + 32);
    if (next > bytes.length) break;
    if (!takeEntry(bytes, at, shift, builder, members)) break;
    masked ||= (u16(bytes, at + 8) & MASKED) !== 0;
    listed++;
    at = next;
  }
  // An archive of more than 65,535 entries without ZIP64 gives their number modulo that.
  const complete =
    !masked && (listed === count || (listed & 0xffff) === count) && at >= end - signatureSlack(bytes, at);
  return { listing: listing(builder, complete), members };
}

/** APPNOTE 4.3.13: a digital signature may stand between the last entry and the end record. */
function signatureSlack(bytes: Buffer, at: number): number {
  return standsAt(bytes, 'PK\x05\x05', at) ? 6 + u16(bytes, at + 4) : 0;
}

function takeEntry(
  bytes: Buffer,
  at: number,
  shift: number,
  builder: ListingBuilder,
  members: ZipMember[],
): boolean {
  const flags = u16(bytes, at + 8);
  const encrypted = (flags & (ENCRYPTED | MASKED)) !== 0;
  const nameEnd = at + CENTRAL_LENGTH + u16(bytes, at + 28);
  const extraEnd = nameEnd + u16(bytes, at + 30);
  const names = namesOf(bytes, at + CENTRAL_LENGTH, nameEnd, extraEnd, flags);
  const local = localOffset(bytes, at, nameEnd, extraEnd) + shift;
  if (standsAt(bytes, LOCAL_HEADER, local)) {
    const localNameEnd = local + LOCAL_LENGTH + u16(bytes, local + 26);
    const dataStart = localNameEnd + u16(bytes, local + 28);
    for (const name of namesOf(bytes, local + LOCAL_LENGTH, localNameEnd, dataStart, u16(bytes, local + 6)))
      names.add(name);
    const [name = ''] = names;
    members.push({ name, method: u16(bytes, at + 10), dataStart, compressedBytes: u32(bytes, at + 20) });
  }
  for (const name of names) if (!addEntry(builder, name, encrypted)) return false;
  return true;
}

function localOffset(bytes: Buffer, at: number, extraStart: number, extraEnd: number): number {
  const offset = u32(bytes, at + 42);
  if (offset !== IN_ZIP64) return offset;
  const extra = extraField(bytes, extraStart, extraEnd, ZIP64_EXTRA);
  if (extra === undefined) return offset;
  // APPNOTE 4.5.3: only the sizes that did not fit are there, in this order; the offset is after them.
  const before = [u32(bytes, at + 24), u32(bytes, at + 20)].filter((size) => size === IN_ZIP64).length;
  return u64(bytes, extra + 8 * before);
}

/** Where the data of that extra field begins. */
function extraField(bytes: Buffer, start: number, end: number, id: number): number | undefined {
  for (let at = start; at + 4 <= end; at += 4 + u16(bytes, at + 2)) if (u16(bytes, at) === id) return at + 4;
  return undefined;
}

/** The name, and the Unicode one beside it where that belongs to it: unpackers differ in which they take. */
function namesOf(bytes: Buffer, start: number, end: number, extraEnd: number, flags: number): Set<string> {
  const raw = bytes.subarray(start, Math.min(end, bytes.length));
  const names = new Set([(flags & UTF8) !== 0 || isUtf8(raw) ? raw.toString('utf8') : decodeCp437(raw)]);
  const extra = extraField(bytes, end, Math.min(extraEnd, bytes.length), UNICODE_PATH);
  // APPNOTE 4.6.9: version 1, then the CRC-32 of the name that it was made for.
  if (extra !== undefined && bytes[extra] === 1 && u32(bytes, extra + 1) === crc32(raw)) {
    const length = u16(bytes, extra - 2);
    names.add(bytes.toString('utf8', extra + 5, Math.min(extra + length, bytes.length)));
  }
  return names;
}

/** Many packers write UTF-8 without saying so; text in another charset is hardly ever valid UTF-8 by chance. */
function isUtf8(raw: Buffer): boolean {
  return Buffer.from(raw.toString('utf8'), 'utf8').equals(raw);
}

/** An archive whose end is missing: what can be followed from the front. */
function readLocalHeaders(bytes: Buffer): Zip {
  const builder = noEntries();
  let at = 0;
  while (standsAt(bytes, LOCAL_HEADER, at)) {
    const flags = u16(bytes, at + 6);
    const nameEnd = at + LOCAL_LENGTH + u16(bytes, at + 26);
    const dataStart = nameEnd + u16(bytes, at + 28);
    if (nameEnd > bytes.length) break;
    const names = namesOf(bytes, at + LOCAL_LENGTH, nameEnd, dataStart, flags);
    for (const name of names)
      if (!addEntry(builder, name, (flags & ENCRYPTED) !== 0))
        return { listing: listing(builder, false), members: [] };
    if ((flags & SIZES_LATER) !== 0) break;
    at = dataStart + u32(bytes, at + 18);
  }
  return { listing: listing(builder, false), members: [] };
}
