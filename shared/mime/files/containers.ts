/** What is in a container says what it is: Office documents and programs are ZIP or compound files. */
import { constants, inflateRawSync } from 'node:zlib';
import type { RealType } from '../attachment-types.ts';
import { bufferOver } from '../header.ts';
import { MAX_UNPACKED_LIST_BYTES } from '../limits.ts';
import { standsAt, u16 } from './octets.ts';
import { COMPOUND_FILE, type CompoundFile } from './ole.ts';
import { fileType } from './signatures.ts';
import type { Zip, ZipMember } from './zip.ts';

/** A type, and whether the file asks for a password. */
export interface Contained {
  readonly type: RealType;
  readonly passwordProtected: boolean;
}

const ZIP = fileType('application/zip', 'zip');
const PREFIX = 'application/vnd.openxmlformats-officedocument';
const OFFICE: readonly (readonly [folder: string, plain: RealType, macros: RealType])[] = [
  [
    'word/',
    fileType(`${PREFIX}.wordprocessingml.document`, 'docx dotx'),
    fileType('application/vnd.ms-word.document.macroenabled.12', 'docm dotm'),
  ],
  [
    'xl/',
    fileType(`${PREFIX}.spreadsheetml.sheet`, 'xlsx xltx'),
    fileType('application/vnd.ms-excel.sheet.macroenabled.12', 'xlsm xltm xlam'),
  ],
  [
    'ppt/',
    fileType(`${PREFIX}.presentationml.presentation`, 'pptx potx ppsx'),
    fileType('application/vnd.ms-powerpoint.presentation.macroenabled.12', 'pptm potm ppsm ppam'),
  ],
  [
    'visio/',
    fileType('application/vnd.ms-visio.drawing', 'vsdx'),
    fileType('application/vnd.ms-visio.drawing.macroenabled.12', 'vsdm'),
  ],
];

const BINARY_WORKBOOK = fileType('application/vnd.ms-excel.sheet.binary.macroenabled.12', 'xlsb');

/** By a member that only this kind has. */
const BY_MEMBER: readonly (readonly [string, RealType])[] = [
  ['androidmanifest.xml', fileType('application/vnd.android.package-archive', 'apk', true)],
  ['appxmanifest.xml', fileType('application/vnd.ms-appx', 'appx msix', true)],
  ['appxmetadata/appxbundlemanifest.xml', fileType('application/vnd.ms-appx', 'appxbundle msixbundle', true)],
  ['meta-inf/manifest.mf', fileType('application/java-archive', 'jar', true)],
  ['doc.kml', fileType('application/vnd.google-earth.kmz', 'kmz')],
  ['fixeddocseq.fdseq', fileType('application/vnd.ms-xpsdocument', 'xps')],
];

/** ODF and EPUB say it themselves, in a member of this name. */
const BY_MIMETYPE: ReadonlyMap<string, string> = new Map([
  ['application/vnd.oasis.opendocument.text', 'odt'],
  ['application/vnd.oasis.opendocument.spreadsheet', 'ods'],
  ['application/vnd.oasis.opendocument.presentation', 'odp'],
  ['application/vnd.oasis.opendocument.graphics', 'odg'],
  ['application/epub+zip', 'epub'],
]);

/** What kind of ZIP archive it is. */
export function zipContent(bytes: Uint8Array, zip: Zip): Contained {
  const encrypted = zip.listing.entries.some((entry) => entry.encrypted);
  const names = new Set(zip.listing.entries.map(({ name }) => name.toLowerCase()));
  const type =
    officeType(names) ??
    BY_MEMBER.find(([member]) => names.has(member))?.[1] ??
    declaredType(bytes, zip) ??
    ZIP;
  return { type, passwordProtected: encrypted || isEncryptedOdf(bytes, zip) };
}

function officeType(names: ReadonlySet<string>): RealType | undefined {
  if (!names.has('[content_types].xml')) return undefined;
  const all = [...names];
  const kind = OFFICE.find(([folder]) => all.some((name) => name.startsWith(folder)));
  if (kind === undefined) return undefined;
  if (names.has('xl/workbook.bin')) return BINARY_WORKBOOK;
  return all.some((name) => name.endsWith('vbaproject.bin')) ? kind[2] : kind[1];
}

function declaredType(input: Uint8Array, { members }: Zip): RealType | undefined {
  const member = members.find(({ name }) => name === 'mimetype');
  const mediaType = member === undefined ? '' : startOfMember(input, member).toString('latin1').trim();
  const extension = BY_MIMETYPE.get(mediaType);
  return extension === undefined ? undefined : fileType(mediaType, extension);
}

/** OpenDocument 1.3 part 2 §3.4: the manifest has encryption data; since 2023 the whole document is one encrypted member. */
function isEncryptedOdf(input: Uint8Array, { members }: Zip): boolean {
  if (members.some(({ name }) => name === 'encrypted-package')) return true;
  const manifest = members.find(({ name }) => name.toLowerCase() === 'meta-inf/manifest.xml');
  if (manifest === undefined) return false;
  return startOfMember(input, manifest).includes('encryption-data');
}

