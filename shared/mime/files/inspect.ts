/**
 * What a file is, by its octets and not by its name: kind, list of an archive, whether it asks for a password. Files
 * made to be two things at once are common in attacks, so an archive is looked for behind any other beginning too.
 */
import type { ArchiveListing, AttachmentContent, RealType } from '../attachment-types.ts';
import { bufferOver } from '../header.ts';
import { listCab } from './cab.ts';
import { compoundContent, isCompound, mediaContainer, zipContent } from './containers.ts';
import { listGzip } from './gzip.ts';
import { listIso } from './iso.ts';
import { standsAt, u32, u32be } from './octets.ts';
import { readCompoundFile } from './ole.ts';
import { asksForPdfPassword, isPdf } from './pdf.ts';
import { type ListedArchive, listRar4, listRar5, RAR4, RAR5 } from './rar.ts';
import { listSevenZip, SEVEN_ZIP } from './seven-zip.ts';
import { fileType, SIGNATURES } from './signatures.ts';
import { isTar, listTar } from './tar.ts';
import { textKind } from './text-kinds.ts';
import { readZip, type Zip } from './zip.ts';

/** Without the octets themselves. */
export type Inspection = Omit<AttachmentContent, 'bytes'>;

/** How far into a program, or any other file, an archive may begin: what unpackers search. */
const MAX_SELF_EXTRACTOR_BYTES = 1024 * 1024;
const PROGRAM = 'application/vnd.microsoft.portable-executable';
const ZIP = 'application/zip';
const NOTHING: Inspection = {
  type: undefined,
  archive: undefined,
  passwordProtected: false,
  unreadable: undefined,
};
const NO_LIST: ArchiveListing = { entries: [], complete: false };

/** Archives whose own list is read: what is packed in them is theirs. */
const LISTED: ReadonlySet<string> = new Set([
  ZIP,
  'application/vnd.rar',
  'application/x-7z-compressed',
  'application/gzip',
  'application/x-tar',
  'application/vnd.ms-cab-compressed',
  'application/x-iso9660-image',
]);

/** Recognised, and nothing here reads their list. */
const UNLISTED: ReadonlySet<string> = new Set([
  'application/x-bzip2',
  'application/x-xz',
  'application/zstd',
  'application/x-lz4',
  'application/x-lzip',
  'application/x-compress',
  'application/x-arj',
  'application/x-ace-compressed',
  'application/x-lzh-compressed',
  'application/x-ms-wim',
  'application/x-vhd',
  'application/x-vhdx',
  'application/x-qemu-disk',
  'application/x-vmdk',
  'application/x-udf-image',
  'application/x-raw-disk-image',
  'application/x-apple-diskimage',
  'application/x-cpio',
  // Outlook opens the files in it.
  'application/vnd.ms-tnef',
]);

/** Looks into a file. Never throws; linear in its length, and mostly far less. */
export function inspectFile(input: Uint8Array): Inspection {
  const bytes = bufferOver(input);
  const type = typeOf(bytes);
  const zip = readZip(bytes);
  const found: Inspection[] = [];
  if (type !== undefined && (zip === undefined || type.mediaType !== ZIP)) found.push(ofKind(bytes, type));
  if (zip !== undefined) found.push(ofZip(bytes, zip));
  if (type === undefined || !LISTED.has(type.mediaType)) {
    const behind = encryptable(bytes.subarray(0, MAX_SELF_EXTRACTOR_BYTES), bytes);
    if (behind !== undefined) found.push({ type, passwordProtected: false, ...behind });
  }
  return found.length === 1 ? (found[0] ?? NOTHING) : together(found);
}

/** A file that is several things at once is as dangerous, as locked and as unreadable as the worst of them. */
function together(found: readonly Inspection[]): Inspection {
  const types = found.flatMap(({ type }) => (type === undefined ? [] : [type]));
  const archives = found.flatMap(({ archive }) => (archive === undefined ? [] : [archive]));
  return {
    type: types.find(({ executable }) => executable) ?? types[0],
    archive:
      archives.length === 0
        ? undefined
        : {
            entries: archives.flatMap(({ entries }) => entries),
            complete: archives.every(({ complete }) => complete),
          },
    passwordProtected: found.some((one) => one.passwordProtected),
    unreadable: found.find((one) => one.unreadable !== undefined)?.unreadable,
  };
}

function ofZip(bytes: Buffer, zip: Zip): Inspection {
  return { ...zipContent(bytes, zip), ...listed(zip.listing) };
}

function ofKind(bytes: Buffer, type: RealType): Inspection {
  const compound = isCompound(bytes) ? readCompoundFile(bytes) : undefined;
  if (compound !== undefined)
    return { ...compoundContent(compound), archive: undefined, unreadable: undefined };
  const passwordProtected = type.mediaType === 'application/pdf' && asksForPdfPassword(bytes);
  return { type, passwordProtected, ...archiveOf(bytes, type) };
}

