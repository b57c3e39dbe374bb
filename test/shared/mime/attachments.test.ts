/** Which files a message carries, under which names, and what they really are. */
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Attachment } from '../../../shared/mime/attachment-types.ts';
import { listAttachments } from '../../../shared/mime/attachments.ts';
import { EXECUTABLE_EXTENSIONS, isExecutable } from '../../../shared/mime/executable.ts';
import { extensionsOf } from '../../../shared/mime/file-names.ts';
import { parseMessage } from '../../../shared/mime/index.ts';
import { uuencodedFiles } from '../../../shared/mime/uuencode.ts';
import { cpuNow } from '../../support/cpu-time.ts';
import { grammarMessage, rawMessage } from './arbitraries.ts';
import { zip } from './files/make.ts';
import { CORPORA, corpus, fixture, message } from './support.ts';

function attachmentsOf(text: string): readonly Attachment[] {
  return listAttachments(message(text.replaceAll('\n', '\r\n')));
}

function part(head: string, body = 'x'): string {
  return `Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nHello.\n--b\n${head}\n\n${body}\n--b--\n`;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

const PROGRAM = Buffer.from(`MZ\x90${'\0'.repeat(80)}`, 'latin1');

describe('what is an attachment', () => {
  it.each([
    ['plain-7bit', []],
    ['alternative', []],
    ['calendar-invitation', []],
    ['report-mdn', []],
    ['mixed-text-pdf', ['2']],
    ['mixed-attached-message', ['2']],
    ['only-attachment', ['']],
    ['only-attached-text', ['']],
    ['mixed-named-inline-text', ['2']],
    ['plain-uuencode', ['']],
  ])('%s', (name, paths) => {
    const listed = listAttachments(parseMessage(fixture(name)));
    expect(listed.map(({ path }) => path)).toEqual(paths);
  });

  it('an attached message, with its own attachments under its path', () => {
    const inner = part('Content-Type: application/pdf; name=in.pdf')
      .replaceAll('--b', '--inner')
      .replace('=b', '=inner');
    const [outer] = attachmentsOf(part('Content-Type: message/rfc822', inner));
    expect(outer).toMatchObject({ path: '2', kind: 'message', names: [] });
    expect(outer?.nested().map(({ path, names }) => [path, names])).toEqual([['2/2', ['in.pdf']]]);
  });

  it('a file between `begin` and `end` in a text', () => {
    const body = `Hello.\n\nbegin 644 evil.exe\n#0V%T\n\`\nend\nBye.\nbegin here and now\n`;
    const [file, ...others] = attachmentsOf(`Content-Type: text/plain\n\n${body}`);
    expect(others).toEqual([]);
    expect(file).toMatchObject({ path: '~1', kind: 'uuencode', names: ['evil.exe'], sizeBytes: 3 });
    expect(Buffer.from(file?.content().bytes ?? []).toString()).toBe('Cat');
    const octets = Buffer.from(body);
    const [found] = uuencodedFiles(octets);
    expect(octets.toString('utf8', found?.start, found?.end)).toBe('begin 644 evil.exe\n#0V%T\n`\nend\n');
  });

  it('inline: by disposition, or by a Content-ID in multipart/related', () => {
    const [image] = listAttachments(parseMessage(fixture('alternative-with-related')));
    expect(image).toMatchObject({ inline: true, kind: 'part' });
    const [pdf] = listAttachments(parseMessage(fixture('mixed-text-pdf')));
    expect(pdf?.inline).toBe(false);
  });
});

describe('names', () => {
  const namesOf = (head: string): readonly string[] | undefined => attachmentsOf(part(head))[0]?.names;

  it.each([
    [
      'both parameters',
      'Content-Type: a/b; name=x.txt\nContent-Disposition: attachment; filename=y.exe',
      ['y.exe', 'x.txt'],
    ],
    [
      'both forms of one',
      "Content-Disposition: attachment; filename=x.txt; filename*=utf-8''y.exe",
      ['y.exe', 'x.txt'],
    ],
    [
      'sections and a plain one',
      'Content-Disposition: attachment; filename*0=y.; filename*1=exe; filename=x.txt',
      ['y.exe', 'x.txt'],
    ],
    ['one twice', 'Content-Disposition: attachment; filename=x.txt; filename=y.exe', ['x.txt', 'y.exe']],
    [
      'a second field',
      'Content-Disposition: attachment; filename=x.txt\nContent-Disposition: attachment; filename=y.exe',
      ['x.txt', 'y.exe'],
    ],
    ['the parameter of the other field', 'Content-Disposition: attachment; name=y.exe', ['y.exe']],
    [
      'an encoded word',
      'Content-Disposition: attachment; filename="=?utf-8?Q?gr=C3=BCn.exe?="',
      ['grün.exe'],
    ],
    ['octets beyond ASCII', 'Content-Disposition: attachment; filename="gr\xfcn.exe"', ['grün.exe']],
    [
      'one name, said twice',
      'Content-Type: a/b; name=x.pdf\nContent-Disposition: attachment; filename=x.pdf',
      ['x.pdf'],
    ],
  ])('%s: all that a program may show', (_name, head, names) => {
    expect(namesOf(head)).toEqual(names);
  });

  it.each([
    ['invoice.pdf', ['pdf']],
    ['invoice.pdf.exe', ['exe']],
    ['invoice.EXE. . ', ['exe']],
    ['invoice\u202efdp.exe', ['exe']],
    ['invoice.e\u200bxe', ['exe']],
    ['invoice.exe\0.txt', ['txt', 'exe']],
    ['folder.exe/readme', []],
    ['none', []],
    ['.bashrc', ['bashrc']],
  ])('%j has the extensions %j', (name, extensions) => {
    expect(extensionsOf(name)).toEqual(extensions);
  });
});

describe('contents', () => {
  it('are decoded, measured and recognised once', () => {
    const [file] = attachmentsOf(
      part('Content-Type: image/png; name=harmless.png\nContent-Transfer-Encoding: base64', base64(PROGRAM)),
    );
    expect(file?.sizeBytes).toBe(PROGRAM.length);
    expect(file?.content().type?.executable).toBe(true);
    expect(file?.content()).toBe(file?.content());
    expect(file !== undefined && isExecutable(file)).toBe(true);
  });

  it('of archives: names inside', () => {
    const archive = base64(zip([{ name: 'invoice.js', flags: 1 }]));
    const [file] = attachmentsOf(
      part('Content-Type: application/zip\nContent-Transfer-Encoding: base64', archive),
    );
    expect(file?.content()).toMatchObject({
      archive: { entries: [{ name: 'invoice.js', encrypted: true }], complete: true },
      passwordProtected: true,
    });
  });

  it('in an unknown transfer encoding cannot be read', () => {
    const [file] = attachmentsOf(part('Content-Type: a/b\nContent-Transfer-Encoding: x-own'));
    expect(file?.content().unreadable).toBe('unknown-encoding');
  });
});

describe('programs', () => {
  it.each(['exe', 'js', 'vbs', 'hta', 'lnk', 'iso', 'jar', 'ps1', 'xll', 'appref-ms', 'library-ms'])(
    '%s',
    (extension) => {
      const [file] = attachmentsOf(part(`Content-Type: text/plain; name="a.${extension}"`));
      expect(file !== undefined && isExecutable(file)).toBe(extension !== 'iso');
    },
  );

  it('certificates and drawings that SES refuses are none', () => {
    for (const extension of ['cer', 'crt', 'vss', 'tmp'])
      expect(EXECUTABLE_EXTENSIONS.has(extension)).toBe(false);
  });
});

describe('hostile messages', () => {
  it('messages in messages: listed to a bound, without recursion of the parser', () => {
    let text = part('Content-Type: application/x; name=deep.exe');
    for (let depth = 0; depth < 30; depth++) {
      text = `Content-Type: multipart/mixed; boundary=m${depth}\n\n--m${depth}\nContent-Type: message/rfc822\n\n${text}\n--m${depth}--\n`;
    }
    let depth = 0;
    for (let list = attachmentsOf(text); list.length > 0; list = list[0]?.nested() ?? []) depth++;
    expect(depth).toBe(9);
  });

  it.each([
    ['a million `begin` lines', `\n${'begin 644 a\n'.repeat(400_000)}`],
    ['a million mentions', `\n${'begin '.repeat(800_000)}`],
    ['one uuencoded file of 5 MB', `\nbegin 644 a\n${`M${'0'.repeat(60)}\n`.repeat(80_000)}`],
    [
      'ten thousand parts',
      `Content-Type: multipart/mixed; boundary=b\n\n${'--b\nContent-Type: a/b; name=x\n\nx\n'.repeat(9000)}`,
    ],
    ['names in a thousand forms', part(`Content-Type: a/b;${' name="x";'.repeat(6000)} x=y`)],
  ])('%s', (_name, text) => {
    const parsed = parseMessage(Buffer.from(text, 'latin1'));
    const begun = cpuNow();
    for (const attachment of listAttachments(parsed)) {
      void attachment.sizeBytes;
      attachment.content();
    }
    // Generous for a busy machine; a quadratic reader takes minutes.
    expect(cpuNow() - begun).toBeLessThan(4000);
  });

  it('any octets: no throw', () => {
    const readAll = (bytes: Uint8Array): void => {
      for (const attachment of listAttachments(parseMessage(bytes))) {
        expect(attachment.content().bytes.length).toBe(attachment.sizeBytes);
        isExecutable(attachment);
        attachment.nested();
      }
    };
    fc.assert(fc.property(fc.oneof(rawMessage, grammarMessage), readAll), { numRuns: 500 });
  });

  it.skipIf(CORPORA === undefined)('messages of other projects (MAILROOM_CORPORA): no throw', () => {
    let found = 0;
    for (const { bytes } of corpus()) {
      for (const attachment of listAttachments(parseMessage(bytes))) {
        attachment.content();
        found += 1 + attachment.nested().length;
      }
    }
    expect(found).toBeGreaterThan(300);
  });
});

it('a packed program is not called harmless text', () => {
  const [file] = attachmentsOf(
    part(
      'Content-Type: text/plain; name=a.txt\nContent-Transfer-Encoding: base64',
      base64(gzipSync(PROGRAM)),
    ),
  );
  expect(file?.content().type?.mediaType).toBe('application/gzip');
});