/** Deflate unfolds at most 1,032 times (RFC 1951), so this much of a member stays below MAX_UNPACKED_LIST_BYTES. */
const MAX_PACKED_BYTES = Math.floor(MAX_UNPACKED_LIST_BYTES / 1032);

/** The member's first octets; empty when it is damaged. */
function startOfMember(input: Uint8Array, { dataStart, compressedBytes, method }: ZipMember): Buffer {
  const end = dataStart + Math.min(compressedBytes, MAX_PACKED_BYTES);
  const packed = bufferOver(input).subarray(dataStart, end);
  return method === 0 ? packed : inflate(packed);
}

function inflate(packed: Buffer): Buffer {
  try {
    return inflateRawSync(packed, {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: MAX_UNPACKED_LIST_BYTES,
    });
  } catch (error) {
    // Damaged or cut data is an answer; zlib gives it as an Error with a code.
    if (error instanceof Error && 'code' in error) return Buffer.alloc(0);
    throw error;
  }
}

const COMPOUND = fileType('application/x-ole-storage', 'ole');
/** [MS-OSHARED] and the installer's own documents: the class of the root, in the order of its octets. */
const INSTALLER_CLASS = /^8[246]100c0000000000c000000000000046$/;
const BY_STREAM: readonly (readonly [string, RealType])[] = [
  ['WordDocument', fileType('application/msword', 'doc dot')],
  ['Workbook', fileType('application/vnd.ms-excel', 'xls xlt xla')],
  ['Book', fileType('application/vnd.ms-excel', 'xls xlt xla')],
  ['PowerPoint Document', fileType('application/vnd.ms-powerpoint', 'ppt pps pot')],
  ['VisioDocument', fileType('application/vnd.visio', 'vsd')],
  ['__properties_version1.0', fileType('application/vnd.ms-outlook', 'msg')],
  ['MSProject', fileType('application/vnd.ms-project', 'mpp')],
];

/** What kind of compound file it is. */
export function compoundContent(file: CompoundFile): Contained {
  if (INSTALLER_CLASS.test(file.rootClass)) {
    return { type: fileType('application/x-msi', 'msi msp mst', true), passwordProtected: false };
  }
  // [MS-OFFCRYPTO] §2.3.4: an encrypted Office document is one stream beside the description of its key.
  if (file.names.has('EncryptedPackage')) {
    return { type: fileType('application/x-encrypted-office', 'docx xlsx pptx'), passwordProtected: true };
  }
  const type = BY_STREAM.find(([stream]) => file.names.has(stream))?.[1] ?? COMPOUND;
  return { type, passwordProtected: asksForPassword(file) };
}

function asksForPassword(file: CompoundFile): boolean {
  // [MS-DOC] §2.5.2: fEncrypted of the FIB. [MS-PPT] §2.3.2: encrypted documents have this stream.
  if ((u16(file.start('WordDocument'), 10) & 0x0100) !== 0) return true;
  if (file.names.has('EncryptedSummary')) return true;
  return hasFilePass(file.start('Workbook')) || hasFilePass(file.start('Book'));
}

/** [MS-XLS] §2.4.117: the FilePass record comes straight after the first BOF, perhaps behind a write-protection record. */
function hasFilePass(stream: Uint8Array): boolean {
  const FILE_PASS = 0x2f;
  const WRITE_PROTECT = 0x86;
  const first = 4 + u16(stream, 2);
  const second = u16(stream, first) === WRITE_PROTECT ? first + 4 + u16(stream, first + 2) : first;
  return stream.length > 0 && u16(stream, second) === FILE_PASS;
}

/** RIFF and the ISO base media format name their kind at octet 8. */
export function mediaContainer(bytes: Uint8Array): RealType | undefined {
  if (standsAt(bytes, 'RIFF', 0)) {
    if (standsAt(bytes, 'WAVE', 8)) return fileType('audio/wav', 'wav');
    if (standsAt(bytes, 'AVI ', 8)) return fileType('video/x-msvideo', 'avi');
    if (standsAt(bytes, 'WEBP', 8)) return fileType('image/webp', 'webp');
    return undefined;
  }
  if (!standsAt(bytes, 'ftyp', 4)) return undefined;
  const brand = bufferOver(bytes).toString('latin1', 8, 12);
  if (/^(?:heic|heix|hevc|mif1|msf1)$/.test(brand)) return fileType('image/heic', 'heic heif');
  if (brand === 'avif' || brand === 'avis') return fileType('image/avif', 'avif');
  if (brand.startsWith('M4A')) return fileType('audio/mp4', 'm4a');
  if (brand === 'qt  ') return fileType('video/quicktime', 'mov');
  if (brand.startsWith('3g')) return fileType('video/3gpp', '3gp');
  return fileType('video/mp4', 'mp4 m4v');
}

/** Whether the octets begin as a compound file. */
export function isCompound(bytes: Uint8Array): boolean {
  return standsAt(bytes, COMPOUND_FILE, 0);
}
