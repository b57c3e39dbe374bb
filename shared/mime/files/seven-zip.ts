/**
 * The list of a 7z archive (7zFormat.txt of the LZMA SDK). It stands at the end, mostly packed with LZMA, which is
 * unpacked within a bound; when it is encrypted nothing is known but that.
 */
import { bufferOver } from '../header.ts';
import { MAX_ARCHIVE_ENTRIES, MAX_UNPACKED_LIST_BYTES } from '../limits.ts';
import { addEntry, listing, noEntries } from './listing.ts';
import { lzmaProperties, unpackLzma } from './lzma.ts';
import { u64 } from './octets.ts';
import type { ListedArchive } from './rar.ts';

export const SEVEN_ZIP = '7z\xbc\xaf\x27\x1c';

const SIGNATURE_HEADER = 32;
/** Property ids of the format. */
const END = 0x00;
const HEADER = 0x01;
const ARCHIVE_PROPERTIES = 0x02;
const ADDITIONAL_STREAMS = 0x03;
const MAIN_STREAMS = 0x04;
const FILES = 0x05;
const PACK_INFO = 0x06;
const UNPACK_INFO = 0x07;
const SUB_STREAMS = 0x08;
const SIZES = 0x09;
const CRC = 0x0a;
const FOLDER = 0x0b;
const UNPACK_SIZES = 0x0c;
const UNPACK_STREAMS = 0x0d;
const NAMES = 0x11;
const ENCODED_HEADER = 0x17;
/** Coder ids, as hexadecimal digits. */
const LZMA = '030101';
const AES = '06f10701';
/** Stops a folder of thousands of coders; the format itself says 32. */
const MAX_CODERS = 32;

interface Coder {
  readonly id: string;
  readonly properties: Uint8Array;
}

interface Streams {
  readonly packStart: number;
  readonly packSizes: readonly number[];
  /** Of each folder its coders. */
  readonly folders: readonly (readonly Coder[])[];
  readonly unpackSizes: readonly number[];
  /** Of each folder whether its digest is given: a file that is a whole folder then has none of its own. */
  readonly digests: readonly boolean[];
}

const NO_STREAMS: Streams = { packStart: 0, packSizes: [], folders: [], unpackSizes: [], digests: [] };

/** Reads on from `at`; `damaged` is set when something is not of the format, and then all counts are zero. */
interface Cursor {
  readonly bytes: Buffer;
  at: number;
  damaged: boolean;
}

const UNREADABLE: ListedArchive = { listing: { entries: [], complete: false }, listEncrypted: false };

/** @param start where the signature stands: a self-extracting archive has a program before it. */
export function listSevenZip(input: Uint8Array, start: number): ListedArchive {
  const bytes = bufferOver(input);
  const from = start + SIGNATURE_HEADER + u64(bytes, start + 12);
  const size = u64(bytes, start + 20);
  if (start + SIGNATURE_HEADER > bytes.length) return UNREADABLE;
  if (size === 0) return { listing: { entries: [], complete: true }, listEncrypted: false };
  if (from + size > bytes.length) return UNREADABLE;
  const header = bytes.subarray(from, from + size);
  if (header[0] !== ENCODED_HEADER) return listHeader(header);
  const packed = readStreams({ bytes: header, at: 1, damaged: false });
  if (packed === undefined) return UNREADABLE;
  if (usesAes(packed)) return { ...UNREADABLE, listEncrypted: true };
  const unpacked = unpackHeader(bytes.subarray(start + SIGNATURE_HEADER), packed);
  return unpacked === undefined ? UNREADABLE : listHeader(bufferOver(unpacked));
}

function usesAes({ folders }: Streams): boolean {
  return folders.some((coders) => coders.some(({ id }) => id === AES));
}

function unpackHeader(
  data: Buffer,
  { packStart, packSizes, folders, unpackSizes }: Streams,
): Uint8Array | undefined {
  const [coder] = folders[0] ?? [];
  const size = unpackSizes[0] ?? 0;
  if (coder?.id !== LZMA || folders[0]?.length !== 1 || size > MAX_UNPACKED_LIST_BYTES) return undefined;
  const properties = lzmaProperties(coder.properties[0] ?? 0xff);
  if (properties === undefined) return undefined;
  return unpackLzma(data.subarray(packStart, packStart + (packSizes[0] ?? 0)), properties, size);
}

