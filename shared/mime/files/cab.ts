/** The list of a Microsoft cabinet ([MS-CAB] §2): names stand in clear after the header. */
import type { ArchiveListing } from '../attachment-types.ts';
import { bufferOver } from '../header.ts';
import { addEntry, listing, noEntries } from './listing.ts';
import { u16, u32 } from './octets.ts';

/** [MS-CAB] §2.3: octets of a CFFILE before its name, and the attribute that says that the name is UTF-8. */
const FILE_LENGTH = 16;
const NAME_IS_UTF8 = 0x80;

/** The names of the cabinet's files. */
export function listCab(input: Uint8Array): ArchiveListing {
  const bytes = bufferOver(input);
  const builder = noEntries();
  const files = u16(bytes, 28);
  let at = u32(bytes, 16);
  for (let file = 0; file < files; file++) {
    const end = bytes.indexOf(0, at + FILE_LENGTH);
    if (end === -1) return listing(builder, false);
    const utf8 = (u16(bytes, at + 14) & NAME_IS_UTF8) !== 0;
    const name = bytes.toString(utf8 ? 'utf8' : 'latin1', at + FILE_LENGTH, end);
    if (!addEntry(builder, name, false)) return listing(builder, false);
    at = end + 1;
  }
  return listing(builder, true);
}
