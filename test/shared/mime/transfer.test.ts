import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBase64, encodeQuotedPrintable } from '../../../shared/mime/encode.ts';
import { decodeBody, decodeText, parseMessage } from '../../../shared/mime/index.ts';
import { decodeBase64, decodeQuotedPrintable } from '../../../shared/mime/transfer.ts';
import { cpuNow } from '../../support/cpu-time.ts';
import { fixture, message } from './support.ts';

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('base64 (RFC 2045 §6.8)', () => {
  it.each([
    ['QUJD', 'ABC', []],
    ['QU\r\nJD\r\n', 'ABC', []],
    ['QUI=', 'AB', []],
    ['QQ==', 'A', []],
    ['QQ', 'A', ['base64-truncated']],
    ['QUI', 'AB', ['base64-truncated']],
    ['Q', '', ['base64-truncated']],
    ['Q!U*J-D', 'ABC', ['base64-invalid']],
    ['QUI=QUI=', 'ABAB', ['base64-invalid']],
    ['QQ==\r\nQUJD', 'AABC', ['base64-invalid']],
    ['', '', []],
  ])('%j', (raw, decoded, defects) => {
    const result = decodeBase64(bytesOf(raw));
    expect([latin1(result.bytes), result.defects]).toEqual([decoded, defects]);
  });

  it('what we encode decodes, in lines of 76', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.constantFrom('\r\n', '\n'), (bytes, eol) => {
        const encoded = encodeBase64(bytes, eol as '\r\n');
        expect(Buffer.from(decodeBase64(encoded).bytes).equals(bytes)).toBe(true);
        for (const line of encoded.toString().split(eol)) expect(line.length).toBeLessThanOrEqual(76);
      }),
      { numRuns: 300 },
    );
  });
});

