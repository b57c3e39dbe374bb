/** The text that conditions search: what people see, however it is encoded, laid out or hidden. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attachmentText, bodyText } from '../../../shared/mime/body-text.ts';
import { joinFlowed } from '../../../shared/mime/flowed.ts';
import { parseMessage } from '../../../shared/mime/index.ts';
import { cpuNow } from '../../support/cpu-time.ts';
import { grammarMessage, rawMessage } from './arbitraries.ts';
import { CORPORA, corpusMessages, fixture, fixtures, message } from './support.ts';

function textOf(text: string): string {
  return bodyText(message(text)).text;
}

function alternative(plain: string, html: string): string {
  return `Content-Type: multipart/alternative; boundary=b\n\n--b\n\n${plain}\n--b\nContent-Type: text/html\n\n${html}\n--b--\n`;
}

describe('bodyText', () => {
  it('holds every alternative', () => {
    const text = textOf(alternative('harmless words', '<p>other <b>wor</b>ds</p>'));
    expect(text).toContain('harmless words');
    expect(text).toContain('other words');
  });

  it.each([
    ['an entity', '<p>pass&#119;ord</p>'],
    ['a comment', '<p>pass<!-- x -->word</p>'],
    ['an element', '<p>pass<span>w</span>ord</p>'],
    ['a hidden element', '<p>pass<span style="display:none">zz</span>word</p>'],
    ['a soft hyphen', '<p>pass&shy;word</p>'],
    ['a zero-width space', '<p>pass&#8203;word</p>'],
    ['marks of direction', '<p>pass&#x202d;word&#x202c;</p>'],
    ['a script', '<script>var a</script><p>password</p>'],
  ])('a word is found in spite of %s', (_name, html) => {
    expect(textOf(`Content-Type: text/html\n\n${html}`)).toContain('password');
  });

  it.each([
    'charset-gb2312',
    'charset-koi8-r',
    'charset-iso-2022-jp',
    'charset-shift-jis',
    'charset-big5',
    'charset-euc-kr',
    'charset-utf16-base64',
    'charset-windows-1252',
  ])('%s: decoded', (name) => {
    const { text, complete } = bodyText(parseMessage(fixture(name)));
    expect([complete, /[^\0-\x7f]/.test(text), text.includes('\ufffd')]).toEqual([true, true, false]);
  });

  it('says when a charset or an encoding is unknown', () => {
    expect(bodyText(message('Content-Type: text/plain; charset=x-own\n\nx')).complete).toBe(false);
    expect(bodyText(message('Content-Transfer-Encoding: x-own\n\nx')).complete).toBe(false);
    expect(bodyText(message('\nx')).complete).toBe(true);
  });

  it('is bounded, and says that something is missing', () => {
    const { text, complete } = bodyText(parseMessage(Buffer.from(`\n${'word '.repeat(3_000_000)}`)));
    expect(text.length).toBeLessThanOrEqual(2 * 1024 * 1024);
    expect(complete).toBe(false);
  });

  it('is cut between characters, and the cut changes no charset', () => {
    const { text } = bodyText(parseMessage(Buffer.from(`Subject: x\n\na${'ü😀'.repeat(1_500_000)}`)));
    expect(text.startsWith('aü😀ü😀')).toBe(true);
    expect([text.isWellFormed(), text.includes('\ufffd')]).toEqual([true, false]);
  });

  it('leaves attachments out; attachmentText has those that are text, and what attached messages say', () => {
    const attached = (type: string, body: string): string =>
      `--b\nContent-Type: ${type}\nContent-Disposition: attachment\n\n${body}\n`;
    const parsed = message(
      `Content-Type: multipart/mixed; boundary=b\n\n--b\n\nbody\n${attached('text/csv', 'csv,text')}${attached('text/html', '<i>ht</i>ml')}${attached('application/pdf', 'pdf text')}${attached('application/octet-stream; name=notes.txt', 'notes')}--b\nContent-Type: message/rfc822\n\nSubject: x\n\nattached words\n--b--\n`,
    );
    expect(bodyText(parsed).text).toBe('body');
    const { text } = attachmentText(parsed);
    for (const part of ['csv,text', 'html', 'notes', 'attached words']) expect(text).toContain(part);
    expect(text).not.toContain('pdf');
  });

  it('joins flowed lines, so that a phrase is found across them', () => {
    expect(textOf('Content-Type: text/plain; format=flowed\n\nplease send \nmoney\n')).toContain(
      'please send money',
    );
    expect(
      textOf('Content-Type: text/plain; format=Flowed; delsp=yes\n\nこ \nん\n'.replace(/[こん]/g, 'x')),
    ).toContain('xx');
  });

  it('never throws: fixtures, any octets', () => {
    for (const { bytes } of fixtures()) bodyText(parseMessage(bytes));
    const read = (bytes: Uint8Array): void => {
      bodyText(parseMessage(bytes));
      attachmentText(parseMessage(bytes));
    };
    fc.assert(fc.property(fc.oneof(rawMessage, grammarMessage), read), { numRuns: 300 });
  });

  it.skipIf(CORPORA === undefined)('messages of other projects (MAILROOM_CORPORA) have text', () => {
    let withText = 0;
    for (const { bytes } of corpusMessages()) {
      const parsed = parseMessage(bytes);
      attachmentText(parsed);
      if (bodyText(parsed).text.trim() !== '') withText++;
    }
    expect(withText).toBeGreaterThan(350);
  });
});

describe('format=flowed (RFC 3676)', () => {
  it.each([
    ['§4.1 a paragraph', 'one \ntwo\nthree', 'one two\nthree'],
    ['§4.2 line ends of both kinds', 'one \r\ntwo\r\n', 'one two\n'],
    ['§4.3 the signature separator', 'one \n-- \nAnn \nExample', 'one \n-- \nAnn Example'],
    ['§4.4 stuffed lines', ' From here\n >no quote', 'From here\n>no quote'],
    ['§4.5 quoted lines', '> one \n> two\n>> three \n> four\nfive', '> one two\n>> three \n> four\nfive'],
    ['a paragraph that ends with the text', 'one ', 'one '],
  ])('%s', (_clause, text, joined) => {
    expect(joinFlowed(text, false)).toBe(joined);
  });

  it('§4.1 delsp: the space at the end is only a mark', () => {
    expect(joinFlowed('x \ny \nz', true)).toBe('xyz');
  });

  it('loses no visible character', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', ' ', '>', '\n', 'b', '--'), { maxLength: 60 }), (pieces) => {
        const text = pieces.join('');
        const letters = (value: string): string => value.replace(/[^ab-]/g, '');
        expect(letters(joinFlowed(text, false))).toBe(letters(text));
      }),
    );
  });

  it('is linear', () => {
    const begun = cpuNow();
    joinFlowed('> a \n'.repeat(100_000), true);
    joinFlowed('>'.repeat(1_000_000), true);
    joinFlowed('> a\n>> b \n'.repeat(50_000), false);
    // Generous for a busy machine; a quadratic reader takes minutes.
    expect(cpuNow() - begun).toBeLessThan(4000);
  });
});
