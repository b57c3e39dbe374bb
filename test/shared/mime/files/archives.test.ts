/** The readers of archives against archives of 7-Zip and of our own making, whole and damaged. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inspectFile } from '../../../../shared/mime/files/inspect.ts';
import { cpuNow } from '../../../support/cpu-time.ts';
import { cab, iso, rar4, rar5, tar, unicodePath, type ZipFile, zip } from './make.ts';

const FILES = new URL('../../../fixtures/files/', import.meta.url).pathname;
const program = Buffer.from(`MZ${'\0'.repeat(200)}This program cannot be run in DOS mode.`, 'latin1');

function read(name: string): Buffer {
  return readFileSync(`${FILES}${name}`);
}

function names(bytes: Uint8Array): readonly string[] | undefined {
  return inspectFile(bytes).archive?.entries.map(({ name }) => name);
}

const SIX = ['sub', 'a.txt', 'sub/f1.exe', 'sub/f2.exe', 'sub/f3.exe', 'sub/f4.exe', 'sub/f5.exe'];

describe('archives of 7-Zip', () => {
  it.each([
    ['clear.7z', SIX],
    ['many.7z', [...SIX, 'grüße.js']],
    ['plain.zip', ['sub/', ...SIX.slice(1), 'grüße.js']],
    ['real.tar.gz', ['sub/', ...SIX.slice(1)]],
  ])('%s: its names, in clear', (file, expected) => {
    const { archive, passwordProtected, unreadable } = inspectFile(read(file));
    expect(archive?.entries.map(({ name }) => name).toSorted()).toEqual(expected.toSorted());
    expect([archive?.complete, passwordProtected, unreadable]).toEqual([true, false, undefined]);
  });

  it('names.7z: a list of 300 names, packed with LZMA', () => {
    const entries = names(read('names.7z')) ?? [];
    expect(entries).toHaveLength(301);
    for (const name of entries.filter((one) => one !== 'big')) {
      expect(name).toMatch(
        /^big\/(?:(?:invoice|Rechnung|Bücher|scan|2026|photo|Übersicht|данные|月報|final|x)-?)+\d+\.(?:pdf|txt|exe|docx)$/u,
      );
    }
  });

  it.each(['enc.7z', 'aes.zip'])('%s: names in clear, contents under a password', (file) => {
    const { archive, passwordProtected, unreadable } = inspectFile(read(file));
    expect(archive?.entries.some(({ name, encrypted }) => name === 'a.txt' && encrypted)).toBe(true);
    expect([passwordProtected, unreadable]).toEqual([true, undefined]);
  });

  it('enchead.7z: not even names', () => {
    expect(inspectFile(read('enchead.7z'))).toMatchObject({
      archive: { entries: [], complete: false },
      passwordProtected: true,
      unreadable: 'archive-list-encrypted',
    });
  });

  it.each(['a.bz2', 'a.xz'])('%s: known, and not looked into', (file) => {
    expect(inspectFile(read(file))).toMatchObject({
      archive: { complete: false },
      unreadable: 'archive-kind',
    });
  });

  it('cut anywhere: no throw, and never called complete with a name missing', () => {
    for (const file of ['many.7z', 'plain.zip', 'real.tar.gz']) {
      const whole = read(file);
      const all = names(whole)?.length ?? 0;
      for (let length = 0; length < whole.length; length += 3) {
        const { archive } = inspectFile(whole.subarray(0, length));
        if (archive?.complete === true) expect(archive.entries, `${file} at ${length}`).toHaveLength(all);
      }
    }
  });
});

describe('ZIP', () => {
  const two: readonly ZipFile[] = [{ name: 'one.txt' }, { name: 'in\\two.exe', data: Buffer.from('MZ') }];

  it.each([
    ['as it is', {}],
    ['behind a program', { prefix: program }],
    ['behind a picture', { prefix: Buffer.from('\x89PNG\r\n\x1a\n picture', 'latin1') }],
    ['with a comment that looks like an end', { comment: Buffer.from(`PK\x05\x06${'x'.repeat(30)}`) }],
    ['with 64-bit fields', { wide: true }],
    ['with 64-bit fields behind a program', { wide: true, prefix: program }],
  ])('%s', (_name, options) => {
    const { archive, unreadable } = inspectFile(zip(two, options));
    expect(archive).toEqual({
      entries: [
        { name: 'one.txt', encrypted: false },
        { name: 'in/two.exe', encrypted: false },
      ],
      complete: true,
    });
    expect(unreadable).toBeUndefined();
  });

  it('behind a program is a program', () => {
    expect(inspectFile(zip(two, { prefix: program })).type?.executable).toBe(true);
  });

  it('lists both names where the directory says another than the file itself', () => {
    const lying = [{ name: 'invoice.pdf', localName: 'invoice.exe' }];
    // What goes from the front does not see those behind a program.
    for (const options of [{}, { prefix: program }]) {
      const { archive } = inspectFile(zip(lying, options));
      expect(archive?.entries.map(({ name }) => name)).toEqual(['invoice.pdf', 'invoice.exe']);
      expect(archive?.complete).toBe(true);
    }
  });

  it('reads names in DOS charset, in UTF-8 with and without its flag, and the Unicode extra field', () => {
    const old = Buffer.from([0x81, 0x2e, 0x74, 0x78, 0x74]);
    expect(names(zip([{ name: old }]))).toEqual(['ü.txt']);
    expect(names(zip([{ name: 'ü.txt', flags: 0x800 }]))).toEqual(['ü.txt']);
    expect(names(zip([{ name: 'ü.txt' }]))).toEqual(['ü.txt']);
    expect(names(zip([{ name: old, extra: unicodePath(old, 'ű.exe') }]))).toEqual(['ü.txt', 'ű.exe']);
    expect(names(zip([{ name: old, extra: unicodePath(Buffer.from('else'), 'ű.exe') }]))).toEqual(['ü.txt']);
  });

  it('with masked names is no list', () => {
    expect(inspectFile(zip([{ name: '1', flags: 0x2041 }]))).toMatchObject({
      passwordProtected: true,
      unreadable: 'archive-incomplete',
    });
  });

  it('that names another number of entries than it has is not complete', () => {
    expect(inspectFile(zip(two, { count: 3 })).archive?.complete).toBe(false);
  });

  it('with its end cut off: what can be followed from the front', () => {
    const whole = zip(two);
    const { archive } = inspectFile(whole.subarray(0, whole.lastIndexOf('PK\x01\x02')));
    expect(archive).toMatchObject({
      complete: false,
      entries: [{ name: 'one.txt' }, { name: 'in/two.exe' }],
    });
  });

  it('of thirty thousand entries is listed up to the limit, in linear time', () => {
    const many = zip(
      Array.from({ length: 30_000 }, (_, index) => ({ name: `f${index}` })),
      { count: 30_000 },
    );
    const begun = cpuNow();
    const { archive } = inspectFile(many);
    expect(cpuNow() - begun).toBeLessThan(1000);
    expect(archive?.entries).toHaveLength(10_000);
    expect(archive?.complete).toBe(false);
  });

  it('that ends in nothing but marks of an end is read in linear time', () => {
    const begun = cpuNow();
    inspectFile(Buffer.from('PK\x05\x06'.repeat(1_000_000), 'latin1'));
    expect(cpuNow() - begun).toBeLessThan(500);
  });
});

describe('RAR', () => {
  const files = [{ name: 'one.txt' }, { name: 'in\\zwei.exe', encrypted: true }];
  const expected = [
    { name: 'one.txt', encrypted: false },
    { name: 'in/zwei.exe', encrypted: true },
  ];

  it.each([
    ['4', rar4(files)],
    ['5', rar5(files)],
    ['4 behind a program', Buffer.concat([program, rar4(files)])],
    ['5 behind a program', Buffer.concat([program, rar5(files)])],
  ])('version %s', (_name, bytes) => {
    expect(inspectFile(bytes)).toMatchObject({
      archive: { entries: expected, complete: true },
      passwordProtected: true,
      unreadable: undefined,
    });
  });

  it.each([
    ['4', rar4(files, true)],
    ['5', rar5(files, true)],
  ])('version %s with encrypted headers', (_name, bytes) => {
    expect(inspectFile(bytes)).toMatchObject({
      archive: { entries: [] },
      passwordProtected: true,
      unreadable: 'archive-list-encrypted',
    });
  });
});

describe('other archives', () => {
  it('cabinets', () => {
    expect(names(cab(['a.txt', 'sub\\grün.exe']))).toEqual(['a.txt', 'sub/grün.exe']);
    expect(inspectFile(cab(['a.txt', 'b.exe']).subarray(0, -2)).archive?.complete).toBe(false);
  });

  it('CD images: both trees, and no end of a circle', () => {
    const { type, archive } = inspectFile(iso({ plain: 'EVIL.EXE', joliet: 'a much longer name.exe' }));
    expect(type?.mediaType).toBe('application/x-iso9660-image');
    expect(archive).toMatchObject({
      complete: true,
      entries: [{ name: 'SUB/EVIL.EXE' }, { name: 'SUB/a much longer name.exe' }],
    });
  });

  it('TAR: long names of GNU and of POSIX, links, an end that is missing', () => {
    const long = `${'folder/'.repeat(30)}evil.exe`;
    const record = `path=${long}\n`;
    const length = record.length + 4;
    const files = [
      { name: '././@LongLink', kind: 'L', data: `${long}\0` },
      { name: 'cut', data: 'MZ' },
      { name: 'PaxHeaders', kind: 'x', data: `${length} ${record}` },
      { name: 'cut2', data: 'MZ' },
      { name: 'link', kind: '2' },
    ];
    expect(names(tar(files))).toEqual([long, long, 'link']);
    expect(inspectFile(tar([{ name: 'a', data: 'x' }], false)).archive).toMatchObject({ complete: true });
    expect(inspectFile(tar([{ name: 'a', data: 'x' }], false).subarray(0, 700)).archive).toMatchObject({
      complete: false,
    });
  });

  it('gzip: the name of its file, a TAR inside, and no bomb', () => {
    expect(names(gzipSync(tar([{ name: 'in.exe', data: 'MZ' }])))).toEqual(['in.exe']);
    expect(names(gzipSync(Buffer.from('text')))).toEqual(['']);
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const begun = cpuNow();
    expect(inspectFile(bomb).archive?.entries).toHaveLength(1);
    expect(cpuNow() - begun).toBeLessThan(500);
  });
});

describe('damage', () => {
  const samples = [
    ...['many.7z', 'enc.7z', 'names.7z', 'plain.zip', 'encrypted.xlsx', 'plain.xls'].map(read),
    rar4([{ name: 'a' }, { name: 'b' }]),
    rar5([{ name: 'a' }, { name: 'b' }]),
    cab(['a', 'b']),
    iso({ plain: 'A', joliet: 'B' }),
    tar([{ name: 'a', data: 'x' }]),
  ];

  it('in any octets: no throw, soon', () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.array(change, { minLength: 1, maxLength: 8 }),
        (sample, changes) => {
          const bytes = Buffer.from(sample);
          for (const [at, octet] of changes) bytes[at % bytes.length] = octet;
          const begun = cpuNow();
          const { archive } = inspectFile(bytes);
          expect(cpuNow() - begun).toBeLessThan(1000);
          expect(archive?.entries.length ?? 0).toBeLessThanOrEqual(10_000);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
