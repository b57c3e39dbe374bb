/** What senders try so that a rule about attachments does not see what a mail program will open. */
import { describe, expect, it } from 'vitest';
import type { Attachment } from '../../../shared/mime/attachment-types.ts';
import { listAttachments } from '../../../shared/mime/attachments.ts';
import { isExecutable } from '../../../shared/mime/executable.ts';
import { savedNames } from '../../../shared/mime/file-names.ts';
import { attachmentText } from '../../../shared/mime/index.ts';
import { message } from './support.ts';

function mixed(head: string, body = 'x'): string {
  return `Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nHello.\n--b\n${head}\n\n${body}\n--b--\n`;
}

function attachmentIn(head: string, body = 'x'): Attachment {
  const [found] = listAttachments(message(mixed(head, body)));
  if (found === undefined) throw new Error('there is no attachment');
  return found;
}

const PROGRAM = Buffer.from(`MZ\x90${'\0'.repeat(80)}`, 'latin1').toString('base64');
const FILE = 'Content-Type: application/octet-stream';
const BASE64 = 'Content-Transfer-Encoding: base64';

describe('names', () => {
  it.each([
    ['dots and spaces at the end', 'filename="a.exe. . "'],
    ['a no-break space at the end', "filename*=utf-8''a.exe%C2%A0"],
    ['a slash at the end', 'filename="a.exe/"'],
    ['a stream of NTFS', 'filename="a.exe::$DATA"'],
    ['a named stream', 'filename="C:\\\\dir\\\\a.exe:x.txt"'],
    ['a zero-width space', "filename*=utf-8''a.e%E2%80%8Bxe"],
    ['a mark of direction', "filename*=utf-8''a%E2%80%AEfdp.exe"],
    ['full-width letters', "filename*=utf-8''a.%EF%BD%85%EF%BD%98%EF%BD%85"],
    ['a NUL', "filename*=utf-8''a.exe%00.txt"],
    ['a name escaped as in an address', 'filename="a%2Eexe"'],
    ['an encoded word', 'filename="=?utf-8?B?YS5leGU=?="'],
    ['encoded words in sections', 'filename*0="=?utf-8?Q?a.e"; filename*1="xe?="'],
    ['sections without the first', 'filename*1="a.e"; filename*2="xe"'],
    ['sections with a gap', 'filename*0="a."; filename*2="exe"'],
    ['a section twice', 'filename*0="a."; filename*1="txt"; filename*1="exe"'],
    ['no token before it', undefined],
    ['a comment behind it', 'filename=a.exe (a.txt)'],
    ['a word behind it', 'filename=a.exe txt'],
    ['another name first', 'filename=a.txt; filename=a.exe'],
  ])('with %s: a program', (_name, parameters) => {
    const value = parameters === undefined ? 'filename=a.exe' : `attachment; ${parameters}`;
    expect(isExecutable(attachmentIn(`${FILE}\nContent-Disposition: ${value}`))).toBe(true);
  });

  it('in the last of a hundred fields', () => {
    const fields = 'Content-Disposition: attachment; filename=a.txt\n'.repeat(99);
    const file = attachmentIn(`${fields}Content-Disposition: attachment; filename=a.exe`);
    expect([isExecutable(file), file.content().unreadable]).toEqual([true, 'names-over-limit']);
  });

  it.each([
    ['behind a thousand parameters', `attachment; ${'a=b; '.repeat(1_000)}filename=a.exe`],
    ['behind a comment of 70 KB', `attachment; (${'x'.repeat(70_000)}) filename=a.exe`],
  ])('%s: not known, and it says so', (_name, value) => {
    expect(attachmentIn(`${FILE}\nContent-Disposition: ${value}`).content().unreadable).toBe(
      'names-over-limit',
    );
  });

  it('that are plain have no others', () => {
    for (const name of ['a.exe', 'my report 100%.pdf', '.bashrc', 'a.tar.gz', 'ü.txt']) {
      expect(savedNames(name)).toEqual([]);
    }
  });

  it.each([
    ['caf%C3%A9%2Eexe', ['caf\u00e9.exe']],
    ['a%FF.exe.', ['a%FF.exe', 'a\u00ff.exe']],
    ['..\\a.exe', ['a.exe']],
    ['a.exe:b', ['a.exe']],
  ])('%j may become %j', (name, others) => {
    expect(savedNames(name)).toEqual(others);
  });

  it('of uuencoded files, too', () => {
    const [file] = listAttachments(message('\nbegin 644 a.exe::$DATA\n#0V%T\n`\nend\n'));
    expect(file?.names).toContain('a.exe');
  });
});

