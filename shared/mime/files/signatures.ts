/**
 * How files begin. Each row: offset, the octets there (latin1, `.` in none of them stands for anything else), media type,
 * extensions. Sources are the formats' own specifications and the IANA registry of media types; where the registry has
 * no name, the one in common use.
 */
import type { RealType } from '../attachment-types.ts';
import { COMPOUND_FILE } from './ole.ts';
import { RAR4, RAR5 } from './rar.ts';
import { SEVEN_ZIP } from './seven-zip.ts';

export interface Signature {
  readonly at: number;
  readonly octets: string;
  readonly type: RealType;
}

type Row = readonly [at: number, octets: string, mediaType: string, extensions: string];

/** A type from its parts. */
export function fileType(mediaType: string, extensions: string, executable = false): RealType {
  return { mediaType, extensions: extensions.split(' '), executable };
}

const PROGRAMS: readonly Row[] = [
  [0, 'MZ', 'application/vnd.microsoft.portable-executable', 'exe dll scr cpl ocx sys com xll'],
  [0, '\x7fELF', 'application/x-elf', 'elf so o'],
  [0, '\xfe\xed\xfa\xce', 'application/x-mach-binary', 'macho dylib'],
  [0, '\xfe\xed\xfa\xcf', 'application/x-mach-binary', 'macho dylib'],
  [0, '\xce\xfa\xed\xfe', 'application/x-mach-binary', 'macho dylib'],
  [0, '\xcf\xfa\xed\xfe', 'application/x-mach-binary', 'macho dylib'],
  [0, 'dex\n', 'application/vnd.android.dex', 'dex'],
  [0, '\x00asm', 'application/wasm', 'wasm'],
  [0, 'L\x00\x00\x00\x01\x14\x02\x00', 'application/x-ms-shortcut', 'lnk'],
  [0, 'ITSF', 'application/vnd.ms-htmlhelp', 'chm'],
  [0, '?_\x03\x00', 'application/winhlp', 'hlp'],
  [0, '#@~^', 'text/vbscript-encoded', 'vbe jse'],
  [0, 'xar!', 'application/x-xar', 'pkg xar'],
  [0, '!<arch>\ndebian', 'application/vnd.debian.binary-package', 'deb'],
  [0, '\xed\xab\xee\xdb', 'application/x-rpm', 'rpm'],
  [0, 'Cr24', 'application/x-chrome-extension', 'crx'],
  // EICAR's test file, which virus filters agree to find (and Exchange counts as executable).
  [0, 'X5O!P%@AP[4\\PZX54(P^)7CC)7}', 'application/x-eicar-test', 'com'],
  [4, 'Standard Jet DB', 'application/vnd.ms-access', 'mdb mde'],
  [4, 'Standard ACE DB', 'application/vnd.ms-access', 'accdb accde'],
];

const ARCHIVES: readonly Row[] = [
  [0, 'PK\x03\x04', 'application/zip', 'zip'],
  [0, 'PK\x05\x06', 'application/zip', 'zip'],
  [0, RAR4, 'application/vnd.rar', 'rar'],
  [0, RAR5, 'application/vnd.rar', 'rar'],
  [0, SEVEN_ZIP, 'application/x-7z-compressed', '7z'],
  [0, 'MSCF\x00\x00\x00\x00', 'application/vnd.ms-cab-compressed', 'cab'],
  [0, '\x1f\x8b', 'application/gzip', 'gz tgz'],
  [0, 'BZh', 'application/x-bzip2', 'bz2'],
  [0, '\xfd7zXZ\x00', 'application/x-xz', 'xz'],
  [0, '\x28\xb5\x2f\xfd', 'application/zstd', 'zst'],
  [0, '\x04\x22\x4d\x18', 'application/x-lz4', 'lz4'],
  [0, 'LZIP', 'application/x-lzip', 'lz'],
  [0, '\x1f\x9d', 'application/x-compress', 'z'],
  [0, '\x60\xea', 'application/x-arj', 'arj'],
  [7, '**ACE**', 'application/x-ace-compressed', 'ace'],
  [2, '-lh', 'application/x-lzh-compressed', 'lzh lha'],
  [0, 'MSWIM\x00\x00\x00', 'application/x-ms-wim', 'wim'],
  [0, 'vhdxfile', 'application/x-vhdx', 'vhdx'],
  [0, 'conectix', 'application/x-vhd', 'vhd'],
  [0, 'QFI\xfb', 'application/x-qemu-disk', 'qcow2'],
  [0, 'KDMV', 'application/x-vmdk', 'vmdk'],
  [32_769, 'CD001', 'application/x-iso9660-image', 'iso img'],
  [32_769, 'BEA01', 'application/x-udf-image', 'iso img'],
  [0, '!<arch>\n', 'application/x-archive', 'a lib'],
  [0, '070701', 'application/x-cpio', 'cpio'],
];

