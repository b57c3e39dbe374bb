/** Archives and containers written octet by octet from their formats' descriptions: nothing here shares code with the readers. */
import { crc32 } from 'node:zlib';

export function le(value: number | bigint, octets: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer.subarray(0, octets);
}

function be32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
}

export interface ZipFile {
  readonly name: string | Buffer;
  readonly flags?: number;
  readonly localName?: string;
  readonly extra?: Buffer;
  readonly data?: Buffer;
}

export interface ZipOptions {
  readonly prefix?: Buffer;
  readonly comment?: Buffer;
  readonly wide?: boolean;
  readonly count?: number;
}

/** APPNOTE.TXT 4.3: stored members, a directory, an end. */
export function zip(files: readonly ZipFile[], { prefix, comment, wide, count }: ZipOptions = {}): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const { name, flags = 0, localName, extra = Buffer.alloc(0), data = Buffer.alloc(0) } of files) {
    const raw = Buffer.from(name);
    const local = Buffer.from(localName ?? raw);
    const common = [le(0, 2), le(0, 4), le(crc32(data), 4), le(data.length, 4), le(data.length, 4)];
    const header = [
      Buffer.from('PK\x03\x04'),
      le(20, 2),
      le(flags, 2),
      ...common,
      le(local.length, 2),
      le(0, 2),
      local,
      data,
    ];
    centrals.push(
      Buffer.from('PK\x01\x02'),
      le(20, 2),
      le(20, 2),
      le(flags, 2),
      ...common,
      le(raw.length, 2),
      le(extra.length, 2),
    );
    centrals.push(le(0, 2), le(0, 2), le(0, 2), le(0, 4), le(offset, 4), raw, extra);
    const block = Buffer.concat(header);
    locals.push(block);
    offset += block.length;
  }
  const directory = Buffer.concat(centrals);
  const entries = count ?? files.length;
  const end = [
    Buffer.from('PK\x05\x06'),
    le(0, 4),
    le(wide ? 0xffff : entries, 2),
    le(wide ? 0xffff : entries, 2),
  ];
  end.push(le(wide ? 0xffffffff : directory.length, 4), le(wide ? 0xffffffff : offset, 4));
  end.push(le(comment?.length ?? 0, 2), comment ?? Buffer.alloc(0));
  const wideEnd = [
    Buffer.from('PK\x06\x06'),
    le(44, 8),
    le(45, 2),
    le(45, 2),
    le(0, 8),
    le(entries, 8),
    le(entries, 8),
  ];
  wideEnd.push(le(directory.length, 8), le(offset, 8));
  wideEnd.push(Buffer.from('PK\x06\x07'), le(0, 4), le(offset + directory.length, 8), le(1, 4));
  return Buffer.concat([
    prefix ?? Buffer.alloc(0),
    ...locals,
    directory,
    ...(wide === true ? wideEnd : []),
    ...end,
  ]);
}

/** APPNOTE 4.6.9: the name in UTF-8 beside the one in the old charset. */
export function unicodePath(oldName: Buffer, name: string): Buffer {
  const utf8 = Buffer.from(name);
  return Buffer.concat([le(0x7075, 2), le(5 + utf8.length, 2), le(1, 1), le(crc32(oldName), 4), utf8]);
}

export interface RarFile {
  readonly name: string;
  readonly encrypted?: boolean;
  /** In version 4: the Unicode form of the name, packed against it. */
  readonly unicode?: Buffer;
}