function listHeader(bytes: Buffer): ListedArchive {
  const cursor: Cursor = { bytes, at: 0, damaged: false };
  if (octet(cursor) !== HEADER) return UNREADABLE;
  let streams: Streams | undefined = NO_STREAMS;
  for (;;) {
    const id = octet(cursor);
    if (id === FILES) return listFiles(cursor, usesAes(streams));
    if (id === ARCHIVE_PROPERTIES) skipProperties(cursor);
    else if (id === ADDITIONAL_STREAMS || id === MAIN_STREAMS) {
      const read = readStreams(cursor);
      if (read === undefined) return UNREADABLE;
      if (id === MAIN_STREAMS) streams = read;
    } else
      return id === END && !cursor.damaged
        ? { listing: { entries: [], complete: true }, listEncrypted: false }
        : UNREADABLE;
    if (cursor.damaged) return UNREADABLE;
  }
}

function listFiles(cursor: Cursor, encrypted: boolean): ListedArchive {
  const builder = noEntries();
  const count = countOf(cursor);
  for (let id = octet(cursor); id !== END && !cursor.damaged; id = octet(cursor)) {
    const size = number(cursor);
    const end = cursor.at + size;
    if (end > cursor.bytes.length) break;
    // An octet that is not zero says that the names are elsewhere, which no packer does.
    if (id === NAMES && octet(cursor) === 0) {
      for (let file = 0; file < count && cursor.at < end; file++) {
        if (!addEntry(builder, utf16Name(cursor, end), encrypted)) break;
      }
    }
    cursor.at = end;
  }
  return { listing: listing(builder, builder.entries.length === count), listEncrypted: false };
}

function utf16Name(cursor: Cursor, end: number): string {
  let stop = cursor.at;
  while (stop + 2 <= end && (cursor.bytes[stop] !== 0 || cursor.bytes[stop + 1] !== 0)) stop += 2;
  const name = cursor.bytes.toString('utf16le', cursor.at, stop);
  cursor.at = stop + 2;
  return name;
}

function readStreams(cursor: Cursor): Streams | undefined {
  const streams = { ...NO_STREAMS };
  for (let id = octet(cursor); id !== END; id = octet(cursor)) {
    if (id === PACK_INFO) Object.assign(streams, readPackInfo(cursor));
    else if (id === UNPACK_INFO) Object.assign(streams, readUnpackInfo(cursor));
    else if (id === SUB_STREAMS) skipSubStreams(cursor, streams);
    else return undefined;
    if (cursor.damaged) return undefined;
  }
  return cursor.damaged ? undefined : streams;
}

function readPackInfo(cursor: Cursor): Pick<Streams, 'packStart' | 'packSizes'> {
  const packStart = number(cursor);
  const count = countOf(cursor);
  let packSizes: readonly number[] = [];
  for (let id = octet(cursor); id !== END && !cursor.damaged; id = octet(cursor)) {
    if (id === SIZES) packSizes = numbers(cursor, count);
    else if (id === CRC) skipDigests(cursor, count);
    else cursor.damaged = true;
  }
  return { packStart, packSizes };
}

function readUnpackInfo(cursor: Cursor): Pick<Streams, 'folders' | 'unpackSizes' | 'digests'> {
  if (octet(cursor) !== FOLDER) cursor.damaged = true;
  const count = countOf(cursor);
  if (octet(cursor) !== 0) cursor.damaged = true;
  const folders: Coder[][] = [];
  let outputs = 0;
  for (let folder = 0; folder < count && !cursor.damaged; folder++) {
    const read = readFolder(cursor);
    outputs += read.outputs;
    folders.push(read.coders);
  }
  if (octet(cursor) !== UNPACK_SIZES) cursor.damaged = true;
  const unpackSizes = cursor.damaged ? [] : numbers(cursor, outputs);
  let digests: readonly boolean[] = [];
  for (let id = octet(cursor); id !== END && !cursor.damaged; id = octet(cursor)) {
    if (id === CRC) digests = skipDigests(cursor, count);
    else cursor.damaged = true;
  }
  return { folders, unpackSizes, digests };
}

