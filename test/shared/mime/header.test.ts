import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeEncodedWords,
  encodeWords,
  fileName,
  headerField,
  headerFields,
  headerText,
  parseMessage,
  rawHeaderText,
} from '../../../shared/mime/index.ts';
import { cpuNow } from '../../support/cpu-time.ts';
import { fixture, message } from './support.ts';

function subject(text: string): string {
  const parsed = message(text);
  const field = headerField(parsed.root.header, 'SUBJECT');
  return field === undefined ? '(none)' : headerText(parsed, field);
}

describe('header fields (RFC 5322 §2.2)', () => {
  it('keep name, folding and line end as they came', () => {
    const text = 'Received: a\r\n\tb\r\nSUBJECT : x\r\n\r\n';
    const fields = message(text).root.header.fields;
    expect(fields.map(({ start, end }) => text.slice(start, end))).toEqual([
      'Received: a\r\n\tb\r\n',
      'SUBJECT : x\r\n',
    ]);
    expect(fields.map(({ value }) => text.slice(value.start, value.end))).toEqual([' a\r\n\tb', ' x']);
    expect(fields.map(({ name, lowerName }) => [name, lowerName])).toEqual([
      ['Received', 'received'],
      ['SUBJECT', 'subject'],
    ]);
  });

  it('are found by name in any case, the first or all', () => {
    const parsed = message('To: a\nCc: b\nTO: c\n\n');
    expect(headerFields(parsed.root.header, 'to').map((field) => rawHeaderText(parsed, field))).toEqual([
      'a',
      'c',
    ]);
    expect(headerField(parsed.root.header, 'bcc')).toBeUndefined();
  });

  it('are unfolded without being decoded when raw', () => {
    const parsed = message('X-A: one\r\n  =?utf-8?Q?two?=\r\n\r\n');
    const [field] = parsed.root.header.fields;
    expect(field && rawHeaderText(parsed, field)).toBe('one  =?utf-8?Q?two?=');
  });

  it('keep an octet A0 at the end: it is half a character', () => {
    const parsed = message('Subject: \xc3\xa0\r\n\r\n');
    const [field] = parsed.root.header.fields;
    expect(field && rawHeaderText(parsed, field)).toBe('\xc3\xa0');
    expect(subject('Subject: \xc3\xa0\r\n\r\n')).toBe('à');
  });
});

