/** What a file is by its first octets, whatever it is called. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inspectFile } from '../../../../shared/mime/files/inspect.ts';
import { SIGNATURES } from '../../../../shared/mime/files/signatures.ts';
import { classFile, compoundFile, fatBinary, le, zip } from './make.ts';

const FILES = new URL('../../../fixtures/files/', import.meta.url).pathname;

function kindOf(bytes: Uint8Array): string {
  const { type } = inspectFile(bytes);
  return type === undefined ? 'unknown' : `${type.mediaType}${type.executable ? ' executable' : ''}`;
}

function text(content: string): string {
  return kindOf(Buffer.from(content, 'latin1'));
}

describe('files of real programs', () => {
  it.each([
    ['plain.pdf', 'application/pdf', false],
    ['encrypted.pdf', 'application/pdf', true],
    ['plain.xls', 'application/vnd.ms-excel', false],
    ['plain.xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', false],
    ['plain.xlsb', 'application/vnd.ms-excel.sheet.binary.macroenabled.12', false],
    ['encrypted.xlsx', 'application/x-encrypted-office', true],
    ['plain.ods', 'application/vnd.oasis.opendocument.spreadsheet', false],
  ])('%s', (file, mediaType, passwordProtected) => {
    const inspected = inspectFile(readFileSync(`${FILES}${file}`));
    expect(inspected).toMatchObject({ type: { mediaType, executable: false }, passwordProtected });
  });

  it('the Node that runs this is a program', () => {
    expect(kindOf(readFileSync(process.execPath).subarray(0, 100_000))).toMatch(/executable$/);
  });
});

describe('programs', () => {
  it.each([
    [
      'a Windows program',
      Buffer.from(`MZ\x90\0${'\0'.repeat(100)}`, 'latin1'),
      'application/vnd.microsoft.portable-executable',
    ],
    ['a Java class', classFile(), 'application/java-vm'],
    ['a Mach-O file for two processors', fatBinary(), 'application/x-mach-binary'],
    [
      'an installer',
      compoundFile([], Buffer.from('84100c0000000000c000000000000046', 'hex')),
      'application/x-msi',
    ],
    ['a JAR', zip([{ name: 'META-INF/MANIFEST.MF' }, { name: 'A.class' }]), 'application/java-archive'],
    [
      'an Android package',
      zip([{ name: 'AndroidManifest.xml' }, { name: 'META-INF/MANIFEST.MF' }]),
      'application/vnd.android.package-archive',
    ],
    [
      'a Windows package',
      zip([{ name: '[Content_Types].xml' }, { name: 'AppxManifest.xml' }]),
      'application/vnd.ms-appx',
    ],
    ['a script', Buffer.from('#!/bin/sh\n'), 'text/x-shellscript'],
    ['a batch file', Buffer.from('\r\n@ECHO off\r\n'), 'application/x-bat'],
    ['a shortcut to a place', Buffer.from('[InternetShortcut]\r\nURL=file://x'), 'application/x-mswinurl'],
    [
      'registry entries, in UTF-16',
      Buffer.from('\ufeffWindows Registry Editor Version 5.00\r\n', 'utf16le'),
      'text/x-ms-regedit',
    ],
    [
      'an HTML application',
      Buffer.from('<html><head><HTA:APPLICATION id=x></head></html>'),
      'application/hta',
    ],
    [
      'a script file of Windows',
      Buffer.from('<?xml version="1.0"?>\n<job id="x"><script>'),
      'text/x-windows-script',
    ],
    ['a settings link', Buffer.from('<?xml version="1.0"?><PCSettings>'), 'application/x-settingcontent'],
    ['the EICAR test', Buffer.from('X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR'), 'application/x-eicar-test'],
  ])('%s', (_name, bytes, mediaType) => {
    expect(kindOf(bytes)).toBe(`${mediaType} executable`);
  });

  it('text that begins like one is none', () => {
    expect(text('MZansi greets you. '.repeat(10))).toBe('unknown');
    expect(text('BZhello')).toBe('unknown');
    expect(text('FORMULAR 17')).toBe('unknown');
    expect(text('CWS is short for something')).toBe('unknown');
    expect(text('BM is short for Bernd Meier, who lives')).toBe('unknown');
    expect(text('12-lh')).toBe('unknown');
  });
});

describe('documents, media, text', () => {
  it.each([
    [
      'Word with macros',
      zip([{ name: '[Content_Types].xml' }, { name: 'word/document.xml' }, { name: 'word/vbaProject.bin' }]),
      'application/vnd.ms-word.document.macroenabled.12',
    ],
    [
      'Word',
      zip([{ name: '[Content_Types].xml' }, { name: 'word/document.xml' }]),
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    ],
    ['EPUB', zip([{ name: 'mimetype', data: Buffer.from('application/epub+zip') }]), 'application/epub+zip'],
    ['an old Word document', compoundFile([{ name: 'WordDocument' }]), 'application/msword'],
    ['an Outlook message', compoundFile([{ name: '__properties_version1.0' }]), 'application/vnd.ms-outlook'],
    ['a bitmap', Buffer.concat([Buffer.from('BM'), Buffer.alloc(12), le(40, 4)]), 'image/bmp'],
    ['MP3 without tags', Buffer.from('fffb9064', 'hex'), 'audio/mpeg'],
    ['WebP', Buffer.from('RIFF\0\0\0\0WEBP'), 'image/webp'],
    ['HEIC', Buffer.from('\0\0\0\x18ftypheic'), 'image/heic'],
    [
      'a disk image of macOS',
      Buffer.concat([Buffer.alloc(600), Buffer.from('koly'), Buffer.alloc(508)]),
      'application/x-apple-diskimage',
    ],
    [
      'a floppy image',
      Buffer.concat([Buffer.from('eb3c90', 'hex'), Buffer.alloc(507), Buffer.from('55aa', 'hex')]),
      'application/x-raw-disk-image',
    ],
    [
      'a CD image without a readable tree',
      Buffer.concat([Buffer.alloc(32_769), Buffer.from('BEA01')]),
      'application/x-udf-image',
    ],
    ['PDF behind a few octets', Buffer.from('junk\n%PDF-1.7'), 'application/pdf'],
    ['HTML', Buffer.from('\ufeff \n<!DOCTYPE html><p>'), 'text/html'],
    ['SVG', Buffer.from('<?xml version="1.0"?><svg xmlns="x">'), 'image/svg+xml'],
    ['a message', Buffer.from('Received: x\r\nFrom: a@b\r\nSubject: x\r\n\r\nbody'), 'message/rfc822'],
    ['a calendar', Buffer.from('BEGIN:VCALENDAR\r\n'), 'text/calendar'],
    ['a winmail.dat', Buffer.from('789f3e22', 'hex'), 'application/vnd.ms-tnef'],
  ])('%s', (_name, bytes, mediaType) => {
    expect(kindOf(bytes)).toBe(mediaType);
  });

  it('prose is nothing known', () => {
    expect(text('Dear all,\nsee below: nothing.\n')).toBe('unknown');
    expect(kindOf(new Uint8Array())).toBe('unknown');
  });
});

describe('passwords', () => {
  it('of old Word documents', () => {
    const fib = Buffer.alloc(64);
    expect(inspectFile(compoundFile([{ name: 'WordDocument', data: fib }])).passwordProtected).toBe(false);
    fib.writeUInt16LE(0x0100, 10);
    expect(inspectFile(compoundFile([{ name: 'WordDocument', data: fib }])).passwordProtected).toBe(true);
  });

  it('of old Excel documents, write protection apart', () => {
    const begin = Buffer.concat([le(0x809, 2), le(16, 2), Buffer.alloc(16)]);
    const writeProtection = Buffer.concat([le(0x86, 2), le(0, 2)]);
    const password = Buffer.concat([le(0x2f, 2), le(6, 2)]);
    const workbook = (...records: readonly Buffer[]): boolean =>
      inspectFile(compoundFile([{ name: 'Workbook', data: Buffer.concat(records) }])).passwordProtected;
    expect(workbook(begin)).toBe(false);
    expect(workbook(begin, writeProtection)).toBe(false);
    expect(workbook(begin, password)).toBe(true);
    expect(workbook(begin, writeProtection, password)).toBe(true);
  });

  it('of OpenDocument, by its manifest', () => {
    const manifest = (data: string): Buffer =>
      zip([{ name: 'META-INF/manifest.xml', data: Buffer.from(data) }]);
    expect(inspectFile(manifest('<manifest:encryption-data>')).passwordProtected).toBe(true);
    expect(inspectFile(manifest('<manifest:file-entry>')).passwordProtected).toBe(false);
  });

  it('of PDF: the word in a text is no trailer', () => {
    const pdf = (trailer: string): boolean =>
      inspectFile(
        Buffer.from(`%PDF-1.7\n(about /Encrypt in general)\ntrailer <<${trailer}>>\nstartxref\n9\n%%EOF\n`),
      ).passwordProtected;
    expect(pdf('/Root 1 0 R')).toBe(false);
    expect(pdf('/Root 1 0 R /Encrypt 5 0 R')).toBe(true);
    expect(pdf('/Encrypt<</Filter/Standard>>')).toBe(true);
  });
});

describe('signatures', () => {
  it('are found where they stand, and name a type and extensions', () => {
    for (const { at, octets, type } of SIGNATURES) {
      const bytes = Buffer.alloc(at + octets.length + 64);
      bytes.write(octets, at, 'latin1');
      expect(type.mediaType, octets).toMatch(/^[a-z]+\/[a-z0-9.+-]+$/);
      expect(
        type.extensions.every((extension) => /^[a-z0-9]+$/.test(extension)),
        octets,
      ).toBe(true);
      // Some need more octets than their signature to be believed.
      if (/bzip2|lzh|aiff|lzip/.test(type.mediaType)) continue;
      if (type.mediaType === 'application/x-ole-storage') continue;
      expect(inspectFile(bytes).type?.mediaType, octets).toBeDefined();
    }
  });

  it('any octets behind any of them: no throw', () => {
    const signature = fc.constantFrom(...SIGNATURES);
    fc.assert(
      fc.property(signature, fc.uint8Array({ maxLength: 200 }), ({ at, octets }, rest) => {
        const head = Buffer.alloc(at + octets.length);
        head.write(octets, at, 'latin1');
        inspectFile(Buffer.concat([head, rest]));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('containers', () => {
  it.each([
    ['ftypheic', 'image/heic', 'heic heif'],
    ['ftypmif1', 'image/heic', 'heic heif'],
    ['ftypavif', 'image/avif', 'avif'],
    ['ftypavis', 'image/avif', 'avif'],
    ['ftypM4A ', 'audio/mp4', 'm4a'],
    ['ftypqt  ', 'video/quicktime', 'mov'],
    ['ftyp3gp4', 'video/3gpp', '3gp'],
    ['ftypisom', 'video/mp4', 'mp4 m4v'],
  ])('%s', (octets, mediaType, extensions) => {
    const { type } = inspectFile(Buffer.from(`\0\0\0\x18${octets}\0\0\0\0`, 'latin1'));
    expect(type).toEqual({ mediaType, extensions: extensions.split(' '), executable: false });
  });

  it.each([
    ['META-INF/manifest.xml', 'a <manifest:encryption-data/>', true],
    ['meta-inf/MANIFEST.XML', 'a <manifest:encryption-data/>', true],
    ['META-INF/manifest.xml', 'a', false],
    ['content.xml', 'a <manifest:encryption-data/>', false],
  ])('an OpenDocument text with %s: %s', (name, data, passwordProtected) => {
    const mimetype = { name: 'mimetype', data: Buffer.from('application/vnd.oasis.opendocument.text') };
    const file = zip([mimetype, { name, data: Buffer.from(data) }]);
    expect(inspectFile(file)).toMatchObject({
      type: { mediaType: 'application/vnd.oasis.opendocument.text' },
      passwordProtected,
    });
  });

  it('the root of XML stands near the start, or what is behind it may be anything', () => {
    const behind = (blanks: number): string => text(`<?xml version="1.0"?>${' '.repeat(blanks)}<svg>`);
    expect([behind(2000), behind(2100)]).toEqual(['image/svg+xml', 'application/xml']);
  });

  it('a damaged ZIP is one still', () => {
    expect(text('PK\x03\x04 and no more')).toBe('application/zip');
  });

  it('HTML in UTF-16 of either order', () => {
    const page = Buffer.from('\ufeff <HTML><p>', 'utf16le');
    expect([kindOf(page), kindOf(Buffer.from(page).swap16())]).toEqual(['text/html', 'text/html']);
  });
});