const DOCUMENTS: readonly Row[] = [
  [0, COMPOUND_FILE, 'application/x-ole-storage', 'ole'],
  [0, '{\\rtf', 'application/rtf', 'rtf doc'],
  [0, '{\\rt', 'application/rtf', 'rtf doc'],
  [0, '%!PS', 'application/postscript', 'ps eps'],
  [0, '\xc5\xd0\xd3\xc6', 'application/postscript', 'eps'],
  [0, '\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3', 'application/onenote', 'one'],
  [0, '\xa1\x2f\xff\x43\xd9\xef\x76\x4c\x9e\xe2\x10\xea\x57\x22\x76\x5f', 'application/onenote', 'onetoc2'],
  [0, '\x78\x9f\x3e\x22', 'application/vnd.ms-tnef', 'dat tnef'],
  [0, '!BDN', 'application/vnd.ms-outlook-pst', 'pst ost'],
  [0, 'SQLite format 3\x00', 'application/vnd.sqlite3', 'sqlite db'],
  [0, 'AC10', 'image/vnd.dwg', 'dwg'],
  [0, '-----BEGIN PGP', 'application/pgp-encrypted', 'asc pgp'],
  [0, '-----BEGIN ', 'application/x-pem-file', 'pem crt key'],
  [0, 'BEGIN:VCALENDAR', 'text/calendar', 'ics'],
  [0, 'BEGIN:VCARD', 'text/vcard', 'vcf'],
];

const MEDIA: readonly Row[] = [
  [0, '\x89PNG\r\n\x1a\n', 'image/png', 'png'],
  [0, '\xff\xd8\xff', 'image/jpeg', 'jpg jpeg jfif'],
  [0, 'GIF87a', 'image/gif', 'gif'],
  [0, 'GIF89a', 'image/gif', 'gif'],
  [0, 'II*\x00', 'image/tiff', 'tif tiff'],
  [0, 'MM\x00*', 'image/tiff', 'tif tiff'],
  [0, '8BPS', 'image/vnd.adobe.photoshop', 'psd'],
  [0, '\x00\x00\x01\x00', 'image/vnd.microsoft.icon', 'ico'],
  [0, '\x00\x00\x00\x0cjP  \r\n', 'image/jp2', 'jp2'],
  [0, '\x00\x00\x00\x0cJXL \r\n', 'image/jxl', 'jxl'],
  [0, '\xff\x0a', 'image/jxl', 'jxl'],
  [0, '\xd7\xcd\xc6\x9a', 'image/wmf', 'wmf'],
  [40, ' EMF', 'image/emf', 'emf'],
  [0, 'ID3', 'audio/mpeg', 'mp3'],
  [0, 'fLaC', 'audio/flac', 'flac'],
  [0, 'OggS', 'application/ogg', 'ogg oga ogv opus'],
  [0, 'MThd', 'audio/midi', 'mid midi'],
  [0, '#!AMR', 'audio/amr', 'amr'],
  [0, 'FORM', 'audio/aiff', 'aif aiff'],
  [0, '\x30\x26\xb2\x75\x8e\x66\xcf\x11', 'video/x-ms-asf', 'wmv wma asf'],
  [0, '\x1a\x45\xdf\xa3', 'video/matroska', 'mkv webm'],
  [0, 'FLV\x01', 'video/x-flv', 'flv'],
  [0, '\x00\x00\x01\xba', 'video/mpeg', 'mpg mpeg vob'],
  [0, '\x00\x00\x01\xb3', 'video/mpeg', 'mpg mpeg'],
  [0, 'FWS', 'application/vnd.adobe.flash.movie', 'swf'],
  [0, 'CWS', 'application/vnd.adobe.flash.movie', 'swf'],
  [0, 'wOFF', 'font/woff', 'woff'],
  [0, 'wOF2', 'font/woff2', 'woff2'],
  [0, 'OTTO', 'font/otf', 'otf'],
  [0, '\x00\x01\x00\x00\x00', 'font/ttf', 'ttf'],
];

function signatures(rows: readonly Row[], executable: boolean): readonly Signature[] {
  return rows.map(([at, octets, mediaType, extensions]) => ({
    at,
    octets,
    type: fileType(mediaType, extensions, executable),
  }));
}

/** The first that fits counts: programs before all else. */
export const SIGNATURES: readonly Signature[] = [
  ...signatures(PROGRAMS, true),
  ...signatures(ARCHIVES, false),
  ...signatures(DOCUMENTS, false),
  ...signatures(MEDIA, false),
];