describe('encoded words (RFC 2047)', () => {
  it.each([
    ['=?utf-8?B?R3LDvMOfZQ==?=', 'Grüße'],
    ['=?UTF-8?q?caf=C3=A9_au_lait?= rest', 'café au lait rest'],
    ['=?utf-8?Q?Gr=C3?=\r\n =?utf-8?Q?=BC=C3=9Fe?= and plain', 'Grüße and plain'],
    ['=?iso-8859-1?q?a?= =?iso-8859-1?q?b?=', 'ab'],
    ['=?iso-8859-1?q?a?= x =?iso-8859-1?q?b?=', 'a x b'],
    ['=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=', '日本'],
    ['=?utf-8*en?Q?with_language?=', 'with language'],
    ['=?x-unknown?Q?stays?=', '=?x-unknown?Q?stays?='],
    ['=?utf-8?X?stays?=', '=?utf-8?X?stays?='],
    ['=?utf-8?Q?no end', '=?utf-8?Q?no end'],
    ['=?utf-8?Q?bad=G1?=', 'bad=G1'],
    ['=?', '=?'],
    ['Gr\xc3\xbc\xc3\x9fe', 'Grüße'],
    ['Gr\xfc\xdfe', 'Grüße'],
  ])('%s', (raw, text) => {
    expect(subject(`Subject: ${raw}\r\n\r\n`)).toBe(text);
  });

  it('are linear on hostile text', () => {
    const begun = cpuNow();
    for (const word of ['=?', '=?utf-8?Q?', '=?utf-8?Q?a', '=?utf-8?B?=', '=?a?Q??=', '=?utf-8?Q?a?= ']) {
      decodeEncodedWords(word.repeat(100_000));
    }
    expect(cpuNow() - begun).toBeLessThan(4000);
  });

  it('encode and decode to the same text, in words of at most 75 characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 120 }), (text) => {
        const encoded = encodeWords(text);
        expect(decodeEncodedWords(encoded)).toBe(text);
        if (encoded !== text)
          for (const word of encoded.split(' ')) expect(word.length).toBeLessThanOrEqual(75);
      }),
      { numRuns: 500 },
    );
  });

  it('never throw', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom('=?', '?=', '?', 'utf-8', 'gbk', '?Q?', '?B?', '=C3', 'QUJD', ' ', 'a', '\u00e4'),
          { maxLength: 20 },
        ),
        (words) => {
          expect(typeof decodeEncodedWords(words.join(''))).toBe('string');
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('Content-Type parameters (RFC 2045 §5.1, RFC 2231)', () => {
  const parameters = (value: string): Record<string, string | undefined> => {
    const read = message(`Content-Type: ${value}\r\n\r\n`).root.contentType.parameters;
    return Object.fromEntries([...read.keys()].map((name) => [name, read.get(name)]));
  };

  it.each<readonly [string, Record<string, string>]>([
    ['text/plain; charset=us-ascii (Plain text)', { charset: 'us-ascii' }],
    ['text/plain (a (nested \\) comment)) ; (x) charset (y) = (z) "utf-8" (w)', { charset: 'utf-8' }],
    ['text/plain; charset="a\\"b"; format=flowed', { charset: 'a"b', format: 'flowed' }],
    ['text/plain charset=utf-8 format=flowed', { charset: 'utf-8', format: 'flowed' }],
    ['text/plain;; charset=utf-8;', { charset: 'utf-8' }],
    ['text/plain; charset=; format=flowed', { charset: '', format: 'flowed' }],
    ['text/plain; charset="utf-8', { charset: 'utf-8' }],
    ['text/plain; junk; charset=utf-8', { charset: 'utf-8' }],
    ['application/pdf; name=two words.pdf; x=1', { name: 'two words.pdf', x: '1' }],
    ['application/pdf; name="=?utf-8?Q?=C3=A9.pdf?="', { name: 'é.pdf' }],
    ["a/b; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A", { title: 'This is ***fun***' }],
    ['a/b; url*0="ftp://"; url*1="cs.utk.edu/pub"', { url: 'ftp://cs.utk.edu/pub' }],
    [
      "a/b; title*0*=us-ascii'en'This%20is%20even%20more%20; title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\"",
      { title: "This is even more ***fun*** isn't it!" },
    ],
    ['a/b; n*1=second; n*0=first; n*3=lost', { n: 'firstsecond' }],
    ["a/b; n=plain; n*=utf-8''ext", { n: 'ext' }],
    ["a/b; n*0*=utf-8''%C3; n*1*=%A9", { n: 'é' }],
    ['a/b; n*=no-quotes%20here', { n: 'no-quotes here' }],
    ['a/b; n=one; n=two', { n: 'one' }],
  ])('%s', (value, expected) => {
    expect(parameters(value)).toEqual(expected);
  });

  it('an unreadable type is text/plain (RFC 2045 §5.2)', () => {
    for (const value of ['', 'text', '/plain', 'text/', 'te xt/plain', '"text/plain"']) {
      expect(message(`Content-Type: ${value}\r\n\r\n`).root.contentType.mediaType, value).toBe('text/plain');
    }
    expect(message('Content-Type: TEXT / HTML\r\n\r\n').root.contentType.mediaType).toBe('text/html');
  });

  it('are linear and bounded on hostile values', () => {
    const begun = cpuNow();
    for (const piece of ['(', 'a=', 'a="', ';', 'a*0=b;', '\\', '"', ' ', 'a b ', "a*='", '(a)', 'a=b ']) {
      parameters(`a/b; ${piece.repeat(300_000)}`);
    }
    expect(cpuNow() - begun).toBeLessThan(3000);
    expect(
      Object.keys(parameters(`a/b${Array.from({ length: 999 }, (_, n) => `;p${n}=x`).join('')}`)),
    ).toHaveLength(200);
  });
});

describe('file names', () => {
  it.each(['filename-2231', 'filename-2047'])('%s', (name) => {
    const parsed = parseMessage(fixture(name));
    const part = parsed.parts.at(-1) ?? parsed.root;
    expect(fileName(parsed, part)).toBe('Grüße.pdf');
  });

  it('of the disposition win over those of the type; none is undefined', () => {
    const parsed = message('Content-Type: a/b; name=b\nContent-Disposition: inline; filename=a\n\n');
    expect(fileName(parsed, parsed.root)).toBe('a');
    const none = message('A: b\n\n');
    expect(fileName(none, none.root)).toBeUndefined();
    expect(none.root.disposition).toBeUndefined();
  });
});
