/** Files that are several things at once, or seem to be: each way of looking at one counts. */
import { describe, expect, it } from 'vitest';
import { inspectFile } from '../../../../shared/mime/files/inspect.ts';
import { compoundFile, rar5, zip } from './make.ts';

const EMPTY_END = Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)]);
const GIF = Buffer.from(`GIF89a${'\0'.repeat(40)}`, 'latin1');
const LOCKED_PDF = Buffer.from(
  '%PDF-1.7\n1 0 obj\ntrailer <</Root 1 0 R /Encrypt 5 0 R>>\nstartxref\n9\n%%EOF\n',
);

function names(bytes: Uint8Array): readonly string[] | undefined {
  return inspectFile(bytes).archive?.entries.map(({ name }) => name);
}

describe('the end of an empty ZIP archive behind it hides nothing', () => {
  it.each([
    ['the password of a PDF', LOCKED_PDF, { passwordProtected: true }],
    [
      'the password of a document',
      compoundFile([{ name: 'EncryptedPackage', data: Buffer.alloc(64) }]),
      { passwordProtected: true },
    ],
    [
      'a RAR archive',
      rar5([{ name: 'a.exe', encrypted: true }]),
      { passwordProtected: true, archive: { entries: [{ name: 'a.exe', encrypted: true }], complete: true } },
    ],
    [
      'a ZIP archive, as its comment',
      zip([{ name: 'a.exe' }], { comment: EMPTY_END }).subarray(0, -EMPTY_END.length),
      { archive: { entries: [{ name: 'a.exe', encrypted: false }], complete: true } },
    ],
  ])('%s', (_name, bytes, expected) => {
    expect(inspectFile(Buffer.concat([bytes, EMPTY_END]))).toMatchObject(expected);
  });
});

describe('two files in one', () => {
  const jar = zip([{ name: 'META-INF/MANIFEST.MF' }, { name: 'A.class' }], { prefix: GIF });

  it('a picture that is a program too is a program', () => {
    expect(inspectFile(jar).type).toMatchObject({ mediaType: 'application/java-archive', executable: true });
    expect(inspectFile(zip([{ name: 'a.txt' }], { prefix: GIF })).type?.mediaType).toBe('image/gif');
  });

  it('a PDF and a ZIP archive: names of the one, password of the other', () => {
    const both = inspectFile(zip([{ name: 'a.exe' }], { prefix: LOCKED_PDF }));
    expect(both).toMatchObject({ type: { mediaType: 'application/pdf' }, passwordProtected: true });
    expect(both.archive?.entries).toHaveLength(1);
  });

  it('a RAR archive behind a picture', () => {
    expect(names(Buffer.concat([GIF, rar5([{ name: 'a.exe', encrypted: false }])]))).toEqual(['a.exe']);
  });

  it('two ZIP archives, one behind the other: the names of both, and not complete', () => {
    const bytes = Buffer.concat([zip([{ name: 'a.exe' }]), zip([{ name: 'b.txt' }])]);
    expect(names(bytes)?.toSorted()).toEqual(['a.exe', 'b.txt']);
    expect(inspectFile(bytes).unreadable).toBe('archive-incomplete');
  });

  it('a ZIP archive whose comment is another one', () => {
    const comment = zip([{ name: 'b.txt' }]);
    expect(names(zip([{ name: 'a.exe' }], { comment }))?.toSorted()).toEqual(['a.exe', 'b.txt']);
  });

  it('a ZIP archive with a file that its directory does not list', () => {
    const hidden = zip([{ name: 'b.exe' }]);
    const local = hidden.subarray(0, hidden.indexOf('PK\x01\x02'));
    expect(names(zip([{ name: 'a.txt' }], { prefix: local }))?.toSorted()).toEqual(['a.txt', 'b.exe']);
  });

  it('a ZIP archive stored in a ZIP archive is a file of it', () => {
    const inner = zip([{ name: '[Content_Types].xml' }, { name: 'word/document.xml' }]);
    const outer = inspectFile(zip([{ name: 'in.docx', data: inner }]));
    expect(outer.archive).toEqual({ entries: [{ name: 'in.docx', encrypted: false }], complete: true });
    expect(outer.type?.mediaType).toBe('application/zip');
  });
});

describe('the password of a PDF', () => {
  it.each([
    ['with octets behind it', `/Encrypt 5 0 R>>\nstartxref\n9\n%%EOF\n${' '.repeat(200_000)}`],
    ['with its name escaped', '/Encr#79pt 5 0 R>>\nstartxref\n9\n%%EOF\n'],
    ['with a comment in between', '/Encrypt % x\n5\n0 % y\rR>>\nstartxref\n9\n%%EOF\n'],
  ])('%s', (_name, end) => {
    expect(
      inspectFile(Buffer.from(`%PDF-1.7\n${' '.repeat(100_000)}\ntrailer <<${end}`)).passwordProtected,
    ).toBe(true);
  });
});
