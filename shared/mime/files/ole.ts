/**
 * Compound files ([MS-CFB]): old Office documents, Outlook messages, installers, and the wrapping of encrypted Office
 * documents. The directory tells which; of a stream only its first octets are ever read.
 */
import { bufferOver } from '../header.ts';
import { standsAt, u16, u32 } from './octets.ts';

export const COMPOUND_FILE = '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1';

const ENTRY_BYTES = 128;
/** Stops a directory of hundreds of thousands of entries, or one that runs in a circle. */
const MAX_DIRECTORY_ENTRIES = 4096;
/** [MS-CFB] §2.1: numbers from here on are marks, no sectors. */
const MARKS = 0xfffffffa;
/** [MS-CFB] §2.2: the header lists this many sectors of the allocation table; longer tables go on elsewhere. */
const HEADER_FAT_SECTORS = 109;

export interface CompoundFile {
  /** In the order of the directory. */
  readonly names: ReadonlySet<string>;
  /** The class of the root, as hexadecimal digits in the order of the file. */
  readonly rootClass: string;
  /** The first octets of a stream that is long enough to have sectors of its own; empty for any other. */
  start(name: string): Uint8Array;
}

interface Entry {
  readonly name: string;
  readonly firstSector: number;
  readonly sizeBytes: number;
}

/** Undefined when the octets are no compound file. */
export function readCompoundFile(input: Uint8Array): CompoundFile | undefined {
  const bytes = bufferOver(input);
  if (!standsAt(bytes, COMPOUND_FILE, 0)) return undefined;
  // [MS-CFB] §2.2: 512 or 4096 octets; anything else would let a sender choose what our offsets mean.
  const sectorBytes = u16(bytes, 30) === 12 ? 4096 : 512;
  const entries: Entry[] = [];
  let rootClass = '';
  let sector = u32(bytes, 48);
  while (sector < MARKS && entries.length < MAX_DIRECTORY_ENTRIES) {
    const start = (sector + 1) * sectorBytes;
    if (start >= bytes.length) break;
    for (let at = start; at < start + sectorBytes; at += ENTRY_BYTES) {
      if (entries.length === 0) rootClass = bytes.toString('hex', at + 80, at + 96);
      entries.push(entryAt(bytes, at));
    }
    sector = nextSector(bytes, sectorBytes, sector);
  }
  const cutoff = u32(bytes, 56);
  return {
    names: new Set(entries.map(({ name }) => name).filter((name) => name !== '')),
    rootClass,
    start(name) {
      const entry = entries.find((one) => one.name === name);
      if (entry === undefined || entry.sizeBytes < cutoff || entry.firstSector >= MARKS)
        return new Uint8Array();
      const at = (entry.firstSector + 1) * sectorBytes;
      return bytes.subarray(at, at + sectorBytes);
    },
  };
}

function entryAt(bytes: Buffer, at: number): Entry {
  const nameBytes = Math.min(64, Math.max(0, u16(bytes, at + 64) - 2));
  return {
    name: bytes.toString('utf16le', at, at + nameBytes),
    firstSector: u32(bytes, at + 116),
    sizeBytes: u32(bytes, at + 120),
  };
}

function nextSector(bytes: Buffer, sectorBytes: number, sector: number): number {
  const perSector = sectorBytes / 4;
  const table = Math.floor(sector / perSector);
  if (table >= HEADER_FAT_SECTORS) return MARKS;
  const fat = u32(bytes, 76 + 4 * table);
  return fat >= MARKS ? MARKS : u32(bytes, (fat + 1) * sectorBytes + 4 * (sector % perSector));
}
