/** Two generators per parser: octets without sense, and octets put together from the grammar's own words. */
import fc from 'fast-check';
import { fixtures } from './support.ts';

/** What encoded bodies are made of: words, blanks and line ends, quoted-printable, what looks like a delimiter. */
export const BODY_PIECES: readonly string[] = [
  'text',
  ' ',
  '  ',
  '\t',
  '\r\n',
  '\n',
  '\r\n\r\n',
  '=',
  '=3D',
  '=20',
  '=\r\n',
  '=\n',
  '= \r\n',
  '--b',
  '--',
  '-- \r\n',
  '> ',
  '.',
  'From ',
  '\xe4',
  '=E4',
  'x'.repeat(80),
];

export const rawMessage = fc.uint8Array({ maxLength: 400 });

const WORDS = [
  '\r\n',
  '\r\n',
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  ' ',
  '\t',
  '--',
  '--b',
  '--b\r\n',
  '--b--\r\n',
  '--bb\r\n',
  '--b \r\n',
  'Content-Type: multipart/mixed; boundary=b\r\n',
  'Content-Type: multipart/alternative; boundary="bb"\r\n',
  'Content-Type: multipart/digest; boundary=b--\r\n',
  'Content-Type: text/html; charset=utf-8\r\n',
  'Content-Type: text/plain; charset=us-ascii; format=flowed\r\n',
  'Content-Type: text/plain; charset=utf-16\r\n',
  'Content-Type: message/rfc822\r\n',
  'content-type : text\r\n',
  'Content-Type:\r\n',
  'Content-Disposition: attachment\r\n',
  'Content-Transfer-Encoding: base64\r\n',
  'Content-Transfer-Encoding: quoted-printable\r\n',
  'Content-Transfer-Encoding: 8bit\r\n',
  'Subject: x\r\n',
  'Subject: =?utf-8?Q?=C3=A4?=\r\n',
  'From a\r\n',
  'junk\r\n',
  'SGVsbG8sIHdvcmxkIQ==',
  '=C3=A4',
  '=\r\n',
  '=',
  '=3D',
  'text',
  '<html>',
  '<body>',
  '<p>',
  '</body>',
  '</html>',
  '<!--',
  '-->',
  '<title>',
  '</title>',
  '\xe4',
  '\xc3\xa4',
  '\0',
  ':',
  ';',
  '"',
  '(',
  ')',
];

/** Octets as latin1 text, one after another. */
export const grammarText = fc
  .array(fc.constantFrom(...WORDS), { maxLength: 40 })
  .map((words) => words.join(''));

export const grammarMessage = grammarText.map((text) => Buffer.from(text, 'latin1'));

/** A fixture with up to three pieces replaced by words of the grammar, cut out or moved. */
export function mutatedFixture(): fc.Arbitrary<Buffer> {
  const all = fixtures().map(({ bytes }) => bytes.toString('latin1'));
  const mutation = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    cut: fc.nat({ max: 40 }),
    word: fc.constantFrom('', ...WORDS),
  });
  return fc
    .tuple(fc.constantFrom(...all), fc.array(mutation, { minLength: 1, maxLength: 3 }))
    .map(([text, mutations]) => {
      const changed = mutations.reduce((rest, { at, cut, word }) => {
        const place = Math.floor(at * rest.length);
        return rest.slice(0, place) + word + rest.slice(place + cut);
      }, text);
      return Buffer.from(changed, 'latin1');
    });
}