describe('types and encodings', () => {
  it('a script by its type, where no name has an extension', () => {
    expect(isExecutable(attachmentIn('Content-Type: application/hta'))).toBe(true);
    expect(isExecutable(attachmentIn('Content-Type: text/vbscript; name=a'))).toBe(true);
    expect(isExecutable(attachmentIn('Content-Type: application/x-msdownload; name=a.pdf'))).toBe(false);
  });

  it.each([
    ['characters of no alphabet', `!*\n${PROGRAM}`],
    ['padding before it', `====\n${PROGRAM}`],
  ])('%s: still a program', (_name, body) => {
    expect(isExecutable(attachmentIn(`Content-Type: image/png; name=a.png\n${BASE64}`, body))).toBe(true);
  });

  it('padding inside a group, which readers take differently: it says so', () => {
    const body = `${PROGRAM.slice(0, 1)}=${PROGRAM.slice(1)}`;
    const { unreadable } = attachmentIn(`Content-Type: image/png; name=a.png\n${BASE64}`, body).content();
    expect(unreadable).toBe('encoding-damaged');
  });

  it('two encodings', () => {
    const head = `${FILE}; name=a.png\nContent-Transfer-Encoding: 7bit\n${BASE64}`;
    expect(attachmentIn(head, PROGRAM).content().unreadable).toBe('encoding-ambiguous');
    expect(attachmentIn(`${FILE}\n${BASE64}\n${BASE64}`, PROGRAM).content().unreadable).toBeUndefined();
  });

  it('a fragment, a file elsewhere', () => {
    for (const type of ['message/partial; id=x; number=1', 'message/external-body; access-type=url']) {
      expect(attachmentIn(`Content-Type: ${type}`).content().unreadable).toBe('content-elsewhere');
    }
  });

  it('more uuencoded files than are listed', () => {
    const body = 'begin 644 a\n`\nend\n'.repeat(200);
    const files = listAttachments(message(`\n${body}`));
    expect([files.length, files.at(-1)?.content().unreadable]).toEqual([100, 'files-over-limit']);
  });
});

describe('messages in messages', () => {
  const inner = mixed(`${FILE}; name=in.exe`).replaceAll('--b', '--i').replace('=b', '=i');

  it.each([
    ['as a file with a name', 'Content-Type: application/x; name=a.eml', inner],
    ['as a file with a name that ends in a dot', 'Content-Type: text/plain; name="a.EML."', inner],
    [
      'as a file without a name',
      FILE,
      `From: a@example.com\nTo: b@example.com\nDate: x\nSubject: x\n${inner}`,
    ],
    ['encoded', `Content-Type: message/rfc822\n${BASE64}`, Buffer.from(inner).toString('base64')],
  ])('%s: its attachments are found, and its text', (_name, head, body) => {
    const text = mixed(head, body);
    const [file] = listAttachments(message(text));
    expect(file?.nested().some(isExecutable)).toBe(true);
    expect(attachmentText(message(text)).text).toContain('Hello.');
  });

  it('deeper than is looked: it says so', () => {
    let text = inner;
    for (let depth = 0; depth < 9; depth++) {
      text = `Content-Type: multipart/mixed; boundary=m${depth}\n\n--m${depth}\nContent-Type: message/rfc822\n\n${text}\n--m${depth}--\n`;
    }
    let list = listAttachments(message(text));
    const reasons: (string | undefined)[] = [];
    for (; list.length > 0; list = list[0]?.nested() ?? []) reasons.push(list[0]?.content().unreadable);
    expect(reasons.at(-1)).toBe('too-deep');
    expect(reasons.slice(0, -1).every((reason) => reason === undefined)).toBe(true);
  });
});
