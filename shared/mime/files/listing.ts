/** A list of archive entries while it is read: the limits on hostile archives are kept in one place. */
import type { ArchiveEntry, ArchiveListing } from '../attachment-types.ts';
import { MAX_ARCHIVE_ENTRIES, MAX_ARCHIVE_NAME_BYTES } from '../limits.ts';

export interface ListingBuilder {
  readonly entries: ArchiveEntry[];
  nameBytes: number;
}

export function noEntries(): ListingBuilder {
  return { entries: [], nameBytes: 0 };
}

/** Adds an entry; false when a limit is reached, and then nothing is added. */
export function addEntry(builder: ListingBuilder, name: string, encrypted: boolean): boolean {
  if (builder.entries.length >= MAX_ARCHIVE_ENTRIES) return false;
  builder.nameBytes += name.length;
  if (builder.nameBytes > MAX_ARCHIVE_NAME_BYTES) return false;
  // Windows' separator: whoever writes a pattern writes one kind.
  builder.entries.push({ name: name.replaceAll('\\', '/'), encrypted });
  return true;
}

export function listing(builder: ListingBuilder, complete: boolean): ArchiveListing {
  return { entries: builder.entries, complete };
}