describe('quoted-printable (RFC 2045 §6.7)', () => {
  it.each([
    ['a=3Db', 'a=b', []],
    ['=c3=A9', '\xc3\xa9', []],
    ['soft=\r\nbreak', 'softbreak', []],
    ['soft= \t\nbreak', 'softbreak', []],
    ['end=', 'end', []],
    ['blanks  \r\nx \t', 'blanks\r\nx', []],
    ['a  b', 'a  b', []],
    ['a=20 \r\n', 'a \r\n', []],
    ['a=Gb', 'a=Gb', ['quoted-printable-invalid']],
    ['a=\rb', 'a=\rb', ['quoted-printable-invalid']],
    ['=4', '=4', ['quoted-printable-invalid']],
  ])('%j', (raw, decoded, defects) => {
    const result = decodeQuotedPrintable(bytesOf(raw));
    expect([latin1(result.bytes), result.defects]).toEqual([decoded, defects]);
  });

  it('what we encode decodes, in lines of 76 that are no delimiters', () => {
    const text = fc.array(
      fc.constantFrom(
        '\r\n',
        '\n',
        '\r',
        ' ',
        '\t',
        '=',
        '--',
        '-',
        'a',
        'word',
        '\xe4',
        '\0',
        'x'.repeat(80),
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(text, fc.constantFrom('\r\n', '\n'), (words, eol) => {
        const bytes = bytesOf(words.join(''));
        const encoded = encodeQuotedPrintable(bytes, eol as '\r\n');
        expect(latin1(decodeQuotedPrintable(encoded).bytes)).toBe(latin1(bytes));
        for (const line of encoded.toString('latin1').split(eol)) {
          expect(line.length).toBeLessThanOrEqual(76);
          expect(line.startsWith('--')).toBe(false);
          expect(line).not.toMatch(/[ \t]$|[^\t -~]/);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('leaves lines that need nothing as they are', () => {
    const text = 'Plain.\r\n- old message --\r\n\tindented\r\n';
    expect(encodeQuotedPrintable(bytesOf(text), '\r\n').toString()).toBe(text);
  });

  it.each([
    ['no line end', 'x'.repeat(75), 'x'.repeat(75)],
    ['no line end', 'x'.repeat(76), `${'x'.repeat(75)}=\nx`],
    ['no line end', `=${'x'.repeat(72)}`, `=3D${'x'.repeat(72)}`],
    ['no line end', `=${'x'.repeat(73)}`, `=3D${'x'.repeat(72)}=\nx`],
    ['a line end', `${'x'.repeat(76)}\n`, `${'x'.repeat(76)}\n`],
    ['a line end', `${'x'.repeat(77)}\n`, `${'x'.repeat(75)}=\nxx\n`],
    ['a line end', `=${'x'.repeat(73)}\n`, `=3D${'x'.repeat(73)}\n`],
    ['a line end', `${'x'.repeat(73)}=\n`, `${'x'.repeat(73)}=3D\n`],
    ['a line end', `${'x'.repeat(73)}==\n`, `${'x'.repeat(73)}=\n=3D=3D\n`],
    ['dashes', `${'x'.repeat(75)}--x\n`, `${'x'.repeat(75)}=\n=2D-x\n`],
  ])('fills lines to the last column: %s', (_name, text, encoded) => {
    expect(encodeQuotedPrintable(bytesOf(text), '\n').toString()).toBe(encoded);
  });

  it('is linear on runs of blanks and of "="', () => {
    const begun = cpuNow();
    decodeQuotedPrintable(bytesOf(`${' '.repeat(1_000_000)}x`));
    decodeQuotedPrintable(bytesOf('='.repeat(1_000_000)));
    decodeQuotedPrintable(bytesOf('= '.repeat(500_000)));
    expect(cpuNow() - begun).toBeLessThan(4000);
  });
});

describe('decodeBody', () => {
  it('gives the memory of the message for 7bit, 8bit and binary', () => {
    const parsed = parseMessage(fixture('plain-7bit'));
    const decoded = decodeBody(parsed, parsed.root);
    expect(decoded.bytes.buffer).toBe(parsed.bytes.buffer);
  });

  it('says so when the encoding is unknown (RFC 2045 §6.4)', () => {
    const parsed = parseMessage(fixture('plain-unknown-encoding'));
    expect(decodeBody(parsed, parsed.root)).toMatchObject({ kind: 'unknown-encoding', encoding: 'x-secret' });
  });

  it('reads the file in a uuencoded body, and what is damaged of it', () => {
    const parsed = parseMessage(fixture('plain-uuencode'));
    expect(latin1(decodeBody(parsed, parsed.root).bytes)).toBe('hello\n');
    const damaged = message('Content-Transfer-Encoding: uuencode\n\nbegin 644 a\nM86\nend\n');
    expect(decodeBody(damaged, damaged.root)).toMatchObject({
      kind: 'decoded',
      defects: ['uuencode-invalid'],
    });
  });

  it('never throws and never grows beyond the input', () => {
    const encodings = ['base64', 'quoted-printable', 'x-uuencode', '7bit', 'what'];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...encodings), (bytes, encoding) => {
        const head = Buffer.from(`Content-Transfer-Encoding: ${encoding}\n\nbegin 644 a\n`);
        const parsed = parseMessage(Buffer.concat([head, bytes]));
        expect(decodeBody(parsed, parsed.root).bytes.length).toBeLessThanOrEqual(bytes.length + 12);
      }),
      { numRuns: 500 },
    );
  });
});

describe('decodeText', () => {
  it.each([
    ['plain-8bit-utf8', 'utf-8', 'Grüße aus Köln.\r\n'],
    ['plain-8bit-latin1', 'iso-8859-1', 'Grüße aus Köln.\r\n'],
    ['charset-none-utf8', 'utf-8', 'Grüße\r\n'],
    ['charset-none-latin1', 'windows-1252', 'Grüße\r\n'],
    ['charset-koi8-r', 'koi8-r', 'Привет\r\n'],
    ['charset-gb2312', 'gb2312', '你好\r\n'],
    ['charset-shift-jis', 'shift_jis', '日本\r\n'],
    ['charset-iso-2022-jp', 'iso-2022-jp', '日本\r\n'],
    ['charset-euc-kr', 'ks_c_5601-1987', '안녕\r\n'],
    ['charset-utf16-base64', 'utf-16', 'Grüße\r\n'],
    ['charset-ascii-with-8bit', 'windows-1252', 'café\r\n'],
    ['charset-unknown', 'us-ascii', 'Hello there.\r\n\r\nThis is the second paragraph.\r\n'],
    ['charset-utf8-bom', 'utf-8', '<p>With a mark</p>'],
  ])('%s', (name, charset, text) => {
    const parsed = parseMessage(fixture(name));
    expect(decodeText(parsed, parsed.root)).toEqual({ charset, text, replaced: false });
  });

  it('says when octets did not fit', () => {
    const parsed = parseMessage(fixture('charset-utf8-invalid'));
    expect(decodeText(parsed, parsed.root)).toMatchObject({ charset: 'utf-8', replaced: true });
  });
});