export function rar4(files: readonly RarFile[], headersEncrypted = false): Buffer {
  const block = (type: number, flags: number, body: Buffer, data = Buffer.alloc(0)): Buffer =>
    Buffer.concat([le(0, 2), le(type, 1), le(flags, 2), le(7 + body.length, 2), body, data]);
  const blocks = files.map(({ name, encrypted = false, unicode }) => {
    const data = Buffer.from('data');
    const raw = Buffer.concat([Buffer.from(name), ...(unicode === undefined ? [] : [le(0, 1), unicode])]);
    const body = [
      le(data.length, 4),
      le(data.length, 4),
      Buffer.alloc(9),
      le(29, 1),
      le(0x33, 1),
      le(raw.length, 2),
      le(0, 4),
      raw,
    ];
    const flags = 0x8000 | (encrypted ? 4 : 0) | (unicode === undefined ? 0 : 0x200);
    return block(0x74, flags, Buffer.concat(body), data);
  });
  const archive = block(0x73, headersEncrypted ? 0x80 : 0, Buffer.alloc(6));
  return Buffer.concat([
    Buffer.from('Rar!\x1a\x07\x00', 'latin1'),
    archive,
    ...blocks,
    block(0x7b, 0x4000, Buffer.alloc(0)),
  ]);
}

export function rar5(files: readonly RarFile[], headersEncrypted = false): Buffer {
  const vint = (value: number): Buffer =>
    value < 0x80 ? le(value, 1) : Buffer.concat([le((value & 0x7f) | 0x80, 1), vint(value >> 7)]);
  const block = (
    type: number,
    flags: number,
    body: readonly Buffer[],
    extra = Buffer.alloc(0),
    data = Buffer.alloc(0),
  ): Buffer => {
    const lengths = [...(flags & 1 ? [vint(extra.length)] : []), ...(flags & 2 ? [vint(data.length)] : [])];
    const header = Buffer.concat([vint(type), vint(flags), ...lengths, ...body, extra]);
    return Buffer.concat([le(0, 4), vint(header.length), header, data]);
  };
  const blocks = files.map(({ name, encrypted = false }) => {
    const raw = Buffer.from(name);
    const body = [vint(4), vint(300), vint(0), le(7, 4), vint(0), vint(0), vint(raw.length), raw];
    const extra = encrypted ? Buffer.concat([vint(2), vint(1), vint(0)]) : Buffer.alloc(0);
    return block(2, 2 | (encrypted ? 1 : 0), body, extra, Buffer.alloc(200));
  });
  const start = headersEncrypted ? [block(4, 0, [vint(0), vint(0)])] : [];
  return Buffer.concat([
    Buffer.from('Rar!\x1a\x07\x01\x00', 'latin1'),
    ...start,
    block(1, 0, [vint(0)]),
    ...blocks,
    block(5, 0, [vint(0)]),
  ]);
}

/** [MS-CAB] §2: a header, one folder, the files' entries. */
export function cab(names: readonly string[]): Buffer {
  const files = names.map((name) =>
    Buffer.concat([le(0, 4), le(0, 4), le(0, 2), le(0, 4), le(0x80, 2), Buffer.from(`${name}\0`)]),
  );
  const head = [
    Buffer.from('MSCF'),
    le(0, 4),
    le(100, 4),
    le(0, 4),
    le(44, 4),
    le(0, 4),
    le(3, 1),
    le(1, 1),
    le(1, 2),
    le(names.length, 2),
  ];
  return Buffer.concat([...head, le(0, 2), le(0, 2), le(0, 2), Buffer.alloc(8), ...files]);
}

function isoRecord(name: Buffer, extent: number, size: number, folder: boolean): Buffer {
  const length = 33 + name.length + ((33 + name.length) % 2);
  const record = Buffer.alloc(length);
  record[0] = length;
  record.writeUInt32LE(extent, 2);
  record.writeUInt32LE(size, 10);
  record[25] = folder ? 2 : 0;
  record[32] = name.length;
  name.copy(record, 33);
  return record;
}