/** The kind by the first octets, and for disk images by the last. */
function typeOf(bytes: Buffer): RealType | undefined {
  for (const { at, octets, type } of SIGNATURES) {
    if (standsAt(bytes, octets, at) && isReally(bytes, type.mediaType)) return type;
  }
  return (
    mediaContainer(bytes) ??
    classOrFatBinary(bytes) ??
    (isPdf(bytes) ? fileType('application/pdf', 'pdf') : undefined) ??
    (isTar(bytes) ? fileType('application/x-tar', 'tar') : undefined) ??
    diskImage(bytes) ??
    bitmapOrSound(bytes) ??
    textKind(bytes)
  );
}

/** Signatures so short that text may begin like them. */
function isReally(bytes: Buffer, mediaType: string): boolean {
  switch (mediaType) {
    case PROGRAM:
      return bytes.subarray(0, 64).includes(0);
    case 'application/x-bzip2':
      return (bytes[3] ?? 0) >= 0x31 && (bytes[3] ?? 0) <= 0x39;
    case 'application/x-lzh-compressed':
      return bytes[6] === 0x2d;
    case 'audio/aiff':
      return standsAt(bytes, 'AIF', 8);
    case 'application/vnd.adobe.flash.movie':
      // A version, and a length below 256 MB, which four letters are not.
      return (bytes[3] ?? 0) < 0x40 && u32(bytes, 4) < 0x10000000;
    case 'application/x-lzip':
      return bytes[4] === 1;
    default:
      return true;
  }
}

/** 0xCAFEBABE begins a Java class and a Mach-O file for several processors: a class has a version, the other a count. */
function classOrFatBinary(bytes: Buffer): RealType | undefined {
  if (!standsAt(bytes, '\xca\xfe\xba\xbe', 0)) return undefined;
  const FIRST_CLASS_VERSION = 45;
  return u32be(bytes, 4) >= FIRST_CLASS_VERSION
    ? fileType('application/java-vm', 'class', true)
    : fileType('application/x-mach-binary', 'macho dylib', true);
}

function diskImage(bytes: Buffer): RealType | undefined {
  const trailer = bytes.length - 512;
  if (standsAt(bytes, 'koly', trailer)) return fileType('application/x-apple-diskimage', 'dmg');
  if (standsAt(bytes, 'conectix', trailer)) return fileType('application/x-vhd', 'vhd');
  // A boot sector: a jump, and the mark at its end.
  const jumps = bytes[0] === 0xe9 || (bytes[0] === 0xeb && bytes[2] === 0x90);
  return jumps && standsAt(bytes, '\x55\xaa', 510)
    ? fileType('application/x-raw-disk-image', 'img vfd ima')
    : undefined;
}

/** Kinds whose first octets alone are too few: a bitmap's header size, a sound frame's fixed bits. */
function bitmapOrSound(bytes: Buffer): RealType | undefined {
  const headerBytes = u32(bytes, 14);
  if (standsAt(bytes, 'BM', 0) && headerBytes >= 12 && headerBytes <= 124)
    return fileType('image/bmp', 'bmp');
  // Eleven bits of frame sync, and layer III.
  const isFrame = bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xe6) === 0xe2;
  if (isFrame) return fileType('audio/mpeg', 'mp3');
  return undefined;
}

function archiveOf(
  bytes: Buffer,
  type: RealType,
): Pick<Inspection, 'archive' | 'unreadable'> & { passwordProtected?: true } {
  switch (type.mediaType) {
    case 'application/vnd.rar':
    case 'application/x-7z-compressed':
      return encryptable(bytes, bytes) ?? listed(NO_LIST);
    case 'application/gzip':
      return listed(listGzip(bytes));
    case 'application/x-tar':
      return listed(listTar(bytes));
    case 'application/vnd.ms-cab-compressed':
      return listed(listCab(bytes));
    case 'application/x-iso9660-image':
      return listed(listIso(bytes));
    case ZIP:
      return listed(NO_LIST);
    default:
      return UNLISTED.has(type.mediaType)
        ? { archive: NO_LIST, unreadable: 'archive-kind' }
        : { archive: undefined, unreadable: undefined };
  }
}

function listed(archive: ArchiveListing): Pick<Inspection, 'archive' | 'unreadable'> {
  return { archive, unreadable: archive.complete ? undefined : 'archive-incomplete' };
}

/** RAR and 7z, perhaps behind something else: their unpackers look for the signature further in. */
function encryptable(
  searched: Buffer,
  bytes: Buffer,
): (Pick<Inspection, 'archive' | 'unreadable'> & { passwordProtected?: true }) | undefined {
  const found = findArchive(searched, bytes);
  if (found === undefined) return undefined;
  const { listing, listEncrypted } = found;
  if (listEncrypted)
    return { archive: listing, unreadable: 'archive-list-encrypted', passwordProtected: true };
  const encrypted = listing.entries.some((entry) => entry.encrypted);
  return { ...listed(listing), ...(encrypted ? { passwordProtected: true } : {}) };
}

function findArchive(searched: Buffer, bytes: Buffer): ListedArchive | undefined {
  const at = (signature: string): number => searched.indexOf(signature, 0, 'latin1');
  const rar5 = at(RAR5);
  if (rar5 !== -1) return listRar5(bytes, rar5);
  const rar4 = at(RAR4);
  if (rar4 !== -1) return listRar4(bytes, rar4);
  const sevenZip = at(SEVEN_ZIP);
  return sevenZip === -1 ? undefined : listSevenZip(bytes, sevenZip);
}