function readFolder(cursor: Cursor): { readonly coders: Coder[]; readonly outputs: number } {
  const coders: Coder[] = [];
  let inputs = 0;
  let outputs = 0;
  const count = number(cursor);
  if (count > MAX_CODERS) cursor.damaged = true;
  for (let index = 0; index < count && !cursor.damaged; index++) {
    const flags = octet(cursor);
    const id = take(cursor, flags & 0x0f).toString('hex');
    // Bit 4: several inputs or outputs; bit 5: properties.
    const complex = (flags & 0x10) !== 0;
    inputs += complex ? number(cursor) : 1;
    outputs += complex ? number(cursor) : 1;
    coders.push({ id, properties: (flags & 0x20) !== 0 ? take(cursor, number(cursor)) : new Uint8Array() });
  }
  if (inputs > MAX_CODERS || outputs > MAX_CODERS) cursor.damaged = true;
  const bonds = Math.max(0, outputs - 1);
  if (!cursor.damaged) numbers(cursor, 2 * bonds);
  const packed = inputs - bonds;
  if (packed > 1 && !cursor.damaged) numbers(cursor, packed);
  return { coders, outputs };
}

function skipSubStreams(cursor: Cursor, { folders, digests }: Streams): void {
  let perFolder: readonly number[] = folders.map(() => 1);
  for (let id = octet(cursor); id !== END && !cursor.damaged; id = octet(cursor)) {
    if (id === UNPACK_STREAMS) {
      perFolder = numbers(cursor, folders.length);
      if (sum(perFolder) > MAX_ARCHIVE_ENTRIES) cursor.damaged = true;
    } else if (id === SIZES) numbers(cursor, sum(perFolder.map((count) => Math.max(0, count - 1))));
    else if (id === CRC) {
      skipDigests(
        cursor,
        sum(perFolder.map((count, folder) => (count === 1 && digests[folder] === true ? 0 : count))),
      );
    } else cursor.damaged = true;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function skipProperties(cursor: Cursor): void {
  for (let id = octet(cursor); id !== END && !cursor.damaged; id = octet(cursor))
    take(cursor, number(cursor));
}

/** Says of each thing whether it had a digest. */
function skipDigests(cursor: Cursor, count: number): readonly boolean[] {
  const all = octet(cursor) !== 0;
  const bits = all ? undefined : take(cursor, Math.ceil(count / 8));
  const defined = Array.from(
    { length: cursor.damaged ? 0 : count },
    (_, index) => bits === undefined || ((bits[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0,
  );
  take(cursor, 4 * defined.filter(Boolean).length);
  return defined;
}

function octet(cursor: Cursor): number {
  if (cursor.at >= cursor.bytes.length) cursor.damaged = true;
  return cursor.bytes[cursor.at++] ?? END;
}

function take(cursor: Cursor, length: number): Buffer {
  const taken = cursor.bytes.subarray(cursor.at, cursor.at + length);
  if (taken.length < length) cursor.damaged = true;
  cursor.at += length;
  return taken;
}

/** The format's number: the count of leading one bits of the first octet says how many octets follow, lowest first. */
function number(cursor: Cursor): number {
  const first = octet(cursor);
  let value = 0;
  let scale = 1;
  for (let mask = 0x80; mask > 0; mask >>= 1) {
    if ((first & mask) === 0) return value + (first & (mask - 1)) * scale;
    value += octet(cursor) * scale;
    scale *= 256;
  }
  return value;
}

/** A number of things that are to be read one by one. */
function countOf(cursor: Cursor): number {
  const count = number(cursor);
  if (count <= MAX_ARCHIVE_ENTRIES) return count;
  cursor.damaged = true;
  return 0;
}

function numbers(cursor: Cursor, count: number): readonly number[] {
  const values: number[] = [];
  for (let index = 0; index < count && !cursor.damaged; index++) values.push(number(cursor));
  return values;
}
