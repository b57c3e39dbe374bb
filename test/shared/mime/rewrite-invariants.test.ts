import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMessage } from '../../../shared/mime/index.ts';
import { grammarMessage, rawMessage } from './arbitraries.ts';
import { ASCII_CHANGES, CHANGES, checkRewrite } from './invariants.ts';
import { CORPORA, corpus, corpusMessages, fixtures } from './support.ts';

const failures = (all: readonly { name: string; bytes: Buffer }[]): readonly string[] =>
  all.flatMap(({ name, bytes }) =>
    [CHANGES, ASCII_CHANGES].flatMap((changes) => {
      try {
        checkRewrite(bytes, changes);
        return [];
      } catch (error) {
        return [`${name}: ${String(error).slice(0, 600)}`];
      }
    }),
  );

describe('a rewrite changes the spans it names, keeps the rest, and is done once', () => {
  it('in every fixture', () => {
    expect(failures(fixtures())).toEqual([]);
  });

  it('in fixtures with LF', () => {
    const lf = fixtures().map(({ name, bytes }) => ({
      name,
      bytes: Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1'),
    }));
    expect(failures(lf)).toEqual([]);
  });

  it.skipIf(CORPORA === undefined)('in every message of other projects (MAILROOM_CORPORA)', () => {
    expect(failures(corpus())).toEqual([]);
    const edited = corpusMessages().filter(
      ({ bytes }) => checkRewrite(bytes, ASCII_CHANGES).outcomes[0]?.kind === 'edited',
    );
    expect(edited.length).toBeGreaterThan(300);
  });

  it('in messages of any octets', () => {
    fc.assert(
      fc.property(rawMessage, (bytes) => {
        checkRewrite(bytes, CHANGES);
      }),
      { numRuns: 300 },
    );
  });

  it('in messages of the grammar', () => {
    fc.assert(
      fc.property(grammarMessage, fc.constantFrom(CHANGES, ASCII_CHANGES), (bytes, changes) => {
        checkRewrite(bytes, changes);
      }),
      { numRuns: 1200 },
    );
  });

  it.each([
    ['first in a body of LF lines', 'Content-Type: text/html\r\n\r\n\rSGVs==\n'],
    ['alone in a body without line ends', 'Content-Type: text/html\n\n\rSGVs=='],
    ['in the midst of the first line', 'Content-Type: text/plain\n\na\rb\nc\n'],
    ['last in a body of LF lines', 'Content-Type: text/plain\n\na\nb\r'],
  ])('where a bare CR stands %s', (_where, message) => {
    checkRewrite(Buffer.from(message, 'latin1'), CHANGES);
    checkRewrite(Buffer.from(message, 'latin1'), ASCII_CHANGES);
  });

  it('where a comment that is never closed follows the media type', () => {
    const message = Buffer.from('Content-Type: text/plain(caf\xe9\r\n', 'latin1');
    checkRewrite(message, CHANGES);
  });

  it('in one body, for every encoding and any content', () => {
    const body = fc.array(
      fc.constantFrom(
        '<html>',
        '<body>',
        '</body>',
        '<p>',
        'text',
        ' ',
        '\r\n',
        '\n',
        '=',
        '=3D',
        '=\r\n',
        '--b',
        '--',
        'QUJD',
        '\xe4',
        '<!--',
        '-->',
        '<title>',
        '\t',
        '> ',
        '-- \r\n',
      ),
      { maxLength: 25 },
    );
    fc.assert(
      fc.property(
        body,
        fc.constantFrom('text/plain', 'text/html'),
        fc.constantFrom('7bit', '8bit', 'quoted-printable', 'base64'),
        fc.constantFrom('us-ascii', 'utf-8', 'iso-8859-1', 'gbk', 'utf-16le'),
        fc.boolean(),
        (words, type, encoding, charset, inMultipart) => {
          const text = words.join('');
          const encoded = encoding === 'base64' ? Buffer.from(text, 'latin1').toString('base64') : text;
          const part = `Content-Type: ${type}; charset=${charset}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${encoded}`;
          const whole = inMultipart
            ? `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n${part}\r\n--b--`
            : part;
          checkRewrite(Buffer.from(whole, 'latin1'), CHANGES);
        },
      ),
      { numRuns: 800 },
    );
  });
});

describe('parseMessage', () => {
  it('gives octets back when nothing is edited', () => {
    const { bytes } = fixtures()[0] ?? { bytes: Buffer.alloc(0) };
    expect(parseMessage(bytes).bytes).toBe(bytes);
  });
});
