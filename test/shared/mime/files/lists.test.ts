/** Corners of the lists of archives that no packer at hand writes: made by hand, octet by octet. */
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { inspectFile } from '../../../../shared/mime/files/inspect.ts';
import { cab, le, rar4, tar } from './make.ts';

function listed(bytes: Uint8Array): readonly [readonly string[] | undefined, boolean | undefined] {
  const { archive } = inspectFile(bytes);
  return [archive?.entries.map(({ name }) => name), archive?.complete];
}

/** A 7-Zip archive whose only folder has these octets, and four packed streams. */
function sevenZip(folder: readonly number[], name: string): Buffer {
  const text = Buffer.from(`${name}\0`, 'utf16le');
  const header = Buffer.from([
    ...[0x01, 0x04],
    ...[0x06, 0x00, 4, 0x09, 1, 1, 1, 1, 0x00],
    ...[0x07, 0x0b, 1, 0, ...folder, 0x0c, 1, 1, 1, 1, 0x00],
    0x00,
    ...[0x05, 1, 0x11, text.length + 1, 0, ...text, 0x00],
    0x00,
  ]);
  const start = Buffer.concat([le(4, 8), le(header.length, 8), le(crc32(header), 4)]);
  const signature = Buffer.from('377abcaf271c0004', 'hex');
  return Buffer.concat([signature, le(crc32(start), 4), start, Buffer.alloc(4), header]);
}

describe('lists', () => {
  it('7-Zip: a program packed with BCJ2, whose coder has four inputs', () => {
    const lzma = [0x23, 0x03, 0x01, 0x01, 5, 0x5d, 0, 0, 1, 0];
    const bonds = [1, 0, 2, 1, 3, 2];
    const packed = [4, 5, 6, 3];
    const folder = [4, 0x14, 0x03, 0x03, 0x01, 0x1b, 4, 1, ...lzma, ...lzma, ...lzma, ...bonds, ...packed];
    expect(listed(sevenZip(folder, 'setup.exe'))).toEqual([['setup.exe'], true]);
  });

  it('RAR 4: a Unicode name, each letter by each of the ways to pack it', () => {
    const unicode = Buffer.from([
      0x04, // the high octet
      ...[0b11_00_01_10, 0x02, 0x4e, 0x30, 0x00, 0x4e], // a run, an octet, one below the high octet, two octets
      ...[0b11_11_00_00, 0x81, 0x01, 0x00], // a run that is corrected, and a run to the end
    ]);
    expect(listed(rar4([{ name: 'Rechnung.exe', unicode }]))).toEqual([
      ['RechN\u0430\u4e00\u0468\u042f\u0466xe'],
      true,
    ]);
  });

  it('a cabinet: as many names as it says, whatever stands behind them', () => {
    const bytes = Buffer.concat([cab(['a.txt', 'b.exe']), Buffer.from(`${'x'.repeat(40)}\0more\0`)]);
    expect(listed(bytes)).toEqual([['a.txt', 'b.exe'], true]);
  });

  it('TAR: a header without a size is of a file of no length', () => {
    const whole = tar([{ name: 'a' }, { name: 'b.exe', data: 'MZ' }]);
    whole.fill(0x20, 124, 136);
    whole.write('        ', 148);
    const sum = whole.subarray(0, 512).reduce((all, octet) => all + octet, 0);
    whole.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    expect(listed(whole)).toEqual([['a', 'b.exe'], true]);
  });
});
