/** The list of a CD image (ECMA-119, the text of ISO 9660, with Joliet's names): folders are walked, nothing else is read. */
import type { ArchiveListing } from '../attachment-types.ts';
import { bufferOver } from '../header.ts';
import { MAX_ARCHIVE_ENTRIES } from '../limits.ts';
import { addEntry, type ListingBuilder, listing, noEntries } from './listing.ts';
import { standsAt, u32 } from './octets.ts';

const SECTOR = 2048;
const FIRST_DESCRIPTOR = 16;
/** Stops an image that is nothing but descriptors; real ones have two or three. */
const MAX_DESCRIPTORS = 32;
const PRIMARY = 1;
/** ECMA-119 §8.5: Joliet names are UTF-16, big endian, in a supplementary descriptor. */
const SUPPLEMENTARY = 2;
const IS_FOLDER = 2;

interface Folder {
  readonly start: number;
  readonly end: number;
  readonly path: string;
}

/** A walk over one of the trees. Folders that were seen are not walked again: a circle is easily written. */
interface Walk {
  readonly bytes: Buffer;
  readonly wide: boolean;
  readonly builder: ListingBuilder;
  readonly seen: Set<number>;
  readonly folders: Folder[];
  readonly names: Set<string>;
}

/** Every name of the plain and of the Joliet tree. */
export function listIso(input: Uint8Array): ArchiveListing {
  const bytes = bufferOver(input);
  const builder = noEntries();
  const names = new Set<string>();
  let complete = false;
  for (let index = 0; index < MAX_DESCRIPTORS; index++) {
    const at = (FIRST_DESCRIPTOR + index) * SECTOR;
    const kind = bytes[at];
    if (!standsAt(bytes, 'CD001', at + 1) || kind === 255) break;
    if (kind !== PRIMARY && kind !== SUPPLEMENTARY) continue;
    const wide = kind === SUPPLEMENTARY && standsAt(bytes, '%/', at + 88);
    const walk: Walk = { bytes, wide, builder, seen: new Set(), folders: [], names };
    openFolder(walk, at + 156, '');
    complete = walkFolders(walk) && (complete || index === 0);
  }
  return listing(builder, complete);
}

function openFolder(walk: Walk, record: number, path: string): void {
  const extent = u32(walk.bytes, record + 2);
  if (walk.seen.has(extent) || walk.seen.size >= MAX_ARCHIVE_ENTRIES) return;
  walk.seen.add(extent);
  const start = extent * SECTOR;
  walk.folders.push({ start, end: start + u32(walk.bytes, record + 10), path });
}

/** False when the image is cut off, or a limit is reached. */
function walkFolders(walk: Walk): boolean {
  for (let folder = walk.folders.pop(); folder !== undefined; folder = walk.folders.pop()) {
    const end = Math.min(folder.end, walk.bytes.length);
    for (let at = folder.start; at < end; ) {
      const length = walk.bytes[at] ?? 0;
      // ECMA-119 §6.8.1.1: a record does not cross a sector; zeros fill it up.
      if (length === 0) at = (Math.floor(at / SECTOR) + 1) * SECTOR;
      else if (!takeRecord(walk, at, folder.path)) return false;
      else at += length;
    }
    if (folder.end > walk.bytes.length) return false;
  }
  return true;
}

function takeRecord(walk: Walk, at: number, path: string): boolean {
  const { bytes, builder, wide, names } = walk;
  const raw = bytes.subarray(at + 33, at + 33 + (bytes[at + 32] ?? 0));
  // ECMA-119 §6.8.2.2: a folder begins with itself and the one above, named by one octet, 0 or 1.
  if (raw.length === 1 && (raw[0] ?? 0) <= 1) return true;
  const name = (wide ? utf16be(raw) : raw.toString('latin1')).replace(/;\d+$/, '').replace(/\.$/, '');
  const full = path === '' ? name : `${path}/${name}`;
  if (((bytes[at + 25] ?? 0) & IS_FOLDER) !== 0) {
    openFolder(walk, at, full);
    return true;
  }
  if (names.has(full)) return true;
  names.add(full);
  return addEntry(builder, full, false);
}

function utf16be(raw: Buffer): string {
  return Buffer.from(raw.subarray(0, raw.length & ~1))
    .swap16()
    .toString('utf16le');
}