/** ECMA-119: a primary tree and a Joliet tree, each with a folder SUB that holds one file and itself (a circle). */
export function iso(names: { readonly plain: string; readonly joliet: string }): Buffer {
  const SECTOR = 2048;
  const image = Buffer.alloc(24 * SECTOR);
  const wide = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();
  const tree = (
    descriptor: number,
    kind: number,
    root: number,
    name: (text: string) => Buffer,
    file: string,
  ): void => {
    const at = descriptor * SECTOR;
    image[at] = kind;
    image.write('CD001\x01', at + 1, 'latin1');
    if (kind === 2) image.write('%/E', at + 88, 'latin1');
    isoRecord(Buffer.of(0), root, SECTOR, true).copy(image, at + 156);
    const self = isoRecord(Buffer.of(0), root, SECTOR, true);
    Buffer.concat([self, isoRecord(name('SUB'), root + 1, SECTOR, true)]).copy(image, root * SECTOR);
    Buffer.concat([
      isoRecord(Buffer.of(0), root + 1, SECTOR, true),
      isoRecord(name('AGAIN'), root, SECTOR, true),
      isoRecord(name(`${file};1`), 23, 4, false),
    ]).copy(image, (root + 1) * SECTOR);
  };
  tree(16, 1, 19, (text) => Buffer.from(text), names.plain);
  tree(17, 2, 21, wide, names.joliet);
  image[18 * SECTOR] = 255;
  image.write('CD001\x01', 18 * SECTOR + 1, 'latin1');
  return image;
}

export interface Stream {
  readonly name: string;
  readonly data?: Buffer;
}

/** [MS-CFB]: one sector of allocation table, one of directory (three streams at most), a sector for each stream. */
export function compoundFile(streams: readonly Stream[], rootClass = Buffer.alloc(16)): Buffer {
  const header = Buffer.alloc(512);
  Buffer.from('d0cf11e0a1b11ae1', 'hex').copy(header);
  header.writeUInt16LE(9, 30);
  header.writeUInt32LE(1, 48);
  header.writeUInt32LE(4096, 56);
  header.writeUInt32LE(0, 76);
  const table = Buffer.alloc(512, 0xff);
  table.writeUInt32LE(0xfffffffd, 0);
  table.writeUInt32LE(0xfffffffe, 4);
  const directory = Buffer.alloc(512);
  const entry = (index: number, name: string, type: number, first: number, size: number): void => {
    const at = index * 128;
    directory.write(name, at, 'utf16le');
    directory.writeUInt16LE(2 * name.length + 2, at + 64);
    directory[at + 66] = type;
    directory.writeUInt32LE(first, at + 116);
    directory.writeUInt32LE(size, at + 120);
  };
  entry(0, 'Root Entry', 5, 0xfffffffe, 0);
  rootClass.copy(directory, 80);
  const sectors = streams.map(({ name, data = Buffer.alloc(0) }, index) => {
    entry(index + 1, name, 2, index + 2, 4096);
    return Buffer.concat([data, Buffer.alloc(512)]).subarray(0, 512);
  });
  return Buffer.concat([header, table, directory, ...sectors]);
}

export interface TarFile {
  readonly name: string;
  readonly kind?: string;
  readonly data?: string;
}

/** POSIX ustar. */
export function tar(files: readonly TarFile[], ended = true): Buffer {
  const blocks = files.map(({ name, kind = '0', data = '' }) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write('0000644\0', 100);
    header.write(`${Buffer.byteLength(data).toString(8).padStart(11, '0')}\0`, 124);
    header.write('        ', 148);
    header.write(kind, 156);
    header.write('ustar\x0000', 257, 'latin1');
    header.write(
      `${header
        .reduce((sum, octet) => sum + octet, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    const padded = Buffer.alloc(Math.ceil(Buffer.byteLength(data) / 512) * 512);
    padded.write(data);
    return Buffer.concat([header, padded]);
  });
  return Buffer.concat([...blocks, ...(ended ? [Buffer.alloc(1024)] : [])]);
}

export function classFile(): Buffer {
  return Buffer.concat([be32(0xcafebabe), be32(61)]);
}

export function fatBinary(): Buffer {
  return Buffer.concat([be32(0xcafebabe), be32(2)]);
}
